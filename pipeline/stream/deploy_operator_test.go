package stream_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// signed is what an operator hands out: claims under somebody's key.
func signed(t *testing.T, claims interface {
	Encode(nkeys.KeyPair) (string, error)
}, by nkeys.KeyPair,
) string {
	t.Helper()
	token, err := claims.Encode(by)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func keyPair(t *testing.T, create func() (nkeys.KeyPair, error)) (key nkeys.KeyPair, public string) {
	t.Helper()
	key, err := create()
	if err == nil {
		public, err = key.PublicKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return key, public
}

// An operation is an operator with his system account and one for us, as deploy/nats/operator.conf wants to find them.
type operation struct {
	dir     string
	account nkeys.KeyPair
}

func newOperation(t *testing.T) operation {
	t.Helper()
	o := operation{dir: t.TempDir()}
	operator, operatorID := keyPair(t, nkeys.CreateOperator)
	_, systemID := keyPair(t, nkeys.CreateAccount)
	account, accountID := keyPair(t, nkeys.CreateAccount)
	o.account = account

	boss := jwt.NewOperatorClaims(operatorID)
	boss.Name, boss.SystemAccount = "operator", systemID
	system := jwt.NewAccountClaims(systemID)
	system.Name = "SYS"
	ours := jwt.NewAccountClaims(accountID)
	ours.Name = "QUIDNUNC"
	ours.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit}

	t.Setenv("NATS_OPERATOR", o.file(t, "operator.jwt", signed(t, boss, operator)))
	t.Setenv("NATS_RESOLVER", filepath.Join(o.dir, "accounts"))
	o.file(t, "accounts/"+systemID+".jwt", signed(t, system, operator))
	o.file(t, "accounts/"+accountID+".jwt", signed(t, ours, operator))
	return o
}

func (o operation) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(o.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// creds writes the credentials file of a user who may do what the one of that name in accounts.conf may.
func (o operation) creds(t *testing.T, of *natsserver.User) string {
	t.Helper()
	key, id := keyPair(t, nkeys.CreateUser)
	claims := jwt.NewUserClaims(id)
	claims.Name = of.Username
	if p := of.Permissions; p != nil {
		if p.Publish != nil {
			claims.Pub = jwt.Permission{Allow: p.Publish.Allow, Deny: p.Publish.Deny}
		}
		if p.Subscribe != nil {
			claims.Sub = jwt.Permission{Allow: p.Subscribe.Allow, Deny: p.Subscribe.Deny}
		}
		if p.Response != nil {
			claims.Resp = &jwt.ResponsePermission{MaxMsgs: p.Response.MaxMsgs, Expires: p.Response.Expires}
		}
	}
	seed, err := key.Seed()
	if err != nil {
		t.Fatal(err)
	}
	config, err := jwt.FormatUserConfig(signed(t, claims, o.account), seed)
	if err != nil {
		t.Fatal(err)
	}
	return o.file(t, of.Username+".creds", string(config))
}

// Users whom an operator signed may do what those of accounts.conf may and nothing else, with a credentials file
// in the place of a password.
func TestSignedUsersMayDoWhatTheConfiguredOnesMay(t *testing.T) {
	ca := certify(t)
	o := newOperation(t)
	s := deployed(t, "operator.conf")
	configured, err := natsserver.ProcessConfigFile(filepath.Join("..", "..", "deploy", "nats", "one.conf"))
	if err != nil {
		t.Fatal(err)
	}
	configs := map[string]stream.Config{}
	for _, user := range configured.Users {
		config := as(t, s, ca, user.Username)
		config.User, config.Password, config.Creds = "", "", o.creds(t, user)
		configs[user.Username] = config
	}
	if err := connectTo(t, configs["administrator"]).Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"producer", "consumer", "courier"} {
		h := connectTo(t, configs[user])
		for _, deed := range deeds {
			err := deed.do(t.Context(), h)
			may := strings.Contains(deed.may, user)
			if may && err != nil {
				t.Errorf("%s may not %s: %v", user, deed.name, err)
			}
			if !may && !errors.Is(err, stream.ErrDenied) {
				t.Errorf("%s, who may not %s, is told: %v", user, deed.name, err)
			}
		}
	}
	stranger := configs["producer"]
	stranger.Creds = newOperation(t).creds(t, configured.Users[1])
	if h, err := stream.Connect(t.Context(), stranger); err == nil {
		h.Close()
		t.Error("somebody whom another operator signed is let in")
	}
}

package stream_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// The users of deploy/nats/accounts.conf.
var users = []string{"administrator", "producer", "consumer", "courier", "subscriber", "system"}

// certify writes a signer's certificate and one that it signed for this machine, and their names into the environment, as
// the files under deploy/nats want them.
func certify(t *testing.T) (ca string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	sign := func(name string, of, by *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, string) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if by == nil {
			by, signer = of, key
		}
		der, err := x509.CreateCertificate(rand.Reader, of, by, key.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return made, key, write(name+".pem", "CERTIFICATE", der)
	}
	until := time.Now().Add(time.Hour)
	signer, signerKey, ca := sign("ca", &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signer"}, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	_, key, cert := sign("server", &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, signer, signerKey)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NATS_CA", ca)
	t.Setenv("NATS_CERT", cert)
	t.Setenv("NATS_KEY", write("server.key", "EC PRIVATE KEY", der))
	return ca
}

// deployed starts a server by a file of deploy/nats.
func deployed(t *testing.T, file string) *natsserver.Server {
	t.Helper()
	for _, user := range users {
		t.Setenv("QUIDNUNC_"+strings.ToUpper(user)+"_PASSWORD", "secret-of-"+user)
	}
	t.Setenv("NATS_LISTEN", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	t.Setenv("NATS_STORE", t.TempDir())
	t.Setenv("NATS_MAX_STORE", "1GB")
	options, err := natsserver.ProcessConfigFile(filepath.Join("..", "..", "deploy", "nats", file))
	if err != nil {
		t.Fatal(err)
	}
	options.NoSigs = true
	s, err := natsserver.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	return s
}

func as(t *testing.T, s *natsserver.Server, ca, user string) stream.Config {
	t.Helper()
	return stream.Config{
		URL: "tls://" + s.Addr().String(), User: user, Password: "secret-of-" + user, TLS: stream.TLS{CA: ca},
		Timeout: 2 * time.Second, Attempt: 500 * time.Millisecond,
	}
}

// deeds are what the roles do to the log, in the order in which they may be tried.
var deeds = []struct {
	name string
	may  string // who, beside the administrator
	do   func(ctx context.Context, h *stream.Hub) error
}{
	{"check the streams", "producer consumer courier", func(ctx context.Context, h *stream.Hub) error { return h.Setup(ctx, stream.Check) }},
	{"ask whether a write is taken (/readyz)", "producer consumer courier", func(ctx context.Context, h *stream.Hub) error { return h.Probe(ctx) }},
	{"publish an article with its events", "producer", func(ctx context.Context, h *stream.Hub) error {
		_, err := h.PublishBatch(ctx, [][]stream.Message{bundle("article", 2)})
		return err
	}},
	{"write a tick", "producer consumer", func(ctx context.Context, h *stream.Hub) error {
		_, err := h.PublishBatch(ctx, [][]stream.Message{{{Subject: "tick", Data: []byte("tick")}}})
		return err
	}},
	{"remember a feed", "producer", func(ctx context.Context, h *stream.Hub) error {
		if _, err := h.Put(ctx, stream.Feeds, "feed", []byte("polled")); err != nil {
			return err
		}
		if _, _, err := h.Value(ctx, stream.Feeds, "feed"); err != nil {
			return err
		}
		_, err := h.Keys(ctx, stream.Feeds, "")
		return err
	}},
	{"bury what cannot be handled", "producer consumer courier", func(ctx context.Context, h *stream.Hub) error {
		return h.Bury(ctx, stream.DeadLetter{Room: "test", Reason: "broken", Origin: stream.Stored{Message: stream.Message{Subject: "report.fr.none"}}})
	}},
	{"put rules in force", "consumer", func(ctx context.Context, h *stream.Hub) error {
		hash, err := h.PutObject(ctx, stream.Rules, []byte("rules"))
		if err != nil {
			return err
		}
		if _, err := h.Object(ctx, stream.Rules, hash); err != nil {
			return err
		}
		_, err = h.PublishBatch(ctx, [][]stream.Message{{{Subject: "rules.1", Data: []byte(hash)}}})
		return err
	}},
	{"look at every stream", "producer consumer courier", func(ctx context.Context, h *stream.Hub) error {
		_, err := h.Snapshot(ctx)
		return err
	}},
	{"read the log", "producer consumer", func(ctx context.Context, h *stream.Hub) error {
		last, err := h.Last(ctx, stream.Reports)
		if err != nil {
			return err
		}
		return h.ReadTo(ctx, 1, last, func(stream.Stored) error { return nil })
	}},
	{"hold a lease, commit an alert, read the checkpoint", "consumer", func(ctx context.Context, h *stream.Hub) error {
		lease, err := h.Lease(ctx, "shard.0", "one", time.Second)
		if err != nil {
			return err
		}
		defer func() { _ = lease.Release(ctx) }()
		_, at, err := h.Checkpoint(ctx, 0)
		if err != nil && !errors.Is(err, stream.ErrNotFound) {
			return err
		}
		_, err = h.Commit(ctx, 0, []stream.Message{{Subject: "alert.desk.rule.high", Data: []byte("alert")}}, []byte("1"), at)
		return err
	}},
	{"keep a machine's state", "consumer", func(ctx context.Context, h *stream.Hub) error {
		for sequence := range uint64(5) { // older ones are thrown away
			if err := h.PutSnapshot(ctx, "machine", sequence+1, []byte("state")); err != nil {
				return err
			}
		}
		all, err := h.Snapshots(ctx, "machine")
		if err != nil {
			return err
		}
		_, err = h.SnapshotBody(ctx, all[0])
		return err
	}},
	{"queue a delivery and deliver it", "courier", func(ctx context.Context, h *stream.Hub) error {
		if err := h.Enqueue(ctx, stream.Message{Subject: "delivery.desk", MsgID: rand.Text(), Data: []byte("delivery")}); err != nil {
			return err
		}
		ctx, stop := context.WithTimeout(ctx, 5*time.Second)
		defer stop()
		delivered := false
		err := h.Consume(ctx, stream.ConsumeConfig{Stream: stream.Deliveries, Durable: "desk", Filter: "delivery.desk"}, func(context.Context, stream.Stored) error {
			delivered = true
			stop()
			return nil
		})
		if err == nil && !delivered {
			err = errors.New("nothing was delivered")
		}
		return err
	}},
	{"write and read the ledger", "consumer courier", func(ctx context.Context, h *stream.Hub) error {
		if _, err := h.Put(ctx, stream.Ledger, "desk.alert", []byte("delivered")); err != nil {
			return err
		}
		_, err := h.Keys(ctx, stream.Ledger, "")
		return err
	}},
	{"silence", "consumer courier", func(ctx context.Context, h *stream.Hub) error {
		_, err := h.Put(ctx, stream.Silences, "one", []byte("silence"))
		return err
	}},
	{"throw a dead letter away", "", func(ctx context.Context, h *stream.Hub) error { return h.Unbury(ctx, 1) }},
	{"alter the streams", "", func(ctx context.Context, h *stream.Hub) error {
		if err := h.Setup(ctx, stream.Manage); err != nil {
			return err
		}
		_, err := h.Playback(ctx, "x", time.Hour) // a replay makes streams of its own
		return err
	}},
}

// Each role may do what its work needs and nothing else, and is told what it may not.
func TestTheRolesOfADeployedServerMayDoTheirWorkAndNoMore(t *testing.T) {
	ca := certify(t)
	s := deployed(t, "one.conf")
	first := connectTo(t, as(t, s, ca, "administrator"))
	if err := first.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"producer", "consumer", "courier", "administrator"} {
		h := connectTo(t, as(t, s, ca, user))
		for _, deed := range deeds {
			err := deed.do(t.Context(), h)
			may := user == "administrator" || strings.Contains(deed.may, user)
			switch {
			case may && err != nil:
				t.Errorf("%s may not %s: %v", user, deed.name, err)
			case !may && err == nil:
				t.Errorf("%s may %s", user, deed.name)
			case !may && (!errors.Is(err, stream.ErrDenied) || !strings.Contains(err.Error(), "Permissions Violation")):
				t.Errorf("%s, who may not %s, is told only: %v", user, deed.name, err)
			}
		}
	}
}

// A subscriber hears what is told in public, and can neither say nor see anything else.
func TestASubscriberOfADeployedServerOnlyListens(t *testing.T) {
	ca := certify(t)
	s := deployed(t, "one.conf")
	refused := make(chan error, 16)
	nc, err := nats.Connect("tls://"+s.Addr().String(), nats.UserInfo("subscriber", "secret-of-subscriber"), nats.RootCAs(ca),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	alerts, err := nc.SubscribeSync("quidnunc.alert.>")
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"log.quidnunc.>", ">", "$JS.>", "_INBOX.>", "$KV.>"} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{"quidnunc.alert.x", "log.quidnunc.report.fr.none", "$JS.API.STREAM.INFO.quidnunc_REPORTS"} {
		if err := nc.Publish(subject, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 8 {
		select {
		case err := <-refused:
			if !errors.Is(err, nats.ErrPermissionViolation) && !strings.Contains(err.Error(), "Permissions Violation") {
				t.Error(err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("something was allowed")
		}
	}
	h := connectTo(t, as(t, s, ca, "administrator"))
	if err := h.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Commit(t.Context(), 0, []stream.Message{{Subject: "alert.desk.rule.high", Data: []byte("alert")}}, []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	if m, err := alerts.NextMsg(5 * time.Second); err != nil || string(m.Data) != "alert" {
		t.Error("the alert is not heard:", err)
	}
}

func TestADeployedServerLetsNobodyInWithoutAPasswordOrTLS(t *testing.T) {
	ca := certify(t)
	s := deployed(t, "one.conf")
	for name, change := range map[string]func(*stream.Config){
		"a wrong password":                         func(c *stream.Config) { c.Password = "guess" },
		"no user at all":                           func(c *stream.Config) { c.User, c.Password = "", "" },
		"a server whose signer is not known to us": func(c *stream.Config) { c.TLS = stream.TLS{} },
	} {
		config := as(t, s, ca, "producer")
		change(&config)
		h, err := stream.Connect(t.Context(), config)
		if err == nil {
			h.Close()
			t.Error("connected with", name)
		} else if strings.Contains(err.Error(), "secret-of") {
			t.Error("a password is told:", err)
		}
	}
}

func connectTo(t *testing.T, config stream.Config) *stream.Hub {
	t.Helper()
	h, err := stream.Connect(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

var updateDocs = flag.Bool("update", false, "write the table of deploy/nats/README.md anew")

// The table of who may do what is that of the test above.
func TestTheRolesAreDocumented(t *testing.T) {
	var table strings.Builder
	roles := []string{"producer", "consumer", "courier"}
	fmt.Fprintf(&table, "| | %s |\n| --- | --- | --- | --- |\n", strings.Join(roles, " | "))
	for _, deed := range deeds {
		table.WriteString("| " + deed.name + " |")
		for _, role := range roles {
			may := " no |"
			if strings.Contains(deed.may, role) {
				may = " yes |"
			}
			table.WriteString(may)
		}
		table.WriteByte('\n')
	}
	const begin, end = "<!-- deeds -->\n", "<!-- end -->"
	file := filepath.Join("..", "..", "deploy", "nats", "README.md")
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(doc), begin)
	have, tail, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s has no place for the table", file)
	}
	if *updateDocs {
		if err := os.WriteFile(file, []byte(head+begin+table.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(table.String(), have); diff != "" {
		t.Errorf("%s (go test ./pipeline/stream -run Documented -update mends it):\n%s", file, diff)
	}
}

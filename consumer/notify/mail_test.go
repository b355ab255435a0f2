package notify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline"
)

// postOffice is a mail server that wants STARTTLS and a log-in, keeps letters and refuses as told.
type postOffice struct {
	address string
	roots   *tls.Config
	refuse  error // of a recipient

	mu      sync.Mutex
	letters []string
	to      []string
	user    string
}

func openPostOffice(t *testing.T) *postOffice {
	t.Helper()
	p := &postOffice{}
	certificate, roots := selfSigned(t)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &counter{p}, nil }))
	s.Domain, s.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.ErrorLog = discard{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-ended })
	p.address, p.roots = l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost"}
	return p
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// counter is one conversation.
type counter struct{ *postOffice }

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "hunter2" {
			return &smtp.SMTPError{Code: 535, Message: "wrong password " + password}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.user = user
		return nil
	}), nil
}

func (c *counter) Reset()                               {}
func (c *counter) Logout() error                        { return nil }
func (c *counter) Mail(string, *smtp.MailOptions) error { return nil }

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to = append(c.to, to)
	return c.refuse
}

func (c *counter) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.letters = append(c.letters, string(body))
	return err
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func mailbox(t *testing.T, p *postOffice, password string) *notify.Mail {
	t.Helper()
	m, err := notify.NewMail(notify.MailConfig{
		Name: "desk", Server: p.address, User: "quidnunc", Password: password, Roots: p.roots,
		From: "Quidnunc <news@example.org>", To: []string{"a@example.org", "b@example.org"}, Message: notify.Message{Style: notify.Style{Names: names}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMailSpeaksWithARealServer(t *testing.T) {
	p := openPostOffice(t)
	m := mailbox(t, p, "hunter2")
	a := seed(t)
	a.Title = "a title\r\nBcc: everybody@example.org"
	n := notify.Notice{Alert: a, Key: a.Key(), Receiver: "desk", Queued: attemptTime}
	for range 2 { // an attempt and its repetition
		if err := m.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if p.user != "quidnunc" || len(p.letters) != 2 || strings.Join(p.to[:2], " ") != "a@example.org b@example.org" {
		t.Fatalf("user %q, %d letters to %v", p.user, len(p.letters), p.to)
	}
	var ids []string
	for _, letter := range p.letters {
		got, err := mail.ReadMessage(strings.NewReader(letter))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got.Header.Get("Message-Id"))
		if got.Header.Get("Idempotency-Key") != a.Key() || got.Header.Get("Bcc") != "" || got.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%v", got.Header)
		}
	}
	if ids[0] != ids[1] || ids[0] != "<"+a.Key()+".desk@example.org>" {
		t.Errorf("message IDs %v", ids)
	}
	a.Revision = 2
	if err := m.Send(t.Context(), notify.Notice{Alert: a, Key: a.Key(), Receiver: "desk", Queued: attemptTime}); err != nil {
		t.Fatal(err)
	}
	later, err := mail.ReadMessage(strings.NewReader(p.letters[2]))
	if err != nil || later.Header.Get("In-Reply-To") != ids[0] {
		t.Errorf("a revision does not join the thread: %v, %v", later.Header, err)
	}
}

func TestMailTellsNotNowFromNever(t *testing.T) {
	for _, c := range []struct {
		name      string
		refuse    error
		password  string
		permanent bool
	}{
		{"no such user", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}, "hunter2", true},
		{"greylisted", &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come again"}, "hunter2", false},
		{"a wrong password may be mended", nil, "hunter3", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openPostOffice(t)
			p.refuse = c.refuse
			err := send(t, mailbox(t, p, c.password))
			if err == nil || pipeline.IsPermanent(err) != c.permanent || strings.Contains(err.Error(), c.password) {
				t.Errorf("%v, permanent %v", err, pipeline.IsPermanent(err))
			}
		})
	}
}

// A server that never speaks, and one that offers no TLS, are failures that a retry may help.
func TestMailDoesNotWaitForEverNorSpeakInTheClear(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // at the end
	plain := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return nil, errors.New("nobody") }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain.Domain, plain.ErrorLog = "localhost", discard{}
	go func() { _ = plain.Serve(l) }()
	defer plain.Close() //nolint:errcheck // at the end
	for name, address := range map[string]string{"silent": silent.Addr().String(), "plain": l.Addr().String()} {
		m, err := notify.NewMail(notify.MailConfig{
			Name: "desk", Server: address, From: "news@example.org", To: []string{"a@example.org"}, Timeout: 200 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := send(t, m); err == nil || pipeline.IsPermanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMailConfigIsCheckedAtTheDoor(t *testing.T) {
	good := notify.MailConfig{Name: "a", Server: "mail.example.org:587", From: "news@example.org", To: []string{"a@example.org"}}
	for name, spoil := range map[string]func(*notify.MailConfig){
		"no port":        func(c *notify.MailConfig) { c.Server = "mail.example.org" },
		"no sender":      func(c *notify.MailConfig) { c.From = "nobody" },
		"nobody":         func(c *notify.MailConfig) { c.To = nil },
		"no address":     func(c *notify.MailConfig) { c.To = []string{"a@example.org", "b"} },
		"an unknown tls": func(c *notify.MailConfig) { c.TLS = "maybe" },
	} {
		c := good
		spoil(&c)
		if _, err := notify.NewMail(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := notify.NewMail(good); err != nil {
		t.Error(err)
	}
}

package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// MailConfig says by which server, from whom and to whom.
type MailConfig struct {
	Name     string        // the receiver's name; needed
	Server   string        // host:port; needed. Port 465 begins with TLS, others with STARTTLS
	User     string        // empty: no log-in
	Password string        // never told in errors
	From     string        // "Quidnunc <news@example.org>"; needed
	To       []string      // needed
	TLS      string        // required (default), offered (only if the server has it) or none
	Roots    *tls.Config   // nil: the system's certificates
	Timeout  time.Duration // for each step; 0 means 30 s
	Message
}

// Mail sends alerts by SMTP, as plain text. The revisions of an alert make one thread, and each has a Message-ID of its own
// that is the same for every attempt, by which mailboxes know a repetition.
type Mail struct {
	cfg    MailConfig
	client *mail.Client
	host   string
}

// NewMail checks the configuration.
func NewMail(cfg MailConfig) (*Mail, error) {
	host, port, err := net.SplitHostPort(cfg.Server)
	number, portErr := strconv.Atoi(port)
	if cfg.Name == "" || err != nil || portErr != nil || host == "" {
		return nil, fmt.Errorf("email %s: server: want host:port, such as mail.example.org:587", cfg.Name)
	}
	if len(cfg.To) == 0 {
		return nil, fmt.Errorf("email %s: to: nobody", cfg.Name)
	}
	m := &Mail{cfg: cfg, host: host}
	if _, err := m.message(Notice{Alert: sampleAlert(), Key: "a.1", Receiver: cfg.Name}); err != nil {
		return nil, fmt.Errorf("email %s: %w", cfg.Name, err)
	}
	options := []mail.Option{
		mail.WithPort(number), mail.WithTimeout(orElse(cfg.Timeout, 30*time.Second)), mail.WithoutNoop(),
	}
	switch {
	case cfg.TLS == "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case cfg.TLS == "offered":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case cfg.TLS != "" && cfg.TLS != "required":
		return nil, fmt.Errorf("email %s: tls %q: want required, offered or none", cfg.Name, cfg.TLS)
	case number == 465:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if cfg.Roots != nil {
		options = append(options, mail.WithTLSConfig(cfg.Roots))
	}
	if cfg.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(cfg.User), mail.WithPassword(cfg.Password))
	}
	m.client, err = mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("email %s: %w", cfg.Name, err)
	}
	return m, nil
}

// Name implements Receiver.
func (m *Mail) Name() string { return m.cfg.Name }

// Send implements Receiver. A server's 5xx is final, anything else may mend.
func (m *Mail) Send(ctx context.Context, n Notice) error {
	message, err := m.message(n)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("email %s: %w", m.cfg.Name, err))
	}
	err = m.client.DialAndSendWithContext(ctx, message)
	if err == nil || message.IsDelivered() { // a farewell that fails takes nothing back
		return nil
	}
	text := err.Error()
	if m.cfg.Password != "" {
		text = strings.ReplaceAll(text, m.cfg.Password, "***")
	}
	told := fmt.Errorf("email %s (%s): %s", m.cfg.Name, m.host, clean(text))
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 && !refused.IsTemp() {
		return pipeline.Permanent(told)
	}
	return told
}

func (m *Mail) message(n Notice) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(m.cfg.From); err != nil {
		return nil, fmt.Errorf("from %q: want an address", m.cfg.From)
	}
	if err := msg.To(m.cfg.To...); err != nil {
		return nil, fmt.Errorf("to %q: want addresses", m.cfg.To)
	}
	domain := m.cfg.From[strings.LastIndex(m.cfg.From, "@")+1:]
	domain = strings.Trim(domain, "<> ")
	msg.Subject(m.cfg.title(n))
	msg.SetMessageIDWithValue(n.Key + "." + m.cfg.Name + "@" + domain)
	if n.Digest == nil && n.Alert.Revision > 1 {
		first := "<" + string(n.Alert.ID) + ".1." + m.cfg.Name + "@" + domain + ">"
		msg.SetGenHeader(mail.HeaderInReplyTo, first)
		msg.SetGenHeader(mail.HeaderReferences, first)
	}
	if !n.Queued.IsZero() {
		msg.SetDateWithValue(n.Queued)
	} else {
		msg.SetDateWithValue(n.Alert.At)
	}
	msg.SetGenHeader("Idempotency-Key", n.Key)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetUserAgent("quidnunc")
	msg.SetBodyString(mail.TypeTextPlain, m.cfg.text(n))
	return msg, nil
}

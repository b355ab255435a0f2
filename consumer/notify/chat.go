package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Message is how a receiver for people words an alert.
type Message struct {
	Title *Template // nil: the severity, the headline
	Text  *Template // nil: the alert as a terminal shows it
	Style Style     // names and time zone
}

// The bounds of what templates make.
const (
	MaxTitle = 300
	MaxText  = 16 << 10
)

func (m Message) title(n Notice) string {
	return cut(clean(m.Title.Text(n, m.Style, subject(n, m.Style))), MaxTitle)
}

func (m Message) text(n Notice) string { return m.Text.Text(n, m.Style, Plain(n, m.Style)) }

// subject says in a line what a notice is about.
func subject(n Notice, s Style) string {
	if n.Digest != nil {
		return fmt.Sprintf("%s: digest of %s", n.Receiver, plural(len(n.Digest), "alert"))
	}
	said := "[" + strings.ToUpper(string(n.Alert.Severity)) + "] " + Headline(n.Alert, s)
	if n.Alert.Change != news.New {
		said += " (" + string(n.Alert.Change) + ")"
	}
	return said
}

// ChatConfig says where a chat's incoming webhook is.
type ChatConfig struct {
	Name string // the receiver's name; needed
	URL  string // of the incoming webhook; needed. A secret: it is never told in errors
	Web
	Message
}

// Chat posts alerts to an incoming webhook as Slack has them, and Mattermost, Rocket.Chat, Discord (/slack) and Zulip
// understand them: a text with an attachment in the severity's colour.
type Chat struct {
	*post
	cfg ChatConfig
}

// NewChat checks the configuration.
func NewChat(cfg ChatConfig) (*Chat, error) {
	p, err := newPost("slack", cfg.Name, cfg.URL, cfg.Web)
	if err != nil {
		return nil, err
	}
	return &Chat{p, cfg}, nil
}

// Name implements Receiver.
func (c *Chat) Name() string { return c.cfg.Name }

type chatMessage struct {
	Text        string           `json:"text"`
	Attachments []chatAttachment `json:"attachments"`
}

type chatAttachment struct {
	Colour   string `json:"color"`
	Fallback string `json:"fallback"`
	Title    string `json:"title"`
	Link     string `json:"title_link,omitempty"`
	Text     string `json:"text"`
	Footer   string `json:"footer"`
	Time     int64  `json:"ts"`
}

// maxChat bounds an attachment's characters: Slack cuts what is longer.
const maxChat = 7000

// Send implements Receiver.
func (c *Chat) Send(ctx context.Context, n Notice) error {
	title := c.cfg.title(n)
	body, err := json.Marshal(chatMessage{
		Text: escapeChat(title),
		Attachments: []chatAttachment{{
			Colour: colours[n.Alert.Severity], Fallback: escapeChat(title), Title: escapeChat(orElseText(clean(n.Alert.Title), n.Alert.Rule)),
			Link: n.Alert.Article.URL, Text: "```" + escapeChat(cutBytes(c.cfg.text(n), maxChat)) + "```", Footer: "quidnunc " + n.Alert.ID.Short(), Time: n.Alert.At.Unix(),
		}},
	})
	if err != nil {
		return pipeline.Permanent(c.errorf("%w", err))
	}
	return c.send(ctx, http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {n.Key}}, body)
}

var colours = map[news.Severity]string{
	news.Info: "#888888", news.Low: "#2a9fd6", news.Medium: "#e0a800", news.High: "#d9480f", news.Critical: "#b00020",
}

// escapeChat keeps words from outside from becoming links, mentions or mark-up.
func escapeChat(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "```", "'''").Replace(s)
}

func orElseText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// NtfyConfig says which topic of which ntfy server.
type NtfyConfig struct {
	Name  string // the receiver's name; needed
	URL   string // the topic's address: https://ntfy.sh/my-topic; needed. A secret: it is never told in errors
	Token string // for servers that want one
	Web
	Message
}

// Ntfy pushes alerts to telephones and browsers by way of an ntfy server (https://ntfy.sh).
type Ntfy struct {
	*post
	cfg   NtfyConfig
	topic string
}

// NewNtfy checks the configuration.
func NewNtfy(cfg NtfyConfig) (*Ntfy, error) {
	target, err := url.Parse(cfg.URL)
	topic := ""
	if err == nil {
		path := strings.TrimSuffix(target.Path, "/")
		topic = path[strings.LastIndex(path, "/")+1:]
		target.Path = strings.TrimSuffix(path, topic)
	}
	if topic == "" {
		return nil, fmt.Errorf("ntfy %s: url: want the address of a topic, https://ntfy.example/topic", cfg.Name)
	}
	p, err := newPost("ntfy", cfg.Name, target.String(), cfg.Web)
	if err != nil {
		return nil, err
	}
	return &Ntfy{p, cfg, topic}, nil
}

// Name implements Receiver.
func (c *Ntfy) Name() string { return c.cfg.Name }

type ntfyMessage struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Message  string   `json:"message"`
	Priority int      `json:"priority"`
	Tags     []string `json:"tags"`
	Click    string   `json:"click,omitempty"`
}

// maxNtfy is what ntfy takes as a message; it makes an attachment of what is longer.
const maxNtfy = 4000

var priorities = map[news.Severity]int{news.Info: 1, news.Low: 2, news.Medium: 3, news.High: 4, news.Critical: 5}

// Send implements Receiver.
func (c *Ntfy) Send(ctx context.Context, n Notice) error {
	body, err := json.Marshal(ntfyMessage{
		Topic: c.topic, Title: c.cfg.title(n), Message: cutBytes(c.cfg.text(n), maxNtfy), Priority: max(1, priorities[n.Alert.Severity]),
		Tags: []string{string(n.Alert.Change), n.Alert.Rule, n.Alert.ID.Short()}, Click: n.Alert.Article.URL,
	})
	if err != nil {
		return pipeline.Permanent(c.errorf("%w", err))
	}
	header := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {n.Key}}
	if c.cfg.Token != "" {
		header.Set("Authorization", "Bearer "+c.cfg.Token)
	}
	return c.send(ctx, header, body)
}

// SubjectConfig says where on NATS.
type SubjectConfig struct {
	Name    string // the receiver's name; needed
	Subject string // outside Quidnunc's own; needed
	// Publish returns when the server has the message. The id is the server's own dedup key where a stream listens.
	Publish func(ctx context.Context, subject, id string, header map[string][]string, body []byte) error // needed
	Names   func(code string) string                                                                     // for the headline; nil: codes
}

// Subject publishes alerts under a NATS subject, in the form of a webhook's body (see Payload).
type Subject struct{ cfg SubjectConfig }

// NewSubject checks the configuration.
func NewSubject(cfg SubjectConfig) (*Subject, error) {
	if cfg.Name == "" || cfg.Publish == nil {
		return nil, fmt.Errorf("nats %s: a receiver needs a name and a server", cfg.Name)
	}
	for token := range strings.SplitSeq(cfg.Subject, ".") {
		if token == "" || strings.ContainsAny(token, "*> \t\r\n") || strings.HasPrefix(token, "$") {
			return nil, fmt.Errorf("nats %s: subject %q: want words with full stops between, such as desk.alerts", cfg.Name, cfg.Subject)
		}
	}
	return &Subject{cfg}, nil
}

// Name implements Receiver.
func (c *Subject) Name() string { return c.cfg.Name }

// Send implements Receiver.
func (c *Subject) Send(ctx context.Context, n Notice) error {
	body, err := payload(n, c.cfg.Names)
	if err != nil {
		return pipeline.Permanent(fmt.Errorf("nats %s: %w", c.cfg.Name, err))
	}
	header := map[string][]string{"Idempotency-Key": {n.Key}, "Content-Type": {"application/json"}}
	if err := c.cfg.Publish(ctx, c.cfg.Subject, n.Key, header, body); err != nil {
		return fmt.Errorf("nats %s: %w", c.cfg.Name, err)
	}
	return nil
}

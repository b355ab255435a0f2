// Package wire turns the nouns into subjects and bytes and back.
package wire

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// The first tokens of the subjects, below the prefix. The public ones are republished to anybody who listens.
const (
	ReportKind     = "report"
	ToldKind       = "told"
	RulesKind      = "rules"
	CorrectionKind = "correction"
	TickKind       = "tick"
	EventKind      = "event"
	AlertKind      = "alert"
	CheckpointKind = "checkpoint"
	DeliveryKind   = "delivery"
)

// Nobody is the subject token of an actor that is not told or not known.
const Nobody = "none"

const (
	maxToken = 64
	hashLen  = 10
)

// Token encodes any string as one subject token: 1 to 64 bytes of [a-z0-9_-]. A string that is such a token already
// stays as it is; any other keeps what can be kept, folded, and ends with "_" and a hash of the whole (50 bits), so that
// two strings never share a token but by a collision of that hash.
func Token(s string) string {
	if len(s) >= 1 && len(s) <= maxToken && plain(s) && !hashed(s) {
		return s
	}
	var b strings.Builder
	for _, r := range text.Fold(strings.ToValidUTF8(s, "-")) {
		if b.Len() >= maxToken-hashLen-1 {
			break
		}
		if r < utf8.RuneSelf && plainByte(byte(r)) {
			b.WriteByte(byte(r))
		} else {
			b.WriteByte('-')
		}
	}
	sum := sha256.Sum256([]byte(s))
	b.WriteByte('_')
	b.WriteString(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:hashLen])
	return b.String()
}

func plain[S string | []byte](s S) bool {
	for i := range len(s) {
		if !plainByte(s[i]) {
			return false
		}
	}
	return true
}

func plainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// hashed tells whether s looks like a token that Token made up: such a string must be hashed itself.
func hashed[S string | []byte](s S) bool {
	if len(s) < hashLen+1 || s[len(s)-hashLen-1] != '_' {
		return false
	}
	for _, c := range []byte(s[len(s)-hashLen:]) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// subject joins a kind and its tokens.
func subject(kind string, tokens ...string) string {
	return kind + "." + strings.Join(tokens, ".")
}

func reportSubject(r news.Report) string {
	lang := r.Article.Language
	if lang == "" {
		lang = Nobody
	}
	publisher := r.Article.Publisher
	if publisher == "" {
		publisher = news.NoPublisher
	}
	return subject(ReportKind, Token(lang), Token(publisher))
}

// toldSubject and eventSubject name what, who and whom; that of an event names its standing first.
func toldSubject(e *news.Event) string {
	var room [4 * maxToken]byte
	return string(appendDeed(append(room[:0], ToldKind...), e))
}

func eventSubject(t *news.Told) string {
	var room [4 * maxToken]byte
	b := append(append(room[:0], EventKind...), '.')
	return string(appendDeed(append(b, Token(string(t.Standing))...), &t.Event))
}

func appendDeed(b []byte, e *news.Event) []byte {
	b = appendLower(append(b, '.'), string(e.What.Type))
	b = appendActor(append(b, '.'), e.Who)
	return appendActor(append(b, '.'), e.Whom)
}

// appendActor appends the first coded actor's country; codes are upper-case, so that lowering them loses nothing.
func appendActor(b []byte, actors []news.Actor) []byte {
	if code := news.Coded(actors); code != "" {
		return appendLower(b, code)
	}
	return append(b, Nobody...)
}

// appendLower appends the token of s in small letters.
func appendLower(b []byte, s string) []byte {
	begin := len(b)
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	if token := b[begin:]; len(token) >= 1 && len(token) <= maxToken && plain(token) && !hashed(token) {
		return b
	}
	return append(b[:begin], Token(strings.ToLower(s))...)
}

// CheckpointSubject is where the position of a shard's machine stands.
func CheckpointSubject(shard int) string { return subject(CheckpointKind, strconv.Itoa(shard)) }

// DeliverySubject is where one receiver's deliveries stand.
func DeliverySubject(receiver string) string { return subject(DeliveryKind, Token(receiver)) }

// Kind is the first token of a subject.
func Kind(subject string) string {
	kind, _, _ := strings.Cut(subject, ".")
	return kind
}

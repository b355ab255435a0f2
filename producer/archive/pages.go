package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"runtime"
	"strings"
	"sync"

	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive/warc"
	"github.com/quidnunc-news/quidnunc/producer/extract"
)

// pages reads the records of a web archive. The articles of some pages at a time are found side by side.
type pages struct {
	r     *warc.Reader
	p     *progress
	from  int // records up to this one were read in a former run
	ready []found
}

// found is one outcome of next.
type found struct {
	draft draft
	err   error
}

// maxAhead bounds the bytes of the pages that are read at once.
const maxAhead = 32 << 20

func newPages(r io.Reader, p *progress) (*pages, error) {
	w, err := warc.NewReader(r, 0)
	if err != nil {
		return nil, err
	}
	return &pages{r: w, p: p}, nil
}

func (p *pages) next(ctx context.Context) (draft, error) {
	if len(p.ready) == 0 {
		p.read(ctx)
	}
	f := p.ready[0]
	p.ready = p.ready[1:]
	return f.draft, f.err
}

// read fills p.ready with the next few documents; an error of the stream, or its end, is the last of them.
func (p *pages) read(ctx context.Context) {
	limit := 4 * runtime.GOMAXPROCS(0)
	p.ready = make([]found, 0, limit)
	var work sync.WaitGroup
	for size := 0; len(p.ready) < limit && size < maxAhead; {
		rec, err := p.r.Next()
		if err == nil {
			err = ctx.Err()
		}
		var damage *warc.Damage
		switch {
		case errors.As(err, &damage):
			p.ready = append(p.ready, found{err: broken(damage)})
			continue
		case err != nil:
			p.ready = append(p.ready, found{err: err})
			work.Wait()
			return
		case rec.Number <= p.from:
			continue
		}
		f, page, ok := p.open(rec)
		if !ok {
			continue
		}
		size += len(rec.Block)
		p.ready = append(p.ready, f)
		if page != nil {
			at := &p.ready[len(p.ready)-1] // the slice has room for all
			work.Go(func() { *at = page.find() })
		}
	}
	work.Wait()
}

func broken(d *warc.Damage) *producer.BadInput {
	reason := producer.BrokenRecord
	if d.Reason == warc.TooLarge {
		reason = producer.TooLong
	}
	return &producer.BadInput{
		Reason: reason, Line: d.Number, Err: fmt.Errorf("%w %s", d, d.URL), Sample: bytes.Clone(d.Sample),
	}
}

// webPage is a page whose article is to be found.
type webPage struct {
	draft draft
	body  []byte
	kind  string
}

// open tells what a record holds: a document, or a page; false if it is neither.
func (p *pages) open(rec warc.Record) (found, *webPage, bool) {
	d := draft{line: rec.Number, url: rec.URL, seen: rec.Date, lang: threeLetters(rec.Language)}
	switch rec.Type {
	case "response":
		resp, err := rec.HTTP()
		switch {
		case resp.Status != 200:
			p.p.pass("status other than 200")
			return found{}, nil, false
		case !isPage(resp.ContentType, resp.Body):
			p.p.pass("no page")
			return found{}, nil, false
		case err != nil:
			return found{err: &producer.BadInput{
				Reason: producer.BrokenBody, Line: rec.Number, Err: fmt.Errorf("%s: %w", rec.URL, err),
				Sample: bytes.Clone(rec.Block[:min(len(rec.Block), maxSample)]),
			}}, nil, true
		}
		return found{}, &webPage{draft: d, body: bytes.Clone(resp.Body), kind: resp.ContentType}, true
	case "resource":
		if isPage(rec.ContentType, rec.Block) && strings.HasPrefix(rec.URL, "http") {
			return found{}, &webPage{draft: d, body: bytes.Clone(rec.Block), kind: rec.ContentType}, true
		}
		p.p.pass("no page")
		return found{}, nil, false
	case "conversion":
		if !strings.HasPrefix(rec.ContentType, "text/plain") {
			p.p.pass("no page")
			return found{}, nil, false
		}
		return found{draft: plainText(d, string(rec.Block))}, nil, true
	}
	p.p.pass(kindOf(rec.Type))
	return found{}, nil, false
}

// kindOf keeps what a file may name from filling our memory.
func kindOf(kind string) string {
	switch kind {
	case "warcinfo", "request", "metadata", "revisit", "continuation", "filedesc":
		return kind
	}
	return "other"
}

// plainText is the text that somebody made of a page; its first line is most often the title.
func plainText(d draft, s string) draft {
	d.text = s
	if title, rest, ok := strings.Cut(strings.TrimSpace(s), "\n"); ok && len(title) <= 300 && strings.TrimSpace(rest) != "" {
		d.title, d.text = title, rest
	}
	return d
}

func isPage(contentType string, body []byte) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if kind == "" && err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	switch kind {
	case "text/html", "application/xhtml+xml":
		return true
	case "", "application/octet-stream", "unk":
		return bytes.HasPrefix(bytes.TrimSpace(body[:min(len(body), 512)]), []byte("<"))
	}
	return false
}

// find makes the document of a page.
func (p *webPage) find() found {
	d := p.draft
	a, err := extract.Read(p.body, extract.Hint{URL: d.url, ContentType: p.kind, Seen: d.seen})
	if err != nil {
		reason := producer.BrokenBody
		switch {
		case errors.Is(err, extract.ErrNoText):
			reason = producer.Empty
		case errors.Is(err, extract.ErrTooLarge):
			reason = producer.TooLong
		}
		return found{err: &producer.BadInput{
			Reason: reason, Line: d.line, Err: fmt.Errorf("%s: %w", d.url, err), Sample: p.body[:min(len(p.body), maxSample)],
		}}
	}
	d.title, d.text, d.publisher, d.published = a.Title, a.Text, a.Publisher, a.Published
	if a.URL != "" {
		d.url = a.URL
	}
	// What a page says of its language is often its template's: it counts only where the text does not tell.
	d.hint = a.Language
	return found{draft: d}
}

// threeLetters is the ISO 639-1 code of an ISO 639-3 one, as WET files have; "" if we know none.
func threeLetters(code string) string {
	return map[string]string{
		"fra": "fr", "eng": "en", "deu": "de", "spa": "es", "ita": "it", "por": "pt", "nld": "nl", "rus": "ru", "ukr": "uk",
		"pol": "pl", "ces": "cs", "ron": "ro", "hun": "hu", "tur": "tr", "ara": "ar", "fas": "fa", "zho": "zh", "jpn": "ja",
		"kor": "ko", "swe": "sv", "dan": "da", "nor": "no", "fin": "fi", "ell": "el", "heb": "he", "hin": "hi", "ind": "id",
		"cat": "ca", "est": "et", "lav": "lv", "lit": "lt", "slk": "sk", "slv": "sl", "hrv": "hr", "vie": "vi", "bul": "bg", "srp": "sr",
		"urd": "ur", "ben": "bn", "tha": "th", "kat": "ka", "hye": "hy",
	}[strings.ToLower(code)]
}

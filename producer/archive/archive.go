// Package archive reads articles from files of the past.
//
// It reads files, directories (every file below, in lexical order), glob patterns and standard input, each as it is or
// packed with gzip, in three forms:
//
// Dated text, in .txt and .text files: a document begins with a line that starts with white space or none, the word
// "date" and a day or month, and goes on to the next such line or the end of the file:
//
//	date 2021-10-18 Moscow suspends its mission to NATO.
//
// Plain text: a .txt or .text file, or the part of one before the first such line, is one document; its date is the
// day the file was last changed.
//
// JSON lines, in .jsonl, .ndjson and .json files: one JSON object a line. Keys in any case; the first of a row that
// has a value counts; all others are kept out:
//
//	text       body, content, article, articleBody, maintext, fulltext, description, summary
//	title      headline, heading
//	published  date, pubDate, published_at, publishedAt, publish_date, date_publish, datePublished, date_published,
//	           publication_date, datetime, timestamp, created_at
//	url        link, canonical_url, href
//	publisher  source, outlet, site, site_name, source_domain, domain
//	lang       language, locale
//	id         guid, uid, _id
//
// A value may be a string or a number; a list of strings is paragraphs; an object stands for its "name". A date is
// YYYY, YYYY-MM, YYYY-MM-DD, an RFC 3339, RFC 1123 or RFC 822 time, a few forms between them, or Unix seconds or
// milliseconds. An article without text tells its title; one without publisher has its address's host. An id must be
// unique among its publisher's articles.
//
// A file of another name, or standard input, is JSON lines if a line of its beginning starts with "{", else text.
package archive

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer"
)

// Config tunes a Source.
type Config struct {
	Now     func() time.Time // the clock for Article.Seen; nil means time.Now
	MaxLine int              // bytes of one line or text document; 0 means 16 MB
	MaxText int              // bytes of Article.Text; 0 means 256 KiB
}

// Sizes that Config.MaxLine and MaxText are by default, and of what else an article carries.
const (
	defaultMaxLine = 16_000_000
	defaultMaxText = 256 << 10
	maxTitle       = 2 << 10
	maxPublisher   = 256
	maxURL         = 4 << 10
	maxSample      = 256
)

// Source gives the articles of some files in order. It is for one goroutine.
type Source struct {
	cfg     Config
	files   []file
	current *reading
	mended  []producer.Reason
}

// Read returns the articles of one stream; name "-" is standard input.
func Read(cfg Config, name string, r io.Reader) *Source {
	return newSource(cfg, []file{{name: name, open: func() (io.ReadCloser, time.Time, error) {
		return io.NopCloser(r), time.Time{}, nil
	}}})
}

func newSource(cfg Config, files []file) *Source {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxLine == 0 {
		cfg.MaxLine = defaultMaxLine
	}
	if cfg.MaxText == 0 {
		cfg.MaxText = defaultMaxText
	}
	return &Source{cfg: cfg, files: files}
}

// Next returns the next article, io.EOF behind the last, or a *producer.BadInput for a document or file that gives
// none; reading goes on behind it.
func (s *Source) Next(ctx context.Context) (news.Article, error) {
	s.mended = nil
	for {
		if err := ctx.Err(); err != nil {
			return news.Article{}, err
		}
		if s.current == nil {
			if err := s.openNext(); err != nil {
				return news.Article{}, err
			}
		}
		d, err := s.current.documents.next(ctx)
		switch {
		case err == nil:
			return s.article(d)
		case errors.Is(err, io.EOF):
			s.Close()
			continue
		}
		bad := new(producer.BadInput)
		if errors.As(err, &bad) {
			bad.File = s.current.name
			return news.Article{}, bad
		}
		if ctx.Err() != nil {
			return news.Article{}, ctx.Err()
		}
		name := s.current.name
		s.Close()
		return news.Article{}, &producer.BadInput{Reason: producer.Unreadable, File: name, Line: d.line, Err: err}
	}
}

// Mended says what was mended in the article that Next returned last.
func (s *Source) Mended() []producer.Reason { return s.mended }

// Close closes the file that is being read, if any. After io.EOF there is none.
func (s *Source) Close() {
	if s.current != nil {
		s.current.close()
		s.current = nil
	}
}

func (s *Source) openNext() error {
	if len(s.files) == 0 {
		return io.EOF
	}
	f := s.files[0]
	s.files = s.files[1:]
	r, err := f.read(s.cfg.MaxLine)
	if err != nil {
		reason := producer.Unreadable
		if errors.Is(err, errForm) {
			reason = producer.UnknownFormat
		}
		return &producer.BadInput{Reason: reason, File: f.name, Err: err}
	}
	s.current = r
	return nil
}

// draft is a document as its file tells it.
type draft struct {
	line                                    int // where it begins
	guid, url, publisher, lang, title, text string
	published                               news.Interval
	mended                                  []producer.Reason
}

// article makes the noun of a draft.
func (s *Source) article(d draft) (news.Article, error) {
	mended := d.mended
	a := news.Article{
		URL:       canonical(d.url),
		Title:     line(d.title, maxTitle),
		Text:      strings.TrimSpace(text.Normalize(d.text)),
		Published: d.published,
		Seen:      s.cfg.Now(),
		Source:    path.Base(s.current.name),
	}
	a.Text, a.Cut = text.Cut(a.Text, s.cfg.MaxText)
	if a.Cut {
		mended = append(mended, producer.LongText)
	}
	if a.Text == "" {
		a.Text = a.Title
	}
	if a.Text == "" {
		return news.Article{}, &producer.BadInput{
			Reason: producer.Empty, File: s.current.name, Line: d.line, Err: errors.New("a document without text"),
		}
	}
	a.Publisher = publisher(d.publisher, a.URL)
	a.Language = language(d.lang)
	if a.Language == "" {
		a.Language = text.Detect(beginning(a.Title+"\n\n"+a.Text, 4<<10))
	}
	s.mended = mended
	return a.Identify(d.guid), nil
}

// line makes one line of at most limit bytes of what should be one.
func line(s string, limit int) string {
	s = strings.Join(strings.Fields(text.Normalize(beginning(s, 4*limit))), " ")
	return beginning(s, limit)
}

// beginning is at most the first limit bytes of s, in whole runes.
func beginning(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// Package archive reads articles from files of the past.
//
// It reads files, directories (every file below, in lexical order), glob patterns and standard input, each as it is or
// packed with gzip or Zstandard, or several in a zip file, in these forms:
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
// Web archives, in .warc, .arc and .wet files: each HTML page that a server gave with status 200, and each text made of
// one, is a document; its address is the record's, its text, title and date are what package extract finds, and it was
// seen when it was fetched. Other records are counted and passed over: see Progress.
//
// GDELT 2.0, in .csv files of its 61 (Events), 16 (Mentions) or 27 columns (GKG): each row is a report, coded by GDELT.
//
// A file of another name, or standard input, is a web archive or GDELT's if it begins like one, else JSON lines if a line of its beginning starts with "{", else text.
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
	from    Position // where a former run ended; zero: from the beginning
	current *reading
	mended  []producer.Reason
	coded   *coded
	line    int
	progress
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
	s := &Source{cfg: cfg, files: files}
	s.begin(files)
	return s
}

// Next returns the next article, io.EOF behind the last, or a *producer.BadInput for a document or file that gives
// none; reading goes on behind it.
func (s *Source) Next(ctx context.Context) (news.Article, error) {
	s.mended, s.coded = nil, nil
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
		case err == nil && d.line <= s.current.from:
			continue
		case err == nil:
			return s.give(d)
		case errors.Is(err, io.EOF):
			s.Close()
			continue
		}
		bad := new(producer.BadInput)
		if errors.As(err, &bad) {
			if bad.Line <= s.current.from && s.current.from > 0 {
				continue
			}
			bad.File = s.current.name
			s.bad.Add(1)
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

// Line is where the article that Next returned last begins in its file: its line, or the number of its record.
func (s *Source) Line() int { return s.line }

// Close closes the file that is being read, if any. After io.EOF there is none.
func (s *Source) Close() {
	if s.current != nil {
		s.current.close()
		s.current = nil
		s.filesDone.Add(1)
	}
}

func (s *Source) openNext() error {
	if len(s.files) == 0 {
		s.end()
		return io.EOF
	}
	f := s.files[0]
	s.files = s.files[1:]
	r, err := f.read(s.cfg.MaxLine, &s.progress)
	if err != nil {
		s.bad.Add(1)
		reason := producer.Unreadable
		if errors.Is(err, errForm) {
			reason = producer.UnknownFormat
		}
		return &producer.BadInput{Reason: reason, File: f.name, Err: err}
	}
	r.list = f.list
	if f.name == s.from.File && f.list == s.from.List { // two may have one name
		r.from = s.from.Line
		if p, ok := r.documents.(*pages); ok {
			p.from = r.from
		}
	}
	s.current = r
	return nil
}

// draft is a document as its file tells it.
type draft struct {
	line                                    int // where it begins
	guid, url, publisher, lang, title, text string
	published                               news.Interval
	seen                                    time.Time // zero: now
	mended                                  []producer.Reason
	id                                      news.ID // "": as news.Article.Identify finds it
	coded                                   func(article news.ID) []news.Event
	coder                                   string // by whom coded
	hint                                    string // a language that counts where the text does not tell
}

// coded is what the file tells of the events of an article.
type coded struct {
	events []news.Event
	coder  string
}

// Coded gives the events of the article that Next returned last, where its file tells them.
func (s *Source) Coded() ([]news.Event, string, bool) {
	if s.coded == nil {
		return nil, "", false
	}
	return s.coded.events, s.coded.coder, true
}

// give makes the article of a draft and remembers where it stands.
func (s *Source) give(d draft) (news.Article, error) {
	a, err := s.article(d)
	if err != nil {
		s.bad.Add(1)
		return a, err
	}
	s.line = d.line
	s.given(a, Position{File: s.current.name, Line: d.line, List: s.current.list})
	if d.coder != "" {
		s.coded = &coded{coder: d.coder}
		if d.coded != nil {
			s.coded.events = d.coded(a.ID)
		}
	}
	return a, nil
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
	if a.Language == "" && d.coder == "" {
		a.Language = text.Detect(beginning(a.Title+"\n\n"+a.Text, 4<<10))
		if a.Language == "" {
			a.Language = language(d.hint)
		}
	}
	if !d.seen.IsZero() {
		a.Seen = d.seen
	}
	s.mended = mended
	a = a.Identify(d.guid)
	if d.id != "" {
		a.ID = d.id
	}
	return a, nil
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

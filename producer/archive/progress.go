package archive

import (
	"io"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Position is a place in a Source's files. A Source opened with the same files goes on behind it with Resume.
type Position struct {
	File string `json:"file"` // as Open found it; "": the beginning
	Line int    `json:"line"` // where the last document begins that is done with; of a web archive its record's number
	List string `json:"list"` // hash of the names, sizes and times of this file and those before it; "": no place to go on at
}

// behind is a Line that no file has: all of the file is done with.
const behind = math.MaxInt

// Progress says how far a Source is.
type Progress struct {
	Files     int            `json:"files"`
	FilesDone int            `json:"files_done"`
	Bytes     int64          `json:"bytes"` // of all files, as they are stored, or in a zip file unpacked; standard input counts as nothing
	BytesDone int64          `json:"bytes_done"`
	Articles  int64          `json:"articles"`
	Bad       int64          `json:"bad"`              // documents and files that gave none
	Passed    map[string]int `json:"passed,omitempty"` // records of web archives that are no article, by what they are
}

// progress is what other goroutines may ask about a Source.
type progress struct {
	files               int
	bytes               int64
	filesDone           atomic.Int64
	read, articles, bad atomic.Int64
	mu                  sync.Mutex
	passed              map[string]int
	open                []mark // given, and not settled
	settled             Position
	last                Position // behind all files
	ended               bool
}

// mark is an article with its place.
type mark struct {
	id, revision news.ID
	at           Position
}

// maxOpen bounds the marks kept: more than a producer ever has under way.
const maxOpen = 1 << 16

// Progress says how far the Source is. It may be asked by any goroutine.
func (s *Source) Progress() Progress {
	p := Progress{
		Files: s.progress.files, FilesDone: int(s.filesDone.Load()), Bytes: s.bytes, BytesDone: s.read.Load(),
		Articles: s.articles.Load(), Bad: s.bad.Load(), Passed: map[string]int{},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, n := range s.passed {
		p.Passed[what] = n
	}
	return p
}

// Settled tells the Source that an article is in the log, or among the dead letters. Those given before it count as done
// with too, since the reports of one source are published in its order. It may be called by any goroutine.
func (s *Source) Settled(a news.Article) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.open, func(m mark) bool { return m.id == a.ID && m.revision == a.Revision })
	if i >= 0 {
		s.settled = s.open[i].at
		s.open = s.open[i+1:]
	}
}

// Position is behind the last article that is settled, or behind all files where they were read to their end: where the
// next run goes on. It may be asked by any goroutine.
func (s *Source) Position() Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended && len(s.open) == 0 {
		return s.last
	}
	return s.settled
}

// Resume goes on behind from, where a former run ended, and tells whether it does: what was added to the files behind
// that place is read, and all of them are where one up to it has changed. It must come before Next.
func (s *Source) Resume(from Position) bool {
	i := slices.IndexFunc(s.files, func(f file) bool { return f.name == from.File && f.list == from.List })
	if i < 0 || from.List == "" {
		return false
	}
	s.from, s.settled = from, from
	if from.Line == behind {
		i++
	}
	for _, f := range s.files[:i] {
		s.read.Add(f.size)
	}
	s.filesDone.Add(int64(i))
	s.files = s.files[i:]
	return true
}

// Done tells whether nothing is left to read.
func (s *Source) Done() bool { return len(s.files) == 0 && s.current == nil }

// begin looks at the files before one is read.
func (p *progress) begin(files []file) {
	p.files = len(files)
	list := "files"
	for i, f := range files {
		p.bytes += f.size
		if f.name == stdin {
			list = ""
		}
		if list != "" {
			list = string(news.MakeID("archive", list, f.name, strconv.FormatInt(f.size, 10), f.dated.UTC().Format(time.RFC3339Nano)))
		}
		files[i].list = list
		p.last = Position{File: f.name, Line: behind, List: list}
	}
}

// end notes that there are no more files.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
}

func (p *progress) given(a news.Article, at Position) {
	p.articles.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) >= maxOpen {
		p.open = p.open[1:]
	}
	p.open = append(p.open, mark{a.ID, a.Revision, at})
}

// pass counts what is no article.
func (p *progress) pass(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.passed == nil {
		p.passed = map[string]int{}
	}
	p.passed[what]++
}

// count counts the bytes read from a file.
func (p *progress) count(r io.Reader) io.Reader { return &counted{r, &p.read} }

type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n.Add(int64(n))
	return n, err
}

package replay

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// job is an entry on its way to the machine.
type job struct {
	entry    Entry
	report   *news.Report // nil: it is another noun
	noun     news.Entry   // nil: it is a report
	at       time.Time
	err      error // why it cannot be read or coded
	place    place
	digest   [sha256.Size]byte
	prepared *machine.Prepared
	textless bool
}

// place is where an entry lies to what was asked for.
type place byte

const (
	outside place = iota
	warming       // stepped in silence
	telling
)

// rulesInForce are those of the machine, for the workers that match ahead of it.
type rulesInForce struct {
	set  atomic.Pointer[machine.Ruleset]
	list []rule.Rule
}

func (r *rulesInForce) put(set *machine.Ruleset, list []rule.Rule) {
	r.list = list
	r.set.Store(set)
}

// prepare does all that can be done of a job before it is its turn. It is called by many goroutines at once.
func (s *session) prepare(j *job) {
	if j.err != nil {
		return
	}
	if j.err = s.decode(j); j.err != nil {
		return
	}
	report := j.report
	if report == nil {
		j.digest = digest(j.entry.Subject, j.entry.Data)
		return
	}
	if j.place == outside {
		return
	}
	again := s.Recode && s.Ours(report.Coder) && j.entry.Report == nil
	if j.err = j.sum(report, again); j.err != nil {
		return
	}
	if again || j.entry.Uncoded {
		if j.err = s.code(report); j.err != nil {
			return
		}
	} else if s.Sketch != nil && j.entry.Report != nil {
		report.Sketch = s.Sketch(report.Article)
	}
	j.textless = !s.Ours(report.Coder)
	j.prepared = s.rules.set.Load().Prepare(report)
	j.entry.Data, j.entry.Report = nil, nil
}

// decode finds the noun, its time, and where that lies.
func (s *session) decode(j *job) error {
	if err := j.read(); err != nil {
		return err
	}
	if r := j.report; r == nil {
		j.at = timeOf(j.noun)
	} else {
		if s.Order == Published && !r.Article.Published.IsZero() {
			r.At = r.Article.Published.Start
		}
		j.at = r.At
	}
	_, rules := j.noun.(news.Rules)
	switch {
	case rules:
		j.place = telling
	case !s.To.IsZero() && !j.at.Before(s.To):
	case !j.at.Before(s.From):
		j.place = telling
	case !j.at.Before(s.From.Add(-s.Warmup)):
		j.place = warming
	}
	return nil
}

// read is the noun of the entry. A report is the job's own, to be changed.
func (j *job) read() error {
	if j.entry.Report != nil {
		own := *j.entry.Report
		j.report = &own
		return nil
	}
	noun, err := wire.DecodeEntry(j.entry.Subject, j.entry.Data)
	if r, ok := noun.(news.Report); ok {
		j.report = &r
	} else {
		j.noun = noun
	}
	return err
}

func timeOf(e news.Entry) time.Time {
	switch e := e.(type) {
	case news.Report:
		return e.At
	case news.Rules:
		return e.At
	case news.Correction:
		return e.At
	case news.Tick:
		return e.At
	}
	panic(fmt.Sprintf("replay: entry of unknown kind %T", e))
}

// sum hashes what was read: of an article whose events are still to be found, the article alone.
func (j *job) sum(r *news.Report, again bool) error {
	if j.entry.Report == nil && !again {
		j.digest = digest(j.entry.Subject, j.entry.Data)
		return nil
	}
	if again || j.entry.Uncoded {
		bare := *r
		bare.Events, bare.Coder, bare.Sketch, bare.Cut = nil, "", news.Sketch{}, false
		r = &bare
	}
	room := rooms.Get().(*[]byte) //nolint:forcetypeassert // New makes no other
	defer rooms.Put(room)
	data, err := wire.AppendReport((*room)[:0], r)
	j.digest = digest(wire.ReportKind, data)
	*room = data
	return err
}

// rooms are where reports are written to be hashed.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

func digest(subject string, data []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte(subject))
	h.Write([]byte{0})
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}

// code finds a report's events, as the producer does. A panic of the coder costs the article only.
func (s *session) code(r *news.Report) (err error) {
	if s.Coder == nil {
		return errors.New("it is not coded, and there is no coder")
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the coder panicked: %v", p)
		}
	}()
	events := s.Coder.Code(r.Article)
	r.Cut = len(events) > s.Most
	r.Events, r.Coder = events[:min(len(events), s.Most):min(len(events), s.Most)], s.Coder.Name()
	if s.Sketch != nil {
		r.Sketch = s.Sketch(r.Article)
	}
	return nil
}

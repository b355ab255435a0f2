package past

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Library holds the segments of a log, in its order.
type Library interface {
	Len() int
	Segment(n int) (*Segment, error)
}

// Log gives the entries of the log that have these places, ascending, in their order. Those that it does not hold any
// more are left out.
type Log interface {
	Entries(ctx context.Context, seqs []uint64, handle func(seq uint64, e news.Entry) error) error
}

// Question is what is asked of the past.
type Question struct {
	Rule      rule.Rule
	Gazetteer *gazetteer.Gazetteer
	From      time.Time                  // of the log; it begins with the first entry that is not older
	Told      func(news.Alert) error     // each revision of each alert, in its order
	Progress  func(read, candidates int) // of the candidates; nil: nobody wants to know
}

// Answer says how the question was answered.
type Answer struct {
	Reports    int // of the stretch
	Candidates int // reports that were read
	Lost       int // of them, those that the log does not hold any more
	Start, End time.Time
	Suppressed map[machine.Reason]int
}

// Ask tells what the rule would have told, had it been put in force at the beginning of the stretch: exactly what the
// machine tells that steps the whole log, as long as it would not have forgotten articles that came again (it remembers
// 100 days of them, and the latest million). Memory grows with the entries, 32 bytes each.
func Ask(ctx context.Context, lib Library, log Log, q Question) (Answer, error) {
	set, err := machine.Compile("preview", []rule.Rule{q.Rule}, q.Gazetteer)
	if err != nil {
		return Answer{}, fmt.Errorf("past: %w", err)
	}
	a := asking{lib: lib, log: log, question: q, rules: set, stories: map[int]*news.Story{}, answer: Answer{Suppressed: map[machine.Reason]int{}}}
	for _, step := range []func(context.Context) error{a.find, a.complete, a.step} {
		if err := step(ctx); err != nil {
			return Answer{}, err
		}
	}
	return a.answer, nil
}

// row is an entry of the log, as little of it as is needed.
type row struct {
	seq, article uint64
	at           int64
	kind         Kind
	origin       uint8
	read         bool // it is to be read
}

type asking struct {
	lib      Library
	log      Log
	question Question
	rules    *machine.Ruleset
	rows     []row
	firsts   []int // rows at which segments begin
	start    int   // row at which the stretch begins
	stories  map[int]*news.Story
	answer   Answer
	state    machine.State
}

// clue is that of the rule, or of a step of it.
func (a *asking) clue() match.Clue {
	r := a.question.Rule
	if len(r.When.Steps) == 0 {
		return match.ClueOf(r.Expr, a.question.Gazetteer)
	}
	var out match.Clue
	for _, s := range r.When.Steps {
		c := match.ClueOf(s.Expr, a.question.Gazetteer)
		if c.Blind() {
			return c
		}
		out.Any = append(out.Any, c)
	}
	return out
}

// find reads the columns and marks the reports of the stretch that have the clue.
func (a *asking) find(ctx context.Context) error {
	clue, from := a.clue(), a.question.From
	a.start = -1
	for i := range a.lib.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := a.lib.Segment(i)
		if err != nil {
			return err
		}
		first := len(a.rows)
		a.firsts = append(a.firsts, first)
		for _, e := range s.Entries() {
			if a.start < 0 && !e.At.Before(from) {
				a.start = len(a.rows)
			}
			a.rows = append(a.rows, row{e.Seq, e.Article, e.At.UnixNano(), e.Kind, uint8(slices.Index(origins, e.Origin)), e.Kind == Correction})
		}
		if a.start < 0 {
			continue
		}
		of, every, err := s.Candidates(clue)
		if err != nil {
			return err
		}
		if every {
			of = nil
			for n, e := range s.Entries() {
				if e.Kind == Report {
					of = append(of, uint32(n))
				}
			}
		}
		of = slices.DeleteFunc(of, func(n uint32) bool { return first+int(n) < a.start })
		if err := a.take(s, first, of); err != nil {
			return err
		}
	}
	if a.start < 0 {
		a.start = len(a.rows)
	}
	return nil
}

// take marks entries of a segment to be read, and keeps their stories.
func (a *asking) take(s *Segment, first int, of []uint32) error {
	for _, n := range of {
		a.rows[first+int(n)].read = true
	}
	return s.Stories(of, func(n uint32, story *news.Story) { a.stories[first+int(n)] = story })
}

// complete marks every revision of the articles that are to be read: one that does not satisfy the rule takes back what
// another told.
func (a *asking) complete(context.Context) error {
	articles := map[uint64]bool{}
	for _, r := range a.rows {
		if r.read && r.kind == Report {
			articles[r.article] = true
		}
	}
	for i, first := range a.firsts {
		end := len(a.rows)
		if i+1 < len(a.firsts) {
			end = a.firsts[i+1]
		}
		var more []uint32
		for n := first; n < end; n++ {
			if r := &a.rows[n]; !r.read && r.kind == Report && articles[r.article] {
				more = append(more, uint32(n-first))
			}
		}
		if len(more) == 0 {
			continue
		}
		s, err := a.lib.Segment(i)
		if err != nil {
			return err
		}
		if err := a.take(s, first, more); err != nil {
			return err
		}
	}
	return nil
}

// ahead is how many entries are read at once.
const ahead = 1024

// step runs a machine over the stretch: what is to be read is stepped, of everything else the time passes.
func (a *asking) step(ctx context.Context) error {
	var wanted []uint64
	for _, r := range a.rows {
		if r.read {
			wanted = append(wanted, r.seq)
		}
	}
	a.answer.Candidates = len(wanted)
	seen := 0
	read := map[uint64]news.Entry{}
	for i, r := range a.rows {
		if i == a.start {
			a.state.Step(machine.Input{Seq: r.seq, Entry: news.Rules{Hash: "preview"}, Rules: a.rules})
		}
		if r.read && seen%ahead == 0 {
			clear(read)
			batch := wanted[seen:min(seen+ahead, len(wanted))]
			if err := a.log.Entries(ctx, batch, func(seq uint64, e news.Entry) error {
				read[seq] = e
				return nil
			}); err != nil {
				return err
			}
		}
		if r.read {
			if seen++; a.question.Progress != nil {
				a.question.Progress(seen, len(wanted))
			}
		}
		if err := a.entry(i, r, read[r.seq]); err != nil {
			return err
		}
	}
	return nil
}

func (a *asking) entry(i int, r row, e news.Entry) error {
	at := time.Unix(0, r.at).UTC()
	var result machine.Result
	switch {
	case r.read && e != nil:
		result = a.state.Step(machine.Input{Seq: r.seq, Entry: e, Story: a.stories[i]})
	case r.kind == Tick:
		result = a.state.Step(machine.Input{Seq: r.seq, Entry: news.Tick{At: at}})
	default:
		if r.read {
			a.answer.Lost++
		}
		result = a.state.Pass(at, origins[r.origin])
	}
	if i < a.start {
		return nil
	}
	if r.kind == Report {
		a.answer.Reports++
	}
	if a.answer.Start.IsZero() {
		a.answer.Start = at
	}
	if at.After(a.answer.End) {
		a.answer.End = at
	}
	for _, s := range result.Suppressed {
		a.answer.Suppressed[s.Reason]++
	}
	for _, o := range result.Outputs {
		if o.Alert == nil {
			continue
		}
		if err := a.question.Told(*o.Alert); err != nil {
			return err
		}
	}
	return nil
}

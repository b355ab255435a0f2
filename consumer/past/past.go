// Package past keeps what a log told in columns, so that what a rule would have told is found without reading it again.
//
// Of each entry of the log a Segment has the time, the article, the story that the machine put it in, and its traits, each
// with the entries that have it. A query's clue finds the few entries that may satisfy it; whether they do is then asked of
// the reports themselves.
package past

import (
	"hash/fnv"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Kind is what an entry of the log is.
type Kind byte

// The kinds that matter here: rules of the log are not those that are asked.
const (
	Report Kind = iota
	Tick
	Correction
)

// Entry is an entry of the log, without what it says.
type Entry struct {
	Seq     uint64 // its place in the log
	Before  uint64 // of a report, that of the latest revision of its article before it; 0: the machine remembered none
	At      time.Time
	Kind    Kind
	Origin  news.Origin // of a report
	Article uint64      // of a report or a correction: see ArticleKey
	Story   *news.Story // of a report: as the machine told it; nil where it told none, as for a report that came twice
}

// ArticleKey is a number for an article. Two may share one: then more is looked at than need be.
func ArticleKey(id news.ID) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}

// Step steps a machine, which needs no rules, and says what columns keep of the entry; ok is false for what they do not
// keep, and that is not stepped. What was prepared of a report may be nil.
func Step(s *machine.State, seq uint64, entry news.Entry, prepared *machine.Prepared) (e Entry, ok bool) {
	e = Entry{Seq: seq}
	switch x := entry.(type) {
	case news.Report:
		e.At, e.Origin, e.Article, e.Before = x.At, x.Origin, ArticleKey(x.Article.ID), s.Known(x.Article.ID)
	case news.Tick:
		e.At, e.Kind = x.At, Tick
	case news.Correction:
		e.At, e.Kind, e.Article = x.At, Correction, ArticleKey(x.Article)
	default:
		return Entry{}, false
	}
	result := s.Step(machine.Input{Seq: seq, Entry: entry, Prepared: prepared})
	if e.Kind != Report {
		return e, true
	}
	if result.Fate == machine.Stepped {
		e.Before = 0 // it was forgotten in this very step
	}
	if result.Fate != machine.Duplicate {
		e.Story = &result.Story
	}
	return e, true
}

// Full is how many entries a Segment has at most.
const Full = 1 << 15

// Candidates lists the entries of the segment that have the clue, ascending. Every is true where the clue tells nothing:
// all reports are candidates.
func (s *Segment) Candidates(c match.Clue) (of []uint32, every bool, err error) {
	switch {
	case len(c.All) > 0:
		return s.all(c.All)
	case len(c.Any) > 0:
		return s.either(c.Any)
	case c.Blind():
		return nil, true, nil
	case c.Prefix:
		of, err = s.beginning(c.Trait)
		return of, false, err
	}
	of, err = s.having(c.Trait)
	return of, false, err
}

func (s *Segment) all(parts []match.Clue) ([]uint32, bool, error) {
	var out []uint32
	every := true
	for _, p := range parts {
		of, all, err := s.Candidates(p)
		switch {
		case err != nil:
			return nil, false, err
		case all:
		case every:
			out, every = of, false
		default:
			out = both(out, of)
		}
		if !every && len(out) == 0 {
			return nil, false, nil
		}
	}
	return out, every, nil
}

func (s *Segment) either(parts []match.Clue) ([]uint32, bool, error) {
	var out []uint32
	for _, p := range parts {
		of, all, err := s.Candidates(p)
		if err != nil || all {
			return nil, all, err
		}
		out = append(out, of...)
	}
	slices.Sort(out)
	return slices.Compact(out), false, nil
}

// both is what two ascending lists share, in the place of the first.
func both(a, b []uint32) []uint32 {
	out := a[:0]
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}

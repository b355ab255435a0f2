package past

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sort"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Library holds the segments of a log, in its order. Segment opens one, for a reader who closes it; safe for concurrent use.
type Library interface {
	Len() int
	Segment(n int) (*Segment, error)
}

// Log gives the entries of the log that have these places, ascending, in their order. Those that it does not hold any
// more are left out. Safe for concurrent use.
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
	Candidates int // entries that were read
	Lost       int // of them, those that the log does not hold any more
	Start, End time.Time
	Suppressed map[machine.Reason]int
}

// Ask tells what the rule would have told, had it been put in force at the beginning of the stretch: exactly what the
// machine tells that steps the whole log, as long as it would not have forgotten articles that came again within the
// stretch (it remembers 100 days of them, and the latest million). Segments from before the stretch are not read, but for
// earlier revisions of what the rule asks for. Memory grows with the entries of the stretch, 25 bytes each.
func Ask(ctx context.Context, lib Library, log Log, q Question) (answer Answer, err error) {
	set, err := machine.Compile("preview", []rule.Rule{q.Rule}, q.Gazetteer)
	if err != nil {
		return Answer{}, fmt.Errorf("past: %w", err)
	}
	defer set.Close()
	a := asking{lib: lib, log: log, question: q, rules: set, answer: Answer{Suppressed: map[machine.Reason]int{}}}
	defer func() { err = errors.Join(err, a.close()) }()
	for _, step := range []func(context.Context) error{a.open, a.find, a.complete, a.step} {
		if err := step(ctx); err != nil {
			return Answer{}, err
		}
	}
	return a.answer, nil
}

type asking struct {
	lib      Library
	log      Log
	question Question
	rules    *machine.Ruleset
	parts    []*part // from the segment on in which the stretch begins
	skipped  int     // segments before it
	older    []earlier
	state    *machine.State
	answer   Answer
}

// part is a segment of the stretch, as much of it as is needed.
type part struct {
	segment *Segment
	columns
	start int // where the stretch begins; math.MaxInt: behind it
	read  []uint32
}

// earlier is a report from before the parts, of an article that is asked for.
type earlier struct {
	seq   uint64
	story *news.Story
}

// sideBySide does n things on all cores.
func sideBySide(ctx context.Context, n int, do func(int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(i)
		})
	}
	return g.Wait()
}

// open finds the segment in which the stretch begins, and opens it and those behind it. An entry is the first that is not
// older than From where the highest time becomes so.
func (a *asking) open(ctx context.Context) error {
	var err error
	a.skipped = max(0, sort.Search(a.lib.Len(), func(i int) bool {
		s, e := a.lib.Segment(i)
		if e != nil {
			err = cmp.Or(err, e)
			return true
		}
		err = cmp.Or(err, s.Close())
		return !s.Begins().Highest.Before(a.question.From)
	})-1)
	if err != nil {
		return err
	}
	a.parts = make([]*part, a.lib.Len()-a.skipped)
	return sideBySide(ctx, len(a.parts), func(i int) error {
		s, err := a.lib.Segment(a.skipped + i)
		a.parts[i] = &part{segment: s}
		return err
	})
}

func (a *asking) close() error {
	var errs []error
	for _, p := range a.parts {
		if p != nil && p.segment != nil {
			errs = append(errs, p.segment.Close())
		}
	}
	return errors.Join(errs...)
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
	clue := a.clue()
	if err := sideBySide(ctx, len(a.parts), func(i int) (err error) {
		a.parts[i].columns, err = a.parts[i].segment.columns()
		return err
	}); err != nil {
		return err
	}
	begun := false
	for _, p := range a.parts {
		if p.start = 0; !begun {
			p.start = p.begin(a.question.From)
		}
		begun = begun || p.start < len(p.at)
		a.measure(p)
	}
	return sideBySide(ctx, len(a.parts), func(i int) error { return a.parts[i].candidates(clue) })
}

// begin is the first entry that is not older.
func (p *part) begin(from time.Time) int {
	for n, at := range p.at {
		if !time.Unix(0, at).Before(from) {
			return n
		}
	}
	return math.MaxInt
}

// measure counts what of the stretch is in a part.
func (a *asking) measure(p *part) {
	end := int64(math.MinInt64)
	for n := p.start; n < len(p.at); n++ {
		if Kind(p.kind[n]>>4) == Report {
			a.answer.Reports++
		}
		end = max(end, p.at[n])
	}
	if p.start >= len(p.at) {
		return
	}
	if a.answer.Start.IsZero() {
		a.answer.Start = time.Unix(0, p.at[p.start]).UTC()
	}
	if t := time.Unix(0, end).UTC(); t.After(a.answer.End) {
		a.answer.End = t
	}
}

// candidates marks the reports that have the clue.
func (p *part) candidates(clue match.Clue) error {
	if p.start >= len(p.at) {
		return nil
	}
	of, every, err := p.segment.Candidates(clue)
	clear(p.segment.held) // they are not asked for again
	if err != nil {
		return err
	}
	if every {
		of = nil
		for n, k := range p.kind {
			if Kind(k>>4) == Report {
				of = append(of, uint32(n))
			}
		}
	}
	p.read = slices.DeleteFunc(of, func(n uint32) bool { return int(n) < p.start })
	return nil
}

// complete marks every revision and every correction of the articles that are to be read, since one that does not satisfy
// the rule takes back what another told.
func (a *asking) complete(ctx context.Context) error {
	keys := make([][]byte, len(a.parts))
	if !slices.ContainsFunc(a.parts, func(p *part) bool { return len(p.read) > 0 }) {
		return nil
	}
	if err := sideBySide(ctx, len(a.parts), func(i int) (err error) {
		keys[i], err = a.parts[i].segment.keys()
		return err
	}); err != nil {
		return err
	}
	articles := set{has: map[uint64]bool{}}
	for i, p := range a.parts {
		for _, n := range p.read {
			articles.add(binary.LittleEndian.Uint64(keys[i][8*n:]))
		}
	}
	if err := sideBySide(ctx, len(a.parts), func(i int) error { a.parts[i].complete(keys[i], &articles); return nil }); err != nil {
		return err
	}
	return a.goBack()
}

// set is numbers, most of which are not in it.
type set struct {
	has    map[uint64]bool
	likely [1 << 13]uint64 // a bit for the first 19 bits of those in it
}

func (s *set) add(n uint64) {
	s.has[n] = true
	s.likely[n>>51] |= 1 << (n >> 45 & 63)
}

func (s *set) holds(n uint64) bool { return s.likely[n>>51]&(1<<(n>>45&63)) != 0 && s.has[n] }

func (p *part) complete(keys []byte, articles *set) {
	p.read = p.read[:0]
	for n, k := range p.kind {
		if !articles.holds(binary.LittleEndian.Uint64(keys[8*n:])) {
			continue
		}
		if kind := Kind(k >> 4); kind == Report || kind == Correction && n >= p.start { // before it no rule was in force
			p.read = append(p.read, uint32(n))
		}
	}
}

// goBack finds the revisions from before the parts: each report names the one before it.
func (a *asking) goBack() (err error) {
	if a.skipped == 0 {
		return nil
	}
	first := a.parts[0].segment.First()
	var wanted []uint64
	for _, p := range a.parts {
		for _, n := range p.read {
			if b := p.before[n]; b > 0 && b < first {
				wanted = append(wanted, b)
			}
		}
	}
	for i := a.skipped - 1; len(wanted) > 0 && i >= 0; i-- {
		if wanted, err = a.lookBack(i, wanted); err != nil {
			return err
		}
	}
	if len(wanted) > 0 {
		return fmt.Errorf("past: no segment has entry %d: %w", wanted[0], ErrDamaged)
	}
	slices.SortFunc(a.older, func(x, y earlier) int { return cmp.Compare(x.seq, y.seq) })
	return nil
}

// lookBack finds the wanted reports that are in a segment, and those of the same one that they name. It returns which are
// still wanted.
func (a *asking) lookBack(segment int, wanted []uint64) (rest []uint64, err error) {
	s, err := a.lib.Segment(segment)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if slices.Max(wanted) < s.First() {
		return wanted, nil
	}
	c, err := s.columns()
	if err != nil {
		return nil, err
	}
	var of []uint32
	for len(wanted) > 0 {
		seq := wanted[len(wanted)-1]
		wanted = wanted[:len(wanted)-1]
		if seq < s.First() {
			rest = append(rest, seq)
			continue
		}
		n, ok := slices.BinarySearch(c.seq, seq)
		if !ok {
			return nil, fmt.Errorf("past: entry %d is named and not there: %w", seq, ErrDamaged)
		}
		of = append(of, uint32(n))
		if b := c.before[n]; b > 0 {
			wanted = append(wanted, b)
		}
	}
	slices.Sort(of)
	of = slices.Compact(of)
	at := len(a.older)
	for _, n := range of {
		a.older = append(a.older, earlier{seq: c.seq[n]})
	}
	return rest, s.Stories(of, func(n uint32, story *news.Story) {
		i, _ := slices.BinarySearch(of, n)
		a.older[at+i].story = story
	})
}

package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// When says what makes an alert of hits: each of them, or what is found in a window over the log's time.
type When struct {
	Each     Each          // without a window
	Kind     Kind          // of the window; empty: none
	Over     time.Duration // count, spike: over; first: in; absence: for; sequence: within
	AtLeast  int           // count, spike
	Distinct Dimension     // count, spike: what is counted, once each; empty: articles
	Baseline time.Duration // spike
	Ratio    float64       // spike
	Of       []Dimension   // first: what has to be new, together
	Steps    []Step        // sequence
	GroupBy  []Dimension   // one window for each value; of a sequence: by
	Lateness time.Duration // how late an article may come and still be counted where it belongs; 0 means DefaultLateness
}

// Kind is what is looked for in a window.
type Kind string

// The kinds of window.
const (
	Count    Kind = "count"
	Spike    Kind = "spike"
	First    Kind = "first"
	Absence  Kind = "absence"
	Sequence Kind = "sequence"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Count, Spike, First, Absence, Sequence} }

// Step is one step of a sequence.
type Step struct {
	Query string
	Expr  Expr // the step's query and the rule's
}

// Dimension is something of a hit that can be counted or grouped by.
type Dimension string

// The dimensions. Those of an event are of each event on which the rule holds.
const (
	ByArticle   Dimension = "article"
	ByStory     Dimension = "story"
	ByPublisher Dimension = "publisher"
	ByLanguage  Dimension = "lang"
	ByEvent     Dimension = "event"
	ByWho       Dimension = "who"
	ByWhat      Dimension = "what"
	ByMode      Dimension = "mode"
	ByWhom      Dimension = "whom"
	ByWhere     Dimension = "where"
)

// Dimensions lists them.
func Dimensions() []Dimension {
	return []Dimension{ByArticle, ByStory, ByPublisher, ByLanguage, ByEvent, ByWho, ByWhat, ByMode, ByWhom, ByWhere}
}

// OfEvent tells whether the dimension is an event's, and so asks for one.
func (d Dimension) OfEvent() bool {
	return slices.Contains([]Dimension{ByEvent, ByWho, ByWhat, ByMode, ByWhom, ByWhere}, d)
}

// DefaultLateness is how late an article may come to a window that names no lateness.
const DefaultLateness = time.Hour

// The most that a window may look back, and steps of a sequence.
const (
	MaxWindow = 100 * 24 * time.Hour
	MaxSteps  = 8
)

// Windowed tells whether alerts come of a window.
func (w When) Windowed() bool { return w.Kind != "" }

// complete fills what was left out.
func (w When) complete() When {
	if !w.Windowed() {
		if w.Each == "" {
			w.Each = EachStory
		}
		return w
	}
	if w.Lateness == 0 {
		w.Lateness = DefaultLateness
	}
	if w.Distinct == "" && (w.Kind == Count || w.Kind == Spike) {
		w.Distinct = ByArticle
	}
	if w.AtLeast == 0 && w.Kind == Spike {
		w.AtLeast = 3
	}
	return w
}

// check tells what is wrong with a completed When.
func (w When) check() error {
	if !w.Windowed() {
		if !slices.Contains(Eaches(), w.Each) {
			return fmt.Errorf("when each %q: want one of %v", w.Each, Eaches())
		}
		return nil
	}
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("when "+string(w.Kind)+": "+format, args...))
	}
	if !slices.Contains(Kinds(), w.Kind) {
		return fmt.Errorf("when %q: want one of %v", w.Kind, Kinds())
	}
	if w.Over <= 0 || w.Over > MaxWindow || w.Baseline > MaxWindow {
		fail("want a length of time up to %s", MaxWindow)
	}
	if w.Each != "" {
		fail("each says something else")
	}
	switch w.Kind {
	case Count:
		if w.AtLeast < 1 {
			fail("want at_least: a number from 1 on")
		}
	case Spike:
		if w.AtLeast < 1 || w.Baseline < w.Over || w.Ratio < 1 || w.Ratio > 1000 {
			fail("want over, a baseline at least as long, a ratio from 1 to 1000, and at_least from 1 on")
		}
	case First:
		if len(w.Of) == 0 {
			fail("want of: a list of %v", Dimensions())
		}
	case Sequence:
		if len(w.Steps) < 2 || len(w.Steps) > MaxSteps {
			fail("want from 2 to %d steps", MaxSteps)
		}
	}
	if w.Lateness < 0 || w.Lateness > 24*time.Hour {
		fail("want a lateness up to 24h")
	}
	for _, d := range slices.Concat(w.Of, w.GroupBy, []Dimension{w.Distinct}) {
		if d != "" && !slices.Contains(Dimensions(), d) {
			fail("%q: want one of %v", d, Dimensions())
		}
	}
	return errors.Join(errs...)
}

// asksEvents tells whether hits without events would have nothing to count.
func (w When) asksEvents() bool {
	return slices.ContainsFunc(slices.Concat(w.Of, w.GroupBy, []Dimension{w.Distinct}), Dimension.OfEvent)
}

// steps parses the steps of a sequence; each asks for the rule's query, too. A rule without a query asks for any step.
func (r Rule) steps() (Rule, error) {
	if len(r.When.Steps) == 0 {
		return r, nil
	}
	own := r.Query
	queries := make([]string, len(r.When.Steps))
	steps := slices.Clone(r.When.Steps)
	for i := range steps {
		queries[i] = "(" + steps[i].Query + ")"
		if own != "" {
			queries[i] += " (" + own + ")"
		}
		x, err := Parse(queries[i])
		if err != nil {
			return r, fmt.Errorf("step %d: %w", i+1, err)
		}
		steps[i].Expr = x
	}
	r.When.Steps = steps
	if own == "" {
		r.Query = strings.Join(queries, " OR ")
	}
	return r, nil
}

// ParseDuration reads a length of time as time.ParseDuration does, with days and weeks besides: 90m, 72h, 7d, 2w.
func ParseDuration(s string) (time.Duration, error) {
	for unit, long := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.Atoi(number)
			if err != nil || n < 0 || n > 36500 {
				return 0, fmt.Errorf("%q is no length of time", s)
			}
			return time.Duration(n) * long, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no length of time", s)
	}
	return d, nil
}

// Limit is how many alerts a rule may raise in a stretch of the log's time. The zero Limit means DefaultLimit.
type Limit struct {
	Count int // -1: any number
	Per   time.Duration
}

// DefaultLimit is the limit of a rule that names none; NoLimit is none.
var (
	DefaultLimit = Limit{Count: 30, Per: time.Hour}
	NoLimit      = Limit{Count: -1}
)

func (l Limit) String() string {
	if l.Count < 0 {
		return "none"
	}
	for _, u := range limitUnits {
		if l.Per == u.per {
			return fmt.Sprintf("%d/%s", l.Count, u.name)
		}
	}
	return fmt.Sprintf("%d/%s", l.Count, l.Per)
}

var limitUnits = []struct {
	name string
	per  time.Duration
}{{"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}}

// ParseLimit reads "30/h", "5/10m", "100/d" or "none".
func ParseLimit(s string) (Limit, error) {
	wrong := fmt.Errorf("%q is no limit: want such as 30/h, 5/10m, 100/d or none", s)
	if s == "none" {
		return NoLimit, nil
	}
	number, unit, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > 1_000_000 {
		return Limit{}, wrong
	}
	for _, u := range limitUnits {
		if unit == u.name {
			return Limit{n, u.per}, nil
		}
	}
	per, err := ParseDuration(unit)
	if err != nil || per <= 0 || per > MaxWindow {
		return Limit{}, wrong
	}
	return Limit{n, per}, nil
}

// Bind puts the values of lists into the rule's query and steps.
func (r Rule) Bind(lists map[string][]string) Rule {
	r.Expr = Bind(r.Expr, lists)
	steps := slices.Clone(r.When.Steps)
	for i := range steps {
		steps[i].Expr = Bind(steps[i].Expr, lists)
	}
	if len(steps) > 0 {
		r.When.Steps = steps
	}
	return r
}

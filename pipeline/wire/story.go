package wire

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

type storyV1 struct {
	ID         news.ID   `json:"id"`
	Articles   int       `json:"articles"`
	Publishers int       `json:"publishers"`
	CopyOf     news.ID   `json:"copy_of,omitempty"`
	Growth     int       `json:"growth,omitempty"`
	Firsts     []firstV1 `json:"firsts,omitempty"`
	Former     []news.ID `json:"former,omitempty"`
}

type firstV1 struct {
	Event news.ID     `json:"event"`
	What  plover.Type `json:"what"`
	Who   string      `json:"who,omitempty"`
	Whom  string      `json:"whom,omitempty"`
	Pair  bool        `json:"pair,omitempty"`
	Since *time.Time  `json:"since,omitempty"`
}

func storyToV1(s news.Story) storyV1 {
	return storyV1{s.ID, s.Articles, s.Publishers, s.CopyOf, s.Growth, each(s.Firsts, firstToV1), s.Former}
}

func (s storyV1) noun() news.Story {
	return news.Story{
		ID: s.ID, Articles: s.Articles, Publishers: s.Publishers, CopyOf: s.CopyOf, Growth: s.Growth,
		Firsts: each(s.Firsts, firstV1.noun), Former: s.Former,
	}
}

func firstToV1(f news.First) firstV1 {
	return firstV1{f.Event, f.What, f.Who, f.Whom, f.Pair, momentToV1(f.Since)}
}

func (f firstV1) noun() news.First {
	return news.First{Event: f.Event, What: f.What, Who: f.Who, Whom: f.Whom, Pair: f.Pair, Since: moment(f.Since)}
}

func momentToV1(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// sketchV1 holds the minima in four bytes each, big end first.
type sketchV1 struct {
	Shingles int      `json:"shingles,omitempty"`
	Minima   []byte   `json:"minima,omitempty"`
	Terms    []termV1 `json:"terms,omitempty"`
}

type termV1 struct {
	Key    string `json:"k"`
	Weight int    `json:"w"`
}

func sketchToV1(s news.Sketch) *sketchV1 {
	if s.Shingles == 0 && len(s.Minima) == 0 && len(s.Terms) == 0 {
		return nil
	}
	w := sketchV1{Shingles: s.Shingles, Terms: each(s.Terms, func(t news.Term) termV1 { return termV1(t) })}
	for _, m := range s.Minima {
		w.Minima = binary.BigEndian.AppendUint32(w.Minima, m)
	}
	return &w
}

func (w *sketchV1) noun() (news.Sketch, error) {
	if w == nil {
		return news.Sketch{}, nil
	}
	if n := len(w.Minima); n != 0 && n != 4*news.SketchSize {
		return news.Sketch{}, fmt.Errorf("a signature of %d bytes, want %d", n, 4*news.SketchSize)
	}
	s := news.Sketch{Shingles: w.Shingles, Terms: each(w.Terms, func(t termV1) news.Term { return news.Term(t) })}
	for b := w.Minima; len(b) > 0; b = b[4:] {
		s.Minima = append(s.Minima, binary.BigEndian.Uint32(b))
	}
	return s, nil
}

type windowV1 struct {
	Kind     string      `json:"kind"`
	Group    string      `json:"group,omitempty"`
	Start    time.Time   `json:"start"`
	End      time.Time   `json:"end"`
	Count    int         `json:"count,omitempty"`
	Distinct string      `json:"distinct,omitempty"`
	Expected string      `json:"expected,omitempty"`
	Entries  []enteredV1 `json:"entries,omitempty"`
	Late     int         `json:"late,omitempty"`
	Dropped  int         `json:"dropped,omitempty"`
}

type enteredV1 struct {
	Article   news.ID   `json:"article"`
	Publisher string    `json:"publisher,omitempty"`
	At        time.Time `json:"at"`
	Step      int       `json:"step,omitempty"`
}

func windowToV1(w news.Window) windowV1 {
	return windowV1{
		w.Kind, w.Group, w.Start.UTC(), w.End.UTC(), w.Count, w.Distinct, w.Expected, each(w.Entries, enteredToV1), w.Late, w.Dropped,
	}
}

func (w windowV1) noun() news.Window {
	return news.Window{
		Kind: w.Kind, Group: w.Group, Start: w.Start.UTC(), End: w.End.UTC(), Count: w.Count, Distinct: w.Distinct, Expected: w.Expected,
		Entries: each(w.Entries, enteredV1.noun), Late: w.Late, Dropped: w.Dropped,
	}
}

func enteredToV1(e news.Entered) enteredV1 {
	return enteredV1{e.Article, e.Publisher, e.At.UTC(), e.Step}
}

func (e enteredV1) noun() news.Entered {
	return news.Entered{Article: e.Article, Publisher: e.Publisher, At: e.At.UTC(), Step: e.Step}
}

package machine

import (
	"cmp"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Held is an alert that was held back, as a ledger shows it.
type Held struct {
	Alert    news.ID // its own ID where it has one or would have had one, else that of the one told instead
	Severity news.Severity
	To       []string // who would have got it; empty: whoever gets what nobody is named for
	At       time.Time
	Article  news.ID // the one that held it up; empty: none did
}

// How many alerts that were held back a ledger shows of an hour of the log: of one rule for one reason, and of all rules.
// A rule under throttle may hold back thousands, and each row is a write.
const (
	heldOfRule = 10
	heldOfHour = 100
)

// shown counts the Helds of one hour of the log, so that it shows the same ones whoever steps it.
type shown struct {
	hour time.Time
	all  int
	of   map[cause]int
}

type cause struct {
	rule   string
	reason Reason
}

func (a cause) compare(b cause) int {
	return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.reason, b.reason))
}

// room takes a place of the hour that now is in; ok is false where none is left.
func (s *shown) room(now time.Time, c cause) (ok bool) {
	if hour := now.Truncate(time.Hour); !hour.Equal(s.hour) || s.of == nil {
		*s = shown{hour: hour, of: map[cause]int{}}
	}
	if s.all == heldOfHour || s.of[c] == heldOfRule {
		return false
	}
	s.all++
	s.of[c]++
	return true
}

// holdBack adds to the suppression that was noted last what a ledger shows of it, while there is room.
func (s *State) holdBack(alert news.Alert, out *Result) {
	of := &out.Suppressed[len(out.Suppressed)-1]
	if s.shown.room(s.highest, cause{of.Rule, of.Reason}) {
		of.Held = &Held{Alert: cmp.Or(alert.ID, of.Alert), Severity: alert.Severity, To: alert.To, At: alert.At.UTC(), Article: alert.Article.ID}
	}
}

// wouldBe names the alert of a hit that is not told.
func (s *State) wouldBe(of *rule.Rule, alert *news.Alert, events []news.Event) news.ID {
	switch {
	case of.When.Windowed() || of.When.Each == rule.EachArticle:
		return alertID(of.Name, "article", alert.Article.ID)
	case of.When.Each == rule.EachEvent && len(events) > 0:
		return alertID(of.Name, "event", events[0].ID)
	}
	return s.storyAlert(of.Name, alert.Story)
}

func (s *shown) write(w *snapshot.Writer) {
	w.Time(s.hour)
	w.Len(len(s.of))
	causes := make([]cause, 0, len(s.of))
	for c := range s.of {
		causes = append(causes, c)
	}
	slices.SortFunc(causes, cause.compare)
	for _, c := range causes {
		w.String(c.rule)
		w.String(string(c.reason))
		w.Int(int64(s.of[c]))
	}
}

func (s *shown) read(r *snapshot.Reader) {
	s.hour = r.Time()
	if n := r.Len(3); n > 0 {
		s.of = make(map[cause]int, n)
		for range n {
			c := cause{r.String(), Reason(r.String())}
			s.of[c] = int(r.Int())
			s.all += s.of[c]
		}
	}
}

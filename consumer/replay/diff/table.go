package diff

import (
	"fmt"
	"io"
	"time"
)

// WriteTable tells a difference to people: what became of the alerts, by rule and by day, then each change with its reasons, at most so
// many of a kind.
func (d Difference) WriteTable(w io.Writer, most int) {
	for _, n := range d.Notes {
		fmt.Fprintf(w, "note     %s\n", n)
	}
	fmt.Fprintf(w, "alerts   %d before, %d after: %d added, %d removed, %d earlier, %d later, %d changed, %d the same\n",
		d.Alerts.Before, d.Alerts.After, d.Kinds[Added], d.Kinds[Removed], d.Kinds[Earlier], d.Kinds[Later], d.Kinds[Changed], d.Same)
	if len(d.Changes) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%-40s %7s %7s %7s %8s %8s %7s %8s\n", "rule", "before", "after", "added", "removed", "earlier", "later", "changed")
	for _, r := range d.Rules {
		fmt.Fprintf(w, "%-40s %7d %7d %7d %8d %8d %7d %8d\n", r.Rule, r.Before, r.After, r.Kinds[Added], r.Kinds[Removed], r.Kinds[Earlier], r.Kinds[Later], r.Kinds[Changed])
	}
	fmt.Fprintf(w, "\n%-10s %7s %7s %7s\n", "day", "before", "after", "more")
	same := 0
	for _, x := range d.Days {
		if x.After == x.Before {
			same++
			continue
		}
		fmt.Fprintf(w, "%-10s %7d %7d %+7d\n", x.Day, x.Before, x.After, x.After-x.Before)
	}
	if same > 0 {
		fmt.Fprintf(w, "and %d days with as many as before\n", same)
	}
	for _, kind := range Kinds() {
		d.writeKind(w, kind, most)
	}
}

func (d Difference) writeKind(w io.Writer, kind Kind, most int) {
	n := 0
	for _, c := range d.Changes {
		if c.Kind != kind {
			continue
		}
		if n++; n > most {
			continue
		}
		fmt.Fprintf(w, "\n%-8s %s  %s  %s\n         %s\n", c.Kind, times(c), c.Rule, c.Alert.Short(), c.Title)
		for _, what := range c.What {
			fmt.Fprintf(w, "         is another: %s\n", what)
		}
		for _, r := range c.Reasons {
			fmt.Fprintf(w, "         why: %s\n", r)
		}
	}
	if n > most {
		fmt.Fprintf(w, "\n         and %d more %s\n", n-most, kind)
	}
}

func times(c Change) string {
	const layout = "2006-01-02 15:04"
	show := func(t time.Time) string { return t.UTC().Format(layout) }
	if c.Kind == Earlier || c.Kind == Later {
		return show(c.Before) + " → " + show(c.After)
	}
	return show(c.at())
}

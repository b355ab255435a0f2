package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// indent stands before the lines that go on.
const indent = "    "

// bare is the body of an alert without events.
func (s Style) bare(a news.Alert) []string {
	switch {
	case a.Held > 0:
		return []string{"  " + plural(a.Held, "alert") + " of this rule above its limit: not sent one by one"}
	case a.Window != nil && a.Window.Kind == "absence":
		return []string{"  nothing that the rule asks for was told"}
	}
	return []string{"  no event: the words of the article matched"}
}

func (s Style) story(a news.Alert) []string {
	st := a.Story
	if st.ID == "" {
		return nil
	}
	parts := []string{plural(st.Publishers, "publisher") + ", " + plural(st.Articles, "article")}
	if st.CopyOf != "" {
		parts = append(parts, "a copy of article "+st.CopyOf.Short())
	}
	if f := s.first(a); f != "" {
		parts = append(parts, cut(f, s.width()-len(indent)))
	}
	lead := "  story " + string(st.ID[:min(4, len(st.ID))]) + "  "
	lines := flow(lead, indent, " · ", parts, s.width())
	for i := range lines {
		lines[i] = s.paint(dim, lines[i])
	}
	return lines
}

// first says what of the lead was never told before: "first SANCTION Russia→NATO in 90 days".
func (s Style) first(a news.Alert) string {
	if len(a.Events) == 0 {
		return ""
	}
	for _, f := range a.Story.Firsts {
		if f.Event != a.Events[0].ID {
			continue
		}
		between := ""
		for i, code := range []string{f.Who, f.Whom} {
			if i == 1 {
				between += "→"
			}
			if code == "" {
				between += notTold
			} else {
				between += s.place(code)
			}
		}
		text := fmt.Sprintf("first %s %s in %d days", f.What, between, int(news.Novelty.Hours()/24))
		if !f.Since.IsZero() {
			text += " (log from " + f.Since.Format(time.DateOnly) + ")"
		}
		return text
	}
	return ""
}

// window says what a rule over a window of time found, and when.
func (s Style) window(w *news.Window) []string {
	if w == nil {
		return nil
	}
	of := ""
	if w.Group != "" {
		of = " for " + clean(w.Group)
	}
	from, to := s.clock(w.Start), s.clock(w.End)
	var text string
	switch w.Kind {
	case "absence":
		text = fmt.Sprintf("nothing%s from %s to %s", of, from, to)
	case "first":
		text = fmt.Sprintf("the first%s, at %s", of, from)
	case "sequence":
		text = fmt.Sprintf("%d steps%s from %s to %s", w.Count, of, from, to)
	case "spike":
		text = fmt.Sprintf("%s%s from %s to %s, where %s were to be expected", counted(w), of, from, to, w.Expected)
	default:
		text = fmt.Sprintf("%s%s from %s to %s", counted(w), of, from, to)
	}
	if w.Late > 0 {
		text += fmt.Sprintf(" · %d came too late", w.Late)
	}
	if w.Dropped > 0 {
		text += fmt.Sprintf(" · %d found no room", w.Dropped)
	}
	return flow("  window  ", indent, " ", strings.Fields(text), s.width())
}

func counted(w *news.Window) string {
	unit := w.Distinct
	if unit == "" {
		unit = "article"
	}
	if w.Count != 1 && strings.HasSuffix(unit, "y") {
		return fmt.Sprintf("%d %sies", w.Count, strings.TrimSuffix(unit, "y"))
	}
	switch unit {
	case "article", "publisher", "event":
		return plural(w.Count, unit)
	}
	return fmt.Sprintf("%d different %s", w.Count, unit)
}

func (s Style) clock(t time.Time) string {
	tz := s.TZ
	if tz == nil {
		tz = time.UTC
	}
	return t.In(tz).Format("2006-01-02 15:04")
}

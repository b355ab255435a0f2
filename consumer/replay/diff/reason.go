package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Evidence is what one of the two replays had before it. Both fields may be nil: then less can be said.
type Evidence struct {
	Rules   map[string]rule.Rule     // by name; nil: as the summary has their queries
	Reports map[news.ID]*news.Report // by article, as that replay had them coded
}

// Articles are those whose reports Explain asks for: at most so many, those of the first changes.
func (d Difference) Articles(most int) map[news.ID]bool {
	out := map[news.ID]bool{}
	for _, c := range d.Changes {
		if len(out) < most {
			out[c.Article] = true
		}
	}
	return out
}

// Explain finds the reason of each change.
func (d *Difference) Explain(g *gazetteer.Gazetteer, before, after Evidence) {
	first := &side{summary: d.summaries[0], evidence: before, names: g}
	second := &side{summary: d.summaries[1], evidence: after, names: g}
	for i := range d.Changes {
		c := &d.Changes[i]
		switch c.Kind {
		case Added:
			c.Reasons = absent(c.after, second, first, appears)
		case Removed:
			c.Reasons = absent(c.before, first, second, vanishes)
		default:
			c.Reasons = moved(c, first, second)
		}
	}
}

// turn is which way an alert goes, in the words of its reasons.
type turn struct {
	verb string // of what holds on the side that tells the alert, and not on the other
	own  string // of a clause that only the other side's rule has
}

var (
	appears  = turn{"did not hold before", "clause %d of the rule as it was did not hold"}
	vanishes = turn{"no longer holds", "clause %d of the rule as it is now does not hold"}
)

// side is one of the two replays.
type side struct {
	summary  replay.Summary
	evidence Evidence
	names    *gazetteer.Gazetteer
}

func (s *side) count(name string) (replay.RuleCount, bool) {
	i := slices.IndexFunc(s.summary.Rules, func(r replay.RuleCount) bool { return r.Name == name })
	if i < 0 {
		return replay.RuleCount{}, false
	}
	return s.summary.Rules[i], true
}

// questions are the queries that a rule asks of one report: its own, or each step of a sequence.
func (s *side) questions(name string) ([]rule.Rule, error) {
	r, ok := s.evidence.Rules[name]
	if !ok {
		count, _ := s.count(name)
		var err error
		if r, err = rule.New(name, count.Query); err != nil {
			return nil, err
		}
	}
	if len(r.When.Steps) == 0 {
		return []rule.Rule{r}, nil
	}
	var out []rule.Rule
	for _, step := range r.When.Steps {
		q := r
		q.Query, q.Expr = step.Expr.String(), step.Expr
		out = append(out, q)
	}
	return out, nil
}

// report is the article of an alert as this side had it coded; whole is false where only what an alert says of it is known.
func (s *side) report(a news.Alert) (r news.Report, whole bool) {
	if known := s.evidence.Reports[a.Article.ID]; known != nil {
		return *known, true
	}
	ref := a.Article
	return news.Report{
		Article: news.Article{
			ID: ref.ID, Revision: ref.Revision, URL: ref.URL, Publisher: ref.Publisher, Language: ref.Language, Title: ref.Title,
			Published: ref.Published, Seen: ref.Seen, Source: ref.Source,
		},
		Events: a.Events, At: a.At, Origin: a.Origin,
	}, false
}

// absent says why the side called there does not tell what the side called here does.
func absent(t *told, here, there *side, way turn) []string {
	a := t.first
	count, ok := there.count(a.Rule)
	switch {
	case !ok:
		return []string{"the rule is not in force there"}
	case count.State == string(rule.Off):
		return []string{"the rule is off there"}
	}
	questions, err := there.questions(a.Rule)
	if err != nil {
		return []string{"the rule's query cannot be asked: " + err.Error()}
	}
	report, whole := there.report(a)
	held := heldBefore(a)
	asked := clausesOf(here, a)
	var out []string
	for _, q := range questions {
		answer, err := match.Explain(q, there.names, report, a.Story)
		if err != nil {
			return []string{"the rule's query cannot be asked: " + err.Error()}
		}
		if answer.Holds {
			return holds(count, here, a, whole)
		}
		out = append(out, failing(answer, held, asked, way, whole, a.Events)...)
	}
	if whole {
		out = append(out, eventsDiffer(a.Events, report.Events)...)
	}
	if len(out) == 0 {
		return []string{"the query " + way.verb}
	}
	return out
}

// holds says why an alert is not told though the query holds.
func holds(count replay.RuleCount, here *side, a news.Alert, whole bool) []string {
	other, _ := here.count(a.Rule)
	var kept []string
	for _, reason := range slices.Sorted(maps.Keys(count.Suppressed)) {
		if n := count.Suppressed[reason]; n > other.Suppressed[reason] {
			kept = append(kept, fmt.Sprintf("%s %d times (%d here)", reason, n, other.Suppressed[reason]))
		}
	}
	switch {
	case len(kept) > 0:
		return []string{"the query holds, but the rule held more back there: " + strings.Join(kept, ", ")}
	case a.Window != nil:
		return []string{"the query holds, but its window counted otherwise"}
	case !whole:
		return []string{"the query holds of the events that the alert tells: the article has others there, or belongs to another story"}
	}
	return []string{"the query holds: the article belongs there to an alert that was told before"}
}

func heldBefore(a news.Alert) map[string]bool {
	out := map[string]bool{}
	for _, c := range a.Why {
		out[c.Text] = true
	}
	return out
}

// clausesOf are the clauses of the rule as the side that tells the alert has it.
func clausesOf(s *side, a news.Alert) map[string]bool {
	out := map[string]bool{}
	questions, err := s.questions(a.Rule)
	if err != nil {
		return out
	}
	report, _ := s.report(a)
	for _, q := range questions {
		if answer, err := match.Explain(q, s.names, report, a.Story); err == nil {
			for _, c := range answer.Clauses {
				out[c.Text] = true
			}
		}
	}
	return out
}

// failing says which clauses do not hold. One that did not hold on the other side either is no reason; one that asks the article's words
// cannot be asked where they are not known.
func failing(answer match.Answer, held, asked map[string]bool, way turn, whole bool, events []news.Event) []string {
	var out []string
	for i, c := range answer.Clauses {
		event := eventClause(c.Text)
		known := whole || event
		text := c.Text
		if event && len(events) > 0 {
			text += " (the event is " + code(events[0]) + ")"
		}
		switch {
		case c.Holds, asked[c.Text] && !held[c.Text]:
		case !known && held[c.Text]: // it held of the same words
		case !known:
			out = append(out, fmt.Sprintf("clause %d may not hold, which only the article can tell: %s", i+1, c.Text))
		case asked[c.Text]:
			out = append(out, fmt.Sprintf("clause %d %s: %s", i+1, way.verb, text))
		default:
			out = append(out, fmt.Sprintf(way.own+": %s", i+1, text))
		}
	}
	if len(out) == 0 && len(answer.Clauses) > 1 {
		out = append(out, "no one event satisfies all clauses together")
	}
	return out
}

func eventClause(text string) bool {
	x, err := rule.Parse(text)
	return err == nil && rule.AsksEvent(x)
}

// eventsDiffer says what became of the events that an alert was told for.
func eventsDiffer(was, is []news.Event) []string {
	var out []string
	for _, e := range was {
		if i := slices.IndexFunc(is, func(x news.Event) bool { return x.ID == e.ID && code(x) == code(e) }); i >= 0 {
			continue
		}
		at := fmt.Sprintf("at %q", e.What.Trigger)
		if len(e.Cites) > 0 {
			at += fmt.Sprintf(" (sentence %d)", e.Cites[0].Sentence)
		}
		i := slices.IndexFunc(is, func(x news.Event) bool { return x.What.Span.Len() > 0 && overlap(x.What.Span, e.What.Span) })
		if i < 0 {
			out = append(out, fmt.Sprintf("no event %s: %s", at, code(e)))
			continue
		}
		out = append(out, at+": "+strings.Join(fields(e, is[i]), ", "))
	}
	return out
}

func overlap(a, b news.Span) bool { return a.Start < b.End && b.Start < a.End }

// fields lists how an event is coded otherwise: "whom RUS→UKR, lexicon entry blame → accuse".
func fields(was, is news.Event) []string {
	var out []string
	differ := func(what, x, y string) {
		if x != y {
			out = append(out, fmt.Sprintf("%s %s→%s", what, x, y))
		}
	}
	differ("what", string(was.What.Type), string(is.What.Type))
	differ("mode", string(was.What.Mode), string(is.What.Mode))
	differ("who", parties(was.Who), parties(is.Who))
	differ("whom", parties(was.Whom), parties(is.Whom))
	differ("when", was.When.String(), is.When.String())
	differ("realis", string(was.Realis), string(is.Realis))
	differ("historical", fmt.Sprint(was.Historical), fmt.Sprint(is.Historical))
	if was.What.Lemma != is.What.Lemma {
		return append(out, fmt.Sprintf("lexicon entry %s → %s", was.What.Lemma, is.What.Lemma))
	}
	return append(out, "lexicon entry "+is.What.Lemma)
}

// moved says why an alert that both tell differs.
func moved(c *Change, first, second *side) []string {
	var out []string
	was, is := c.before.first, c.after.first
	switch {
	case was.Article.ID != is.Article.ID && c.Kind == Later: // why does the article that came first not count any more?
		out = append(out, fmt.Sprintf("first told for %q, now for %q", name(was.Article), name(is.Article)))
		out = append(out, absent(c.before, first, second, vanishes)...)
	case was.Article.ID != is.Article.ID: // why did the one that comes first now not count before?
		out = append(out, fmt.Sprintf("first told for %q, now for %q", name(was.Article), name(is.Article)))
		out = append(out, absent(c.after, second, first, appears)...)
	case c.Kind != Changed:
		out = append(out, "the article has another time in the log, or its window filled at another time")
	}
	a, _ := first.count(c.Rule)
	b, _ := second.count(c.Rule)
	if a.Query != b.Query {
		out = append(out, "the rule's query changed: "+b.Query)
	}
	if a.Severity != b.Severity {
		out = append(out, fmt.Sprintf("the rule's severity changed: %s → %s", a.Severity, b.Severity))
	}
	if c.before.last.Article.ID == c.after.last.Article.ID { // words of two articles have no places in common
		out = append(out, eventsDiffer(c.before.last.Events, c.after.last.Events)...)
	}
	return out
}

func name(r news.Reference) string {
	for _, s := range []string{r.Title, r.URL, r.Source} {
		if s != "" {
			return s
		}
	}
	return r.ID.Short()
}

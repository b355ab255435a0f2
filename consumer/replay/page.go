package replay

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// ReportFile is a page for people in a result directory, which needs nothing beside it.
const ReportFile = "report.html"

// What a page shows; the files beside it have all.
const (
	shownAlerts = 10  // the first of each rule
	shownRules  = 300 // with their alerts: those that tell the most
	shownDays   = 10  // the noisiest
	shownFlaws  = 10  // the worst gaps
	listedFlaws = 200 // further ones, and what could not be read
)

//go:embed page.html.tmpl
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"day":    func(t time.Time) string { return dayOr(t, "nothing") },
	"minute": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
}).Parse(pageText))

// pageView is what the page's template is given.
type pageView struct {
	Summary
	Chart    chart
	Noisiest []noisy
	Counts   []ruleView // all rules, the loudest first
	Told     []ruleView // those with alerts to show
	Hidden   int        // rules with alerts that are not shown
	Gaps     []Gap      // the worst first
	Lesser   []Gap
	MoreGaps int
	MoreDead uint64
}

type ruleView struct {
	RuleCount
	Held   string // what was held back: "limit 3, throttle 1"
	Spark  chart
	Alerts []alertView
}

type alertView struct {
	news.Alert
	Headline string
	Codes    string
	Sentence []piece
	Said     string // "sentence 3 of …"
}

// piece is a run of a sentence's words, marked or not.
type piece struct {
	Text   string
	Marked bool
}

type noisy struct {
	Day
	Rules string // the loudest of that day: "rupture 12, attack 3"
}

// WritePage writes the report of a result: one HTML page without anything outside of itself.
func WritePage(w io.Writer, r Result) error {
	v, err := r.view()
	if err != nil {
		return err
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("replay: report: %w", err)
	}
	return nil
}

// WriteReport writes the page into the result's directory.
func WriteReport(r Result) error {
	var b bytes.Buffer
	if err := WritePage(&b, r); err != nil {
		return err
	}
	return replace(filepath.Join(r.Dir, ReportFile), b.Bytes())
}

func (r Result) view() (pageView, error) {
	v := pageView{Summary: r.Summary, Chart: chartOf(r.Summary), Noisiest: noisiest(r.Summary)}
	worst := worstFirst(r.Summary.Gaps)
	v.Gaps = worst[:min(len(worst), shownFlaws)]
	v.Lesser = worst[len(v.Gaps):min(len(worst), listedFlaws)]
	v.MoreGaps = len(worst) - len(v.Gaps) - len(v.Lesser)
	v.Dead = r.Summary.Dead[:min(len(r.Summary.Dead), listedFlaws)]
	v.MoreDead = r.Summary.Entries.Dead - uint64(len(v.Dead))
	first, err := r.firstAlerts()
	if err != nil {
		return v, err
	}
	for _, c := range r.Summary.Rules {
		v.Counts = append(v.Counts, ruleView{c, heldBack(c), sparkOf(c, r.Summary), first[c.Name]})
	}
	slices.SortStableFunc(v.Counts, func(a, b ruleView) int { return cmp.Compare(b.RuleCount.Alerts.New, a.RuleCount.Alerts.New) })
	for _, c := range v.Counts {
		switch {
		case len(c.Alerts) == 0:
		case len(v.Told) < shownRules:
			v.Told = append(v.Told, c)
		default:
			v.Hidden++
		}
	}
	return v, nil
}

// worstFirst are gaps that lost something, then the longest.
func worstFirst(gaps []Gap) []Gap {
	worst := slices.Clone(gaps)
	slices.SortStableFunc(worst, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(b.To.Sub(b.From), a.To.Sub(a.From)))
	})
	return worst
}

// firstAlerts are the first of each rule, each as it was told first.
func (r Result) firstAlerts() (map[string][]alertView, error) {
	out := map[string][]alertView{}
	for a, err := range r.Alerts() {
		if err != nil {
			return nil, err
		}
		if a.Change == news.New && len(out[a.Rule]) < shownAlerts {
			out[a.Rule] = append(out[a.Rule], viewOf(a))
		}
	}
	return out, nil
}

func viewOf(a news.Alert) alertView {
	v := alertView{Alert: a, Headline: cmp.Or(a.Article.Title, a.Article.URL, a.Article.Source, string(a.Article.ID))}
	var codes []string
	for _, e := range a.Events {
		codes = append(codes, codeOf(e))
	}
	v.Codes = strings.Join(codes, " · ")
	if len(a.Events) > 0 && len(a.Events[0].Cites) > 0 {
		cite := a.Events[0].Cites[0]
		v.Sentence = marked(cite, a)
		v.Said = fmt.Sprintf("sentence %d", cite.Sentence)
	}
	return v
}

// codeOf is an event in codes: "SANCTION/withdraw RUS → NATO".
func codeOf(e news.Event) string {
	what := string(e.What.Type)
	if e.What.Mode != "" {
		what += "/" + string(e.What.Mode)
	}
	return what + " " + sideOf(e.Who) + " → " + sideOf(e.Whom)
}

func sideOf(actors []news.Actor) string {
	if len(actors) == 0 {
		return "not told"
	}
	names := make([]string, len(actors))
	for i, a := range actors {
		names[i] = cmp.Or(a.Name, a.Country)
	}
	return strings.Join(names, ", ")
}

// marked is the cited sentence with the trigger and what satisfied the rule's clauses.
func marked(cite news.Citation, a news.Alert) []piece {
	at := make([]bool, len(cite.Quote))
	mark := func(s news.Span) {
		for i := max(s.Start-cite.Span.Start, 0); i < min(s.End-cite.Span.Start, len(at)); i++ {
			at[i] = true
		}
	}
	mark(cite.Trigger)
	for _, c := range a.Why {
		for _, s := range c.Spans {
			mark(s)
		}
	}
	var out []piece
	for begin := 0; begin < len(at); {
		end := begin + 1
		for end < len(at) && at[end] == at[begin] {
			end++
		}
		out = append(out, piece{cite.Quote[begin:end], at[begin]})
		begin = end
	}
	return out
}

func heldBack(c RuleCount) string {
	var out []string
	for _, reason := range slices.Sorted(maps.Keys(c.Suppressed)) {
		if n := c.Suppressed[reason]; n > 0 {
			out = append(out, fmt.Sprintf("%s %d", reason, n))
		}
	}
	return strings.Join(out, ", ")
}

// noisiest are the days with the most new alerts, the noisiest first.
func noisiest(s Summary) []noisy {
	days := slices.Clone(s.Days)
	slices.SortStableFunc(days, func(a, b Day) int { return cmp.Compare(b.Alerts.New, a.Alerts.New) })
	var out []noisy
	for _, d := range days {
		if d.Alerts.New == 0 || len(out) == shownDays {
			break
		}
		out = append(out, noisy{d, loudest(s, d.Day)})
	}
	return out
}

// loudest names the three rules that tell the most on a day.
func loudest(s Summary, day string) string {
	rules := slices.DeleteFunc(slices.Clone(s.Rules), func(r RuleCount) bool { return r.Days[day] == 0 })
	slices.SortStableFunc(rules, func(a, b RuleCount) int { return cmp.Compare(b.Days[day], a.Days[day]) })
	var out []string
	for i, r := range rules {
		if i == 3 {
			out = append(out, fmt.Sprintf("%d more rules", len(rules)-3))
			break
		}
		out = append(out, fmt.Sprintf("%s %d", r.Name, r.Days[day]))
	}
	return strings.Join(out, ", ")
}

func dayOr(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format(time.DateOnly)
}

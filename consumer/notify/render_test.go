package notify_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestRender(t *testing.T) {
	alert := func(change func(*news.Alert)) news.Alert {
		a := seed(t)
		change(&a)
		return a
	}
	paris := time.FixedZone("CEST", 2*3600)
	for _, c := range []struct {
		name  string
		alert news.Alert
		style notify.Style
	}{
		{"seed", seed(t), notify.Style{}},
		{"seed-colour", seed(t), notify.Style{Colour: true, Width: 100}},
		{"seed-narrow", seed(t), notify.Style{Width: 60}},
		{"seed-80", seed(t), notify.Style{Width: 80}},
		{"updated", alert(func(a *news.Alert) {
			a.Revision, a.Change, a.Severity = 2, news.Updated, news.Critical
			a.Summary = "Moscow answers:\nmission closed (2 publishers)"
			a.Story.Articles, a.Story.Publishers = 3, 2
			a.To = []string{"europe-desk", "terminal"}
		}), notify.Style{}},
		{"retracted", alert(func(a *news.Alert) { a.Revision, a.Change = 3, news.Retracted }), notify.Style{}},
		{"alleged-history", alert(func(a *news.Alert) {
			a.Rule, a.Title, a.Severity = "attacks", "Attacks on soil of the alliance", news.Medium
			a.Events = []news.Event{attack(t), expulsion(t)}
		}), notify.Style{}},
		{"full-article", alert(func(a *news.Alert) {
			a.Article = news.Reference{
				ID: "x", URL: "https://example.org/world/russia-nato", Publisher: "example.org", Language: "en",
				Title: "Russia suspends its mission to NATO", Published: news.Interval{
					Start: time.Date(2021, 10, 18, 14, 30, 0, 0, time.UTC), End: time.Date(2021, 10, 18, 14, 30, 1, 0, time.UTC),
					Grain: news.Instant, Resolved: news.Explicit,
				}, Source: "https://example.org/feed.xml",
			}
			a.Events = a.Events[:1]
		}), notify.Style{TZ: paris}},
		{"nothing-told", news.Alert{
			ID: "abcdefghijklmnopqrstuvwxyz", Revision: 1, Change: news.New, Rule: "bare", Severity: news.Info,
			Events: []news.Event{{What: action(plover.Protest, "", "14", "")}},
		}, notify.Style{}},
		{"words-only", alert(func(a *news.Alert) {
			a.Events, a.Why = nil, []news.Clause{{Text: `"mission permanente"`}}
		}), notify.Style{}},
		{"many-events", alert(func(a *news.Alert) {
			for range 3 {
				a.Events = append(a.Events, expulsion(t), attack(t))
			}
		}), notify.Style{}},
		{"spike", alert(func(a *news.Alert) {
			a.Story.CopyOf, a.Story.Firsts[0].Since = "first7qabcdefghijklmnopqrs", time.Date(2021, 9, 1, 0, 0, 0, 0, time.UTC)
			a.Window = &news.Window{
				Kind: "spike", Group: "RUS", Start: time.Date(2021, 10, 18, 14, 0, 0, 0, time.UTC), End: time.Date(2021, 10, 18, 15, 0, 0, 0, time.UTC),
				Count: 9, Distinct: "publisher", Expected: "1.5", Late: 2, Dropped: 1,
			}
		}), notify.Style{}},
		{"absence", news.Alert{
			ID: "abcdefghijklmnopqrstuvwxyz", Revision: 1, Change: news.New, Rule: "silence", Severity: news.Low,
			Window: &news.Window{Kind: "absence", Start: time.Date(2021, 10, 18, 14, 0, 0, 0, time.UTC), End: time.Date(2021, 10, 19, 14, 0, 0, 0, time.UTC)},
		}, notify.Style{TZ: paris}},
		{"held", news.Alert{
			ID: "abcdefghijklmnopqrstuvwxyz", Revision: 2, Change: news.Updated, Rule: "everything", Severity: news.Low, Held: 12,
			Summary: "12 more of this rule between 2021-10-18 14:00 and 2021-10-18 15:00 UTC",
		}, notify.Style{}},
		{"hostile", alert(func(a *news.Alert) {
			a.Title = "\x1b]0;owned\x07\x1b[2Jtitle\u202egnp.exe"
			a.Article.Title = "line\nbreak\x1b[31m red\xff"
			a.Article.URL = "https://example.org/\x1b[8m"
			a.Events[0].Cites[0].Trigger = news.Span{Start: 0, End: 1 << 30}
			a.Events[0].Who = []news.Actor{{Name: "Evil\x1b[1A\rRussia", Country: "RUS"}}
			a.Why = []news.Clause{{Text: strings.Repeat("who:RUS ", 40)}}
		}), notify.Style{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.style.Names = names
			got := notify.Render(c.alert, c.style)
			golden(t, c.name, got)
			safe(t, got, c.style.Colour)
		})
	}
}

// safe fails on what could steer a terminal.
func safe(t *testing.T, s string, colour bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Error("broken UTF-8")
	}
	for _, r := range s {
		if r == '\n' || r == '\x1b' && colour {
			continue
		}
		if unicode.IsControl(r) || r == '\u202e' {
			t.Errorf("%U in %q", r, s)
		}
	}
}

func TestRenderKeepsToTheWidth(t *testing.T) {
	for _, width := range []int{1, 40, 47, 60, 72, 80, 100, 133, 200} {
		for _, line := range strings.Split(notify.Render(seed(t), notify.Style{Width: width, Names: names}), "\n") {
			if n := utf8.RuneCountInString(line); n > max(width, 40) {
				t.Errorf("width %d: %d columns: %s", width, n, line)
			}
		}
	}
}

func TestRenderAlwaysShowsTheTriggerAndWhatFollowsIt(t *testing.T) {
	for _, width := range []int{0, 60, 80, 90, 100, 120, 140, 200} {
		got := notify.Render(seed(t), notify.Style{Width: width})
		if !strings.Contains(got, "[suspendre] sa mission permanente") {
			t.Errorf("width %d:\n%s", width, got)
		}
	}
}

func TestRenderEvent(t *testing.T) {
	ref := seed(t).Article
	var b strings.Builder
	for _, told := range []news.Told{
		{Event: seed(t).Events[0], Article: ref},
		{Event: expulsion(t), Article: ref, Standing: news.History},
		{Event: attack(t), Article: ref},
		{Event: seed(t).Events[0], Article: ref, Standing: news.Copy},
		{Event: news.Event{What: action(plover.Protest, "", "14", "\x1b[2Jmanif")}},
	} {
		line := notify.RenderEvent(told, notify.Style{Names: names, Width: 140})
		safe(t, line, false)
		if strings.Contains(line, "\n") {
			t.Errorf("more than a line: %q", line)
		}
		b.WriteString(line + "\n")
	}
	b.WriteString(notify.RenderLine(seed(t), notify.Style{}) + "\n")
	golden(t, "lines", b.String())
}

func TestDatesAreNeverMorePreciseThanTold(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	span := func(from, to string, g news.Grain) news.Interval {
		return news.Interval{Start: day(from), End: day(to), Grain: g}
	}
	east := time.FixedZone("EAST", 13*3600)
	for _, c := range []struct {
		name string
		in   news.Interval
		want string
	}{
		{"a year", span("2021-01-01", "2022-01-01", news.Year), "2021"},
		{"a quarter", span("2021-07-01", "2021-10-01", news.Quarter), "2021-Q3"},
		{"a decade", span("1990-01-01", "2000-01-01", news.Decade), "1990s"},
		{"a week ends with its last day", span("2021-10-11", "2021-10-18", news.Week), "2021-10-11 to 2021-10-17"},
		{"a day does not move with the zone", span("2021-10-11", "2021-10-12", news.Day), "2021-10-11"},
		{"a stretch of a day", span("2021-10-11", "2021-10-12", news.Stretch), "2021-10-11"},
		{"an instant moves with the zone", news.Interval{Start: day("2021-10-11"), End: day("2021-10-12"), Grain: news.Instant}, "2021-10-11 13:00 EAST"},
		{"nothing", news.Interval{}, "not told"},
	} {
		line := notify.RenderEvent(news.Told{Event: news.Event{When: c.in}}, notify.Style{TZ: east})
		if got, _, _ := strings.Cut(line, "  "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestQuantities(t *testing.T) {
	for _, c := range []struct {
		q    news.Quantity
		want string
	}{
		{news.Quantity{Value: 7, Min: 7, Max: 7}, "7 dead"},
		{news.Quantity{Value: 12, Min: 12}, "at least 12 dead"},
		{news.Quantity{Value: 20, Max: 20}, "at most 20 dead"},
		{news.Quantity{Value: 25, Min: 20, Max: 30}, "20 to 30 dead"},
	} {
		e := attack(t)
		e.Dead = &c.q
		a := seed(t)
		a.Events = []news.Event{e}
		if got := notify.Render(a, notify.Style{}); !strings.Contains(got, " · "+c.want+" · ") {
			t.Errorf("want %q in\n%s", c.want, got)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("title", "quote with a trigger", 3, 8, 80)
	f.Add("\x1b[2J", "a\xffb", -1, 100, 0)
	f.Add("日本語のニュース", "日本語のニュース日本語のニュース", 3, 6, 41)
	f.Fuzz(func(t *testing.T, title, quote string, from, to, width int) {
		a := seed(t)
		a.Title, a.Rule, a.Article.Title, a.Article.URL, a.Summary = title, quote, title, title, quote
		a.Events[0].Cites[0] = news.Citation{Quote: quote, Span: news.Span{End: len(quote)}, Trigger: news.Span{Start: from, End: to}}
		a.Events[0].Who[0].Name = title
		safe(t, notify.Render(a, notify.Style{Width: width}), false)
	})
}

func BenchmarkRender(b *testing.B) {
	a := seed(b)
	b.ReportAllocs()
	for b.Loop() {
		notify.Render(a, notify.Style{Names: names})
	}
}

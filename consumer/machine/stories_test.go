package machine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/sketch"
)

// One story in the words of several publishers, and another that is much like it.
const (
	suspends = "Russia suspends its permanent mission to NATO in Brussels from November. Foreign minister Sergei Lavrov announced the step in Moscow after the alliance had expelled eight Russian diplomats over espionage."
	rewrites = "Moscow shuts its NATO mission. Lavrov told reporters that Russian diplomats accredited to the alliance in Brussels stop work in November, a reply to the expulsion of eight colleagues."
	other    = "Farmers in Normandy poured milk on the road to Caen. They want the dairy group Lactel to pay forty cents a litre, as the minister had promised them in the spring."
)

// by is a report of a publisher with a sketch, so many minutes after the start.
func by(publisher, text string, minutes int, events ...news.Event) news.Report {
	at := start.Add(time.Duration(minutes) * time.Minute)
	a := news.Article{
		URL: "https://" + publisher + "/" + string(news.MakeID(text)[:4]), Publisher: publisher, Language: "en", Title: text[:strings.IndexByte(text, '.')],
		Text: text, Seen: at, Published: news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant},
	}.Identify("")
	r := report(a, news.Live, events...)
	r.Sketch = sketch.Of(a, gazetteer.Default())
	return r
}

func dead(n int64) news.Event {
	e := sanction("withdraw")
	e.Dead = &news.Quantity{Value: n, Min: n, Max: n}
	return e
}

func TestAStoryHasOneAlertWithRevisions(t *testing.T) {
	withdraw, expel := sanction("withdraw"), sanction("expel")
	edited := by("b.example", rewrites, 20)
	for name, c := range map[string]struct {
		rule    func(*rule.Rule)
		entries []news.Entry
		want    []string
	}{
		"a second publisher is a revision, the same one again is not": {
			nil,
			[]news.Entry{by("a.example", suspends, 0, withdraw), by("b.example", rewrites, 10, withdraw), by("b.example", rewrites+" It was raining.", 20, withdraw)},
			[]string{"stepped news new.1(1)", "stepped news updated.2(1)", "stepped copy -copy"},
		},
		"a copy adds no publisher": {
			nil,
			[]news.Entry{by("a.example", suspends, 0, withdraw), by("b.example", suspends, 10, withdraw)},
			[]string{"stepped news new.1(1)", "stepped copy -copy"},
		},
		"a new fact is a revision": {
			nil,
			[]news.Entry{by("a.example", suspends, 0, withdraw), by("a.example", rewrites, 10, withdraw, expel)},
			[]string{"stepped news new.1(1)", "stepped news news updated.2(2)"},
		},
		"more dead are a new fact, fewer are not": {
			nil,
			[]news.Entry{by("a.example", suspends, 0, dead(3)), by("a.example", rewrites, 10, dead(2)), by("a.example", "More. "+rewrites, 20, dead(5))},
			[]string{"stepped news new.1(1)", "stepped news -known", "stepped copy updated.2(1)"},
		},
		"another story is another alert": {
			nil,
			[]news.Entry{by("a.example", suspends, 0, withdraw), by("a.example", other, 10, withdraw)},
			[]string{"stepped news new.1(1)", "stepped news new.1(1)"},
		},
		"an alert that another article holds up is not retracted": {
			nil,
			[]news.Entry{
				by("a.example", suspends, 0, withdraw), by("b.example", rewrites, 10, withdraw),
				news.Correction{Article: by("a.example", suspends, 0).Article.ID, At: start},
				news.Correction{Article: edited.Article.ID, At: start},
			},
			[]string{"stepped news new.1(1)", "stepped news updated.2(1)", "applied", "applied retracted.3(0)"},
		},
		"the events of a copy are not told again": {
			func(r *rule.Rule) { r.When.Each = rule.EachEvent },
			[]news.Entry{by("a.example", suspends, 0, withdraw), by("b.example", suspends, 10, withdraw), by("b.example", rewrites, 10, withdraw)},
			[]string{"stepped news new.1(1)", "stepped copy -copy", "stepped news new.1(1)"},
		},
		"only what is novel": {
			func(r *rule.Rule) { *r = mustRule("what:SANCTION story.novel:true story.copy:false") },
			[]news.Entry{by("a.example", suspends, 0, withdraw), by("b.example", rewrites, 10, withdraw), by("a.example", other, 20, withdraw)},
			[]string{"stepped news new.1(1)", "stepped news", "stepped news new.1(1)"},
		},
		"an update waits for the throttle, and is told when it is over": {
			func(r *rule.Rule) { r.Throttle = time.Hour },
			[]news.Entry{
				by("a.example", suspends, 0, withdraw), by("b.example", rewrites, 10, withdraw, expel),
				news.Tick{At: start.Add(59 * time.Minute)},
				news.Tick{At: start.Add(time.Hour)},
				news.Tick{At: start.Add(2 * time.Hour)},
			},
			[]string{"stepped news new.1(1)", "stepped news news -throttle", "applied", "applied updated.2(2)", "applied"},
		},
		"a retraction does not wait": {
			func(r *rule.Rule) { r.Throttle = time.Hour },
			[]news.Entry{by("a.example", suspends, 0, withdraw), news.Correction{Article: by("a.example", suspends, 0).Article.ID, At: start}},
			[]string{"stepped news new.1(1)", "applied retracted.2(0)"},
		},
		"above the limit one alert stands for the others": {
			func(r *rule.Rule) { r.When.Each, r.Limit = rule.EachArticle, rule.Limit{Count: 1, Per: time.Hour} },
			[]news.Entry{
				by("a.example", "One.", 0, withdraw), by("a.example", "Two.", 1, withdraw), by("a.example", "Three.", 2, withdraw),
				news.Tick{At: start.Add(time.Hour)},
				by("a.example", "Four.", 61, withdraw),
			},
			[]string{"stepped news new.1(1)", "stepped news new.1(0) -limit", "stepped news -limit", "applied updated.2(0)", "stepped news new.1(1)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := &house{t: t}
			told, r := rules(t, c.rule)
			h.step(told, r)
			var got []string
			for _, e := range c.entries {
				got = append(got, say(h.step(e, r)))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func mustRule(query string) rule.Rule {
	r, err := rule.New("rupture", query)
	if err != nil {
		panic(err)
	}
	return r
}

func TestAHigherSeverityBreaksThroughTheThrottle(t *testing.T) {
	h := &house{t: t}
	_, r := rules(t, func(r *rule.Rule) { r.Throttle = 24 * time.Hour })
	h.step(news.Rules{Hash: "1"}, r)
	got := []string{say(h.step(by("a.example", suspends, 0, sanction("withdraw"))))}
	r.Severity = news.Critical
	h.step(news.Rules{Hash: "2"}, r)
	got = append(got, say(h.step(by("b.example", rewrites, 10, sanction("withdraw")))))
	if diff := cmp.Diff([]string{"stepped news new.1(1)", "stepped news updated.2(1)"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheAlertOfAStoryTellsItsStory(t *testing.T) {
	h := &house{t: t}
	told, r := rules(t, nil)
	h.step(told, r)
	first := by("a.example", suspends, 0, sanction("withdraw"))
	a := h.step(first).Outputs[1].Alert
	want := news.Story{
		ID: first.Article.ID, Articles: 1, Publishers: 1, Growth: 1,
		Firsts: []news.First{{Event: first.Events[0].ID, What: "SANCTION", Who: "RUS", Whom: "NATO", Pair: true, Since: start}},
	}
	if diff := cmp.Diff(want, a.Story); diff != "" {
		t.Error(diff)
	}
	h.step(news.Tick{At: start.Add(news.Novelty)})
	second := by("b.example", other, 60*24*91, sanction("withdraw"))
	s := h.step(second).Outputs[1].Alert.Story
	if len(s.Firsts) != 1 || !s.Firsts[0].Since.IsZero() {
		t.Errorf("after more than 90 days it is a first again, for certain: %+v", s.Firsts)
	}
}

func TestWindowsOfRules(t *testing.T) {
	withdraw := sanction("withdraw")
	hit := func(minutes int) news.Entry {
		return by("a.example", fmt.Sprintf("Story %d.", minutes), minutes, withdraw)
	}
	tick := func(minutes int) news.Entry { return news.Tick{At: start.Add(time.Duration(minutes) * time.Minute)} }
	for name, c := range map[string]struct {
		when    rule.When
		entries []news.Entry
		want    []string
	}{
		"count": {
			rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 3},
			[]news.Entry{hit(0), hit(10), hit(20), hit(30), hit(40), hit(50)},
			[]string{"stepped news -counted", "stepped news -counted", "stepped news new.1(1)", "stepped news -counted", "stepped news -counted", "stepped news updated.2(1)"},
		},
		"count of publishers": {
			rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 2, Distinct: rule.ByPublisher},
			[]news.Entry{hit(0), hit(10), by("b.example", other, 15, withdraw)},
			[]string{"stepped news -counted", "stepped news -counted", "stepped news new.1(1)"},
		},
		"a correction takes the count back": {
			rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 2},
			[]news.Entry{hit(0), hit(10), news.Correction{Article: hit(10).(news.Report).Article.ID, At: start}},
			[]string{"stepped news -counted", "stepped news new.1(1)", "applied retracted.2(0)"},
		},
		"first": {
			rule.When{Kind: rule.First, Over: 24 * time.Hour, Of: []rule.Dimension{rule.ByWho, rule.ByWhom}},
			[]news.Entry{hit(0), hit(10), hit(24*60 + 20)},
			[]string{"stepped news new.1(1)", "stepped news -counted", "stepped news new.1(1)"},
		},
		"absence fires by time alone, once, and again after the next hit": {
			rule.When{Kind: rule.Absence, Over: time.Hour, Lateness: 10 * time.Minute},
			[]news.Entry{hit(0), tick(69), tick(70), tick(200), hit(210), tick(280)},
			[]string{"stepped news -counted", "applied", "applied new.1(0)", "applied", "stepped news -counted", "applied new.1(0)"},
		},
		"what is late is said to be": {
			rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 1, Lateness: 10 * time.Minute},
			[]news.Entry{hit(100), hit(80)},
			[]string{"stepped news new.1(1)", "stepped news -late"},
		},
		"a sequence": {
			rule.When{Kind: rule.Sequence, Over: time.Hour, Steps: []rule.Step{{Query: "mode:withdraw"}, {Query: "mode:expel"}}},
			[]news.Entry{by("a.example", "A.", 0, sanction("expel")), hit(10), by("a.example", "B.", 20, sanction("expel"))},
			[]string{"stepped news -counted", "stepped news -counted", "stepped news new.1(1)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := &house{t: t}
			told, r := rules(t, func(r *rule.Rule) {
				completed, err := rule.Rule{Name: r.Name, Query: r.Query, When: c.when}.Complete()
				if err != nil {
					t.Fatal(err)
				}
				*r = completed
			})
			h.step(told, r)
			var got []string
			for _, e := range c.entries {
				got = append(got, say(h.step(e, r)))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Archive reports do not move the windows of a log that has live ones.
func TestAnArchiveDoesNotMoveTheWindowsOfALiveLog(t *testing.T) {
	h := &house{t: t}
	told, r := rules(t, func(r *rule.Rule) {
		*r, _ = rule.Rule{Name: r.Name, Query: r.Query, When: rule.When{Kind: rule.Absence, Over: time.Hour}}.Complete()
	})
	h.step(told, r)
	h.step(by("a.example", suspends, 0, sanction("withdraw")))
	late := by("a.example", other, 60*24, sanction("withdraw"))
	late.Origin = news.Archive
	if got := say(h.step(late)); strings.Contains(got, "new.") {
		t.Errorf("an archive report ends the silence of a live log: %s", got)
	}
	if got := say(h.step(news.Tick{At: start.Add(60 * 24 * time.Hour)})); got != "applied new.1(0)" {
		t.Errorf("a tick: %s", got)
	}
}

func TestACountRuleStartsAnewWhenItMeansSomethingElse(t *testing.T) {
	h := &house{t: t}
	_, r := rules(t, func(r *rule.Rule) {
		*r, _ = rule.Rule{Name: r.Name, Query: r.Query, When: rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 2}}.Complete()
	})
	h.step(news.Rules{Hash: "1"}, r)
	h.step(by("a.example", suspends, 0, sanction("withdraw")))
	r.Severity = news.High
	h.step(news.Rules{Hash: "2"}, r)
	if got := say(h.step(by("a.example", other, 1, sanction("withdraw")))); got != "stepped news new.1(1)" {
		t.Errorf("with another severity it goes on counting: %s", got)
	}
	r.When.AtLeast = 3
	h.step(news.Rules{Hash: "3"}, r)
	if got := say(h.step(by("a.example", "Third.", 2, sanction("withdraw")))); got != "stepped news -counted" {
		t.Errorf("with another number it counts anew: %s", got)
	}
}

// Two stories become one: the alert that was told of the younger one goes on in the story that took it in.
func TestTheAlertOfAStoryThatBecomesPartOfAnotherGoesOn(t *testing.T) {
	h := &house{t: t}
	told, r := rules(t, nil)
	h.step(told, r)
	n := 0
	tell := func(things string, events ...news.Event) (news.Story, []news.Alert) {
		n++
		report := by(fmt.Sprintf("p%d.example", n), fmt.Sprintf("%s %d.", things, n), 10*n, events...)
		report.Sketch = news.Sketch{}
		for _, thing := range strings.Fields(things) {
			for i := range 8 {
				report.Sketch.Terms = append(report.Sketch.Terms, news.Term{Key: fmt.Sprintf("^%s%d", thing, i), Weight: 4})
			}
		}
		result := h.step(report)
		var alerts []news.Alert
		for _, o := range result.Outputs {
			if o.Alert != nil {
				alerts = append(alerts, *o.Alert)
			}
		}
		return result.Story, alerts
	}
	older, _ := tell("fire")
	younger, first := tell("arrest", sanction("withdraw"))
	if len(first) != 1 || older.ID == younger.ID {
		t.Fatalf("%d alerts, stories %s and %s", len(first), older.ID, younger.ID)
	}
	var s news.Story
	for len(s.Former) == 0 && n < 20 {
		s, _ = tell("fire arrest")
	}
	s, again := tell("fire arrest", sanction("expel"))
	if s.ID != older.ID || len(again) != 1 {
		t.Fatalf("%d alerts in story %s; the stories were %s and %s", len(again), s.ID, older.ID, younger.ID)
	}
	if a := again[0]; a.ID != first[0].ID || a.Revision != 2 || a.Change != news.Updated || a.Story.ID != older.ID {
		t.Errorf("after the stories became one: %s revision %d %s; before: %s", a.ID, a.Revision, a.Change, first[0].ID)
	}
}

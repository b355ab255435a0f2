package machine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

var start = time.Date(2021, 10, 1, 0, 0, 0, 0, time.UTC)

// house is a machine with its log, for tests.
type house struct {
	t interface {
		Helper()
		Fatal(...any)
	}
	state machine.State
	seq   uint64
}

func (h *house) step(e news.Entry, rules ...rule.Rule) machine.Result {
	h.t.Helper()
	h.seq++
	in := machine.Input{Seq: h.seq, Entry: e}
	if told, ok := e.(news.Rules); ok {
		set, err := machine.Compile(told.Hash, rules, gazetteer.Default())
		if err != nil {
			h.t.Fatal(err)
		}
		in.Rules = set
	}
	return h.state.Step(in)
}

func rules(t *testing.T, change func(*rule.Rule)) (news.Rules, rule.Rule) {
	t.Helper()
	r, err := rule.New("rupture", "what:SANCTION who:RUS")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&r)
	}
	return news.Rules{Hash: "1", At: start}, r
}

func article(url, text string, at time.Time) news.Article {
	return news.Article{
		URL: url, Publisher: "example.org", Language: "en", Text: text, Seen: at,
		Published: news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant},
	}.Identify("")
}

func report(a news.Article, origin news.Origin, events ...news.Event) news.Report {
	return news.Report{Article: a, Events: news.Identify(a.ID, events), At: a.Published.Start, Origin: origin}
}

func sanction(mode plover.Mode) news.Event {
	return news.Event{
		Who: []news.Actor{{Key: "rus", Country: "RUS", Name: "Russia"}}, Whom: []news.Actor{{Key: "nato", Country: "NATO", Name: "NATO"}},
		What: news.NewAction(plover.Sanction, mode, "161"), Realis: news.Actual, Cites: []news.Citation{{Sentence: 1}},
	}
}

// say is a result in a line a test can name: fate, events by standing, alerts by change and revision, suppressions.
func say(r machine.Result) string {
	words := []string{string(r.Fate)}
	for _, o := range r.Outputs {
		if o.Event != nil {
			words = append(words, string(o.Event.Standing))
			continue
		}
		words = append(words, fmt.Sprintf("%s.%d(%d)", o.Alert.Change, o.Alert.Revision, len(o.Alert.Events)))
	}
	for _, s := range r.Suppressed {
		words = append(words, "-"+string(s.Reason))
	}
	return strings.Join(words, " ")
}

func TestStep(t *testing.T) {
	a := article("https://example.org/1", "one", start)
	edited := article("https://example.org/1", "two", start)
	withdraw, expel := sanction("withdraw"), sanction("expel")
	old := withdraw
	old.Historical = true
	counted := withdraw
	counted.Count = &news.Quantity{Value: 7, Min: 7, Max: 7}
	accuse := withdraw
	accuse.What = news.NewAction(plover.Accuse, "", "111")
	late := article("https://example.org/2", "late", start)
	late.Seen = start.Add(73 * time.Hour)

	for name, c := range map[string]struct {
		rule    func(*rule.Rule)
		entries []news.Entry
		want    []string
	}{
		"a report that meets a rule is told once":        {nil, []news.Entry{report(a, news.Archive, withdraw)}, []string{"stepped news new.1(1)"}},
		"a report that meets none only tells its events": {nil, []news.Entry{report(a, news.Archive, accuse)}, []string{"stepped news"}},
		"a report without events":                        {nil, []news.Entry{report(a, news.Archive)}, []string{"stepped"}},
		"history has its own standing and no alert":      {nil, []news.Entry{report(a, news.Archive, old)}, []string{"stepped history"}},
		"the same revision again is nothing": {
			nil, []news.Entry{report(a, news.Archive, withdraw), report(a, news.Archive, withdraw)}, []string{"stepped news new.1(1)", "duplicate"},
		},
		"an edited article with the same facts is not told again": {
			nil, []news.Entry{report(a, news.Archive, withdraw), report(edited, news.Archive, withdraw)}, []string{"stepped news new.1(1)", "revised news"},
		},
		"new facts are a new revision": {
			nil, []news.Entry{report(a, news.Archive, withdraw), report(edited, news.Archive, counted)}, []string{"stepped news new.1(1)", "revised news updated.2(1)"},
		},
		"facts that vanish retract": {
			nil, []news.Entry{report(a, news.Archive, withdraw), report(edited, news.Archive)}, []string{"stepped news new.1(1)", "revised retracted.2(0)"},
		},
		"a revision that came before is not stepped again": {
			nil,
			[]news.Entry{report(a, news.Archive, withdraw), report(edited, news.Archive), report(a, news.Archive, withdraw)},
			[]string{"stepped news new.1(1)", "revised retracted.2(0)", "duplicate"},
		},
		"a withdrawn article retracts, once": {
			nil,
			[]news.Entry{report(a, news.Archive, withdraw), news.Correction{Article: a.ID, At: start}, news.Correction{Article: a.ID, At: start}},
			[]string{"stepped news new.1(1)", "applied retracted.2(0)", "applied"},
		},
		"a withdrawn article that comes back changed is told again": {
			nil,
			[]news.Entry{report(a, news.Archive, withdraw), news.Correction{Article: a.ID, At: start}, report(edited, news.Archive, withdraw)},
			[]string{"stepped news new.1(1)", "applied retracted.2(0)", "revised news updated.3(1)"},
		},
		"a correction of an unknown article is nothing": {nil, []news.Entry{news.Correction{Article: "x", At: start}}, []string{"idle"}},
		"one alert per story lists all its events": {
			nil, []news.Entry{report(a, news.Archive, withdraw, expel)}, []string{"stepped news news new.1(2)"},
		},
		"one alert per event": {
			func(r *rule.Rule) { r.When.Each = rule.EachEvent },
			[]news.Entry{report(a, news.Archive, withdraw, expel)},
			[]string{"stepped news news new.1(1) new.1(1)"},
		},
		"one alert per article": {
			func(r *rule.Rule) { r.When.Each = rule.EachArticle }, []news.Entry{report(a, news.Archive, withdraw, expel)}, []string{"stepped news news new.1(2)"},
		},
		"a shadow rule is counted, not told": {
			func(r *rule.Rule) { r.State = rule.Shadow }, []news.Entry{report(a, news.Archive, withdraw)}, []string{"stepped news -shadow"},
		},
		"a rule that is off":                {func(r *rule.Rule) { r.State = rule.Off }, []news.Entry{report(a, news.Archive, withdraw)}, []string{"stepped news"}},
		"the first look at a source":        {nil, []news.Entry{report(a, news.Baseline, withdraw)}, []string{"stepped news -old"}},
		"a live article older than allowed": {nil, []news.Entry{report(late, news.Live, withdraw)}, []string{"stepped news -old"}},
		"an old article of an archive":      {nil, []news.Entry{report(late, news.Archive, withdraw)}, []string{"stepped news new.1(1)"}},
		"a tick":                            {nil, []news.Entry{news.Tick{At: start}}, []string{"applied"}},
		"rules in force already":            {nil, []news.Entry{news.Rules{Hash: "1", At: start}}, []string{"idle"}},
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

func TestOnlyWhatIsOldAndNotAmongTheLatestIsForgotten(t *testing.T) {
	told, r := rules(t, nil)
	for name, c := range map[string]struct {
		remember, days int
		want           string
	}{
		"old, and others came since":           {1, 101, "idle"},
		"old, but among the latest":            {2, 101, "applied retracted.2(0)"},
		"others came since, but it is not old": {1, 99, "applied retracted.2(0)"},
	} {
		h := &house{t: t}
		h.state.Remember(c.remember)
		h.step(told, r)
		a := article("https://example.org/1", "one", start)
		h.step(report(a, news.Archive, sanction("withdraw")))
		h.step(report(article("https://example.org/2", "two", start.AddDate(0, 0, c.days)), news.Archive))
		h.step(news.Tick{At: start.AddDate(0, 0, c.days)})
		if got := say(h.step(news.Correction{Article: a.ID, At: start})); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestANewVersionOfTheRulesHoldsFromThereOn(t *testing.T) {
	h := &house{t: t}
	_, r := rules(t, nil)
	first, second := article("https://example.org/1", "one", start), article("https://example.org/2", "two", start)
	got := []string{say(h.step(report(first, news.Archive, sanction("withdraw"))))}
	h.step(news.Rules{Hash: "1"}, r)
	got = append(got, say(h.step(report(second, news.Archive, sanction("withdraw")))))
	h.step(news.Rules{Hash: "2"})
	got = append(got, say(h.step(report(article("https://example.org/3", "three", start), news.Archive, sanction("withdraw")))))
	if diff := cmp.Diff([]string{"stepped news", "stepped news new.1(1)", "stepped news"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheLogsTimeIsItsHighest(t *testing.T) {
	h := &house{t: t}
	h.step(news.Tick{At: start.Add(time.Hour)})
	h.step(report(article("https://example.org/1", "one", start), news.Archive))
	if got := h.state.Now(); !got.Equal(start.Add(time.Hour)) {
		t.Errorf("the log's time is %v", got)
	}
	if h.state.Live() {
		t.Error("an archive makes the log live")
	}
	h.step(report(article("https://example.org/2", "two", start), news.Push))
	if !h.state.Live() {
		t.Error("an article sent to us does not make the log live")
	}
}

func TestASummaryIsTheRulesOwnWords(t *testing.T) {
	h := &house{t: t}
	told, r := rules(t, func(r *rule.Rule) { r.Summary = "{{.Headline}} ({{.Story.Publishers}} publishers)" })
	h.step(told, r)
	a := article("https://example.org/1", "one", start)
	a.Title = "Rupture"
	result := h.step(report(a.Identify(""), news.Archive, sanction("withdraw")))
	if got, want := result.Outputs[1].Alert.Summary, "Rupture (1 publishers)"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
}

// Two machines that step the same entries say the same, byte for byte, and no alert revision is ever told twice.
func TestStepIsDeterministic(t *testing.T) {
	told, r := rules(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) news.Entry {
			url := fmt.Sprintf("https://example.org/%d", rapid.IntRange(0, 3).Draw(t, "article"))
			at := start.AddDate(0, 0, rapid.IntRange(0, 200).Draw(t, "day"))
			a := article(url, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "text"), at)
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				return news.Tick{At: at}
			case 1:
				return news.Correction{Article: a.ID, At: at}
			}
			var events []news.Event
			for range rapid.IntRange(0, 2).Draw(t, "events") {
				events = append(events, sanction(rapid.SampledFrom(plover.Sanction.Modes()).Draw(t, "mode")))
			}
			return report(a, rapid.SampledFrom([]news.Origin{news.Live, news.Archive, news.Push}).Draw(t, "origin"), events...)
		}), 1, 30).Draw(t, "entries")
		var transcripts [2]string
		for i := range transcripts {
			h := &house{t: t}
			h.step(told, r)
			keys := map[string]bool{}
			for _, e := range entries {
				for _, o := range h.step(e, r).Outputs {
					transcripts[i] += transcript(t, o)
					if o.Alert == nil {
						continue
					}
					if keys[o.Alert.Key()] {
						t.Fatalf("%s is told twice", o.Alert.Key())
					}
					keys[o.Alert.Key()] = true
				}
			}
		}
		if transcripts[0] != transcripts[1] {
			t.Fatal(cmp.Diff(transcripts[0], transcripts[1]))
		}
	})
}

func transcript(t *rapid.T, o machine.Output) string {
	m, err := o.Message()
	if err != nil {
		t.Fatal(err)
	}
	return m.Subject + " " + string(m.Data) + "\n"
}

func Example() {
	r, err := rule.New("rupture", "what:SANCTION who:Russia")
	if err != nil {
		panic(err)
	}
	set, err := machine.Compile("hash of the rules", []rule.Rule{r}, gazetteer.Default())
	if err != nil {
		panic(err)
	}
	var state machine.State
	state.Step(machine.Input{Seq: 1, Entry: news.Rules{Hash: "hash of the rules"}, Rules: set})
	a := article("https://example.org/1", "Russia suspends its mission to NATO.", start)
	for _, o := range state.Step(machine.Input{Seq: 2, Entry: report(a, news.Archive, sanction("withdraw"))}).Outputs {
		if o.Alert != nil {
			fmt.Println(o.Alert.Rule, o.Alert.Change, o.Alert.Events[0].What.Type)
		}
	}
	// Output: rupture new SANCTION
}

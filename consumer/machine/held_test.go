package machine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// helds are what a ledger would show of a result.
func helds(r machine.Result) (out []machine.Held) {
	for _, s := range r.Suppressed {
		if s.Held != nil {
			out = append(out, *s.Held)
		}
	}
	return out
}

// alertIDs are those of the alerts that a rule without bounds would have told.
func alertsOf(t *testing.T, change func(*rule.Rule), entries ...news.Entry) []news.ID {
	t.Helper()
	h := &house{t: t}
	told, r := rules(t, change)
	h.step(told, r)
	var out []news.ID
	for _, e := range entries {
		for _, o := range h.step(e).Outputs {
			if o.Alert != nil {
				out = append(out, o.Alert.ID)
			}
		}
	}
	return out
}

func TestWhatIsHeldBackNamesTheAlertThatItIsOrWouldHaveBeen(t *testing.T) {
	withdraw, expel := sanction("withdraw"), sanction("expel")
	one := article("https://example.org/1", "one", start)
	two := article("https://example.org/2", "two", start)
	edited := article("https://example.org/1", "edited", start.Add(time.Minute))
	old := article("https://example.org/3", "old", start)
	old.Seen = start.Add(100 * time.Hour)
	first := report(one, news.Live, withdraw)
	each := func(r *rule.Rule) { r.When.Each = rule.EachArticle }
	for name, c := range map[string]struct {
		rule    func(*rule.Rule)
		free    func(*rule.Rule) // the same rule without what holds back
		entries []news.Entry
		reason  machine.Reason
	}{
		"shadow":                 {func(r *rule.Rule) { r.State = rule.Shadow }, nil, []news.Entry{first}, machine.Shadowed},
		"shadow, each event":     {func(r *rule.Rule) { r.State, r.When.Each = rule.Shadow, rule.EachEvent }, func(r *rule.Rule) { r.When.Each = rule.EachEvent }, []news.Entry{first}, machine.Shadowed},
		"too old":                {nil, func(r *rule.Rule) { r.MaxAge = 1000 * time.Hour }, []news.Entry{report(old, news.Live, withdraw)}, machine.Old},
		"an update in throttle":  {func(r *rule.Rule) { r.Throttle = time.Hour }, nil, []news.Entry{first, report(edited, news.Live, withdraw, expel)}, machine.Throttled},
		"more than the limit is": {func(r *rule.Rule) { each(r); r.Limit = rule.Limit{Count: 1, Per: time.Hour} }, each, []news.Entry{first, report(two, news.Live, withdraw)}, machine.Limited},
	} {
		t.Run(name, func(t *testing.T) {
			h := &house{t: t}
			told, r := rules(t, c.rule)
			h.step(told, r)
			var last machine.Result
			for _, e := range c.entries {
				last = h.step(e)
			}
			if len(last.Suppressed) != 1 || last.Suppressed[0].Reason != c.reason {
				t.Fatalf("suppressed: %+v", last.Suppressed)
			}
			free := alertsOf(t, c.free, c.entries...)
			report := c.entries[len(c.entries)-1].(news.Report)
			want := []machine.Held{{Alert: free[len(free)-1], Severity: r.Severity, At: report.At, Article: report.Article.ID}}
			if diff := cmp.Diff(want, helds(last)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A rule that holds everything back fills a ledger with so many rows an hour, and the same ones after a restart.
func TestALedgerShowsOnlySoMuchOfAnHour(t *testing.T) {
	h := &house{t: t}
	told, _ := rules(t, nil)
	var all []rule.Rule
	for n := range 20 {
		_, r := rules(t, func(r *rule.Rule) { r.Name, r.State = fmt.Sprintf("r%d", n), rule.Shadow })
		all = append(all, r)
	}
	h.step(told, all[:1]...)
	shown := func(from, to int, at time.Time) (n int) {
		for i := from; i < to; i++ {
			n += len(helds(h.step(report(article(fmt.Sprintf("https://example.org/%d", i), "text", at), news.Archive, sanction("withdraw")))))
		}
		return n
	}
	if n := shown(0, 25, start); n != 10 {
		t.Errorf("%d of one rule are shown", n)
	}
	kept, err := h.state.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := machine.Restore(kept, func(string) (*machine.Ruleset, error) { return h.state.Rules(), nil })
	if err != nil {
		t.Fatal(err)
	}
	h.state = *restored
	if n := shown(25, 30, start.Add(59*time.Minute)); n != 0 {
		t.Errorf("%d more are shown after a restart", n)
	}
	told.Hash = "2"
	h.step(told, all...)
	if n := shown(30, 60, start.Add(61*time.Minute)); n != 100 {
		t.Errorf("%d of all rules are shown in the next hour", n)
	}
}

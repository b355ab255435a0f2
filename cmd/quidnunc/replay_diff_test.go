package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/consumer/replay/diff"
)

const (
	asBefore = `rules:
- {name: rupture, query: 'what:SANCTION who:Russia whom:NATO'}
- {name: expelled, query: 'what:SANCTION mode:expel'}
`
	asAfter = `rules:
- {name: rupture, query: 'what:SANCTION who:Russia whom:Ukraine'}
- {name: expelled, query: 'what:SANCTION mode:expel', severity: high}
- {name: attack, query: 'what:ASSAULT who:Russia whom:Ukraine'}
`
)

func TestReplayDiff(t *testing.T) {
	dir := t.TempDir()
	before, after, out := write(t, dir, "before.yaml", asBefore), write(t, dir, "after.yaml", asAfter), filepath.Join(dir, "out")
	articles := filepath.Join("sample", "articles")
	r := quidnunc(t, "replay", "diff", before, after, articles, "--out", out)
	if r.code != exitOK {
		t.Fatalf("exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	for _, want := range []string{
		"why: clause 3 of the rule as it is now does not hold: whom:Ukraine (the event is SANCTION/withdraw RUS→NATO",
		"why: the rule is not in force there", "is another: severity medium → high",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if page, err := os.ReadFile(filepath.Join(out, "after", "report.html")); err != nil || !strings.Contains(string(page), "<mark>") {
		t.Errorf("no sentence is highlighted in report.html, %v", err)
	}
	// The results that were kept say the same, and how.
	again := quidnunc(t, "replay", "diff", filepath.Join(out, "before"), filepath.Join(out, "after"), "--json")
	var d diff.Difference
	if err := json.Unmarshal([]byte(again.out), &d); again.code != exitOK || err != nil {
		t.Fatalf("exit code %d, %v\n%s\n%s", again.code, err, again.out, again.err)
	}
	if d.Kinds[diff.Added] == 0 || d.Kinds[diff.Removed] != 1 || d.Alerts.After-d.Alerts.Before != d.Kinds[diff.Added]-d.Kinds[diff.Removed] {
		t.Errorf("%+v", d.Kinds)
	}
	_, most := d.Worst()
	for limit, code := range map[string]int{"0/day": exitFailure, "1000/day": exitOK, "5": exitUsage} {
		if r := quidnunc(t, "replay", "diff", filepath.Join(out, "before"), filepath.Join(out, "after"), "--fail-over", limit); r.code != code {
			t.Errorf("--fail-over %s: exit code %d, want %d (%d more on the worst day)\n%s", limit, r.code, code, most, r.err)
		}
	}
	if r := quidnunc(t, "replay", "diff", before, filepath.Join(out, "after"), articles); r.code != exitUsage {
		t.Errorf("a rule file and a result: exit code %d\n%s", r.code, r.err)
	}
}

package rulebook_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
)

// Every example of the reference's section on when is understood.
func TestTheReferenceOfWhenIsTrue(t *testing.T) {
	data, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(data), "\n## When\n")
	section, _, _ = strings.Cut(section, "\n## ")
	tried := 0
	for _, m := range regexp.MustCompile("`({.*?}|(?:throttle|limit|max_age): .*?)`").FindAllStringSubmatch(section, -1) {
		line := m[1]
		if line[0] == '{' {
			line = "when: " + line
		}
		if _, err := rulebook.Parse("rules.md", fmt.Appendf(nil, "rules:\n- name: a\n  query: 'what:ASSAULT'\n  %s\n", line)); err != nil {
			t.Error(err)
		}
		tried++
	}
	if tried < 10 {
		t.Errorf("only %d examples were found", tried)
	}
	for _, d := range rule.Dimensions() {
		if !strings.Contains(section, "`"+string(d)+"`") {
			t.Errorf("the reference does not name %s", d)
		}
	}
}

// What a file says of when, and that it comes back from the log as it was.
func TestWhenIsReadAndComesBack(t *testing.T) {
	for text, want := range map[string]rule.When{
		"{each: event}": {Each: rule.EachEvent},
		"{count: {over: 1h, at_least: 5, distinct: publisher}, group_by: [who, where]}": {
			Kind: rule.Count, Over: time.Hour, AtLeast: 5, Distinct: rule.ByPublisher, GroupBy: []rule.Dimension{rule.ByWho, rule.ByWhere}, Lateness: time.Hour,
		},
		"{spike: {over: 1h, baseline: 7d, ratio: 2.5, at_least: 4}, lateness: 10m}": {
			Kind: rule.Spike, Over: time.Hour, Baseline: 7 * 24 * time.Hour, Ratio: 2.5, AtLeast: 4, Distinct: rule.ByArticle, Lateness: 10 * time.Minute,
		},
		"{first: {of: [who, what, whom], in: 90d}}": {
			Kind: rule.First, Over: 90 * 24 * time.Hour, Of: []rule.Dimension{rule.ByWho, rule.ByWhat, rule.ByWhom}, Lateness: time.Hour,
		},
		"{absence: {for: 24h}}": {Kind: rule.Absence, Over: 24 * time.Hour, Lateness: time.Hour},
		"{sequence: {within: 72h, steps: ['what:THREATEN OR what:ACCUSE', 'what:ASSAULT'], by: who}}": {
			Kind: rule.Sequence, Over: 72 * time.Hour, Steps: []rule.Step{{Query: "what:THREATEN OR what:ACCUSE"}, {Query: "what:ASSAULT"}},
			GroupBy: []rule.Dimension{rule.ByWho}, Lateness: time.Hour,
		},
	} {
		book, err := rulebook.Parse("rules.yaml", fmt.Appendf(nil, "rules:\n- name: a\n  query: 'who:RUS'\n  when: %s\n  throttle: 6h\n  limit: 5/10m\n", text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		ignore := cmpopts.IgnoreFields(rule.Step{}, "Expr")
		if diff := cmp.Diff(want, book.Rules[0].When, ignore); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
		body, _ := rulebook.Encode(book.Rules)
		again, err := rulebook.Decode(body)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(book.Rules, again, cmp.Comparer(rule.Equal)); diff != "" {
			t.Errorf("%s comes back different:\n%s", text, diff)
		}
	}
}

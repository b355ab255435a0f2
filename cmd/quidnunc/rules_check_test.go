package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// remarksOf checks a rule file and gives "line lint" of each remark.
func remarksOf(t *testing.T, body string, args ...string) (code int, out []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := rulesCommand(t, append([]string{"check", "--json", file}, args...)...)
	var remarks []remark
	if err := json.Unmarshal([]byte(stdout), &remarks); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	for _, r := range remarks {
		if r.File != file || r.Text == "" || r.Column == 0 {
			t.Errorf("%+v", r)
		}
		out = append(out, fmt.Sprintf("%d %s %s", r.Line, r.Severity, r.Lint))
	}
	return code, out
}

func TestRulesCheckNamesWhatIsWrongAndWhere(t *testing.T) {
	const owned = "  owner: desk\n"
	for name, c := range map[string]struct {
		body string
		code int
		want []string
	}{
		"an unknown field":      {"rules:\n- name: a\n  query: 'wat:SANCTION'\n", exitUsage, []string{"3 error unknown-field"}},
		"an unknown code":       {"rules:\n- name: a\n  query: 'what:SANCTON'\n", exitUsage, []string{"3 error unknown-code"}},
		"an unknown actor":      {"rules:\n- name: a\n  query: 'who:Rusia'\n", exitUsage, []string{"3 error unknown-code"}},
		"a query that is none":  {"rules:\n- name: a\n  query: '(war'\n", exitUsage, []string{"3 error syntax"}},
		"an unknown receiver":   {"rules:\n- name: a\n  query: war\n  to: desk\n", exitUsage, []string{"4 error unknown-receiver"}},
		"a template that fails": {"rules:\n- name: a\n  query: war\n  summary: '{{.Headlin}}'\n", exitUsage, []string{"4 error template"}},
		"an unknown rule of a test": {
			"rules:\n- name: a\n  query: war\ntests:\n- name: t\n  rule: b\n  articles: [{at: 2021-10-18, text: war}]\n  expect: []\n", exitUsage, []string{"6 error unknown-rule"},
		},
		"no YAML":         {"rules: [\n", exitUsage, []string{"2 error not-yaml"}},
		"an unknown key":  {"rules:\n- name: a\n  query: war\n  ownr: desk\n", exitUsage, []string{"4 error invalid"}},
		"a contradiction": {"rules:\n- name: a\n" + owned + "  query: >-\n    what:AID\n    mode:expel\n", exitOK, []string{"4 warning never-matches", "2 warning no-test"}},
		"a short throttle": {
			"rules:\n- name: a\n" + owned + "  query: war\n  when: {count: {over: 1h, at_least: 3}}\n  throttle: 5m\n", exitOK,
			[]string{"6 warning throttle-shorter", "2 warning no-test"},
		},
		"nothing rare": {"rules:\n- name: a\n" + owned + "  query: 'score:<0'\n", exitOK, []string{"4 warning unselective", "2 warning no-test"}},
		"no owner": {
			"rules:\n- name: a\n  query: war\ntests:\n- name: t\n  rule: a\n  articles: [{at: 2021-10-18, text: war}]\n  expect: [{}]\n", exitOK, []string{"2 warning no-owner"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, got := remarksOf(t, c.body)
			if diff := cmp.Diff(c.want, got); diff != "" || code != c.code {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, diff)
			}
		})
	}
	if code, _ := remarksOf(t, "rules: [{name: a, query: war}]", "--strict"); code != exitFailure {
		t.Errorf("--strict: exit code %d", code)
	}
}

// The rules we show are not odd.
func TestTheRulesWeShowAreNotOdd(t *testing.T) {
	for _, file := range []string{"../../deploy/rules.yaml", "sample/rules.yaml"} {
		_, out, _ := rulesCommand(t, "check", "--json", file)
		var remarks []remark
		if err := json.Unmarshal([]byte(out), &remarks); err != nil {
			t.Fatal(err)
		}
		for _, r := range remarks {
			t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Lint, r.Text)
		}
	}
}

func TestRulesCheckSpeaksToPeople(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte("rules: [{name: a, query: 'who:Russie mission'}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := rulesCommand(t, "check", file)
	for _, want := range []string{"who:Russie = RUS Russia", file + ":1:9: a: no-owner: ", "1 rules, all can be used, 2 things are odd"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit code %d, %q is not in\n%s", code, want, out)
		}
	}
}

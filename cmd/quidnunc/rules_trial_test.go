package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/cmd/quidnunc/sample"
)

// rulesCommand runs 'quidnunc rules …' and gives its exit code and outputs.
func rulesCommand(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(t.Context(), append([]string{"rules"}, args...), streams{strings.NewReader(""), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

// The rules that we show are tried: each of them has a test, and each test passes.
func TestTheRulesWeShowPassTheirTests(t *testing.T) {
	sampled := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(sampled, sample.Rules(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{sampled, "../../deploy/rules.yaml"} {
		code, out, errs := rulesCommand(t, "test", "--format", "json", file)
		var lines []trialLine
		if err := json.Unmarshal([]byte(out), &lines); err != nil {
			t.Fatalf("%s: %v: %s", file, err, errs)
		}
		tested := map[string]bool{}
		for _, l := range lines {
			tested[l.Rule] = true
			if !l.OK {
				t.Errorf("%s: %v", l.Test, l.Failures)
			}
		}
		book := readFile(t, file)
		if n := strings.Count(book, "\n  query: "); code != exitOK || len(tested) != n {
			t.Errorf("%s: exit code %d, %d of %d rules have tests", file, code, len(tested), n)
		}
	}
}

const tried = `rules:
- name: quake
  query: séisme
  when: {each: article}
tests:
- name: from a file, and written out
  rule: quake
  articles:
  - {file: a.txt}
  - {at: '2023-02-08 10:00', text: 'Un autre séisme a été ressenti.'}
  expect:
  - {cites: séisme}
  - {cites: autre}
- name: nothing of the sort
  rule: quake
  articles: [{at: 2023-02-08, text: 'Il fait beau sur tout le pays.'}]
  expect: []
`

func TestRulesTestSaysWhatFailedAndWhere(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.yaml")
	for path, body := range map[string]string{rules: tried, filepath.Join(dir, "a.txt"): " date 2023-02-07 Un violent séisme a frappé la Turquie."} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := rulesCommand(t, "test", rules)
	if code != exitFailure || !strings.Contains(errs, "1 of 2 tests failed") {
		t.Errorf("exit code %d, %s", code, errs)
	}
	for _, want := range []string{"FAIL  quake  from a file, and written out\n", rules + ":13: alert 2: cites: want «autre», got «séisme»", "ok    quake  nothing of the sort\n", "2 tests, 1 failed"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}

	_, out, _ = rulesCommand(t, "test", "--format", "junit", rules)
	var suite junitSuite
	if err := xml.Unmarshal([]byte(out), &suite); err != nil {
		t.Fatal(err)
	}
	if suite.Tests != 2 || suite.Failures != 1 || suite.Cases[0].Failure == nil || !strings.Contains(suite.Cases[0].Failure.Text, ":13: ") || suite.Cases[1].Failure != nil {
		t.Errorf("%+v", suite)
	}

	if code, out, errs = rulesCommand(t, "test", "--run", "nothing", rules); code != exitOK || !strings.Contains(out, "1 tests, 0 failed") {
		t.Errorf("only one test: exit code %d\n%s%s", code, out, errs)
	}
	for name, args := range map[string][]string{
		"no test is chosen": {"--run", "xyz", rules}, "an unknown format": {"--format", "xml", rules}, "no regular expression": {"--run", "(", rules},
		"no such file": {filepath.Join(dir, "none.yaml")},
	} {
		if code, _, errs := rulesCommand(t, append([]string{"test"}, args...)...); code != exitUsage || errs == "" {
			t.Errorf("%s: exit code %d, %q", name, code, errs)
		}
	}
}

package rulebook_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/consumer/trial"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

var update = flag.Bool("update", false, "write the golden files anew")

func Example() {
	book, err := rulebook.Parse("rules.yaml", []byte(`
rules:
- name: russia-nato-rupture
  query: 'what:SANCTION who:Russie whom:OTAN'
  severity: high
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range book.Rules {
		fmt.Println(r.Name, r.Severity, r.Expr)
	}
	_, err = rulebook.Parse("rules.yaml", []byte("rules:\n- name: typo\n  query: 'what:SANCTON'\n  severty: high\n"))
	fmt.Println(err)
	// Output:
	// russia-nato-rupture high what:SANCTION AND who:Russie AND whom:OTAN
	// rules.yaml:4:3: unknown key "rules[0].severty": did you mean "severity"?
	// rules.yaml:3:16: rules[0].query: what has no value "SANCTON": did you mean SANCTION?
	//       query: 'what:SANCTON'
	//                    ^
}

func TestEveryErrorNamesItsPlace(t *testing.T) {
	_, err := rulebook.Load("testdata/bad.yaml")
	if err == nil {
		t.Fatal("accepted")
	}
	_, more := rulebook.Parse("testdata/bad.yaml", afterErrors(t))
	if more == nil {
		t.Fatal("accepted")
	}
	golden(t, "testdata/bad.txt", err.Error()+"\n--- without its first eleven rules\n"+more.Error()+"\n")
}

// afterErrors is the bad file without its first rules, whose errors alone fill what is told at once.
func afterErrors(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(data), "- name: bad-summary\n")
	if !ok {
		t.Fatal("no rule named bad-summary")
	}
	return []byte("rules:\n- name: bad-summary\n" + rest)
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}

func TestErrorsOfWholeFiles(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"not YAML":              {"rules: [a\n", "r.yaml:2:1: not YAML: did not find expected ',' or ']'"},
		"two documents":         {"rules: []\n---\nrules: []\n", "r.yaml: not YAML"},
		"bad UTF-8":             {"rules: \xff\n", "not YAML"},
		"a list":                {"- a\n", "want keys and values"},
		"a rule that is a text": {"rules:\n- war\n", "r.yaml:2:3: rules[0]: want keys and values"},
		"rules that are a text": {"rules: war\n", "r.yaml:1:8: rules: want a list"},
		"${env:…} has a meaning in receivers alone": {"rules:\n- {name: a, query: '${env:X}'}\n", "r.yaml:2:21"},
		"an unknown placeholder":                    {"receivers:\n- {name: a, webhook: {url: '${vault:X}'}}\n", "want ${env:NAME} or ${file:PATH}"},
		"an anchored query":                         {"rules:\n- {name: a, query: &q 'what:NO'}\n- {name: b, query: *q}\n", "r.yaml:2:20: rules[0].query"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rulebook.Parse("r.yaml", []byte(c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			var place *rulebook.Error
			if err != nil && !errors.As(err, &place) {
				t.Errorf("%v is no *Error", err)
			}
		})
	}
}

func TestAnEmptyFileIsAnEmptyBook(t *testing.T) {
	for _, in := range []string{"", "# nothing yet\n", "---\n", "rules:\n", "rules: []\nreceivers: ~\n"} {
		book, err := rulebook.Parse("r.yaml", []byte(in))
		if err != nil || len(book.Rules) != 0 {
			t.Errorf("%q: %v, %v", in, book, err)
		}
	}
}

// The § is no word: it is the error whose place must be found, however YAML writes the query.
func TestQueryErrorsAreFoundInEveryStyleOfYAML(t *testing.T) {
	for name, query := range map[string]string{
		"plain":                        "query: war § peace",
		"plain over lines":             "query: guerre\n    et paix\n    § peace",
		"single quotes":                "query: 'l''été § war'",
		"single quotes over lines":     "query: 'l''été\n\n    war § x'",
		"double quotes":                `query: "\"l'\u00e9t\xe9\" AND\n §"`,
		"double quotes with \\u space": `query: "a\tb \\\\ §"`,
		"a literal block":              "query: |\n    été\n    war § x\n",
		"a literal block, indented":    "query: |-\n      été OR\n        war §\n",
		"a folded block":               "query: >-\n    été\n\n    war\n    § x",
		"flow":                         "'query' :   'é §'",
	} {
		t.Run(name, func(t *testing.T) {
			file := "rules:\n- name: a\n  " + query + "\n"
			_, err := rulebook.Parse("r.yaml", []byte(file))
			var at *rulebook.Error
			if !errors.As(err, &at) {
				t.Fatalf("%v is no *Error", err)
			}
			before, _, _ := strings.Cut(file, "§")
			if name == "double quotes with \\u space" {
				before, _, _ = strings.Cut(file, `\\\\`)
			}
			line := 1 + strings.Count(before, "\n")
			column := 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
			if at.Line != line || at.Column != column {
				t.Errorf("found at %d:%d, want %d:%d\n%v", at.Line, at.Column, line, column, err)
			}
		})
	}
}

func TestLoadReadsEverything(t *testing.T) {
	t.Setenv("QUIDNUNC_TEST_HOST", "desk.example.org")
	got, err := rulebook.Load("testdata/goo*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := rulebook.Book{
		Rules: []rule.Rule{
			{
				Name: "russia-nato-rupture", Title: "Russia and NATO break relations", Owner: "europe-desk",
				Query: "what:(SANCTION OR THREATEN) who:Russie whom:OTAN", When: rule.When{Each: rule.EachEvent}, Severity: news.High,
				MaxAge: 48 * time.Hour, Limit: rule.DefaultLimit, State: rule.Shadow, To: []string{"europe-desk"}, Summary: "{{.Headline}} ({{.Story.Publishers}} publishers)",
			},
			{
				Name: "war", Title: "war", Owner: rule.DefaultOwner, Query: "war OR\nguerre\n", When: rule.When{Each: rule.EachStory},
				Severity: news.Medium, MaxAge: rule.DefaultMaxAge, Limit: rule.DefaultLimit, State: rule.Off, To: []string{"terminal"},
			},
		},
		Receivers: []rulebook.Receiver{
			{Name: "europe-desk", Webhook: &rulebook.Webhook{URL: "https://desk.example.org/hook", Secrets: []string{"whsec_c2VjcmV0"}}},
			{Name: "screen", Terminal: &struct{}{}},
		},
		Tests: []trial.Case{{
			Name: "the withdrawal of the mission fires once", Rule: "russia-nato-rupture", Where: "testdata/good.yaml:24",
			Articles: []trial.Article{{Where: "testdata/good.yaml:26", At: time.Date(2021, 10, 18, 0, 0, 0, 0, time.UTC), File: "testdata/seed.txt"}},
			Expect:   []trial.Alert{{Where: "testdata/good.yaml:27", Severity: news.High, Who: "RUS", Whom: "NATO", Cites: "suspendre sa mission permanente"}},
		}},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(rule.Rule{}, "Expr"), cmpopts.IgnoreFields(rulebook.Book{}, "Places")); d != "" {
		t.Error(d)
	}
}

func TestNamesAreUniqueAcrossFiles(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"a.yaml", "b.yaml"} {
		write(t, filepath.Join(dir, f), "rules:\n- name: war\n  query: war\n")
	}
	_, err := rulebook.Load(filepath.Join(dir, "*.yaml"))
	want := fmt.Sprintf("%s/b.yaml:2:9: rule \"war\" is already at %s/a.yaml:2:9", dir, dir)
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestAMissingFileIsAnError(t *testing.T) {
	if _, err := rulebook.Load("testdata/none.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestErrorsNeverTellSecrets(t *testing.T) {
	t.Setenv("QUIDNUNC_TEST_TOKEN", "hunter2")
	_, err := rulebook.Parse("r.yaml", []byte("receivers:\n- name: a\n  webhook: {url: 'http://x/${env:QUIDNUNC_TEST_TOKEN}', secret: '${env:QUIDNUNC_TEST_UNSET}'}\n  carrier_pigeon: {}\n"))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

// write puts a file in place at once, as a good editor does.
func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path+"~", []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range []string{"testdata/bad.yaml", "testdata/good.yaml"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("rules:\n- {name: a, query: &x \"\\x41 \\u2028'§\", to: *x}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		book, err := rulebook.Parse("r.yaml", data)
		if err != nil {
			return
		}
		body, hash := rulebook.Encode(book.Rules)
		again, err := rulebook.Decode(body)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if _, same := rulebook.Encode(again); same != hash {
			t.Fatalf("hash %s, then %s", hash, same)
		}
	})
}

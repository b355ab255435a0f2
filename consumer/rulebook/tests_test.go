package rulebook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
)

func TestWhatIsWrongInATestIsToldWithItsPlace(t *testing.T) {
	const before = "rules: [{name: war, query: war}]\ntests:\n- name: a\n  rule: war\n"
	for name, c := range map[string]struct{ in, want string }{
		"no articles":                {"  expect: []\n", "r.yaml:3:3: tests[0]: a test needs articles"},
		"nothing expected":           {"  articles: [{at: 2021-10-18, text: war}]\n", "r.yaml:3:3: tests[0]: a test needs to expect something"},
		"no time":                    {"  articles: [{text: war}]\n  expect: []\n", "r.yaml:5:14: tests[0].articles[0]: an article needs the time it comes at: at"},
		"no words":                   {"  articles: [{at: 2021-10-18}]\n  expect: []\n", "an article needs a text, a title or a file"},
		"in a file and written out":  {"  articles: [{at: 2021-10-18, file: x, text: war}]\n  expect: []\n", "in a file or written out, not both"},
		"a time that is none":        {"  articles: [{at: yesterday, text: war}]\n  expect: []\n", `r.yaml:5:19: tests[0].articles[0].at: "yesterday" is no time`},
		"a date that is none":        {"  articles: [{at: 2021-10-18, published: x, text: war}]\n  expect: []\n", `"x" is no date`},
		"an unknown key":             {"  articles: [{at: 2021-10-18, txt: war}]\n  expect: []\n", `unknown key "tests[0].articles[0].txt": did you mean "text"?`},
		"an unknown severity":        {"  articles: [{at: 2021-10-18, text: war}]\n  expect: [{severity: hihg}]\n", `"hihg": did you mean "high"?`},
		"an unknown actor":           {"  articles: [{at: 2021-10-18, text: war}]\n  expect: [{who: Rusia}]\n", `no actor is called "Rusia"`},
		"an unknown receiver":        {"  articles: [{at: 2021-10-18, text: war}]\n  expect: [{to: desk}]\n", `no receiver is named "desk"`},
		"an unknown reason":          {"  articles: [{at: 2021-10-18, text: war}]\n  suppressed: [copied]\n", `"copied"`},
		"an unknown key of an alert": {"  articles: [{at: 2021-10-18, text: war}]\n  expect: [{wohm: RUS}]\n", `did you mean "whom"?`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rulebook.Parse("r.yaml", []byte(before+c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// The schema names the keys of tests, and those alone, and every reason.
func TestTheSchemaKnowsTests(t *testing.T) {
	type object struct{ Properties map[string]json.RawMessage }
	var schema struct {
		Defs struct {
			Test struct {
				Properties struct {
					Articles, Expect struct{ Items object }
				}
			}
			Reason struct{ Enum []machine.Reason }
		} `json:"$defs"`
	}
	var whole struct {
		Defs struct{ Test object } `json:"$defs"`
	}
	data, err := os.ReadFile("../../docs/rules.schema.json")
	if err == nil {
		err = errors.Join(json.Unmarshal(data, &schema), json.Unmarshal(data, &whole))
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(machine.Reasons(), schema.Defs.Reason.Enum); diff != "" {
		t.Error(diff)
	}
	for form, o := range map[string]object{
		"tests: [{%s: 0}]": whole.Defs.Test, "tests: [{articles: [{%s: 0}]}]": schema.Defs.Test.Properties.Articles.Items,
		"tests: [{expect: [{%s: 0}]}]": schema.Defs.Test.Properties.Expect.Items,
	} {
		if len(o.Properties) < 6 {
			t.Errorf("%s: %d keys", form, len(o.Properties))
		}
		for key := range o.Properties {
			if _, err := rulebook.Parse("r.yaml", fmt.Appendf(nil, form, key)); err == nil || strings.Contains(err.Error(), "unknown key") {
				t.Errorf("%s of the schema: %v", key, err)
			}
			if _, err := rulebook.Parse("r.yaml", fmt.Appendf(nil, form, key+"x")); err == nil || !strings.Contains(err.Error(), "unknown key") {
				t.Errorf("%sx: %v", key, err)
			}
		}
	}
}

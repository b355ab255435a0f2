package rule_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

var anywhere = cmpopts.IgnoreTypes(rule.Pos(0))

func TestParsePrintsTheSameMeaning(t *testing.T) {
	for query, want := range map[string]string{
		"russia nato":                           "russia AND nato",
		"a b OR c":                              "a AND b OR c",
		"(a OR b) c":                            "(a OR b) AND c",
		"a AND (b AND c)":                       "a AND b AND c",
		"a OR (b OR c)":                         "a OR b OR c",
		"a -b":                                  "a AND NOT b",
		"NOT a b":                               "NOT a AND b",
		"-(a b)":                                "NOT (a AND b)",
		"- - a":                                 "NOT NOT a",
		`"mission permanente"`:                  `"mission permanente"`,
		`"he said \"no\" \\"`:                   `"he said \"no\" \\"`,
		"a NEAR/5 b":                            "a NEAR/5 b",
		"(a OR b) ONEAR/0 suspen* c":            "(a OR b) ONEAR/0 suspen* AND c",
		"=OTAN":                                 "=OTAN",
		`="Nord Stream"`:                        `="Nord Stream"`,
		`="OTAN"`:                               "=OTAN",
		"Jean-Yves l’OTAN aujourd'hui":          "Jean-Yves AND l’OTAN AND aujourd'hui",
		"and or not near/5":                     "and AND or AND not AND near/5",
		"what:(SANCTION OR THREATEN) who:RUS":   "what:(SANCTION OR THREATEN) AND who:RUS",
		"what:(SANCTION)":                       "what:SANCTION",
		"who: RUS":                              "who:RUS",
		"who:AND":                               "who:AND",
		`who:"Sergei Lavrov"`:                   `who:"Sergei Lavrov"`,
		"who:@nato":                             "who:@nato",
		"actor:(@eu OR GBR)":                    "actor:(@eu OR GBR)",
		"score:-5":                              "score:-5",
		"score:(-5 OR >=3)":                     "score:(-5 OR >=3)",
		"score:[-10 TO -5]":                     "score:[-10 TO -5]",
		"score:<=-6.5":                          "score:<=-6.5",
		"count:[2 TO *]":                        "count:[2 TO *]",
		"published:[ 2021-10  TO 2021-12 ]":     "published:[2021-10 TO 2021-12]",
		"published:>=2021-10-18T08:00:00Z":      "published:>=2021-10-18T08:00:00Z",
		"url:https://example.org/a?b=c":         "url:https://example.org/a?b=c",
		"title:(a NEAR/3 b -c)":                 "title:(a NEAR/3 b AND NOT c)",
		"who:(RUS -BLR)":                        "who:(RUS AND NOT BLR)",
		"mode:martial-law publisher:reut*":      "mode:martial-law AND publisher:reut*",
		"who.sector:GOV story.publishers:>=3":   "who.sector:GOV AND story.publishers:>=3",
		"geo:(48.85,2.35,25km) a":               "geo:(48.85, 2.35, 25km) AND a",
		"geo: ( -33.9 , 151.2, 500m )":          "geo:(-33.9, 151.2, 0.5km)",
		"  \n what:SANCTION\n\twhere:Salisbury": "what:SANCTION AND where:Salisbury",
	} {
		t.Run(query, func(t *testing.T) {
			x, err := rule.Parse(query)
			if err != nil {
				t.Fatal(rule.Caret(query, err))
			}
			if got := x.String(); got != want {
				t.Fatalf("printed\n%s, want\n%s", got, want)
			}
			again, err := rule.Parse(x.String())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(x, again, anywhere); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDeepNestingIsAnErrorNotACrash(t *testing.T) {
	for name, query := range map[string]string{
		"parentheses": strings.Repeat("(", 100_000) + "a" + strings.Repeat(")", 100_000),
		"negations":   strings.Repeat("NOT ", 100_000) + "a",
		"minuses":     strings.Repeat("-", 100_000) + "a",
		"open groups": strings.Repeat("title:(", 50_000),
		"ten MB":      strings.Repeat("a ", 5_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			if x, err := rule.Parse(query); err == nil {
				t.Errorf("parsed: %.40s", x)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"what:(SANCTION OR THREATEN) who:Russie whom:OTAN", `"a b" NEAR/3 (c OR d*) -e`, "=Foo score:[-1 TO *]",
		"title:(a OR =b) url:http://x/y?z=1", "who:AND NOT NOT (a b)", "geo:(48.85, 2.35, 25km) -geo:(-0, 0.1, 7m)", "count:>=3 who:@nato", "-(-a)", "a:b:c", `a:"\\\""`,
	} {
		f.Add(s)
	}
	for _, q := range []string{`"a b"~3 wo?an* repeat(2, (war OR "cease fire"~1))`, `event(what:ASSAULT who:@mine) AND event(what:MOBILIZE)`, `title:(repeat(2, a NEAR/3 b))`} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		x, err := rule.Parse(query)
		if err != nil {
			if pos, ok := rule.Position(err); !ok || pos < 0 || pos > len(query) {
				t.Fatalf("error without a place in the query: %v", err)
			}
			rule.Caret(query, err)
			return
		}
		printed := x.String()
		again, err := rule.Parse(printed)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", query, printed, err)
		}
		if d := cmp.Diff(x, again, anywhere); d != "" {
			t.Fatalf("%q printed as %q:\n%s", query, printed, d)
		}
	})
}

package rule_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

var update = flag.Bool("update", false, "write the golden files anew")

// broken are queries that must be refused, in the order of the golden file.
var broken = []string{
	"", "   ", "(", "(a", "a)", "()", "a AND", "a OR", "OR a", "NOT", "-", "a AND OR b",
	`"no end`, `""`, `"..."`, `"a b"~`, `"a b"~500`, `="a b"~3`, "=", "= a", "—",
	"ab*", "*", "a?b", "suspen*ed", "*ion",
	"a NEAR b", "a NEAR/x b", "a NEAR/500 b", "NEAR/3 b", "a NEAR/3", "a NEAR/3 NOT b", "a NEAR/3 (b c)", "a NEAR/3 who:RUS", "a NEAR/2 b NEAR/2 c",
	"who:", "who:)", "who:-RUS", "who:(RUS", "who:(RUS NEAR/3 UKR)", "title:(who:RUS)", "12:30", "@nato", "who:@", ">3", "[2 TO 5]",
	"count:[2 TO", "count:[2 5]", "count:[* TO *]", "count:>=", "title:>=3", "score:{1 TO 2}",
	"+must", "!not", "a && b", "a || b", "rain^2", "colour~1", `a\b`,
	"repeat(0, war)", "repeat(war)", "repeat(3, NOT war)", "a?bc*d", "event(event(what:ASSAULT))", "event(what:ASSAULT",
	"geo:paris", "geo:(1, 2)", "geo:(1, 2, 5)", "geo:(91, 2, 5km)", "geo:(1, -181, 5km)", "geo:(1, 2, 99999km)", "geo:(1, 2, 5km", "geo:(1, 2, -5km)",
	"a \xff b", "une très longue question qui va au delà de ce que montre une ligne, parce que nos lecteurs écrivent ainsi AND (fin",
}

// senseless are queries that read well and mean nothing.
var senseless = []string{
	"whoo:RUS", "Who:RUS", "zzzzzz:1", "http://example.org",
	"what:SANCTON", "what:WAR", "what:>=3", "what:SANC*", "mode:expele", "context:militairy", "who.sector:GVO", "realis:real", "lang:french",
	"who:Rusia", "who:Xyzzyqwx", "who:[1 TO 2]", "whom:@natoo", "what:@nato",
	"cameo:1", "cameo:16x", "quad:many", "score:[5 TO 2]", "count:[x TO 2]", "historical:yes", "published:yesterday", "published:[2022 TO 2021]",
	"what:(SANCTION OR THREATN) who:(RUS OR Rusia)",
}

func TestErrorsAreShownUnderTheirPlace(t *testing.T) {
	var b strings.Builder
	for _, q := range broken {
		_, err := rule.Parse(q)
		if err == nil {
			t.Errorf("%q is accepted", q)
			continue
		}
		b.WriteString(rule.Caret(q, err) + "\n\n")
	}
	golden(t, "syntax.txt", b.String())
}

func TestMeaninglessQueriesNameTheNearestKnownThing(t *testing.T) {
	var b strings.Builder
	for _, q := range senseless {
		x, err := rule.Parse(q)
		if err != nil {
			t.Errorf("%q: %v", q, err)
			continue
		}
		errs := rule.Split(rule.Validate(x, gazetteer.Default()))
		if len(errs) == 0 {
			t.Errorf("%q is accepted", q)
		}
		for _, err := range errs {
			b.WriteString(rule.Caret(q, err) + "\n\n")
		}
	}
	golden(t, "meaning.txt", b.String())
}

func TestAListThatIsNowhereIsNamed(t *testing.T) {
	x, err := rule.Parse("whom:@my-desk")
	if err != nil {
		t.Fatal(err)
	}
	err = rule.Validate(x, gazetteer.Default())
	if err == nil || !strings.Contains(err.Error(), "@my-desk") || !strings.Contains(err.Error(), "@nato") {
		t.Errorf("error %v, want one that names the list and the built-in ones", err)
	}
	x = rule.Bind(x, map[string][]string{"my-desk": {"Russie", "OTAN"}})
	if err := rule.Validate(x, gazetteer.Default()); err != nil {
		t.Error(err)
	}
	x = rule.Bind(x, map[string][]string{"my-desk": {"Russie", "Otann"}})
	if err := rule.Validate(x, gazetteer.Default()); err == nil || !strings.Contains(err.Error(), "Otann") {
		t.Errorf("error %v, want one that names the unknown actor", err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
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

func TestGoodQueriesMeanSomething(t *testing.T) {
	for _, q := range []string{
		"what:(SANCTION OR THREATEN) who:Russie whom:OTAN", "mode:martial-law context:human_rights", "who.sector:gov actor.sector:MIL",
		`who:"Sergei Lavrov" where:Salisbury`, "where:(FRA OR @nato)", "actor:@nato quad:[3 TO *] score:<=-5.5 cameo:161",
		"historical:true realis:alleged alleged:false count:>=5 trigger:suspen*", "story.publishers:>=3 story.novel:true story.copy:false",
		"published:[2021-10 TO 2021-12-31] lang:fr publisher:lemonde.fr url:/monde/", `title:("a b" NEAR/3 c)`,
	} {
		x, err := rule.Parse(q)
		if err != nil {
			t.Errorf("%s\n%s", q, rule.Caret(q, err))
			continue
		}
		if err := rule.Validate(x, gazetteer.Default()); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func TestResolveSaysWhatNamesStandFor(t *testing.T) {
	const q = `what:SANCTION who:(Russie OR "Sergei Lavrov") whom:OTAN actor:@nato where:(Moscou OR Salisbury OR France)`
	x, err := rule.Parse(q)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rule.Resolve(x, gazetteer.Default()) {
		got = append(got, r.String())
	}
	want := []string{
		"who:Russie = RUS Russia",
		`who:"Sergei Lavrov" = sergei-lavrov Sergei Lavrov`,
		"whom:OTAN = NATO NATO",
		"actor:@nato = the members of nato at the article's date",
		"where:Moscou = place named Moscou, or place named Moscow",
		"where:Salisbury = place named Salisbury",
		"where:France = FRA France",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

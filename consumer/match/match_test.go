package match_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

const seed = "Sergei Lavrov a annoncé que le Kremlin avait décidé de suspendre sa mission permanente au sein de l’OTAN. " +
	"L’Alliance avait expulsé sept diplomates russes en 2018. Aujourd’hui, les négociations du Nord-Est sont suspendues."

func actor(name, country, key string, sectors ...plover.Sector) news.Actor {
	return news.Actor{Name: name, Country: country, Key: key, Sectors: sectors}
}

// seedReport tells, in text order: NATO expelled Russians in 2018; Russia suspends its mission (the lead); somebody
// unknown may bomb; Belarus is accused, it is alleged, by nobody.
func seedReport(t *testing.T) news.Report {
	t.Helper()
	at := func(words string) news.Span {
		i := strings.Index(seed, words)
		if i < 0 {
			t.Fatalf("%q is not in the text", words)
		}
		return news.Span{Start: i, End: i + len(words)}
	}
	expel := news.NewAction(plover.Sanction, "expel", "161")
	expel.Trigger, expel.Lemma, expel.Span = "expulsé", "expulser", at("expulsé")
	suspend := news.NewAction(plover.Sanction, "withdraw", "161")
	suspend.Trigger, suspend.Lemma, suspend.Span = "suspendre", "suspendre", at("suspendre")
	suspend.Contexts = []plover.Context{"diplomatic"}
	bomb := news.NewAction(plover.Assault, "aerial", "195")
	bomb.Trigger = "bombarder"
	accuse := news.NewAction(plover.Accuse, "allege", "112")
	kremlin := actor("Russia", "RUS", "russia", "GOV")
	kremlin.Span = at("Kremlin")
	published, err := news.ParseInterval("2021-10")
	if err != nil {
		t.Fatal(err)
	}
	return news.Report{
		Article: news.Article{
			ID: "a", Language: "fr", Publisher: "www.lemonde.fr", URL: "https://www.lemonde.fr/international/1.html",
			Title: "Moscou rompt avec l’Alliance", Text: seed, Published: published,
		},
		Events: []news.Event{
			{ID: "expel", Who: []news.Actor{actor("NATO", "NATO", "nato")}, What: expel, Whom: []news.Actor{actor("Russia", "RUS", "russia", "GOV")}, Realis: news.Actual, Historical: true, Count: &news.Quantity{Value: 7, Span: at("sept")}},
			{ID: "suspend", Who: []news.Actor{kremlin, actor("Sergei Lavrov", "RUS", "sergei-lavrov", "GOV")}, What: suspend, Whom: []news.Actor{actor("NATO", "NATO", "nato")}, Realis: news.Actual, Lead: true, Where: &news.Place{Name: "Moscow", Country: "RUS"}},
			{ID: "bomb", What: bomb, Whom: []news.Actor{actor("Ukraine", "UKR", "ukraine")}, Realis: news.Hypothetical},
			{ID: "accuse", What: accuse, Who: []news.Actor{actor("an official", "BLR", "", "MIL")}, Realis: news.Alleged},
		},
		At: time.Date(2021, 10, 19, 0, 0, 0, 0, time.UTC), Origin: news.Archive,
	}
}

func index(t testing.TB, queries ...string) *match.Index {
	t.Helper()
	var rules []rule.Rule
	for _, q := range queries {
		r, err := rule.New("r", q)
		if err != nil {
			t.Fatal(rule.Caret(q, err))
		}
		rules = append(rules, r)
	}
	x, err := match.New(rules, gazetteer.Default())
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestWords(t *testing.T) {
	r := seedReport(t)
	for name, c := range map[string]struct {
		query string
		want  bool
	}{
		"a word of the text":                      {"mission", true},
		"a word of the title":                     {"rompt", true},
		"text is title and text":                  {"text:rompt text:mission", true},
		"inflected otherwise":                     {"missions diplomate", true},
		"another case and no accents":             {"ANNONCE", true},
		"an elided word":                          {"OTAN", true},
		"with its elision, typed otherwise":       {"l'otan", true},
		"an apostrophe inside a word":             {"aujourd'hui", true},
		"a hyphenated word":                       {"nord-est", true},
		"a word that is not there":                {"président", false},
		"AND wants both":                          {"mission président", false},
		"OR wants one":                            {"mission OR président", true},
		"NOT":                                     {"mission NOT président", true},
		"minus":                                   {"mission -otan", false},
		"a phrase":                                {`"mission permanente"`, true},
		"a phrase across case and accents":        {`"DECIDE DE suspendre"`, true},
		"a phrase is not stemmed":                 {`"missions permanentes"`, false},
		"a phrase out of order":                   {`"permanente mission"`, false},
		"a phrase does not cross the title's end": {`"Alliance Sergei"`, false},
		"near":                                {"kremlin NEAR/3 suspendre", true},
		"near backwards":                      {"suspendre NEAR/3 kremlin", true},
		"not near enough":                     {"kremlin NEAR/2 suspendre", false},
		"in order":                            {"kremlin ONEAR/3 suspendre", true},
		"not in this order":                   {"suspendre ONEAR/3 kremlin", false},
		"near does not cross the title's end": {"rompt NEAR/100 lavrov", false},
		"near over an OR and a prefix":        {"(vatican OR kremlin) ONEAR/3 suspen*", true},
		"near wants two words where both sides are one": {"permanente NEAR/5 permanente", false},
		"near over a phrase":                            {`"mission permanente" NEAR/4 otan`, true},
		"a prefix":                                      {"suspen*", true},
		"a prefix across accents":                       {"décid* DECI*", true},
		"a prefix of nothing":                           {"zzz*", false},
		"exact":                                         {"=OTAN", true},
		"exact keeps case":                              {"=Otan", false},
		"exact keeps accents":                           {"=annonce", false},
		"exact is not stemmed":                          {"=missions", false},
		"exact words in a row":                          {`="Sergei Lavrov"`, true},
		"title only":                                    {"title:rompt", true},
		"not in the title":                              {"title:mission", false},
		"a query about the title":                       {"title:(moscou NEAR/5 alliance -mission)", true},
		"language":                                      {"lang:fr", true},
		"another language":                              {"lang:en", false},
		"publisher by host":                             {"publisher:www.lemonde.fr", true},
		"publisher by the domain above":                 {"publisher:lemonde.fr", true},
		"a publisher's name is not a part of it":        {"publisher:monde.fr", false},
		"part of the address":                           {"url:/international/", true},
		"published in the month":                        {"published:2021-10", true},
		"published in the year":                         {"published:2021", true},
		"a month is not known to be a day of it":        {"published:2021-10-18", false},
		"published since":                               {"published:>=2021-10-01", true},
		"published since, but not for certain":          {"published:>=2021-10-02", false},
		"published before":                              {"published:<2021-11", true},
		"published between":                             {"published:[2021-09 TO 2021-10]", true},
		"published up to a day inside":                  {"published:[2021-09 TO 2021-10-15]", false},
		"one article is a story":                        {"story.publishers:1 story.articles:<=1 story.novel:true story.copy:false", true},
		"one article is not three":                      {"story.publishers:>=3", false},
		"only a negation":                               {"NOT président", true},
		"only a negation of what is there":              {"-(mission OR président)", false},
	} {
		t.Run(name, func(t *testing.T) {
			hits := index(t, c.query).Match(r, news.Story{}, nil)
			if got := len(hits) == 1; got != c.want {
				t.Errorf("%s: hit %v, want %v", c.query, got, c.want)
			}
			if c.want && len(hits) == 1 && len(hits[0].Events) != 0 {
				t.Errorf("%s binds events %v, want none", c.query, hits[0].Events)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	r := seedReport(t)
	for name, c := range map[string]struct{ query, want string }{
		"a type":                  {"what:SANCTION", "suspend"},
		"a type in small letters": {"what:sanction", "suspend"},
		"history only where it is named, the lead first": {"what:SANCTION historical:(true OR false)", "suspend expel"},
		"history alone":                                   {"what:SANCTION historical:true", "expel"},
		"naming realis does not let history in":           {"what:SANCTION realis:actual", "suspend"},
		"hypotheticals only where realis is named":        {"what:ASSAULT", ""},
		"hypotheticals by name":                           {"what:ASSAULT realis:hypothetical", "bomb"},
		"naming historical does not let hypotheticals in": {"what:ASSAULT historical:false", ""},
		"alleged events match":                            {"what:ACCUSE", "accuse"},
		"alleged":                                         {"alleged:true", "accuse"},
		"not alleged":                                     {"alleged:false", "suspend"},
		"a mode":                                          {"mode:withdraw", "suspend"},
		"a context":                                       {"context:diplomatic", "suspend"},
		"a country by code":                               {"who:RUS", "suspend"},
		"a country by its French name":                    {"who:Russie whom:OTAN", "suspend"},
		"clauses bind to the same event":                  {"what:ACCUSE who:RUS", ""},
		"either side":                                     {"actor:NATO", "suspend"},
		"either side, either actor":                       {"actor:(RUS OR BLR)", "suspend accuse"},
		"a person":                                        {`who:"Sergei Lavrov"`, "suspend"},
		"a person is not their country":                   {`whom:"Sergei Lavrov"`, ""},
		"an actor known by the country alone":             {"who:BLR", "accuse"},
		"a sector":                                        {"who.sector:MIL", "accuse"},
		"a sector of whom":                                {"whom.sector:GOV historical:true", "expel"},
		"a sector of either":                              {"actor.sector:(GOV OR MIL)", "suspend accuse"},
		"members of a list":                               {"whom:@nato", ""},
		"where, by country":                               {"where:RUS", "suspend"},
		"where, by country's name":                        {"where:Russie", "suspend"},
		"where, by place":                                 {"where:Moscow", "suspend"},
		"where the place is not told":                     {"what:ACCUSE where:RUS", ""},
		"quad":                                            {"quad:4", "suspend"},
		"quad range":                                      {"quad:[3 TO 4]", "suspend accuse"},
		"score":                                           {"score:<=-6", "suspend"},
		"score range":                                     {"score:[-5 TO 0]", "accuse"},
		"a CAMEO subtree":                                 {"cameo:16", "suspend"},
		"a CAMEO code below":                              {"cameo:1611", ""},
		"count":                                           {"count:>=5 historical:true", "expel"},
		"no count told":                                   {"count:>=0", ""},
		"trigger, inflected":                              {"trigger:suspendres", "suspend"},
		"trigger by prefix":                               {"trigger:suspen*", "suspend"},
		"trigger without accents, by its lemma":           {"trigger:expulser historical:true", "expel"},
		"negation keeps an event without whom":            {"NOT whom:NATO", "accuse"},
		"a negated event clause still binds an event":     {"NOT what:SANCTION NOT what:ACCUSE", ""},
		"negation is of the bound event":                  {"what:SANCTION NOT whom:NATO", ""},
		"negation inside a field":                         {"who:(RUS -BLR)", "suspend"},
		"words and event":                                 {"what:SANCTION mission", "suspend"},
		"words or event binds an event either way":        {"what:REQUEST OR mission", "suspend accuse"},
		"words that are not there":                        {"what:SANCTION président", ""},
		"unlike any":                                      {"what:REQUEST", ""},
	} {
		t.Run(name, func(t *testing.T) {
			hits := index(t, c.query).Match(r, news.Story{}, nil)
			var got []string
			for _, h := range hits {
				for _, e := range h.Events {
					got = append(got, string(r.Events[e].ID))
				}
			}
			if d := cmp.Diff(strings.Fields(c.want), got); d != "" && (c.want != "" || len(hits) > 0) {
				t.Error(d)
			}
		})
	}
}

func TestEnglishWordsAreStemmedAsEnglish(t *testing.T) {
	r := news.Report{Article: news.Article{Language: "en", Text: "Russia's ministers suspended talks. They didn't sign the agreements."}}
	x := index(t, "suspend", "minister", "agreement NEAR/3 signing", "russia", "russie", `"suspended talks"`)
	if d := cmp.Diff([]int{0, 1, 2, 3, 5}, numbers(x.Match(r, news.Story{}, nil))); d != "" {
		t.Error(d)
	}
}

func numbers(hits []match.Hit) []int {
	var out []int
	for _, h := range hits {
		out = append(out, h.Rule)
	}
	return out
}

func TestWhySaysWhichClausesHeldAndWhere(t *testing.T) {
	r := seedReport(t)
	x := index(t, `what:(SANCTION OR THREATEN) who:(RUS OR BLR) (mission NEAR/2 permanente OR président) NOT vatican historical:(true OR false) rompt`)
	hits := x.Match(r, news.Story{}, nil)
	if len(hits) != 1 {
		t.Fatalf("%d hits, want 1", len(hits))
	}
	var got []string
	for _, c := range hits[0].Why {
		line := []string{c.Text, "→"}
		for _, s := range c.Spans {
			line = append(line, "["+seed[s.Start:s.End]+"]")
		}
		for _, id := range c.Events {
			line = append(line, string(id))
		}
		got = append(got, strings.Join(line, " "))
	}
	want := []string{
		"what:(SANCTION OR THREATEN) → [suspendre] suspend",
		"who:(RUS OR BLR) → [Kremlin] suspend",
		"mission NEAR/2 permanente → [mission] [permanente]",
		"NOT vatican →",
		"historical:(true OR false) → [suspendre] suspend",
		"rompt →",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestStatesAndErrors(t *testing.T) {
	var rules []rule.Rule
	for name, state := range map[string]rule.State{"a": rule.Off, "b": rule.Shadow, "c": rule.Live} {
		r, err := rule.New(name, "mission")
		if err != nil {
			t.Fatal(err)
		}
		r.State = state
		rules = append(rules, r)
	}
	broken, err := rule.New("broken", "who:Ruzzzzia")
	if err != nil {
		t.Fatal(err)
	}
	rules = append(rules, broken, rule.Rule{Name: "unparsed", Query: "a"})
	slices.SortFunc(rules, func(a, b rule.Rule) int { return strings.Compare(a.Name, b.Name) })
	x, err := match.New(rules, gazetteer.Default())
	if err == nil || !strings.Contains(err.Error(), "broken") || !strings.Contains(err.Error(), "unparsed") {
		t.Errorf("error %v, want one that names both rules", err)
	}
	var got []string
	for _, h := range x.Match(seedReport(t), news.Story{}, nil) {
		got = append(got, rules[h.Rule].Name)
	}
	if d := cmp.Diff([]string{"b", "c"}, got); d != "" {
		t.Errorf("off and broken rules take no part:\n%s", d)
	}
}

func TestMatchAppends(t *testing.T) {
	x := index(t, "mission", "président", "otan")
	hits := x.Match(seedReport(t), news.Story{}, []match.Hit{{Rule: 7}})
	if d := cmp.Diff([]int{7, 0, 2}, numbers(hits)); d != "" {
		t.Error(d)
	}
}

func TestRepeatCountsEveryPlaceOfANear(t *testing.T) {
	report := news.Report{Article: news.Article{Text: "Sanctions: gas, then gas, later gas, and much later than all of that gas."}}
	for query, want := range map[string]bool{
		"repeat(3, sanctions NEAR/3 gas)":  true,
		"repeat(4, sanctions NEAR/3 gas)":  false,
		"repeat(4, sanctions NEAR/4 gas)":  true,
		"repeat(5, sanctions ONEAR/9 gas)": false,
		"repeat(2, gas ONEAR/9 sanctions)": false,
	} {
		if got := len(index(t, query).Rules(&report, news.Story{}, nil)) == 1; got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

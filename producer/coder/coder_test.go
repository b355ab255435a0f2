package coder_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/coder"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func newCoder() *coder.Coder { return coder.New(gazetteer.Default(), lexicon.Default()) }

func article(lang, published, text string) news.Article {
	p, err := news.ParseInterval(published)
	if err != nil {
		panic(err)
	}
	return news.Article{Language: lang, Text: text, Published: p}.Identify("")
}

func seed(t testing.TB) news.Article {
	b, err := os.ReadFile(filepath.Join("testdata", "seed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return article("fr", "2021-10", strings.TrimPrefix(string(b), " date 2021-10 "))
}

// line is an event as the tables write it: who → whom TYPE/mode CAMEO, then what else it tells.
func line(e news.Event) string {
	what := string(e.What.Type)
	if e.What.Mode != "" {
		what += "/" + string(e.What.Mode)
	}
	return fmt.Sprintf("%s > %s %s %s", side(e.Who), side(e.Whom), what, e.What.CAMEO) + extras(e)
}

func side(actors []news.Actor) string {
	if len(actors) == 0 {
		return "-"
	}
	var out []string
	for _, a := range actors {
		s := a.Country
		if s == "" {
			s = "?"
		}
		for _, x := range a.Sectors {
			s += "/" + string(x)
		}
		out = append(out, s)
	}
	return strings.Join(out, "+")
}

func extras(e news.Event) string {
	var b strings.Builder
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	if e.When.Resolved != news.ByDocument {
		add("when", e.When.String()+"("+string(e.When.Resolved)+")")
	}
	add("effective", e.Effective.String())
	if e.Realis != news.Actual {
		add("realis", string(e.Realis))
	}
	if e.Historical {
		add("historical", "true")
	}
	if e.Where != nil {
		add("where", e.Where.Name)
	}
	for name, q := range map[string]*news.Quantity{"count": e.Count} {
		if q != nil {
			add(name, fmt.Sprint(q.Value))
		}
	}
	if e.Dead != nil {
		add("dead", fmt.Sprintf("%d[%d,%d]", e.Dead.Value, e.Dead.Min, e.Dead.Max))
	}
	for _, a := range e.By {
		add("by", strings.TrimSuffix(a.Actor.Name+"/"+a.Via, "/"))
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestSeedArticle(t *testing.T) {
	var b strings.Builder
	for _, e := range newCoder().Code(seed(t)) {
		fmt.Fprintf(&b, "%s lead=%v\n", line(e), e.Lead)
		for _, c := range e.Cites {
			fmt.Fprintf(&b, "  %d %s %.2f [%s] %s\n", c.Sentence, c.Pattern, c.Confidence, e.What.Trigger, c.Quote)
		}
	}
	golden(t, "seed.golden", b.String())
}

// What design asks of the first article, beside what the golden file shows.
func TestSeedArticleTellsWhatACarefulHumanCodes(t *testing.T) {
	events := newCoder().Code(seed(t))
	for name, want := range map[string]string{
		"1 Russia suspends its mission":          "RUS/GOV > NATO SANCTION/withdraw 161",
		"2 NATO cuts the contingent by eight":    "NATO > RUS/GOV SANCTION/expel 161 when=2021-10",
		"5 the annexation of Crimea":             "RUS > UKR COERCE/seize 192 when=2014",
		"6 NATO expels seven diplomats":          "NATO > RUS/GOV SANCTION/expel 161 when=2018",
		"3 diplomats accused of spying":          "- > RUS/GOV ACCUSE/allege 1125",
		"4 accreditation withdrawn":              "RUS > NATO SANCTION/withdraw 161 effective=2021-11-01",
		"7 the nerve-agent attack, from history": "- > GBR ASSAULT/unconventional 2041 when=2018",
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range events {
				if strings.HasPrefix(line(e), want) {
					return
				}
			}
			t.Errorf("no event %q in %d events", want, len(events))
		})
	}
	if len(events) != 7 {
		t.Errorf("%d events, want the seven and no more", len(events))
	}
}

func TestExplainSaysWhyTwoWordsTellOneEvent(t *testing.T) {
	for _, c := range []struct{ lang, text, want string }{
		{"en", "Russia launched an attack on Ukraine and its airstrikes killed two Ukrainian soldiers.", `"airstrikes": joined to "launched", as one ASSAULT: `},
		{"fr", "L'attaque de la Turquie contre la Syrie a tué douze personnes.", `"tué": joined to "attaque", as one ASSAULT: `},
	} {
		var b strings.Builder
		if err := newCoder().Explain(&b, article(c.lang, "2021-10-18", c.text)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.want) {
			t.Errorf("%s: no %s in\n%s", c.text, c.want, b.String())
		}
	}
}

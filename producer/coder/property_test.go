package coder_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// sound checks what must hold of the events of any text.
func sound(t *testing.T, a news.Article, events []news.Event) {
	t.Helper()
	if len(events) > 400 {
		t.Errorf("%d events", len(events))
	}
	inside := func(what string, s news.Span) {
		if s.Start < 0 || s.End < s.Start || s.End > len(a.Text) {
			t.Errorf("%s: span %v of %d bytes", what, s, len(a.Text))
		}
	}
	ids, leads := make(map[news.ID]bool), 0
	for _, e := range events {
		if ids[e.ID] {
			t.Errorf("ID %s twice", e.ID)
		}
		ids[e.ID] = true
		if e.Lead {
			leads++
		}
		if !e.What.Type.Known() || e.What.Quad == 0 {
			t.Errorf("no event type: %+v", e.What)
		}
		inside("trigger", e.What.Span)
		if got := a.Text[e.What.Span.Start:e.What.Span.End]; got != e.What.Trigger {
			t.Errorf("trigger %q stands where %q does", e.What.Trigger, got)
		}
		for _, p := range append(append([]news.Actor{}, e.Who...), e.Whom...) {
			inside("actor "+p.Name, p.Span)
		}
		if e.Where != nil {
			inside("place", e.Where.Span)
		}
		if len(e.Cites) == 0 {
			t.Error("an event without proof")
		}
		for _, c := range e.Cites {
			inside("sentence", c.Span)
			inside("cited trigger", c.Trigger)
			if len(c.Quote) > news.MaxQuote || !strings.HasPrefix(a.Text[c.Span.Start:], c.Quote) {
				t.Errorf("quote %q is not the sentence's", c.Quote)
			}
			if utf8.ValidString(a.Text) && !utf8.ValidString(c.Quote) {
				t.Errorf("quote %q cuts a letter", c.Quote)
			}
			if c.Confidence <= 0 || c.Confidence > 1 || c.Pattern == "" {
				t.Errorf("confidence %v, pattern %q", c.Confidence, c.Pattern)
			}
		}
		if !e.When.IsZero() && !e.When.Start.Before(e.When.End) {
			t.Errorf("when %v", e.When)
		}
	}
	if leads > 1 {
		t.Errorf("%d leads", leads)
	}
}

func FuzzCode(f *testing.F) {
	f.Add("fr", "2021-10", seed(f).Text)
	f.Add("en", "2021-10-18", "Russia's army attacked Ukraine on Monday, killing at least 12 people, said Mr. Putin. “We will expel them,” he added.")
	f.Add("en", "2021", "of of of by the the 's 's , and and to to attack attack")
	f.Add("fr", "", "d'd'l'« » il y a deux ans plus tard en 2014 le 31 février l'OTAN a été est")
	f.Add("xx", "", "\xff\xfe")
	c := newCoder()
	f.Fuzz(func(t *testing.T, lang, published, text string) {
		p, err := news.ParseInterval(published)
		if err != nil {
			return
		}
		a := news.Article{Language: lang, Text: text, Published: p}.Identify("")
		events := c.Code(a)
		sound(t, a, events)
		if diff := cmp.Diff(events, c.Code(a)); diff != "" {
			t.Errorf("coded twice, two answers:\n%s", diff)
		}
	})
}

func TestOtherLanguagesAreNotCoded(t *testing.T) {
	for _, lang := range []string{"", "de", "xx"} {
		if got := newCoder().Code(article(lang, "2021-10-18", "Russia expelled twelve American diplomats.")); got != nil {
			t.Errorf("%q: %d events", lang, len(got))
		}
	}
}

func TestNameNamesTheLexicon(t *testing.T) {
	if got := newCoder().Name(); !strings.HasPrefix(got, "quidnunc-1+") || len(got) != len("quidnunc-1+")+8+1+8 {
		t.Errorf("%q", got)
	}
}

// adversaries are texts that have cost other coders quadratic time.
func adversaries(n int) map[string]string {
	repeat := func(s string) string { return strings.Repeat(s, n/len(s)+1)[:n] }
	return map[string]string{
		"one word":              repeat("a"),
		"one sentence":          repeat("Russia and NATO attacked Ukraine and "),
		"sentences of triggers": repeat("Russia expelled diplomats. "),
		"quotation marks":       repeat("“ « "),
		"nested quotations":     repeat("Russia said: “NATO said: “Ukraine attacked us and "),
		"nested brackets":       repeat("Russia (which NATO (which Ukraine attacked "),
		"no spaces":             repeat("Russia,Ukraine-NATO/attacked;"),
		"pronouns":              repeat("It said they attacked him and its army. "),
		"names":                 repeat("John Smith "),
		"new names":             newNames(n),
		"dates":                 repeat("in March 2014 five years later, "),
		"infinitives":           repeat("refused to agree to decide to "),
		"commas":                repeat("Russia, "),
		"no letters":            repeat("0 "),
		"French clauses":        repeat("La Russie qui menace d'attaquer l'Ukraine, a accusé l'OTAN d'avoir refusé de "),
		"French sentences":      repeat("Quatre ans plus tard, il a expulsé ses diplomates. "),
	}
}

// adversary is the language of the text of that name.
func adversary(name string) string {
	if strings.HasPrefix(name, "French") {
		return "fr"
	}
	return "en"
}

func newNames(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "Aa%dx Bb%dy attacked Cc%dz Dd%dq. ", i, i, i, i)
	}
	return b.String()
}

// TestAdversarialTextIsLinear compares the work that 1 MB costs with that of a quarter of it: four times as much, but for
// what the limits of an article cut. A quadratic step would make it sixteen.
func TestAdversarialTextIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED in short mode: texts of 1 MB")
	}
	c := newCoder()
	large := adversaries(adversarial)
	for name, small := range adversaries(adversarial / 4) {
		t.Run(name, func(t *testing.T) {
			few, events := c.Work(article(adversary(name), "2021-10-18", small))
			many, _ := c.Work(article(adversary(name), "2021-10-18", large[name]))
			t.Logf("%d units for %d bytes, %d for %d", few, adversarial/4, many, adversarial)
			if many > 5*few+1000 {
				t.Errorf("%d units for %d bytes, %d for %d", few, adversarial/4, many, adversarial)
			}
			sound(t, article(adversary(name), "2021-10-18", small), events)
		})
	}
}

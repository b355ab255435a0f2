package match

import (
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// test is a value of a field that has to be computed: of the article, or of the event bound.
type test struct{ ask func(s *scene) bool }

func newTest(spec rule.FieldSpec, x rule.Expr, g *gazetteer.Gazetteer) test {
	name := spec.Name
	switch spec.Type {
	case rule.String:
		match := matchString(name, x)
		return test{func(s *scene) bool { return match(stringOf(name, &s.report.Article)) }}
	case rule.Word:
		match := triggerTest(x)
		return test{func(s *scene) bool {
			return match(s.lang, s.event.What.Trigger) || match(s.lang, s.event.What.Lemma)
		}}
	case rule.Actor:
		t := newActorTest(x, g)
		return test{func(s *scene) bool { return slices.ContainsFunc(actorsOf(name, s.event), t.in(s)) }}
	case rule.Country:
		return membersTest(x, g)
	case rule.Area:
		c, _ := x.(rule.Circle)
		return test{func(s *scene) bool {
			p := s.event.Where
			return p != nil && p.Located() && c.Contains(p.Lat, p.Lon)
		}}
	case rule.Number:
		match := numberTest(x)
		return test{func(s *scene) bool {
			n, ok := numberOf(name, s)
			return ok && match(n)
		}}
	case rule.Bool:
		value, _ := rule.ValueOf(x)
		return test{func(s *scene) bool { return boolOf(name, s) == (value == "true") }}
	case rule.Date:
		match := dateTest(x)
		return test{func(s *scene) bool {
			p := s.report.Article.Published
			return !p.IsZero() && match(p)
		}}
	}
	return test{func(*scene) bool { return false }} // Validate refuses the rest
}

func stringOf(name string, a *news.Article) string {
	if name == "url" {
		return a.URL
	}
	return a.Publisher
}

// matchString compares without case and accents. A publisher's host stands for the hosts below it; a url is asked for a
// part.
func matchString(name string, x rule.Expr) func(string) bool {
	switch x := x.(type) {
	case rule.Exact:
		return func(s string) bool { return s == x.Text }
	case rule.Prefix:
		want := text.Fold(x.Text)
		return func(s string) bool { return strings.HasPrefix(text.Fold(s), want) }
	}
	value, _ := rule.ValueOf(x)
	want := text.Fold(value)
	if name == "url" {
		return func(s string) bool { return strings.Contains(text.Fold(s), want) }
	}
	return func(s string) bool {
		s = text.Fold(s)
		return s == want || strings.HasSuffix(s, "."+want)
	}
}

// triggerTest tells whether the words stand in a trigger or a lexicon entry.
func triggerTest(x rule.Expr) func(lang int, s string) bool {
	if p, ok := x.(rule.Prefix); ok {
		want := foldPrefix(p.Text)
		return func(lang int, s string) bool {
			return slices.ContainsFunc(wordsOf(s, langs[lang]), func(w string) bool { return strings.HasPrefix(text.Fold(w), want) })
		}
	}
	norm := func(_, w string) string { return text.Fold(w) }
	value, _ := rule.ValueOf(x)
	switch x := x.(type) {
	case rule.Term:
		norm = text.Stem
	case rule.Exact:
		norm, value = func(_, w string) string { return straight(w) }, x.Text
	}
	var wants [len(langs)][]string
	for i, lang := range langs {
		wants[i] = each(wordsOf(value, lang), lang, norm)
	}
	return func(lang int, s string) bool {
		return inRow(each(wordsOf(s, langs[lang]), langs[lang], norm), wants[lang])
	}
}

func each(words []string, lang string, norm func(lang, w string) string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = norm(lang, w)
	}
	return out
}

// inRow tells whether want stands in a row in words.
func inRow(words, want []string) bool {
	for i := 0; len(want) > 0 && i+len(want) <= len(words); i++ {
		if slices.Equal(words[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

func numberOf(name string, s *scene) (float64, bool) {
	switch name {
	case "quad":
		return float64(s.event.What.Quad), true
	case "score":
		return s.event.What.Score, true
	case "count":
		if s.event.Count == nil {
			return 0, false
		}
		return float64(s.event.Count.Value), true
	case "story.publishers":
		return float64(s.publishers), true
	}
	return float64(s.articles), true
}

func boolOf(name string, s *scene) bool {
	switch name {
	case "historical":
		return s.event.Historical
	case "alleged":
		return s.event.Realis == news.Alleged
	case "story.novel":
		return s.novel
	case "story.copy":
		return s.copied
	}
	return false
}

func numberTest(x rule.Expr) func(float64) bool {
	switch x := x.(type) {
	case rule.Compare:
		want, _ := rule.ParseNumber(x.Value)
		switch x.Op {
		case "<":
			return func(n float64) bool { return n < want }
		case "<=":
			return func(n float64) bool { return n <= want }
		case ">":
			return func(n float64) bool { return n > want }
		}
		return func(n float64) bool { return n >= want }
	case rule.Range:
		low, hasLow := rule.ParseNumber(x.Low)
		high, hasHigh := rule.ParseNumber(x.High)
		return func(n float64) bool { return (!hasLow || n >= low) && (!hasHigh || n <= high) }
	}
	value, _ := rule.ValueOf(x)
	want, _ := rule.ParseNumber(value)
	return func(n float64) bool { return n == want }
}

// dateTest holds for what is certain: an article known to its month is not of any one day of it.
func dateTest(x rule.Expr) func(news.Interval) bool {
	switch x := x.(type) {
	case rule.Compare:
		want, _ := rule.ParseDate(x.Value)
		switch x.Op {
		case "<":
			return func(p news.Interval) bool { return !p.End.After(want.Start) }
		case "<=":
			return func(p news.Interval) bool { return !p.End.After(want.End) }
		case ">":
			return func(p news.Interval) bool { return !p.Start.Before(want.End) }
		}
		return func(p news.Interval) bool { return !p.Start.Before(want.Start) }
	case rule.Range:
		low, hasLow := rule.ParseDate(x.Low)
		high, hasHigh := rule.ParseDate(x.High)
		return func(p news.Interval) bool {
			return (!hasLow || !p.Start.Before(low.Start)) && (!hasHigh || !p.End.After(high.End))
		}
	}
	value, _ := rule.ValueOf(x)
	want, _ := rule.ParseDate(value)
	return func(p news.Interval) bool { return !p.Start.Before(want.Start) && !p.End.After(want.End) }
}

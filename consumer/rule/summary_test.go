package rule_test

import (
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestSummary(t *testing.T) {
	alert := news.Alert{
		Article: news.Reference{Publisher: "lemonde.fr"}, Story: news.Story{Publishers: 3},
		Events: []news.Event{{Cites: []news.Citation{{Quote: "La Russie suspend sa mission."}}}},
	}
	for name, c := range map[string]struct{ template, want string }{
		"fields":                            {"{{.Article.Publisher}} ({{.Story.Publishers}})", "lemonde.fr (3)"},
		"no title: the citation":            {"{{.Headline}}", "La Russie suspend sa mission."},
		"at most MaxSummary bytes":          {strings.Repeat("a", 2*rule.MaxSummary), strings.Repeat("a", rule.MaxSummary)},
		"not cut inside a letter":           {"a" + strings.Repeat("é", rule.MaxSummary), "a" + strings.Repeat("é", rule.MaxSummary/2-1)},
		"what this alert lacks: no summary": {"{{(index .Events 0).Where.Name}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := rule.ParseSummary(c.template)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Of(alert); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestSummariesThatCannotBeMadeAreRefused(t *testing.T) {
	for _, template := range []string{"{{.Headlin}}", "{{", "{{.Story.Publishers.X}}", "{{exec `ls`}}"} {
		if _, err := rule.ParseSummary(template); err == nil {
			t.Errorf("%q is accepted", template)
		}
	}
}

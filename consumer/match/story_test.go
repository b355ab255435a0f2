package match_test

import (
	"testing"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestRulesAskForTheStory(t *testing.T) {
	first := []news.First{{Event: "e"}}
	for name, c := range map[string]struct {
		query string
		story news.Story
		want  bool
	}{
		"the first article of a story is novel": {"story.novel:true", news.Story{Articles: 1}, true},
		"the second is not":                     {"story.novel:true", news.Story{Articles: 2}, false},
		"unless it tells something first":       {"story.novel:true", news.Story{Articles: 2, Firsts: first}, true},
		"a copy is never":                       {"story.novel:true", news.Story{Articles: 2, Firsts: first, CopyOf: "a"}, false},
		"a copy":                                {"story.copy:true", news.Story{Articles: 2, CopyOf: "a"}, true},
		"an original":                           {"story.copy:true", news.Story{Articles: 2}, false},
		"enough publishers":                     {"story.publishers:>=3", news.Story{Articles: 9, Publishers: 3}, true},
		"too few, though there are many copies": {"story.publishers:>=3", news.Story{Articles: 9, Publishers: 2}, false},
		"many articles":                         {"story.articles:[5 TO *]", news.Story{Articles: 9, Publishers: 2}, true},
	} {
		r, err := rule.New("a", c.query)
		if err != nil {
			t.Fatal(err)
		}
		x, err := match.New([]rule.Rule{r}, gazetteer.Default())
		if err != nil {
			t.Fatal(err)
		}
		got := len(x.Match(news.Report{Article: news.Article{ID: "b", Text: "Words."}}, c.story, nil)) > 0
		if got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

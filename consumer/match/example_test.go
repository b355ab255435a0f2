package match_test

import (
	"fmt"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func Example() {
	rupture, err := rule.New("russia-nato-rupture", "what:(SANCTION OR THREATEN) who:Russie whom:OTAN mission")
	if err != nil {
		fmt.Println(err)
		return
	}
	index, err := match.New([]rule.Rule{rupture}, gazetteer.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	report := news.Report{
		Article: news.Article{Language: "fr", Text: "Le Kremlin suspend ses missions à l’OTAN."},
		Events: []news.Event{{
			ID: "e1", What: news.NewAction(plover.Sanction, "withdraw", "161"),
			Who: []news.Actor{{Country: "RUS"}}, Whom: []news.Actor{{Country: "NATO"}}, Realis: news.Actual,
		}},
	}
	for _, hit := range index.Match(report, news.Story{}, nil) {
		fmt.Println("rule", hit.Rule, "holds on event", hit.Events)
		for _, clause := range hit.Why {
			fmt.Println("  because", clause.Text, clause.Events)
		}
	}
	// Output:
	// rule 0 holds on event [0]
	//   because what:(SANCTION OR THREATEN) [e1]
	//   because who:Russie [e1]
	//   because whom:OTAN [e1]
	//   because mission []
}

package notify_test

import (
	"fmt"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func ExampleRender() {
	month := news.Interval{
		Start: time.Date(2021, 10, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2021, 11, 1, 0, 0, 0, 0, time.UTC), Grain: news.Month,
	}
	what := news.NewAction(plover.Sanction, "expel", "161")
	alert := news.Alert{
		ID: "k7q2m4xdabcdefghijklmnopqr", Revision: 1, Change: news.New, Severity: news.High, Rule: "expulsions",
		Title: "Diplomats expelled", Article: news.Reference{Language: "en", Title: "Envoys out", Published: month},
		Events: []news.Event{{
			Who: []news.Actor{{Country: "NATO"}}, What: what, Whom: []news.Actor{{Country: "RUS"}}, When: month,
			Cites: []news.Citation{{Quote: "NATO expelled eight envoys.", Span: news.Span{End: 27}, Trigger: news.Span{Start: 5, End: 13}}},
		}},
		Why: []news.Clause{{Text: "what:SANCTION"}, {Text: "mode:expel"}},
	}
	fmt.Print(notify.Render(alert, notify.Style{
		Width: 80,
		Names: func(code string) string { return map[string]string{"RUS": "Russia"}[code] },
	}))
	// Output:
	// HIGH  expulsions · Diplomats expelled                            new  k7q2m4xd.1
	//   NATO → Russia   expels people
	//   SANCTION/expel · CAMEO 161 · told 2021-10 · place not told
	//   “NATO [expelled] eight envoys.”
	//   article  Envoys out · no address · en · 2021-10
	//   why: quidnunc explain k7q2m4xd                               sent to: terminal
}

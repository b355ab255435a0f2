package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// The seed article's alert as the sample's rule gives it, built by hand.
const seedQuote = "Sergei Lavrov, 71 ans, a annoncé que le Kremlin avait décidé de suspendre sa mission permanente au sein de l’OTAN " +
	"à la suite d’une détérioration des relations entre le bloc et la Russie."

func date(t testing.TB, s string) news.Interval {
	t.Helper()
	i, err := news.ParseInterval(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func names(code string) string {
	return map[string]string{"RUS": "Russia", "NATO": "NATO", "GBR": "United Kingdom", "UNO": "United Nations"}[code]
}

var (
	russia = news.Actor{Key: "russia", Name: "Russia", Country: "RUS", Sectors: []plover.Sector{"GOV"}, Text: "le Kremlin"}
	nato   = news.Actor{Key: "nato", Name: "NATO", Country: "NATO", Text: "l’OTAN"}
	lavrov = news.Actor{Key: "sergei-lavrov", Name: "Sergei Lavrov", Country: "RUS", Sectors: []plover.Sector{"GOV"}, Text: "Sergei Lavrov"}
)

// cite quotes a sentence that begins at byte 14 of the article.
func cite(sentence int, quote, trigger string) news.Citation {
	const at = 14
	i := strings.Index(quote, trigger)
	return news.Citation{
		Sentence: sentence, Span: news.Span{Start: at, End: at + len(quote)},
		Trigger: news.Span{Start: at + i, End: at + i + len(trigger)}, Quote: quote, Pattern: "verb", Confidence: 0.9,
	}
}

func action(t plover.Type, m plover.Mode, cameo, trigger string) news.Action {
	a := news.NewAction(t, m, cameo)
	a.Trigger = trigger
	return a
}

func seed(t testing.TB) news.Alert {
	t.Helper()
	said := []news.Attribution{{Actor: lavrov}}
	told := date(t, "2021-10")
	told.Resolved = news.ByDocument
	return news.Alert{
		ID: "k7q2m4xdabcdefghijklmnopqr", Revision: 1, Change: news.New, Rule: "russia-nato-rupture",
		Title: "Russia and NATO break relations", Owner: "europe-desk", Severity: news.High,
		At: time.Date(2021, 10, 1, 0, 0, 0, 0, time.UTC), Origin: news.Archive,
		Article: news.Reference{
			ID: "articleid", Revision: "revisionid", Publisher: news.NoPublisher, Language: "fr",
			Published: date(t, "2021-10"), Source: "testdata/seed-article.txt",
		},
		Story: news.Story{
			ID: "3f9cabcdefghijklmnopqrstuv", Articles: 1, Publishers: 1,
			Firsts: []news.First{{Event: "event1", What: plover.Sanction, Who: "RUS", Whom: "NATO", Pair: true}},
		},
		Events: []news.Event{
			{
				ID: "event1", Who: []news.Actor{russia}, What: action(plover.Sanction, "withdraw", "161", "suspendre"),
				Whom: []news.Actor{nato}, When: told, Effective: date(t, "2021-11-01"), Realis: news.Actual, By: said, Lead: true,
				Cites: []news.Citation{cite(1, seedQuote, "suspendre")},
			},
			{
				ID: "event4", Who: []news.Actor{russia}, What: action(plover.Sanction, "withdraw", "161", "retirer"),
				Whom: []news.Actor{nato}, When: told, Effective: date(t, "2021-11-01"), Realis: news.Actual, By: said,
				Where: &news.Place{Name: "Moscow", Country: "RUS", Text: "Moscou"},
				Cites: []news.Citation{cite(6, "verra également la Russie retirer toute accréditation", "retirer")},
			},
		},
		Why: []news.Clause{{Text: "what:SANCTION"}, {Text: "who:Russie"}, {Text: "whom:OTAN"}},
	}
}

// expulsion is event 6 of the seed: history with a number.
func expulsion(t testing.TB) news.Event {
	t.Helper()
	when := date(t, "2018")
	when.Resolved = news.Relative
	return news.Event{
		ID: "event6", Who: []news.Actor{nato}, What: action(plover.Sanction, "expel", "161", "expulser"), Whom: []news.Actor{russia},
		When: when, Realis: news.Actual, Historical: true, Count: &news.Quantity{Value: 7, Min: 7, Max: 7, Text: "sept diplomates"},
		Cites: []news.Citation{cite(3, "l’OTAN a choisi d’expulser sept diplomates russes", "expulser")},
	}
}

// attack is event 7: nobody named, a place, somebody dead.
func attack(t testing.TB) news.Event {
	t.Helper()
	when := date(t, "2018")
	when.Resolved = news.Inferred
	return news.Event{
		ID: "event7", What: action(plover.Assault, "unconventional", "2041", "attaque"),
		Whom: []news.Actor{{Name: "GBR", Country: "GBR"}}, When: when, Realis: news.Alleged, Historical: true,
		Where: &news.Place{Name: "Salisbury", Country: "GBR"}, Dead: &news.Quantity{Value: 1, Min: 1},
		Cites: []news.Citation{cite(3, "à la suite de l’attaque fatale à l’agent neurotoxique contre Salisbury", "attaque")},
	}
}

package coder_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// The first event of each sentence: how real it is, who says so and via whom, and how many it counts.
func TestHowItIsTold(t *testing.T) {
	c := newCoder()
	for row := range strings.SplitSeq(strings.TrimSpace(`
en | Russia bombed Ukraine. | actual
en | Russia allegedly bombed Ukraine. | alleged
en | Russia reportedly bombed Ukraine. | alleged
en | Russia could bomb Ukraine. | hypothetical
en | Russia might have bombed Ukraine. | hypothetical
en | According to the Financial Times, Russia bombed Ukraine. | actual, by Financial Times
en | Russia bombed Ukraine, according to Emmanuel Macron. | actual, by Emmanuel Macron
en | Emmanuel Macron said Russia had bombed Ukraine. | actual, by Emmanuel Macron
en | Russia bombed Ukraine, Emmanuel Macron told the Financial Times. | actual, by Emmanuel Macron via Financial Times
en | Emmanuel Macron said Vladimir Putin told him that Turkey had bombed Syria. | actual, by Vladimir Putin via Emmanuel Macron
en | According to Emmanuel Macron, Vladimir Putin admitted that Turkey had bombed Syria, the Financial Times reported. | actual, by Vladimir Putin via Emmanuel Macron, Financial Times
en | Emmanuel Macron said the talks went well and Vladimir Putin said Turkey had bombed Syria. | actual, by Vladimir Putin
en | Russia did not bomb Ukraine. | nothing
en | Russia expelled at least 12 French diplomats. | actual, 12 from 12 to 0
en | Russia expelled between 10 and 20 French diplomats. | actual, 10 from 10 to 20
en | Russia expelled more than 200 French diplomats. | actual, 200 from 200 to 0
en | Russia expelled twenty-five French diplomats. | actual, 25 from 25 to 25
en | Russia expelled dozens of French diplomats. | actual, 12 from 12 to 0
en | The Taliban released thousands of Afghan prisoners. | actual, 1000 from 1000 to 0
fr | La Russie a bombardé l'Ukraine. | actual
fr | La Russie aurait bombardé l'Ukraine. | alleged
fr | La Russie pourrait bombarder l'Ukraine. | hypothetical
fr | Selon Emmanuel Macron, la Russie a bombardé l'Ukraine. | actual, by Emmanuel Macron
fr | Selon le Financial Times, la Russie a bombardé l'Ukraine. | actual, by Financial Times
fr | Emmanuel Macron a affirmé que la Russie avait bombardé l'Ukraine. | actual, by Emmanuel Macron
fr | La Russie a bombardé l'Ukraine, a affirmé Emmanuel Macron. | actual, by Emmanuel Macron
fr | La Russie a bombardé l'Ukraine, a déclaré Emmanuel Macron au Financial Times. | actual, by Emmanuel Macron via Financial Times
fr | Emmanuel Macron a affirmé que Vladimir Poutine avait déclaré que la Turquie avait bombardé la Syrie. | actual, by Vladimir Putin via Emmanuel Macron
fr | Selon Emmanuel Macron, Vladimir Poutine a reconnu que la Turquie avait bombardé la Syrie. | actual, by Vladimir Putin via Emmanuel Macron
fr | Emmanuel Macron a dit être déçu et Vladimir Poutine a affirmé que la Turquie avait bombardé la Syrie. | actual, by Vladimir Putin
fr | La Russie n'a pas bombardé l'Ukraine. | nothing
fr | La Russie a expulsé au moins 12 diplomates français. | actual, 12 from 12 to 0
fr | La Russie a expulsé entre 10 et 20 diplomates français. | actual, 10 from 10 to 20
fr | La Russie a expulsé plus de 200 diplomates français. | actual, 200 from 200 to 0
fr | La Russie a expulsé une dizaine de diplomates français. | actual, 10 from 10 to 0
fr | La Russie a expulsé vingt-cinq diplomates français. | actual, 25 from 25 to 25
fr | Les talibans ont libéré plus de 2 000 prisonniers afghans. | actual, 2000 from 2000 to 0
fr | Les talibans ont libéré 12 500 prisonniers afghans. | actual, 12500 from 12500 to 12500
fr | La Russie a expulsé des dizaines de Français. | actual, 10 from 10 to 0
`), "\n") {
		cell := strings.Split(row, " | ")
		events := c.Code(article(cell[0], "2021-10-18", cell[1]))
		got := "nothing"
		if len(events) > 0 {
			got = telling(events[0])
		}
		if got != cell[2] {
			t.Errorf("%s | %s", cell[0]+" | "+cell[1], got)
		}
	}
}

func telling(e news.Event) string {
	got := string(e.Realis)
	for _, by := range e.By {
		got += ", by " + by.Actor.Name
		if by.Via != "" {
			got += " via " + by.Via
		}
	}
	if e.Count != nil {
		got += fmt.Sprintf(", %d from %d to %d", e.Count.Value, e.Count.Min, e.Count.Max)
	}
	return got
}

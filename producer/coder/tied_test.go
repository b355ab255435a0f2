package coder_test

import (
	"strings"
	"testing"
)

// Published on Monday 2021-10-18: when each sentence's first event happened, and after "from" when it takes effect.
func TestDatesAreTiedToTheirEvents(t *testing.T) {
	c := newCoder()
	for row := range strings.SplitSeq(strings.TrimSpace(`
en | Russia expelled two French diplomats on Thursday. | 2021-10-14
en | Russia will expel two French diplomats on Thursday. | 2021-10-18 from 2021-10-21
en | On Thursday, Russia expelled two French diplomats. | 2021-10-14
en | Macron said on Thursday that Russia had expelled two French diplomats in 2014. | 2014
en | Macron said on Friday that Russia had expelled two French diplomats. | 2021-10-18
en | Russia attacked Ukraine in February 2022 and France imposed sanctions on Russia in March 2022. | 2021-10-18 from 2022-02
en | Russia, which annexed Crimea in 2014, expelled two French diplomats on Friday. | 2014
en | Russia agreed to withdraw its troops from Syria by Friday. | 2021-10-18 from 2021-10-18/2021-10-23
en | The attack on Kyiv on Sunday killed two people. | 2021-10-17
en | Russia expelled two French diplomats three weeks ago. | 2021-09-27/2021-10-04
fr | La Russie a expulsé deux diplomates français jeudi. | 2021-10-14
fr | La Russie expulsera deux diplomates français jeudi. | 2021-10-18 from 2021-10-21
fr | Jeudi, la Russie a expulsé deux diplomates français. | 2021-10-14
fr | Macron a dit jeudi que la Russie avait expulsé deux diplomates français en 2014. | 2014
fr | Macron a affirmé vendredi que la Russie avait expulsé deux diplomates français. | 2021-10-18
fr | L'expulsion de deux diplomates russes par la France en 2018 a été critiquée. | 2018
fr | La Russie, qui a annexé la Crimée en 2014, a expulsé deux diplomates français vendredi. | 2014
fr | La Russie a accepté de retirer ses troupes de Syrie d'ici vendredi. | 2021-10-18 from 2021-10-18/2021-10-23
fr | L'attaque de Kiev dimanche a tué deux personnes. | 2021-10-17
fr | La Russie a expulsé deux diplomates français il y a trois semaines. | 2021-09-27/2021-10-04
`), "\n") {
		cell := strings.Split(row, " | ")
		events := c.Code(article(cell[0], "2021-10-18", cell[1]))
		if len(events) == 0 {
			t.Errorf("%s: no event", cell[1])
			continue
		}
		got := events[0].When.String()
		if !events[0].Effective.IsZero() {
			got += " from " + events[0].Effective.String()
		}
		if got != cell[2] {
			t.Errorf("%s\n got %s\nwant %s", cell[1], got, cell[2])
		}
	}
}

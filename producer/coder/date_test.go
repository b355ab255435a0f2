package coder_test

import (
	"strings"
	"testing"
)

// Each sentence was published on Monday 2021-10-18; below it stand its expressions of time and what they mean, and after
// "or" what they mean beside a verb of the future.
func checkDates(t *testing.T, lang, table string) {
	t.Helper()
	c := newCoder()
	rows := 0
	for row := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		text, want, ok := strings.Cut(strings.TrimSpace(row), " => ")
		if !ok {
			t.Fatalf("no => in %q", row)
		}
		rows++
		got := strings.Join(c.Dates(article(lang, "2021-10-18", text)), "; ")
		if got == "" {
			got = "none"
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	if rows < 60 {
		t.Errorf("%s: only %d expressions", lang, rows)
	}
}

func TestEnglishExpressionsOfTime(t *testing.T) {
	checkDates(t, "en", `
The army attacked the town on October 12, 2021. => October 12, 2021: 2021-10-12
The army attacked the town on 12 October 2021. => 12 October 2021: 2021-10-12
The army attacked the town on Oct. 12, 2021. => Oct. 12, 2021: 2021-10-12
The army attacked the town on 2021-10-12. => 2021-10-12: 2021-10-12
The army attacked the town on 10/18/2021. => 10/18/2021: 2021-10-18
The army attacked the town on 3/4/2021. => none
The army attacked the town on October 12. => October 12: 2021-10-12 or 2022-10-12
The army will leave the town on November 12. => November 12: 2021-11-12
The army attacked the town in October 2020. => October 2020: 2020-10
The army attacked the town in March. => March: 2021-03 or 2022-03
The army attacked the town last March. => March: 2021-03
The army will attack the town next March. => March: 2022-03
The army attacked the town in mid-September. => mid-September: 2021-09 or 2022-09
The army attacked the town in early 2014. => 2014: 2014
The army attacked the town in 2014. => 2014: 2014
The army attacked the town in the 1990s. => 1990s: 1990-01-01/2000-01-01
The army attacked the town between 2014 and 2018. => between 2014 and 2018: 2014-01-01/2019-01-01
The army attacked the town from March to May 2020. => from March to May 2020: 2020-03-01/2020-06-01
The army attacked the town from 3 to 5 October. => from 3 to 5 October: 2021-10-03/2021-10-06
The army attacked the town on October 3-5, 2021. => October 3-5, 2021: 2021-10-03/2021-10-06
The army has held the town since 2014. => since 2014: 2014-01-01/2021-10-19
The army has held the town since Thursday. => since Thursday: 2021-10-14/2021-10-19
The army attacked the town on Thursday. => Thursday: 2021-10-14 or 2021-10-21
The army attacked the town last Thursday. => Thursday: 2021-10-14
The army will leave the town next Thursday. => Thursday: 2021-10-21
The army attacked the town on Monday. => Monday: 2021-10-18
The army attacked the town in the early hours of Sunday. => Sunday: 2021-10-17 or 2021-10-24
The army attacked the town overnight Saturday into Sunday. => Saturday into Sunday: 2021-10-16/2021-10-18
The army attacked the town today. => today: 2021-10-18
The army attacked the town yesterday. => yesterday: 2021-10-17
The army attacked the town the day before yesterday. => the day before yesterday: 2021-10-16
The army will leave the town tomorrow. => tomorrow: 2021-10-19
The army attacked the town last night. => last night: 2021-10-17
The army attacked the town earlier this week. => earlier this week: 2021-10-18/2021-10-25
The army attacked the town last week. => last week: 2021-10-11/2021-10-18
The army will leave the town next week. => next week: 2021-10-25/2021-11-01
The army attacked the town over the weekend. => over the weekend: 2021-10-16/2021-10-18
The army will leave the town this weekend. => this weekend: 2021-10-16/2021-10-18 or 2021-10-23/2021-10-25
The army attacked the town earlier this month. => earlier this month: 2021-10
The army attacked the town last month. => last month: 2021-09
The army attacked the town late last year. => late last year: 2020
The army attacked the town earlier this year. => earlier this year: 2021
The army will leave the town early next year. => early next year: 2022
The army attacked the town two days ago. => two days ago: 2021-10-16
The army attacked the town three weeks ago. => three weeks ago: 2021-09-27/2021-10-04
The army attacked the town two months ago. => two months ago: 2021-08
The army attacked the town a year ago. => a year ago: 2020
The army attacked the town a decade ago. => a decade ago: 2009-01-01/2014-01-01
The army attacked the town in 2014. It left four years later. => four years later: 2018
The army attacked the town in 2014. It had come two years earlier. => two years earlier: 2012
The army attacked the town on October 12. It left the next day. => the next day: 2021-10-13
The army attacked the town on October 12. It had come the day before. => the day before: 2021-10-11
The army attacked the town on October 12. It left the same day. => the same day: 2021-10-12
The army attacked the town on October 12. It left two days later. => two days later: 2021-10-14
The army has attacked the town over the past two weeks. => past two weeks: 2021-10-04/2021-10-19
The army has attacked the town in the last three years. => last three years: 2018-10-18/2021-10-19
The army will leave the town in the next two months. => next two months: 2021-10-18/2021-12-19
The army will leave the town in two weeks. => in two weeks:  or 2021-11-01/2021-11-08
The army took the town in two weeks of fighting. => none
The army will leave the town by Friday. => by Friday: 2021-10-18/2021-10-23
The army will leave the town by the end of the month. => by the end of the month: 2021-10-18/2021-11-01
The army will leave the town before the end of the year. => before the end of the year: 2021-10-18/2022-01-01
The army will stay until 2024. => until 2024: 2021-10-18/2025-01-01
The army attacked the town last summer. => summer: 2021-06-01/2021-09-01
The army attacked the town in the spring of 2014. => spring of 2014: 2014-03-01/2014-06-01
The army attacked the town in the first quarter of 2021. => first quarter of 2021: 2021-01-01/2021-04-01
The army attacked the town last quarter. => last quarter: 2021-07-01/2021-10-01
The army may march on the town. => none
The army attacked 2014 soldiers. => none
`)
}

func TestFrenchExpressionsOfTime(t *testing.T) {
	checkDates(t, "fr", `
L'armée a attaqué la ville le 12 octobre 2021. => 12 octobre 2021: 2021-10-12
L'armée a attaqué la ville le 1er octobre 2021. => 1er octobre 2021: 2021-10-01
L'armée a attaqué la ville le 12/10/2021. => 12/10/2021: 2021-10-12
L'armée a attaqué la ville le 12 octobre. => 12 octobre: 2021-10-12 or 2022-10-12
L'armée quittera la ville le 12 novembre. => 12 novembre: 2021-11-12
La mesure entrera en vigueur dès le 1er novembre. => 1er novembre: 2021-11-01
L'armée a attaqué la ville en octobre 2020. => octobre 2020: 2020-10
L'armée a attaqué la ville en mars. => mars: 2021-03 or 2022-03
L'armée a attaqué la ville en mars dernier. => mars dernier: 2021-03
L'armée attaquera la ville en mars prochain. => mars prochain: 2022-03
L'armée a attaqué la ville à la mi-septembre. => mi-septembre: 2021-09 or 2022-09
L'armée a attaqué la ville début 2014. => 2014: 2014
L'armée a attaqué la ville en 2014. => 2014: 2014
L'armée a attaqué la ville dans les années 1990. => années 1990: 1990-01-01/2000-01-01
L'armée a attaqué la ville dans les années 90. => années 90: 1990-01-01/2000-01-01
L'armée a attaqué la ville entre 2014 et 2018. => entre 2014 et 2018: 2014-01-01/2019-01-01
L'armée a attaqué la ville de mars à mai 2020. => de mars à mai 2020: 2020-03-01/2020-06-01
L'armée a attaqué la ville du 3 au 5 octobre. => du 3 au 5 octobre: 2021-10-03/2021-10-06
L'armée tient la ville depuis 2014. => depuis 2014: 2014-01-01/2021-10-19
L'armée tient la ville depuis jeudi. => depuis jeudi: 2021-10-14/2021-10-19
L'armée tient la ville depuis le 12 octobre. => depuis le 12 octobre: 2021-10-12/2021-10-19
L'armée a attaqué la ville jeudi. => jeudi: 2021-10-14 or 2021-10-21
L'armée a attaqué la ville jeudi dernier. => jeudi dernier: 2021-10-14
L'armée quittera la ville jeudi prochain. => jeudi prochain: 2021-10-21
L'armée a attaqué la ville lundi. => lundi: 2021-10-18
L'armée a attaqué la ville ce lundi. => lundi: 2021-10-18
L'armée a attaqué la ville dimanche matin. => dimanche: 2021-10-17 or 2021-10-24
L'armée a attaqué la ville dans la nuit de samedi à dimanche. => samedi à dimanche: 2021-10-16/2021-10-18
L'armée a attaqué la ville aujourd'hui. => aujourd'hui: 2021-10-18
L'armée a attaqué la ville hier. => hier: 2021-10-17
L'armée a attaqué la ville hier soir. => hier soir: 2021-10-17
L'armée a attaqué la ville avant-hier. => avant-hier: 2021-10-16
L'armée quittera la ville demain. => demain: 2021-10-19
L'armée a attaqué la ville ce matin. => ce matin: 2021-10-18
L'armée a attaqué la ville plus tôt cette semaine. => plus tôt cette semaine: 2021-10-18/2021-10-25
L'armée a attaqué la ville la semaine dernière. => la semaine dernière: 2021-10-11/2021-10-18
L'armée quittera la ville la semaine prochaine. => la semaine prochaine: 2021-10-25/2021-11-01
L'armée a attaqué la ville le week-end dernier. => le week-end dernier: 2021-10-16/2021-10-18
L'armée a attaqué la ville ce week-end. => ce week-end: 2021-10-16/2021-10-18 or 2021-10-23/2021-10-25
L'armée a attaqué la ville plus tôt ce mois-ci. => plus tôt ce mois-ci: 2021-10
L'armée a attaqué la ville le mois dernier. => le mois dernier: 2021-09
L'armée a attaqué la ville fin septembre. => septembre: 2021-09 or 2022-09
L'armée a attaqué la ville cette année. => cette année: 2021
L'armée a attaqué la ville l'an dernier. => l'an dernier: 2020
L'armée quittera la ville l'année prochaine. => l'année prochaine: 2022
L'armée a attaqué la ville il y a deux jours. => il y a deux jours: 2021-10-16
L'armée a attaqué la ville il y a trois semaines. => il y a trois semaines: 2021-09-27/2021-10-04
L'armée a attaqué la ville il y a deux mois. => il y a deux mois: 2021-08
L'armée a attaqué la ville il y a deux ans. => il y a deux ans: 2019
L'armée a attaqué la ville il y a une décennie. => il y a une décennie: 2009-01-01/2014-01-01
L'armée a attaqué la ville en 2014. Elle est partie quatre ans plus tard. => quatre ans plus tard: 2018
L'armée a attaqué la ville en 2014. Elle était arrivée deux ans plus tôt. => deux ans plus tôt: 2012
L'armée a attaqué la ville le 12 octobre. Elle est partie le lendemain. => le lendemain: 2021-10-13
L'armée a attaqué la ville le 12 octobre. Elle était arrivée la veille. => la veille: 2021-10-11
L'armée a attaqué la ville le 12 octobre. Elle est partie le jour même. => le jour même: 2021-10-12
L'armée a attaqué la ville le 12 octobre. Elle est partie deux jours plus tard. => deux jours plus tard: 2021-10-14
L'armée a attaqué la ville en 2014. Elle est partie l'année suivante. => l'année suivante: 2015
L'armée a attaqué la ville au cours des trois derniers jours. => trois derniers jours: 2021-10-15/2021-10-19
L'armée attaque la ville ces deux dernières semaines. => deux dernières semaines: 2021-10-04/2021-10-19
L'armée quittera la ville dans les deux prochains mois. => deux prochains mois: 2021-10-18/2021-12-19
L'armée quittera la ville dans deux semaines. => dans deux semaines:  or 2021-11-01/2021-11-08
L'armée quittera la ville d'ici vendredi. => ici vendredi: 2021-10-18/2021-10-23
L'armée quittera la ville d'ici la fin du mois. => d'ici la fin du mois: 2021-10-18/2021-11-01
L'armée quittera la ville avant la fin de l'année. => avant la fin de l'année: 2021-10-18/2022-01-01
L'armée restera jusqu'au 5 novembre. => au 5 novembre: 2021-10-18/2021-11-06
L'armée a attaqué la ville l'été dernier. => été dernier: 2021-06-01/2021-09-01
L'armée a attaqué la ville au printemps 2014. => printemps 2014: 2014-03-01/2014-06-01
L'armée a attaqué la ville au premier trimestre 2021. => premier trimestre 2021: 2021-01-01/2021-04-01
L'armée a été attaquée. => none
`)
}

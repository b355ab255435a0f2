package coder_test

import "testing"

func TestEnglishConstructions(t *testing.T) {
	check(t, "en", "2021-10-18", []construction{
		{"active", "Russia expelled twelve American diplomats.", "RUS > USA/GOV SANCTION/expel 161 count=12"},
		{"active, present", "Ukraine accuses Russia.", "UKR > RUS ACCUSE/allege 112"},
		{"passive with by", "Twelve American diplomats were expelled by Russia.", "RUS > USA/GOV SANCTION/expel 161 count=12"},
		{"passive without doer", "Several journalists were arrested in Minsk.", "- > BLR/MED COERCE/arrest 173 where=Minsk"},
		{"noun with of and by", "The expulsion of eight Russian diplomats by France was confirmed.", "FRA > RUS/GOV SANCTION/expel 161 count=8"},
		{"noun with an owner and on", "Israel's attack on Gaza continued.", "ISR > PSE ASSAULT 180 where=Gaza"},
		{"noun with between", "Talks between Iran and the United States resumed.", "IRN > USA CONSULT 040"},
		{"noun after an adjective of nationality", "Russian airstrikes on Kyiv killed at least 12 people.", "RUS > UKR ASSAULT/aerial 195 where=Kyiv count=12 dead=12[12,0]"},
		{"light verb", "The United States imposed sanctions on Belarus.", "USA > BLR SANCTION 163"},
		{"light verb in the passive", "Sanctions were imposed on Belarus by the European Union.", "EUR > BLR SANCTION 163"},
		{"particle", "Russia cut off gas supplies to Poland.", "RUS > POL SANCTION/discontinue 162"},
		{"coordinated doers", "France and Germany condemned Belarus.", "FRA+DEU > BLR ACCUSE/disapprove 111"},
		{"coordinated acts", "Turkey attacked and occupied Cyprus.", "TUR > CYP ASSAULT 180\nTUR > CYP COERCE/seize 192"},
		{"reciprocal", "Emmanuel Macron and Vladimir Putin met.", "FRA/GOV > RUS/GOV CONSULT 040"},
		{"relative clause", "The Turkish soldiers who attacked the Kurds withdrew.", "TUR/MIL > ? ASSAULT 180"},
		{"title and name", "Russian Foreign Minister Sergei Lavrov criticised NATO.", "RUS/GOV > NATO ACCUSE/disapprove 111"},
		{"subject through its noun", "The decision of NATO reduced the Russian delegation.", "NATO > RUS/GOV SANCTION/expel 161"},
		{"description resolved", "NATO criticised Russia. The alliance expelled eight Russian diplomats.", "NATO > RUS ACCUSE/disapprove 111\nNATO > RUS/GOV SANCTION/expel 161 count=8"},
		{"pronoun resolved", "Turkey sent envoys. It attacked Syria.", "TUR > SYR ASSAULT 180"},
		{"headline with to", "Russia to expel American diplomats", "RUS > USA/GOV THREATEN/expel 132"},
	})
}

func TestEnglishComposition(t *testing.T) {
	check(t, "en", "2021-10-18", []construction{
		{"decide + act is the act", "NATO decided to expel eight Russian diplomats.", "NATO > RUS/GOV SANCTION/expel 161 count=8"},
		{"refuse + act", "Iran refused to meet the United States.", "IRN > USA REJECT/meet 125"},
		{"threaten + act", "Russia threatened to invade Ukraine.", "RUS > UKR THREATEN/territory 138"},
		{"agree + act", "Russia agreed to withdraw its troops from Georgia.", "RUS > GEO AGREE 035"},
		{"demand + act", "France asked Israel to withdraw its troops.", "FRA > ISR REQUEST/yield 105"},
		{"call for an act", "France called for the release of prisoners in Belarus.", "FRA > BLR/CVL REQUEST/yield 105 where=Belarus"},
		{"accuse of an act", "Ukraine accused Russia of bombing Mariupol.", "UKR > RUS ACCUSE/allege 112"},
		{"deny an act", "Moscow denied having attacked Ukraine.", ""},
		{"reject an accusation", "Russia rejected accusations that it had attacked Ukraine.", ""},
		{"condemned act", "France condemned the attack by Turkey on the Kurds.", "FRA > TUR ACCUSE/disapprove 111"},
		{"willing to", "Russia is willing to withdraw its troops from Georgia.", "RUS > GEO AGREE 035"},
		{"future cooperation is a promise", "Emmanuel Macron will meet Joe Biden.", "FRA/GOV > USA/GOV AGREE 036"},
		{"future conflict is a threat", "Russia will expel American diplomats.", "RUS > USA/GOV THREATEN/expel 132"},
		{"plan + act", "Russia plans to send aid to Syria.", "RUS > SYR AGREE 033"},
		{"consider is nothing yet", "Russia is considering sending aid to Syria.", "RUS > SYR AID 071 realis=hypothetical"},
	})
}

func TestEnglishRealisAndNegation(t *testing.T) {
	check(t, "en", "2021-10-18", []construction{
		{"negated", "Russia did not attack Ukraine.", ""},
		{"contracted", "Russia didn't attack Ukraine.", ""},
		{"future cooperation negated is a refusal", "Russia will not meet Ukraine.", "RUS > UKR REJECT/meet 125"},
		{"allegedly", "Russia allegedly bombed Ukraine.", "RUS > UKR ASSAULT/explosives 183 realis=alleged"},
		{"could", "Russia could attack Ukraine.", "RUS > UKR ASSAULT 180 realis=hypothetical"},
		{"if", "If Russia attacks Ukraine, war begins.", "RUS > UKR ASSAULT 180 realis=hypothetical"},
		{"without", "Turkish forces returned without attacking the Kurds.", ""},
	})
}

func TestEnglishAttribution(t *testing.T) {
	check(t, "en", "2021-10-18", []construction{
		{"said that", "Joe Biden said that Russia attacked Ukraine.", "RUS > UKR ASSAULT 180 by=Joe Biden"},
		{"according to", "According to the United Nations, Russia attacked Ukraine.", "RUS > UKR ASSAULT 180 by=UN"},
		{"according to a medium", "According to the Financial Times, Russia attacked Ukraine.", "RUS > UKR ASSAULT 180 by=Financial Times"},
		{"said after", "Russia attacked Ukraine, Joe Biden said.", "RUS > UKR ASSAULT 180 by=Joe Biden"},
		{"statement is no event", "Sergei Lavrov said that relations were good.", ""},
	})
}

func TestEnglishDates(t *testing.T) {
	check(t, "en", "2021-10-18", []construction{
		{"year, history", "Russia annexed Crimea in 2014.", "RUS > UKR COERCE/seize 192 when=2014(explicit) historical=true where=Crimea"},
		{"day, day first", "Russia expelled two French diplomats on 5 March 2021.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-03-05(explicit) historical=true count=2"},
		{"day, month first", "Russia expelled two French diplomats on March 5, 2021.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-03-05(explicit) historical=true count=2"},
		{"day without a year", "Russia expelled two French diplomats on October 12.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-10-12(relative) count=2"},
		{"yesterday", "Russia expelled two French diplomats yesterday.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-10-17(relative) count=2"},
		{"weekday", "Russia expelled two French diplomats on Friday.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-10-15(relative) count=2"},
		{"last month", "Russia expelled two French diplomats last month.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-09(relative) count=2"},
		{"years later", "Russia annexed Crimea in 2014. Four years later, NATO expelled seven Russian diplomats.", "RUS > UKR COERCE/seize 192 when=2014(explicit) historical=true where=Crimea\nNATO > RUS/GOV SANCTION/expel 161 when=2018(relative) historical=true count=7"},
		{"years ago", "Two years ago, Turkey attacked the Kurds.", "TUR > ? ASSAULT 180 when=2019(relative) historical=true"},
		{"takes effect", "Russia suspended its mission to NATO, a measure that will take effect on 1 November.", "RUS > NATO SANCTION/withdraw 161 effective=2021-11-01"},
	})
}

func TestEnglishDiscards(t *testing.T) {
	check(t, "en", "2021-10-18", []construction{
		{"sport", "The striker attacked twice in the final of the championship.", ""},
		{"weather", "The hurricane killed three people.", ""},
		{"metaphor", "The doctor saw him fight cancer after a heart attack.", ""},
		{"condolences", "The bishop expressed condolences for the families killed in the attack.", ""},
		{"decline to comment", "The White House declined to comment.", ""},
		{"no parties", "It was much criticised.", ""},
	})
}

func TestDatesAreNeverMorePreciseThanTheArticle(t *testing.T) {
	check(t, "en", "2021-10", []construction{
		{"yesterday of a month is the month", "Poland expelled two French diplomats yesterday.", "POL > FRA/GOV SANCTION/expel 161 when=2021-10(relative) count=2"},
		{"a weekday of a month is not known", "Poland expelled two French diplomats on Friday.", "POL > FRA/GOV SANCTION/expel 161 count=2"},
	})
	check(t, "en", "", []construction{
		{"no date at all", "Belarus expelled two French diplomats yesterday.", "BLR > FRA/GOV SANCTION/expel 161 count=2"},
		{"a year told", "Moscow annexed Crimea in 2014.", "RUS/GOV > UKR COERCE/seize 192 when=2014(explicit) where=Crimea"},
	})
}

func TestEnglishNewsroom(t *testing.T) {
	check(t, "en", "2024-05-14", []construction{
		{"another must do it: a demand", "Estonia's foreign minister said Russia must withdraw its troops from Ukraine.", "EST/GOV > RUS REQUEST/yield 105"},
		{"one's own must is none", "Russia said it must attack Ukraine.", "RUS > UKR ASSAULT 180 realis=hypothetical"},
		{"responsibility claimed is a statement", "The Taliban claimed responsibility for the attack in Kabul.", ""},
		{"concern is a statement", "France expressed concern about Turkey's attack on Syria.", ""},
		{"an aim is no act", "The visit was aimed at helping Poland.", ""},
		{"nature kills nobody", "The storm killed at least 20 people in Florida.", ""},
		{"who walks out makes it a strike", "Thousands of nurses walked out across England.", "GBR/LAB > - PROTEST/strike 143 where=England"},
		{"the object's people are whom", "Hamas released four hostages.", "PSE/REB > ?/CVL RETREAT/release 0841 count=4"},
		{"gathered to protest", "Hundreds of Germans gathered to protest against Russia.", "DEU > RUS PROTEST/demo 141"},
		{"two states in one word", "The US-Philippine talks resumed.", "USA > PHL CONSULT 040"},
		{"two nations before one noun", "Thousands of US and Filipino troops launched joint exercises.", "USA > PHL/MIL COOPERATE 0612"},
		{"the act condemned is of whom it was told", "Belarus jailed three Polish journalists. Warsaw condemned the jailing.", "BLR > POL/MED COERCE/arrest 173 count=3\nPOL/GOV > BLR ACCUSE/disapprove 111"},
		{"told again by its name", "The United States imposed tariffs on Mexico. The tariffs are high.", "USA > MEX SANCTION 163"},
		{"two who agree", "India and Japan agreed to resume talks.", "IND > JPN AGREE 036"},
		{"a name that opens the sentence", "Zoltan Farkas, a Hungarian minister, met Emmanuel Macron. Farkas criticised Hamas.", "HUN/GOV > FRA/GOV CONSULT 040\nHUN/GOV > PSE/REB ACCUSE/disapprove 111"},
	})
}

func TestTheEverydayOfOneCountryIsNoNews(t *testing.T) {
	const story = "Poland's economy grew. The Polish parliament debates. Poland has a new museum. Warsaw is busy. "
	check(t, "en", "2024-05-14", []construction{
		{"help within the country", story + "Companies funded the museum.", ""},
		{"help across a border", story + "Poland funded schools in Ukraine.", "POL > UKR/EDU AID 071 where=Ukraine"},
		{"help to those who govern", story + "Trade unions defended Donald Tusk.", "POL/LAB > POL/GOV SUPPORT 050"},
	})
}

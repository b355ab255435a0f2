package coder_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// construction is a sentence, keyed by what it shows, and the events it tells.
type construction struct{ name, text, want string }

func check(t *testing.T, lang, published string, table []construction) {
	t.Helper()
	c := newCoder()
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, e := range c.Code(article(lang, published, row.text)) {
				got = append(got, line(e))
			}
			if diff := cmp.Diff(row.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s", row.text, diff)
			}
		})
	}
}

func TestFrenchConstructions(t *testing.T) {
	check(t, "fr", "2021-10-18", []construction{
		{"active", "La Russie a expulsé douze diplomates américains.", "RUS > USA/GOV SANCTION/expel 161 count=12"},
		{"active, present", "L'Ukraine accuse la Russie.", "UKR > RUS ACCUSE/allege 112"},
		{"passive with par", "Douze diplomates américains ont été expulsés par la Russie.", "RUS > USA/GOV SANCTION/expel 161 count=12"},
		{"passive without doer", "Des journalistes ont été arrêtés à Minsk.", "- > BLR/MED COERCE/arrest 173 where=Minsk"},
		{"participle with par", "Les diplomates expulsés par la Pologne ont quitté Varsovie.", "POL > ?/GOV SANCTION/expel 161"},
		{"noun with de and par", "L'expulsion de huit diplomates russes par la France est confirmée.", "FRA > RUS/GOV SANCTION/expel 161 count=8"},
		{"noun with de and contre", "L'attaque de l'armée turque contre les Kurdes continue.", "TUR/MIL > ? ASSAULT 180"},
		{"noun with entre", "Des pourparlers entre l'Iran et les États-Unis ont repris.", "IRN > USA CONSULT 040"},
		{"noun with an adjective of nationality", "Les frappes israéliennes contre Gaza se poursuivent.", "ISR > PSE ASSAULT/aerial 195 where=Gaza"},
		{"light verb", "Les États-Unis ont imposé des sanctions contre la Biélorussie.", "USA > BLR SANCTION 163"},
		{"light verb in the passive", "Des sanctions ont été imposées à la Biélorussie par l'Union européenne.", "EUR > BLR SANCTION 163"},
		{"reflexive", "Les talibans se sont emparés de Kaboul.", "AFG/GOV > AFG COERCE/seize 171 where=Kabul"},
		{"coordinated doers", "La France et l'Allemagne condamnent la Biélorussie.", "FRA+DEU > BLR ACCUSE/disapprove 111"},
		{"reciprocal", "Emmanuel Macron et Vladimir Poutine se sont rencontrés.", "FRA/GOV > RUS/GOV CONSULT 040"},
		{"relative clause", "L'armée salue les soldats turcs qui ont attaqué les Kurdes.", "?/MIL > TUR/MIL SUPPORT 051\nTUR/MIL > ? ASSAULT 180"},
		{"possessive owner", "La Russie suspend sa mission auprès de l'OTAN.", "RUS > NATO SANCTION/withdraw 161"},
		{"title, nationality, portfolio, name", "Le ministre russe des Affaires étrangères Sergueï Lavrov a critiqué l'OTAN.", "RUS/GOV > NATO ACCUSE/disapprove 111"},
		{"subject through its noun", "La décision de l'OTAN a réduit la délégation russe.", "NATO > RUS/GOV SANCTION/expel 161"},
		{"inverted after a quotation", "« C'est une honte », a dénoncé la Chine.", "CHN > - ACCUSE/disapprove 111"},
		{"description resolved", "L'OTAN a critiqué la Russie. L'Alliance a expulsé huit diplomates russes.", "NATO > RUS ACCUSE/disapprove 111\nNATO > RUS/GOV SANCTION/expel 161 count=8"},
		{"infinitive with its subject", "L'accord verra la Russie retirer ses troupes de Géorgie.", "RUS > GEO RETREAT/withdraw 0874"},
	})
}

func TestFrenchComposition(t *testing.T) {
	check(t, "fr", "2021-10-18", []construction{
		{"decide + act is the act", "L'OTAN a décidé d'expulser huit diplomates russes.", "NATO > RUS/GOV SANCTION/expel 161 count=8"},
		{"choose + act is the act", "L'OTAN a choisi d'expulser huit diplomates russes.", "NATO > RUS/GOV SANCTION/expel 161 count=8"},
		{"announce + act is the act", "La Russie a annoncé suspendre sa mission auprès de l'OTAN.", "RUS > NATO SANCTION/withdraw 161"},
		{"refuse + act", "L'Iran refuse de rencontrer les États-Unis.", "IRN > USA REJECT/meet 125"},
		{"threaten + act", "La Russie menace d'envahir l'Ukraine.", "RUS > UKR THREATEN/territory 138"},
		{"accept + act", "La Russie a accepté de retirer ses troupes de Géorgie.", "RUS > GEO AGREE 035"},
		{"demand + act", "La France demande à Israël de retirer ses troupes.", "FRA > ISR REQUEST/yield 105"},
		{"accuse of an act", "L'Ukraine accuse la Russie d'avoir bombardé Marioupol.", "UKR > RUS ACCUSE/allege 112"},
		{"deny an act", "Le Kremlin nie avoir suspendu l'approvisionnement de l'Europe.", ""},
		{"condemned act", "La France condamne l'attaque de la Turquie contre les Kurdes.", "FRA > TUR ACCUSE/disapprove 111"},
		{"future cooperation is a promise", "Emmanuel Macron rencontrera Joe Biden.", "FRA/GOV > USA/GOV AGREE 036"},
		{"future conflict is a threat", "La Russie expulsera des diplomates américains.", "RUS > USA/GOV THREATEN/expel 132"},
		{"purpose has not happened", "Des experts se réunissent pour expulser la Russie.", ""},
	})
}

func TestFrenchRealisAndNegation(t *testing.T) {
	check(t, "fr", "2021-10-18", []construction{
		{"negated", "La Russie n'a pas attaqué l'Ukraine.", ""},
		{"sans + infinitive", "L'armée turque est rentrée sans attaquer les Kurdes.", ""},
		{"ne … jamais", "La France n'a jamais attaqué la Suisse.", ""},
		{"press conditional", "La Russie aurait bombardé l'Ukraine.", "RUS > UKR ASSAULT/aerial 195 realis=alleged"},
		{"could", "La Russie pourrait attaquer l'Ukraine.", "RUS > UKR ASSAULT 180 realis=hypothetical"},
		{"if", "Si la Russie attaque l'Ukraine, la guerre commence.", "RUS > UKR ASSAULT 180 realis=hypothetical"},
		{"fear", "Beaucoup craignent que la Russie attaque l'Ukraine.", "RUS > UKR ASSAULT 180 realis=hypothetical"},
	})
}

func TestFrenchAttribution(t *testing.T) {
	check(t, "fr", "2021-10-18", []construction{
		{"said that", "Joe Biden a affirmé que la Russie avait attaqué l'Ukraine.", "RUS > UKR ASSAULT 180 by=Joe Biden"},
		{"selon", "Selon l'ONU, la Russie a attaqué l'Ukraine.", "RUS > UKR ASSAULT 180 by=UN"},
		{"selon a medium", "Selon le Financial Times, la Russie a attaqué l'Ukraine.", "RUS > UKR ASSAULT 180 by=Financial Times"},
		{"said after", "La Russie a attaqué l'Ukraine, a déclaré Joe Biden.", "RUS > UKR ASSAULT 180 by=Joe Biden"},
		{"statement is no event", "Sergueï Lavrov a déclaré que les relations étaient bonnes.", ""},
	})
}

func TestFrenchDates(t *testing.T) {
	check(t, "fr", "2021-10-18", []construction{
		{"year, history", "La Russie a annexé la Crimée en 2014.", "RUS > UKR COERCE/seize 192 when=2014(explicit) historical=true where=Crimea"},
		{"day", "La Russie a expulsé deux diplomates français le 5 mars 2021.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-03-05(explicit) historical=true count=2"},
		{"day without a year", "La Russie a expulsé deux diplomates français le 12 octobre.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-10-12(relative) count=2"},
		{"month", "La Russie a expulsé deux diplomates français en septembre 2021.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-09(explicit) count=2"},
		{"yesterday", "La Russie a expulsé hier deux diplomates français.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-10-17(relative) count=2"},
		{"weekday", "La Russie a expulsé vendredi deux diplomates français.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-10-15(relative) count=2"},
		{"earlier this month", "La Russie a expulsé deux diplomates français plus tôt ce mois-ci.", "RUS > FRA/GOV SANCTION/expel 161 when=2021-10(relative) count=2"},
		{"years later", "La Russie a annexé la Crimée en 2014. Quatre ans plus tard, l'OTAN a expulsé sept diplomates russes.", "RUS > UKR COERCE/seize 192 when=2014(explicit) historical=true where=Crimea\nNATO > RUS/GOV SANCTION/expel 161 when=2018(relative) historical=true count=7"},
		{"years ago", "Il y a deux ans, la Turquie a attaqué les Kurdes.", "TUR > ? ASSAULT 180 when=2019(relative) historical=true"},
		{"takes effect", "La Russie suspend sa mission auprès de l'OTAN, une mesure qui devrait entrer en vigueur dès le 1er novembre.", "RUS > NATO SANCTION/withdraw 161 effective=2021-11-01"},
	})
}

func TestFrenchDiscards(t *testing.T) {
	check(t, "fr", "2021-10-18", []construction{
		{"sport", "L'attaquant a frappé deux fois en finale du championnat.", ""},
		{"weather", "La tempête a tué trois personnes.", ""},
		{"illness", "Le chanteur a succombé à une crise cardiaque, l'attaque l'a tué.", ""},
		{"economics", "La Russie fournit la moitié des importations de gaz de l'Europe.", ""},
		{"no parties", "On a beaucoup critiqué.", ""},
	})
}

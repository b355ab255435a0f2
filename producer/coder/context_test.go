package coder_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// What each context's condemnations are about, three in English and three in French; = before a whole sentence.
const about = `
military | the military exercises in Poland; Russian airstrikes; the deployment of an artillery battalion | les exercices militaires en Pologne; les frappes aériennes russes; le déploiement d'un bataillon
intelligence | the spying on its ministers; the work of the secret service; the wiretapping of journalists | l'espionnage de ses ministres; les méthodes des services secrets; les écoutes téléphoniques de journalistes
executive | the presidential decree; the executive order on visas; the state of emergency | le décret présidentiel; l'ordonnance sur les visas; l'état d'urgence
legislative | the bill on foreign agents; the vote of the parliament; the amendment of the law | le projet de loi sur les agents étrangers; le vote du parlement; l'amendement
election | the conduct of the election; the closing of polling stations; the referendum in Crimea | le déroulement du scrutin; la fermeture de bureaux de vote; le référendum en Crimée
political_institutions | the new constitution; the ruling of the constitutional court; the end of the rule of law | la nouvelle constitution; la décision de la cour constitutionnelle; la fin de l'état de droit
pro_democracy | the delay of the democratic transition; the end of democratic reforms; the treatment of the pro-democracy movement | le report de la transition démocratique; l'abandon des réformes démocratiques; le traitement du mouvement pro-démocratie
pro_autocracy | the coup in Niger; the junta in Bamako; the slide into dictatorship | le coup d'état au Niger; la junte de Bamako; la dérive autoritaire du régime
economic | the new tariffs; the economic sanctions; the ban on imports | les nouveaux droits de douane; les sanctions économiques; l'interdiction des importations
legal | the verdict; the trial of the reporter; the arrest warrant | le verdict; le procès du journaliste; le mandat d'arrêt
reparations | the refusal of reparations; the delay of the restitution of the statues; the compensation for victims as too low | le refus des réparations; le retard de la restitution des statues; la faible indemnisation des victimes
human_rights | the human rights abuses; the war crimes in Sudan; the use of torture | les violations des droits de l'homme; les crimes de guerre au Soudan; l'usage de la torture
rights_freedoms | the limits on press freedom; the end of freedom of speech; the curbs on civil liberties | la suppression de la liberté de réunion; la fin de la liberté d'expression; les limites aux libertés publiques
repression | the crackdown; the holding of political prisoners; the censorship of newspapers | la répression; la détention de prisonniers politiques; la censure des journaux
human_security | the famine in Gaza; the blocking of humanitarian aid; the deaths of civilians | le blocage de l'aide alimentaire; le blocage de l'aide humanitaire; la mort de civils
gender | the violence against women; the femicides; the limits on women's rights | les violences faites aux femmes; les féminicides; les atteintes aux droits des femmes
lgbt | the ban on gay pride; the law against homosexuality; the ban on same-sex marriage | l'interdiction de la marche des fiertés; la loi contre l'homosexualité; l'interdiction du mariage homosexuel
religion_ethnicity | the burning of a mosque; the sectarian violence; the rise of antisemitism | l'incendie d'une mosquée; les violences confessionnelles; la montée de l'antisémitisme
inequality | the racism of the police; the apartheid; the discrimination at work | le racisme de la police; l'apartheid; les discriminations au travail
diplomatic | the closing of the embassy; the summoning of its ambassador; the break of diplomatic relations | la fermeture de l'ambassade; la convocation de son ambassadeur; la rupture des relations diplomatiques
territory | the annexation of Crimea; the settlements in the West Bank; the attack on its territorial integrity | l'annexion de la Crimée; les colonies en Cisjordanie; la violation de son intégrité territoriale
peacekeeping | the attack on peacekeepers; the end of the peacekeeping mission; the killing of blue helmets | l'attaque contre des casques bleus; la fin de la mission de paix; l'échec du maintien de la paix
health | the vaccine mandate; the shelling of a hospital; the lockdown in Shanghai | l'obligation du vaccin; le bombardement d'un hôpital; le confinement à Shanghai
asylum | the return of asylum seekers; the closing of the refugee camp; the treatment of refugees | le renvoi de demandeurs d'asile; la fermeture du camp de réfugiés; le traitement des réfugiés
migration | the treatment of migrants; the deportation flights; the immigration law | le traitement des migrants; la loi sur l'immigration; l'arrestation de sans-papiers
disasters | =France sent aid to Turkey after the earthquake.; =Japan gave the Philippines ten million dollars in disaster relief.; =France sent aid to Pakistan after the floods. | =La France a envoyé une aide à la Turquie après le séisme.; =Le Japon a envoyé une aide aux Philippines après l'ouragan.; =La France a envoyé une aide au Pakistan après les inondations.
natural_resource | the closing of the pipeline; the mining of the seabed; the filling of the dam | la fermeture du gazoduc; l'exploitation minière des fonds marins; le remplissage du barrage
environment | the deforestation of the Amazon; the oil spill; the climate policy of Brazil | la déforestation de l'Amazonie; la marée noire; la politique climatique du Brésil
technology | the limits on semiconductors; the ban on social media; the use of artificial intelligence | les limites sur les semi-conducteurs; le blocage des réseaux sociaux; l'usage de l'intelligence artificielle
terrorism | the suicide bombing in Kabul; the support for terrorism; the car bomb in Mogadishu | l'attentat de Kaboul; le soutien au terrorisme; la voiture piégée de Mogadiscio
cbrn | the nuclear test; the use of chemical weapons; the launch of a ballistic missile | l'essai nucléaire; l'usage d'armes chimiques; le tir d'un missile balistique
cyber | the cyberattack; the hacking of its parliament; the ransomware gangs | la cyberattaque; le piratage de son parlement; les pirates informatiques
misinformation | the disinformation campaign; the Russian propaganda; the spread of fake news | la campagne de désinformation; la propagande russe; la diffusion de fausses informations
crime | the kidnapping by gangs; the murder of the mayor; the rise of organised crime | les enlèvements par des gangs; le meurtre du maire; la montée du crime organisé
corruption | the corruption; the bribery of ministers; the embezzlement of aid | la corruption; les pots-de-vin versés aux ministres; le détournement de fonds
illegal_drugs | the drug cartels; the flow of fentanyl; the smuggling of cocaine | les cartels de la drogue; le trafic de drogue; l'envoi de cocaïne
trafficking | the human trafficking; the arms trafficking; the people smugglers | la traite des êtres humains; le trafic d'armes; les passeurs`

func TestContexts(t *testing.T) {
	c := newCoder()
	left := plover.Contexts()
	for row := range strings.SplitSeq(strings.TrimSpace(about), "\n") {
		cell := strings.Split(row, " | ")
		want := plover.Context(cell[0])
		left = slices.DeleteFunc(left, func(c plover.Context) bool { return c == want })
		for k, lang := range []string{"en", "fr"} {
			sentences := strings.Split(cell[1+k], "; ")
			if len(sentences) < 3 {
				t.Errorf("%s, %s: %d sentences", want, lang, len(sentences))
			}
			for _, s := range sentences {
				text := "France condemned " + s + "."
				if lang == "fr" {
					text = "La France a condamné " + s + "."
				}
				if whole, ok := strings.CutPrefix(s, "="); ok {
					text = whole
				}
				events := c.Code(article(lang, "2021-10-18", text))
				if !slices.ContainsFunc(events, func(e news.Event) bool { return slices.Contains(e.What.Contexts, want) }) {
					t.Errorf("%s, %s: not in any of the %d events of %q", want, lang, len(events), text)
				}
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("no sentence for %v", left)
	}
	for _, e := range c.Code(article("en", "2021-10-18", "Russia criticised France.")) {
		if len(e.What.Contexts) > 0 {
			t.Errorf("contexts out of nothing: %v", e.What.Contexts)
		}
	}
}

package invent_test

import (
	"fmt"

	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
)

func ExamplePlan_All() {
	for r := range (invent.Plan{Seed: 1, Reports: 1, Days: 1}).All() {
		fmt.Println(r.Article.Title)
		fmt.Println(r.Article.Text)
		for _, e := range r.Events {
			fmt.Println(e.Who[0].Country, e.What.Type, e.Whom[0].Country)
		}
	}
	// Output:
	// La Chine, l’Espagne: hôpital, Nelker
	// La Chine accuse d’ingérence l’Espagne. À Nelker, on ne parlait que des dossiers hôpital et forêt. L’Allemagne condamne avec fermeté Israël. Aucune nouvelle de Nelker sur le dossier forêt. Le Royaume-Uni l’affirme : la Turquie suspend ses relations diplomatiques avec le Pakistan. Nelker avait décrit le dossier forêt 41 mois plus tôt. Nelker avait décrit le dossier forêt 75 mois plus tôt.
	// CHN ACCUSE ESP
	// DEU ACCUSE ISR
	// TUR SANCTION PAK
}

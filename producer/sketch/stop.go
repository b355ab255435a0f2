package sketch

import (
	"strings"
	"sync"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// stop holds the folded words of French and English that are about nothing. Other languages go without: what is in
// every article weighs little in any case.
var stop = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(stopWords) {
		m[text.Fold(w)] = true
	}
	return m
})

const stopWords = `
	the and for are but not you all any can had her was one our out has him his how its may new now old see two who did she
	use way many than them these they this that with have from been were said will would there their what about which when
	into only other some could more also after over most before between under while where during through because such those
	being both does each few further here just nor once same should too very yours mine upon yet still even however among
	against within without since until across around toward towards per via says say told tell according year years month
	months week weeks day days today yesterday tomorrow monday tuesday wednesday thursday friday saturday sunday january
	february march april june july august september october november december people time last first next second three
	four five six seven eight nine ten hundred thousand million billion made make take taken like much well back down off
	another every own never always often including later earlier ago way part your ours mr mrs ms
	les des une dans est que qui pour par sur avec pas plus son ses aux cette ces sont mais comme tout nous vous ils elle
	elles leur leurs ont été etre être avoir fait faire deux dont aussi entre ainsi après avant sans sous selon depuis lors
	même donc car très encore bien alors peut peuvent doit cet celle celui ceux celles mon ton notre votre nos vos mes tes
	était étaient avait avaient sera seront serait seraient aurait auraient soit moins trop peu chez vers contre pendant
	jusque jusqu quand où quel quelle quels quelles lequel laquelle lesquels rien tous toute toutes autre autres chaque
	plusieurs quelques certains certaines déjà toujours jamais ici ceci cela cet notamment tandis afin lui moi toi soi eux
	lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août septembre octobre
	novembre décembre année années mois jour jours semaine semaines hier demain aujourd'hui aujourd hui heure heures dit
	affirmé indiqué déclaré expliqué ajouté estimé annoncé selon trois quatre cinq sept huit neuf dix cent mille millions
	milliards premier première dernier dernière derniers dernières fois temps ans alors que lorsque puis sur votre est-ce
	n'est c'est qu'il qu'elle d'un d'une`

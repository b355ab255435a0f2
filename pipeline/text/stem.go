package text

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
)

// Stem returns what the inflected forms of a word have in common, folded: for "fr" and "en" Snowball's stem with the
// amendments below, for any other language the folded word. It depends on the folded word only, so a word typed without
// its accents has the same stem. It is for comparing, not for reading.
func Stem(lang, word string) string {
	word = Fold(word)
	switch lang {
	case "fr":
		return frenchStems.of(word)
	case "en":
		return englishStems.of(word)
	}
	return word
}

func stemEnglish(word string) string {
	if s := strings.TrimSuffix(word, "'s"); s != "" {
		word = s
	}
	if base, ok := irregularEnglish[word]; ok {
		word = base
	}
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

func stemFrench(word string) string {
	if s, ok := irregularFrench[word]; ok {
		return s
	}
	env := snowballstem.NewEnv(prepare(word))
	french.Stem(env)
	stem := Fold(env.Current())
	for _, e := range verbEnds { // attendre, attend, attendu
		if s, ok := strings.CutSuffix(stem, e.from); ok {
			return s + e.to
		}
	}
	if n := len(stem); n > 4 && stem[n-1] == 'i' && isConsonant(rune(stem[n-2])) { // publier, publié
		return stem[:n-1]
	}
	return stem
}

// prepare rewrites the endings of a folded word that Snowball knows by their accents, or misses.
func prepare(word string) string {
	n := len(word)
	if n < 4 {
		return word
	}
	for _, e := range wordEnds {
		if s, ok := strings.CutSuffix(word, e.from); ok && len(s) > 1 {
			return s + e.to
		}
	}
	if s, ok := strings.CutSuffix(word, "ent"); ok && n > 5 && isThirdPlural(s, word) {
		return s + "e"
	}
	if word[n-1] == 's' && n > 4 && (word[n-2] == 'o' || word[n-2] == 'u' && strings.IndexByte("dlntvr", word[n-3]) >= 0) {
		return word[:n-1] // euros, élus
	}
	return word
}

// isThirdPlural is true when the ending "-ent" of word, stem without it, is a verb's, not a noun's.
func isThirdPlural(stem, word string) bool {
	if stem[len(stem)-1] == 'm' {
		return verbsInMent[word]
	}
	return !nounsInEnt[strings.TrimPrefix(word, "ex-")]
}

var nounsInEnt = set(`president souvent argent present accident patient excellent frequent agent equivalent continent evident
	consequent vice-president content precedent accent orient different adolescent serpent incompetent permanent talent
	occident affluent client proche-orient excedent absent prudent recent concurrent intermittent ingredient violent incident
	sous-continent succulent competent imminent transparent couvent apparent moyen-orient urgent dissident inconvenient torrent
	parent resident sergent detergent contingent regent intelligent innocent eminent pertinent eloquent fervent coherent
	incoherent adherent inherent belligerent divergent convergent insurgent indulgent negligent diligent astringent
	recipient efficient conscient inconscient quotient coefficient arpent avent auvent paravent onguent truculent opulent turbulent
	virulent corpulent somnolent insolent indolent equipollent antecedent impudent strident trident ascendent decadent
	transcendent referent deferent indifferent effervescent convalescent incandescent phosphorescent evanescent latent patent
	potent impotent omnipotent ventripotent penitent impatient omniscient vincent laurent florent clement ambivalent
	polyvalent prevalent bivalent`)

var verbsInMent = set(`expriment affirment confirment ferment desarment arment reclament estiment aiment forment deforment proclament
	transforment informent reforment priment impriment suppriment repriment oppriment depriment compriment animent
	raniment nomment denomment renomment consomment somment assomment programment filment blament diffament acclament
	declament enflamment entament allument assument presument resument consument exhument fument parfument sement parsement
	escriment legitiment intiment victiment alarment gendarment dorment endorment charment abiment`)

type ending struct{ from, to string }

// wordEnds are endings of folded words, and what stands for them before Snowball; verbEnds endings of stems, after it.
var (
	wordEnds = []ending{
		{"ees", "ées"},
		{"ee", "ée"},
		{"ions", "ion"},
		{"iers", "ier"},
		{"oyers", "oyer"},
		{"amis", "ami"},
		{"emplois", "emploi"},
		{"lois", "loi"},
	}
	verbEnds = []ending{
		{"ndr", "nd"},
		{"ndu", "nd"},
		{"rdr", "rd"},
		{"rdu", "rd"},
		{"ompr", "omp"},
		{"ompu", "omp"},
		{"battr", "batt"},
		{"battu", "batt"},
		{"rompt", "romp"},
	}
)

// irregularFrench gives folded forms of verbs that newspapers use the stem of their infinitive.
var irregularFrench = forms(`
	mettr mettre mets met mettent mis mit mirent mettait mettra
	permettr permettre permet permettent permis permit permise
	promettr promettre promet promettent promis promit
	commettr commettre commet commettent commis commit commise commises
	soumettr soumettre soumet soumettent soumis soumit soumise soumises
	admettr admettre admet admettent admis admit admise admises
	transmettr transmettre transmet transmettent transmis transmit transmise
	demettr demettre demet demettent demis demit
	prendr prendre prend prennent pris prit prirent prenait prenant prendra
	reprendr reprendre reprend reprennent repris reprit
	surprendr surprendre surprend surprennent surpris surprit
	tenir tenir tient tiennent tenu tenue tenus tenues tint tiendra tenait
	obtenir obtenir obtient obtiennent obtenu obtenue obtenus obtenues obtint obtiendra
	deten detenir detient detiennent detenu detenue detenus detenues detention detentions
	souten soutenir soutient soutiennent soutenu soutenue soutenus soutenues soutint soutien
	mainten maintenir maintient maintiennent maintenu maintenue maintenus maintenues maintint maintien
	retenir retenir retient retiennent retenu retenue retenus retenues
	venir venir vient viennent venu venue venus venues vint viendra
	interven intervenir intervient interviennent intervenu intervenue intervint intervention interventions
	dir dire dit disent dits dite dites disait dira
	fair faire fait font faisait fera faits
	pouvoir pouvoir peut peuvent pu pouvait pourra pourrait pourraient
	devoir devoir doit doivent devait devra devrait devraient
	vouloir vouloir veut veulent voulu voulait voudra voudrait
	aller aller va vont allait ira
	detruir detruire detruit detruisent detruits detruite detruites detruisait
	produir produire produit produisent produits produite produites
	reduir reduire reduit reduisent reduits reduite reduites
	conduir conduire conduit conduisent conduits conduite conduites
	elir elire elit elisent elu elue elus elues
	mourir mourir meurt meurent mort morts morte mortes mourait
	vot vote votes voter votent votee votees
	convaincr convaincre convainc convaincu convaincus convaincue
	craindr craindre craint craignent craignait crainte craintes
	atteindr atteindre atteint atteignent atteints atteinte atteintes
	russie russie
	turquie turquie`)

// irregularEnglish gives folded past forms and plurals their base.
var irregularEnglish = forms(`
	say said
	take took taken
	hold held
	meet met
	lead led
	shoot shot
	fight fought
	strike struck stricken
	win won
	begin began begun
	break broke broken
	withdraw withdrew withdrawn
	give gave given
	speak spoke spoken
	tell told
	send sent
	sell sold
	buy bought
	bring brought
	seek sought
	teach taught
	catch caught
	think thought
	find found
	lose lost
	leave left
	make made
	pay paid
	steal stole stolen
	throw threw thrown
	overthrow overthrew overthrown
	grow grew grown
	know knew known
	fly flew flown
	fall fell fallen
	rise rose risen
	arise arose arisen
	drive drove driven
	ride rode ridden
	write wrote written
	choose chose chosen
	freeze froze frozen
	swear swore sworn
	wear wore worn
	tear tore torn
	bear bore born borne
	flee fled
	feel felt
	keep kept
	sleep slept
	sweep swept
	deal dealt
	mean meant
	build built
	rebuild rebuilt
	spend spent
	lend lent
	stand stood
	understand understood
	withstand withstood
	withhold withheld
	uphold upheld
	become became
	come came
	overcome overcame
	run ran
	sit sat
	spring sprang sprung
	sink sank sunk
	swim swam swum
	sing sang sung
	drink drank drunk
	hang hung
	go went gone goes
	do did done does
	get got gotten
	hear heard
	draw drew drawn
	show shown
	blow blew blown
	see saw seen
	eat ate eaten
	hide hid hidden
	bite bit bitten
	forbid forbade forbidden
	forgive forgave forgiven
	have has had
	be is are was were been
	man men
	woman women
	child children
	foot feet
	life lives
	wife wives
	thief thieves`)

// forms reads lines of a value and the words that have it.
func forms(lines string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(lines) {
		if f := strings.Fields(line); len(f) > 1 {
			for _, w := range f[1:] {
				m[w] = f[0]
			}
		}
	}
	return m
}

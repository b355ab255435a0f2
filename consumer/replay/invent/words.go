package invent

import "github.com/quidnunc-news/quidnunc/pipeline/plover"

// party is somebody who can do something, by its code, and its French name with the article.
type party struct{ code, french string }

// parties, those who are told of most first.
var parties = []party{
	{"USA", "les États-Unis"},
	{"RUS", "la Russie"},
	{"CHN", "la Chine"},
	{"UKR", "l’Ukraine"},
	{"FRA", "la France"},
	{"ISR", "Israël"},
	{"GBR", "le Royaume-Uni"},
	{"DEU", "l’Allemagne"},
	{"IRN", "l’Iran"},
	{"IND", "l’Inde"},
	{"NATO", "l’OTAN"},
	{"EUR", "l’Union européenne"},
	{"UNO", "l’ONU"},
	{"TUR", "la Turquie"},
	{"JPN", "le Japon"},
	{"SYR", "la Syrie"},
	{"BRA", "le Brésil"},
	{"EGY", "l’Égypte"},
	{"POL", "la Pologne"},
	{"ITA", "l’Italie"},
	{"ESP", "l’Espagne"},
	{"NGA", "le Nigeria"},
	{"KEN", "le Kenya"},
	{"ZAF", "l’Afrique du Sud"},
	{"MEX", "le Mexique"},
	{"CAN", "le Canada"},
	{"AUS", "l’Australie"},
	{"PAK", "le Pakistan"},
	{"IDN", "l’Indonésie"},
	{"MLI", "le Mali"},
	{"SDN", "le Soudan"},
	{"ETH", "l’Éthiopie"},
	{"DZA", "l’Algérie"},
	{"MAR", "le Maroc"},
	{"VEN", "le Venezuela"},
	{"COL", "la Colombie"},
	{"PHL", "les Philippines"},
	{"SAU", "l’Arabie saoudite"},
	{"SEN", "le Sénégal"},
}

// deed is one thing that can be told in both languages: who + verb + link + whom.
type deed struct {
	what  plover.Type
	mode  plover.Mode
	cameo string
	about plover.Context
	lemma string

	verb, link     string // English
	verbe, liaison string // French
	often          int
}

var deeds = []deed{
	{plover.Consult, "visit", "042", "diplomatic", "visit", "visited", " the ministers of ", "visite", " les ministres de ", 12},
	{plover.Consult, "multilateral", "046", "diplomatic", "negotiate", "negotiated", " in Geneva with ", "négocie", " à Genève avec ", 12},
	{plover.Agree, "", "057", "economic", "sign", "signed", " a trade agreement with ", "signe", " un accord commercial avec ", 8},
	{plover.Support, "", "051", "diplomatic", "praise", "praised", " the efforts of ", "félicite", " pour ses efforts ", 6},
	{plover.Cooperate, "", "061", "economic", "cooperate", "cooperated", " on energy with ", "coopère", " sur l’énergie avec ", 5},
	{plover.Aid, "", "073", "environment", "send", "sent", " food and medicine to ", "envoie", " des vivres et des médicaments chez ", 4},
	{plover.Accuse, "disapprove", "111", "diplomatic", "condemn", "condemned", " the decision of ", "condamne", " avec fermeté ", 10},
	{plover.Accuse, "allege", "112", "cyber", "accuse", "accused", " of interference ", "accuse", " d’ingérence ", 8},
	{plover.Request, "change", "104", "human_rights", "urge", "urged", " reforms upon ", "exige", " des réformes contre ", 6},
	{plover.Reject, "meet", "125", "diplomatic", "refuse", "refused", " to meet ", "refuse", " de rencontrer ", 4},
	{plover.Threaten, "relations", "131", "diplomatic", "threaten", "threatened", " to break relations with ", "menace", " de rompre ses relations avec ", 5},
	{plover.Protest, "demo", "141", "pro_democracy", "protest", "protested", " in the capital against ", "manifeste", " dans la capitale contre ", 7},
	{plover.Sanction, "withdraw", "161", "diplomatic", "suspend", "suspended", " diplomatic relations with ", "suspend", " ses relations diplomatiques avec ", 4},
	{plover.Sanction, "expel", "1612", "diplomatic", "expel", "expelled", " seven diplomats of ", "expulse", " sept diplomates contre ", 2},
	{plover.Mobilize, "troops", "152", "military", "deploy", "deployed", " troops near ", "déploie", " des troupes contre ", 4},
	{plover.Coerce, "arrest", "173", "legal", "arrest", "arrested", " two citizens of ", "arrête", " deux ressortissants contre ", 3},
	{plover.Assault, "aerial", "195", "military", "bomb", "bombed", " positions of ", "bombarde", " les positions de ", 5},
	{plover.Assault, "explosives", "183", "terrorism", "attack", "attacked", " a convoy of ", "attaque", " un convoi contre ", 4},
	{plover.Retreat, "ceasefire", "0871", "military", "declare", "declared", " a ceasefire with ", "déclare", " un cessez-le-feu avec ", 2},
}

// topics are what stories are about; rules ask for them.
var topics = map[string][]string{
	"en": {
		"gas", "pipeline", "grain", "harvest", "vaccine", "election", "border", "refugees", "drought", "earthquake", "satellite", "missile", "tariff",
		"currency", "inflation", "railway", "airport", "harbour", "embassy", "treaty", "parliament", "journalist", "hostage", "fishing", "uranium",
		"lithium", "steel", "cotton", "flood", "wildfire", "strike", "pension", "budget", "census", "museum", "stadium", "university", "hospital",
		"prison", "tribunal", "tanker", "submarine", "drone", "radar", "bridge", "tunnel", "dam", "reactor", "forest", "glacier",
	},
	"fr": {
		"gaz", "gazoduc", "céréales", "récolte", "vaccin", "élection", "frontière", "réfugiés", "sécheresse", "séisme", "satellite", "missile", "douane",
		"monnaie", "inflation", "ferroviaire", "aéroport", "port", "ambassade", "traité", "parlement", "journaliste", "otage", "pêche", "uranium",
		"lithium", "acier", "coton", "inondation", "incendie", "grève", "retraite", "budget", "recensement", "musée", "stade", "université", "hôpital",
		"prison", "tribunal", "pétrolier", "sous-marin", "drone", "radar", "pont", "tunnel", "barrage", "réacteur", "forêt", "glacier",
	},
}

// fillers are sentences that tell no event. N is a name, T one of the story's topics, C another one, D a number.
var fillers = map[string][]string{
	"en": {
		"Officials in N had nothing to add about the T.", "The T has cost N about D million this year.", "In N, people spoke of little but the T and the C.",
		"According to N, the C matters less than the T.", "About D people live near the T of N.", "N had written about the C D months earlier.",
		"Observers in N called the T a surprise.", "There was no word from N on the C.", "The next hearing on the T is expected in D days.",
		"Prices of the C rose by D percent in N.",
	},
	"fr": {
		"À N, les autorités n’ont rien ajouté au sujet du dossier T.", "Le dossier T a coûté à N environ D millions cette année.",
		"À N, on ne parlait que des dossiers T et C.", "Selon N, le dossier C compte moins que le dossier T.", "Près de D personnes habitent près de N.",
		"N avait décrit le dossier C D mois plus tôt.", "Des observateurs de N parlent d’une surprise pour le dossier T.",
		"Aucune nouvelle de N sur le dossier C.", "La prochaine audience du dossier T est attendue dans D jours.",
		"Les prix du dossier C ont monté de D pour cent à N.",
	},
}

var syllables = []string{
	"ba", "bel", "dan", "do", "fal", "gor", "ha", "ker", "ki", "la", "lin", "lo", "mar", "mi", "mor", "na", "nel", "ol", "pa", "ra",
	"ri", "ro", "sa", "sen", "ta", "tor", "u", "va", "vel", "zan",
}

// names is how many names of towns and people there are.
const names = 20_000

// name is the n-th invented name: a capital and two to four syllables.
func name(n int) string {
	var b []byte
	for i := 0; i < 2 || n > 0; i++ {
		b = append(b, syllables[n%len(syllables)]...)
		n /= len(syllables)
	}
	b[0] -= 'a' - 'A'
	return string(b)
}

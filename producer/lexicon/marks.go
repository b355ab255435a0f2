package lexicon

import "strings"

// Mark is a set of word lists.
type Mark uint64

// The lists of the words files, by the name in brackets there.
const (
	MarkAgent Mark = 1 << iota
	Modifier
	Portfolio
	Title
	Reference
	Alias
	Says
	According
	Statement
	Alleged
	Negation
	Without
	Restriction
	If
	Can
	Could
	Will
	Be
	Have
	Adverb
	Clitic
	Determiner
	Preposition
	Whose
	Clause
	And
	Subject
	Support
	Suffer
	Discard
	Meanwhile
	Months
	MonthAbbreviations
	Weekdays
	Numbers
	Magnitudes
	Vague
	AtLeast
	AtMost
	About
	Dead
	Injured
	Arrested
	Effective
	Dates
	Units
	Later
	Ago
	Last
	Next
	Since
	Decision
	Espionage
	Homograph
	Must
	Nature
	Context // cues: see Language.Contexts
	Moves
	Blame
)

var listNames = [...]string{
	"agent", "modifier", "portfolio", "title", "reference", "alias", "says", "according", "statement", "alleged",
	"negation", "without", "restriction", "if", "can", "could", "will", "be", "have", "adverb", "clitic", "determiner",
	"preposition", "whose", "clause", "and", "subject", "support", "suffer", "discard", "meanwhile", "months",
	"month-abbreviations", "weekdays", "numbers", "magnitudes", "vague", "at-least", "at-most", "about", "dead",
	"injured", "arrested", "effective", "dates", "units", "later", "ago", "last", "next", "since", "decision", "espionage", "homograph", "must", "nature", "context", "moves", "blame",
}

// verbLists hold lemmas: every form of them is marked.
const verbLists = Says | Support | Suffer | Moves

// numbered lists give each entry its place in the list as its value.
const numbered = Months | MonthAbbreviations | Weekdays | Numbers

func markOf(name string) (Mark, bool) {
	for i, n := range listNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Has tells whether m holds any of the lists.
func (m Mark) Has(lists Mark) bool { return m&lists != 0 }

func (m Mark) String() string {
	var names []string
	for i, n := range listNames {
		if m&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, "|")
}

// Package lexicon knows the words that tell an event, and the words around them, in every language we read.
package lexicon

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

//go:embed data/*.txt
var data embed.FS

// Lexicon is the words of all languages. It never changes after it is made.
type Lexicon struct {
	languages map[string]*Language
	hash      string
}

// Default is the lexicon that is built into the program.
var Default = sync.OnceValue(func() *Lexicon {
	l, err := load()
	if err != nil {
		panic(err) // the embedded files are part of the program: a test reads them all
	}
	return l
})

// Language is the words of one language, nil when we do not read it.
func (l *Lexicon) Language(code string) *Language { return l.languages[code] }

// Hash is the hex SHA-256 of the data: two lexicons with one hash code alike.
func (l *Lexicon) Hash() string { return l.hash }

// Language is what we know of the words of one language.
type Language struct {
	Code  string
	words map[string]*Word
	cues  map[string][]cue // of contexts, by their first word
}

// cue is what must follow the first word of a cue, and the context that it says.
type cue struct {
	rest    []string
	context plover.Context
}

// Contexts lists, in the order of the text and each once, the contexts that the words of a sentence speak of.
func (g *Language) Contexts(keys []string) []plover.Context {
	var out []plover.Context
	for i, k := range keys {
		for _, c := range g.cues[k] {
			if rest := keys[i+1:]; len(rest) >= len(c.rest) && slices.Equal(rest[:len(c.rest)], c.rest) && !slices.Contains(out, c.context) {
				out = append(out, c.context)
			}
		}
	}
	return out
}

// Word is what the language knows of a surface word (see Key), nil when it knows nothing.
func (g *Language) Word(key string) *Word { return g.words[key] }

// Len is the number of surface words.
func (g *Language) Len() int { return len(g.words) }

// Senses lists every sense that tells an event, sorted by lemma.
func (g *Language) Senses() []*Sense {
	seen := make(map[*Sense]bool)
	var out []*Sense
	add := func(s *Sense) {
		if s.Type != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, w := range g.words {
		for _, f := range w.Verbs {
			for _, s := range f.Verb.Senses {
				add(s)
			}
		}
		for _, s := range w.Nouns {
			add(s)
		}
	}
	slices.SortFunc(out, func(a, b *Sense) int {
		return strings.Compare(a.Lemma+"\x00"+a.CAMEO, b.Lemma+"\x00"+b.CAMEO)
	})
	return out
}

// Word is a surface word: everything that it may be.
type Word struct {
	Marks   Mark     // the lists that hold it
	Verbs   []Form   // the verbs it is a form of
	Nouns   []*Sense // the event nouns it is, the most particular first
	Phrases []Phrase // the entries of several words that begin with it, and those of one; longest first
}

// Form is a surface word as a form of a verb.
type Form struct {
	Verb  *Verb
	Tense Tense
}

// Tense is the set of tenses and moods that one form may stand for.
type Tense uint16

// The tenses, as far as they decide what became of an act.
const (
	Infinitive Tense = 1 << iota
	Participle       // past
	Gerund           // and present participle
	Present
	Past // imperfect, past historic, English preterite
	Future
	Conditional
	Subjunctive
)

// Finite are the tenses of a main verb.
const Finite = Present | Past | Future | Conditional | Subjunctive

// Verb is a verb with its senses, the most particular first.
type Verb struct {
	Lemma  string
	Marks  Mark // says, support, suffer, can
	Senses []*Sense
}

// Act is what a verb or noun does with the act it takes as its complement: "refuse to meet".
type Act string

// The ways of taking an act.
const (
	Transparent Act = "transparent" // decide to expel: the act itself
	Announce    Act = "announce"    // the act itself, told by its doer
	Plan        Act = "plan"        // cooperation: AGREE; conflict: THREATEN
	Agree       Act = "agree"       // AGREE
	Request     Act = "request"     // REQUEST
	Accuse      Act = "accuse"      // ACCUSE
	Refuse      Act = "refuse"      // REJECT
	Threaten    Act = "threaten"    // THREATEN
	Deny        Act = "deny"        // nothing
	Prevent     Act = "prevent"     // nothing
	Force       Act = "force"       // nothing
	Imagine     Act = "imagine"     // hypothetical
)

// Sense is one meaning of a verb or noun.
type Sense struct {
	Lemma     string // as the file has it: "cut+tie|link"
	Noun      bool
	Type      plover.Type // empty where it is no event itself
	Mode      plover.Mode
	CAMEO     string
	Contexts  []plover.Context
	Tail      []string // words that must follow
	Any       []string // one of these must stand in the object
	None      []string // none of these may
	Subject   bool     // Any must stand before the verb instead: "nurses walked out"
	Reflexive bool     // French: s'emparer
	Preps     []string // prepositions before whom
	Recip     bool     // a plural subject does it to one another
	Bears     bool     // of a verb: its subject is the whom: "died in the attack"
	NeedsWho  bool
	NeedsWhom bool
	OfWhom    bool // of a noun: "of" and "'s" name the whom
	Both      bool // of a noun: "between X and Y", "the X-Y talks"
	Solo      bool // an event without any actor
	Everyday  bool // often only what goes on within every country: "fund", "defend"
	Act       Act
}

func (s *Sense) weight() int {
	n := 4 * len(s.Tail)
	if len(s.Any) > 0 {
		n += 2
	}
	if s.Reflexive {
		n++
	}
	return n
}

// Phrase is an entry of a list: the word itself and the Rest that must follow it.
type Phrase struct {
	Mark   Mark
	Rest   []string
	Value  string // what the list says of it: a number, a kind of reference, a key
	Agent  *Agent
	Plural bool
}

// Agent is a word for people of a sector: "ministre", "troops".
type Agent struct {
	Name   string // singular, as the file has it
	Sector plover.Sector
	State  bool // belongs to a state, even where none is named
	Person bool
	Named  bool
}

// Key is how a surface word is looked up: lower case, with its accents, a straight apostrophe.
func Key(word string) string {
	for i := range len(word) {
		if c := word[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			return strings.ReplaceAll(strings.ToLower(word), "’", "'")
		}
	}
	return word
}

// Near tells whether word is the entry or its plain plural or feminine.
func Near(word, entry string) bool {
	if !strings.HasPrefix(word, entry) {
		return false
	}
	switch word[len(entry):] {
	case "", "s", "e", "es", "x":
		return true
	}
	return false
}

func load() (*Lexicon, error) {
	files, err := data.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	sum := sha256.New()
	text := make(map[string]string, len(files))
	for _, f := range files {
		b, err := data.ReadFile("data/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("lexicon: %w", err)
		}
		fmt.Fprintf(sum, "%s\x00%d\x00", f.Name(), len(b))
		sum.Write(b)
		text[f.Name()] = string(b)
	}
	l := &Lexicon{languages: make(map[string]*Language), hash: hex.EncodeToString(sum.Sum(nil))}
	for code, inflector := range map[string]func(models string) (inflect, error){"fr": french, "en": english} {
		models := text[code+".models.txt"] + text[code+".irregular.txt"]
		in, err := inflector(models)
		if err != nil {
			return nil, fmt.Errorf("lexicon: %s: %w", code, err)
		}
		g, err := build(code, in, text[code+".verbs.txt"], text[code+".nouns.txt"], text[code+".words.txt"])
		if err != nil {
			return nil, fmt.Errorf("lexicon: %s: %w", code, err)
		}
		l.languages[code] = g
	}
	return l, nil
}

// inflect knows the forms of a language's words.
type inflect struct {
	verb   func(lemma string, emit func(form string, t Tense))
	plural func(word string) []string // also feminine forms where the language makes them
}

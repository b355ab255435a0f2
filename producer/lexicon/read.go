package lexicon

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// builder gathers the words of one language.
type builder struct {
	*Language
	inflect
	verbs map[string]*Verb
}

func build(code string, in inflect, verbs, nouns, words string) (*Language, error) {
	b := &builder{&Language{Code: code, words: make(map[string]*Word), cues: make(map[string][]cue)}, in, make(map[string]*Verb)}
	if err := b.readSenses(verbs, false); err != nil {
		return nil, fmt.Errorf("verbs: %w", err)
	}
	if err := b.readSenses(nouns, true); err != nil {
		return nil, fmt.Errorf("nouns: %w", err)
	}
	if err := b.readWords(words); err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	b.conjugate()
	for _, w := range b.words {
		slices.SortStableFunc(w.Nouns, func(x, y *Sense) int { return y.weight() - x.weight() })
		slices.SortStableFunc(w.Phrases, func(x, y Phrase) int { return len(y.Rest) - len(x.Rest) })
	}
	return b.Language, nil
}

func (b *builder) word(key string) *Word {
	w := b.words[key]
	if w == nil {
		w = new(Word)
		b.words[key] = w
	}
	return w
}

func (b *builder) verb(lemma string) *Verb {
	v := b.verbs[lemma]
	if v == nil {
		v = &Verb{Lemma: lemma}
		b.verbs[lemma] = v
	}
	return v
}

// conjugate enters every form of every verb; a form that two tenses share is entered once with both.
func (b *builder) conjugate() {
	lemmas := make([]string, 0, len(b.verbs))
	for l := range b.verbs {
		lemmas = append(lemmas, l)
	}
	slices.Sort(lemmas)
	for _, l := range lemmas {
		v := b.verbs[l]
		slices.SortStableFunc(v.Senses, func(x, y *Sense) int { return y.weight() - x.weight() })
		b.inflect.verb(l, func(form string, t Tense) {
			w := b.word(form)
			i := slices.IndexFunc(w.Verbs, func(f Form) bool { return f.Verb == v })
			if i < 0 {
				i = len(w.Verbs)
				w.Verbs = append(w.Verbs, Form{Verb: v})
			}
			w.Verbs[i].Tense |= t
		})
	}
}

// readSenses reads a verbs or nouns file: headers, and below each the indented lemmas that share it.
func (b *builder) readSenses(text string, noun bool) error {
	var header Sense
	list := Mark(0)
	for n, line := range lines(text) {
		if line[0] != ' ' {
			var err error
			if header, list, err = parseHeader(line); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			header.Noun = noun
			continue
		}
		for entry := range strings.SplitSeq(line, ",") {
			entry = strings.TrimSpace(entry)
			switch {
			case entry == "":
				continue
			case list != 0:
				b.list(list, entry)
			case noun:
				b.noun(header, entry)
			default:
				b.verbSense(header, entry)
			}
		}
	}
	return nil
}

func (b *builder) verbSense(s Sense, entry string) {
	words := s.take(entry)
	if rest, ok := strings.CutPrefix(words[0], "~"); ok {
		s.Reflexive, words[0] = true, rest
	}
	s.Tail = words[1:]
	v := b.verb(words[0])
	v.Senses = append(v.Senses, &s)
}

func (b *builder) noun(s Sense, entry string) {
	words := s.take(entry)
	s.Tail = words[1:]
	sense := &s
	for _, form := range append([]string{words[0]}, b.plural(words[0])...) {
		w := b.word(form)
		if !slices.Contains(w.Nouns, sense) {
			w.Nouns = append(w.Nouns, sense)
		}
	}
	if n := len(s.Tail); n > 0 && b.Code == "en" { // English marks the plural at the end: "drone strikes"
		for _, p := range b.plural(s.Tail[n-1]) {
			plural := s
			plural.Tail = append(slices.Clone(s.Tail[:n-1]), p)
			w := b.word(words[0])
			w.Nouns = append(w.Nouns, &plural)
		}
	}
}

// take reads the conditions of an entry and returns its words.
func (s *Sense) take(entry string) []string {
	s.Lemma = entry
	entry, none, _ := strings.Cut(entry, "!")
	entry, some, _ := strings.Cut(entry, "+")
	s.Any, s.None = splitBar(some), splitBar(none)
	return split(strings.ReplaceAll(entry, "_", " "))
}

func splitBar(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(Key(s), "|")
}

// split cuts an entry into the tokens that the text will have: at spaces and after French elisions.
func split(entry string) []string {
	var out []string
	for _, w := range strings.Fields(Key(entry)) {
		for {
			i := strings.IndexByte(w, '\'')
			if i <= 0 || i == len(w)-1 || i > 6 || w == "aujourd'hui" || strings.HasSuffix(w, "n't") {
				break
			}
			out = append(out, w[:i+1])
			w = w[i+1:]
		}
		for _, suffix := range []string{"-ci", "-là"} {
			if stem, ok := strings.CutSuffix(w, suffix); ok && stem != "" {
				out, w = append(out, stem), suffix
			}
		}
		out = append(out, w)
	}
	return out
}

func parseHeader(line string) (Sense, Mark, error) {
	fields := strings.Fields(line)
	if name, ok := strings.CutPrefix(fields[0], "@"); ok {
		if m, ok := markOf(name); ok {
			return Sense{}, m, nil
		}
		return Sense{Act: Act(name)}, 0, nil
	}
	if len(fields) < 2 {
		return Sense{}, 0, fmt.Errorf("header %q: want TYPE[/mode] CAMEO flags", line)
	}
	var s Sense
	typ, mode, _ := strings.Cut(fields[0], "/")
	s.Type, s.Mode, s.CAMEO = plover.Type(typ), plover.Mode(mode), fields[1]
	for _, flag := range fields[2:] {
		if err := s.flag(flag); err != nil {
			return Sense{}, 0, err
		}
	}
	return s, 0, nil
}

func (s *Sense) flag(flag string) error {
	name, value, _ := strings.Cut(flag, "=")
	switch name {
	case "prep":
		s.Preps = splitBar(value)
	case "recip":
		s.Recip = true
	case "bears":
		s.Bears = true
	case "who":
		s.NeedsWho = true
	case "whom":
		s.NeedsWhom = true
	case "of":
		s.OfWhom = value == "whom"
	case "both":
		s.Both = true
	case "solo":
		s.Solo = true
	case "subj":
		s.Subject = true
	case "everyday":
		s.Everyday = true
	case "act":
		s.Act = Act(value)
	case "context":
		s.Contexts = append(s.Contexts, plover.Context(value))
	default:
		return fmt.Errorf("unknown flag %q", flag)
	}
	return nil
}

// readWords reads the lists.
func (b *builder) readWords(text string) error {
	var m Mark
	var argument string
	for n, line := range lines(text) {
		if line[0] == '[' {
			name, arg, _ := strings.Cut(line[1:], "]")
			var ok bool
			if m, ok = markOf(name); !ok {
				return fmt.Errorf("line %d: unknown list %q", n, name)
			}
			argument = strings.TrimSpace(arg)
			continue
		}
		for i, entry := range strings.Split(line, ",") {
			if entry = strings.TrimSpace(entry); entry == "" {
				continue
			}
			switch {
			case m == MarkAgent:
				b.agent(argument, entry)
			case m == Context:
				if err := b.cue(plover.Context(argument), entry); err != nil {
					return fmt.Errorf("line %d: %w", n, err)
				}
			case m&verbLists != 0:
				b.verb(split(entry)[0]).Marks |= m
			case m&numbered != 0:
				b.phrase(m, entry, strconv.Itoa(i))
			case argument != "":
				b.phrase(m, entry, argument)
			default:
				b.list(m, entry)
			}
		}
	}
	return nil
}

// cue enters a word of a context. Cues stand apart from the other words: they say nothing of the grammar.
func (b *builder) cue(c plover.Context, entry string) error {
	if !slices.Contains(plover.Contexts(), c) {
		return fmt.Errorf("unknown context %q", c)
	}
	words := split(entry)
	b.cues[words[0]] = append(b.cues[words[0]], cue{words[1:], c})
	return nil
}

// list enters "words" or "words=value".
func (b *builder) list(m Mark, entry string) {
	words, value, _ := strings.Cut(entry, "=")
	if m == Decision || m == Discard {
		for _, p := range b.plural(words) {
			b.phrase(m, p, "")
		}
	}
	b.phrase(m, words, value)
}

func (b *builder) phrase(m Mark, entry, value string) {
	words := split(entry)
	w := b.word(words[0])
	if len(words) == 1 {
		w.Marks |= m
	}
	w.Phrases = append(w.Phrases, Phrase{Mark: m, Rest: words[1:], Value: value})
}

func (b *builder) agent(argument, entry string) {
	fields := strings.Fields(argument)
	a := &Agent{Name: entry, Sector: plover.Sector(fields[0])}
	for _, f := range fields[1:] {
		a.State = a.State || f == "state"
		a.Person = a.Person || f == "person"
		a.Named = a.Named || f == "named"
	}
	words := split(entry)
	add := func(words []string, plural bool) {
		w := b.word(words[0])
		if len(words) == 1 {
			w.Marks |= MarkAgent
		}
		w.Phrases = append(w.Phrases, Phrase{Mark: MarkAgent, Rest: words[1:], Agent: a, Plural: plural})
	}
	add(words, false)
	at := 0 // the word that takes the plural: the first in French, the last in English
	if b.Code == "en" {
		at = len(words) - 1
	}
	for _, p := range b.plural(words[at]) {
		forms := slices.Clone(words)
		forms[at] = p
		add(forms, true)
	}
}

// lines yields the lines that say something, with their numbers; comments begin with #.
func lines(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.SplitSeq(text, "\n") {
			n++
			if line = strings.TrimRight(line, " \t\r"); line == "" || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			if !yield(n, line) {
				return
			}
		}
	}
}

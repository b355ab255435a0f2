package rule

import "slices"

// Type is what values a field takes.
type Type int

// The types of fields.
const (
	Text    Type = iota // words of the article
	String              // a string, compared without case
	Word                // one word, matched as the words of the article are
	Code                // one of a fixed set: see FieldSpec.Values
	Actor               // an actor: code, name, alias or @list
	Country             // a place: country code or name, place name, or @list
	CAMEO               // two to four digits, and all codes below
	Number
	Bool
	Date
	Area // a Circle
)

// Scope is what a field is asked of.
type Scope int

// The scopes of fields.
const (
	OfArticle Scope = iota
	OfEvent         // all such fields of one query are asked of the same event
	OfStory
)

// FieldSpec describes one field of the language.
type FieldSpec struct {
	Name   string
	Type   Type
	Scope  Scope
	Values []string // of a Code
	Doc    string
}

// Fields lists the fields, article first, then event, then story.
func Fields() []FieldSpec { return slices.Clone(fields) }

// FieldNamed finds a field by its name.
func FieldNamed(name string) (FieldSpec, bool) {
	i := slices.IndexFunc(fields, func(f FieldSpec) bool { return f.Name == name })
	if i < 0 {
		return FieldSpec{}, false
	}
	return fields[i], true
}

var fields = []FieldSpec{
	{Name: "text", Type: Text, Doc: "words of the title or the text: what a query without a field asks"},
	{Name: "title", Type: Text, Doc: "words of the title"},
	{Name: "lang", Type: Code, Values: nil, Doc: "the article's language, ISO 639-1: fr"},
	{Name: "publisher", Type: String, Doc: "the publisher's name or host; a host stands for those below it"},
	{Name: "url", Type: String, Doc: "a part of the article's address"},
	{Name: "published", Type: Date, Doc: "the article's date as claimed: 2021, 2021-10, 2021-10-18; what is only certain holds"},

	{Name: "what", Type: Code, Scope: OfEvent, Values: typeNames(), Doc: "the event's PLOVER type"},
	{Name: "mode", Type: Code, Scope: OfEvent, Values: modeNames(), Doc: "the event's mode, a closer kind of its type"},
	{Name: "context", Type: Code, Scope: OfEvent, Values: contextNames(), Doc: "what the event is about"},
	{Name: "who", Type: Actor, Scope: OfEvent, Doc: "who did it"},
	{Name: "whom", Type: Actor, Scope: OfEvent, Doc: "to whom"},
	{Name: "actor", Type: Actor, Scope: OfEvent, Doc: "either side"},
	{Name: "who.sector", Type: Code, Scope: OfEvent, Values: sectorNames(), Doc: "the part of society of who did it"},
	{Name: "whom.sector", Type: Code, Scope: OfEvent, Values: sectorNames(), Doc: "the part of society of whom it was done to"},
	{Name: "actor.sector", Type: Code, Scope: OfEvent, Values: sectorNames(), Doc: "the part of society of either side"},
	{Name: "where", Type: Country, Scope: OfEvent, Doc: "the country or the place"},
	{Name: "geo", Type: Area, Scope: OfEvent, Doc: "the place within a distance of a point: (48.85, 2.35, 25km)"},
	{Name: "quad", Type: Number, Scope: OfEvent, Doc: "1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict"},
	{Name: "score", Type: Number, Scope: OfEvent, Doc: "PLOVER's score, -10 (conflict) to 10"},
	{Name: "cameo", Type: CAMEO, Scope: OfEvent, Doc: "a CAMEO code and all below it: 16 holds for 161"},
	{Name: "historical", Type: Bool, Scope: OfEvent, Doc: "told as background; naming the field lets history match"},
	{Name: "realis", Type: Code, Scope: OfEvent, Values: realisNames(), Doc: "how real the telling makes it; naming the field lets hypotheticals match"},
	{Name: "alleged", Type: Bool, Scope: OfEvent, Doc: "somebody alleges it: the same as realis:alleged"},
	{Name: "count", Type: Number, Scope: OfEvent, Doc: "how many of whom, where told"},
	{Name: "trigger", Type: Word, Scope: OfEvent, Doc: "the word that tells the event, as told or as in the lexicon"},

	{Name: "story.publishers", Type: Number, Scope: OfStory, Doc: "independent publishers that tell the story"},
	{Name: "story.articles", Type: Number, Scope: OfStory, Doc: "articles that tell it"},
	{Name: "story.novel", Type: Bool, Scope: OfStory, Doc: "the story tells something new"},
	{Name: "story.copy", Type: Bool, Scope: OfStory, Doc: "the article is a copy of another"},
}

// modeOf says how the value of a field is read. An unknown field's is read as a coded value.
func modeOf(name string) mode {
	f, ok := FieldNamed(name)
	switch {
	case ok && f.Type == Text:
		return modeText
	case ok && f.Type == Number:
		return modeNumber
	}
	return modeValue
}

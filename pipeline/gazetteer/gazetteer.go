// Package gazetteer knows the actors and places of the news: codes, names in every language, dated roles and memberships.
package gazetteer

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// Kind is what sort of thing an entry is.
type Kind string

// The kinds of entry, in the order in which Find and Longest list entries that share a name.
const (
	Country      Kind = "country"
	Body         Kind = "body"         // a body that states made: NATO, the African Union
	Group        Kind = "group"        // an armed or political group: Hamas, the Wagner group
	Organisation Kind = "organisation" // a company, a newspaper, a charity
	Person       Kind = "person"
	People       Kind = "people" // the Kurds, the Rohingya
	Place        Kind = "place"  // without a country: waters, continents, and names that only hide a place ("Paris Agreement")
)

var kinds = []Kind{Country, Body, Group, Organisation, Person, People, Place}

// NameKind is how a name names its entry.
type NameKind string

// The kinds of name, in the order of preference where one text names an entry in two ways.
const (
	Proper  NameKind = "name"
	Acronym NameKind = "acronym"
	Demonym NameKind = "demonym" // "russe", "Russians": the adjective and the people
	Metonym NameKind = "metonym" // a capital or a seat of power that stands for the state: "Moscou", "le Kremlin"
	Surname NameKind = "surname"
)

var nameKinds = []NameKind{Proper, Acronym, Demonym, Metonym, Surname}

// Name is one way to write an entry in a text.
type Name struct {
	Text      string
	Lang      string // ISO 639-1; "" in any language
	Kind      NameKind
	Sectors   []plover.Sector // of a metonym: GOV for the Kremlin, MIL for the Pentagon
	Ambiguous bool            // the word is also something else: a first name, a common word, another actor
	Silent    bool            // known to Find only: in a text the word is nearly always something else

	quiet bool // a common word in capitals ("IS", "WHO"): not believed where all the words around are in capitals
}

// Entry is one actor or place.
type Entry struct {
	Key     string // unique, stable: "russia", "nato", "sergei-lavrov"
	Kind    Kind
	Name    string          // English display name
	Country string          // ISO 3166-1 alpha-3, NATO, UNO, EUR, else IGO, NGO, MNC, ISM, IMG; "" where there is none, as for the sea
	Sectors []plover.Sector // by default; At knows the date
	Roles   []Role          // dated roles, latest first
	Names   []Name
}

// Role is what somebody was, from a date until another.
type Role struct {
	Country string
	Sectors []plover.Sector
	Title   string
	From    time.Time // zero: not known, or always
	Until   time.Time // the first moment after; zero: still, as far as we know
}

// Holds tells whether the role was held at t. The zero time asks for a role that has no end.
func (r Role) Holds(t time.Time) bool {
	if t.IsZero() {
		return r.Until.IsZero()
	}
	return !t.Before(r.From) && (r.Until.IsZero() || t.Before(r.Until))
}

// At is the role at t; a zero t asks for the latest that the data know. Who has left every office is of the elites
// (ELI), "former" with the last title; who had none yet, or never had any, has the entry's own country and sectors.
func (e *Entry) At(t time.Time) Role {
	for _, r := range e.Roles {
		if r.Holds(t) {
			return r
		}
	}
	if i := slices.IndexFunc(e.Roles, func(r Role) bool { return past(r, t) }); i >= 0 && e.Kind == Person {
		last := e.Roles[i]
		return Role{Country: e.Country, Sectors: []plover.Sector{"ELI"}, Title: "former " + last.Title, From: last.Until}
	}
	return Role{Country: e.Country, Sectors: e.Sectors}
}

func past(r Role, t time.Time) bool {
	return !r.Until.IsZero() && (t.IsZero() || !t.Before(r.Until))
}

// Own tells whether the entry's Country is its own code, as for a country and for NATO, rather than where it belongs.
func (e *Entry) Own() bool {
	return e.Kind == Country || e.Kind == Body && !generic[e.Country]
}

// generic codes are shared by many entries.
var generic = map[string]bool{"IGO": true, "NGO": true, "MNC": true, "ISM": true, "IMG": true}

// Match is an entry that a text names.
type Match struct {
	Entry       *Entry
	First, Last int // tokens [First, Last)
	Name        Name
}

// Role is what the match means at t: the entry's role, with the sectors that its name implies ("le Kremlin" is the
// government).
func (m Match) Role(t time.Time) Role {
	r := m.Entry.At(t)
	if m.Name.Kind == Metonym {
		r.Sectors = m.Name.Sectors
	}
	return r
}

// Gazetteer is the whole of it. It never changes; safe for concurrent use.
type Gazetteer struct {
	entries []*Entry
	codes   map[string]*Entry // own codes and the generic ones
	names   func() *directory // made when Find or Suggest first asks: those who code never do
	index   index
	members map[string][]membership
	hash    string
}

// Default is the gazetteer of the embedded data, built on first use.
func Default() *Gazetteer { return standard() }

var standard = sync.OnceValue(func() *Gazetteer {
	g, err := load(data)
	if err != nil {
		panic(err) // the embedded data are tested
	}
	return g
})

// Entries lists all entries by kind and key. The caller must not change them.
func (g *Gazetteer) Entries() []*Entry { return g.entries }

// Name is the English name that a code stands for: "RUS" → "Russia", "IGO" → "an international body"; "" for an unknown code.
func (g *Gazetteer) Name(code string) string {
	if e := g.codes[code]; e != nil {
		return e.Name
	}
	return ""
}

// Find is for people who write rules: the entries with this code, key, name, alias or demonym in any language, case and
// accents set aside. A code written in capitals means that code alone.
func (g *Gazetteer) Find(name string) []*Entry {
	if e := g.codes[name]; e != nil {
		return []*Entry{e}
	}
	return slices.Clone(g.names().finds[FoldName(name)])
}

// Hash identifies the data: hex SHA-256.
func (g *Gazetteer) Hash() string { return g.hash }

func compareEntries(a, b *Entry) int {
	if a.Kind != b.Kind {
		return cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind))
	}
	return cmp.Compare(a.Key, b.Key)
}

func compareNames(a, b Name) int {
	if a.Kind != b.Kind {
		return cmp.Compare(slices.Index(nameKinds, a.Kind), slices.Index(nameKinds, b.Kind))
	}
	return cmp.Or(cmp.Compare(a.Lang, b.Lang), cmp.Compare(a.Text, b.Text))
}

// Package plover is the event ontology: PLOVER 2021's types, modes, contexts and sectors, with their scores.
//
// Facts from the PLOVER 2021 manual (Open Event Data Alliance, CC BY-SA 4.0) and the CAMEO codebook.
package plover

import "slices"

// Type is what kind of thing was done: one of PLOVER's sixteen, or Statement.
type Type string

// The types, in the manual's order. Statement has no place in PLOVER: it is kept for attribution only and never
// becomes an event of a report.
const (
	Agree     Type = "AGREE"
	Consult   Type = "CONSULT"
	Support   Type = "SUPPORT"
	Concede   Type = "CONCEDE"
	Cooperate Type = "COOPERATE"
	Aid       Type = "AID"
	Retreat   Type = "RETREAT"
	Request   Type = "REQUEST"
	Accuse    Type = "ACCUSE"
	Reject    Type = "REJECT"
	Threaten  Type = "THREATEN"
	Protest   Type = "PROTEST"
	Sanction  Type = "SANCTION"
	Mobilize  Type = "MOBILIZE"
	Coerce    Type = "COERCE"
	Assault   Type = "ASSAULT"
	Statement Type = "STATEMENT"
)

// Mode is a closer kind of a type: "withdraw" of SANCTION.
type Mode string

// Context is what an event is about; an event may have several.
type Context string

// Sector is the part of society an actor belongs to.
type Sector string

// The quad classes.
const (
	VerbalCooperation   = 1
	MaterialCooperation = 2
	VerbalConflict      = 3
	MaterialConflict    = 4
)

type typeFacts struct {
	name  Type
	quad  int
	score float64
	modes []modeFacts
	gloss string
}

type modeFacts struct {
	name  Mode
	score float64
	gloss string
}

// The manual's table of types and modes. ACCUSE's own score is printed there as 3, plainly a lost sign: its modes and
// its neighbours are negative.
var types = []typeFacts{
	{Agree, 1, 2.5, nil, "agrees with"},
	{Consult, 1, 2.5, []modeFacts{
		{"visit", 4, "visits"}, {"third-party", 1, "mediates with"}, {"multilateral", 4, "meets, with others,"}, {"phone", 1.5, "telephones"},
	}, "meets or talks with"},
	{Support, 1, 5, nil, "supports"},
	{Concede, 1, 4.5, nil, "yields to"},
	{Cooperate, 2, 9.5, nil, "works together with"},
	{Aid, 2, 10, nil, "gives aid to"},
	{Retreat, 2, 6.5, []modeFacts{
		{"withdraw", 8, "withdraws forces from"},
		{"release", 6.5, "releases"},
		{"disarm", 10, "disarms"},
		{"ceasefire", 7.5, "stops fighting"},
		{"access", 6.5, "opens access to"},
		{"resign", 4.5, "resigns"},
	}, "retreats before"},
	{Request, 3, 0, []modeFacts{
		{"assist", 0.5, "asks for help from"},
		{"change", -1, "demands change from"},
		{"yield", -1, "demands a concession from"},
		{"meet", 0, "asks to meet"},
	}, "demands something of"},
	{Accuse, 3, -2, []modeFacts{
		{"disapprove", -2, "criticises"}, {"investigate", -3.5, "investigates"}, {"allege", -3.5, "accuses"},
	}, "accuses"},
	{Reject, 3, -2, []modeFacts{
		{"assist", -1.5, "refuses to help"},
		{"change", -2, "refuses to change for"},
		{"yield", -2, "refuses to yield to"},
		{"meet", -2, "refuses to meet"},
	}, "rejects"},
	{Threaten, 3, -3.5, []modeFacts{
		{"restrict", -3, "threatens to restrict"},
		{"arrest", -3.5, "threatens to arrest"},
		{"relations", -3.5, "threatens to break with"},
		{"expel", -3.5, "threatens to expel"},
		{"violence", -3.5, "threatens with violence"},
		{"territory", -4, "threatens to take land from"},
	}, "threatens"},
	{Protest, 4, -5, []modeFacts{
		{"demo", -5, "demonstrates against"},
		{"riot", -7, "riots against"},
		{"strike", -5, "strikes against"},
		{"hunger", -4.5, "goes on hunger strike against"},
		{"boycott", -4.5, "boycotts"},
		{"obstruct", -4.5, "blocks"},
		{"vandalize", -5, "vandalizes"},
	}, "protests against"},
	{Sanction, 4, -6, []modeFacts{
		{"convict", -6, "convicts"},
		{"expel", -5.5, "expels people of"},
		{"withdraw", -6, "suspends or breaks relations with"},
		{"discontinue", -6, "halts aid to or dealings with"},
	}, "imposes sanctions on"},
	{Mobilize, 4, -5.5, []modeFacts{
		{"troops", -6.5, "moves troops against"},
		{"weapons", -6.5, "moves weapons against"},
		{"police", -5.5, "deploys police against"},
		{"militia", -6, "raises a militia against"},
	}, "mobilizes against"},
	{Coerce, 4, -7, []modeFacts{
		{"seize", -7, "seizes from"},
		{"restrict", -7, "restricts"},
		{"arrest", -7, "arrests"},
		{"deport", -7, "deports"},
		{"withhold", -7, "withholds from"},
		{"cyber", -7, "attacks the computers of"},
		{"censor", -6.5, "censors"},
		{"curfew", -6.5, "puts under curfew"},
		{"misinformation", -6.5, "spreads false news against"},
		{"martial-law", -7.5, "puts under martial law"},
	}, "coerces"},
	{Assault, 4, -9, []modeFacts{
		{"abduct", -8.5, "abducts"},
		{"beat", -7.5, "beats"},
		{"torture", -8.5, "tortures"},
		{"sexual", -8.5, "assaults sexually"},
		{"destroy", -8.5, "destroys property of"},
		{"targeted", -9.5, "kills or tries to kill"},
		{"primitive", -8, "attacks with simple weapons"},
		{"firearms", -9, "shoots at"},
		{"explosives", -9, "bombs"},
		{"suicide-attack", -9.5, "attacks by suicide bombing"},
		{"aerial", -9.5, "bombs from the air"},
		{"drone", -9.5, "attacks by drone"},
		{"heavy-weapons", -9.5, "shells"},
		{"crowd-control", -7.5, "disperses by force"},
		{"unconventional", -10, "attacks with unconventional weapons"},
	}, "attacks"},
}

// Types lists PLOVER's sixteen types in the manual's order.
func Types() []Type {
	out := make([]Type, len(types))
	for i, t := range types {
		out[i] = t.name
	}
	return out
}

// Modes lists the modes of t in the manual's order; a type may have none.
func (t Type) Modes() []Mode {
	i := slices.IndexFunc(types, func(f typeFacts) bool { return f.name == t })
	if i < 0 {
		return nil
	}
	out := make([]Mode, len(types[i].modes))
	for j, m := range types[i].modes {
		out[j] = m.name
	}
	return out
}

// Known tells whether t is one of the sixteen.
func (t Type) Known() bool { return t.Quad() != 0 }

// Quad is the type's quad class, 1 to 4; 0 for an unknown type. SANCTION is material conflict, as in the manual.
func (t Type) Quad() int {
	if f := find(t); f != nil {
		return f.quad
	}
	return 0
}

// Score is PLOVER's conflict-cooperation score of a type and mode, -10 to 10; a mode the manual does not score has its
// type's.
func Score(t Type, m Mode) float64 {
	f := find(t)
	if f == nil {
		return 0
	}
	for _, x := range f.modes {
		if x.name == m {
			return x.score
		}
	}
	return f.score
}

// Gloss says in a few English words what a type and mode mean, to be read between two actors: "criticises".
func Gloss(t Type, m Mode) string {
	f := find(t)
	if f == nil {
		return string(t)
	}
	for _, x := range f.modes {
		if x.name == m {
			return x.gloss
		}
	}
	return f.gloss
}

func find(t Type) *typeFacts {
	for i := range types {
		if types[i].name == t {
			return &types[i]
		}
	}
	return nil
}

// Contexts lists PLOVER's contexts.
func Contexts() []Context { return slices.Clone(contexts) }

var contexts = []Context{
	"military", "intelligence", "executive", "legislative", "election", "political_institutions", "pro_democracy",
	"pro_autocracy", "economic", "legal", "reparations", "human_rights", "rights_freedoms", "repression",
	"human_security", "gender", "lgbt", "religion_ethnicity", "inequality", "diplomatic", "territory", "peacekeeping",
	"health", "asylum", "migration", "disasters", "natural_resource", "environment", "technology", "terrorism", "cbrn",
	"cyber", "misinformation", "crime", "corruption", "illegal_drugs", "trafficking",
}

// Sectors lists the actor sectors: first those of the state and its challengers, then those of society.
func Sectors() []Sector { return slices.Clone(sectors) }

var sectors = []Sector{
	"COP", "GOV", "JUD", "LEG", "MIL", "PRM", "PTY", "REB", "SPY", "UAF", "UNK",
	"AGR", "BUS", "CRM", "CVL", "EDU", "ELI", "JRN", "LAB", "MED", "REF", "OPP", "PRE", "REL", "SOC",
}

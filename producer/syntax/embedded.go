package syntax

import (
	_ "embed" // the models
	"sync"
)

//go:embed embedded/fr.model
var frModel []byte

//go:embed embedded/fr.lexicon
var frLexicon []byte

//go:embed embedded/en.model
var enModel []byte

//go:embed embedded/en.lexicon
var enLexicon []byte

var (
	french  = sync.OnceValue(func() *Model { return must(Read(frModel, frLexicon)) })
	english = sync.OnceValue(func() *Model { return must(Read(enModel, enLexicon)) })
)

// For gives the embedded model of a language, by its ISO 639-1 code; nil when there is none.
// The first call for a language unpacks its model, in some tens of milliseconds.
func For(lang string) *Model {
	switch lang {
	case "fr":
		return french()
	case "en":
		return english()
	}
	return nil
}

// must stops the program whose own tables are broken: a test reads them.
func must(m *Model, err error) *Model {
	if err != nil {
		panic(err)
	}
	return m
}

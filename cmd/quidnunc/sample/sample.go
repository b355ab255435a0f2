// Package sample holds the articles and the rules that quidnunc runs with when it is given none.
package sample

import (
	"embed"
	"io/fs"
)

//go:embed articles rules.yaml
var files embed.FS

// Articles is a directory of articles in every form that producer/archive reads: French and English, 2021 to 2026.
// All but the seed article are made up for this sample.
func Articles() fs.FS {
	sub, err := fs.Sub(files, "articles")
	if err != nil {
		panic(err) // the name is a constant that embed has checked
	}
	return sub
}

// Rules is a rules file, rules.yaml.
func Rules() []byte {
	data, err := files.ReadFile("rules.yaml")
	if err != nil {
		panic(err) // the name is a constant that embed has checked
	}
	return data
}

// Command train makes what rooms embed, the word lists and models of producer/syntax and packed tables, and measures them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

const usage = `the commands are
  train lexicon --lang fr|en [--brill DIR] [--out FILE]       make the word list from Debian's and npm's packages
  train model --lang fr|en --treebanks DIR [--out FILE]       make the model
  train languages --root DIR --udhr DIR --words DIR           make the model that tells languages
  train eval --lang fr|en [--model FILE] [--raw] FILE.conllu… measure a model
  train pack FOLDER FILE.zip                                  pack the tables that a room embeds`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	switch args[0] {
	case "lexicon":
		return lexicon(args[1:])
	case "model":
		return model(args[1:])
	case "languages":
		return trainLanguages(args[1:])
	case "eval":
		return eval(args[1:])
	case "pack":
		return pack(args[1:])
	}
	return errors.New(usage)
}

// lexicon is `train lexicon`.
func lexicon(args []string) error {
	flags := flag.NewFlagSet("lexicon", flag.ContinueOnError)
	lang := flags.String("lang", "fr", "language: fr or en")
	out := flags.String("out", "", "file to write; empty means producer/syntax/embedded/LANG.lexicon")
	hunspell := flags.String("hunspell", "/usr/share/hunspell", "folder of fr.aff and fr.dic (Debian: hunspell-fr-classical)")
	wordnet := flags.String("wordnet", "/usr/share/wordnet", "folder of WordNet's database (Debian: wordnet-base)")
	scowl := flags.String("scowl", "/usr/share/dict/scowl", "folder of SCOWL's word lists (Debian: scowl)")
	brill := flags.String("brill", "", "folder of the npm package brill 3.1.0, unpacked")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var entries []syntax.Entry
	var err error
	switch *lang {
	case "fr":
		entries, err = frenchEntries(*hunspell)
	case "en":
		if *brill == "" {
			return errors.New("lexicon: --brill must name a folder: npm pack brill@3.1.0, then tar -xzf")
		}
		entries, err = englishEntries(*wordnet, *scowl, *brill)
	default:
		err = fmt.Errorf("no word list known for %q", *lang)
	}
	if err != nil {
		return err
	}
	packed, err := syntax.Compile(entries)
	if err != nil {
		return err
	}
	if *out == "" {
		*out = "producer/syntax/embedded/" + *lang + ".lexicon"
	}
	fmt.Printf("%d readings, %d bytes\n", len(entries), len(packed))
	return os.WriteFile(*out, packed, 0o644)
}

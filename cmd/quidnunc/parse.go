package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// maxParse bounds the text that parse reads.
const maxParse = 16 << 20

func newParse(std streams) *cobra.Command {
	var lang string
	var conllu bool
	c := &cobra.Command{
		Use:   "parse",
		Short: "Show the grammar of sentences: words, parts of speech, who is the subject",
		Long: `Read text from standard input and print the dependency tree of each sentence, in Universal
Dependencies: one word a line below the word it belongs to, or, with --conllu, as CoNLL-U.`,
		Example: `  echo "L'OTAN a choisi d'expulser sept diplomates russes." | quidnunc parse
  quidnunc parse --lang en --conllu < article.txt`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return parse(std, lang, conllu) },
	}
	c.Flags().StringVar(&lang, "lang", "", "fr or en (default: as the text looks)")
	c.Flags().BoolVar(&conllu, "conllu", false, "print CoNLL-U instead of drawings")
	return c
}

func parse(std streams, lang string, conllu bool) error {
	data, err := io.ReadAll(io.LimitReader(std.in, maxParse+1))
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if len(data) > maxParse {
		return usagef("standard input: more than %d MiB", maxParse>>20)
	}
	s := text.Normalize(string(data))
	if lang == "" {
		if lang = text.Detect(s); lang == "" {
			return usagef("the language of the text is not plain: say --lang fr or --lang en")
		}
	}
	m := syntax.For(lang)
	if m == nil {
		return usagef("--lang %q: want fr or en", lang)
	}
	layout := syntax.Drawing
	if conllu {
		layout = syntax.CoNLLU
	}
	return m.Print(std.out, s, layout)
}

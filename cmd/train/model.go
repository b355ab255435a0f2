package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

// model is `train model`.
func model(args []string) error {
	flags := flag.NewFlagSet("model", flag.ContinueOnError)
	lang := flags.String("lang", "fr", "language of the model")
	dir := flags.String("treebanks", "", "folder of the language's treebanks")
	words := flags.String("lexicon", "", "word list; empty means producer/syntax/embedded/LANG.lexicon")
	out := flags.String("out", "", "file to write; empty means producer/syntax/embedded/LANG.model")
	sample := flags.Int("sample", 1, "learn from every n-th sentence only")
	profile := flags.String("cpuprofile", "", "write a CPU profile to this file")
	c := syntax.Config{Log: func(format string, a ...any) { fmt.Printf(format+"\n", a...) }}
	flags.IntVar(&c.Runs, "runs", 0, "shuffles whose averages are summed")
	flags.IntVar(&c.Epochs, "epochs", 0, "passes in each run")
	flags.IntVar(&c.Rows[0], "tagger-rows", 0, "features kept of the tagger")
	flags.IntVar(&c.Rows[1], "parser-rows", 0, "features kept of the parser")
	flags.IntVar(&c.Rows[2], "labeller-rows", 0, "features kept of the labeller")
	flags.Uint64Var(&c.Seed, "seed", 1, "seed of the shuffles")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	start := time.Now()
	c.Lang = *lang
	sentences, sources, err := readTreebanks(*dir, *lang, *sample)
	if err != nil {
		return err
	}
	c.Sources = sources
	if c.Words, err = os.ReadFile(lexiconFile(*words, *lang)); err != nil {
		return err
	}
	packed, err := syntax.Train(sentences, c)
	if err != nil {
		return err
	}
	if *out == "" {
		*out = "producer/syntax/embedded/" + *lang + ".model"
	}
	fmt.Printf("%d sentences, %d bytes, sha256 %x, %s\n", len(sentences), len(packed), sha256.Sum256(packed), time.Since(start).Round(time.Second))
	return os.WriteFile(*out, packed, 0o644)
}

func lexiconFile(name, lang string) string {
	if name != "" {
		return name
	}
	return "producer/syntax/embedded/" + lang + ".lexicon"
}

func readTreebanks(dir, lang string, sample int) ([]conllu.Sentence, []syntax.Source, error) {
	var all []conllu.Sentence
	var sources []syntax.Source
	for _, name := range syntax.Treebanks(lang) {
		data, err := os.ReadFile(filepath.Join(dir, name+".conllu"))
		if err != nil {
			return nil, nil, err
		}
		sentences, err := conllu.Read(bytes.NewReader(data))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, sentences...)
		sources = append(sources, syntax.Source{Name: name, SHA256: fmt.Sprintf("%x", sha256.Sum256(data))})
	}
	if sample > 1 {
		var some []conllu.Sentence
		for i := 0; i < len(all); i += sample {
			some = append(some, all[i])
		}
		all = some
	}
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("no treebank known for %q", lang)
	}
	return all, sources, nil
}

// eval is `train eval`.
func eval(args []string) error {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	lang := flags.String("lang", "fr", "language of the model")
	file := flags.String("model", "", "model; empty means producer/syntax/embedded/LANG.model")
	words := flags.String("lexicon", "", "word list; empty means producer/syntax/embedded/LANG.lexicon")
	raw := flags.Bool("raw", false, "parse the raw text of each sentence, not the treebank's words")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *file == "" {
		*file = "producer/syntax/embedded/" + *lang + ".model"
	}
	packed, err := os.ReadFile(*file)
	if err != nil {
		return err
	}
	list, err := os.ReadFile(lexiconFile(*words, *lang))
	if err != nil {
		return err
	}
	m, err := syntax.Read(packed, list)
	if err != nil {
		return err
	}
	for _, name := range flags.Args() {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		gold, err := conllu.Read(f)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		score := syntax.NewScore()
		start := time.Now()
		if *raw {
			m.MeasureRaw(gold, score)
		} else {
			m.Measure(gold, score)
		}
		took := time.Since(start)
		fmt.Printf("%s: %s%.0f words/s on one core\n\n", name, score, float64(score.Words)/took.Seconds())
	}
	return nil
}

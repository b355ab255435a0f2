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
	flags.IntVar(&c.Runs, "runs", 0, "shuffles whose averages are summed; 0 means the language's")
	flags.IntVar(&c.Epochs, "epochs", 0, "passes in each run; 0 means the language's")
	flags.IntVar(&c.Rows[0], "tagger-rows", 0, "features kept of the tagger")
	flags.IntVar(&c.Rows[1], "parser-rows", 0, "features kept of the parser")
	flags.IntVar(&c.Rows[2], "labeller-rows", 0, "features kept of the labeller")
	flags.Uint64Var(&c.Seed, "seed", 0, "seed of the shuffles; 0 means the language's")
	flags.IntVar(&c.Noise[0], "tagger-noise", 0, "percent of features left out at random while the tagger learns; 0 means the language's, -1 none")
	flags.IntVar(&c.Noise[1], "parser-noise", 0, "and while the parser learns")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	start := time.Now()
	c.Lang = *lang
	sentences, spoken, sources, err := readTreebanks(*dir, *lang, *sample)
	if err != nil {
		return err
	}
	c.Sources, c.Spoken = sources, spoken
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
	fmt.Printf("%d sentences, %d bytes, sha256 %x, %s\n", len(sentences)+len(spoken), len(packed), sha256.Sum256(packed), time.Since(start).Round(time.Second))
	return os.WriteFile(*out, packed, 0o644)
}

func lexiconFile(name, lang string) string {
	if name != "" {
		return name
	}
	return "producer/syntax/embedded/" + lang + ".lexicon"
}

// readTreebanks reads what the language's model learns from, the written and the spoken apart.
func readTreebanks(dir, lang string, sample int) (written, spoken []conllu.Sentence, sources []syntax.Source, err error) {
	for _, file := range syntax.Treebanks(lang) {
		data, err := os.ReadFile(filepath.Join(dir, file.Name+".conllu"))
		if err != nil {
			return nil, nil, nil, err
		}
		all, err := conllu.Read(bytes.NewReader(data))
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		for i := 0; i < len(all); i += max(1, sample) {
			if file.Spoken {
				spoken = append(spoken, all[i])
			} else {
				written = append(written, all[i])
			}
		}
		sources = append(sources, syntax.Source{Name: file.Name, SHA256: fmt.Sprintf("%x", sha256.Sum256(data))})
	}
	if len(written) == 0 {
		return nil, nil, nil, fmt.Errorf("no treebank known for %q", lang)
	}
	return written, spoken, sources, nil
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
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		gold, err := conllu.Read(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		measure(m, name, gold, *raw)
	}
	return nil
}

func measure(m *syntax.Model, name string, gold []conllu.Sentence, raw bool) {
	score := syntax.NewScore()
	start := time.Now()
	if raw {
		m.MeasureRaw(gold, score)
	} else {
		m.Measure(gold, score)
	}
	speed := float64(score.Words) / time.Since(start).Seconds()
	fmt.Printf("%s: %s%.0f words/s on one core\n\n", name, score, speed)
}

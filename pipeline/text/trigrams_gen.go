//go:build ignore

// This program derives trigrams.txt from the "# text" lines of Universal Dependencies treebanks:
//
//	go run trigrams_gen.go ../../../shared/treebanks >trigrams.txt
package main

import (
	"bufio"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// letters are the symbols of the model: a word's border, the letters of French and English, and any other letter.
const letters = "_abcdefghijklmnopqrstuvwxyzàâçèéêîïôùûœ*"

var sources = map[string][]string{
	"fr": {"sequoia-train", "gsd-dev", "fqb-test"},
	"en": {"ewt-train"},
}

func main() {
	fr, en := count(os.Args[1], "fr"), count(os.Args[1], "en")
	var all []string
	for g, n := range fr.trigrams {
		if n >= 5 && !strings.ContainsRune(g, '*') {
			all = append(all, g)
		}
	}
	for g, n := range en.trigrams {
		if n >= 5 && fr.trigrams[g] < 5 && !strings.ContainsRune(g, '*') {
			all = append(all, g)
		}
	}
	slices.Sort(all)
	fmt.Println("# Costs, in eighths of a nat, of a letter after the two before it, in French and in English; _ is the border of a")
	fmt.Println("# word. Made by trigrams_gen.go from UD French-Sequoia, French-GSD (dev), French-FQB and English-EWT: see NOTICE.")
	for _, g := range all {
		fmt.Println(g, fr.cost(g), en.cost(g))
	}
}

type counts struct{ trigrams, bigrams map[string]int }

func (c counts) cost(g string) int {
	r := []rune(g)
	p := (float64(c.trigrams[g]) + 0.1) / (float64(c.bigrams[string(r[:2])]) + 4)
	return min(80, int(math.Round(-8*math.Log(p))))
}

func count(dir, lang string) counts {
	c := counts{map[string]int{}, map[string]int{}}
	for _, name := range sources[lang] {
		f, err := os.Open(filepath.Join(dir, lang, name+".conllu"))
		if err != nil {
			log.Fatal(err)
		}
		scan := bufio.NewScanner(f)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			if s, ok := strings.CutPrefix(scan.Text(), "# text = "); ok {
				c.add(s)
			}
		}
		if err := scan.Err(); err != nil {
			log.Fatal(err)
		}
		_ = f.Close()
	}
	return c
}

func (c counts) add(s string) {
	a, b := '_', '_'
	for _, r := range strings.ToLower(s) + " " {
		switch {
		case strings.ContainsRune(letters, r) && r != '*':
		case r > 0x7F && unicode.IsLetter(r):
			r = '*'
		default:
			r = '_'
		}
		if r == '_' && b == '_' {
			continue
		}
		c.trigrams[string([]rune{a, b, r})]++
		c.bigrams[string([]rune{a, b})]++
		a, b = b, r
		if r == '_' {
			a = '_'
		}
	}
}

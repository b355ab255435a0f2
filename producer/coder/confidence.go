package coder

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

//go:embed confidence.txt
var measured string

// measure is how often the events of a pattern were right.
type measure struct{ right, told int }

// trust is what the development corpora say of each pattern, by the sides whose country is told.
type trust struct {
	patterns map[string][3]measure
	all      measure
}

// prior is how many events of all patterns each pattern is taken to have told beside its own: a pattern that was seldom
// seen is trusted like the others.
const prior = 10

var trusted = sync.OnceValue(func() trust {
	t, err := readTrust(measured)
	if err != nil {
		panic(err) // the embedded file is part of the program: a test reads it
	}
	return t
})

func readTrust(text string) (trust, error) {
	t := trust{patterns: make(map[string][3]measure)}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) != 4 {
			return trust{}, fmt.Errorf("confidence: %q: want pattern, sides, right, told", line)
		}
		var n [3]int
		for i := range n {
			v, err := strconv.Atoi(f[i+1])
			if err != nil {
				return trust{}, fmt.Errorf("confidence: %q: %w", line, err)
			}
			n[i] = v
		}
		if n[0] < 0 || n[0] > 2 || n[1] < 0 || n[1] > n[2] {
			return trust{}, fmt.Errorf("confidence: %q: more right than told, or more than two sides", line)
		}
		p := t.patterns[f[0]]
		p[n[0]] = measure{n[1], n[2]}
		t.patterns[f[0]] = p
		t.all.right, t.all.told = t.all.right+n[1], t.all.told+n[2]
	}
	if t.all.told == 0 {
		return trust{}, fmt.Errorf("confidence: nothing measured")
	}
	return t, nil
}

// in is how far an event of the pattern with so many sides told is to be trusted: its measured precision.
func (t trust) in(pattern string, sides int) float64 {
	p := t.patterns[pattern][sides]
	mean := float64(t.all.right) / float64(t.all.told)
	return math.Round(100*(float64(p.right)+prior*mean)/float64(p.told+prior)) / 100
}

// confidence is how far an event of the pattern is to be trusted.
func confidence(pattern string, e news.Event) float64 {
	sides := 0
	for _, side := range [][]news.Actor{e.Who, e.Whom} {
		if countries(side) != "" {
			sides++
		}
	}
	return trusted().in(pattern, sides)
}

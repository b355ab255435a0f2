package coder

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// voice is somebody who speaks in a sentence, the word that says so, and the tokens he speaks.
type voice struct {
	mention  int
	at       int
	from, to int
}

// voices finds who says what in sentence s.
func (r *reading) voices(s text.Sentence) []voice {
	var out []voice
	for i := s.First; i < s.Last; i++ {
		if _, n := r.phrase(i, s.Last, lexicon.According); n > 0 {
			if m := r.next(i+n, s, 5); m >= 0 {
				out = append(out, voice{m, i, s.First, s.Last})
			}
			continue
		}
		if _, n := r.phrase(i, s.Last, lexicon.Statement); n > 0 && r.at[i] == 0 && !(r.saying(i) && r.isVerb(i, s)) {
			if m := r.ownerOf(i, s); m >= 0 {
				out = append(out, voice{m, i, i, s.Last})
			}
			continue
		}
		if r.saying(i) && r.isVerb(i, s) {
			before := len(out)
			out = r.said(out, i, s)
			if m := r.heardBy(i, s); m >= 0 && len(out) > before {
				v := out[before]
				if v.from > i && r.mentions[m].last+1 >= s.Last { // "…, Macron told the Financial Times."
					v.from = s.First
					out[before] = v
				}
				out = append(out, voice{m, i, v.from, v.to})
			}
		}
	}
	return out
}

// heardBy is the medium that the verb of saying at i was said to: "told the Financial Times", "a déclaré … au Monde"; -1
// where there is none.
func (r *reading) heardBy(i int, s text.Sentence) int {
	for j := i + 1; j < min(s.Last, i+8); j++ {
		m := r.at[j] - 1
		if m < 0 {
			if r.stop(j) || r.keys[j] == "that" || r.keys[j] == "que" || r.keys[j] == "qu'" {
				return -1
			}
			continue
		}
		if n := &r.mentions[m]; n.medium {
			switch n.prep {
			case "", "to", "à", "in", "with", "dans":
				return m
			}
			return -1
		}
		j = r.mentions[m].last - 1
	}
	return -1
}

// said adds the speaker of the verb at i: before it, or after it at the end of what is said.
func (r *reading) said(out []voice, i int, s text.Sentence) []voice {
	g := r.group(i, s)
	if g.passive || g.negated {
		return out
	}
	switch r.key(g.start - 1) {
	case ",", "»", "”", "\"":
		if m := r.directly(i+1, s); m >= 0 {
			return append(out, voice{m, i, s.First, i})
		}
	}
	if m := r.subjectOf(g, s); m >= 0 {
		if i+2 >= s.Last || r.keys[i+1] == "." || r.quoted(r.mentions[m].start, s) {
			return append(out, voice{m, i, s.First, i})
		}
		return append(out, voice{m, i, i + 1, s.Last})
	}
	return out
}

// directly is the bare mention at i, but for articles and titles: the subject after its verb.
func (r *reading) directly(i int, s text.Sentence) int {
	for ; i < s.Last; i++ {
		if m := r.at[i] - 1; m >= 0 {
			if r.mentions[m].prep == "" {
				return m
			}
			return -1
		}
		if !r.has(i, lexicon.Determiner|lexicon.Title|lexicon.Modifier) {
			return -1
		}
	}
	return -1
}

// next is the first mention within n tokens from i.
func (r *reading) next(i int, s text.Sentence, n int) int {
	for j := i; j < min(s.Last, i+n); j++ {
		if m := r.at[j] - 1; m >= 0 {
			return m
		}
		if r.Tokens[j].Kind == text.Punct && r.keys[j] != "." {
			return -1
		}
	}
	return -1
}

// ownerOf is whose the noun at i is: "l'annonce de M. Lavrov", "Lavrov's announcement".
func (r *reading) ownerOf(i int, s text.Sentence) int {
	if i > s.First && r.possessive(i-1) && i-2 >= s.First && r.at[i-2] > 0 {
		return r.at[i-2] - 1
	}
	if m := r.next(i+1, s, 4); m >= 0 && (r.mentions[m].prep == "de" || r.mentions[m].prep == "of") {
		return m
	}
	return -1
}

// by is who tells the event of the trigger at i. Who is quoted by somebody else speaks by way of him: a medium, or the
// one whose words name him as a speaker.
func (r *reading) by(voices []voice, i int, who []news.Actor, s text.Sentence) []news.Attribution {
	var heard []voice
	var via []string
	for _, v := range voices {
		m := &r.mentions[v.mention]
		switch {
		case i < v.from || i >= v.to || m.actor.Name == "":
		case !m.medium:
			heard = append(heard, v)
		case len(via) == 0:
			via = append(via, m.actor.Name)
		}
	}
	var out []news.Attribution
	for k, v := range heard {
		a := r.mentions[v.mention].actor
		if len(who) == 1 && same(who[0], a) || len(out) > 0 && same(out[len(out)-1].Actor, a) {
			continue
		}
		by, told := news.Attribution{Actor: a}, false
		var ways []string
		for j := len(heard) - 1; j >= 0; j-- { // the nearest first
			switch o := heard[j]; {
			case j == k || same(r.mentions[o.mention].actor, a):
			case r.hears(v, o):
				told = true
			case r.hears(o, v) && !r.beside(v, s):
				ways = append(ways, r.mentions[o.mention].actor.Name)
			}
		}
		if told {
			continue // another speaks, through him or after him
		}
		by.Via = strings.Join(append(ways, via...), ", ")
		out = append(out, by)
	}
	if len(out) > 0 || len(via) == 0 {
		return out
	}
	for _, v := range voices {
		if m := &r.mentions[v.mention]; m.medium && m.actor.Name == via[0] {
			return append(out, news.Attribution{Actor: m.actor})
		}
	}
	return out
}

// hears tells whether what the outer voice says holds the inner one, word and speaker, and not the other way round.
func (r *reading) hears(outer, inner voice) bool {
	in := func(a, b voice) bool {
		return a.from <= b.at && b.at < a.to && a.from <= r.mentions[b.mention].first && r.mentions[b.mention].first < a.to
	}
	return in(outer, inner) && !in(inner, outer)
}

// beside tells whether the inner voice only follows the outer one: "Macron said this, and Putin said that".
func (r *reading) beside(inner voice, s text.Sentence) bool {
	if r.has(r.mentions[inner.mention].start-1, lexicon.And) {
		return true
	}
	tr := r.parse(s)
	return tr != nil && tr.at(inner.at) >= 0 && tr.rel(tr.at(inner.at)) == "conj"
}

func same(a, b news.Actor) bool {
	if a.Key != "" || b.Key != "" {
		return a.Key == b.Key
	}
	return a.Name == b.Name && a.Country == b.Country
}

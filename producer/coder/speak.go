package coder

import (
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// voice is somebody who speaks in a sentence, and the tokens he speaks.
type voice struct {
	mention  int
	from, to int
}

// voices finds who says what in sentence s.
func (r *reading) voices(s text.Sentence) []voice {
	var out []voice
	for i := s.First; i < s.Last; i++ {
		if _, n := r.phrase(i, s.Last, lexicon.According); n > 0 {
			if m := r.next(i+n, s, 5); m >= 0 {
				out = append(out, voice{m, s.First, s.Last})
			}
			continue
		}
		if _, n := r.phrase(i, s.Last, lexicon.Statement); n > 0 && r.at[i] == 0 && !(r.saying(i) && r.isVerb(i, s)) {
			if m := r.ownerOf(i, s); m >= 0 {
				out = append(out, voice{m, i, s.Last})
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
				out = append(out, voice{m, v.from, v.to})
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
			return append(out, voice{m, s.First, i})
		}
	}
	if m := r.subjectOf(g, s); m >= 0 {
		if i+2 >= s.Last || r.keys[i+1] == "." {
			return append(out, voice{m, s.First, i})
		}
		return append(out, voice{m, i + 1, s.Last})
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

// by is who tells the event of the trigger at i. A medium that quotes another is the way it came.
func (r *reading) by(voices []voice, i int, who []news.Actor) []news.Attribution {
	var out []news.Attribution
	via := ""
	for _, v := range voices {
		if i < v.from || i >= v.to {
			continue
		}
		m := r.mentions[v.mention]
		if m.actor.Name == "" {
			continue
		}
		if m.medium {
			if via == "" {
				via = m.actor.Name
			}
			continue
		}
		if len(who) == 1 && same(who[0], m.actor) || len(out) > 0 && same(out[len(out)-1].Actor, m.actor) {
			continue
		}
		out = append(out, news.Attribution{Actor: m.actor})
	}
	if via == "" {
		return out
	}
	if len(out) == 0 {
		for _, v := range voices {
			if m := r.mentions[v.mention]; m.medium && m.actor.Name == via {
				return append(out, news.Attribution{Actor: m.actor})
			}
		}
	}
	for k := range out {
		out[k].Via = via
	}
	return out
}

func same(a, b news.Actor) bool {
	if a.Key != "" || b.Key != "" {
		return a.Key == b.Key
	}
	return a.Name == b.Name && a.Country == b.Country
}

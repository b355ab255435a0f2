package coder

import (
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// govern finds the beginning of m's noun phrase, its number and the preposition before it.
func (r *reading) govern(m *mention, s text.Sentence) {
	i := m.first - 1
	if r.french && m.adjective && i > s.First && r.Tokens[i].Kind == text.Word && r.at[i] == 0 && !r.has(i, lexicon.Determiner|lexicon.Preposition) {
		i-- // the noun that the adjective belongs to: "sur le territoire guyanais"
	}
	for n := 0; i >= s.First && n < 6; n++ {
		if r.at[i] > 0 {
			break
		}
		if r.Tokens[i].Kind == text.Number && m.count == nil {
			m.count = r.quantity(i)
			i = r.grouped(i) - 1
			continue
		}
		if p := r.contraction(i, m); p != "" {
			m.start, m.prep = i, p
			r.partitive(m)
			return
		}
		if r.has(i, lexicon.Numbers|lexicon.Magnitudes|lexicon.Vague) && m.count == nil && !r.french || r.numberWord(i) && m.count == nil {
			m.count = r.quantity(i)
		}
		if !r.has(i, lexicon.Determiner|lexicon.Modifier|lexicon.Title|lexicon.Numbers|lexicon.Magnitudes|lexicon.Vague|lexicon.Alleged) &&
			!r.looksAdjective(i, m) {
			break
		}
		i--
	}
	m.start = i + 1
	if i >= s.First && r.has(i, lexicon.Preposition) && r.at[i] == 0 {
		m.prep = r.keys[i]
		m.start = i
		r.partitive(m)
	}
}

// partitive counts a mention by the number that it is a part of: "dozens of French diplomats", "des milliers de Russes".
func (r *reading) partitive(m *mention) {
	if m.count == nil && (m.prep == "of" || m.prep == "de") && r.has(m.start-1, lexicon.Vague|lexicon.Magnitudes) {
		m.count = r.quantity(m.start - 1)
	}
}

// looksAdjective lets one unknown word stand between determiner and agent: "les principaux dirigeants".
func (r *reading) looksAdjective(i int, m *mention) bool {
	return m.agent != nil && i == m.first-1 && r.words[i] == unknown && r.Tokens[i].Kind == text.Word && !r.capital(i) &&
		r.has(i-1, lexicon.Determiner|lexicon.Numbers|lexicon.Preposition)
}

// contraction is the preposition that is hidden in a determiner: "du", "aux", "des" before a name or after a noun.
func (r *reading) contraction(i int, m *mention) string {
	if !r.french {
		return ""
	}
	switch r.keys[i] {
	case "du", "de", "d'":
		if m.agent != nil && r.has(i-1, lexicon.Vague|lexicon.Magnitudes) {
			return ""
		}
		return "de"
	case "des":
		if m.entry != nil && m.agent == nil || r.nounBefore(i) {
			return "de"
		}
	case "au", "aux":
		return "à"
	case "à", "en", "dans":
		return r.keys[i]
	}
	return ""
}

// nounBefore tells whether the word before i is likely a noun that a complement may follow.
func (r *reading) nounBefore(i int) bool {
	if i == 0 || r.Tokens[i-1].Kind != text.Word {
		return false
	}
	w := r.words[i-1]
	if len(w.Nouns) > 0 || r.at[i-1] > 0 {
		return true
	}
	return len(w.Verbs) == 0 && !w.Marks.Has(lexicon.Clause|lexicon.Preposition|lexicon.Adverb|lexicon.Be|lexicon.Have|lexicon.And|lexicon.Whose)
}

// numberWord tells a French number word that is no article.
func (r *reading) numberWord(i int) bool {
	if !r.has(i, lexicon.Numbers|lexicon.Vague) {
		return false
	}
	switch r.keys[i] {
	case "un", "une":
		return false
	}
	return true
}

// quantity reads the number that ends at token i: "12", "douze", "at least 12", "des dizaines de".
func (r *reading) quantity(i int) *news.Quantity {
	v, ok := r.number(i)
	if !ok {
		return nil
	}
	q := &news.Quantity{Value: v, Min: v, Max: v, Span: r.Tokens[i].Span}
	if first := r.grouped(i); first < i {
		i, q.Span.Start = first, r.Tokens[first].Start
	}
	if r.has(i, lexicon.Vague) {
		q.Max = 0
	}
	for n := 1; n <= 3 && i-n >= 0; n++ {
		p, k := r.phrase(i-n, i, lexicon.AtLeast|lexicon.AtMost|lexicon.About)
		if k != n {
			continue
		}
		q.Span.Start = r.Tokens[i-n].Start
		switch {
		case p.Mark&lexicon.AtLeast != 0:
			q.Max = 0
		case p.Mark&lexicon.AtMost != 0:
			q.Min = 0
		}
		break
	}
	r.reaches(q, i)
	q.Text = r.Text[q.Span.Start:q.Span.End]
	return q
}

// reaches gives a number the lower bound that stands before it: "between 10 and 20", "10 à 20", "10-20".
func (r *reading) reaches(q *news.Quantity, i int) {
	if i < 2 {
		return
	}
	low, ok := r.number(i - 2)
	if !ok || low >= q.Value || r.Tokens[i-2].Kind != text.Number && !r.has(i-2, lexicon.Numbers) {
		return
	}
	first := i - 2
	switch r.keys[i-1] {
	case "and", "et":
		if first--; first < 0 || r.keys[first] != "between" && r.keys[first] != "entre" {
			return
		}
	case "to", "à", "-", "–":
	default:
		return
	}
	q.Value, q.Min, q.Max, q.Span.Start = low, low, q.Value, r.Tokens[first].Start
}

// grouped is the first of the tokens that write one number with spaces in French, of which i is the last: "10 000".
func (r *reading) grouped(i int) int {
	for r.french && i > 0 && len(r.surface[i]) == 3 && r.Tokens[i].Kind == text.Number && r.Tokens[i-1].Kind == text.Number && len(r.surface[i-1]) <= 3 {
		switch r.Text[r.Tokens[i-1].End:r.Tokens[i].Start] {
		case " ", "\u00a0", "\u202f":
			i--
		default:
			return i
		}
	}
	return i
}

// number is the value of token i, with the magnitude after it.
func (r *reading) number(i int) (int64, bool) {
	var v int64
	if r.Tokens[i].Kind == text.Number {
		digits := ungroup.Replace(r.Text[r.Tokens[r.grouped(i)].Start:r.Tokens[i].End])
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || strings.ContainsAny(r.surface[i], ".") || r.french && strings.Contains(r.surface[i], ",") {
			return 0, false
		}
		v = n
	} else {
		p, k := r.phrase(i, i+1, lexicon.Numbers|lexicon.Magnitudes|lexicon.Vague)
		if k == 0 {
			return 0, false
		}
		n, err := strconv.ParseInt(p.Value, 10, 64)
		if err != nil {
			return 0, false
		}
		v = n
	}
	if i+1 < len(r.Tokens) && r.has(i+1, lexicon.Magnitudes) {
		if p, k := r.phrase(i+1, i+2, lexicon.Magnitudes); k > 0 {
			if n, err := strconv.ParseInt(p.Value, 10, 64); err == nil && v < 1_000_000 {
				v *= n
			}
		}
	}
	return v, true
}

// ungroup takes out of a number what groups its digits.
var ungroup = strings.NewReplacer(",", "", " ", "", "\u00a0", "", "\u202f", "", ".", "")

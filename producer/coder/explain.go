package coder

import (
	"fmt"
	"io"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// Explain codes a and writes how: each sentence with its tree, the actors in it, each word that may tell an event with
// the lexicon entry and the pattern that fired, and why what is no event is none. The first error of w is returned.
func (c *Coder) Explain(w io.Writer, a news.Article) error {
	language := c.lexicon.Language(a.Language)
	if language == nil || a.Text == "" {
		_, err := fmt.Fprintf(w, "language %q: not read\n", a.Language)
		return err
	}
	r := c.read(a, language)
	r.eager = true // what is passed over is to be explained too
	var told []draft
	for s := range r.Sentences {
		var b strings.Builder
		r.trace = &b
		r.resolve(s)
		drafts := r.draft(s)
		told = append(told, drafts...)
		if err := r.explain(w, s, b.String()); err != nil {
			return err
		}
	}
	var last strings.Builder
	r.trace = &last
	events := news.Identify(a.ID, r.finish(told))
	if _, err := io.WriteString(w, last.String()); err != nil {
		return err
	}
	for _, e := range events {
		if _, err := fmt.Fprintf(w, "event %s: %s %s%s %s > %s (entry %q, %s)\n", e.ID, e.What.Type, e.What.CAMEO,
			flags(e), strings.Join(names(e.Who), ", "), strings.Join(names(e.Whom), ", "), e.What.Lemma, cited(e)); err != nil {
			return err
		}
	}
	return nil
}

// explain writes what is known of sentence s.
func (r *reading) explain(w io.Writer, s int, candidates string) error {
	sentence := r.Sentences[s]
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %s\n", s+1, strings.Join(strings.Fields(r.Text[sentence.Start:sentence.End]), " "))
	b.WriteString(r.drawing(sentence))
	for i := r.first[s]; i < len(r.mentions); i++ {
		m := &r.mentions[i]
		fmt.Fprintf(&b, "  actor %q: %s\n", m.actor.Text, strings.Join(names([]news.Actor{m.actor}), ""))
	}
	b.WriteString(candidates)
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// drawing is the sentence's tree, every line indented.
func (r *reading) drawing(s text.Sentence) string {
	model := syntax.For(r.Lang)
	if model == nil {
		return ""
	}
	d := r.Document
	s.First = r.dateline(s)
	d.Sentences = []text.Sentence{s}
	lines := strings.Split(strings.TrimRight(model.Parse(d, 0).Draw(), "\n"), "\n")
	return "    " + strings.Join(lines, "\n    ") + "\n"
}

// remark says what became of an event that its sentence told, once the whole article was read.
func (r *reading) remark(d draft, format string, args ...any) {
	if r.trace == nil {
		return
	}
	fmt.Fprintf(r.trace, "sentence %d, %q: %s\n", d.sentence+1, d.What.Trigger, fmt.Sprintf(format, args...))
}

// misfit says that a word of the lexicon stands at token i, and that none of its entries fits what stands around it.
func (r *reading) misfit(i int) {
	w := r.words[i]
	if r.trace == nil || r.at[i] > 0 {
		return
	}
	var tried []string
	for _, f := range w.Verbs {
		for _, s := range f.Verb.Senses {
			tried = append(tried, s.Lemma)
		}
	}
	for _, s := range w.Nouns {
		tried = append(tried, s.Lemma)
	}
	if len(tried) > 0 {
		fmt.Fprintf(r.trace, "  word %q: no entry fits: %s\n", r.surface[i], strings.Join(tried, ", "))
	}
}

// note says why trigger t is no event, or what event it is.
func (r *reading) note(t *trigger, format string, args ...any) {
	if r.trace == nil {
		return
	}
	kind := "verb"
	if t.noun() {
		kind = "noun"
	}
	fmt.Fprintf(r.trace, "  %s %q (%s, entry %q): %s\n", kind, r.Text[r.Tokens[t.at].Start:r.Tokens[t.last-1].End], t.pattern, t.sense.Lemma,
		fmt.Sprintf(format, args...))
}

// joins says why d is told by the words of event e, before its sentence is left.
func (r *reading) joins(e, d draft) {
	if r.trace == nil {
		return
	}
	why := "the parties agree"
	switch {
	case !alike(e, d):
		why = "whom the one names is of no told country"
	case len(e.Who)+len(e.Whom) == 0 || len(d.Who)+len(d.Whom) == 0:
		why = "one of them names nobody"
	case len(e.Who) == 0 || len(e.Whom) == 0 || len(d.Who) == 0 || len(d.Whom) == 0:
		why = "the parties that both name agree"
	}
	fmt.Fprintf(r.trace, "  %q: joined to %q, as one %s: %s\n", d.What.Trigger, e.What.Trigger, e.What.Type, why)
}

func names(side []news.Actor) []string {
	out := make([]string, len(side))
	for i, a := range side {
		out[i] = a.Name
		if a.Country != "" {
			out[i] += " [" + a.Country + "]"
		}
		if a.Inferred {
			out[i] += " (inferred)"
		}
	}
	return out
}

// cited names the sentences that tell an event, each with its pattern and confidence.
func cited(e news.Event) string {
	out := make([]string, len(e.Cites))
	for i, c := range e.Cites {
		out[i] = fmt.Sprintf("sentence %d by pattern %q, confidence %.2f", c.Sentence, c.Pattern, c.Confidence)
	}
	return strings.Join(out, "; ")
}

func flags(e news.Event) string {
	out := ""
	if e.Lead {
		out += " lead"
	}
	if e.Historical {
		out += " historical"
	}
	if e.Realis != news.Actual {
		out += " " + string(e.Realis)
	}
	return out
}

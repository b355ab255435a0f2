package coder

import (
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Work is the units of work that a costs, and its events.
func (c *Coder) Work(a news.Article) (int, []news.Event) {
	language := c.lexicon.Language(a.Language)
	if language == nil || a.Text == "" {
		return 0, nil
	}
	events, work := c.code(a, language)
	return work, events
}

// Eager is the same coder that parses every sentence.
func (c *Coder) Eager() *Coder {
	return &Coder{gazetteer: c.gazetteer, lexicon: c.lexicon, eager: true}
}

// Parsed is the sentences of a that the coder parses.
func (c *Coder) Parsed(a news.Article) []text.Sentence {
	r := c.read(a, c.lexicon.Language(a.Language))
	var out []text.Sentence
	for s, sentence := range r.Sentences {
		r.resolve(s)
		r.draft(s)
		if c.eager || r.parsed == sentence.First+1 {
			out = append(out, sentence)
		}
	}
	return out
}

// Dates lists the expressions of time of an article's last sentence, each as "words: interval", with what they mean
// beside a verb of the future where that is something else.
func (c *Coder) Dates(a news.Article) []string {
	r := c.read(a, c.lexicon.Language(a.Language))
	var out []string
	for k, s := range r.Sentences {
		r.resolve(k)
		r.dates = r.datesOf(s, r.lastDate())
		out = out[:0]
		for _, d := range r.dates {
			line := r.Text[r.Tokens[d.first].Start:r.Tokens[d.last-1].End] + ": " + d.when.String()
			if !d.ahead.IsZero() {
				line += " or " + d.ahead.String()
			}
			out = append(out, line)
		}
		r.keepDates()
	}
	return out
}

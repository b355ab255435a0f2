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

package coder

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// two is the mention of two states in one word: "US-Philippine", "franco-allemand".
func (r *reading) two(i int) (mention, bool) {
	a, b, ok := strings.Cut(r.surface[i], "-")
	if !ok || a == "" || b == "" || !r.capital(i) {
		return mention{}, false
	}
	var found [2]*gazetteer.Entry
	for k, part := range [...]string{a, b} {
		for _, m := range r.gazetteer.Longest([]string{part}, 0, r.Lang) {
			if m.Entry.Kind == gazetteer.Country {
				found[k] = m.Entry
				break
			}
		}
		if found[k] == nil {
			return mention{}, false
		}
	}
	actor := func(e *gazetteer.Entry) news.Actor {
		return news.Actor{Key: e.Key, Name: e.Name, Country: sovereign(e.Country), Text: r.surface[i], Span: r.Tokens[i].Span}
	}
	second := actor(found[1])
	return mention{first: i, last: i + 1, entry: found[0], known: true, adjective: true, actor: actor(found[0]), second: &second}, true
}

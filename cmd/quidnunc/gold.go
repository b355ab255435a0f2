package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/producer/coder"
)

// goldArticle is a line of a corpus that people have coded: a document, or a sentence with its date.
type goldArticle struct {
	ID, Lang, Title, Text, Published, Date, Publisher, URL string
}

func (g goldArticle) article() (news.Article, error) {
	day := g.Published
	if day == "" {
		day = g.Date
	}
	a := news.Article{Language: g.Lang, Title: g.Title, Text: g.Text, Publisher: g.Publisher, URL: g.URL}
	if day != "" {
		var err error
		if a.Published, err = news.ParseInterval(day); err != nil {
			return a, err
		}
	}
	return a.Identify(""), nil
}

// goldEvents is what is printed of it, in the form of such corpora.
type goldEvents struct {
	ID     string      `json:"id"`
	Events []goldEvent `json:"events"`
}

type goldEvent struct {
	Plover     plover.Type `json:"plover"`
	Mode       plover.Mode `json:"mode"`
	Code       string      `json:"code"`
	Source     []string    `json:"source"`
	Target     []string    `json:"target"`
	At         int         `json:"at"`
	Date       string      `json:"date"`
	Historical bool        `json:"historical"`
	Alleged    bool        `json:"alleged"`
	Trigger    string      `json:"trigger"`
	Pattern    string      `json:"pattern"`
}

// codeGold codes line by line, in order; every sentence that tells an event tells it once.
func codeGold(in io.Reader, out io.Writer) error {
	c := newCoder()
	w := bufio.NewWriterSize(out, 64<<10)
	lineOut := json.NewEncoder(w)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		var g goldArticle
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		a, err := g.article()
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := lineOut.Encode(goldEvents{g.ID, goldOf(a, c)}); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return w.Flush()
}

func goldOf(a news.Article, c *coder.Coder) []goldEvent {
	out := []goldEvent{}
	for _, e := range c.Code(a) {
		if e.Realis == news.Hypothetical {
			continue
		}
		for _, cite := range e.Cites {
			out = append(out, goldEvent{
				Plover: e.What.Type, Mode: e.What.Mode, Code: e.What.CAMEO, Source: countries(e.Who), Target: countries(e.Whom),
				At: cite.Trigger.Start, Date: e.When.String(), Historical: e.Historical, Alleged: e.Realis == news.Alleged,
				Trigger: a.Text[cite.Trigger.Start:cite.Trigger.End], Pattern: cite.Pattern,
			})
		}
	}
	return out
}

func countries(actors []news.Actor) []string {
	out := []string{}
	for _, a := range actors {
		if a.Country != "" {
			out = append(out, a.Country)
		}
	}
	return out
}

package match

import (
	"slices"
	"strconv"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// Traits lists what reports have that clues ask for. The zero Traits is ready; it is not safe for concurrent use.
type Traits struct {
	doc document
	out []string
}

// Of is the traits of a report, sorted, each once. The slice is good until the next call.
func (t *Traits) Of(r *news.Report) []string {
	t.out = t.out[:0]
	t.doc.read(r, news.Story{}, true)
	lang := langs[t.doc.lang]
	for _, p := range t.doc.places {
		w := &t.doc.lexer.words[p.word]
		t.out = append(t.out, wordTrait+w.fold)
		if lang != "" && w.stem != w.fold {
			t.out = append(t.out, stemTrait+lang+w.stem)
		}
	}
	t.give(keyLang, r.Article.Language)
	t.give(keyPublisher, r.Article.Publisher)
	for host, ok := text.Fold(r.Article.Publisher), true; ok; _, host, ok = strings.Cut(host, ".") {
		t.give(keyHost, host)
	}
	for i := range r.Events {
		t.event(&r.Events[i])
	}
	slices.Sort(t.out)
	t.out = slices.Compact(t.out)
	return t.out
}

func (t *Traits) give(letter byte, value string) {
	t.out = append(t.out, fieldTrait+string(letter)+value)
}

// event mirrors view.eventMarks.
func (t *Traits) event(e *news.Event) {
	t.give(keyWhat, string(e.What.Type))
	t.give(keyMode, string(e.What.Mode))
	for _, c := range e.What.Contexts {
		t.give(keyContext, string(c))
	}
	t.give(keyRealis, string(e.Realis))
	t.give(keyHistory, strconv.FormatBool(e.Historical))
	for n := 2; n <= len(e.What.CAMEO); n++ {
		t.give(keyCAMEO, e.What.CAMEO[:n])
	}
	t.give(keyQuad, strconv.Itoa(max(1, min(4, e.What.Quad))))
	t.give(keyScore, strconv.Itoa(scoreBucket(e.What.Score)))
	t.side(keyWho, e.Who)
	t.side(keyWhom, e.Whom)
	if e.Where != nil {
		t.give(keyCountry, e.Where.Country)
		t.give(keyPlace, text.Fold(e.Where.Name))
		t.give(keyPlace, text.Fold(e.Where.Text))
	}
}

func (t *Traits) side(letter byte, actors []news.Actor) {
	for _, a := range actors {
		for _, l := range [...]byte{letter, keyActor} {
			if a.Country != "" {
				t.give(l, a.Country)
			}
			if a.Key != "" {
				t.give(l, "#"+a.Key)
			}
			for _, s := range a.Sectors {
				t.give(l, "/"+string(s))
			}
		}
	}
}

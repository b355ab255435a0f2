package rulebook

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/trial"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// test reads an example of what a rule is expected to do.
func (l *loader) test(v value) {
	t := trial.Case{Where: v.place().spot()}
	expects := false
	before := len(l.errs.list)
	v.fields(map[string]handler{
		"name": into(&t.Name),
		"rule": func(v value) {
			into(&t.Rule)(v)
			l.wanted = append(l.wanted, reference{in: l.rules, kind: "rule", name: v.Value, at: v.place()})
		},
		"articles": func(v value) { v.items(func(v value) { t.Articles = append(t.Articles, l.example(v)) }) },
		"until":    moment(&t.Until),
		"expect": func(v value) {
			expects = true
			v.items(func(v value) { t.Expect = append(t.Expect, l.expected(v)) })
		},
		"suppressed": func(v value) {
			t.Held = true
			v.items(func(v value) {
				var r machine.Reason
				oneOf(&r, machine.Reasons())(v)
				t.Suppress = append(t.Suppress, r)
			})
		},
	})
	if len(l.errs.list) > before {
		return
	}
	switch {
	case t.Name == "" || t.Rule == "":
		v.fail("a test needs a name and a rule")
	case len(t.Articles) == 0:
		v.fail("a test needs articles")
	case !expects && !t.Held:
		v.fail("a test needs to expect something: alerts, [] for none, or what is suppressed")
	default:
		l.book.Tests = append(l.book.Tests, t)
	}
}

// example is an article of a test. A file's path is relative to the rule file.
func (l *loader) example(v value) trial.Article {
	a := trial.Article{Where: v.place().spot()}
	before := len(l.errs.list)
	v.fields(map[string]handler{
		"at": moment(&a.At),
		"file": func(v value) {
			if into(&a.File)(v); a.File != "" && !filepath.IsAbs(a.File) {
				a.File = filepath.Join(filepath.Dir(v.doc.name), a.File)
			}
		},
		"title":     prose(&a.Article.Title),
		"text":      prose(&a.Article.Text),
		"lang":      into(&a.Article.Language),
		"publisher": into(&a.Article.Publisher),
		"url":       into(&a.Article.URL),
		"published": func(v value) {
			s, ok := v.text()
			if !ok {
				return
			}
			published, err := news.ParseInterval(s)
			if err != nil {
				v.fail("%q is no date: want such as 2021-10-18 or 2021-10", s)
			}
			a.Article.Published = published
		},
	})
	inline := a.Article.Title + a.Article.Text
	switch {
	case len(l.errs.list) > before:
	case a.File == "" && inline == "":
		v.fail("an article needs a text, a title or a file")
	case a.File != "" && a.Article != (news.Article{}):
		v.fail("an article is in a file or written out, not both")
	case a.File == "" && a.At.IsZero() && a.Article.Published.IsZero():
		v.fail("an article needs the time it comes at: at")
	case a.File == "" && a.Article.Language == "":
		a.Article.Language = text.Detect(inline)
	}
	return a
}

// prose puts a text into s as archives would read it.
func prose(s *string) handler {
	return func(v value) {
		into(s)(v)
		*s = strings.TrimSpace(text.Normalize(*s))
	}
}

// expected is what a revision of an alert is asked for.
func (l *loader) expected(v value) trial.Alert {
	a := trial.Alert{Where: v.place().spot()}
	var types []string
	for _, t := range plover.Types() {
		types = append(types, string(t))
	}
	v.fields(map[string]handler{
		"severity": oneOf(&a.Severity, news.Severities()),
		"change":   oneOf(&a.Change, []news.Change{news.New, news.Updated, news.Retracted}),
		"what":     oneOf(&a.What, types),
		"who":      l.somebody(&a.Who),
		"whom":     l.somebody(&a.Whom),
		"cites":    into(&a.Cites),
		"summary":  into(&a.Summary),
		"to":       func(v value) { a.To = l.to(v) },
	})
	return a
}

// somebody puts an actor into s that the gazetteer knows.
func (l *loader) somebody(s *string) handler {
	return func(v value) {
		if into(s)(v); *s != "" && len(rule.Parties(*s, l.gazetteer)) == 0 {
			hint := ""
			if near := l.gazetteer.Suggest(*s); near != "" {
				hint = ": did you mean " + near + "?"
			}
			v.fail("no actor is called %q%s", *s, hint)
		}
	}
}

// moment puts a time into t, a date standing for its beginning.
func moment(t *time.Time) handler {
	forms := []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006-01"}
	return func(v value) {
		s, ok := v.text()
		if !ok {
			return
		}
		if !slices.ContainsFunc(forms, func(form string) bool {
			parsed, err := time.Parse(form, s)
			if err == nil {
				*t = parsed.UTC()
			}
			return err == nil
		}) {
			v.fail("%q is no time: want such as 2021-10-18 or 2021-10-18 08:30", s)
		}
	}
}

// spot is the place as file and line.
func (p place) spot() string { return p.doc.name + ":" + strconv.Itoa(p.line) }

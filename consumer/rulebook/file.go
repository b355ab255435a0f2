package rulebook

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func (l *loader) file(s source) {
	doc := &document{name: s.name, data: s.data}
	root, ok := doc.root(&l.errs)
	if !ok {
		return
	}
	root.fields(map[string]handler{
		"rules":     func(v value) { v.items(l.rule) },
		"lists":     func(value) {}, // they were read before
		"receivers": func(v value) { v.items(l.receiver) },
		"tests":     func(v value) { v.items(l.test) },
	})
}

func (l *loader) rule(v value) {
	var r rule.Rule
	var query, name *value
	before := len(l.errs.list)
	v.fields(map[string]handler{
		"name": func(v value) {
			name = &v
			into(&r.Name)(v)
		},
		"query":    func(v value) { query = &v },
		"title":    into(&r.Title),
		"owner":    into(&r.Owner),
		"when":     func(v value) { l.when(v, &r.When) },
		"throttle": duration(&r.Throttle),
		"limit":    limit(&r.Limit),
		"severity": oneOf(&r.Severity, news.Severities()),
		"max_age":  duration(&r.MaxAge),
		"state":    func(v value) { oneOf(&r.State, rule.States())(v) },
		"to":       func(v value) { r.To = l.to(v) },
		"summary":  func(v value) { l.summary(v, &r.Summary) },
	})
	if name != nil && v.Kind == yaml.MappingNode {
		l.name(*name, "rule", l.rules)
	}
	if query != nil || len(r.When.Steps) == 0 { // the steps of a sequence can ask for themselves
		r.Query = l.query(v, query)
	}
	if len(l.errs.list) > before {
		return
	}
	if name == nil {
		v.fail("a rule needs a name")
		return
	}
	r, err := r.Complete()
	if err == nil {
		r = r.Bind(l.lists)
		err = r.Check()
	}
	if err != nil {
		v.fail("%v", err) // the parts were checked above: a rule that fails now is wrong as a whole
		return
	}
	l.book.Rules = append(l.book.Rules, r)
	l.book.Places = append(l.book.Places, v.places())
}

// places are where a rule and each of its keys stand; the rule itself has no key.
func (v value) places() map[string]Place {
	p := v.place()
	out := map[string]Place{"": {p.doc.name, p.line, p.column}}
	for i := 0; i+1 < len(v.Content); i += 2 {
		p := v.doc.at(v.Content[i])
		out[v.Content[i].Value] = Place{p.doc.name, p.line, p.column}
	}
	return out
}

// name checks and claims the name of a rule or a receiver.
func (l *loader) name(v value, kind string, names map[string]place) {
	name, ok := v.text()
	if !ok {
		return
	}
	if !rule.ValidName(name) {
		v.fail("%q: want kebab-case such as russia-nato-rupture, at most 64 characters", name)
		return
	}
	l.claim(names, kind, name, v.place())
}

// query is a rule's query. It is parsed and validated, and each error shown in the file.
func (l *loader) query(parent value, v *value) string {
	if v == nil {
		if parent.Kind == yaml.MappingNode {
			parent.fail("a rule needs a query")
		}
		return ""
	}
	text, ok := v.text()
	if !ok {
		return ""
	}
	x, err := rule.Parse(text)
	if err == nil {
		x = rule.Bind(x, l.lists)
		err = rule.Validate(x, l.gazetteer)
	}
	for _, e := range rule.Split(err) {
		pos, _ := rule.Position(e)
		at := v.doc.inside(v.Node, pos)
		l.errs.list = append(l.errs.list, at.shown(kindOf(e), v.path+": "+rule.Message(e)))
	}
	return text
}

// kindOf is what is wrong with a query.
func kindOf(err error) string {
	var meaning *rule.MeaningError
	switch {
	case !errors.As(err, &meaning):
		return Syntax
	case strings.HasPrefix(meaning.Problem, "no field is called"):
		return UnknownField
	}
	return UnknownCode
}

// to reads the receivers of a rule: a list, or one.
func (l *loader) to(v value) []string {
	var out []string
	one := func(v value) {
		name, ok := v.text()
		if !ok {
			return
		}
		out = append(out, name)
		l.wanted = append(l.wanted, reference{
			in: l.receivers, kind: "receiver", name: name, at: v.place(), known: []string{DefaultReceiver, TerminalReceiver},
		})
	}
	if v.Kind == yaml.ScalarNode {
		one(v)
	} else {
		v.items(one)
	}
	return out
}

func (l *loader) summary(v value, s *string) {
	text, ok := v.text()
	if !ok {
		return
	}
	if _, err := rule.ParseSummary(text); err != nil {
		l.errs.named(Template, v.place(), "%s: %v", v.path, unwrapAll(err))
		return
	}
	*s = text
}

// unwrapAll is the innermost error: what a template says without the rooms it came through.
func unwrapAll(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return errors.New(strings.TrimPrefix(err.Error(), "template: summary:"))
		}
		err = inner
	}
}

// texts is a mapping of names to scalars.
func (v value) texts() map[string]string {
	if v.Kind != yaml.MappingNode {
		v.fail("want keys and values")
		return nil
	}
	out := map[string]string{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		sub := value{Node: deref(v.Content[i+1]), doc: v.doc, errs: v.errs, path: join(v.path, v.Content[i].Value)}
		if text, ok := sub.text(); ok {
			out[v.Content[i].Value] = text
		}
	}
	return out
}

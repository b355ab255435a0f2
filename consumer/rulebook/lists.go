package rulebook

import (
	"go.yaml.in/yaml/v4"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// listsOf reads the lists of a file, before any rule that may name them. What is wrong with the file as a whole is told
// when its rules are read.
func (l *loader) listsOf(s source) {
	doc := &document{name: s.name, data: s.data}
	root, ok := doc.root(&problems{})
	if !ok || root.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if deref(root.Content[i]).Value == "lists" {
			l.listsIn(value{Node: deref(root.Content[i+1]), doc: doc, errs: &l.errs, path: "lists"})
		}
	}
}

func (l *loader) listsIn(v value) {
	if v.Kind != yaml.MappingNode {
		v.fail("want names and lists of values")
		return
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		key := deref(v.Content[i])
		sub := value{Node: deref(v.Content[i+1]), doc: v.doc, errs: v.errs, path: join(v.path, key.Value)}
		if !rule.ValidName(key.Value) {
			sub.fail("%q: want a kebab-case name, at most 64 characters", key.Value)
			continue
		}
		l.claim(l.listed, "list", key.Value, v.doc.at(v.Content[i]))
		values := []string{}
		sub.items(func(v value) {
			if text, ok := v.text(); ok {
				values = append(values, text)
			}
		})
		if len(values) > rule.MaxList {
			sub.fail("%d values, of at most %d", len(values), rule.MaxList)
			values = values[:1]
		}
		l.lists[key.Value] = values
	}
}

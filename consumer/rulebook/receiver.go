package rulebook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// kinds of receivers of the full design that this version refuses.
var laterReceivers = []string{"alertmanager", "email", "slack", "ntfy", "atom", "nats"}

func (l *loader) receiver(v value) {
	var r Receiver
	var name *value
	before := len(l.errs.list)
	v.fields(map[string]handler{
		"name": func(v value) {
			name = &v
			into(&r.Name)(v)
		},
		"terminal": func(v value) {
			r.Terminal = &struct{}{}
			if v.Tag != "!!null" {
				v.fields(nil)
			}
		},
		"webhook": func(v value) {
			r.Webhook = &Webhook{}
			v.fields(map[string]handler{"url": secret(&r.Webhook.URL), "secret": secret(&r.Webhook.Secret)})
			if r.Webhook.URL == "" && len(l.errs.list) == before {
				v.fail("a webhook needs a url")
			}
		},
	}, laterReceivers...)
	if name != nil {
		l.name(*name, "receiver", l.receivers)
	}
	if len(l.errs.list) > before || v.Kind != yaml.MappingNode {
		return
	}
	switch {
	case name == nil:
		v.fail("a receiver needs a name")
	case (r.Terminal == nil) == (r.Webhook == nil):
		v.fail("a receiver needs one kind: terminal or webhook")
	default:
		l.book.Receivers = append(l.book.Receivers, r)
	}
}

var placeholder = regexp.MustCompile(`\$\{([a-z]*):([^}]*)\}`)

// secret puts a text into s, with ${env:NAME} and ${file:PATH} replaced. What they hold is never told.
func secret(s *string) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		before := len(v.errs.list)
		*s = placeholder.ReplaceAllStringFunc(text, func(m string) string {
			parts := placeholder.FindStringSubmatch(m)
			found, err := fetch(filepath.Dir(v.doc.name), parts[1], parts[2])
			if err != nil {
				v.fail("%s: %v", m, err)
			}
			return found
		})
		if *s == "" && len(v.errs.list) == before {
			v.fail("empty")
		}
	}
}

func fetch(dir, kind, name string) (string, error) {
	switch kind {
	case "env":
		s, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		return s, nil
	case "file":
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		data, err := readFile(name)
		return strings.TrimRight(string(data), "\r\n"), err
	}
	return "", errors.New("want ${env:NAME} or ${file:PATH}")
}

package trial

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// DefaultReceiver gets the alerts of rules that name nobody.
const DefaultReceiver = "default"

// fold sets aside how apostrophes and spaces are written.
func fold(s string) string {
	s = strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'").Replace(s)
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}

func receivers(a news.Alert) []string {
	if len(a.To) == 0 {
		return []string{DefaultReceiver}
	}
	return slices.Sorted(slices.Values(a.To))
}

// describe is an alert in a line.
func describe(a news.Alert) string {
	return fmt.Sprintf("%s, %s, of %s: %s", a.Change, a.Severity, a.At.UTC().Format("2006-01-02 15:04"), told(a.Events))
}

// told says what events tell.
func told(events []news.Event) string {
	if len(events) == 0 {
		return "no event"
	}
	return list(events, func(e news.Event) string {
		s := names(e.Who) + " " + string(e.What.Type) + " " + names(e.Whom)
		if e.Realis != news.Actual {
			s += " (" + string(e.Realis) + ")"
		}
		if e.Historical {
			s += " (history)"
		}
		return s
	})
}

func names(actors []news.Actor) string {
	if len(actors) == 0 {
		return "nobody"
	}
	var out []string
	for _, a := range actors {
		switch {
		case a.Country != "":
			out = append(out, a.Country)
		case a.Name != "":
			out = append(out, a.Name)
		default:
			out = append(out, a.Text)
		}
	}
	return strings.Join(out, "+")
}

func list[T any](of []T, text func(T) string) string {
	var out []string
	for _, x := range of {
		if s := text(x); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

func quoted(of []string) string { return list(of, func(s string) string { return "«" + s + "»" }) }

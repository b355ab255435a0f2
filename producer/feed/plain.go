package feed

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxMarkup bounds the HTML of one item that is read.
const maxMarkup = 2 << 20

// breaks are the elements that begin a new line.
var breaks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Br: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Tr: true, atom.Table: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Blockquote: true, atom.Hr: true,
	atom.Section: true, atom.Article: true, atom.Figure: true, atom.Figcaption: true, atom.Pre: true, atom.Dd: true, atom.Dt: true,
	atom.Header: true, atom.Footer: true, atom.Aside: true,
}

// hidden are the elements whose inside nobody reads.
var hidden = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Iframe: true, atom.Svg: true}

// plain makes text of HTML: a line a paragraph, blank lines between them.
func plain(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return strings.TrimSpace(s)
	}
	if len(s) > maxMarkup {
		s = s[:maxMarkup]
	}
	var out strings.Builder
	t := html.NewTokenizer(strings.NewReader(s))
	skip := 0
	for {
		switch t.Next() {
		case html.ErrorToken:
			return tidy(out.String())
		case html.TextToken:
			if skip == 0 {
				out.Write(t.Text())
			}
		case html.StartTagToken:
			name, _ := t.TagName()
			a := atom.Lookup(name)
			if hidden[a] {
				skip++
			}
			if breaks[a] {
				out.WriteString("\x00")
			}
		case html.EndTagToken:
			name, _ := t.TagName()
			a := atom.Lookup(name)
			if hidden[a] {
				skip = max(0, skip-1)
			}
			if breaks[a] {
				out.WriteString("\x00")
			}
		case html.SelfClosingTagToken:
			name, _ := t.TagName()
			if breaks[atom.Lookup(name)] {
				out.WriteString("\x00")
			}
		}
	}
}

// tidy makes one line of each stretch between breaks (NUL) and leaves out what is empty.
func tidy(s string) string {
	var lines []string
	for l := range strings.SplitSeq(s, "\x00") {
		if l = oneLine(l); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n\n")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

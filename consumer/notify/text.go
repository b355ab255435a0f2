package notify

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// clean makes words from outside safe for a terminal: no escape sequences, no control or direction characters, no line
// breaks, valid UTF-8, one space at a time.
func clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s { // broken bytes come as U+FFFD
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			space = true
			continue
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d':
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// columns is how many columns s takes on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens s to at most n columns, on a word border where there is one, with … in place of what is gone.
func cut(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	hard, soft, used := 0, 0, 0
	for i, r := range s {
		if r == ' ' {
			soft = i
		}
		if used += runeColumns(r); used > n-1 {
			hard = i
			break
		}
	}
	if soft == 0 || soft*2 < hard { // one very long word
		soft = hard
	}
	return strings.TrimRight(s[:soft], " ,;:·—–-(") + "…"
}

// tail keeps the last words of s, at most n columns with the … before them.
func tail(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	excess := columns(s) - max(0, n-1)
	for i, r := range s {
		if excess <= 0 && (r == ' ') {
			return "…" + strings.TrimLeft(s[i:], " ")
		}
		excess -= runeColumns(r)
	}
	return "…"
}

// afterTrigger is how many columns of a quotation should follow its trigger before the quotation's head is given up.
const afterTrigger = 32

// window fits a quotation, in its three parts before, at and after the trigger, into n columns.
func window(before, trigger, after string, n int) (string, string, string) {
	if trigger == "" {
		return cut(before, n), "", ""
	}
	room := n - columns(trigger) - 2 // the brackets
	if columns(before)+columns(after) <= room {
		return before, trigger, after
	}
	head := max(room-min(columns(after), afterTrigger), room*2/5)
	if columns(before) > head {
		before = spaced(tail(strings.TrimRight(before, " "), head-1), strings.HasSuffix(before, " "))
	}
	return before, trigger, cut(after, max(0, room-columns(before)))
}

func spaced(s string, space bool) string {
	if space {
		return s + " "
	}
	return s
}

// flow lays out parts, joined by sep, in lines of at most n columns; a line after the first begins with indent.
func flow(first, indent, sep string, parts []string, n int) []string {
	var lines []string
	line := first
	for i, p := range parts {
		more := ""
		if i < len(parts)-1 {
			more = strings.TrimRight(sep, " ")
		}
		switch {
		case i == 0:
			line += p
		case columns(line+sep+p+more) <= n:
			line += sep + p
		default:
			lines = append(lines, strings.TrimRight(line+sep, " "))
			line = indent + p
		}
	}
	return append(lines, line)
}

// ends puts left and right on one line of n columns, right at its end; left is cut where it must be.
func ends(left, right string, n int) (l, gap, r string) {
	const least = 2
	left = cut(left, max(8, n-columns(right)-least))
	return left, strings.Repeat(" ", max(least, n-columns(left)-columns(right))), right
}

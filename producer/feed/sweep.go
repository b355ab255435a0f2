package feed

import (
	"bytes"
	"slices"
	"strings"
)

// span is a stretch of swept.out.
type span struct{ start, end int }

// tag is a start tag: its name without prefix, and its bytes.
type tag struct {
	name   string // "item" of <rss:item>, lower case
	full   string // "rss:item"
	source []byte
}

func (t tag) feed() bool {
	return t.name == "rss" || t.name == "feed" || t.name == "rdf" || t.name == "channel"
}

// swept is XML that is safe to parse, with the places of its items.
type swept struct {
	out     []byte // from the root's start tag on, without comments, DOCTYPE and processing instructions
	root    tag
	parents []tag  // open around the first item
	items   []span // that are whole
	first   int    // where the first item begins, whole or not; -1: none
	cut     bool   // the end is missing
	torn    bool   // what stands before the first item has no end
	inside  string // where it was cut

	open     []tag  // the outermost open elements, at most rememberedDepth
	depth    int    // of open elements
	elements int    // since the last item began
	item     string // the name of items, with prefix
	home     int    // depth at which they stand
	start    int    // of the item that is open; -1: none
	homeless bool   // ended: what follows the root's end tag is not read
}

const (
	rememberedDepth = 6
	maxElements     = 10_000 // in one item
	maxStray        = 1000   // stray "<" that are mended
)

// sweep is the one pass over a feed before any parser sees it. It costs time and memory in proportion to its length.
func (r *reader) sweep(b []byte) *swept {
	s := &swept{out: make([]byte, 0, len(b)), first: -1, start: -1}
	for len(b) > 0 && !s.homeless {
		n := bytes.IndexByte(b, '<')
		if n < 0 {
			n = len(b)
		}
		r.emit(s, b[:n])
		b = b[n:]
		if len(b) == 0 {
			break
		}
		rest, ok := r.markup(s, b)
		if !ok {
			s.inside = s.where()
			s.cut = true
			break
		}
		b = rest
	}
	if s.depth > 0 && !s.homeless {
		s.cut, s.inside = true, or(s.inside, s.where())
	}
	return s
}

func (s *swept) where() string {
	if s.start >= 0 {
		return "item"
	}
	if len(s.open) > 0 {
		return s.open[len(s.open)-1].full
	}
	return "the beginning"
}

// markup takes one piece of markup at the beginning of b and returns what is behind it; false: the input ends in it.
func (r *reader) markup(s *swept, b []byte) ([]byte, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return behind(b, 4, "-->")
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		rest, ok := behind(b, 9, "]]>")
		if ok {
			r.emit(s, b[:len(b)-len(rest)])
		}
		return rest, ok
	case bytes.HasPrefix(b, []byte("<?")):
		return behind(b, 2, "?>")
	case bytes.HasPrefix(b, []byte("<!")):
		return r.declaration(b)
	case len(b) > 1 && b[1] == '/':
		return r.endTag(s, b)
	case len(b) > 1 && nameStart(b[1]):
		return r.startTag(s, b)
	case len(b) == 1:
		return nil, false
	}
	r.warn(StrayMarkup, "at byte %d", len(s.out))
	if r.warnings[StrayMarkup].Count > maxStray {
		return nil, false
	}
	if s.root.name != "" {
		s.out = append(s.out, "&lt;"...)
	}
	return b[1:], true
}

func behind(b []byte, from int, end string) ([]byte, bool) {
	n := bytes.Index(b[from:], []byte(end))
	if n < 0 {
		return nil, false
	}
	return b[from+n+len(end):], true
}

// declaration leaves out a DOCTYPE with all that it declares.
func (r *reader) declaration(b []byte) ([]byte, bool) {
	depth := 0
	quote := byte(0)
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '<':
			depth++
			if bytes.HasPrefix(b[i:], []byte("<!ENTITY")) {
				r.warn(Entities, "%.40q", b[i:min(len(b), i+40)])
			}
		case c == '>' && depth == 0:
			return b[i+1:], true
		case c == ']' || c == '>':
			depth = max(0, depth-1)
		}
	}
	return nil, false
}

func (r *reader) startTag(s *swept, b []byte) ([]byte, bool) {
	n := tagEnd(b)
	if n < 0 {
		if len(b) > maxTag {
			r.warn(TooLong, "a tag of more than %d bytes", maxTag)
		}
		return nil, false
	}
	t := name(b[1:n])
	isItem := s.item == t.full || s.item == "" && (t.name == "item" || t.name == "entry") && s.depth > 0 && s.depth < rememberedDepth
	if isItem && !r.begin(s, t) {
		r.warn(TooMany, "read up to %d", maxItems)
		return nil, false
	}
	if s.root.name == "" {
		s.root = t
	}
	if s.elements++; s.elements > maxElements {
		r.warn(TooLong, "more than %d elements in one item", maxElements)
		return s.skip(b[n:])
	}
	from := len(s.out)
	r.emit(s, b[:n])
	if b[n-2] == '/' {
		if isItem {
			s.start = -1
		}
		return b[n:], true
	}
	t.source = s.out[from:len(s.out):len(s.out)]
	s.depth++
	if len(s.open) < rememberedDepth && s.depth == len(s.open)+1 {
		s.open = append(s.open, t)
	}
	if s.depth > maxDepth {
		r.warn(TooDeep, "more than %d elements in one another", maxDepth)
		return s.skip(b[n:])
	}
	return b[n:], true
}

// begin notes that an item begins; one that is open already has no end and is left out. False: there are enough.
func (r *reader) begin(s *swept, t tag) bool {
	if s.item == "" {
		s.item, s.first = t.full, len(s.out)
		s.parents = slices.Clone(s.open)
		for n := len(s.parents); n > 0 && !s.parents[n-1].feed(); n-- {
			r.warn(Malformed, "<%s> does not end before the first item", s.parents[n-1].full)
			s.parents, s.torn = s.parents[:n-1], true
		}
		s.home = len(s.parents)
	}
	if s.start >= 0 {
		r.warn(Malformed, "an item does not end")
		s.out = s.out[:s.start]
	}
	s.start, s.depth, s.elements = len(s.out), s.home, 0
	s.open = s.open[:min(len(s.open), s.home)]
	return len(s.items) < maxItems
}

// skip leaves out the item that is open.
func (s *swept) skip(b []byte) ([]byte, bool) {
	if s.start < 0 {
		return nil, false
	}
	rest, ok := behind(b, 0, "</"+s.item+">")
	if !ok {
		return nil, false
	}
	s.out = s.out[:s.start]
	s.start, s.depth = -1, s.home
	s.open = s.open[:min(len(s.open), s.home)]
	return rest, true
}

func (r *reader) endTag(s *swept, b []byte) ([]byte, bool) {
	n := bytes.IndexByte(b, '>')
	if n < 0 {
		return nil, false
	}
	t := name(b[2 : n+1])
	r.emit(s, b[:n+1])
	s.depth = max(0, s.depth-1)
	switch {
	case s.start >= 0 && t.full == s.item:
		s.items = append(s.items, span{s.start, len(s.out)})
		s.start, s.depth = -1, s.home
	case t.full == s.root.full && s.start < 0 && t.full != "":
		s.depth, s.homeless = 0, true
	}
	s.open = s.open[:min(len(s.open), s.depth)]
	return b[n+1:], true
}

// tagEnd is the index behind a tag's '>', which may also stand in a quoted value; -1: there is none within reach.
func tagEnd(b []byte) int {
	quote := byte(0)
	for i := 1; i < len(b) && i < maxTag; i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && b[i-1] != 0 && valueBegins(b[:i]):
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return -1
}

// valueBegins tells whether the quote behind b opens a value, and is no stray one.
func valueBegins(b []byte) bool {
	b = bytes.TrimRight(b, " \t\r\n")
	return len(b) > 0 && b[len(b)-1] == '='
}

func nameStart(c byte) bool {
	return c == '_' || c == ':' || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// name reads the name at the beginning of a tag's inside.
func name(b []byte) tag {
	n := bytes.IndexAny(b[:min(len(b), 256)], " \t\r\n/>")
	if n < 0 {
		n = min(len(b), 256)
	}
	full := string(b[:n])
	local := full
	if i := strings.LastIndexByte(full, ':'); i >= 0 {
		local = full[i+1:]
	}
	return tag{name: strings.ToLower(local), full: full}
}

// emit copies what XML allows. Before the root there is nothing to copy.
func (r *reader) emit(s *swept, b []byte) {
	if s.root.name == "" {
		return
	}
	from := 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		bad := 0
		switch {
		case c < 0x20 && c != '\t' && c != '\n' && c != '\r':
			bad = 1
		case c == 0xEF && i+2 < len(b) && b[i+1] == 0xBF && b[i+2] >= 0xBE: // U+FFFE, U+FFFF
			bad = 3
		}
		if bad > 0 {
			r.warn(IllegalChars, "U+%04X", rune(c))
			s.out = append(s.out, b[from:i]...)
			i += bad - 1
			from = i + 1
		}
	}
	s.out = append(s.out, b[from:]...)
}

// head is the feed up to its first item.
func (s *swept) head() []byte {
	if s.first < 0 {
		return s.out
	}
	return s.out[:s.first]
}

// openers are the start tags around the items, with nothing between them.
func (s *swept) openers() []byte {
	var out []byte
	for _, t := range s.around() {
		out = append(out, t.source...)
	}
	return out
}

func (s *swept) around() []tag {
	if s.first < 0 {
		return s.open
	}
	return s.parents
}

// with is head, item and the end tags that make it well-formed.
func (s *swept) with(head, item []byte) []byte {
	out := append(append(make([]byte, 0, len(head)+len(item)+64), head...), item...)
	return append(out, s.closers()...)
}

func (s *swept) closers() string {
	var out strings.Builder
	around := s.around()
	for i := len(around) - 1; i >= 0; i-- {
		out.WriteString("</" + around[i].full + ">")
	}
	return out.String()
}

// whole is head and all whole items, well-formed as far as they are.
func (s *swept) whole(head []byte) []byte {
	out := append(make([]byte, 0, len(s.out)+64), head...)
	for _, i := range s.items {
		out = append(out, s.out[i.start:i.end]...)
	}
	return append(out, s.closers()...)
}

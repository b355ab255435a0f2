package wire

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// mostDigits of a whole number surely fit; 15 of a broken one are exact in a float64.
const (
	mostDigits  = 18
	exactDigits = 15
)

// digits reads a whole number without a sign.
func (g *glance) digits() (n int64, size int) {
	for size < len(g.rest) && g.rest[size]-'0' < 10 {
		if size == mostDigits {
			g.lost = true
			return 0, 0
		}
		n = n*10 + int64(g.rest[size]-'0')
		size++
	}
	if size == 0 || g.rest[0] == '0' && size > 1 {
		g.lost = true
	}
	g.rest = g.rest[size:]
	return n, size
}

func (g *glance) integer() int64 {
	minus := g.is(`-`)
	n, _ := g.digits()
	if minus {
		return -n
	}
	return n
}

var powers = [exactDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// number reads a number without an exponent. Of at most 15 digits it is their whole number by a power of ten, both exact,
// so that the quotient is the nearest float64 as it should be.
func (g *glance) number() float64 {
	minus := g.is(`-`)
	n, size := g.digits()
	f := float64(n)
	if g.is(`.`) {
		broken := 0
		for broken < len(g.rest) && g.rest[broken]-'0' < 10 && size+broken <= exactDigits {
			n = n*10 + int64(g.rest[broken]-'0')
			broken++
		}
		g.rest = g.rest[broken:]
		if size += broken; broken == 0 || size > exactDigits {
			g.lost = true
			return 0
		}
		f = float64(n) / powers[broken]
	} else if size > exactDigits {
		g.lost = true
	}
	if minus {
		return -f
	}
	return f
}

// time reads a time in UTC as RFC 3339 has it.
func (g *glance) time() time.Time {
	b := g.rest
	if len(b) < len(`"2006-01-02T15:04:05Z"`) || b[0] != '"' || b[5] != '-' || b[8] != '-' || b[11] != 'T' || b[14] != ':' || b[17] != ':' {
		g.lost = true
		return time.Time{}
	}
	two := func(at int) int {
		x, y := b[at]-'0', b[at+1]-'0'
		if x > 9 || y > 9 {
			g.lost = true
		}
		return int(x)*10 + int(y)
	}
	year, month, day := two(1)*100+two(3), two(6), two(9)
	hour, minute, second := two(12), two(15), two(18)
	b = b[20:]
	nano, scale := 0, 100_000_000
	if b[0] == '.' {
		n := 1
		for ; n < len(b) && b[n]-'0' < 10 && scale > 0; n++ {
			nano += int(b[n]-'0') * scale
			scale /= 10
		}
		if n == 1 {
			g.lost = true
		}
		b = b[n:]
	}
	g.rest = b
	g.skip(`Z"`)
	if month < 1 || month > 12 || day < 1 || day > 28 && day > lastOf(year, month) || hour > 23 || minute > 59 || second > 59 {
		g.lost = true
	}
	if g.lost {
		return time.Time{}
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
}

// lastOf is the last day of a month.
func lastOf(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// string reads a string.
func (g *glance) string() string { return string(g.raw()) }

// word reads a string that may come again.
func (g *glance) word() string {
	b := g.raw()
	if len(b) > longestKnown {
		return string(b)
	}
	s, ok := g.known[string(b)]
	if !ok {
		if len(g.known) == mostKnown {
			clear(g.known)
		}
		s = string(b)
		g.known[s] = s
	}
	return s
}

// raw reads the bytes of a string; they hold until the next one is read.
func (g *glance) raw() []byte {
	if len(g.rest) == 0 || g.rest[0] != '"' {
		g.lost = true
		return nil
	}
	b := g.rest[1:]
	end := bytes.IndexByte(b, '"')
	if end < 0 {
		g.lost = true
		return nil
	}
	ascii := true
	for i, c := range b[:end] {
		switch {
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '\\':
			return g.escaped(b, i)
		case c < ' ':
			g.lost = true
			return nil
		}
	}
	g.rest = b[end+1:]
	if !ascii && !utf8.Valid(b[:end]) {
		g.lost = true
	}
	return b[:end]
}

// escaped reads a string whose first escape is at i.
func (g *glance) escaped(b []byte, i int) []byte {
	out := g.bytes[:0]
	out = append(out, b[:i]...)
	for i < len(b) {
		from := i
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
		out = append(out, b[from:i]...)
		if i+1 >= len(b) {
			break
		}
		switch b[i] {
		case '"':
			g.bytes, g.rest = out, b[i+1:]
			if !utf8.Valid(out) {
				g.lost = true
			}
			return out
		case '\\':
			i++
		default: // a control
			g.lost = true
			return nil
		}
		switch c := b[i]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := fourDigits(b[i+1:])
			if !ok || r >= 0xD800 && r < 0xE000 { // half a character
				g.lost = true
				return nil
			}
			out = utf8.AppendRune(out, r)
			i += 4
		default:
			g.lost = true
			return nil
		}
		i++
	}
	g.lost = true
	return nil
}

func fourDigits(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c-'0' < 10:
			c -= '0'
		case (c|0x20)-'a' < 6:
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

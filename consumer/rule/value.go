package rule

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Canon returns the spelling in which the values of a Code field are compared: case set aside, "GOV" for "gov".
func (f FieldSpec) Canon(value string) (string, bool) {
	if f.Name == "lang" {
		v := strings.ToLower(value)
		return v, len(v) == 2 && v[0] >= 'a' && v[0] <= 'z' && v[1] >= 'a' && v[1] <= 'z'
	}
	i := slices.IndexFunc(f.Values, func(v string) bool { return strings.EqualFold(v, value) })
	if i < 0 {
		return "", false
	}
	return f.Values[i], true
}

// ParseNumber reads a value of a Number field.
func ParseNumber(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && !strings.ContainsAny(s, "xXpP_")
}

// ParseBool reads a value of a Bool field.
func ParseBool(s string) (value, ok bool) { return s == "true", s == "true" || s == "false" }

// ParseDate reads a value of a Date field: a year, a month, a day or a moment.
func ParseDate(s string) (news.Interval, bool) {
	i, err := news.ParseInterval(s)
	return i, err == nil && !i.IsZero()
}

// fold compares names: case and accents set aside.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// Nearest is the candidate that differs least from s, "" if none is near.
func Nearest(s string, candidates []string) string {
	best, least := "", max(1, len([]rune(s))/3)+1
	for _, c := range candidates {
		if d := distance([]rune(fold(s)), []rune(fold(c))); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the letters to insert, delete, change or swap with their neighbour to make a of b.
func distance(a, b []rune) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(prev[j+1]+1, row[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

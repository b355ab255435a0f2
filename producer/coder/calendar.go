package coder

import (
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// calendar reads "le 1er novembre 2021", "5 March", "March 5, 2021", "en mars 2021", "mars dernier".
func (r *reading) calendar(i int, s text.Sentence) (date, bool) {
	first, day := i, 0
	var month time.Month
	var end int
	if d, ok := r.dayNumber(i); ok && i+1 < s.Last {
		if month = r.month(i + 1); month == 0 {
			return date{}, false
		}
		day, end = d, i+2
	} else if month = r.month(i); month != 0 {
		end = i + 1
		if end+1 < s.Last && r.keys[end] == "." { // "Oct. 12"
			end++
		}
		if end < s.Last && !r.french {
			if d, ok := r.dayNumber(end); ok {
				day, end = d, end+1
			}
		}
	} else {
		return date{}, false
	}
	if day == 0 && !r.french && r.ambiguousMonth(i) {
		return date{}, false
	}
	through := 0
	if day > 0 && !r.french && end+1 < s.Last && (r.keys[end] == "-" || r.keys[end] == "–") { // "October 3-5"
		if d, ok := r.dayNumber(end + 1); ok && d > day {
			through, end = d, end+2
		}
	}
	y := 0
	after := end
	if after < s.Last && r.keys[after] == "," && !r.french && day > 0 {
		after++
	}
	if after < s.Last {
		if v, ok := r.yearNumber(after); ok {
			y, end = v, after+1
		}
	}
	when, ahead := r.complete(y, month, day, first, end, s)
	if end < s.Last && y == 0 && r.has(end, lexicon.Last|lexicon.Next) {
		end++
	}
	if through > 0 && !when.IsZero() {
		resolved := when.Resolved
		when, ahead = stretch(when.Start, when.Start.AddDate(0, 0, through-day+1)), news.Interval{}
		when.Resolved = resolved
	}
	return date{first: first, last: end, when: when, ahead: ahead}, true
}

// ambiguousMonth tells "may" and "march" in lower case, or without anything of a date around.
func (r *reading) ambiguousMonth(i int) bool {
	switch r.keys[i] {
	case "may", "march":
		return !r.capital(i) || !r.has(i-1, lexicon.Preposition|lexicon.Last|lexicon.Next)
	}
	return false
}

// complete finds the year where none is told: the one that brings the date nearest to the article's, the past before
// the future, unless a word says otherwise; and the year that it has beside a verb of the future.
func (r *reading) complete(y int, m time.Month, d, first, end int, s text.Sentence) (when, coming news.Interval) {
	in := func(y int) news.Interval {
		if d == 0 {
			return monthOf(y, m)
		}
		t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		if t.Month() != m {
			return news.Interval{}
		}
		return dayOf(t)
	}
	if y > 0 {
		return in(y), news.Interval{}
	}
	if r.published.IsZero() {
		return news.Interval{}, news.Interval{}
	}
	base := r.published.Start.UTC()
	past, future := in(base.Year()), in(base.Year()+1)
	if past.Start.After(r.published.End) || past.Start.Equal(r.published.End) {
		past, future = in(base.Year()-1), past
	}
	ahead := r.effective(first, s) || end < s.Last && r.has(end, lexicon.Next) || r.has(first-1, lexicon.Next)
	behind := end < s.Last && r.has(end, lexicon.Last) || r.has(first-1, lexicon.Last)
	if !ahead && !behind {
		ahead = 2*future.Start.Sub(base) < base.Sub(past.Start)
	}
	past.Resolved, future.Resolved = news.Relative, news.Relative
	switch {
	case ahead:
		return future, news.Interval{}
	case behind:
		return past, news.Interval{}
	case past.End.After(r.published.End): // the article's own month
		return past, news.Interval{}
	}
	return past, future
}

func (r *reading) month(i int) time.Month {
	if i >= len(r.words) || r.at[i] > 0 || r.Tokens[i].Kind != text.Word {
		return 0
	}
	for _, half := range []string{"mid-", "mi-"} { // "mid-October", "mi-mars"
		if rest, ok := strings.CutPrefix(r.keys[i], half); ok {
			return monthNames[rest]
		}
	}
	if !r.french && !r.capital(i) {
		return 0
	}
	p, n := r.phrase(i, i+1, lexicon.Months)
	if n == 0 && !r.french {
		p, n = r.phrase(i, i+1, lexicon.MonthAbbreviations)
	}
	if n == 0 && len(r.keys[i]) > 2 && r.keys[i][len(r.keys[i])-1] == '.' {
		return r.abbreviated(r.keys[i][:len(r.keys[i])-1])
	}
	if n == 0 {
		return 0
	}
	v, err := strconv.Atoi(p.Value)
	if err != nil {
		return 0
	}
	return time.Month(v + 1)
}

var abbreviations = map[string]time.Month{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11,
	"dec": 12, "janv": 1, "févr": 2, "avr": 4, "juil": 7, "déc": 12,
}

func (r *reading) abbreviated(s string) time.Month { return abbreviations[s] }

// dayNumber reads "1er", "5", "5th".
func (r *reading) dayNumber(i int) (int, bool) {
	if r.Tokens[i].Kind != text.Number {
		return 0, false
	}
	w := r.keys[i]
	for _, suffix := range []string{"er", "st", "nd", "rd", "th"} {
		if len(w) > 2 && w[len(w)-2:] == suffix {
			w = w[:len(w)-2]
			break
		}
	}
	n, err := strconv.Atoi(w)
	return n, err == nil && n >= 1 && n <= 31
}

func (r *reading) yearNumber(i int) (int, bool) {
	if r.Tokens[i].Kind != text.Number || len(r.keys[i]) != 4 {
		return 0, false
	}
	n, err := strconv.Atoi(r.keys[i])
	return n, err == nil && n >= 1900 && n <= 2100
}

// weekday is the last such day before the article's date, or that day itself; with "next" the one after, and with a
// verb of the future the coming one. In the night "from Monday to Tuesday" is both days.
func (r *reading) weekday(i int, s text.Sentence) date {
	if both, ok := r.night(i, s); ok {
		return both
	}
	return r.oneWeekday(i, s)
}

// night reads "de lundi à mardi", "Monday into Tuesday".
func (r *reading) night(i int, s text.Sentence) (date, bool) {
	if i+2 >= s.Last || !nights[r.keys[i+1]] || !r.has(i+2, lexicon.Weekdays) {
		return date{}, false
	}
	a, z := r.oneWeekday(i, s), r.oneWeekday(i+2, s)
	out := date{first: i, last: z.last}
	if a.when.IsZero() || z.when.IsZero() {
		return out, true
	}
	if a.when.Start.After(z.when.Start) {
		a.when.Start = a.when.Start.AddDate(0, 0, -7)
	}
	out.when = stretch(a.when.Start, z.when.End)
	return out, true
}

var nights = set("à au to into through")

func (r *reading) oneWeekday(i int, s text.Sentence) date {
	d := date{first: i, last: i + 1}
	p, _ := r.phrase(i, s.Last, lexicon.Weekdays)
	n, err := strconv.Atoi(p.Value)
	if err != nil || !fine(r.published) {
		return d
	}
	base := r.published.Start.UTC()
	back := (int(base.Weekday()) + 6 - n) % 7
	last := i+1 < s.Last && r.has(i+1, lexicon.Last) || r.has(i-1, lexicon.Last)
	next := i+1 < s.Last && r.has(i+1, lexicon.Next) || r.has(i-1, lexicon.Next)
	switch {
	case next:
		back -= 7
	case last && back == 0:
		back = 7
	}
	d.when = dayOf(base.AddDate(0, 0, -back))
	d.when.Resolved = news.Relative
	if !next && !last {
		if back > 0 {
			d.ahead = dayOf(base.AddDate(0, 0, 7-back))
			d.ahead.Resolved = news.Relative
		}
	} else if i+1 < s.Last && r.has(i+1, lexicon.Last|lexicon.Next) {
		d.last++
	}
	return d
}

var monthNames = map[string]time.Month{
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
	"october": 10, "november": 11, "december": 12, "janvier": 1, "février": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6,
	"juillet": 7, "août": 8, "septembre": 9, "octobre": 10, "novembre": 11, "décembre": 12,
}

// numeric reads "2021-10-18", and "18/10/2021", which both orders of day and month must allow only once.
func (r *reading) numeric(i int, s text.Sentence) (date, bool) {
	if r.Tokens[i].Kind != text.Number {
		return date{}, false
	}
	if t, err := time.Parse(time.DateOnly, r.keys[i]); err == nil {
		return date{first: i, last: i + 1, when: dayOf(t)}, true
	}
	if i+4 >= s.Last || r.keys[i+1] != "/" || r.keys[i+3] != "/" {
		return date{}, false
	}
	a, ok1 := r.dayNumber(i)
	b, ok2 := r.dayNumber(i + 2)
	y, ok3 := r.yearNumber(i + 4)
	if !ok1 || !ok2 || !ok3 {
		return date{}, false
	}
	d, m := a, b
	if !r.french && b > 12 { // 10/18/2021
		d, m = b, a
	} else if !r.french && a <= 12 && a != b { // 3/4/2021 is in March or in April
		return date{first: i, last: i + 5}, true
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if m > 12 || t.Day() != d {
		return date{}, false
	}
	return date{first: i, last: i + 5, when: dayOf(t)}, true
}

// seasons are the months they begin with on the northern half of the earth, where most of the news is written.
var seasons = map[string]time.Month{
	"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12, "printemps": 3, "été": 6, "automne": 9, "hiver": 12,
}

// season reads "last summer", "in the spring of 2014", "l'été dernier", "au printemps 2014", "cet hiver".
func (r *reading) season(i int, s text.Sentence) (date, bool) {
	m, ok := seasons[r.keys[i]]
	if !ok || r.at[i] > 0 || r.keys[i] == "été" && !seasonal[r.key(i-1)] || r.keys[i] == "fall" && !seasonal[r.key(i-1)] {
		return date{}, false
	}
	end := i + 1
	j := end
	if j < s.Last && (r.keys[j] == "of" || r.keys[j] == "de") {
		j++
	}
	if j < s.Last {
		if y, ok := r.yearNumber(j); ok {
			return date{first: i, last: j + 1, when: seasonOf(y, m)}, true
		}
	}
	if r.published.IsZero() {
		return date{}, false
	}
	now := r.published.Start.UTC()
	when := seasonOf(now.Year(), m)
	for when.Start.After(now) {
		when = seasonOf(when.Start.Year()-1, m)
	}
	coming := seasonOf(when.Start.Year()+1, m)
	last := r.has(i-1, lexicon.Last) || end < s.Last && r.has(end, lexicon.Last)
	next := r.has(i-1, lexicon.Next) || end < s.Last && r.has(end, lexicon.Next)
	if end < s.Last && r.has(end, lexicon.Last|lexicon.Next) {
		end++
	}
	d := date{first: i, last: end, when: when}
	switch {
	case next:
		d.when = coming
	case last && when.Contains(now):
		d.when = seasonOf(when.Start.Year()-1, m)
	case last:
	case seasonal[r.key(i-1)]:
		if !when.Contains(now) {
			d.ahead = coming
		}
	default:
		return date{}, false
	}
	d.when.Resolved, d.ahead.Resolved = news.Relative, news.Relative
	return d, true
}

// seasonal stands before a season that is a time.
var seasonal = set("this last next the in l' cet cette en au ce previous past")

func seasonOf(y int, m time.Month) news.Interval {
	start := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(0, 3, 0), Grain: news.Stretch, Resolved: news.Explicit}
}

var ordinals = map[string]int{
	"first": 1, "second": 2, "third": 3, "fourth": 4, "premier": 1, "deuxième": 2, "troisième": 3, "quatrième": 4,
	"1er": 1, "2e": 2, "3e": 3, "4e": 4,
}

// quarter reads "the first quarter of 2021", "premier trimestre 2021", "Q1 2021".
func (r *reading) quarter(i int, s text.Sentence) (date, bool) {
	k, j := r.keys[i], i+1
	n := ordinals[k]
	switch {
	case len(k) == 2 && k[0] == 'q' && '1' <= k[1] && k[1] <= '4':
		n = int(k[1] - '0')
	case n == 0 || j >= s.Last || r.keys[j] != "quarter" && r.keys[j] != "trimestre":
		return date{}, false
	default:
		j++
	}
	if j < s.Last && (r.keys[j] == "of" || r.keys[j] == "de") {
		j++
	}
	if j >= s.Last {
		return date{}, false
	}
	y, ok := r.yearNumber(j)
	return date{first: i, last: j + 1, when: quarterOf(y, n-1)}, ok
}

// decade reads "the 1990s", "les années 1990", "les années 90".
func (r *reading) decade(i int, s text.Sentence) (date, bool) {
	if digits, ok := strings.CutSuffix(r.keys[i], "s"); ok && r.Tokens[i].Kind == text.Number && strings.HasSuffix(digits, "0") && len(digits) == 4 {
		if y, err := strconv.Atoi(digits); err == nil && y >= 1800 && y <= 2100 {
			return date{first: i, last: i + 1, when: decadeOf(y)}, true
		}
	}
	if r.keys[i] != "années" || i+1 >= s.Last || r.Tokens[i+1].Kind != text.Number {
		return date{}, false
	}
	y, err := strconv.Atoi(r.keys[i+1])
	switch {
	case err != nil || y%10 != 0:
		return date{}, false
	case y < 100:
		y += 1900
	}
	return date{first: i, last: i + 2, when: decadeOf(y)}, y >= 1800 && y <= 2100
}

// year reads "en 2014", "in 2014", "(2014)".
func (r *reading) year(i int) (date, bool) {
	y, ok := r.yearNumber(i)
	if !ok || i == 0 {
		return date{}, false
	}
	switch r.keys[i-1] {
	case "en", "in", "since", "depuis", "de", "of", "by", "fin", "début", "late", "early", "mid", "(", "courant", "during", "until", "avant", "before", "après", "after", "from", "d'ici", "ici", "jusqu'en", "mi":
		return date{first: i, last: i + 1, when: yearOf(y)}, true
	}
	return date{}, false
}

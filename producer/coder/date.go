package coder

import (
	"strconv"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// date is an expression of time in a sentence.
type date struct {
	first, last int // tokens
	when        news.Interval
	initial     bool // it opens the sentence and holds for all of it
	effective   bool // it says when something takes effect
}

// datesOf finds the dates of sentence s. last is the date told before, to which "four years later" refers.
func (r *reading) datesOf(s text.Sentence, last news.Interval) []date {
	var out []date
	for i := s.First; i < s.Last; {
		d, ok := r.dateAt(i, s, last)
		if !ok {
			i++
			continue
		}
		i = max(d.last, i+1)
		if d.when.IsZero() || r.has(d.first-1, lexicon.Since) {
			continue
		}
		d.initial = d.first-s.First <= 2 && i < s.Last && r.keys[i] == ","
		d.effective = r.effective(d.first, s)
		out = append(out, d)
		last = d.when
	}
	return out
}

// effective tells whether "take effect" stands shortly before token i.
func (r *reading) effective(i int, s text.Sentence) bool {
	for j := i - 1; j >= s.First && j >= i-8; j-- {
		if _, n := r.phrase(j, i, lexicon.Effective); n > 0 {
			return true
		}
	}
	return false
}

func (r *reading) dateAt(i int, s text.Sentence, last news.Interval) (date, bool) {
	if p, n := r.phrase(i, s.Last, lexicon.Dates); n > 0 {
		return date{first: i, last: i + n, when: r.relative(p.Value)}, true
	}
	if d, ok := r.span(i, s, last); ok {
		return d, true
	}
	if d, ok := r.calendar(i, s); ok {
		return d, true
	}
	if r.has(i, lexicon.Weekdays) && r.at[i] == 0 {
		return r.weekday(i, s), true
	}
	return r.year(i)
}

// relative is "-1m" and the like counted from the article's date, never more precise than that date.
func (r *reading) relative(value string) news.Interval {
	if r.published.IsZero() || value == "" {
		return news.Interval{}
	}
	n, err := strconv.Atoi(value[:len(value)-1])
	if err != nil {
		return news.Interval{}
	}
	return r.shift(r.published, n, value[len(value)-1:])
}

// shift moves from an interval by n units; the unit is the result's grain, or the interval's own where that is coarser.
func (r *reading) shift(from news.Interval, n int, unit string) news.Interval {
	t := from.Start.UTC()
	var out news.Interval
	switch unit {
	case "d":
		if !fine(from) {
			from.Resolved = news.Relative
			return from
		}
		out = dayOf(t.AddDate(0, 0, n))
	case "w":
		if !fine(from) {
			from.Resolved = news.Relative
			return from
		}
		monday := t.AddDate(0, 0, -(int(t.Weekday())+6)%7+7*n).Truncate(24 * time.Hour)
		out = news.Interval{Start: monday, End: monday.AddDate(0, 0, 7), Grain: news.Week}
	case "m":
		if from.Grain == news.Year {
			return yearOf(t.Year())
		}
		out = monthOf(t.Year(), t.Month()+time.Month(n))
	default:
		out = yearOf(t.Year() + n)
	}
	out.Resolved = news.Relative
	return out
}

func fine(i news.Interval) bool { return i.Grain == news.Day || i.Grain == news.Instant }

func dayOf(t time.Time) news.Interval {
	start := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(0, 0, 1), Grain: news.Day, Resolved: news.Explicit}
}

func monthOf(y int, m time.Month) news.Interval {
	start := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(0, 1, 0), Grain: news.Month, Resolved: news.Explicit}
}

func yearOf(y int) news.Interval {
	start := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(1, 0, 0), Grain: news.Year, Resolved: news.Explicit}
}

// span reads "quatre ans plus tard", "four years later", "il y a deux ans", "two weeks ago".
func (r *reading) span(i int, s text.Sentence, last news.Interval) (date, bool) {
	start, ago := i, false
	if p, n := r.phrase(i, s.Last, lexicon.Ago); n > 0 && r.french && p.Mark&lexicon.Ago != 0 {
		ago, i = true, i+n
	}
	if i+1 >= s.Last || r.Tokens[i].Kind != text.Number && !r.has(i, lexicon.Numbers|lexicon.Magnitudes) {
		return date{}, false
	}
	n, ok := r.number(i)
	p, k := r.phrase(i+1, s.Last, lexicon.Units)
	if !ok || k == 0 || n > 3000 {
		return date{}, false
	}
	unit, end := p.Value, i+1+k
	if ago {
		return date{first: start, last: end, when: r.shift(r.coarse(r.published, unit), -int(n), unit)}, !r.published.IsZero()
	}
	if end >= s.Last {
		return date{}, false
	}
	if _, k := r.phrase(end, s.Last, lexicon.Later); k > 0 && (r.keys[end] != "after" && r.keys[end] != "après") {
		if last.IsZero() {
			return date{first: start, last: end + k}, true
		}
		return date{first: start, last: end + k, when: r.shift(r.coarse(last, unit), int(n), unit)}, true
	}
	if _, k := r.phrase(end, s.Last, lexicon.Ago); k > 0 && !r.french && !r.published.IsZero() {
		return date{first: start, last: end + k, when: r.shift(r.coarse(r.published, unit), -int(n), unit)}, true
	}
	return date{}, false
}

// coarse is the calendar unit that holds the start of i.
func (r *reading) coarse(i news.Interval, unit string) news.Interval {
	t := i.Start.UTC()
	switch unit {
	case "y":
		return yearOf(t.Year())
	case "m":
		if i.Grain != news.Year {
			return monthOf(t.Year(), t.Month())
		}
	}
	return i
}

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
		if end < s.Last && r.keys[end] == "." {
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
	when := r.complete(y, month, day, first, end, s)
	if end < s.Last && y == 0 && r.has(end, lexicon.Last|lexicon.Next) {
		end++
	}
	return date{first: first, last: end, when: when}, true
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
// the future, unless a word says otherwise.
func (r *reading) complete(y int, m time.Month, d, first, end int, s text.Sentence) news.Interval {
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
		return in(y)
	}
	if r.published.IsZero() {
		return news.Interval{}
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
	out := past
	if ahead {
		out = future
	}
	out.Resolved = news.Relative
	return out
}

func (r *reading) month(i int) time.Month {
	if i >= len(r.words) || r.at[i] > 0 || r.Tokens[i].Kind != text.Word || !r.french && !r.capital(i) {
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

func (r *reading) year(i int) (date, bool) {
	y, ok := r.yearNumber(i)
	if !ok || i == 0 {
		return date{}, false
	}
	switch r.keys[i-1] {
	case "en", "in", "since", "depuis", "de", "of", "by", "fin", "début", "late", "early", "mid", "(", "courant", "during", "until":
		return date{first: i, last: i + 1, when: yearOf(y)}, true
	}
	return date{}, false
}

// weekday is the last such day before the article's date, or that day itself; with "next" the one after.
func (r *reading) weekday(i int, s text.Sentence) date {
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
	return d
}

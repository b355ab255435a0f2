package coder

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// units reads "deux ans", "three weeks", "a decade" at token i: the number, the unit and where it ends.
func (r *reading) units(i int, s text.Sentence) (n int64, unit string, end int, ok bool) {
	if i+1 >= s.Last || r.Tokens[i].Kind != text.Number && !r.has(i, lexicon.Numbers|lexicon.Magnitudes) && r.keys[i] != "a" && r.keys[i] != "an" {
		return 0, "", 0, false
	}
	if n, ok = r.number(i); r.keys[i] == "a" || r.keys[i] == "an" {
		n, ok = 1, true
	}
	p, k := r.phrase(i+1, s.Last, lexicon.Units)
	if !ok || k == 0 || n > 3000 {
		return 0, "", 0, false
	}
	return n, p.Value, i + 1 + k, true
}

// span reads "quatre ans plus tard", "four years earlier", "il y a deux ans", "two weeks ago", "dans trois jours".
func (r *reading) span(i int, s text.Sentence, last news.Interval) (date, bool) {
	start, ago, hence := i, false, false
	if p, n := r.phrase(i, s.Last, lexicon.Ago); n > 0 && r.french && p.Mark&lexicon.Ago != 0 {
		ago, i = true, i+n
	} else if ahead[r.keys[i]] {
		hence, i = true, i+1
	}
	n, unit, end, ok := r.units(i, s)
	if !ok {
		return date{}, false
	}
	past, told := r.counted(r.published, -int(n), unit), !r.published.IsZero()
	if ago {
		return date{first: start, last: end, when: past}, told
	}
	if end < s.Last {
		if p, k := r.phrase(end, s.Last, lexicon.Later); k > 0 && !(k == 1 && follows[r.keys[end]]) {
			if p.Value == "-" {
				n = -n
			}
			return date{first: start, last: end + k, when: r.counted(last, int(n), unit)}, true
		}
		if _, k := r.phrase(end, s.Last, lexicon.Ago); k > 0 && !r.french {
			return date{first: start, last: end + k, when: past}, told
		}
	}
	if hence && (r.french || r.keys[start] == "in" && (end >= s.Last || r.keys[end] == "," || r.keys[end] == "." || r.keys[end] == "'")) {
		future := r.counted(r.published, int(n), unit)
		return date{first: start, last: end, ahead: future}, told && !future.IsZero() // "in two days" of a past act is how long it took
	}
	return date{}, false
}

// ahead opens how long it takes from now; follows are words that join a clause rather than count from what was told.
var (
	ahead   = set("dans in")
	follows = set("after après avant before")
)

// counted is the day, week, month or year n units from the one an interval lies in; the zero Interval where that is not
// known, or not so precisely.
func (r *reading) counted(from news.Interval, n int, unit string) news.Interval {
	if from.IsZero() {
		return news.Interval{}
	}
	return r.shift(r.coarse(from, unit), n, unit)
}

// coarse is the calendar unit that holds the start of i.
func (r *reading) coarse(i news.Interval, unit string) news.Interval {
	t := i.Start.UTC()
	switch unit {
	case "y", "D", "C":
		return yearOf(t.Year())
	case "m":
		if !coarserThan(i, news.Month) {
			return monthOf(t.Year(), t.Month())
		}
	}
	return i
}

// recent reads "au cours des trois derniers jours", "over the past two weeks", "ces cinq dernières années": the stretch up
// to the article's date.
func (r *reading) recent(i int, s text.Sentence, _ news.Interval) (date, bool) {
	if r.published.IsZero() {
		return date{}, false
	}
	var (
		j    int
		n    int64
		next bool
	)
	if r.french {
		v, ok := r.number(i)
		if !ok || i+2 >= s.Last || !r.has(i+1, lexicon.Last|lexicon.Next) {
			return date{}, false
		}
		n, next, j = v, r.has(i+1, lexicon.Next), i+2
	} else {
		if !r.has(i, lexicon.Last|lexicon.Next) || i+2 >= s.Last {
			return date{}, false
		}
		v, ok := r.number(i + 1)
		if !ok {
			return date{}, false
		}
		n, next, j = v, r.has(i, lexicon.Next), i+2
	}
	p, k := r.phrase(j, s.Last, lexicon.Units)
	if k == 0 || n > 300 || !fine(r.published) && strings.Contains("dw", p.Value) {
		return date{}, false
	}
	d := date{first: i, last: j + k}
	from := r.published.Start.UTC()
	years, months, days := 0, 0, 0
	switch p.Value {
	case "d":
		days = int(n)
	case "w":
		days = 7 * int(n)
	case "m":
		months = int(n)
	case "q":
		months = 3 * int(n)
	case "y":
		years = int(n)
	case "D":
		years = 10 * int(n)
	default:
		return date{}, false
	}
	if next {
		d.when = stretch(from, r.published.End.AddDate(years, months, days))
	} else {
		d.when = stretch(from.AddDate(-years, -months, -days), r.published.End)
	}
	return d, true
}

// between reads "entre 2014 et 2018", "from March to May 2020", "du 3 au 5 mars", "2014-2018".
func (r *reading) between(i int, s text.Sentence, _ news.Interval) (date, bool) {
	start := i
	opened := opening[r.keys[i]]
	if opened {
		i++
	}
	if i+2 >= s.Last {
		return date{}, false
	}
	a, ok := r.point(i, s)
	if !ok || a.last+1 >= s.Last {
		return r.bareDays(start, i, opened, s)
	}
	if j := a.last; joining[r.keys[j]] && (opened || r.keys[j] == "-" || r.keys[j] == "–") {
		if z, ok := r.point(j+1, s); ok && !z.when.IsZero() {
			return r.range2(start, a, z), true
		}
	}
	return date{}, false
}

var (
	opening = set("from between entre de du")
	joining = set("to and et à au - – until through jusqu'à")
)

// range2 is the stretch between two dates; a first one without a year has the second's.
func (r *reading) range2(start int, a, z date) date {
	from := a.when
	if a.when.Resolved == news.Relative && z.when.Resolved == news.Explicit && !from.IsZero() {
		moved := from.Start.AddDate(z.when.Start.Year()-from.Start.Year(), 0, 0)
		if moved.After(z.when.Start) {
			moved = moved.AddDate(-1, 0, 0)
		}
		from.Start = moved
	}
	if from.IsZero() || !from.Start.Before(z.when.End) {
		return date{first: start, last: z.last}
	}
	out := stretch(from.Start, z.when.End)
	out.Resolved = z.when.Resolved
	return date{first: start, last: z.last, when: out}
}

// bareDays reads "du 3 au 5 mars", "from 3 to 5 March", "March 3-5".
func (r *reading) bareDays(start, i int, opened bool, s text.Sentence) (date, bool) {
	d, ok := r.dayNumber(i)
	if !ok || i+2 >= s.Last || !joining[r.keys[i+1]] || !opened && r.keys[i+1] != "-" && r.keys[i+1] != "–" {
		return date{}, false
	}
	z, ok := r.calendar(i+2, s)
	if !ok || z.when.Grain != news.Day || d >= z.when.Start.Day() {
		return date{}, false
	}
	out := stretch(z.when.Start.AddDate(0, 0, d-z.when.Start.Day()), z.when.End)
	out.Resolved = z.when.Resolved
	return date{first: start, last: z.last, when: out}, true
}

// point is a calendar date or a year that stands at i.
func (r *reading) point(i int, s text.Sentence) (date, bool) {
	if d, ok := r.calendar(i, s); ok {
		return d, true
	}
	if y, ok := r.yearNumber(i); ok {
		return date{first: i, last: i + 1, when: yearOf(y)}, true
	}
	if r.has(i, lexicon.Weekdays) && r.at[i] == 0 {
		return r.weekday(i, s), true
	}
	return date{}, false
}

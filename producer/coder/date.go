package coder

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// date is an expression of time in a sentence.
type date struct {
	first, last int // tokens
	when        news.Interval
	ahead       news.Interval // what it means beside a verb of the future, where that is another time
	initial     bool          // it opens the sentence and holds for all of it
	effective   bool          // it says when something takes effect
	since       bool          // it says from when something went on
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
		if d.when.IsZero() && d.ahead.IsZero() {
			continue
		}
		d.effective = r.effective(d.first, s)
		if d = r.bounded(d, s); d.when.IsZero() && d.ahead.IsZero() {
			continue
		}
		d.initial = d.first-s.First <= 2 && i < s.Last && r.keys[i] == ","
		out = append(out, d)
		if !d.when.IsZero() {
			last = d.when
		}
	}
	return out
}

// bounded makes a stretch of a date with "since" or "until" before it.
func (r *reading) bounded(d date, s text.Sentence) date {
	i := d.first - 1
	for i >= s.First && (r.has(i, lexicon.Determiner) && !r.has(i, lexicon.Preposition|lexicon.Since) || r.keys[i] == "le" || r.keys[i] == "early" || r.keys[i] == "late" || r.keys[i] == "fin" || r.keys[i] == "début") {
		i--
	}
	if i < s.First || r.published.IsZero() {
		return d
	}
	switch now := r.published; {
	case r.has(i, lexicon.Since):
		d.first, d.since, d.ahead = i, true, news.Interval{}
		if d.when = stretch(d.when.Start, now.End); !d.when.Start.Before(d.when.End) {
			d.when = news.Interval{}
		}
	case until[r.keys[i]] || r.keys[i] == "ici" && r.key(i-1) == "d'" || r.keys[i] == "au" && r.key(i-1) == "jusqu'":
		end := d.when.End
		if !d.ahead.IsZero() {
			end = d.ahead.End
		}
		if now.Start.Before(end) && end.After(now.End) {
			d.first, d.when, d.ahead = i, stretch(now.Start, end), news.Interval{}
		}
	}
	return d
}

var until = set("by until till jusqu'au jusqu'à jusqu'en")

// stretch is the time from one moment to another.
func stretch(from, to time.Time) news.Interval {
	return news.Interval{Start: from, End: to, Grain: news.Stretch, Resolved: news.Relative}
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
	if !r.opensDate(i) {
		return date{}, false
	}
	if p, n := r.phrase(i, s.Last, lexicon.Dates); n > 0 {
		when := r.relative(p.Value, last)
		d := date{first: i, last: i + n, when: when}
		if p.Value == "0e" && fine(r.published) { // "this weekend": tense decides
			d.ahead = r.weekend(+1)
		}
		return d, true
	}
	for _, read := range []func(int, text.Sentence, news.Interval) (date, bool){r.between, r.span, r.recent} {
		if d, ok := read(i, s, last); ok {
			return d, true
		}
	}
	for _, read := range []func(int, text.Sentence) (date, bool){r.numeric, r.calendar, r.season, r.quarter, r.decade} {
		if d, ok := read(i, s); ok {
			return d, true
		}
	}
	if r.has(i, lexicon.Weekdays) && r.at[i] == 0 {
		return r.weekday(i, s), true
	}
	return r.year(i)
}

// opensDate tells whether an expression of time may begin at token i; of most words it does not.
func (r *reading) opensDate(i int) bool {
	if r.Tokens[i].Kind == text.Number || openers[r.keys[i]] {
		return true
	}
	for _, p := range r.words[i].Phrases {
		if p.Mark.Has(temporal) {
			return true
		}
	}
	k := r.keys[i]
	return len(k) > 2 && k[len(k)-1] == '.' || strings.HasPrefix(k, "mi-") || strings.HasPrefix(k, "mid-") // "oct.", "mi-mars"
}

// temporal are the lists that expressions of time begin with.
const temporal = lexicon.Dates | lexicon.Months | lexicon.MonthAbbreviations | lexicon.Weekdays | lexicon.Numbers |
	lexicon.Magnitudes | lexicon.Vague | lexicon.Ago | lexicon.Last | lexicon.Next | lexicon.Units

// openers are the words of no list that expressions of time begin with.
var openers = func() map[string]bool {
	out := set("a an années q1 q2 q3 q4")
	for _, words := range []map[string]bool{opening, ahead} {
		maps.Copy(out, words)
	}
	for _, words := range []map[string]time.Month{seasons, monthNames, abbreviations} {
		for w := range words {
			out[w] = true
		}
	}
	for w := range ordinals {
		out[w] = true
	}
	return out
}()

// relative reads the values of the list of dates: "-1m" counted from the article's date and never more precise than it,
// "^-1d" from the date told last, "..0m" from the article's date to the end of that.
func (r *reading) relative(value string, last news.Interval) news.Interval {
	from := r.published
	value, back := strings.CutPrefix(value, "^")
	if back && !last.IsZero() {
		from = last
	}
	value, open := strings.CutPrefix(value, "..")
	if from.IsZero() || value == "" {
		return news.Interval{}
	}
	n, err := strconv.Atoi(value[:len(value)-1])
	if err != nil {
		return news.Interval{}
	}
	to := r.shift(r.coarse(from, value[len(value)-1:]), n, value[len(value)-1:])
	if open && !to.IsZero() {
		return stretch(r.published.Start, to.End)
	}
	return to
}

// shift moves from an interval by n units; the unit is the result's grain, or the interval's own where that is coarser.
func (r *reading) shift(from news.Interval, n int, unit string) news.Interval {
	t := from.Start.UTC()
	var out news.Interval
	switch unit {
	case "d", "w", "e":
		if !fine(from) && !(unit == "w" && from.Grain == news.Week) {
			from.Resolved = news.Relative
			return from
		}
		switch unit {
		case "d":
			out = dayOf(t.AddDate(0, 0, n))
		case "w":
			out = weekOf(t.AddDate(0, 0, 7*n))
		default:
			return r.weekend(n)
		}
	case "m":
		if coarserThan(from, news.Month) {
			return yearOf(t.Year())
		}
		out = monthOf(t.Year(), t.Month()+time.Month(n))
	case "q":
		if coarserThan(from, news.Quarter) {
			return yearOf(t.Year())
		}
		out = quarterOf(t.Year(), (int(t.Month())-1)/3+n)
	case "D": // "a decade ago" is hardly that year
		out = stretch(yearOf(t.Year()+10*n-2).Start, yearOf(t.Year()+10*n+2).End)
	case "C":
		return news.Interval{}
	default:
		out = yearOf(t.Year() + n)
	}
	out.Resolved = news.Relative
	return out
}

func fine(i news.Interval) bool { return i.Grain == news.Day || i.Grain == news.Instant }

// coarserThan tells whether an interval cannot say which unit of the grain is meant.
func coarserThan(i news.Interval, g news.Grain) bool {
	return i.Grain == news.Year || i.Grain == news.Decade || i.Grain == news.Quarter && g == news.Month
}

// weekend is the Saturday and Sunday n weeks from the article's; 0 is the one that is or that was last.
func (r *reading) weekend(n int) news.Interval {
	t := dayOf(r.published.Start.UTC()).Start
	back := (int(t.Weekday()) + 1) % 7 // days since Saturday
	if n < 0 && back <= 1 {            // on a Saturday, the last weekend is the one before
		back += 7
	}
	saturday := t.AddDate(0, 0, -back)
	if n > 0 {
		saturday = saturday.AddDate(0, 0, 7)
	}
	return stretch(saturday, saturday.AddDate(0, 0, 2))
}

func dayOf(t time.Time) news.Interval {
	start := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(0, 0, 1), Grain: news.Day, Resolved: news.Explicit}
}

func weekOf(t time.Time) news.Interval {
	monday := dayOf(t.AddDate(0, 0, -(int(t.Weekday())+6)%7)).Start
	return news.Interval{Start: monday, End: monday.AddDate(0, 0, 7), Grain: news.Week, Resolved: news.Explicit}
}

func monthOf(y int, m time.Month) news.Interval {
	start := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(0, 1, 0), Grain: news.Month, Resolved: news.Explicit}
}

// quarterOf counts quarters from 0; those beyond a year's are another year's.
func quarterOf(y, q int) news.Interval {
	start := time.Date(y, time.Month(1+3*q), 1, 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(0, 3, 0), Grain: news.Quarter, Resolved: news.Explicit}
}

func yearOf(y int) news.Interval {
	start := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(1, 0, 0), Grain: news.Year, Resolved: news.Explicit}
}

func decadeOf(y int) news.Interval {
	start := time.Date(y-y%10, 1, 1, 0, 0, 0, 0, time.UTC)
	return news.Interval{Start: start, End: start.AddDate(10, 0, 0), Grain: news.Decade, Resolved: news.Explicit}
}

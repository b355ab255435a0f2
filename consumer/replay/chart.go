package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// chart is bars over time, in the units of its view box.
type chart struct {
	Width, Height int
	Unit          string // what a bar is: day, week or month
	Bars          []bar
	Gaps          []stripe // where the archive has a gap
	Top           int      // what the highest bar counts
	Grid          []line
	Ticks         []tick
	From, To      string // names of the first and the last bar
}

type bar struct {
	X, Width float64
	Parts    []part
	Title    string
}

// part is the share of one severity in a bar.
type part struct {
	Y, Height float64
	Severity  news.Severity
}

type stripe struct{ X, Width float64 }

type line struct {
	Y     float64
	Label int
}

type tick struct {
	X     float64
	Label string
}

const (
	chartWidth  = 1000
	chartHeight = 180
	sparkWidth  = 140
	sparkHeight = 20
	mostBars    = 1100
)

// bucket is the stretch of time of one bar.
type bucket struct {
	begin, end time.Time
	counts     map[news.Severity]int
	reports    int
}

// chartOf shows the new alerts over the stretch that was replayed: a bar a day, a week where there are more than a year of days, else a
// month. Days without anything have their place too.
func chartOf(s Summary) chart {
	unit, buckets := bucketsOf(s)
	for _, d := range s.Days {
		if b := find(buckets, d.Day); b != nil {
			b.reports += d.Reports
			for severity, n := range d.Severities {
				b.counts[severity] += n
			}
		}
	}
	c := draw(buckets, chartWidth, chartHeight)
	c.Unit = unit
	for _, g := range s.Gaps {
		if x, width := stretch(buckets, g.From, g.To); width > 0 {
			c.Gaps = append(c.Gaps, stripe{x, width})
		}
	}
	c.Ticks = ticksOf(buckets)
	for _, share := range []int{1, 2} { // the top and the middle
		if label := c.Top / share; label > 0 && c.Top%share == 0 {
			c.Grid = append(c.Grid, line{chartHeight - chartHeight*float64(label)/float64(c.Top), label})
		}
	}
	return c
}

// mostTicks is how many dates find room under the chart.
const mostTicks = 12

// ticksOf marks the first days of years, of months where there are few, or of weeks.
func ticksOf(buckets []*bucket) []tick {
	if len(buckets) == 0 {
		return nil
	}
	begin, end := buckets[0].begin, buckets[len(buckets)-1].end
	var every func(t time.Time) time.Time
	at, layout := begin.Truncate(24*time.Hour), time.DateOnly
	switch days := end.Sub(begin).Hours() / 24; {
	case days > 30*mostTicks:
		at, layout = time.Date(begin.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC), "2006"
		every = func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }
	case days > 7*mostTicks:
		at, layout = time.Date(begin.Year(), begin.Month()+1, 1, 0, 0, 0, 0, time.UTC), "Jan 2006"
		every = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	default:
		every = func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }
		at = every(at)
	}
	var out []tick
	for ; at.Before(end); at = every(at) {
		x, _ := stretch(buckets, at, end)
		out = append(out, tick{x, at.Format(layout)})
	}
	return out
}

// sparkOf shows the new alerts of one rule.
func sparkOf(r RuleCount, s Summary) chart {
	_, buckets := bucketsOf(s)
	for day, n := range r.Days {
		if b := find(buckets, day); b != nil {
			b.counts[r.Severity] += n
		}
	}
	return draw(buckets, sparkWidth, sparkHeight)
}

// bucketsOf divides the stretch that was replayed.
func bucketsOf(s Summary) (unit string, out []*bucket) {
	if s.Started.IsZero() || s.Ended.Before(s.Started) {
		return "day", nil
	}
	unit = "day"
	day := s.Started.UTC().Truncate(24 * time.Hour)
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	switch days := int(s.Ended.Sub(day).Hours()/24) + 1; {
	case days > 7*mostBars:
		unit, day = "month", time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
		next = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	case days > mostBars:
		unit, day = "week", day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		next = func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }
	}
	for ; !day.After(s.Ended); day = next(day) {
		out = append(out, &bucket{begin: day, end: next(day), counts: map[news.Severity]int{}})
	}
	return unit, out
}

func find(buckets []*bucket, day string) *bucket {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	i, exact := slices.BinarySearchFunc(buckets, t, func(b *bucket, t time.Time) int { return b.begin.Compare(t) })
	if !exact {
		i--
	}
	if i < 0 || !t.Before(buckets[i].end) {
		return nil
	}
	return buckets[i]
}

func draw(buckets []*bucket, width, height int) chart {
	c := chart{Width: width, Height: height}
	if len(buckets) == 0 {
		return c
	}
	c.From, c.To = buckets[0].begin.Format(time.DateOnly), buckets[len(buckets)-1].begin.Format(time.DateOnly)
	for _, b := range buckets {
		c.Top = max(c.Top, b.total())
	}
	step := float64(width) / float64(len(buckets))
	for i, b := range buckets {
		if b.total() > 0 {
			c.Bars = append(c.Bars, b.bar(float64(i)*step, step, float64(height), c.Top))
		}
	}
	return c
}

func (b *bucket) total() (n int) {
	for _, x := range b.counts {
		n += x
	}
	return n
}

func (b *bucket) bar(x, step, height float64, top int) bar {
	out := bar{X: x, Width: max(step*0.8, min(step, 1))}
	y := height
	var words []string
	for _, severity := range news.Severities() {
		n := b.counts[severity]
		if n == 0 {
			continue
		}
		h := height * float64(n) / float64(top)
		y -= h
		out.Parts = append(out.Parts, part{y, h, severity})
		words = append(words, fmt.Sprintf("%s %d", severity, n))
	}
	out.Title = fmt.Sprintf("%s: %d alerts (%s)", b.begin.Format(time.DateOnly), b.total(), strings.Join(words, ", "))
	if b.reports > 0 {
		out.Title += fmt.Sprintf(" of %d reports", b.reports)
	}
	return out
}

// stretch is where a stretch of time lies in the chart.
func stretch(buckets []*bucket, from, to time.Time) (x, width float64) {
	if len(buckets) == 0 || from.IsZero() || !from.Before(to) {
		return 0, 0
	}
	begin, end := buckets[0].begin, buckets[len(buckets)-1].end
	at := func(t time.Time) float64 {
		return chartWidth * min(max(float64(t.Sub(begin))/float64(end.Sub(begin)), 0), 1)
	}
	return at(from), at(to) - at(from)
}

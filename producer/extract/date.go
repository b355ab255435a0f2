package extract

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// layouts are the forms of dates that pages and archives use beside those of news.ParseInterval. Without a zone they are UTC.
var layouts = []struct {
	layout string
	grain  news.Grain
}{
	{"2006-01-02T15:04:05", news.Instant},
	{"2006-01-02T15:04:05Z0700", news.Instant},
	{"2006-01-02T15:04", news.Instant},
	{"2006-01-02T15:04Z07:00", news.Instant},
	{"2006-01-02 15:04:05", news.Instant},
	{"2006-01-02 15:04:05Z07:00", news.Instant},
	{"2006-01-02 15:04:05 -0700", news.Instant},
	{"2006-01-02 15:04:05 -0700 MST", news.Instant},
	{"2006-01-02 15:04:05 MST", news.Instant},
	{"2006-01-02 15:04", news.Instant},
	{"20060102T150405Z", news.Instant},
	{"20060102150405", news.Instant},
	{"20060102", news.Day},
	{"2006/01/02", news.Day},
	{"2006/01/02 15:04:05", news.Instant},
	{time.RFC1123Z, news.Instant},
	{time.RFC1123, news.Instant},
	{"Mon, 2 Jan 2006 15:04:05 -0700", news.Instant},
	{"Mon, 2 Jan 2006 15:04:05 MST", news.Instant},
	{time.RFC822Z, news.Instant},
	{time.RFC822, news.Instant},
	{"2 January 2006", news.Day},
	{"2 Jan 2006", news.Day},
	{"January 2, 2006", news.Day},
	{"Jan 2, 2006", news.Day},
	{"January 2006", news.Month},
	{"_2-Jan-2006 15:04:05.99", news.Instant},
}

// Date reads a date in any form that pages and archives use, also Unix seconds and milliseconds; "" is the zero Interval.
func Date(s string) (news.Interval, error) {
	i, err := readDate(s)
	switch {
	case err != nil:
		return news.Interval{}, err
	case !i.IsZero() && (i.Start.Year() < 1500 || i.End.Year() > 2200):
		// Most often a zero or a missing digit.
		return news.Interval{}, fmt.Errorf("date %q: no year of news", s)
	}
	return i, nil
}

func readDate(s string) (news.Interval, error) {
	i, err := news.ParseInterval(s)
	if err == nil || len(s) > 64 {
		return i, err
	}
	if t, ok := unix(s); ok {
		return interval(t, news.Instant), nil
	}
	for _, l := range layouts {
		// In UTC: time.Parse would read the name of a zone as this machine knows it.
		if t, err := time.ParseInLocation(l.layout, s, time.UTC); err == nil {
			return interval(t, l.grain), nil
		}
	}
	return i, err
}

// unix reads seconds (9 or 10 digits, perhaps with a fraction) or milliseconds (12 or 13) since 1970.
func unix(s string) (time.Time, bool) {
	whole, _, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil || n < 0:
	case len(whole) == 9 || len(whole) == 10:
		return time.Unix(n, 0), true
	case len(whole) == 12 || len(whole) == 13:
		return time.UnixMilli(n), true
	}
	return time.Time{}, false
}

func interval(t time.Time, grain news.Grain) news.Interval {
	t = t.UTC()
	i := news.Interval{Start: t, End: t.Add(time.Second), Grain: grain, Resolved: news.Explicit}
	switch grain {
	case news.Day:
		i.End = t.AddDate(0, 0, 1)
	case news.Month:
		i.End = t.AddDate(0, 1, 0)
	}
	return i
}

package news

import (
	"fmt"
	"time"
)

// Grain is how precisely an interval was told.
type Grain string

// The grains, finest first.
const (
	Instant Grain = "instant"
	Day     Grain = "day"
	Week    Grain = "week"
	Month   Grain = "month"
	Quarter Grain = "quarter"
	Year    Grain = "year"
	Decade  Grain = "decade"
	Stretch Grain = "stretch" // from one date to another
)

// Resolution is how a date was found.
type Resolution string

// The ways a date is found.
const (
	Explicit   Resolution = "explicit" // the text names it
	Relative   Resolution = "relative" // counted from the article's date or another event's
	Inferred   Resolution = "inferred" // taken from the context, such as the date of the event beside it
	ByDocument Resolution = "document" // the article's own date
)

// Interval is a stretch of time [Start, End) in UTC, never more precise than it was told. The zero Interval means
// "not told".
type Interval struct {
	Start, End time.Time
	Grain      Grain
	Resolved   Resolution
}

// IsZero tells whether no time was told.
func (i Interval) IsZero() bool { return i.Start.IsZero() && i.End.IsZero() }

// Contains tells whether t lies in [Start, End).
func (i Interval) Contains(t time.Time) bool { return !t.Before(i.Start) && t.Before(i.End) }

// String is the interval as told: "2021", "2021-10", "2021-10-18", "2021-10-18T08:30:00Z", or
// "2021-10-01/2021-10-08" where it is no calendar unit. The zero Interval is "".
func (i Interval) String() string {
	switch {
	case i.IsZero():
		return ""
	case i.Grain == Instant:
		return i.Start.UTC().Format(time.RFC3339)
	case i.Grain == Day:
		return i.Start.UTC().Format("2006-01-02")
	case i.Grain == Month:
		return i.Start.UTC().Format("2006-01")
	case i.Grain == Year:
		return i.Start.UTC().Format("2006")
	}
	return i.Start.UTC().Format("2006-01-02") + "/" + i.End.UTC().Format("2006-01-02")
}

// ParseInterval reads what String writes, and RFC 3339 times.
func ParseInterval(s string) (Interval, error) {
	if s == "" {
		return Interval{}, nil
	}
	for _, f := range []struct {
		layout string
		grain  Grain
		end    func(time.Time) time.Time
	}{
		{"2006-01-02", Day, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{"2006-01", Month, func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
		{"2006", Year, func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
		{time.RFC3339Nano, Instant, func(t time.Time) time.Time { return t.Add(time.Second) }},
	} {
		if t, err := time.Parse(f.layout, s); err == nil {
			t = t.UTC()
			return Interval{Start: t, End: f.end(t), Grain: f.grain, Resolved: Explicit}, nil
		}
	}
	if len(s) == 21 && s[10] == '/' {
		start, err1 := time.Parse("2006-01-02", s[:10])
		end, err2 := time.Parse("2006-01-02", s[11:])
		if err1 == nil && err2 == nil && start.Before(end) {
			return Interval{Start: start, End: end, Grain: Stretch, Resolved: Explicit}, nil
		}
	}
	return Interval{}, fmt.Errorf("date %q: want YYYY, YYYY-MM, YYYY-MM-DD, an RFC 3339 time or two days with / between", s)
}

package courier

import (
	"errors"
	"slices"
	"time"
)

// Schedule says when digests are due: At times of day on Days in Zone, or Every so often.
type Schedule struct {
	At    []Clock        // none: Every
	Days  []time.Weekday // none: every day
	Every time.Duration  // counted from midnight in Zone; 0: At
	Zone  *time.Location // nil means UTC
}

// Clock is a time of day.
type Clock struct{ Hour, Minute int }

// Validate tells what makes a schedule that is never due.
func (s Schedule) Validate() error {
	if (len(s.At) > 0) == (s.Every > 0) {
		return errors.New("courier: a schedule needs either times of day or a rhythm")
	}
	for _, c := range s.At {
		if c.Hour < 0 || c.Hour > 23 || c.Minute < 0 || c.Minute > 59 {
			return errors.New("courier: a schedule with a time that no clock shows")
		}
	}
	return nil
}

// Next is the first time after t at which a digest is due. A time that a clock skips in spring is an hour later on that
// day; one that it shows twice in autumn is due once.
func (s Schedule) Next(t time.Time) time.Time {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := t.In(zone)
	for day := range 8 { // the same weekday may be a week away
		midnight := time.Date(local.Year(), local.Month(), local.Day()+day, 0, 0, 0, 0, zone)
		if len(s.Days) > 0 && !slices.Contains(s.Days, midnight.Weekday()) {
			continue
		}
		if due, ok := s.on(midnight, t); ok {
			return due
		}
	}
	return t // Validate has nothing to say against a schedule without days, and this one has none that come
}

// on is the first due time of a day after t.
func (s Schedule) on(midnight, t time.Time) (due time.Time, ok bool) {
	var times []time.Time
	for _, c := range s.At {
		times = append(times, time.Date(midnight.Year(), midnight.Month(), midnight.Day(), c.Hour, c.Minute, 0, 0, midnight.Location()))
	}
	next := midnight.AddDate(0, 0, 1)
	if s.Every > 0 {
		at := midnight
		if !t.Before(midnight) {
			at = midnight.Add(t.Sub(midnight).Truncate(s.Every) + s.Every)
		}
		if at.Before(next) {
			times = append(times, at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, at := range times {
		if at.After(t) {
			return at, true
		}
	}
	return time.Time{}, false
}

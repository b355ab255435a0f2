package invent

import (
	"iter"
	"time"
)

const (
	quarter = 15 * time.Minute
	burst   = time.Minute // of a quarter hour, in which half of its reports come
)

// byHour is how much of a day's news comes in each hour of it (UTC): little at night, most in the afternoon.
var byHour = [24]int{3, 2, 2, 2, 3, 4, 6, 8, 9, 9, 9, 9, 9, 10, 10, 10, 9, 8, 7, 6, 5, 5, 4, 4}

// times are n moments from a day on, in order: half of what a quarter hour brings comes in its first minute. They are
// whole seconds, for an article's date is told no finer.
func times(from time.Time, days, n int) iter.Seq[time.Time] {
	total := 0
	for _, w := range byHour {
		total += 4 * w
	}
	total *= days
	return func(yield func(time.Time) bool) {
		told, weight := 0, 0
		for q := range days * 96 {
			weight += byHour[q%96/4]
			due := int(int64(n) * int64(weight) / int64(total))
			start := from.Add(time.Duration(q) * quarter)
			for k := range due - told {
				if !yield(start.Add(offset(k, due-told))) {
					return
				}
			}
			told = due
		}
	}
}

// offset is where in its quarter hour the k-th of n reports comes.
func offset(k, n int) time.Duration {
	early := (n + 1) / 2
	if k < early {
		return (burst * time.Duration(k) / time.Duration(early)).Truncate(time.Second)
	}
	return (burst + (quarter-burst)*time.Duration(k-early)/time.Duration(n-early)).Truncate(time.Second)
}

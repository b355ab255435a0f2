package poll

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/producer/feed"
)

// wishes is what a feed and its server ask of those who poll it.
type wishes struct {
	ttl    time.Duration // <ttl>
	maxAge time.Duration // Cache-Control
	retry  time.Duration // Retry-After; -1: not told
}

// wishesOf reads an answer's headers.
func wishesOf(h http.Header, now time.Time) wishes {
	w := wishes{retry: retryAfter(h.Get("Retry-After"), now)}
	for part := range strings.SplitSeq(strings.ToLower(h.Get("Cache-Control")), ",") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			if n, err := strconv.Atoi(strings.Trim(v, `"`)); err == nil && n > 0 {
				w.maxAge = time.Duration(min(n, 7*24*3600)) * time.Second
			}
		}
	}
	return w
}

// retryAfter reads both forms of Retry-After; -1 when there is none.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return time.Duration(min(n, 30*24*3600)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return -1
}

// rhythm is the median pause between the last items of a feed; 0: not known.
func rhythm(items []feed.Item) time.Duration {
	var times []time.Time
	for _, i := range items {
		if !i.Published.IsZero() {
			times = append(times, i.Published.Start)
		}
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	times = slices.CompactFunc(times, time.Time.Equal)
	times = times[:min(len(times), 20)]
	if len(times) < 3 {
		return 0
	}
	var pauses []time.Duration
	for i := range len(times) - 1 {
		pauses = append(pauses, times[i].Sub(times[i+1]))
	}
	slices.Sort(pauses)
	return pauses[len(pauses)/2]
}

// pause is how long to leave a feed alone. A feed that works is asked twice in its own rhythm, not sooner than it
// wishes; each failure in a row doubles the pause. What a person configured (every) stands above the feed's wishes, but
// not above Retry-After. jitter in [0, 1) moves the pause by up to a tenth either way, so that feeds that began
// together do not stay together.
func (c Config) pause(s State, every time.Duration, w wishes, jitter float64) time.Duration {
	p := or(every, or(s.Rhythm/2, c.Standard))
	if every == 0 {
		p = max(p, min(max(w.ttl, w.maxAge), c.Max))
		p = min(max(p, c.Min), c.Max)
	}
	for range min(s.Failures, 20) {
		p = min(2*p, max(c.Longest, every))
	}
	p += time.Duration((jitter - 0.5) / 5 * float64(p))
	return max(p, w.retry)
}

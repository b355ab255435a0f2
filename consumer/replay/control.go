package replay

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Control steers a replay while it runs and tells how far it is. The zero Control goes as fast as can be. Safe for
// concurrent use.
type Control struct {
	free atomic.Bool // nothing to wait for

	mu       sync.Mutex
	speed    float64 // of the log's time; 0: as fast as can be
	paused   bool
	steps    int // reports that may pass while paused
	yielding bool
	changed  chan struct{} // closed and replaced when one of these changes
	anchor   time.Time     // an At, and the wall time it was let pass at
	wall     time.Time

	source   Source
	began    time.Time
	first    uint64 // reports of former runs
	progress Progress
}

// Progress is how far a replay is.
type Progress struct {
	At       time.Time `json:"at,omitzero"` // of the entry that was stepped last
	Sequence uint64    `json:"sequence"`
	Entries  uint64    `json:"entries"` // read
	Reports  uint64    `json:"reports"` // told
	Events   int       `json:"events"`
	Alerts   int       `json:"alerts"` // new ones
	Dead     uint64    `json:"dead"`
	Share    float64   `json:"share"`          // of the input that was read, 0 to 1; -1: not known
	Rate     float64   `json:"rate"`           // reports a second of this run, warming not counted
	Left     string    `json:"left,omitempty"` // time to the end at this rate: "1m20s"
	Speed    float64   `json:"speed"`          // 0: as fast as can be
	State    string    `json:"state"`          // "running", "paused", "yielding" to a live machine, "done"
}

// Pace lets the log's time pass so many times as fast as the wall's; 0: as fast as can be. Negative numbers are refused.
func (c *Control) Pace(speed float64) error {
	if speed < 0 || math.IsNaN(speed) {
		return errors.New("replay: a speed is a positive number, or 0 for as fast as can be")
	}
	c.change(func() { c.speed, c.anchor = speed, time.Time{} })
	return nil
}

// Pause holds the replay before the next report.
func (c *Control) Pause() { c.change(func() { c.paused = true }) }

// Resume lets it go on.
func (c *Control) Resume() { c.change(func() { c.paused, c.steps, c.anchor = false, 0, time.Time{} }) }

// Toggle pauses or resumes.
func (c *Control) Toggle() {
	c.mu.Lock()
	paused := c.paused
	c.mu.Unlock()
	if paused {
		c.Resume()
	} else {
		c.Pause()
	}
}

// Step lets n reports pass, and pauses.
func (c *Control) Step(n int) { c.change(func() { c.paused, c.steps = true, c.steps+max(n, 0) }) }

func (c *Control) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	c.free.Store(c.speed == 0 && !c.paused && !c.yielding)
	if c.changed != nil {
		close(c.changed)
	}
	c.changed = make(chan struct{})
}

// begin is called by Run.
func (c *Control) begin(s Source) {
	c.change(func() { c.source, c.began, c.progress = s, time.Now(), Progress{Share: -1} })
}

func (c *Control) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.progress.State = "done"
}

// wait returns when an entry of the time may be stepped, or ctx has ended. Before it waits, flush is called.
func (c *Control) wait(ctx context.Context, at time.Time, flush func() error) error {
	if c.free.Load() {
		return nil
	}
	flushed := false
	for {
		due, changed, pass := c.look(at)
		if pass {
			return nil
		}
		if !flushed {
			if err := flush(); err != nil {
				return err
			}
			flushed = true
			continue
		}
		timer := time.NewTimer(due)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		timer.Stop()
	}
}

// forever is how long a wait is that only a change ends.
const forever = time.Hour

// look tells whether an entry may pass now, or when to look again.
func (c *Control) look(at time.Time) (due time.Duration, changed <-chan struct{}, pass bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.paused && c.steps > 0:
		c.steps--
		return 0, nil, true
	case c.paused, c.yielding:
		return forever, c.changed, false
	case c.speed == 0:
		return 0, nil, true
	case c.anchor.IsZero():
		c.anchor, c.wall = at, time.Now()
		return 0, nil, true
	}
	wait := time.Duration(float64(at.Sub(c.anchor))/c.speed) - time.Since(c.wall)
	return min(wait, forever), c.changed, wait <= 0
}

// note is told by the goroutine that steps.
func (c *Control) note(t *tally) {
	f := &t.found
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.progress.Entries == 0 {
		c.first = f.Entries.Reports
	}
	c.progress = Progress{
		At: t.hashing.Before, Sequence: f.Position.Sequence, Entries: f.Position.Entries, Reports: f.Entries.Reports, Events: f.Events, Alerts: f.Alerts.New,
		Dead: f.Entries.Dead,
	}
}

// Progress is how far the replay is now.
func (c *Control) Progress() Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.progress
	p.Share, p.Speed = -1, c.speed
	took := time.Since(c.began)
	if s, ok := c.source.(Sharer); ok {
		p.Share = s.Share()
	}
	if p.Reports > c.first && took > 0 {
		p.Rate = float64(p.Reports-c.first) / took.Seconds()
	}
	if p.Share > 0 && p.Share < 1 {
		p.Left = time.Duration(float64(took) * (1 - p.Share) / p.Share).Round(time.Second).String()
	}
	switch {
	case p.State != "":
	case c.paused:
		p.State = "paused"
	case c.yielding:
		p.State = "yielding"
	default:
		p.State = "running"
	}
	return p
}

// A replay yields while the live machine has more to do than it has at rest: what one commit gathers.
const (
	yieldLag   = 16
	yieldEvery = 100 * time.Millisecond
)

// yield holds the replay while a live machine beside it lags, until ctx ends. Where the lag cannot be had the replay goes
// on: there may be no live machine any more.
func (c *Control) yield(ctx context.Context, lag func(context.Context) (uint64, error)) {
	tick := time.NewTicker(yieldEvery)
	defer tick.Stop()
	for {
		behind, err := lag(ctx)
		busy := err == nil && behind > yieldLag
		c.mu.Lock()
		same := c.yielding == busy
		c.mu.Unlock()
		if !same {
			c.change(func() { c.yielding, c.anchor = busy, time.Time{} })
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

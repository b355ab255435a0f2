package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// headway shows how far a preview is once it has taken longer than a moment: as a bar on a terminal, else as JSON.
type headway struct {
	w     io.Writer
	every time.Duration
	bar   *progressbar.ProgressBar

	doing       string
	began, told time.Time
}

// step is how far one thing is that a preview does.
type step struct {
	Doing string  `json:"doing"`
	Done  int     `json:"done"`
	Share float64 `json:"share"` // of all, from 0 to 1
	Left  string  `json:"left"`
}

// begin says what is done from now on.
func (h *headway) begin(doing string) {
	h.end()
	h.doing, h.began, h.told = doing, time.Now(), time.Time{}
	h.every = progressEvery
	if f, ok := h.w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		h.every = barEvery
	}
}

// tell tells that so much of it is done: share is between 0 and 1.
func (h *headway) tell(done int, share float64) {
	now := time.Now()
	took := now.Sub(h.began)
	if took < 2*barEvery || now.Sub(h.told) < h.every || share <= 0 {
		return
	}
	h.told = now
	left := time.Duration(float64(took) * (1 - share) / share).Round(time.Second)
	if h.every == progressEvery {
		if line, err := json.Marshal(step{h.doing, done, math.Round(1000*share) / 1000, left.String()}); err == nil {
			fmt.Fprintf(h.w, "{\"preview\":%s}\n", line)
		}
		return
	}
	const parts = 1000
	if h.bar == nil {
		h.bar = progressbar.NewOptions64(parts, progressbar.OptionSetWriter(h.w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(20),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false))
	}
	h.bar.Describe(fmt.Sprintf("%s: %d, %.0f/s, %s left", h.doing, done, float64(done)/took.Seconds(), left))
	_ = h.bar.Set64(int64(min(share*parts, parts-1))) // a terminal that is gone is no reason to stop; a full bar is cleared away
}

// end clears the bar away.
func (h *headway) end() {
	if h.bar != nil {
		_ = h.bar.Finish()
		h.bar = nil
	}
}

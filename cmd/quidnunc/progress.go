package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// What is read in a moment needs no progress shown.
const (
	progressFrom  = 8 << 20          // bytes of all archives together
	barEvery      = time.Second      // on a terminal
	progressEvery = 10 * time.Second // elsewhere: one JSON object a line
)

// produceWatched runs a producer, shows on w how far its archives are, and notes it for the next run.
func produceWatched(ctx context.Context, made *producer.Producer, p *plan, w io.Writer) error {
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { p.notes.keep(watching) })
	if total := progressOf(p.archives); total.Bytes >= progressFrom {
		watch.Go(func() { showProgress(watching, p.archives, w, progressEvery) })
	}
	err := made.Run(ctx)
	stop()
	watch.Wait()
	return err
}

// showProgress shows how far the archives are until ctx ends: as a bar on a terminal, else as JSON.
func showProgress(ctx context.Context, archives []archiveInput, w io.Writer, every time.Duration) {
	show := func(p archive.Progress) {
		if line, err := json.Marshal(p); err == nil {
			fmt.Fprintf(w, "{\"progress\":%s}\n", line)
		}
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		every = min(every, barEvery)
		bar := progressbar.NewOptions64(progressOf(archives).Bytes, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription("archives"), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
		defer func() { _ = bar.Finish() }()
		show = func(p archive.Progress) {
			bar.Describe(fmt.Sprintf("archives %d/%d files, %d articles, %d bad", p.FilesDone, p.Files, p.Articles, p.Bad))
			_ = bar.Set64(min(p.BytesDone, p.Bytes)) // a terminal that is gone is no reason to stop
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			show(progressOf(archives))
		case <-ctx.Done():
			return
		}
	}
}

// progressOf is that of all archives together.
func progressOf(archives []archiveInput) archive.Progress {
	sum := archive.Progress{Passed: map[string]int{}}
	for _, a := range archives {
		p := a.source.Progress()
		sum.Files += p.Files
		sum.FilesDone += p.FilesDone
		sum.Bytes += p.Bytes
		sum.BytesDone += p.BytesDone
		sum.Articles += p.Articles
		sum.Bad += p.Bad
		for what, n := range p.Passed {
			sum.Passed[what] += n
		}
	}
	return sum
}

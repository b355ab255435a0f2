package rulebook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"
)

// WatchConfig says what to watch.
type WatchConfig struct {
	Files []string      // paths or glob patterns, looked up anew each time
	Every time.Duration // between looks; 0 means 2 s
}

// Watch tells the Book of the files: once as it starts, and again each time that what they hold has changed and then
// stayed the same for two looks, so that no file is taken while it is written. What cannot be used is told once as an
// error, with an empty Book: who watches keeps the last good one. Watch returns nil when ctx ends; tell is called by
// this goroutine alone.
func Watch(ctx context.Context, cfg WatchConfig, tell func(Book, error)) error {
	w := watcher{files: cfg.Files}
	tick := time.NewTicker(cmp.Or(cfg.Every, 2*time.Second))
	defer tick.Stop()
	for {
		if found, changed := w.look(); changed && ctx.Err() == nil {
			tell(found.book, found.err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// watcher remembers what was told last.
type watcher struct {
	files  []string
	stamps string // of the files as last read: a cheap look that tells that nothing changed
	seen   string // what they held at the last look: a hash, or the error
	told   string // and when they were told
}

// finding is what the files say, or why they cannot be used.
type finding struct {
	book Book
	err  error
}

func (w *watcher) look() (found finding, changed bool) {
	stamps, settled := stampsOf(w.files)
	if settled && stamps == w.stamps {
		return finding{}, false
	}
	var sources []source
	files, err := expand(w.files)
	for _, f := range files {
		var data []byte
		if data, err = readFile(f); err != nil {
			break
		}
		sources = append(sources, source{f, data})
	}
	held := hashOf(sources)
	if err != nil {
		held = err.Error()
	}
	if held != w.seen {
		w.seen = held
		return finding{}, false
	}
	w.stamps = stamps
	if held == w.told {
		return finding{}, false
	}
	w.told = held
	if err != nil {
		return finding{err: err}, true
	}
	book, err := read(sources)
	return finding{book, err}, true
}

// fresh is how old a file must be before its time and size are believed: two writes in one tick of the file system's
// clock look alike.
const fresh = 3 * time.Second

// stampsOf is the names, times and sizes of the files. Settled: none was written to just now.
func stampsOf(paths []string) (stamps string, settled bool) {
	files, err := expand(paths)
	if err != nil {
		return err.Error(), true
	}
	var b strings.Builder
	settled = true
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err.Error(), true
		}
		settled = settled && time.Since(info.ModTime()) > fresh
		fmt.Fprintf(&b, "%q %d %d\n", f, info.ModTime().UnixNano(), info.Size())
	}
	return b.String(), settled
}

func hashOf(sources []source) string {
	h := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(h, "%q %d\n", s.name, len(s.data))
		h.Write(s.data)
	}
	return string(h.Sum(nil))
}

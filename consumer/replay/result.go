package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// The files of a result directory.
const (
	AlertsFile     = "alerts.jsonl" // one revision of an alert a line, as wire.EncodeAlert writes it, in the order told
	SummaryFile    = "summary.json"
	CheckpointFile = "checkpoint" // while the replay is not complete
)

// Result is a result directory.
type Result struct {
	Dir     string
	Summary Summary
}

// ReadResult reads the summary of a result directory. A replay that is not complete yet has one only once it was drained.
func ReadResult(dir string) (Result, error) {
	data, err := os.ReadFile(filepath.Join(dir, SummaryFile))
	if err != nil {
		return Result{}, fmt.Errorf("replay: %w", err)
	}
	r := Result{Dir: dir}
	if err := json.Unmarshal(data, &r.Summary); err != nil {
		return Result{}, fmt.Errorf("replay: %s: %w", filepath.Join(dir, SummaryFile), err)
	}
	if v := r.Summary.Version; v > SummaryVersion {
		return Result{}, fmt.Errorf("replay: %s: version %d: %w", filepath.Join(dir, SummaryFile), v, wire.ErrVersion)
	}
	return r, nil
}

// Alerts gives every revision of an alert in the order told. It ends behind an error.
func (r Result) Alerts() iter.Seq2[news.Alert, error] {
	return func(yield func(news.Alert, error) bool) {
		name := filepath.Join(r.Dir, AlertsFile)
		f, err := os.Open(name)
		if err != nil {
			yield(news.Alert{}, fmt.Errorf("replay: %w", err))
			return
		}
		defer f.Close() //nolint:errcheck // it was only read
		in := bufio.NewReaderSize(f, 64<<10)
		for n := 1; ; n++ {
			line, err := in.ReadBytes('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				return
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(news.Alert{}, fmt.Errorf("replay: %w", err))
				return
			}
			a, err := wire.DecodeAlert(line)
			if err != nil {
				yield(news.Alert{}, fmt.Errorf("replay: %s:%d: %w", name, n, err))
				return
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

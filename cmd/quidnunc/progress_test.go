package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// signalled is a writer that tells of its first line.
type signalled struct {
	bytes.Buffer
	wrote func()
}

func (s *signalled) Write(p []byte) (int, error) {
	defer s.wrote()
	return s.Buffer.Write(p)
}

func TestProgressIsJSONWhereThereIsNoTerminal(t *testing.T) {
	source := archive.Read(archive.Config{}, "a.jsonl", strings.NewReader(`{"text":"One."}`))
	if _, err := source.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	w := &signalled{wrote: stop}
	showProgress(ctx, []archiveInput{{source: source}}, w, time.Millisecond)
	line, _, _ := strings.Cut(w.String(), "\n")
	var told struct{ Progress archive.Progress }
	if err := json.Unmarshal([]byte(line), &told); err != nil || told.Progress.Articles != 1 || told.Progress.Files != 1 {
		t.Errorf("%s: %+v, %v", line, told, err)
	}
}

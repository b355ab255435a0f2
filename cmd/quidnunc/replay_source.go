package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/consumer/segment"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// logSource gives a stretch of the log. It is for one goroutine, but for Share.
type logSource struct {
	hub      *stream.Hub
	from, to uint64
	first    []replay.Entry // the rules in force before from

	begin   sync.Once
	entries chan stream.Stored
	ended   chan error
	stop    context.CancelFunc
	at      atomic.Uint64
}

// fetched is how many messages wait for the replay.
const fetched = 1024

// newLogSource reads the log from a sequence to another; the rules that were told last before it come first. What a former
// run read is left out, be it those rules alone, or nothing.
func newLogSource(ctx context.Context, hub *stream.Hub, from, to uint64, former replay.Position) (*logSource, error) {
	s := &logSource{hub: hub, from: max(from, former.Sequence+1), to: to, entries: make(chan stream.Stored, fetched), ended: make(chan error, 1)}
	if from <= 1 || former.Entries > 0 {
		return s, nil
	}
	err := hub.Scan(ctx, stream.Reports, wire.RulesKind+".>", 1, func(m stream.Stored) error {
		if m.Seq >= from {
			return stream.ErrStop
		}
		s.first = []replay.Entry{{Seq: m.Seq, Subject: m.Subject, Data: m.Data}}
		return nil
	})
	return s, err
}

// Next implements replay.Source.
func (s *logSource) Next(ctx context.Context) (replay.Entry, error) {
	if len(s.first) > 0 {
		e := s.first[0]
		s.first = nil
		return e, nil
	}
	s.begin.Do(func() {
		reading, stop := context.WithCancel(context.WithoutCancel(ctx))
		s.stop = stop
		go s.read(reading)
	})
	select {
	case m, open := <-s.entries:
		if open {
			s.at.Store(m.Seq)
			return replay.Entry{Seq: m.Seq, Subject: m.Subject, Data: m.Data, Lost: m.Missing}, nil
		}
		s.at.Store(s.to)
		if err := <-s.ended; err != nil {
			return replay.Entry{}, err
		}
		s.ended <- nil
		return replay.Entry{}, io.EOF
	case <-ctx.Done():
		return replay.Entry{}, ctx.Err()
	}
}

func (s *logSource) read(ctx context.Context) {
	defer close(s.entries)
	s.ended <- s.hub.ReadTo(ctx, s.from, s.to, func(m stream.Stored) error {
		select {
		case s.entries <- m:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// Share implements replay.Sharer.
func (s *logSource) Share() float64 {
	if s.to < s.from {
		return 1
	}
	return float64(max(s.at.Load(), s.from)-s.from+1) / float64(s.to-s.from+1)
}

// Close ends the reading.
func (s *logSource) Close() error {
	s.begin.Do(func() { close(s.entries) })
	if s.stop != nil {
		s.stop()
	}
	for range s.entries { // until the reader has ended
	}
	return nil
}

// exportSource gives the entries of an export.
type exportSource struct {
	next  func() (segment.Entry, error, bool)
	stop  func()
	of    uint64 // the last sequence there is
	begin uint64
	at    atomic.Uint64
}

func newExportSource(a *segment.Archive, span segment.Span, after uint64) *exportSource {
	s := &exportSource{of: 1, begin: after}
	for _, g := range a.Index().Segments {
		s.of = max(s.of, g.Last)
	}
	s.next, s.stop = iter.Pull2(a.Entries(span, after))
	return s
}

// Next implements replay.Source.
func (s *exportSource) Next(ctx context.Context) (replay.Entry, error) {
	if err := ctx.Err(); err != nil {
		return replay.Entry{}, err
	}
	e, err, there := s.next()
	switch {
	case !there:
		s.at.Store(s.of)
		return replay.Entry{}, io.EOF
	case err != nil:
		return replay.Entry{}, err
	}
	s.at.Store(e.Seq)
	return replay.Entry{Seq: e.Seq, Subject: e.Subject, Data: e.Data}, nil
}

// Share implements replay.Sharer.
func (s *exportSource) Share() float64 {
	if s.of <= s.begin {
		return 1
	}
	return float64(max(s.at.Load(), s.begin)-s.begin) / float64(s.of-s.begin)
}

// Close implements io.Closer.
func (s *exportSource) Close() error {
	s.stop()
	return nil
}

// exportedRules are the rules that an export carries.
type exportedRules struct{ *segment.Archive }

// Rules implements replay.Library.
func (x exportedRules) Rules(ctx context.Context, hash string) ([]rule.Rule, error) {
	return rulebook.Version(ctx, hash, func(_ context.Context, hash string) ([]byte, error) { return x.Archive.Rules(hash) })
}

// fileSource gives the articles of files as reports that are still to be coded, or that their files tell coded. Each has
// the time at which it was published; one that tells no date, that of the one before it.
type fileSource struct {
	*archive.Source
	last time.Time
}

// unseen is a clock that does not say when: what a replay says must not depend on when it runs.
func unseen() time.Time { return time.Time{} }

func openFiles(paths []string) (*fileSource, error) {
	source, err := archive.Open(archive.Config{Now: unseen}, paths...)
	if err != nil {
		return nil, &usageError{err}
	}
	return &fileSource{Source: source, last: time.Unix(0, 0).UTC()}, nil
}

// Next implements replay.Source.
func (s *fileSource) Next(ctx context.Context) (replay.Entry, error) {
	a, err := s.Source.Next(ctx)
	bad := new(producer.BadInput)
	if errors.As(err, &bad) {
		return replay.Entry{}, &replay.BadEntry{Where: bad.Origin(), Err: fmt.Errorf("%s: %w", bad.Reason, orUnsaid(bad.Err))}
	}
	if err != nil {
		return replay.Entry{}, err
	}
	s.Settled(a) // nothing is to be remembered of it
	undated := a.Published.IsZero() && a.Seen.IsZero()
	switch {
	case undated:
		a.Seen = s.last
	case a.Seen.IsZero():
		a.Seen = a.Published.Start
	}
	r := news.Report{Article: a, At: news.LogTime(a, news.Archive), Origin: news.Archive}
	s.last = r.At
	events, by, coded := s.Coded()
	if coded {
		r.Events, r.Coder = events, by
	}
	return replay.Entry{Report: &r, Uncoded: !coded, Undated: undated}, nil
}

func orUnsaid(err error) error {
	if err == nil {
		return errors.New("unreadable")
	}
	return err
}

// Share implements replay.Sharer.
func (s *fileSource) Share() float64 {
	p := s.Progress()
	if p.Bytes == 0 {
		return -1
	}
	return min(1, float64(p.BytesDone)/float64(p.Bytes))
}

// Close implements io.Closer.
func (s *fileSource) Close() error {
	s.Source.Close()
	return nil
}

// oursAlone tells coders of this program, of any version, which read the text of an article, from others.
func oursAlone(own string) func(coder string) bool {
	family, _, _ := strings.Cut(own, "-")
	return func(coder string) bool { return strings.HasPrefix(coder, family+"-") }
}

package machine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// snapshotVersion is the form that AppendSnapshot writes. Restore reads every form up to it.
const snapshotVersion = 1

// AppendSnapshot appends all that the machine knows: a machine that is restored from it steps on as this one would. The
// same state gives the same bytes. Rules are named by their hash, not contained.
func (s *State) AppendSnapshot(b []byte) ([]byte, error) {
	var w snapshot.Writer
	w.Uint(snapshotVersion)
	hash := ""
	if s.rules != nil {
		hash = s.rules.hash
	}
	w.Bool(s.rules != nil)
	w.String(hash)
	w.Time(s.highest)
	w.Bool(s.live)
	w.Len(len(s.queue))
	for _, r := range s.queue {
		w.String(string(r.id))
		w.Uint(r.seq)
		w.Time(r.at)
	}
	w.Len(len(s.articles))
	for _, id := range slices.Sorted(maps.Keys(s.articles)) {
		w.String(string(id))
		if err := s.articles[id].write(&w); err != nil {
			return nil, err
		}
	}
	return append(b, w.Bytes()...), nil
}

func (a *article) write(w *snapshot.Writer) error {
	w.Uint(a.seq)
	w.Len(len(a.revisions))
	for _, r := range a.revisions {
		w.String(string(r))
	}
	w.Len(len(a.alerts))
	for _, t := range a.alerts {
		data, err := wire.EncodeAlert(t.alert)
		if err != nil {
			return fmt.Errorf("machine: snapshot: %w", err)
		}
		w.String(string(data))
		w.String(t.facts)
	}
	return nil
}

// Restore makes the machine that wrote b. rules gives the compiled rules of a hash, those in force then. Bytes that no
// AppendSnapshot wrote are an error with snapshot.ErrDamaged, those of a newer program one with wire.ErrVersion.
func Restore(b []byte, rules func(hash string) (*Ruleset, error)) (*State, error) {
	r := snapshot.NewReader(b)
	if v := r.Uint(); r.Err() == nil && v > snapshotVersion {
		return nil, fmt.Errorf("machine: snapshot of version %d: %w", v, wire.ErrVersion)
	}
	s := &State{articles: map[news.ID]*article{}}
	ruled, hash := r.Bool(), r.String()
	s.highest, s.live = r.Time(), r.Bool()
	s.queue = make([]remembered, r.Len(3))
	for i := range s.queue {
		s.queue[i] = remembered{news.ID(r.String()), r.Uint(), r.Time()}
	}
	for range r.Len(4) {
		id := news.ID(r.String())
		s.articles[id] = readArticle(r)
	}
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("machine: %w", err)
	}
	if ruled {
		set, err := rules(hash)
		if err != nil {
			return nil, fmt.Errorf("machine: snapshot: rules %.12s in force: %w", hash, err)
		}
		s.rules = set
	}
	return s, nil
}

func readArticle(r *snapshot.Reader) *article {
	a := &article{seq: r.Uint(), revisions: make([]news.ID, r.Len(1))}
	for i := range a.revisions {
		a.revisions[i] = news.ID(r.String())
	}
	a.alerts = make([]told, r.Len(2))
	for i := range a.alerts {
		alert, err := wire.DecodeAlert([]byte(r.String()))
		if err != nil {
			r.Fail("an alert: %v", err)
			return a
		}
		a.alerts[i] = told{alert, r.String()}
	}
	return a
}

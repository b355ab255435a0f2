package shelf_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/consumer/past/shelf"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// filled is a shelf with so much of a log.
func filled(t *testing.T, dir string, log *growing, there int) *shelf.Shelf {
	t.Helper()
	log.there = there
	s, _ := open(t, dir)
	if err := s.Grow(t.Context(), log, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// copied is what is told of copies, with what was told of damage.
func copied(t *testing.T, s *shelf.Shelf, log *growing) (told []string, damage []error) {
	t.Helper()
	c, err := s.Copied(t.Context(), log, func(err error) { damage = append(damage, err) })
	if err != nil {
		t.Fatal(err)
	}
	told, err = answer(t, s, c)
	if err = errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	return told, damage
}

// packs are the files of copies, as the list names them.
func packs(t *testing.T, dir string) (names []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "list.json"))
	if err != nil {
		t.Fatal(err)
	}
	var l struct{ Segments []struct{ Copies string } }
	if err := json.Unmarshal(data, &l); err != nil {
		t.Fatal(err)
	}
	for _, s := range l.Segments {
		names = append(names, filepath.Join(dir, s.Copies))
	}
	return names
}

func TestCopiesAreReadInPlaceOfTheLog(t *testing.T) {
	log, dir := newLog(t, 900), t.TempDir()
	var s *shelf.Shelf
	for _, there := range []int{20, 301, 302, 900} { // the pack is taken up within its lead, within a piece and behind one
		s = filled(t, dir, log, there)
	}
	want, err := answer(t, s, log)
	if err != nil || log.picked.Load() == 0 {
		t.Fatal(err)
	}
	log.picked.Store(0)
	got, damage := copied(t, s, log)
	if diff := cmp.Diff(want, got); diff != "" || len(damage) > 0 {
		t.Errorf("of copies it tells otherwise (%v):\n%s", damage, diff)
	}
	if n := log.picked.Load(); n > 0 {
		t.Errorf("%d messages were asked of the log", n)
	}
}

// What is read of copies comes in its order, is what the log has, and is left out where the log has forgotten it.
func TestCopiesAreWhatTheLogHas(t *testing.T) {
	log, dir := newLog(t, 120), t.TempDir()
	s := filled(t, dir, log, 100)
	log.there, log.gone = 120, 1
	c, damage := opened(t, s, log)
	wanted := []uint64{1, 2, 40, 41, 99, 100, 101, 120} // the last two are not on the shelf yet
	want := gathered(t, log, wanted)
	log.picked.Store(0)
	var order []uint64
	here := map[uint64]news.Entry{}
	err := c.Entries(t.Context(), wanted, func(seq uint64, e news.Entry) error {
		order = append(order, seq)
		here[seq] = e
		return nil
	})
	if diff := cmp.Diff(want, here); diff != "" || err != nil || !slices.Equal(order, wanted[1:]) || log.picked.Load() != 2 || len(*damage) > 0 {
		t.Errorf("places %v, %d asked of the log, %v, %v\n%s", order, log.picked.Load(), err, *damage, diff)
	}
	broken := errors.New("broken")
	if err := c.Entries(t.Context(), wanted, func(uint64, news.Entry) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestDamagedCopiesAreToldAndTheLogIsRead(t *testing.T) {
	log := newLog(t, 900)
	var every []uint64
	for seq := range uint64(900) {
		every = append(every, seq+1)
	}
	for how, damage := range map[string]func(name string, data []byte) error{
		"a piece": func(name string, data []byte) error {
			data[len(data)-1] ^= 1
			return os.WriteFile(name, data, 0o600)
		},
		"the lead": func(name string, data []byte) error {
			data[len(data)/50] ^= 1
			return os.WriteFile(name, data, 0o600)
		},
		"what stands before the pieces": func(name string, data []byte) error {
			data[30] ^= 1
			return os.WriteFile(name, data, 0o600)
		},
		"half is lost":          func(name string, data []byte) error { return os.WriteFile(name, data[:len(data)/2], 0o600) },
		"the file is not there": func(name string, _ []byte) error { return os.Remove(name) },
	} {
		dir := t.TempDir()
		s := filled(t, dir, log, 900)
		want := gathered(t, log, every)
		name := packs(t, dir)[0]
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := damage(name, data); err != nil {
			t.Fatal(err)
		}
		log.picked.Store(0)
		c, told := opened(t, s, log)
		if diff := cmp.Diff(want, gathered(t, c, every)); diff != "" {
			t.Errorf("%s: other entries are read:\n%s", how, diff)
		}
		n := int(log.picked.Load())
		if len(*told) != 1 || !shelf.Damaged((*told)[0]) || how == "a piece" && (n < 1 || n > 8) || how == "half is lost" && (n < 300 || n > 600) ||
			how != "a piece" && how != "half is lost" && n != len(every) {
			t.Errorf("%s: %v told, %d messages read from the log", how, *told, n)
		}
	}
}

func TestWhatTheLogDoesNotHoldIsLostInSpiteOfCopies(t *testing.T) {
	log, dir := newLog(t, 900), t.TempDir()
	s := filled(t, dir, log, 600)
	log.gone = 200
	plain, err := answer(t, s, log)
	if err != nil {
		t.Fatal(err)
	}
	got, damage := copied(t, s, log)
	if diff := cmp.Diff(plain, got); diff != "" || len(damage) > 0 || len(got) == 0 {
		t.Errorf("of copies it tells otherwise (%v):\n%s", damage, diff)
	}
	s = filled(t, dir, log, 700)
	if size, err := s.Size(); err != nil || size.Copies == 0 {
		t.Errorf("of a segment that the log holds in part no copies are kept: %+v, %v", size, err)
	}
}

// Copies of a segment from before what the log holds are dropped, and their files removed.
func TestCopiesOfWhatTheLogHasLostAreDropped(t *testing.T) {
	log, dir := newLog(t, 100), t.TempDir()
	reports := log.messages
	for log.messages = nil; len(log.messages) < past.Full; {
		m, err := wire.Tick(news.Tick{At: time.Date(2023, 12, 31, 0, 0, len(log.messages), 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		log.messages = append(log.messages, copies.Message{Subject: m.Subject, Data: m.Data})
	}
	log.messages = append(log.messages, reports...)
	for i := range log.messages {
		log.messages[i].Seq = uint64(i + 1)
	}
	filled(t, dir, log, past.Full+50)
	whole := packs(t, dir)
	log.gone = past.Full
	s := filled(t, dir, log, past.Full+100)
	left := packs(t, dir)
	if len(whole) != 2 || len(left) != 2 || left[0] != dir {
		t.Fatalf("packs %v, then %v", whole, left)
	}
	if _, err := os.Stat(whole[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of the first segment's copies is still there: %v", err)
	}
	plain, err := answer(t, s, log)
	if err != nil {
		t.Fatal(err)
	}
	if got, damage := copied(t, s, log); !cmp.Equal(plain, got) || len(damage) > 0 {
		t.Errorf("without the first segment's copies: %d revisions, want %d; %v", len(got), len(plain), damage)
	}
}

// A preview that reads while another lets the shelf grow does not take what it replaced for damage.
func TestCopiesThatAreReplacedMeanwhile(t *testing.T) {
	log, dir := newLog(t, 900), t.TempDir()
	first := filled(t, dir, log, 500)
	early, damage := opened(t, first, log)
	late, damage2 := opened(t, first, log)
	gathered(t, early, []uint64{1})
	filled(t, dir, log, 900)
	seqs := []uint64{3, 4, 77, 300, 499, 500}
	want := gathered(t, log, seqs)
	for _, c := range []*shelf.Copied{early, late} {
		if diff := cmp.Diff(want, gathered(t, c, seqs)); diff != "" {
			t.Error(diff)
		}
	}
	if len(*damage)+len(*damage2) > 0 {
		t.Errorf("told: %v %v", *damage, *damage2)
	}
}

func gathered(t *testing.T, log past.Log, seqs []uint64) map[uint64]news.Entry {
	t.Helper()
	of := map[uint64]news.Entry{}
	if err := log.Entries(t.Context(), seqs, func(seq uint64, e news.Entry) error { of[seq] = e; return nil }); err != nil {
		t.Fatal(err)
	}
	return of
}

func opened(t *testing.T, s *shelf.Shelf, log *growing) (*shelf.Copied, *[]error) {
	var damage []error
	c, err := s.Copied(t.Context(), log, func(err error) { damage = append(damage, err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, &damage
}

func TestAShelfKnowsItsLog(t *testing.T) {
	log, dir := newLog(t, 300), t.TempDir()
	empty, _ := open(t, dir)
	s := filled(t, dir, log, 300)
	other := newLog(t, 300)
	other.messages[299].Data = other.messages[0].Data
	short := newLog(t, 300)
	short.there = 299
	forgotten := newLog(t, 300)
	forgotten.messages, forgotten.gone = other.messages, 300
	for name, c := range map[string]struct {
		s    *shelf.Shelf
		log  shelf.Log
		want bool
	}{
		"its own": {s, log, true}, "another": {s, other, false}, "a shorter one": {s, short, false}, "one that holds nothing of it": {s, forgotten, true},
		"an empty shelf": {empty, other, true},
	} {
		if got, err := c.s.Of(t.Context(), c.log); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	broken := errors.New("broken")
	if _, err := s.Of(t.Context(), unreadable{log, broken}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type unreadable struct {
	*growing
	err error
}

func (u unreadable) Entries(context.Context, []uint64, func(uint64, news.Entry) error) error {
	return u.err
}

package shelf_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/consumer/past/shelf"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// growing is a log of which only so many messages are there yet, and some not any more.
type growing struct {
	messages []copies.Message
	there    int
	gone     uint64 // those up to here
	scanned  int
	picked   atomic.Int64
}

func (l *growing) Scan(_ context.Context, from uint64, handle func(copies.Message) error) error {
	for seq := max(from, l.gone+1); seq <= uint64(l.there); seq++ {
		l.scanned++
		if err := handle(l.messages[seq-1]); err != nil {
			return err
		}
	}
	return nil
}

func (l *growing) First(context.Context) (uint64, error) { return l.gone + 1, nil }

func (l *growing) Entries(_ context.Context, seqs []uint64, handle func(uint64, news.Entry) error) error {
	for _, seq := range seqs {
		if l.picked.Add(1); seq <= l.gone || seq > uint64(l.there) {
			continue
		}
		m := l.messages[seq-1]
		e, err := wire.DecodeEntry(m.Subject, m.Data)
		if err == nil {
			err = handle(seq, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// newest is the time of the last report.
func (l *growing) newest(t *testing.T) time.Time {
	at, err := wire.At(l.messages[l.there-1].Data)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func newLog(t *testing.T, n int) *growing {
	t.Helper()
	l := &growing{there: n}
	for r := range (invent.Plan{Seed: 9, Reports: n, Days: 2}).All() {
		data, err := wire.EncodeReport(r)
		if err != nil {
			t.Fatal(err)
		}
		l.messages = append(l.messages, copies.Message{Seq: uint64(len(l.messages) + 1), Subject: wire.ReportKind + ".en", Data: data})
	}
	return l
}

func open(t *testing.T, dir string) (*shelf.Shelf, string) {
	t.Helper()
	s, why, err := shelf.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, why
}

// answer is what a rule tells of what stands on a shelf.
func answer(t *testing.T, s past.Library, log past.Log) (told []string, err error) {
	t.Helper()
	r, err := rule.New("r", "what:(AID OR ACCUSE) who:USA")
	if err != nil {
		t.Fatal(err)
	}
	_, err = past.Ask(t.Context(), s, log, past.Question{Rule: r, Gazetteer: gazetteer.Default(), Told: func(a news.Alert) error {
		told = append(told, a.Key()+" "+string(a.Story.ID))
		return nil
	}})
	return told, err
}

func TestAShelfGrowsWithItsLog(t *testing.T) {
	log, dir, at := newLog(t, 900), t.TempDir(), t.TempDir()
	whole, why := open(t, at)
	if why != "it is new" {
		t.Errorf("why %q", why)
	}
	if err := whole.Grow(t.Context(), log, nil); err != nil {
		t.Fatal(err)
	}
	want, err := answer(t, whole, log)
	if err != nil || len(want) < 5 {
		t.Fatalf("%d revisions, %v", len(want), err)
	}
	log.scanned = 0
	for _, there := range []int{0, 1, 300, 300, 650, 900} { // each time by another process
		log.there = there
		s, _ := open(t, dir)
		counted := 0
		if err := s.Grow(t.Context(), log, func(n int, _ uint64) { counted = n }); err != nil {
			t.Fatal(err)
		}
		if s.Entries() != there || s.Next() != uint64(there+1) {
			t.Errorf("%d entries, next %d, want %d; %d were told", s.Entries(), s.Next(), there, counted)
		}
	}
	s, why := open(t, dir)
	got, err := answer(t, s, log)
	if diff := cmp.Diff(want, got); diff != "" || err != nil || why != "" {
		t.Errorf("a shelf that grew tells otherwise than one that was filled at once (%v, %q):\n%s", err, why, diff)
	}
	if log.scanned != 900 {
		t.Errorf("%d entries were read, of 900", log.scanned)
	}
	if !s.Newest().Equal(log.newest(t)) {
		t.Errorf("newest %s", s.Newest())
	}
	if names := filesOf(t, dir); len(names) != 4 || !slices.Equal(names, filesOf(t, at)) {
		t.Errorf("files %v, want a list, a segment, its copies and the machine's memory, as of the shelf that was filled at once: %v", names, filesOf(t, at))
	}
}

func filesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A file that is on no list, or not whole, may be that of a process at work, unless it is old.
func TestFilesOfOthersAreLeft(t *testing.T) {
	log, dir := newLog(t, 100), t.TempDir()
	young, old := []string{strings.Repeat("a", 64), "new-1"}, []string{strings.Repeat("b", 64), "new-2"}
	for _, name := range slices.Concat(young, old) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range old {
		if ago := time.Now().AddDate(0, 0, -2); os.Chtimes(filepath.Join(dir, name), ago, ago) != nil {
			t.Fatal("no file has another time")
		}
	}
	s, _ := open(t, dir)
	if err := s.Grow(t.Context(), log, nil); err != nil {
		t.Fatal(err)
	}
	names := filesOf(t, dir)
	for i := range young {
		if !slices.Contains(names, young[i]) || slices.Contains(names, old[i]) {
			t.Errorf("files %v: want %s, not %s", names, young[i], old[i])
		}
	}
}

// Whoever waits for another when something fails is let go.
func TestAGrowthThatFailsEnds(t *testing.T) {
	log := newLog(t, 900)
	dir := filepath.Join(t.TempDir(), "past")
	gone, _ := open(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := gone.Grow(t.Context(), log, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is gone: %v", err)
	}
	log.there = 100
	damaged, _ := open(t, dir)
	if err := damaged.Grow(t.Context(), log, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range filesOf(t, dir) {
		if name != "list.json" {
			if err := os.Truncate(filepath.Join(dir, name), 10); err != nil {
				t.Fatal(err)
			}
		}
	}
	log.there = 900
	if err := damaged.Grow(t.Context(), log, nil); !shelf.Damaged(err) {
		t.Errorf("what is there is damaged: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	late, _ := open(t, t.TempDir())
	if err := late.Grow(ctx, log, nil); !errors.Is(err, context.Canceled) || late.Entries() != 0 {
		t.Errorf("nobody wants it any more: %v", err)
	}
}

func TestADamagedShelfIsToldAndFilledAnew(t *testing.T) {
	log, dir := newLog(t, 201), t.TempDir()
	fill := func(s *shelf.Shelf, there int) error {
		log.there = there
		return s.Grow(t.Context(), log, nil)
	}
	s, _ := open(t, dir)
	if err := fill(s, 200); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 4 {
		t.Fatal(names, err)
	}
	files := map[string][]byte{}
	for _, n := range names {
		if files[n.Name()], err = os.ReadFile(filepath.Join(dir, n.Name())); err != nil {
			t.Fatal(err)
		}
	}
	fresh, _ := open(t, t.TempDir())
	if err := fill(fresh, 201); err != nil {
		t.Fatal(err)
	}
	want, err := answer(t, fresh, log)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		for how, broken := range map[string][]byte{"a bit is another": flipped(data), "half is lost": data[:len(data)/2], "it is gone": nil} {
			dir := t.TempDir()
			for n, d := range files {
				if n == name {
					d = broken
				}
				if d == nil {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, n), d, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, why := open(t, dir)
			err := fill(s, 201)
			if why == "" && !shelf.Damaged(err) {
				t.Errorf("%s of %s: error %v", how, name, err)
			}
			if err := s.Clear(); err != nil {
				t.Fatal(err)
			}
			if err := fill(s, 201); err != nil {
				t.Fatal(err)
			}
			if got, err := answer(t, s, log); err != nil || !cmp.Equal(want, got) {
				t.Errorf("%s of %s: filled anew it tells otherwise (%v)", how, name, err)
			}
		}
	}
}

// flipped has another first letter: of the list, its brace; of others, a byte of what is hashed.
func flipped(data []byte) []byte {
	out := slices.Clone(data)
	out[0] ^= 1
	return out
}

func TestAnInterruptedGrowthIsTakenUp(t *testing.T) {
	log := newLog(t, 100)
	dir := t.TempDir()
	s, _ := open(t, dir)
	broken := errors.New("broken")
	if err := s.Grow(t.Context(), breaking{log, 60, broken}, nil); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	s, _ = open(t, dir)
	if err := s.Grow(t.Context(), log, nil); err != nil || s.Entries() != 100 {
		t.Errorf("%d entries, %v", s.Entries(), err)
	}
}

type breaking struct {
	*growing
	after int
	err   error
}

func (b breaking) Scan(ctx context.Context, from uint64, handle func(copies.Message) error) error {
	return b.growing.Scan(ctx, from, func(m copies.Message) error {
		if int(m.Seq) > b.after {
			return b.err
		}
		return handle(m)
	})
}

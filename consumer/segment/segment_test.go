package segment_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/segment"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

var day = time.Date(2021, 10, 18, 0, 0, 0, 0, time.UTC)

// tick is an entry of the log at an hour of the day.
func tick(seq uint64, hours float64) segment.Entry {
	at := day.Add(time.Duration(hours * float64(time.Hour)))
	m, err := wire.Tick(news.Tick{At: at})
	if err != nil {
		panic(err)
	}
	return segment.Entry{Seq: seq, At: at, Subject: m.Subject, Data: m.Data}
}

func rules(seq uint64, hours float64, body string) segment.Entry {
	at := day.Add(time.Duration(hours * float64(time.Hour)))
	m, err := wire.Rules(news.Rules{Version: fmt.Sprint(seq), Hash: stream.Hash([]byte(body)), At: at})
	if err != nil {
		panic(err)
	}
	return segment.Entry{Seq: seq, At: at, Subject: m.Subject, Data: m.Data}
}

// written is a directory with entries, flushed behind some of them.
func written(t interface {
	Helper()
	Fatal(args ...any)
}, dir string, entries []segment.Entry, flushed ...uint64,
) *segment.Archive {
	t.Helper()
	w, err := segment.Create(dir, segment.Span{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(flushed, e.Seq) {
			if err := w.Flush(e.Seq + 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(0); err != nil {
		t.Fatal(err)
	}
	a, err := segment.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func read(a *segment.Archive, span segment.Span, after uint64) ([]segment.Entry, error) {
	var out []segment.Entry
	for e, err := range a.Entries(span, after) {
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
	return out, nil
}

func TestEntriesComeBackAsTheyWere(t *testing.T) {
	entries := []segment.Entry{
		tick(1, 3), tick(3, 1), tick(4, 3.5), tick(9, 0.25),
		{Seq: 10, At: day, Subject: "report.fr.none", Data: []byte(`{"a": "<é>" ,"data":1,"base64":"x"}`)},
		{Seq: 11, At: day, Subject: "report.fr.none", Data: []byte("{\n}")},
		{Seq: 12, At: day, Subject: "report.fr.none", Data: []byte(" {} ")},
		{Seq: 13, At: day, Subject: "report.fr.none", Data: []byte{0xff, 0, '\n'}},
		{Seq: 14, At: day, Subject: "report.fr.none", Data: []byte{}},
		{Seq: 15, At: day, Subject: `odd","data":"x`, Data: []byte(`{"broken":`)},
		{Seq: 16, At: day.Add(1234567), Subject: "report.fr.none", Data: []byte("{\"a\":\"\xff\"}")},
	}
	a := written(t, t.TempDir(), entries, 4)
	got, err := read(a, segment.Span{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(entries, got); diff != "" {
		t.Error(diff)
	}
	if err := a.Verify(nil); err != nil {
		t.Error(err)
	}
}

// The entries of any stretch are those that a loop over all of them finds; the rules in force for one of them come before it.
func TestAStretchIsWhatALoopFinds(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		var entries []segment.Entry
		var flushed []uint64
		seq := uint64(0)
		for range rapid.IntRange(0, 30).Draw(t, "entries") {
			seq += rapid.Uint64Range(1, 3).Draw(t, "step")
			hours := float64(rapid.IntRange(0, 20).Draw(t, "hour")) / 2
			if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
				entries = append(entries, rules(seq, hours, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "body")))
			} else {
				entries = append(entries, tick(seq, hours))
			}
			if rapid.IntRange(0, 5).Draw(t, "flush") == 0 {
				flushed = append(flushed, seq)
			}
		}
		a := written(t, filepath.Join(root, fmt.Sprint(n)), entries, flushed...)
		span := segment.Span{From: day.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, "from")) * time.Hour)}
		if rapid.Bool().Draw(t, "ends") {
			span.To = span.From.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "hours")) * time.Hour)
		}
		after := rapid.Uint64Range(0, 40).Draw(t, "after")
		got, err := read(a, span, after)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(naive(entries, span, after), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func naive(entries []segment.Entry, span segment.Span, after uint64) []segment.Entry {
	var out []segment.Entry
	var pending []segment.Entry
	for _, e := range entries {
		inside := span.Contains(e.At) && e.Seq > after
		switch {
		case strings.HasPrefix(e.Subject, "rules."):
			pending = append(pending, e)
		case inside:
			for i, r := range pending {
				if i == len(pending)-1 || span.Contains(r.At) && r.Seq > after {
					out = append(out, r)
				}
			}
			pending = nil
			out = append(out, e)
		}
	}
	for _, r := range pending {
		if span.Contains(r.At) && r.Seq > after {
			out = append(out, r)
		}
	}
	return out
}

func TestFilesOutsideOfTheStretchAreNotOpened(t *testing.T) {
	dir := t.TempDir()
	a := written(t, dir, []segment.Entry{tick(1, 1), tick(2, 2), tick(3, 3), tick(4, 3)}, 3)
	for _, file := range []string{"2021-10-18T01.1.jsonl.zst", "2021-10-18T03.1.jsonl.zst"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := read(a, segment.Span{From: day.Add(2 * time.Hour), To: day.Add(3 * time.Hour)}, 0)
	if err != nil || len(got) != 1 || got[0].Seq != 2 {
		t.Errorf("by time: got %v, %v", got, err)
	}
	got, err = read(a, segment.Span{}, 3)
	if err != nil || len(got) != 1 || got[0].Seq != 4 {
		t.Errorf("by sequence: got %v, %v", got, err)
	}
}

func TestDamageIsToldWithTheFile(t *testing.T) {
	body := `{"rules":[]}`
	entries := []segment.Entry{rules(1, 1, body), tick(2, 1), tick(3, 2), tick(4, 2.5)}
	first, second := "2021-10-18T01.1.jsonl.zst", "2021-10-18T02.1.jsonl.zst"
	rulesName := filepath.Join("rules", stream.Hash([]byte(body))+".json.zst")
	change := func(f func([]byte) []byte) func(name string) error {
		return func(name string) error {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			return os.WriteFile(name, f(data), 0o600)
		}
	}
	flip := func(at func(int) int) func(string) error {
		return change(func(b []byte) []byte { b[at(len(b))] ^= 1; return b })
	}
	middle := func(n int) int { return n / 2 }
	for name, c := range map[string]struct {
		file   string
		damage func(string) error
	}{
		"a flipped byte in a file":               {second, flip(middle)},
		"a flipped last byte in a file":          {second, flip(func(n int) int { return n - 1 })},
		"a file cut short":                       {second, change(func(b []byte) []byte { return b[:len(b)-3] })},
		"a file cut to nothing":                  {first, change(func([]byte) []byte { return nil })},
		"a file with something behind it":        {first, change(func(b []byte) []byte { return append(b, 0) })},
		"a file that is gone":                    {first, os.Remove},
		"a flipped byte in the index":            {"index.json", flip(middle)},
		"a flipped last brace of the index":      {"index.json", flip(func(n int) int { return n - 2 })},
		"an index cut short":                     {"index.json", change(func(b []byte) []byte { return b[:len(b)/2] })},
		"an index with a space more":             {"index.json", change(func(b []byte) []byte { return append(b, ' ') })},
		"a flipped byte in a rules object":       {rulesName, flip(middle)},
		"a rules object cut short":               {rulesName, change(func(b []byte) []byte { return b[:len(b)-1] })},
		"a rules object that is gone":            {rulesName, os.Remove},
		"a rules object that is another's":       {rulesName, change(func([]byte) []byte { return []byte("(\xb5/\xfd\x04\x00\t\x00\x00a\x05\x9d\xdb\xe3") })},
		"one file in the place of another, both": {first, func(name string) error { return os.Rename(filepath.Join(filepath.Dir(name), second), name) }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w, err := segment.Create(dir, segment.Span{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if err := w.Add(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(w.PutRules(stream.Hash([]byte(body)), []byte(body)), w.Close(0)); err != nil {
				t.Fatal(err)
			}
			if a, err := segment.Open(dir); err != nil || a.Verify(nil) != nil {
				t.Fatalf("it is not whole before the damage: %v", err)
			}
			if err := c.damage(filepath.Join(dir, c.file)); err != nil {
				t.Fatal(err)
			}
			a, err := segment.Open(dir)
			if err == nil {
				err = a.Verify(nil)
			}
			if err == nil || !strings.Contains(err.Error(), c.file) {
				t.Errorf("got %v, want an error that names %s", err, c.file)
			}
			if !errors.Is(err, segment.ErrCorrupt) && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			if strings.HasSuffix(c.file, ".jsonl.zst") {
				if _, err := read(a, segment.Span{}, 0); err == nil {
					t.Error("reading says nothing of it")
				}
			}
		})
	}
}

// A file that was replaced together with its line in the index and the index's hash still breaks the chain of those behind it.
func TestTheChainHoldsFilesTogether(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	written(t, dir, []segment.Entry{tick(1, 1), tick(2, 2)})
	written(t, other, []segment.Entry{tick(1, 1.5), tick(2, 2)})
	for _, name := range []string{"index.json", "2021-10-18T01.1.jsonl.zst"} {
		data, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := segment.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Verify(nil); !errors.Is(err, segment.ErrCorrupt) || !strings.Contains(err.Error(), "2021-10-18T02.1.jsonl.zst") {
		t.Errorf("got %v, want the second file to be corrupt", err)
	}
}

func TestAWriterGoesOnWhereAnotherWasKilled(t *testing.T) {
	dir := t.TempDir()
	entries := []segment.Entry{tick(1, 1), tick(2, 1), tick(5, 2), tick(6, 1)}
	w, err := segment.Create(dir, segment.Span{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries[:2] {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(4); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(entries[2]); err != nil { // lost with the writer
		t.Fatal(err)
	}
	for _, stray := range []string{"2021-10-18T02.2.jsonl.zst", "2021-10-18T02.2.jsonl.zst.tmp", "index.json.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, stray), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := segment.Open(dir)
	if err != nil || a.Index().Complete {
		t.Fatalf("complete %v, %v", a.Index().Complete, err)
	}
	w, err = segment.Create(dir, segment.Span{})
	if err != nil {
		t.Fatal(err)
	}
	if w.Next() != 4 {
		t.Fatalf("it goes on from %d, want 4", w.Next())
	}
	for _, e := range entries[2:] {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(9); err != nil {
		t.Fatal(err)
	}
	a, err = segment.Open(dir)
	if err != nil || !a.Index().Complete || a.Index().Next != 9 {
		t.Fatalf("index %+v, %v", a.Index(), err)
	}
	got, err := read(a, segment.Span{}, 0)
	if diff := cmp.Diff(entries, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != len(a.Index().Segments)+2 {
		t.Errorf("files %v, %v", files, err)
	}
	if _, err := segment.Create(dir, segment.Span{From: day}); err == nil {
		t.Error("another stretch goes into the same directory")
	}
}

func TestEntriesOutOfOrderAreRefused(t *testing.T) {
	w, err := segment.Create(t.TempDir(), segment.Span{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Add(tick(2, 1))); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(tick(2, 2)); err == nil {
		t.Error("the same sequence is taken twice")
	}
}

func TestRulesThatAreNotWhatTheyAreCalledAreRefused(t *testing.T) {
	w, err := segment.Create(t.TempDir(), segment.Span{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.PutRules(stream.Hash([]byte("a")), []byte("b")); !errors.Is(err, segment.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "quidnunc")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w, err := segment.Create(dir, segment.Span{})
	if err != nil {
		panic(err)
	}
	at := time.Date(2021, 10, 18, 8, 30, 0, 0, time.UTC)
	data, _ := json.Marshal(map[string]any{"v": 1, "at": at})
	if err := errors.Join(w.Add(segment.Entry{Seq: 7, At: at, Subject: "tick", Data: data}), w.Close(8)); err != nil {
		panic(err)
	}
	a, err := segment.Open(dir)
	if err != nil {
		panic(err)
	}
	fmt.Println(a.Index().Segments[0].File)
	for e, err := range a.Entries(segment.Span{From: at}, 0) {
		fmt.Println(e.Seq, e.Subject, string(e.Data), err)
	}
	// Output:
	// 2021-10-18T08.1.jsonl.zst
	// 7 tick {"at":"2021-10-18T08:30:00Z","v":1} <nil>
}

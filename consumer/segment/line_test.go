package segment_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/segment"
)

// Whatever a message holds, its line is one line and gives it back; whatever a line holds, reading it does not panic.
func FuzzLine(f *testing.F) {
	f.Add(uint64(1), int64(0), "tick", []byte(`{"v":1}`))
	f.Add(uint64(2), int64(1634515200), `a","data":`, []byte("{\n}"))
	f.Add(uint64(3), int64(-1), "report.fr.none", []byte(`{"x":"}","base64":"AA=="`))
	f.Fuzz(func(t *testing.T, seq uint64, at int64, subject string, data []byte) {
		if _, err := segment.ParseLine(data); err == nil {
			t.Log("the data is a line itself")
		}
		when := time.Unix(at%(1<<33), 0).UTC()
		if when.Year() < 0 || when.Year() > 9999 {
			t.Skip() // no time of RFC 3339
		}
		e := segment.Entry{Seq: seq, At: when, Subject: string(bytes.ToValidUTF8([]byte(subject), nil)), Data: data}
		line := segment.AppendLine(nil, e)
		if n := bytes.Count(line, []byte("\n")); n != 1 || line[len(line)-1] != '\n' {
			t.Fatalf("%d line ends in %q", n, line)
		}
		got, err := segment.ParseLine(line[:len(line)-1])
		if err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if len(data) == 0 && len(got.Data) == 0 {
			got.Data = e.Data
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Error(diff)
		}
	})
}

// BenchmarkSegments writes and reads a thousand messages of 8 KiB an iteration.
func BenchmarkSegments(b *testing.B) {
	const entries = 1000
	batch := make([]segment.Entry, entries)
	for i := range batch {
		data := []byte(`{"v":1,"at":"2021-10-18T00:00:00Z","text":"`)
		for w := 0; len(data) < 8<<10; w++ {
			data = fmt.Appendf(data, "word%d ", (w*w+i)%997)
		}
		batch[i] = segment.Entry{Seq: uint64(i + 1), At: day.Add(time.Duration(i) * time.Minute), Subject: "report.en.none", Data: append(data, `"}`...)}
	}
	b.Run("write", func(b *testing.B) {
		b.SetBytes(entries * 8 << 10)
		for b.Loop() {
			written(b, b.TempDir(), batch)
		}
	})
	b.Run("read", func(b *testing.B) {
		a := written(b, b.TempDir(), batch)
		b.SetBytes(entries * 8 << 10)
		for b.Loop() {
			if got, err := read(a, segment.Span{}, 0); err != nil || len(got) != entries {
				b.Fatal(len(got), err)
			}
		}
	})
}

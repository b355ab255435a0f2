package copies_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
)

func open(t testing.TB, b []byte) *copies.Pack {
	p, err := copies.Open(bytes.NewReader(b), copies.Name(b))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pack is a pack of messages that was taken up at these of them.
func pack(t testing.TB, messages []copies.Message, taken ...int) []byte {
	b := &copies.Builder{}
	for i, m := range messages {
		if slices.Contains(taken, i) {
			data, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if b, err = open(t, data).Builder(); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// some are messages that share words; a few are long.
func some(n int) (out []copies.Message) {
	for i := range n {
		text := fmt.Sprintf(`{"id":%d,"text":"gas is delivered to country %d again, and again"}`, i*i, i%7)
		if i%50 == 49 {
			text += string(bytes.Repeat([]byte{byte(i)}, 100<<10))
		}
		out = append(out, copies.Message{Seq: uint64(3*i + 5), Subject: []string{"report.en", "tick"}[i%2], Data: []byte(text)})
	}
	return out
}

// The law of packs: each message is found where it was put, byte for byte, however often the pack was taken up.
func TestEachMessageIsWhatItWas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := some(rapid.IntRange(0, 300).Draw(rt, "messages"))
		data := pack(t, want)
		p := open(t, data)
		var got []copies.Message
		for seq := uint64(5); ; {
			of, behind, err := p.Some(seq)
			if err != nil {
				rt.Fatal(err)
			}
			if got = append(got, of...); behind == math.MaxUint64 {
				break
			}
			if len(of) > 32 || of[len(of)-1].Seq >= behind {
				rt.Fatalf("%d messages before %d", len(of), behind)
			}
			seq = behind
		}
		if !slices.EqualFunc(want, got, same) {
			rt.Fatalf("%d messages, not the same as the %d", len(got), len(want))
		}
		at := rapid.SliceOfN(rapid.IntRange(0, max(1, len(want))), 0, 3).Draw(rt, "taken up at")
		if again := pack(t, want, at...); !bytes.Equal(data, again) {
			rt.Fatalf("taken up at %v it is another one", at)
		}
		seq := rapid.Uint64Range(0, 1000).Draw(rt, "place")
		of, _, err := p.Some(seq)
		_, there := slices.BinarySearchFunc(want, seq, bySeq)
		if _, found := slices.BinarySearchFunc(of, seq, bySeq); found != there || err != nil {
			rt.Fatalf("%d found: %v, want %v (%v)", seq, found, there, err)
		}
	})
}

func same(a, b copies.Message) bool {
	return a.Seq == b.Seq && a.Subject == b.Subject && bytes.Equal(a.Data, b.Data)
}

func bySeq(m copies.Message, seq uint64) int { return int(m.Seq) - int(seq) }

func TestAMessageCostsASmallRead(t *testing.T) {
	var all []copies.Message
	for i := range 10_000 {
		all = append(all, some(1)[0])
		all[i].Seq = uint64(i + 1)
	}
	data := pack(t, all)
	source := &counted{ReaderAt: bytes.NewReader(data)}
	p, err := copies.Open(source, copies.Name(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Some(5000); err != nil {
		t.Fatal(err)
	}
	source.n = 0
	if of, _, err := p.Some(7000); err != nil || len(of) != 8 || source.n == 0 || source.n > 1000 {
		t.Errorf("%d bytes were read for %d messages, %v", source.n, len(of), err)
	}
}

type counted struct {
	io.ReaderAt
	n int
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.n += n
	return n, err
}

// A byte that is another one is found when it is read, wherever it is; what lies in other pieces is still there.
func TestDamageIsFound(t *testing.T) {
	messages := some(40)
	whole := pack(t, messages)
	all := func(b []byte) (got int, err error) {
		p, err := copies.Open(bytes.NewReader(b), copies.Name(whole))
		if err != nil {
			return 0, err
		}
		for seq := uint64(5); seq != math.MaxUint64; {
			of, behind, e := p.Some(seq)
			got, seq, err = got+len(of), behind, errors.Join(err, e)
		}
		_, taken := p.Builder()
		if (taken == nil) != (err == nil) {
			t.Errorf("to be taken up: %v, to be read: %v", taken, err)
		}
		return got, err
	}
	if n, err := all(whole); err != nil || n != 40 {
		t.Fatal(n, err)
	}
	for n := 0; n < len(whole); n += 1 + 7*min(1, n/100) {
		broken := slices.Clone(whole)
		broken[n] ^= 0x40
		got, err := all(broken)
		if !errors.Is(err, copies.ErrDamaged) || got != 0 && got != 32 {
			t.Fatalf("byte %d: %d messages, %v", n, got, err)
		}
		if _, err := all(whole[:n]); !errors.Is(err, copies.ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	if got, err := all(append(slices.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1)); got != 32 || err == nil {
		t.Errorf("the last piece is damaged: %d messages, %v", got, err)
	}
}

func ExamplePack_Some() {
	var b copies.Builder
	for i, text := range []string{"gas is cut", "gas flows"} {
		if err := b.Add(copies.Message{Seq: uint64(i + 7), Subject: "report.en", Data: []byte(text)}); err != nil {
			panic(err)
		}
	}
	data, err := b.Bytes()
	if err != nil {
		panic(err)
	}
	p, err := copies.Open(bytes.NewReader(data), copies.Name(data))
	if err != nil {
		panic(err)
	}
	of, _, err := p.Some(8)
	if err != nil {
		panic(err)
	}
	for _, m := range of {
		fmt.Println(m.Seq, m.Subject, string(m.Data))
	}
	// Output:
	// 7 report.en gas is cut
	// 8 report.en gas flows
}

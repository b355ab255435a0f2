package snapshot_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
)

// value is one of the things that can be written.
type value struct {
	Kind string
	U    uint64
	I    int64
	B    bool
	S    string
	T    time.Time
}

func (v value) write(w *snapshot.Writer) {
	switch v.Kind {
	case "uint":
		w.Uint(v.U)
	case "int":
		w.Int(v.I)
	case "bool":
		w.Bool(v.B)
	case "string":
		w.String(v.S)
	case "time":
		w.Time(v.T)
	}
}

func (v value) read(r *snapshot.Reader) value {
	switch v.Kind {
	case "uint":
		v.U = r.Uint()
	case "int":
		v.I = r.Int()
	case "bool":
		v.B = r.Bool()
	case "string":
		v.S = r.String()
	case "time":
		v.T = r.Time()
	}
	return v
}

var values = rapid.SliceOf(rapid.Custom(func(t *rapid.T) value {
	return value{
		Kind: rapid.SampledFrom([]string{"uint", "int", "bool", "string", "time"}).Draw(t, "kind"),
		U:    rapid.Uint64().Draw(t, "u"), I: rapid.Int64().Draw(t, "i"), B: rapid.Bool().Draw(t, "b"), S: rapid.String().Draw(t, "s"),
		T: rapid.SampledFrom([]time.Time{{}, time.Unix(0, 0).UTC(), time.Unix(-5, 999).UTC(), time.Date(2021, 10, 18, 1, 2, 3, 4, time.UTC)}).Draw(t, "t"),
	}
}))

func TestWhatIsWrittenIsReadBackAndNothingIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := values.Draw(t, "values")
		var w snapshot.Writer
		for _, v := range want {
			v.write(&w)
		}
		r := snapshot.NewReader(w.Bytes())
		for i, v := range want {
			if got := v.read(r); got != v {
				t.Fatalf("value %d is %+v, want %+v", i, got, v)
			}
		}
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatIsCutOffIsDamage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := values.Draw(t, "values")
		var w snapshot.Writer
		for _, v := range want {
			v.write(&w)
		}
		if len(w.Bytes()) == 0 {
			return
		}
		r := snapshot.NewReader(w.Bytes()[:rapid.IntRange(0, len(w.Bytes())-1).Draw(t, "cut")])
		for _, v := range want {
			v.read(r)
		}
		if err := r.End(); !errors.Is(err, snapshot.ErrDamaged) {
			t.Fatalf("%v", err)
		}
	})
}

func TestALengthThatCannotBeIsNotAllocated(t *testing.T) {
	var w snapshot.Writer
	w.Uint(1 << 60)
	for name, read := range map[string]func(*snapshot.Reader){
		"a string": func(r *snapshot.Reader) { _ = r.String() }, "a list": func(r *snapshot.Reader) { r.Len(8) },
	} {
		r := snapshot.NewReader(w.Bytes())
		read(r)
		if !errors.Is(r.Err(), snapshot.ErrDamaged) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

func Example() {
	var w snapshot.Writer
	w.String("RUS")
	w.Len(2)
	w.Int(-3)
	w.Int(4)
	r := snapshot.NewReader(w.Bytes())
	fmt.Println(r.String())
	for range r.Len(1) {
		fmt.Println(r.Int())
	}
	fmt.Println(r.End())
	// Output:
	// RUS
	// -3
	// 4
	// <nil>
}

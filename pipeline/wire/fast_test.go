package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// anything draws a noun with whatever may stand in it: words with what JSON escapes, broken UTF-8, times out of its reach.
func anything[N any]() *rapid.Generator[N] {
	of := func(g *rapid.Generator[any], v any) (reflect.Type, *rapid.Generator[any]) {
		return reflect.TypeOf(v), g
	}
	types, kinds := map[reflect.Type]*rapid.Generator[any]{}, map[reflect.Kind]*rapid.Generator[any]{}
	add := func(t reflect.Type, g *rapid.Generator[any]) { types[t] = g }
	add(of(rapid.Custom(func(t *rapid.T) any {
		s := rapid.Int64Range(-70_000_000_000, 260_000_000_000).Draw(t, "second")
		ns := rapid.SampledFrom([]int64{0, 0, 500_000_000, 1, 123_456_789}).Draw(t, "nanosecond")
		return time.Unix(s, ns).In(rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 3600)}).Draw(t, "zone"))
	}), time.Time{}))
	add(of(rapid.Custom(func(t *rapid.T) any {
		if rapid.Bool().Draw(t, "none") {
			return []uint32(nil)
		}
		return rapid.SliceOfN(rapid.Uint32(), news.SketchSize, news.SketchSize).Draw(t, "minima")
	}), []uint32{}))
	kinds[reflect.String] = rapid.Custom(func(t *rapid.T) any {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"", "a", "RUS", "Söhne", "\"", "\\", "<b>", "&", "\n", "\x00", "\x1f\x7f", "\u2028", "\xff", "\ufffd", "😀", "\t\r\b\f", "{", ",",
		}), 0, 4).Draw(t, "words"), "")
	})
	kinds[reflect.Float64] = rapid.Custom(func(t *rapid.T) any {
		return rapid.OneOf(
			rapid.SampledFrom([]float64{0, 0.5, -10, 7.4, 1e21, 1e20, 1e-6, 1e-7, 48.85341, 0.1 + 0.2, 123456789012345.6, 1234567890123456}), rapid.Float64(),
		).Draw(t, "number")
	})
	return rapid.MakeCustom[N](rapid.MakeConfig{Types: types, Kinds: kinds})
}

// same tells whether two ways of writing say the same, errors by their being there.
func same(t *rapid.T, what string, got []byte, err error, want []byte, wantErr error) {
	t.Helper()
	if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
		t.Fatalf("%s is written as\n%s (%v)\nwant\n%s (%v)", what, got, err, want, wantErr)
	}
}

func TestThePenWritesWhatTheWireStructsMean(t *testing.T) {
	reports, told, alerts := anything[news.Report](), anything[news.Told](), anything[news.Alert]()
	rapid.Check(t, func(t *rapid.T) {
		r := reports.Draw(t, "report")
		got, err := wire.EncodeReport(r)
		want, wantErr := wire.MarshalReport(r)
		same(t, "a report", got, err, want, wantErr)

		e := told.Draw(t, "event")
		got, err = wire.EncodeTold(&e)
		want, wantErr = wire.MarshalTold(e)
		same(t, "an event", got, err, want, wantErr)

		a := alerts.Draw(t, "alert")
		got, err = wire.EncodeAlert(&a)
		want, wantErr = wire.MarshalAlert(a)
		same(t, "an alert", got, err, want, wantErr)
	})
}

func TestAGlanceReadsWhatTheWireStructsRead(t *testing.T) {
	reports := anything[news.Report]()
	written, glanced := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		data, err := wire.EncodeReport(reports.Draw(t, "report"))
		if err != nil {
			return // a year that JSON does not know
		}
		written++
		want, err := wire.UnmarshalReport(data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.DecodeReport(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\nis read differently:\n%s", data, diff)
		}
		if _, ok := wire.Glance(data); ok {
			glanced++
		}
	})
	if glanced*20 < written {
		t.Errorf("%d of %d reports were read at a glance", glanced, written)
	}
}

// Reports as they are stored are read at a glance: what falls back to encoding/json is slow, and no other test sees it.
func TestReportsAsTheyAreStoredAreReadAtAGlance(t *testing.T) {
	plain := report(t)
	sketched := plain
	sketched.Sketch = news.Sketch{Shingles: 9, Minima: make([]uint32, news.SketchSize), Terms: []news.Term{{Key: "@nato", Weight: 3}, {Key: "mission", Weight: 1}}}
	untold := plain
	untold.Events = nil
	for name, r := range map[string]news.Report{"one event": plain, "with a sketch": sketched, "no events": untold} {
		data, err := wire.EncodeReport(r)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := wire.Glance(data)
		if !ok {
			t.Errorf("%s: not read at a glance: %s", name, data)
			continue
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// What a glance is not sure of it leaves to encoding/json, which reads it or says what is wrong.
func TestOddBytesAreReadAsEncodingJSONReadsThem(t *testing.T) {
	const head, tail = `{"v":1,"article":{"id":"a","revision":"b","publisher":"p"`, `,"events":[],"at":"2021-10-19T08:00:00Z","origin":"live"}`
	whole := head + `,"seen":"2021-10-19T08:00:00Z"}` + tail
	for name, data := range map[string]string{
		"as it is written":      whole,
		"blanks":                strings.Replace(whole, ",", ", ", 1),
		"something behind":      whole + " ",
		"a field twice":         strings.Replace(whole, `"publisher":"p"`, `"publisher":"q","publisher":"p"`, 1),
		"an unknown field":      strings.Replace(whole, `"publisher"`, `"colour":"red","publisher"`, 1),
		"capitals in a name":    strings.Replace(whole, `"publisher"`, `"Publisher"`, 1),
		"null":                  strings.Replace(whole, `"p"`, `null`, 1),
		"a control":             strings.Replace(whole, `"p"`, "\"p\n\"", 1),
		"broken UTF-8":          strings.Replace(whole, `"p"`, "\"p\xff\"", 1),
		"half a character":      strings.Replace(whole, `"p"`, `"\ud83d"`, 1),
		"a pair of halves":      strings.Replace(whole, `"p"`, `"\ud83d\ude00"`, 1),
		"escapes":               strings.Replace(whole, `"p"`, `"\u00e9\/\n\\\"\u003C"`, 1),
		"an escape of nothing":  strings.Replace(whole, `"p"`, `"\x"`, 1),
		"an escape cut off":     strings.Replace(whole, `"p"`, `"\u00`, 1),
		"the 30th of February":  strings.Replace(whole, "2021-10-19", "2021-02-30", 1),
		"the 29th of February":  strings.Replace(whole, "2021-10-19", "2020-02-29", 1),
		"a leap second":         strings.Replace(whole, "08:00:00Z", "08:00:60Z", 1),
		"another zone":          strings.Replace(whole, "08:00:00Z", "08:00:00+02:00", 1),
		"ten digits of seconds": strings.Replace(whole, "08:00:00Z", "08:00:00.1234567891Z", 1),
		"no digits of seconds":  strings.Replace(whole, "08:00:00Z", "08:00:00.Z", 1),
		"letters in a date":     strings.Replace(whole, "2021-10-19", "2021-1x-19", 1),
		"a newer version":       strings.Replace(whole, `"v":1`, `"v":2`, 1),
		"a signature too short": strings.TrimSuffix(whole, "}") + `,"sketch":{"minima":"AAAA"}}`,
		"a signature unpadded":  strings.TrimSuffix(whole, "}") + `,"sketch":{"minima":"` + strings.Repeat("A", base64.StdEncoding.EncodedLen(4*news.SketchSize)) + `"}}`,
		"a leading zero":        strings.TrimSuffix(whole, "}") + `,"sketch":{"shingles":07}}`,
		"too large a number":    strings.TrimSuffix(whole, "}") + `,"sketch":{"shingles":99999999999999999999}}`,
		"a broken number":       strings.TrimSuffix(whole, "}") + `,"sketch":{"shingles":7.5}}`,
		"an empty list":         strings.TrimSuffix(whole, "}") + `,"sketch":{"terms":[]}}`,
	} {
		want, wantErr := wire.UnmarshalReport([]byte(data))
		got, err := wire.DecodeReport([]byte(data))
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s: %v, want %v", name, err, wantErr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// Reports damaged at random: what a glance still reads, encoding/json reads too, and as the same.
func TestAGlanceReadsDamagedReportsAsEncodingJSONDoes(t *testing.T) {
	r := report(t)
	r.Article.Title = "a\nb\"é\u2028"
	r.Sketch = news.Sketch{Shingles: 9, Minima: make([]uint32, news.SketchSize), Terms: []news.Term{{Key: "@nato", Weight: 3}, {Key: "mission", Weight: 1}}}
	whole, err := wire.EncodeReport(r)
	if err != nil {
		t.Fatal(err)
	}
	scraps := []string{
		"A", "null", "0", "-0", "1e3", "1.0", "true", "false", `""`, `\u00e9`, `\ud83d`, `\u0000`, `\/`, "[]", "{}", " ", ",", "}", "{", "\xff", "é", ".5",
		"9999999999999999999", "-", "00", "Z", "+00:00", "24:00:00", "0000-02-29", `,"cut":true`, `,"cut":false`, "\x01", "\x7f",
	}
	random, read := rand.New(rand.NewPCG(1, 2)), 0
	for range 40_000 {
		data := string(whole)
		for range 1 + random.IntN(2) {
			from := random.IntN(len(data))
			to := min(len(data), from+random.IntN(6))
			data = data[:from] + scraps[random.IntN(len(scraps))] + data[to:]
		}
		got, ok := wire.Glance([]byte(data))
		if !ok {
			continue
		}
		read++
		want, err := wire.UnmarshalReport([]byte(data))
		if err != nil || !reflect.DeepEqual(want, got) {
			t.Fatalf("%q\nis read, but: %v\n%s", data, err, cmp.Diff(want, got))
		}
	}
	if t.Logf("%d were read", read); read < 1000 {
		t.Errorf("only %d damaged reports were read", read)
	}
}

func FuzzGlance(f *testing.F) {
	data, err := wire.EncodeReport(report(&testing.T{}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(bytes.ReplaceAll(data, []byte("10"), []byte("1e9")))
	f.Add(bytes.ReplaceAll(data, []byte(`,"`), []byte(` ,"`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := wire.Glance(data)
		if !ok {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("no JSON was read: %q", data)
		}
		want, err := wire.UnmarshalReport(data)
		if err != nil {
			t.Fatalf("it was read at a glance, but: %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

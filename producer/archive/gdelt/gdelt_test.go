package gdelt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/producer/archive/gdelt"
)

// corpus is where samples of GDELT lie, beside the checkout.
const corpus = "../../../../shared/corpora/gdelt"

// row is a row of Events with some columns set.
func row(columns map[int]string) string {
	c := make([]string, 61)
	c[0], c[1], c[26], c[59], c[60] = "7", "20211018", "161", "20211018143000", "https://www.example.org/world/russia-suspends-nato-mission-12345678.html"
	for i, v := range columns {
		c[i] = v
	}
	return strings.Join(c, "\t")
}

// told is a report on one line.
func told(r gdelt.Report) string {
	s := fmt.Sprintf("%s | %s | %s | seen %s", r.Publisher, r.Title, r.Text, r.Seen.Format("2006-01-02T15:04"))
	for _, e := range r.Events("a") {
		s += fmt.Sprintf(" | %s %s %v %v", e.What.Type, e.What.CAMEO, e.When, e.What.Goldstein)
		for _, a := range e.Who {
			s += fmt.Sprintf(" who %s/%s%v", r.Text[a.Span.Start:a.Span.End], a.Country, a.Sectors)
		}
		for _, a := range e.Whom {
			s += fmt.Sprintf(" whom %s/%s%v", r.Text[a.Span.Start:a.Span.End], a.Country, a.Sectors)
		}
		if e.Where != nil {
			s += fmt.Sprintf(" where %s/%s", r.Text[e.Where.Span.Start:e.Where.Span.End], e.Where.Country)
			if e.Where.Located() {
				s += fmt.Sprintf(" at %g,%g", e.Where.Lat, e.Where.Lon)
			}
		}
		if e.Historical {
			s += " historical"
		}
		s += " « " + r.Text[e.Cites[0].Trigger.Start:e.Cites[0].Trigger.End] + " »"
	}
	if len(r.Unknown) > 0 {
		s += fmt.Sprintf(" unknown %q", r.Unknown)
	}
	return s
}

// samples are rows of all kinds with what they tell.
func samples() map[string]struct{ in, want string } {
	const begin = "example.org | russia suspends nato mission | "
	return map[string]struct{ in, want string }{
		"an event": {
			row(map[int]string{5: "RUSGOV", 6: "RUSSIA", 7: "RUS", 12: "GOV", 15: "IGOMILNAT", 16: "NATO", 18: "NAT", 22: "IGO", 30: "-4.0", 51: "1", 52: "Moscow, Moskva, Russia", 53: "RS"}),
			begin + "Russia imposes sanctions on Nato, Moscow, Moskva, Russia. | seen 2021-10-18T14:30 | SANCTION 161 2021-10-18 -4 who Russia/RUS[GOV] whom Nato/NATO[] where Moscow, Moskva, Russia/RUS « imposes sanctions on »",
		},
		"an event in a city, a point": {
			row(map[int]string{26: "190", 51: "4", 52: "Salisbury, Wiltshire, United Kingdom", 53: "UK", 56: "51.0693", 57: "-1.79569"}),
			begin + "Somebody attacks, Salisbury, Wiltshire, United Kingdom. | seen 2021-10-18T14:30 | ASSAULT 190 2021-10-18 -10 where Salisbury, Wiltshire, United Kingdom/GBR at 51.0693,-1.79569 « attacks »",
		},
		"a point that is none": {
			row(map[int]string{26: "190", 51: "4", 52: "Salisbury", 53: "UK", 56: "91", 57: "NaN"}),
			begin + "Somebody attacks, Salisbury. | seen 2021-10-18T14:30 | ASSAULT 190 2021-10-18 -10 where Salisbury/GBR « attacks »",
		},
		"a statement is no event": {row(map[int]string{5: "RUS", 6: "RUSSIA", 7: "RUS", 26: "010"}), begin + "Russia speaks of. | seen 2021-10-18T14:30"},
		"an event of a year ago": {
			row(map[int]string{1: "20201018", 26: "190"}), begin + "Somebody attacks. | seen 2021-10-18T14:30 | ASSAULT 190 2020-10-18 -10 historical « attacks »",
		},
		"codes that we do not know are told": {
			row(map[int]string{5: "XQZ", 6: "NOWHERE", 7: "XQZ", 12: "QQQ", 26: "99", 51: "1", 52: "Atlantis", 53: "QX"}),
			begin + "Nowhere CAMEO 99, Atlantis. | seen 2021-10-18T14:30 unknown [\"country XQZ\" \"actor QQQ\" \"event 99\" \"place QX\"]",
		},
		"too few columns":     {"1\t2\t3", "no row of GDELT: 3 columns, want 61, 16 or 27"},
		"too many columns":    {row(nil) + "\tx", "no row of GDELT: over 61 columns"},
		"no number":           {row(map[int]string{0: "x"}), `no row of GDELT: event number "x"`},
		"no time of addition": {row(map[int]string{59: "yesterday"}), `no row of GDELT: added "yesterday"`},
	}
}

func TestRows(t *testing.T) {
	for name, test := range samples() {
		t.Run(name, func(t *testing.T) {
			r, err := new(gdelt.Reader).Row(test.in)
			got := told(r)
			if err != nil {
				got = err.Error()
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMentionTellsTheEventThatARowBeforeItNamed(t *testing.T) {
	var r gdelt.Reader
	event, err := r.Row(row(map[int]string{5: "RUS", 6: "RUSSIA", 7: "RUS"}))
	if err != nil {
		t.Fatal(err)
	}
	mention := func(id string) string {
		return strings.Join([]string{id, "20211018143000", "20211018150000", "1", "b.example", "https://b.example/x", "3", "-1", "-1", "9", "1", "80", "2000", "1.5", "", ""}, "\t")
	}
	known, err := r.Row(mention("7"))
	if err != nil {
		t.Fatal(err)
	}
	if e := known.Events("b"); len(e) != 1 || e[0].Cites[0].Confidence != 0.8 || known.Publisher != "b.example" || known.ID == event.ID {
		t.Errorf("%+v", known)
	}
	if e := event.Events("a"); e[0].Cites[0].Confidence != 0.5 {
		t.Error("the mention changed the event's own citation")
	}
	unknown, err := r.Row(mention("8"))
	if err != nil || len(unknown.Events("b")) != 0 || unknown.Text != "GDELT event 8" {
		t.Errorf("%+v, %v", unknown, err)
	}
}

// Of rows that are as long as somebody likes only what mentions need is remembered.
func TestLongRowsAreNotRemembered(t *testing.T) {
	const rows, long = 64, 1 << 20
	var r gdelt.Reader
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	for i := range rows {
		columns := map[int]string{
			0: strconv.Itoa(i), 5: "FRA", 7: "FRA", 26: "190", 52: "Paris, France", 51: "1", 59: "20211018143000", 44: strings.Repeat("x", long), 6: strings.Repeat("y", long),
		}
		if _, err := r.Row(row(columns)); err != nil {
			t.Fatal(err)
		}
	}
	if more := int64(inUse()) - int64(before); more > rows*long/8 {
		t.Errorf("%d rows of %d bytes keep %d", rows, long, more)
	}
	if _, err := r.Row(row(map[int]string{0: strings.Repeat("0", long) + "1", 59: "20211018143000"})); !errors.Is(err, gdelt.ErrRow) {
		t.Errorf("a number of a million digits: error %v", err)
	}
	runtime.KeepAlive(&r)
}

func lines(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(corpus, pattern))
	if err != nil || len(names) == 0 {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatal("QUIDNUNC_REQUIRE_SHARED is set, but the corpus is absent: ", corpus)
		}
		t.Skip("NOT TESTED, the corpus is absent: ", corpus)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func TestCorpusRowForRow(t *testing.T) {
	for pattern, least := range map[string]int{"*export*": 250, "*gkg*": 0} {
		var r gdelt.Reader
		var events int
		unknown := map[string]int{}
		rows := lines(t, pattern)
		for i, l := range rows {
			rep, err := r.Row(l)
			if err != nil {
				t.Errorf("row %d: %v", i+1, err)
				continue
			}
			if rep.Text == "" || rep.Publisher == "" || rep.Seen.IsZero() {
				t.Errorf("row %d: %+v", i+1, rep)
			}
			events += len(rep.Events("a"))
			for _, u := range rep.Unknown {
				unknown[u]++
			}
		}
		t.Logf("%s: %d rows, %d events, unknown codes %v", pattern, len(rows), events, unknown)
		if events < least {
			t.Errorf("%s: %d events, want at least %d", pattern, events, least)
		}
	}
}

func FuzzRow(f *testing.F) {
	f.Add(row(map[int]string{5: "RUS", 6: "\xffRUSSIA", 7: "RUS", 51: "1", 52: "é", 53: "RS"}))
	for _, test := range samples() {
		f.Add(test.in)
	}
	f.Add(strings.Repeat("\t", 15))
	f.Add(strings.Repeat("\t", 26))
	names, _ := filepath.Glob(filepath.Join(corpus, "*")) // where the corpus is absent the seeds above remain
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil {
			l, _, _ := strings.Cut(string(b), "\n")
			f.Add(l)
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := new(gdelt.Reader).Row(line)
		if err != nil {
			if !errors.Is(err, gdelt.ErrRow) {
				t.Error(err)
			}
			return
		}
		told(r) // every span must lie in the text
	})
}

func Example() {
	var r gdelt.Reader
	report, err := r.Row(row(map[int]string{5: "RUS", 6: "RUSSIA", 7: "RUS", 15: "UKR", 16: "UKRAINE", 17: "UKR"}))
	if err != nil {
		panic(err)
	}
	for _, e := range report.Events("article") {
		fmt.Println(e.Who[0].Country, e.What.Type, e.Whom[0].Country, e.When)
	}
	fmt.Println(report.Text)
	// Output:
	// RUS SANCTION UKR 2021-10-18
	// Russia imposes sanctions on Ukraine.
}

// BenchmarkRow reads rows of Events to reports, events identified, a Reader a core.
func BenchmarkRow(b *testing.B) {
	rows := lines(b, "*export*")
	b.RunParallel(func(next *testing.PB) {
		var r gdelt.Reader
		for i := 0; next.Next(); i++ {
			rep, err := r.Row(rows[i%len(rows)])
			if err != nil {
				b.Error(err)
			}
			rep.Events(rep.ID)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

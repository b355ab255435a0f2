package news_test

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t
}

func interval(t *testing.T, s string) news.Interval {
	t.Helper()
	i, err := news.ParseInterval(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func ExampleParseInterval() {
	i, _ := news.ParseInterval("2021-10")
	fmt.Println(i.Start.Format(time.DateOnly), i.End.Format(time.DateOnly), i)
	// Output: 2021-10-01 2021-11-01 2021-10
}

func TestIntervalsReadWhatTheyWrite(t *testing.T) {
	for _, s := range []string{"", "2021", "2021-10", "2021-10-18", "2021-10-18T08:30:00Z", "2021-10-01/2021-10-08"} {
		if got := interval(t, s).String(); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
	for _, s := range []string{"yesterday", "2021-13", "2021-10-32", "2021-10-08/2021-10-01", "18.10.2021"} {
		if i, err := news.ParseInterval(s); err == nil {
			t.Errorf("%q was read as %v", s, i)
		}
	}
}

func FuzzParseInterval(f *testing.F) {
	f.Add("2021-10")
	f.Add("2021-10-01/2021-10-08")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := news.ParseInterval(s)
		if err != nil {
			return
		}
		again, err := news.ParseInterval(i.String())
		if err != nil || again.String() != i.String() {
			t.Errorf("%q reads as %q, which reads as %q (%v)", s, i, again, err)
		}
	})
}

func TestTheArticleIDIsItsIdentity(t *testing.T) {
	base := news.Article{URL: "https://example.org/a", Publisher: "example.org", Title: "T", Text: "One.", Published: interval(t, "2021-10-18")}
	same := func(name string, a, b news.Article, id, revision bool) {
		if (a.ID == b.ID) != id || (a.Revision == b.Revision) != revision {
			t.Errorf("%s: same ID %v, same revision %v", name, a.ID == b.ID, a.Revision == b.Revision)
		}
	}
	edited := base
	edited.Text = "Two."
	same("an edited article keeps its ID", base.Identify(""), edited.Identify(""), true, false)
	later := base
	later.Seen = day("2022-01-01")
	same("seen again later is the same revision", base.Identify(""), later.Identify(""), true, true)
	bare, bareEdited := base, edited
	bare.URL, bareEdited.URL = "", ""
	same("a guid stands in for the address", bare.Identify("7"), bareEdited.Identify("7"), true, false)
	same("without both the text is the identity", bare.Identify(""), bareEdited.Identify(""), false, false)
	if n := len(base.Identify("").ID); n != 26 {
		t.Errorf("an ID has %d characters, want 26", n)
	}
}

func TestMakeIDDoesNotConfusePartsThatConcatenateAlike(t *testing.T) {
	if news.MakeID("ab", "c") == news.MakeID("a", "bc") {
		t.Error(`"ab","c" and "a","bc" share an ID`)
	}
}

// Stored messages name each other by IDs: what they are made of never changes.
func TestMakeIDIsTheHashItEverWas(t *testing.T) {
	long := strings.Repeat("a part that does not fit any buffer ", 50)
	for _, parts := range [][]string{{}, {""}, {"alert", "rule", "story", "aaaaaaaaaaaaaaaaaaaaaaaaaa"}, {long}, {"é", long, ""}} {
		h := sha256.New()
		for _, p := range parts {
			h.Write(binary.AppendUvarint(nil, uint64(len(p))))
			h.Write([]byte(p))
		}
		want := strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:26]
		if got := news.MakeID(parts...); string(got) != want {
			t.Errorf("%.40q: %s, want %s", parts, got, want)
		}
	}
	if got := news.MakeID("what", "now?"); got != "3a7ffzwuoo27szoausd6ji3jpv" {
		t.Errorf("%s", got)
	}
}

func TestLogTime(t *testing.T) {
	seen := day("2021-10-20")
	for name, c := range map[string]struct {
		published string
		origin    news.Origin
		want      time.Time
	}{
		"live: published before seen":           {"2021-10-18", news.Live, day("2021-10-19")},
		"live: the month is not over when seen": {"2021-10", news.Live, seen},
		"push: a date in the future":            {"2022-01-01", news.Push, seen},
		"archive: the start of published":       {"2021-10", news.Archive, day("2021-10-01")},
		"no date: when seen":                    {"", news.Archive, seen},
	} {
		a := news.Article{Published: interval(t, c.published), Seen: seen}
		if got := news.LogTime(a, c.origin); !got.Equal(c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestEventIDsCountEqualsAndIgnoreSpans(t *testing.T) {
	e := news.Event{
		What: news.NewAction(plover.Sanction, "withdraw", "161"),
		Who:  []news.Actor{{Country: "RUS", Sectors: []plover.Sector{"GOV"}}}, Whom: []news.Actor{{Country: "NATO"}},
		When: interval(t, "2021-10"),
	}
	moved := e
	moved.What.Span = news.Span{Start: 40, End: 49}
	a := news.Identify("article", []news.Event{e, e})
	b := news.Identify("article", []news.Event{moved, moved})
	if diff := cmp.Diff([]news.ID{a[0].ID, a[1].ID}, []news.ID{b[0].ID, b[1].ID}); diff != "" {
		t.Errorf("a span changes the ID:\n%s", diff)
	}
	if a[0].ID == a[1].ID {
		t.Error("two equal events of one article share an ID")
	}
	if other := news.Identify("other", []news.Event{e}); other[0].ID == a[0].ID {
		t.Error("two articles share an event ID")
	}
}

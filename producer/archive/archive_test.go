package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

var seen = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func config() archive.Config { return archive.Config{Now: func() time.Time { return seen }} }

// told is what a source told: articles in short, bad inputs by place and reason.
type told struct {
	articles []news.Article
	lines    []string // in the order they came
	mended   []producer.Reason
}

func drain(t testing.TB, s *archive.Source) told {
	t.Helper()
	var out told
	for {
		a, err := s.Next(t.Context())
		var bad *producer.BadInput
		switch {
		case errors.Is(err, io.EOF):
			return out
		case errors.As(err, &bad):
			if bad.Err == nil || len(bad.Sample) > 64<<10 {
				t.Errorf("%v: cause %v, sample of %d bytes", bad, bad.Err, len(bad.Sample))
			}
			out.lines = append(out.lines, fmt.Sprintf("%s %s", bad.Origin(), bad.Reason))
		case err != nil:
			t.Fatal(err)
		default:
			out.articles = append(out.articles, a)
			out.mended = append(out.mended, s.Mended()...)
			out.lines = append(out.lines, fmt.Sprintf("%s|%s|%s|%s", a.Published, a.Publisher, a.Title, a.Text[:min(39, len(a.Text))]))
		}
	}
}

// form is a file and what is read from it.
type form struct {
	file, content string
	want          []string
}

func forms() map[string]form {
	return map[string]form{
		"a dated text is one document, paragraphs and all": {
			"a.txt", " date 2021-10 Moscow speaks.\n\nNATO answers.\n",
			[]string{"2021-10|none||Moscow speaks.\n\nNATO answers."},
		},
		"each line with a date begins a document": {
			"a.txt", " date 2021-10-18 One.\ndate 2021-10-19 Two.\nstill two.\n\n\tdate 2022-01\nThree.",
			[]string{"2021-10-18|none||One.", "2021-10-19|none||Two.\nstill two.", "2022-01|none||Three."},
		},
		"a date in the middle of a line, a bare year or a number begins nothing": {
			"-", "date 2021-10-18 One.\nThe date 2021-10-19 was a Tuesday.\ndate 2021 is a year.\ndate 2021-10-181 is none.",
			[]string{"2021-10-18|none||One.\nThe date 2021-10-19 was a Tuesday."},
		},
		"a date that is none leaves the document without": {
			"-", "date 2021-13 One.", []string{"|none||One."},
		},
		"a dated document without text is named and the next one read": {
			"a.txt", "date 2021-10-18\n\ndate 2021-10-19 Two.", []string{"a.txt:1 empty", "2021-10-19|none||Two."},
		},
		"an empty file is named":                 {"a.txt", " \n", []string{"a.txt:1 empty"}},
		"no line of JSON is no document":         {"a.jsonl", "\n\n", nil},
		"standard input without a date has none": {"-", "Words.", []string{"|none||Words."}},
		"JSON lines keep known keys and leave others": {
			"a.jsonl", `{"id":"1","url":"https://Example.org:443/x?utm_source=a&id=3#top","publisher":"P","lang":"fr","title":"T\nU","text":"Words.","published":"2021-10-18","price":{"a":[1]}}`,
			[]string{"2021-10-18|P|T U|Words."},
		},
		"aliases": {
			"a.ndjson", `{"GUID":7,"link":"http://www.example.org","headline":"T","body":["One.","Two."],"pubDate":"Mon, 18 Oct 2021 08:30:00 +0200","source":{"id":null,"name":"Q"}}` +
				"\n" + `{"title":"T","text":"","content":"C","timestamp":1634545800,"domain":"d.example"}`,
			[]string{"2021-10-18T06:30:00Z|Q|T|One.\n\nTwo.", "2021-10-18T08:30:00Z|d.example|T|C"},
		},
		"a title alone is text enough, a host a publisher": {
			"a.jsonl", `{"url":"https://www.example.org/x","title":"Kyiv shelled"}`,
			[]string{"|example.org|Kyiv shelled|Kyiv shelled"},
		},
		"broken lines are named and cost nobody else": {
			"a.jsonl", "{\"text\":\"One.\"}\n{\"text\":\n[1]\nnull\n{\"text\":\"Two.\"} x\n{}\n{\"text\":\"Three.\"}",
			[]string{
				"|none||One.", "a.jsonl:2 broken_line", "a.jsonl:3 broken_line", "a.jsonl:4 broken_line",
				"a.jsonl:5 broken_line", "a.jsonl:6 empty", "|none||Three.",
			},
		},
		"standard input is JSON lines even if its first line is broken": {
			"-", "oops\n{\"text\":\"One.\"}\n", []string{"-:1 broken_line", "|none||One."},
		},
		"a byte-order mark and CRLF": {
			"a.txt", "\ufeff date 2021-10-18 One.\r\nTwo.\r\n", []string{"2021-10-18|none||One.\nTwo."},
		},
		"settings in JSON are no articles": {"a.json", "{\n \"text\": \"x\"\n}\n", []string{"a.json unknown_format"}},
		"bytes that are no text":           {"a.txt", "PK\x03\x04\x00\x00", []string{"a.txt unknown_format"}},
		"a JSON nested without end": {
			"a.jsonl", strings.Repeat(`{"text":`, 20_000) + "\n" + `{"text":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}\n" + `{"text":"One."}`,
			[]string{"a.jsonl:1 broken_line", "a.jsonl:2 broken_line", "|none||One."},
		},
		"numbers and dates beyond measure": {
			"a.jsonl", `{"text":"One.","date":1e999}` + "\n" + `{"text":"Two.","date":"99999999999999999999"}` + "\n" + `{"text":1e400,"title":"Three."}`,
			[]string{"|none||One.", "|none||Two.", "|none|Three.|1e400"},
		},
		"keys told twice, half a surrogate, NUL": {
			"a.jsonl", `{"text":"One.","text":"Two."}` + "\n" + `{"text":"\ud800 x","title":"a\u0000b"}`,
			[]string{"|none||Two.", "|none|ab|\ufffd x"},
		},
		"a broken gzip": {"a.txt.gz", "\x1f\x8b\x08\x00garbage", []string{"a.txt.gz unreadable"}},
	}
}

func TestFormsOfInput(t *testing.T) {
	for name, test := range forms() {
		t.Run(name, func(t *testing.T) {
			got := drain(t, archive.Read(config(), test.file, strings.NewReader(test.content)))
			if d := cmp.Diff(test.want, got.lines); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestArticleIsWhole(t *testing.T) {
	in := `{"id":"7","url":"https://Example.org/x?utm_source=a&id=3#top","lang":"fr-FR","title":"T","text":" l'e\u0301t\u00e9\r\n ","published":"2021-10-18"}`
	got := drain(t, archive.Read(config(), "dir/a.jsonl", strings.NewReader(in))).articles
	day := time.Date(2021, 10, 18, 0, 0, 0, 0, time.UTC)
	want := []news.Article{news.Article{
		URL: "https://example.org/x?id=3", Publisher: "example.org", Language: "fr", Title: "T", Text: "l'été",
		Published: news.Interval{Start: day, End: day.AddDate(0, 0, 1), Grain: news.Day, Resolved: news.Explicit},
		Seen:      seen, Source: "a.jsonl",
	}.Identify("7")}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLanguageIsFoundWhenNotTold(t *testing.T) {
	in := "date 2021-10-18 Le ministre a annoncé que la mission de la Russie est suspendue par le gouvernement dans les jours qui viennent.\n" +
		"date 2021-10-18 The minister said that the mission of the country was suspended by the government for the next days."
	got := drain(t, archive.Read(config(), "-", strings.NewReader(in))).articles
	if len(got) != 2 || got[0].Language != "fr" || got[1].Language != "en" {
		t.Errorf("%+v", got)
	}
}

func TestDatesOfArchives(t *testing.T) {
	for told, want := range map[string]string{
		"2021": "2021", "2021-10": "2021-10", "2021-10-18": "2021-10-18", "20211018": "2021-10-18", "18 October 2021": "2021-10-18",
		"2021-10-18T08:30:00Z": "2021-10-18T08:30:00Z", "2021-10-18T08:30:00.123+02:00": "2021-10-18T06:30:00Z",
		"2021-10-18 08:30:00": "2021-10-18T08:30:00Z", "Mon, 18 Oct 2021 08:30:00 GMT": "2021-10-18T08:30:00Z",
		"1634545800000": "2021-10-18T08:30:00Z", "26-FEB-1987 15:01:01.79": "1987-02-26T15:01:01Z",
		"": "", "yesterday": "", "0000-00-00": "", "0001-01-01T00:00:00Z": "", "9999-12-31": "",
	} {
		in := fmt.Sprintf(`{"text":"x","date":%q}`, told)
		got := drain(t, archive.Read(config(), "a.jsonl", strings.NewReader(in)))
		if s := got.articles[0].Published.String(); s != want {
			t.Errorf("%q read as %q, want %q", told, s, want)
		}
		if bad := told != "" && want == ""; bad != (len(got.mended) == 1) {
			t.Errorf("%q: mended %v", told, got.mended)
		}
	}
}

func TestInvalidUTF8IsRepairedAndCounted(t *testing.T) {
	for file, in := range map[string]string{"a.jsonl": "{\"text\":\"caf\xe9 au lait\"}\n{\"text\":\"good\"}", "a.txt": "date 2021-10 caf\xe9 au lait\ndate 2021-11 good"} {
		got := drain(t, archive.Read(config(), file, strings.NewReader(in)))
		if d := cmp.Diff([]producer.Reason{producer.InvalidUTF8}, got.mended); d != "" {
			t.Errorf("%s: %s", file, d)
		}
		if len(got.articles) != 2 || got.articles[0].Text != "caf\ufffd au lait" {
			t.Errorf("%s: %+v", file, got)
		}
	}
}

func TestLongArticleIsCutAndFlagged(t *testing.T) {
	long := strings.Repeat("The minister said no. ", 3<<20/22)
	in := `{"text":"` + long + `"}` + "\n" + `{"text":"short"}`
	got := drain(t, archive.Read(config(), "-", strings.NewReader(in)))
	if len(got.articles) != 2 || len(got.articles[0].Text) > 256<<10 || len(got.articles[0].Text) < 250<<10 || !got.articles[0].Cut || got.articles[1].Cut {
		t.Errorf("%.200v", got.lines)
	}
	if d := cmp.Diff([]producer.Reason{producer.LongText}, got.mended); d != "" {
		t.Error(d)
	}
}

func TestLineOf20MBIsSkippedInBoundedMemory(t *testing.T) {
	const line = 20 << 20
	forms := map[string]struct {
		in   io.Reader
		want []string
	}{
		"JSON lines": {
			io.MultiReader(strings.NewReader("{\"text\":\"One.\"}\n{\"text\":\""), xs(line), strings.NewReader("\"}\n{\"text\":\"Two.\"}\n")),
			[]string{"|none||One.", "-:2 too_long", "|none||Two."},
		},
		"one dated document a line": {
			io.MultiReader(strings.NewReader("date 2021-10 One.\ndate 2021-11 "), xs(line), strings.NewReader("\ndate 2021-12 Two.\n")),
			[]string{"2021-10|none||One.", "-:2 too_long", "2021-12|none||Two."},
		},
		"a document of many lines": {
			io.MultiReader(strings.NewReader("date 2021-10 One.\ndate 2021-11 "), manyLines(line), strings.NewReader("\ndate 2021-12 Two.\n")),
			[]string{"2021-10|none||One.", "-:2 too_long", "2021-12|none||Two."},
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			before := heap()
			got := drain(t, archive.Read(config(), "-", form.in))
			if d := cmp.Diff(form.want, got.lines); d != "" {
				t.Error(d)
			}
			if grown := heap() - before; grown > 24<<20 {
				t.Errorf("%d MB are held behind it", grown>>20)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

type filler struct{ unit string }

func (f filler) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], f.unit)
	}
	return n, nil
}

func xs(n int64) io.Reader        { return io.LimitReader(filler{"x"}, n) }
func manyLines(n int64) io.Reader { return io.LimitReader(filler{"words and words\n"}, n) }

// endless writes JSON lines as they are read, n of them.
type endless struct {
	n, max int
	rest   []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.n == e.max {
			return 0, io.EOF
		}
		e.n++
		e.rest = fmt.Appendf(nil, `{"id":"%d","title":"Report %d","text":"%s","published":"2021-10-18"}`+"\n", e.n, e.n, strings.Repeat("Russia suspended its mission to NATO. ", 60))
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestTenThousandLinesFromStandardInputInBoundedMemory(t *testing.T) {
	s := archive.Read(config(), "-", &endless{max: 10_000})
	before, peak := heap(), int64(0)
	for n := 0; ; n++ {
		_, err := s.Next(t.Context())
		if errors.Is(err, io.EOF) {
			if n != 10_000 {
				t.Errorf("%d articles", n)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n%1000 == 0 {
			peak = max(peak, heap()-before)
		}
	}
	if peak > 4<<20 {
		t.Errorf("23 MB of articles held up to %d KB", peak>>10)
	}
}

func TestFilesDirectoriesPatternsAndGzip(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	write("d/b.txt", "date 2021-10-02 B.")
	write("d/a.jsonl.gz", packed(t, `{"text":"A.","date":"2021-10-01"}`))
	write("d/.hidden.txt", "Hidden.")
	write("d/picture.png", "\x89PNG")
	write("d/sub/c.txt.gz", packed(t, "date 2021-10-03 C."))
	old := write("old.txt", "No date.")
	if err := os.Chtimes(old, seen, time.Date(2020, 2, 29, 23, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	s, err := archive.Open(config(), filepath.Join(dir, "d"), old, filepath.Join(dir, "d", "*.txt"), write("notes", `{"text":"N."}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2021-10-01|none||A.", "2021-10-02|none||B.", filepath.Join(dir, "d/picture.png") + " unknown_format", "2021-10-03|none||C.",
		"2020-02-29|none||No date.", "2021-10-02|none||B.", "|none||N.",
	}
	if d := cmp.Diff(want, drain(t, s).lines); d != "" {
		t.Error(d)
	}
}

func packed(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsNotThereIsAnErrorAtOnce(t *testing.T) {
	for _, p := range []string{"nowhere.txt", "no*where.txt"} {
		if _, err := archive.Open(config(), p); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), p) {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestCutGzipGivesWhatCameBeforeAndNamesTheRest(t *testing.T) {
	whole := packed(t, strings.Repeat(`{"text":"A."}`+"\n", 3))
	got := drain(t, archive.Read(config(), "a.jsonl.gz", strings.NewReader(whole[:len(whole)-6])))
	if len(got.lines) < 2 || got.lines[len(got.lines)-1] != "a.jsonl.gz:4 unreadable" {
		t.Errorf("%q", got.lines)
	}
}

func TestNextHeedsItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := archive.Read(config(), "-", xs(1<<40)).Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestCorporaHoldNoSurprise reads every file of ../shared/corpora, whatever it is, under its own name and as standard
// input. It is skipped where the folder is absent, unless QUIDNUNC_REQUIRE_SHARED says that it must be there.
func TestCorporaHoldNoSurprise(t *testing.T) {
	root := "../../../shared/corpora"
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatalf("QUIDNUNC_REQUIRE_SHARED is set, but the corpora are absent: %v", err)
		}
		t.Skipf("NOT TESTED: ../shared is not beside the project (%v); QUIDNUNC_REQUIRE_SHARED=1 makes this fail", err)
	}
	files, articles := 0, 0
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		for _, a := range drain(t, archive.Read(config(), "-", f)).articles {
			check(t, a)
			articles++
		}
		s, err := archive.Open(config(), p)
		if err != nil {
			return err
		}
		drain(t, s)
		return nil
	})
	if err != nil || files < 1000 || articles < 1000 {
		t.Errorf("%d files, %d articles, %v", files, articles, err)
	}
}

func check(t *testing.T, a news.Article) {
	t.Helper()
	if a.ID == "" || a.Revision == "" || a.Text == "" || !utf8.ValidString(a.Text+a.Title+a.Publisher+a.URL) || len(a.Text) > 256<<10 ||
		a.Publisher == "" || a.Source == "" || a.Seen.IsZero() || len(a.Title) > 2<<10 {
		t.Errorf("not a good article: %+v", a)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		" date 2021-10 Moscow speaks.\n\nNATO answers.\n", "date 2021-13 x\ndate 2021-10-18\n", "\ufeff{\"text\":\"caf\xe9\"}\r\n{",
		`{"id":7,"body":["a",{"b":[[[]]]}],"source":{"name":"Q"},"date":1634545800}`, "\x1f\x8b\x08\x00", strings.Repeat(`{"text":`, 100),
	} {
		for _, name := range []string{"-", "a.txt", "a.jsonl"} {
			f.Add(name, []byte(s))
		}
	}
	for _, test := range forms() {
		f.Add(test.file, []byte(test.content))
	}
	for _, pattern := range []string{"warc/*", "gdelt/*"} { // where the corpus is absent the seeds above remain
		files, _ := filepath.Glob("../../../shared/corpora/" + pattern)
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil {
				f.Add("-", b[:min(len(b), 20<<10)])
			}
		}
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		cfg := config()
		cfg.MaxLine = 4096
		s := archive.Read(cfg, name, bytes.NewReader(data))
		lines := bytes.Count(data, []byte("\n")) + 2
		for n := 0; ; n++ {
			a, err := s.Next(t.Context())
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				check(t, a)
			}
			if n > lines && !bytes.HasPrefix(data, []byte("\x1f\x8b")) && !bytes.HasPrefix(data, []byte("\x28\xb5")) && !bytes.HasPrefix(data, []byte("\x5d\x2a")) {
				t.Fatalf("more documents than lines: %d", n)
			}
		}
	})
}

func BenchmarkJSONLines(b *testing.B) {
	const n = 200
	in, err := io.ReadAll(&endless{max: n})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if got := drain(b, archive.Read(config(), "a.jsonl", bytes.NewReader(in))); len(got.articles) != n {
			b.Fatal(len(got.articles))
		}
	}
}

func ExampleOpenFS() {
	files := fstest.MapFS{
		"2021.txt":   {Data: []byte(" date 2021-10-18 Moscow suspends its mission to NATO.\n date 2021-10-19 Brussels regrets it.\n")},
		"2022.jsonl": {Data: []byte(`{"text":"Kyiv thanks Berlin.","published":"2022-04-01"}` + "\n{broken\n")},
	}
	s, err := archive.OpenFS(archive.Config{}, files)
	if err != nil {
		panic(err)
	}
	for {
		a, err := s.Next(context.Background())
		var bad *producer.BadInput
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.As(err, &bad):
			fmt.Println("bad:", bad.Origin(), bad.Reason)
		case err != nil:
			panic(err)
		default:
			fmt.Println(a.Published, a.Text)
		}
	}
	// Output:
	// 2021-10-18 Moscow suspends its mission to NATO.
	// 2021-10-19 Brussels regrets it.
	// 2022-04-01 Kyiv thanks Berlin.
	// bad: 2022.jsonl:2 broken_line
}

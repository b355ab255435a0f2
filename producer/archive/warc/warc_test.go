package warc_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/producer/archive/warc"
)

// corpus is where archives of many makers lie, beside the checkout.
const corpus = "../../../../shared/corpora/warc"

// read lists what is in an archive: a line a record or damage.
func read(t testing.TB, in io.Reader, limit int) []string {
	t.Helper()
	r, err := warc.NewReader(in, limit)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for {
		rec, err := r.Next()
		var d *warc.Damage
		switch {
		case errors.As(err, &d):
			out = append(out, fmt.Sprintf("%d %s", d.Number, d.Reason))
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			return append(out, err.Error())
		default:
			out = append(out, fmt.Sprintf("%d %s %s", rec.Number, rec.Type, rec.URL))
		}
	}
}

func record(kind, url, block string) string {
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", kind, url, len(block), block)
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s)) // to memory
	_ = z.Close()
	return b.String()
}

func zstandard(s string) string {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(z.EncodeAll([]byte(s), nil))
}

// archives are whole, torn and hostile ones, with what is read from each.
func archives() map[string]struct {
	in   string
	want []string
} {
	a, b, c := record("resource", "http://a/", "One."), record("resource", "http://b/", strings.Repeat("Two. ", 99)), record("resource", "http://c/", "Three.")
	lying := func(length string) string {
		return "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://b/\r\nContent-Length: " + length + "\r\n\r\nTwo.\r\n\r\n"
	}
	noise := make([]byte, 500)
	for i := range noise {
		noise[i] = byte(i*i*31 + i*7)
	}
	long := zipped(record("resource", "http://b/", string(noise)))
	broken := []byte(zipped(b))
	broken[len(broken)/2] ^= 0xff
	flipped := []byte(zipped(b))
	flipped[len(flipped)-6] ^= 1 // of the checksum
	all := []string{"1 resource http://a/", "2 resource http://b/", "3 resource http://c/"}
	return map[string]struct {
		in   string
		want []string
	}{
		"plain records":                              {a + b + c, all},
		"each packed alone":                          {zipped(a) + zipped(b) + zipped(c), all},
		"packed as a whole":                          {zipped(a + b + c), all},
		"packed with Zstandard":                      {zstandard(a) + zstandard(b+c), all},
		"no line ends behind the last":               {a + b + strings.TrimSpace(c), all},
		"line ends of Unix":                          {strings.ReplaceAll(a+b+c, "\r\n", "\n"), all},
		"nothing":                                    {"", nil},
		"bytes that are no record at all":            {"hello\nworld\n", []string{"1 no_record"}},
		"a length that swallows the next record":     {a + lying("70") + c, []string{"1 resource http://a/", "2 bad_length", "3 resource http://c/"}},
		"a length beyond the end":                    {a + lying("7000") + c, []string{"1 resource http://a/", "2 truncated", "3 resource http://c/"}},
		"a length over the limit":                    {a + lying("70000") + c, []string{"1 resource http://a/", "2 too_large", "3 resource http://c/"}},
		"a length that is too short":                 {a + lying("2") + c, []string{"1 resource http://a/", "2 bad_length", "3 resource http://c/"}},
		"a length that is no number":                 {a + lying("-1") + c, []string{"1 resource http://a/", "2 bad_header", "3 resource http://c/"}},
		"rubbish between records":                    {a + "\x00\x01rubbish\nmore\n" + c, []string{"1 resource http://a/", "2 no_record", "3 resource http://c/"}},
		"the file ends inside of a record":           {a + b[:200], []string{"1 resource http://a/", "2 truncated"}},
		"the file ends inside of a packed record":    {zipped(a) + long[:len(long)/2], []string{"1 resource http://a/", "2 bad_gzip"}},
		"the file ends inside of a header":           {a + b[:30], []string{"1 resource http://a/", "2 truncated"}},
		"a damaged member costs itself only":         {zipped(a) + string(broken) + zipped(c), []string{"1 resource http://a/", "2 bad_gzip", "3 resource http://c/"}},
		"rubbish between members":                    {zipped(a) + "rubbish\x1f\x8b\x08" + zipped(c), []string{"1 resource http://a/", "2 bad_gzip", "3 resource http://c/"}},
		"a wrong checksum makes a record bad":        {zipped(a) + string(flipped) + zipped(c), []string{"1 resource http://a/", "2 bad_gzip", "3 resource http://c/"}},
		"a bomb is cut and the next record read":     {zipped(a) + zipped("x"+strings.Repeat("\x00", 8<<20)) + zipped(c), []string{"1 resource http://a/", "2 bad_gzip", "3 resource http://c/"}},
		"an ARC with a length that is none":          {"filedesc://x 0.0.0.0 20140101000000 text/plain 2\n1\n\nhttp://a/ 1.1.1.1 20140101000000 text/html abc\nhttp://b/ 1.1.1.1 20140101000000 text/html 2\nhi\n", []string{"1 filedesc ", "2 bad_length", "3 resource http://b/"}},
		"an ARC whose address holds spaces":          {"filedesc://x 0.0.0.0 20140101000000 text/plain 2\n1\n\nhttp://a/b c d 1.1.1.1 20140101000000 text/html 2\nhi\n", []string{"1 filedesc ", "2 resource http://a/b c d"}},
		"an address in angle brackets, as Wget does": {record("resource", "<http://a/>", "One."), []string{"1 resource http://a/"}},
	}
}

func TestRecords(t *testing.T) {
	for name, test := range archives() {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(test.want, read(t, strings.NewReader(test.in), 60_000)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	page := "<p>" + strings.Repeat("Moscow speaks. ", 50)
	var br bytes.Buffer
	w := brotli.NewWriter(&br)
	_, _ = w.Write([]byte(page)) // to memory
	_ = w.Close()
	chunked := func(s string) string {
		return fmt.Sprintf("5\r\n%s\r\n%x;ext=1\r\n%s\r\n0\r\n\r\n", s[:5], len(s)-5, s[5:])
	}
	for name, test := range map[string]struct{ head, body, want string }{
		"as it is":                    {"", page, page},
		"chunked":                     {"Transfer-Encoding: chunked", chunked(page), page},
		"said to be chunked, and not": {"Transfer-Encoding: chunked", page, page},
		"chunks that break off":       {"Transfer-Encoding: chunked", chunked(page)[:100], page[:len(chunked(page)[:100])-len("5\r\n\r\n2ec;ext=1\r\n")]},
		"gzip":                        {"Content-Encoding: gzip", zipped(page), page},
		"gzip in chunks":              {"content-encoding: GZIP\r\ntransfer-encoding: Chunked", chunked(zipped(page)), page},
		"said to be gzip, and unpacked by the maker": {"Content-Encoding: gzip", page, page},
		"brotli":                        {"Content-Encoding: br", br.String(), page},
		"zstd":                          {"Content-Encoding: zstd", zstandard(page), page},
		"an encoding that nobody knows": {"Content-Encoding: x-own", page, page},
		"a bomb":                        {"Content-Encoding: gzip", zipped(strings.Repeat("\x00", 4<<20)), "bad body"},
		"not what it is said to be":     {"Content-Encoding: gzip", "\x00\x01\x02", "bad body"},
	} {
		t.Run(name, func(t *testing.T) {
			head := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + test.head
			resp, err := warc.Record{Block: []byte(strings.TrimSpace(head) + "\r\n\r\n" + test.body)}.HTTP()
			got := string(resp.Body)
			if errors.Is(err, warc.ErrBody) {
				got = "bad body"
			} else if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, got); d != "" || resp.Status != 200 || resp.ContentType != "text/html" {
				t.Errorf("status %d, type %q\n%s", resp.Status, resp.ContentType, d)
			}
		})
	}
}

// The archives of the corpus, with the number of records they hold and the damage in them.
func TestCorpus(t *testing.T) {
	want := map[string]string{
		"GENERATED-ccnews-like-fundus.warc.gz": "good 0", "GENERATED-ccnews-like.wet.gz": "good 0",
		"bad.arc":                  "good 1 [bad_length bad_length bad_length]",
		"example-trunc.warc":       "good 3 [bad_length]",
		"example-space-in-url.arc": "good 1 [truncated]",
	}
	files, err := filepath.Glob(corpus + "/*")
	if err != nil || len(files) == 0 {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatal("QUIDNUNC_REQUIRE_SHARED is set, but the corpus is absent: ", corpus)
		}
		t.Skip("NOT TESTED, the corpus is absent: ", corpus)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		var good int
		var bad []string
		for _, l := range read(t, f, 0) {
			if p := strings.Split(l, " "); len(p) == 2 {
				bad = append(bad, p[1])
				continue
			}
			good++
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		got := fmt.Sprint("good ", good)
		if len(bad) > 0 {
			got += fmt.Sprint(" ", bad)
		}
		t.Log(filepath.Base(name), got)
		if w := want[filepath.Base(name)]; w == "" && (len(bad) > 0 || good == 0) || w != "" && w != "good 0" && w != got {
			t.Errorf("%s: %s, want %q", filepath.Base(name), got, w)
		}
	}
}

func FuzzReader(f *testing.F) {
	files, _ := filepath.Glob(corpus + "/*") // where the corpus is absent the seeds below remain
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && len(b) < 100<<10 {
			f.Add(b)
		}
	}
	for _, test := range archives() {
		f.Add([]byte(test.in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := warc.NewReader(bytes.NewReader(b), 1<<20)
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			rec, err := r.Next()
			var d *warc.Damage
			switch {
			case err == nil:
				_, _ = rec.HTTP() // must only not panic
			case !errors.As(err, &d):
				return
			case len(d.Sample) > 1<<10:
				t.Errorf("a sample of %d bytes", len(d.Sample))
			}
			if n > 1000*(len(b)+10) {
				t.Fatal("no end")
			}
		}
	})
}

func Example() {
	in := record("resource", "http://example.org/a", "One.") + "torn\n" + record("resource", "http://example.org/b", "Two.")
	r, err := warc.NewReader(strings.NewReader(in), 0)
	if err != nil {
		panic(err)
	}
	for {
		rec, err := r.Next()
		var damage *warc.Damage
		switch {
		case errors.As(err, &damage):
			fmt.Println(damage)
		case err != nil:
			return
		default:
			fmt.Printf("record %d: %s %s\n", rec.Number, rec.URL, rec.Block)
		}
	}
	// Output:
	// record 1: http://example.org/a One.
	// record 2: no_record: no record begins here
	// record 3: http://example.org/b Two.
}

// BenchmarkRecords reads archives to unpacked bodies, one a core. Their pages are large, 350 kB on average.
func BenchmarkRecords(b *testing.B) {
	name := filepath.Join(corpus, "GENERATED-ccnews-like-fundus.warc.gz")
	data, err := os.ReadFile(name)
	if err != nil {
		b.Skip("NOT MEASURED, the corpus is absent: ", err)
	}
	var records, size atomic.Int64
	b.RunParallel(func(next *testing.PB) {
		for next.Next() {
			r, err := warc.NewReader(bytes.NewReader(data), 0)
			for err == nil {
				var rec warc.Record
				if rec, err = r.Next(); err != nil {
					break
				}
				var resp warc.Response
				resp, err = rec.HTTP()
				records.Add(1)
				size.Add(int64(len(resp.Body)))
			}
			if !errors.Is(err, io.EOF) {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(records.Load())/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(size.Load())/1e6/b.Elapsed().Seconds(), "MB/s")
}

package archive_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

const story = "<html lang=fr><head><title>Moscou parle</title><meta property='article:published_time' content='2021-10-18T08:30:00Z'></head>" +
	"<body><article><h1>Moscou parle</h1><p>Le ministre a annoncé que la mission permanente de la Russie est suspendue par le gouvernement dans les jours qui viennent.</p></article></body></html>"

func record(kind, contentType, url, block string) string {
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\nWARC-Date: 2021-10-19T01:02:03Z\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n",
		kind, url, contentType, len(block), block)
}

func response(url, head, body string) string {
	return record("response", "application/http; msgtype=response", url, "HTTP/1.1 "+head+"\r\n\r\n"+body)
}

func TestWebArchives(t *testing.T) {
	const page = "200 OK\r\nContent-Type: text/html; charset=utf-8"
	in := record("warcinfo", "application/warc-fields", "", "x") +
		response("https://www.example.org/a?utm_source=x", page, story) +
		response("https://www.example.org/b", "404 Not Found\r\nContent-Type: text/html", story) +
		response("https://www.example.org/c.png", "200 OK\r\nContent-Type: image/png", "PNG") +
		response("https://www.example.org/d", page+"\r\nContent-Encoding: gzip", "\x00\x01") +
		response("https://www.example.org/e", page, "<html><body></body></html>") +
		record("conversion", "text/plain", "https://www.example.org/f", "Moscow speaks\nThe minister said it.\n") +
		"torn\r\n"
	want := []string{
		"2021-10-18T08:30:00Z|example.org|Moscou parle|Moscou parle Le ministre a annoncé que", "-:5 broken_body", "-:6 empty",
		"|example.org|Moscow speaks|The minister said it.", "-:8 broken_record",
	}
	for name, in := range map[string]string{"plain": in, "gzip": packed(t, in), "zstd": zstandard(t, in)} {
		s := archive.Read(config(), "-", strings.NewReader(in))
		got := drain(t, s)
		if d := cmp.Diff(want, got.lines); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if a := got.articles[0]; a.URL != "https://www.example.org/a" || a.Language != "fr" || !a.Seen.Equal(time.Date(2021, 10, 19, 1, 2, 3, 0, time.UTC)) {
			t.Errorf("%s: %+v", name, a)
		}
		p := s.Progress()
		p.BytesDone = 0
		if d := cmp.Diff(archive.Progress{
			Files: 1, FilesDone: 1, Articles: 2, Bad: 3, Passed: map[string]int{"warcinfo": 1, "status other than 200": 1, "no page": 1},
		}, p); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func zstandard(t *testing.T, s string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(s), nil))
}

func TestOtherFormsMayBePackedWithZstandard(t *testing.T) {
	got := drain(t, archive.Read(config(), "a.jsonl.zst", strings.NewReader(zstandard(t, `{"text":"One."}`+"\n"))))
	if d := cmp.Diff([]string{"|none||One."}, got.lines); d != "" {
		t.Error(d)
	}
}

func TestRowsOfGDELTComeCoded(t *testing.T) {
	c := make([]string, 61)
	c[0], c[1], c[5], c[6], c[7], c[26], c[59], c[60] = "7", "20211018", "RUS", "RUSSIA", "RUS", "161", "20211018143000", "https://example.org/x"
	s := archive.Read(config(), "20211018.export.CSV", strings.NewReader(strings.Join(c, "\t")+"\n1\t2\n"))
	a, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events, coder, ok := s.Coded()
	if !ok || coder != "gdelt-2.0" || len(events) != 1 || events[0].Who[0].Country != "RUS" || a.Seen.Format("15:04") != "14:30" {
		t.Errorf("%+v coded by %q %v: %+v", a, coder, ok, events)
	}
	if q := events[0].Cites[0]; a.Text[q.Span.Start:q.Span.End] != q.Quote {
		t.Errorf("%q is cited as %q", a.Text, q.Quote)
	}
	if _, err := s.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "2 columns") {
		t.Error(err)
	}
	if _, _, ok := s.Coded(); ok {
		t.Error("a bad row is coded")
	}
}

// A source that goes on from its position gives what was not settled, in the order of a run without interruption.
func TestGoingOnFromAPosition(t *testing.T) {
	dir := t.TempDir()
	var warc string
	for i := range 5 {
		warc += record("conversion", "text/plain", fmt.Sprintf("https://example.org/%d", i), fmt.Sprintf("Web %d speaks.", i))
	}
	for name, content := range map[string]string{
		"a.jsonl": "{\"text\":\"A one.\"}\n{broken\n{\"text\":\"A two.\"}\n", "b.warc.gz": packed(t, warc), "c.txt": "date 2021-10-18 C one.\nmore\ndate 2021-10-19 C two.\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(from archive.Position) *archive.Source {
		s, err := archive.Open(config(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if s.Resume(from) != (from != archive.Position{}) {
			t.Fatalf("%+v is not gone on at", from)
		}
		return s
	}
	whole := drain(t, open(archive.Position{})).articles
	for settled := range len(whole) + 1 {
		s := open(archive.Position{})
		var done []news.Article
		for len(done) < settled {
			a, err := s.Next(t.Context())
			if errors.Is(err, io.EOF) {
				t.Fatal("too early an end")
			}
			if err == nil {
				done = append(done, a)
			}
		}
		_, _ = s.Next(t.Context()) // read ahead, and not settled
		for _, a := range done {
			s.Settled(a)
		}
		s.Close()
		rest := drain(t, open(s.Position())).articles
		if d := cmp.Diff(whole, append(slices.Clone(whole[:settled]), rest...)); d != "" {
			t.Errorf("%d settled, position %+v: %s", settled, s.Position(), d)
		}
	}
}

// What comes behind an archive that was read to its end is read alone; where something before it changed, all is.
func TestGoingOnBehindTheEnd(t *testing.T) {
	for name, test := range map[string]struct {
		change func(dir string) error
		want   []string
	}{
		"nothing new": {func(string) error { return nil }, nil},
		"a file behind": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "c.jsonl"), []byte(`{"text":"C."}`), 0o600)
		}, []string{"|none||C."}},
		"a file before": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "0.jsonl"), []byte(`{"text":"0."}`), 0o600)
		}, []string{"|none||0.", "|none||A.", "|none||B."}},
		"the last file grew": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "b.jsonl"), []byte("{\"text\":\"B.\"}\n{\"text\":\"D.\"}\n"), 0o600)
		}, []string{"|none||A.", "|none||B.", "|none||D."}},
		"a file has changed its times": {func(dir string) error { return os.Chtimes(filepath.Join(dir, "a.jsonl"), time.Time{}, time.Unix(1, 0)) }, []string{"|none||A.", "|none||B."}},
		"a file is gone":               {func(dir string) error { return os.Remove(filepath.Join(dir, "a.jsonl")) }, []string{"|none||B."}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range map[string]string{"a.jsonl": `{"text":"A."}`, "b.jsonl": `{"text":"B."}`} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			open := func() *archive.Source {
				s, err := archive.Open(config(), dir)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			s := open()
			for _, a := range drain(t, s).articles {
				s.Settled(a)
			}
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			again := open()
			again.Resume(s.Position())
			if d := cmp.Diff(test.want, drain(t, again).lines); d != "" {
				t.Error(d)
			}
		})
	}
}

// Standard input is another text each time.
func TestStandardInputIsNotGoneOnAt(t *testing.T) {
	s := archive.Read(config(), "-", strings.NewReader(`{"text":"A."}`))
	for _, a := range drain(t, s).articles {
		s.Settled(a)
	}
	if archive.Read(config(), "-", strings.NewReader(`{"text":"B."}`)).Resume(s.Position()) {
		t.Errorf("gone on at %+v", s.Position())
	}
}

// BenchmarkPages reads a web archive to articles, their text found by JSON-LD or trafilatura.
func BenchmarkPages(b *testing.B) {
	name := "../../../shared/corpora/warc/GENERATED-ccnews-like-fundus.warc.gz"
	if _, err := os.Stat(name); err != nil {
		b.Skip("NOT MEASURED, the corpus is absent: ", err)
	}
	n := 0
	for b.Loop() {
		s, err := archive.Open(config(), name)
		if err != nil {
			b.Fatal(err)
		}
		n += len(drain(b, s).articles)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "pages/s")
}

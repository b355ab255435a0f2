package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const seedFile = "sample/articles/seed-article.txt"

// reportLine is what the tests read of a line of `quidnunc code`.
type reportLine struct {
	V       int `json:"v"`
	Article struct {
		ID, Lang, Text string
	} `json:"article"`
	Events []struct {
		Who, Whom []struct{ Country string } `json:"-"`
		What      struct{ Type, Mode, CAMEO string }
	} `json:"events"`
}

func TestCodePrintsAReportALine(t *testing.T) {
	r := quidnunc(t, "code", seedFile)
	if r.code != exitOK {
		t.Fatalf("exit code %d\n%s", r.code, r.err)
	}
	var line reportLine
	if err := json.Unmarshal([]byte(r.out), &line); err != nil {
		t.Fatalf("%v in\n%s", err, r.out)
	}
	types := map[string]int{}
	for _, e := range line.Events {
		types[e.What.Type+"/"+e.What.Mode]++
	}
	for _, want := range []string{"SANCTION/withdraw", "SANCTION/expel", "COERCE/seize"} {
		if types[want] == 0 {
			t.Errorf("no %s among %v", want, types)
		}
	}
	if line.V != 1 || line.Article.Lang != "fr" || strings.Count(r.out, "\n") != 1 {
		t.Errorf("version %d, language %q, %d lines", line.V, line.Article.Lang, strings.Count(r.out, "\n"))
	}
}

// articlesReader makes n articles as they are read, so that only the program's own memory counts.
type articlesReader struct {
	next, n int
	rest    []byte
}

func (a *articlesReader) Read(p []byte) (int, error) {
	if len(a.rest) == 0 {
		if a.next == a.n {
			return 0, io.EOF
		}
		filler := strings.Repeat("The minister spoke for a while about many other things that day. ", 30)
		a.rest = fmt.Appendf(nil, `{"id":"%d","lang":"en","text":"Russia expelled %d diplomats of Poland on Monday. %s","published":"2022-03-04"}`+"\n", a.next, 2+a.next%9, filler)
		a.next++
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// liveWriter counts lines and watches, while they come, what of the heap is in use: not what is only waiting to be
// collected, which other tests of this process leave too.
type liveWriter struct {
	lines       int
	first, peak uint64 // bytes in use after the first thousand lines, and at most
}

func (w *liveWriter) Write(p []byte) (int, error) {
	before := w.lines / 1000
	w.lines += bytes.Count(p, []byte("\n"))
	if w.lines/1000 != before {
		live := liveHeap()
		if before == 0 {
			w.first = live
		}
		w.peak = max(w.peak, live)
	}
	return len(p), nil
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestCodeReadsTenThousandArticlesInBoundedMemory(t *testing.T) {
	articles := 10_000
	if testing.Short() {
		articles = 2_000
	}
	var errs bytes.Buffer
	out, start := &liveWriter{}, liveHeap()
	code := Main(t.Context(), []string{"code", "-"}, streams{&articlesReader{n: articles}, out, &errs})
	if code != exitOK || out.lines != articles {
		t.Fatalf("exit code %d, %d lines\n%.2000s", code, out.lines, errs.String())
	}
	t.Logf("heap in use: %d MiB at the start, %d after a thousand articles, at most %d", start>>20, out.first>>20, out.peak>>20)
	if limit := uint64(8 << 20); out.peak > out.first+limit {
		t.Errorf("articles are kept: %d MiB in use after a thousand, %d later", out.first>>20, out.peak>>20)
	}
	if limit := uint64(128 << 20); out.peak > start+limit {
		t.Errorf("coding needs %d MiB, limit %d", (out.peak-start)>>20, limit>>20)
	}
}

// Whatever lies in the corpora is coded or refused by name; nothing panics.
func TestCodeSurvivesTheCorpora(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatalf("QUIDNUNC_REQUIRE_SHARED is set, but the corpora are absent: %v", err)
		}
		t.Skipf("NOT TESTED: ../shared is not beside the project (%v); QUIDNUNC_REQUIRE_SHARED=1 makes this fail", err)
	}
	var files []string
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, file)
		}
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	least := 1000
	if testing.Short() { // every tenth
		least /= 10
		for i := range len(files) / 10 {
			files[i] = files[10*i]
		}
		files = files[:len(files)/10]
	}
	r := quidnunc(t, append([]string{"code", "--quiet"}, files...)...)
	if r.code == exitUsage || strings.Contains(r.err, "panic") || strings.Count(r.out, "\n") < least {
		t.Errorf("exit code %d, %d reports of %d files\n%.2000s", r.code, strings.Count(r.out, "\n"), len(files), r.err)
	}
	t.Logf("%d reports of %d files; %s", strings.Count(r.out, "\n"), len(files), strings.TrimSpace(r.err))
}

package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// replayCorpus is a corpus that is replayed: some of its documents, or all of them.
type replayCorpus struct {
	name string
	some int // enough to see a difference, few enough for every day
	file func(t *testing.T, dir string, n int) string
}

// all is more documents than any corpus has.
const all = math.MaxInt

var replayCorpora = []replayCorpus{
	{"seed", all, func(*testing.T, string, int) string { return "sample/articles/seed-article.txt" }},
	{"fr", 250, headlines},
	{"en", 60, linesOf("en.jsonl", "corpora/en/reuters-1000.jsonl")},
	{"gold", 12, linesOf("gold.jsonl", "gold/wikinews_dev_fr.docs.jsonl", "gold/fundus_dev_en.docs.jsonl")},
	{"gdelt-events", all, linesOf("events.csv", "corpora/gdelt/20191024143000.export.head500.CSV")},
	{"gdelt-graph", all, linesOf("graph.csv", "corpora/gdelt/20230702153000.gkg.head300.csv")},
}

// sharedFile opens a file of the shared folder, or says loudly that it is not tested with.
func sharedFile(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("../../../shared", name))
	if err != nil {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatalf("QUIDNUNC_REQUIRE_SHARED is set, but: %v", err)
		}
		t.Skipf("NOT TESTED: ../shared/%s is not here", name)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// linesOf copies the first n lines of each of some shared files into one.
func linesOf(name string, from ...string) func(t *testing.T, dir string, n int) string {
	return func(t *testing.T, dir string, n int) string {
		t.Helper()
		var b strings.Builder
		for _, f := range from {
			lines := bufio.NewReader(sharedFile(t, f))
			for range n {
				line, err := lines.ReadString('\n')
				b.WriteString(line)
				if err != nil {
					break
				}
			}
		}
		return write(t, dir, name, b.String())
	}
}

// headlines are the first n French headlines as articles.
func headlines(t *testing.T, dir string, n int) string {
	t.Helper()
	rows := csv.NewReader(sharedFile(t, "corpora/fr/headlines-2020-01-10.csv"))
	rows.FieldsPerRecord = -1
	var b strings.Builder
	for range n {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(map[string]string{"title": row[0], "date": row[1], "lang": "fr", "id": row[2], "publisher": "press"})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return write(t, dir, "fr.jsonl", b.String())
}

// goldenRules are the sample's and one that every article satisfies.
func goldenRules(t *testing.T, dir string) string {
	t.Helper()
	rules, _, _ := strings.Cut(readFile(t, "sample/rules.yaml"), "\ntests:")
	return write(t, dir, "rules.yaml", rules+"\n- {name: everything, query: 'lang:fr OR lang:en', when: {each: article}, limit: 100000/h}\n")
}

// fourLines are the proof of a replay.
var fourLines = regexp.MustCompile(`(?m)^input sha256:[0-9a-f]{64}\nrules sha256:[0-9a-f]{64}\ncoder sha256:[0-9a-f]{64}\noutput sha256:[0-9a-f]{64}\n`)

func replayHashes(t testing.TB, args ...string) string {
	t.Helper()
	r := quidnunc(t, append([]string{"replay", "--api", off, "--out", t.TempDir()}, args...)...)
	lines := fourLines.FindString(r.out)
	if r.code != exitOK || lines == "" {
		t.Fatalf("replay %v: exit code %d\n%s\n%s", args, r.code, r.out, r.err)
	}
	return lines
}

// Some documents of each corpus give the committed hashes on any number of processors, as fast as can be and paced; the log
// of the same reports, and its export, give the same output and, of each other, the same input.
func TestReplayGivesTheCommittedHashes(t *testing.T) {
	for _, c := range replayCorpora {
		t.Run(c.name, func(t *testing.T) { replayEveryWay(t, c.name, c.some, c.file) })
	}
}

// And so do all documents of those corpora of which the others are some.
func TestReplayOfWholeCorporaGivesTheCommittedHashes(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED in short mode: whole corpora")
	}
	for _, c := range replayCorpora {
		if c.some < all {
			t.Run(c.name, func(t *testing.T) { replayEveryWay(t, c.name+"-whole", all, c.file) })
		}
	}
}

func replayEveryWay(t *testing.T, name string, n int, file func(*testing.T, string, int) string) {
	t.Helper()
	dir := t.TempDir()
	archive, rules := file(t, dir, n), goldenRules(t, dir)
	data, export := filepath.Join(dir, "data"), filepath.Join(dir, "export")
	logOf(t, data, archive, rules)
	if r := quidnunc(t, "export", "--data", data, export); r.code != exitOK {
		t.Fatalf("export: %s%s", r.out, r.err)
	}
	files, log := "", ""
	ways := []struct {
		procs int
		speed string
	}{{2, "max"}, {1, "max"}, {8, "max"}, {runtime.NumCPU(), "1e12"}}
	if testing.Short() {
		ways = ways[:1]
	}
	for _, how := range ways {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(how.procs))
			said := fmt.Sprintf("%d processors, speed %s", how.procs, how.speed)
			same(t, said+", files", &files, replayHashes(t, "--rules", rules, "--speed", how.speed, archive))
			same(t, said+", log", &log, replayHashes(t, "--data", data, "--speed", how.speed))
			same(t, said+", export", &log, replayHashes(t, "--speed", how.speed, export))
		}()
	}
	if of(files, "output") != of(log, "output") || of(files, "coder") != of(log, "coder") || of(files, "rules") != of(log, "rules") {
		t.Errorf("files give\n%sand their log\n%s", files, log)
	}
	golden(t, "replay-"+name+".golden", files+"log "+of(log, "input")+"\n")
}

// same remembers what came first and compares what comes later with it.
func same(t *testing.T, how string, first *string, got string) {
	t.Helper()
	if *first == "" {
		*first = got
	}
	if got != *first {
		t.Errorf("%s gives\n%swant\n%s", how, got, *first)
	}
}

// of is one of the four lines.
func of(lines, name string) string {
	for line := range strings.Lines(lines) {
		if strings.HasPrefix(line, name+" ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// newLogIn makes an empty log in a data directory, and ends its server when that is asked for.
func newLogIn(tb testing.TB, data string) (hub *stream.Hub, closed func()) {
	tb.Helper()
	server, err := stream.Serve(tb.Context(), stream.ServerConfig{Dir: data, Port: -1, NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	hub, err = stream.Connect(tb.Context(), stream.Config{Server: server})
	if err != nil {
		tb.Fatal(err)
	}
	if err := hub.Setup(tb.Context(), stream.Manage); err != nil {
		tb.Fatal(err)
	}
	return hub, func() {
		hub.Close()
		server.Close()
	}
}

// logOf makes a log of the rules and the articles of a file, as they would have come in the order of publication.
func logOf(t *testing.T, data, file, rules string) {
	t.Helper()
	hub, closed := newLogIn(t, data)
	defer closed()
	book, err := rulebook.Load(rules)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tellRules(t.Context(), hub, book.Rules, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	files, err := openFiles([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	source := replay.Sort(files, "", nil)
	defer source.Close() //nolint:errcheck // nothing was spilled
	coder := newCoder()
	highest := time.Time{}
	for {
		e, err := source.Next(t.Context())
		bad := new(replay.BadEntry)
		switch {
		case errors.As(err, &bad):
			continue
		case errors.Is(err, io.EOF):
			if err := (aside{hub}).Tick(t.Context(), highest); err != nil {
				t.Fatal(err)
			}
			return
		case err != nil:
			t.Fatal(err)
		}
		r := *e.Report
		if e.Uncoded {
			r.Events, r.Coder = coder.Code(r.Article), coder.Name()
		}
		r.Sketch = sketched(r.Article)
		if r.At.After(highest) {
			highest = r.At
		}
		publishReport(t, hub, r)
	}
}

func publishReport(t *testing.T, hub *stream.Hub, r news.Report) {
	t.Helper()
	bundle, err := wire.Bundle(r)
	if err != nil {
		t.Fatal(err)
	}
	var messages []stream.Message
	for _, m := range bundle {
		m.MsgID = "" // a corpus may tell an article twice
		messages = append(messages, stream.Message(m))
	}
	if _, err := hub.PublishBatch(t.Context(), [][]stream.Message{messages}); err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/cmd/quidnunc/sample"
	"github.com/quidnunc-news/quidnunc/consumer/past/shelf"
	"github.com/quidnunc-news/quidnunc/consumer/replay/invent"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// What a preview tells of the sample is what was told live, alert for alert.
func TestAPreviewTellsWhatWasToldLive(t *testing.T) {
	dir := t.TempDir()
	if r := quidnunc(t, "run", "--once", "--data", dir, "--metrics", "off"); r.code != exitOK {
		t.Fatal(r.err)
	}
	live := map[string][]string{}
	hub, done, err := stream.Attach(t.Context(), dir, stream.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := (raised{hub}).Since(t.Context(), time.Time{}, func(a news.Alert) error {
		if a.Change == news.New {
			live[a.Rule] = append(live[a.Rule], string(a.ID))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	done()
	book, err := rulebook.Parse("rules.yaml", sample.Rules())
	if err != nil {
		t.Fatal(err)
	}
	preview := func(rule string) (f foreseen, r result) {
		r = quidnunc(t, "rules", "preview", rule, "--days", "2000", "--show", "100", "--json", "--data", dir)
		if err := json.Unmarshal([]byte(r.out), &f); err != nil {
			t.Fatalf("%s: %v: %s", rule, err, r.err)
		}
		return f, r
	}
	for i, rule := range book.Rules {
		f, _ := preview(rule.Name)
		var ids []string
		for _, g := range f.Latest {
			ids = append(ids, string(g.ID))
		}
		slices.Sort(ids)
		slices.Sort(live[rule.Name])
		if diff := cmp.Diff(live[rule.Name], ids); diff != "" || f.Alerts != len(ids) || f.Reports != 57 {
			t.Errorf("%s: %d alerts of %d reports\n%s", rule.Name, f.Alerts, f.Reports, diff)
		}
		if want := 0; i > 0 && f.Indexed != want {
			t.Errorf("%s: the index took in %d entries again", rule.Name, f.Indexed)
		}
	}

	damaged := filepath.Join(dir, "past")
	files, err := os.ReadDir(damaged)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "list.json" {
			continue
		}
		if err := os.WriteFile(filepath.Join(damaged, f.Name()), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if f, r := preview("attack-on-ukraine"); !strings.Contains(r.err, "is made anew") || f.Alerts != len(live["attack-on-ukraine"]) {
		t.Errorf("of a damaged index: %d alerts, %s", f.Alerts, r.err)
	}
	if files, err = os.ReadDir(damaged); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := filepath.Join(damaged, f.Name())
		data, err := os.ReadFile(name)
		if err == nil && strings.HasPrefix(string(data), "quidnunc copies") {
			err = os.Truncate(name, 100)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if f, r := preview("attack-on-ukraine"); !strings.Contains(r.err, "the log is read in their place") || f.Alerts != len(live["attack-on-ukraine"]) {
		t.Errorf("of damaged copies: %d alerts, %s", f.Alerts, r.err)
	}
	few := quidnunc(t, "rules", "preview", "attack-on-ukraine", "--days", "30", "--json", "--data", dir)
	var f foreseen
	if err := json.Unmarshal([]byte(few.out), &f); err != nil {
		t.Fatal(err, few.err)
	}
	sum := 0
	for _, d := range f.PerDay {
		sum += d.Alerts
	}
	if f.Alerts == 0 || sum != f.Alerts { // the sample's log is not in the order of time
		t.Errorf("of 30 days: %d alerts, %d on some day", f.Alerts, sum)
	}
	r := quidnunc(t, "rules", "preview", "attack-on-ukraine", "--days", "2000", "--data", dir)
	for _, want := range []string{"attack-on-ukraine from 2021-09-17 to ", " alerts a day, at most ", " of 57 reports were read, in "} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is not in\n%s", want, r.out)
		}
	}
	if r := quidnunc(t, "rules", "preview", "attack-on-ukrain", "--data", dir); r.code != exitUsage || !strings.Contains(r.err, "did you mean attack-on-ukraine?") {
		t.Errorf("exit code %d: %s", r.code, r.err)
	}
	if r := quidnunc(t, "rules", "preview", "x", "--days", "0", "--data", dir); r.code != exitUsage {
		t.Errorf("no days: exit code %d", r.code)
	}
}

func TestAPreviewOfALargeIndexAnswersBeforeItTakesInALittle(t *testing.T) {
	h, err := open(t.Context(), houseConfig{data: t.TempDir(), nats: natsConfig{Port: -1}, listen: off}, streams{nil, io.Discard, io.Discard}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	r, err := rule.New("previewed", "what:AID")
	if err != nil {
		t.Fatal(err)
	}
	p := previewer{std: streams{nil, io.Discard, io.Discard}, days: 400, index: t.TempDir()} // every memory is large
	reports := func(want int, behind bool) {
		t.Helper()
		f, err := p.preview(t.Context(), h.hub, r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Reports != want || (f.Behind > 0) != behind {
			t.Errorf("%d reports, %d messages behind; want %d", f.Reports, f.Behind, want)
		}
	}
	publishInvented(t, h.hub, 0, 300)
	reports(300, false)
	publishInvented(t, h.hub, 300, 301)
	reports(300, true)
	p.fresh = true
	reports(301, false)
	p.fresh = false
	publishInvented(t, h.hub, 301, 302)
	reports(301, true)
	if err := p.catchUp(t.Context(), h.hub); err != nil {
		t.Fatal(err)
	}
	reports(302, false)
	publishInvented(t, h.hub, 302, 320)
	reports(320, false) // more than a little
}

// An index is not asked of a log that it was not made of, be that as long.
func TestAPreviewOfAnotherLogMakesTheIndexAnew(t *testing.T) {
	r, err := rule.New("previewed", "what:AID")
	if err != nil {
		t.Fatal(err)
	}
	index := t.TempDir()
	for i, from := range []int{0, 40} {
		h, err := open(t.Context(), houseConfig{data: t.TempDir(), nats: natsConfig{Port: -1}, listen: off}, streams{nil, io.Discard, io.Discard}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		publishInvented(t, h.hub, from, 200+2*from)
		for again := range 2 {
			var told strings.Builder
			p := previewer{std: streams{nil, io.Discard, &told}, days: 400, index: index}
			f, err := p.preview(t.Context(), h.hub, r)
			if err != nil {
				t.Fatal(err)
			}
			if anew := strings.Contains(told.String(), "the log is another one"); f.Reports != 200+from || f.Alerts == 0 || anew != (i == 1 && again == 0) {
				t.Errorf("log %d: %d reports, %d alerts, told %q", i, f.Reports, f.Alerts, told.String())
			}
		}
		h.close()
	}
}

func TestAPreviewThatTakesLongTellsHowFarItIs(t *testing.T) {
	var told strings.Builder
	h := headway{w: &told}
	h.begin("index, entries")
	h.tell(1, 0.01)
	if told.Len() > 0 {
		t.Errorf("told at once: %s", told.String())
	}
	h.began = h.began.Add(-10 * time.Second)
	h.tell(500, 0.25)
	h.tell(501, 0.25) // too soon
	if want := `{"preview":{"doing":"index, entries","done":500,"share":0.25,"left":"30s"}}` + "\n"; told.String() != want {
		t.Errorf("%s, want %s", told.String(), want)
	}
}

var previewReports = flag.Int("preview-reports", 20_000, "of BenchmarkRulesPreview")

// BenchmarkRulesPreview is a preview as a user meets it: beside an embedded server, which was started anew before each. It prints how
// fast the first one makes the index, and what that takes on disk.
func BenchmarkRulesPreview(b *testing.B) {
	n := *previewReports
	if testing.Short() {
		n = 500
	}
	dir := b.TempDir()
	start := func() *house {
		h, err := open(b.Context(), houseConfig{data: dir, nats: natsConfig{Port: -1}, listen: off}, streams{nil, io.Discard, io.Discard}, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		return h
	}
	h := start()
	publishInvented(b, h.hub, 0, n)
	p := previewer{std: streams{nil, io.Discard, io.Discard}, days: 400, shown: 10, index: filepath.Join(dir, "past")}
	preview := func(b *testing.B, query string) foreseen {
		r, err := rule.New("previewed", query)
		if err != nil {
			b.Fatal(err)
		}
		f, err := p.preview(b.Context(), h.hub, r)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	f := preview(b, "nothing")
	s, _, err := shelf.Open(p.index)
	if err != nil {
		b.Fatal(err)
	}
	size, err := s.Size()
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("the index took in %d entries, %.0f/s: %d bytes of columns and %d of copies for each", f.Indexed, float64(f.Indexed)/f.IndexSeconds,
		size.Segments/int64(f.Indexed), size.Copies/int64(f.Indexed))
	for _, query := range []string{"what:SANCTION mode:expel who:FRA whom:MLI", "what:AID who:CHN", "what:AID", "what:(AID OR ACCUSE OR CONSULT)"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				h.close()
				h = start()
				b.StartTimer()
				f := preview(b, query)
				b.ReportMetric(float64(f.Candidates), "candidates")
				b.ReportMetric(1000*f.Seconds, "ask-ms")
			}
		})
	}
	h.close()
}

func publishInvented(b testing.TB, hub *stream.Hub, from, to int) {
	b.Helper()
	var bundles [][]stream.Message
	flush := func() {
		if _, err := hub.PublishBatch(b.Context(), bundles); err != nil {
			b.Fatal(err)
		}
		bundles = bundles[:0]
	}
	i := 0
	for r := range (invent.Plan{Seed: 1, Reports: to}).All() {
		if i++; i <= from {
			continue
		}
		bundle, err := wire.Bundle(r)
		if err != nil {
			b.Fatal(err)
		}
		var messages []stream.Message
		for _, m := range bundle {
			messages = append(messages, stream.Message(m))
		}
		if bundles = append(bundles, messages); len(bundles) == 100 {
			flush()
		}
	}
	flush()
}

package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/replay"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// written is a result directory made by hand.
func written(t interface {
	Helper()
	Fatal(args ...any)
}, dir string, s replay.Summary, alerts ...news.Alert,
) replay.Result {
	t.Helper()
	var lines bytes.Buffer
	for _, a := range alerts {
		data, err := wire.EncodeAlert(&a)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(data, '\n'))
	}
	s.Version = replay.SummaryVersion
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{replay.AlertsFile: lines.Bytes(), replay.SummaryFile: data} {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := replay.ReadResult(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pageOf(t interface {
	Helper()
	Fatal(args ...any)
}, r replay.Result,
) string {
	t.Helper()
	var b bytes.Buffer
	if err := replay.WritePage(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestThePageTellsWhatWasFound(t *testing.T) {
	at := time.Date(2021, 10, 18, 8, 0, 0, 0, time.UTC)
	const quote = "Moscow <suspends> its mission to NATO."
	var alerts []news.Alert
	for i := range 12 {
		a := news.Alert{
			ID: news.MakeID(fmt.Sprint(i)), Revision: 1, Change: news.New, Rule: "rupture", Severity: news.High, At: at,
			Article: news.Reference{Title: fmt.Sprintf("Title %d & <script>", i), URL: "https://example.org/a", Publisher: "example.org"},
			Events: []news.Event{{
				Who: []news.Actor{{Name: "Russia"}}, What: news.NewAction(plover.Sanction, "withdraw", "161"),
				Cites: []news.Citation{{Sentence: 3, Quote: quote, Span: news.Span{Start: 100, End: 100 + len(quote)}, Trigger: news.Span{Start: 108, End: 116}}},
			}},
			Why: []news.Clause{{Text: "mission", Spans: []news.Span{{Start: 122, End: 129}, {Start: 5, End: 9}, {Start: 132, End: 999}}}},
		}
		alerts = append(alerts, a)
	}
	update := alerts[0]
	update.Revision, update.Change = 2, news.Updated
	dir := t.TempDir()
	r := written(t, dir, replay.Summary{
		Complete: true, Started: at, Ended: at.AddDate(0, 0, 20), Alerts: replay.Revisions{New: 12, Updated: 1}, Hashes: replay.Hashes{Output: "sha256:abc"},
		Days:     []replay.Day{{Day: "2021-10-18", Reports: 40, Alerts: replay.Revisions{New: 12}, Severities: map[news.Severity]int{news.High: 12}}},
		Rules:    []replay.RuleCount{{Name: "rupture", Query: "mission", Severity: news.High, State: "live", Alerts: replay.Revisions{New: 12, Updated: 1}, Days: map[string]int{"2021-10-18": 12}, Suppressed: map[machine.Reason]int{"limit": 3}}},
		Gaps:     []replay.Gap{{From: at.AddDate(0, 0, 2), To: at.AddDate(0, 0, 9), Why: "no report for 7 days"}},
		Dead:     []replay.Dead{{Where: "a.jsonl:7", Why: "no JSON"}},
		Entries:  replay.Entries{Dead: 4, Reports: 40},
		Warnings: []string{"rule rupture asks words of the text"},
	}, append(alerts, update)...)
	html := pageOf(t, r)
	for _, want := range []string{
		"Replay 2021-10-18 to 2021-11-07", "Alerts per day", "2021-10-18: 12 alerts (high 12) of 40 reports", "no report for 7 days", "gap in the archive",
		"rupture 12", "limit 3", "a.jsonl:7", "and 3 more", "rule rupture asks words of the text", "10 of 12", "SANCTION/withdraw Russia → not told",
		"Moscow &lt;<mark>suspends</mark>&gt; its <mark>mission</mark> to<mark> NATO.</mark>", "sha256:abc", "Title 9 &amp; &lt;script&gt;",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(html, "Title 10") {
		t.Error("the page shows more than ten alerts of a rule")
	}
	if found := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|@import|\b(src|href|srcset|action)\s*=|url\(`).FindString(html); found != "" {
		t.Errorf("the page refers to something outside of itself: %s", found)
	}
	if err := replay.WriteReport(r); err != nil {
		t.Fatal(err)
	}
	if file := read(t, filepath.Join(dir, replay.ReportFile)); file != html {
		t.Error("report.html is another page")
	}
}

func TestAPageWithoutAnything(t *testing.T) {
	html := pageOf(t, written(t, t.TempDir(), replay.Summary{}))
	for _, want := range []string{"Replay nothing to nothing", "No alert was told", "None was found", "was interrupted"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

var barTitle = regexp.MustCompile(`<title>\d{4}-\d\d-\d\d: (\d+) alerts`)

// However long the stretch is, the bars count all alerts, and there are not too many of them.
func TestTheBarsCountEveryAlert(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		started := time.Date(2001, 3, 9, 17, 0, 0, 0, time.UTC)
		length := rapid.SampledFrom([]int{0, 1, 40, 1099, 1100, 1101, 5000, 9000}).Draw(t, "days")
		s := replay.Summary{Started: started, Ended: started.AddDate(0, 0, length)}
		total := 0
		for range rapid.IntRange(0, 12).Draw(t, "noisy days") {
			n := rapid.IntRange(1, 50).Draw(t, "alerts")
			day := started.AddDate(0, 0, rapid.IntRange(0, length).Draw(t, "day")).Format(time.DateOnly)
			s.Days = append(s.Days, replay.Day{Day: day, Severities: map[news.Severity]int{news.Low: n - n/2, news.Critical: n / 2}})
			total += n
		}
		sum, bars := 0, barTitle.FindAllStringSubmatch(pageOf(t, written(t, dir, s)), -1)
		for _, b := range bars {
			n, err := strconv.Atoi(b[1])
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if sum != total {
			t.Errorf("the bars count %d alerts of %d", sum, total)
		}
	})
}

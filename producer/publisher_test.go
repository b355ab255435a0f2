package producer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
	"github.com/quidnunc-news/quidnunc/producer"
)

// batcher keeps what it is given.
type batcher struct{ bundles [][]stream.Message }

func (b *batcher) PublishBatch(_ context.Context, bundles [][]stream.Message) (stream.Receipt, error) {
	b.bundles = append(b.bundles, bundles...)
	return stream.Receipt{Stored: len(bundles)}, nil
}

func (b *batcher) report(t *testing.T, i int) news.Report {
	t.Helper()
	bundle := b.bundles[i]
	r, err := wire.DecodeReport(bundle[len(bundle)-1].Data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func report(text string, events []news.Event) news.Report {
	a := article("a", text)
	return news.Report{Article: a, Events: events, At: published.Start, Origin: news.Archive, Coder: "test-1"}
}

func TestBundleIsEventsThenReport(t *testing.T) {
	b := new(batcher)
	r := report("one", oneEvent(article("a", "one")))
	receipt, err := producer.NewPublisher(b, 0).Publish(t.Context(), []news.Report{r, report("two", nil)})
	if err != nil || receipt != (producer.Receipt{Stored: 2}) {
		t.Fatal(receipt, err)
	}
	var subjects []string
	for _, bundle := range b.bundles {
		for _, m := range bundle {
			subjects = append(subjects, m.Subject)
		}
	}
	if d := cmp.Diff([]string{"told.sanction.none.none", "report.none.p", "report.none.p"}, subjects); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(r, b.report(t, 0)); d != "" {
		t.Error(d)
	}
}

func TestReportLargerThanTheLogTakesIsCutAndFlagged(t *testing.T) {
	const payload = 64 << 10
	sentence := "He said \"no\". "
	long := strings.Repeat(sentence, 256<<10/len(sentence))
	at := func(i int) news.Event {
		span := news.Span{Start: i * len(sentence), End: i*len(sentence) + len(sentence) - 1}
		return news.Event{What: news.Action{Type: "REJECT", Span: span}, Cites: []news.Citation{{Span: span, Quote: sentence}}}
	}
	wide := make([]news.Event, 400)
	for i := range wide {
		wide[i] = at(0)
		wide[i].Cites[0].Quote = strings.Repeat("q", news.MaxQuote)
	}
	tests := map[string]struct {
		report             news.Report
		cutText, cutEvents bool
		events             int
	}{
		"a long text loses its end and what is told there": {report(long, []news.Event{at(0), at(10_000), at(1)}), true, true, 2},
		"many events are cut from the end":                 {report("short", wide), false, true, 20},
		"a small one stays whole":                          {report("short", []news.Event{at(0)}), false, false, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := new(batcher)
			if _, err := producer.NewPublisher(b, payload).Publish(t.Context(), []news.Report{test.report}); err != nil {
				t.Fatal(err)
			}
			for _, m := range b.bundles[0] {
				if len(m.Data) > payload {
					t.Errorf("a message of %d bytes", len(m.Data))
				}
			}
			got := b.report(t, 0)
			if got.Article.Cut != test.cutText || got.Cut != test.cutEvents || len(got.Events) < test.events || len(got.Events) > 2*test.events {
				t.Errorf("text cut %v, events cut %v, %d events", got.Article.Cut, got.Cut, len(got.Events))
			}
			if got.Article.ID != test.report.Article.ID || got.Article.Revision != test.report.Article.Revision {
				t.Error("cutting changed who the article is")
			}
			for _, e := range got.Events {
				if e.What.Span.End > len(got.Article.Text) && test.cutText {
					t.Errorf("an event stands at %v, the text has %d bytes", e.What.Span, len(got.Article.Text))
				}
			}
		})
	}
}

func TestReportThatCannotBeMadeToFitIsRefusedForGood(t *testing.T) {
	r := report("short", nil)
	r.Article.Title = strings.Repeat("x", 100<<10)
	b := new(batcher)
	if _, err := producer.NewPublisher(b, 64<<10).Publish(t.Context(), []news.Report{r}); !pipeline.IsPermanent(err) || len(b.bundles) > 0 {
		t.Errorf("error %v, %d bundles", err, len(b.bundles))
	}
}

func TestRealLogStoresEachReportOnceInOrder(t *testing.T) {
	server, err := stream.Serve(t.Context(), stream.ServerConfig{Dir: t.TempDir(), Port: -1, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	hub, err := stream.Connect(t.Context(), stream.Config{Server: server})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	if err := hub.Setup(t.Context(), stream.Manage); err != nil {
		t.Fatal(err)
	}
	for pass := range 2 {
		s := numbered("a", 120)
		s.items = slices.Insert(s.items, 5, any(&producer.BadInput{Reason: producer.BrokenLine, File: "a.jsonl", Line: 6, Err: errors.New("no JSON"), Sample: []byte("{oops")}))
		p, err := producer.New([]producer.Input{input(s)}, coder(oneEvent), producer.NewPublisher(hub, int(hub.MaxPayload())), producer.NewDeadLetters(hub), producer.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := producer.Counts{Articles: 120, BadInputs: 1, Stored: 120, Events: 120}
		if pass == 1 {
			want.Stored, want.Duplicate = 0, 120
		}
		if d := cmp.Diff(want, p.Counts()); d != "" {
			t.Errorf("pass %d: %s", pass+1, d)
		}
	}
	n := 0
	err = hub.Scan(t.Context(), stream.Reports, "report.>", 1, func(m stream.Stored) error {
		r, err := wire.DecodeReport(m.Data)
		if want := fmt.Sprintf("a %d", n); err != nil || r.Article.Text != want {
			return fmt.Errorf("report %d is %q (%w), want %q", n, r.Article.Text, err, want)
		}
		n++
		return nil
	})
	if err != nil || n != 120 {
		t.Errorf("%d reports, %v", n, err)
	}
	var letters []string
	err = hub.DeadLetters(t.Context(), 1, func(d stream.DeadLetter) error {
		letters = append(letters, d.Room+"|"+d.Reason+"|"+d.Origin.Subject+"|"+string(d.Origin.Data))
		return nil
	})
	if err != nil || len(letters) == 0 || letters[0] != "producer|broken_line: no JSON|a.jsonl:6|{oops" {
		t.Errorf("%q, %v", letters, err)
	}
}

package producer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/producer"
)

var (
	published = news.Interval{Start: date(2021, 10, 18), End: date(2021, 10, 19), Grain: news.Day, Resolved: news.Explicit}
	seen      = date(2026, 1, 2)
)

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func article(source, text string) news.Article {
	return news.Article{Source: source, Publisher: "p", Text: text, Published: published, Seen: seen}.Identify(source + text)
}

// list is a source of articles and errors.
type list struct {
	name  string
	items []any // string: an article's text; error
	given atomic.Int64
}

func (l *list) Next(ctx context.Context) (news.Article, error) {
	n := int(l.given.Load())
	if n == len(l.items) {
		return news.Article{}, io.EOF
	}
	l.given.Add(1)
	if err, ok := l.items[n].(error); ok {
		return news.Article{}, err
	}
	return article(l.name, l.items[n].(string)), ctx.Err()
}

func numbered(name string, n int) *list {
	l := &list{name: name}
	for i := range n {
		l.items = append(l.items, fmt.Sprintf("%s %d", name, i))
	}
	return l
}

func input(l *list) producer.Input {
	return producer.Input{Name: l.name, Origin: news.Archive, Source: l}
}

// coder tells one event an article, or what its function does.
type coder func(news.Article) []news.Event

func (coder) Name() string                       { return "test-1" }
func (c coder) Code(a news.Article) []news.Event { return c(a) }

func oneEvent(a news.Article) []news.Event { return events(a, 1) }

func events(a news.Article, n int) []news.Event {
	out := make([]news.Event, n)
	for i := range out {
		out[i].What = news.NewAction(plover.Sanction, "expel", "161")
		out[i].Cites = []news.Citation{{Sentence: 1, Span: news.Span{End: len(a.Text)}, Quote: a.Text[:min(len(a.Text), news.MaxQuote)]}}
	}
	return news.Identify(a.ID, out)
}

// log stores reports once; before may refuse a batch.
type log struct {
	before func(call int, reports []news.Report) (stored int, err error)

	mu      sync.Mutex
	calls   int
	reports []news.Report
	known   map[news.ID]bool
	largest int // messages in one batch
}

func (l *log) Publish(_ context.Context, reports []news.Report) (producer.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	n, err := len(reports), error(nil)
	if l.before != nil {
		if n, err = l.before(l.calls, reports); err == nil {
			n = len(reports)
		}
	}
	if l.known == nil {
		l.known = map[news.ID]bool{}
	}
	var r producer.Receipt
	messages := 0
	for _, report := range reports[:n] {
		messages += 1 + len(report.Events)
		if l.known[report.Article.ID] {
			r.Duplicate++
			continue
		}
		l.known[report.Article.ID] = true
		l.reports = append(l.reports, report)
		r.Stored++
	}
	l.largest = max(l.largest, messages)
	if err != nil {
		return producer.Receipt{}, err // as after a time-out: nobody knows what was stored
	}
	return r, nil
}

func (l *log) texts(source string) []string {
	var out []string
	for _, r := range l.reports {
		if r.Article.Source == source {
			out = append(out, r.Article.Text)
		}
	}
	return out
}

// dead keeps what was buried, in words.
type dead struct {
	mu     sync.Mutex
	buried []string
}

func (d *dead) Bury(_ context.Context, reason, origin string, sample []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.buried = append(d.buried, fmt.Sprintf("%s|%s|%s", reason, strings.Fields(origin)[0], strings.TrimSpace(string(sample))))
	return nil
}

func run(t *testing.T, cfg producer.Config, c producer.Coder, l *log, inputs ...producer.Input) (*dead, producer.Counts, error) {
	t.Helper()
	d := new(dead)
	cfg.RetryFirst = time.Millisecond
	cfg.RetryMax = time.Millisecond
	p, err := producer.New(inputs, c, l, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	err = p.Run(ctx)
	counts := p.Counts()
	if counts.Articles != counts.Stored+counts.Duplicate+counts.Failed+counts.Open {
		t.Errorf("counts do not balance: %+v", counts)
	}
	return d, counts, err
}

func TestEachSourceKeepsItsOrderWhateverTheCoderTakes(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	slow := coder(func(a news.Article) []news.Event {
		mu.Lock()
		pause := time.Duration(random.IntN(int(time.Millisecond)))
		mu.Unlock()
		time.Sleep(pause)
		return oneEvent(a)
	})
	sources := []*list{numbered("a", 300), numbered("b", 200), numbered("c", 1)}
	l := new(log)
	_, counts, err := run(t, producer.Config{Workers: 8, Ahead: 16}, slow, l, input(sources[0]), input(sources[1]), input(sources[2]))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		var want []string
		for _, text := range s.items {
			want = append(want, text.(string))
		}
		if d := cmp.Diff(want, l.texts(s.name)); d != "" {
			t.Errorf("%s: %s", s.name, d)
		}
	}
	if d := cmp.Diff(producer.Counts{Articles: 501, Stored: 501, Events: 501}, counts); d != "" {
		t.Error(d)
	}
}

func TestReportIsWhole(t *testing.T) {
	l := new(log)
	a := article("a", "one")
	if _, _, err := run(t, producer.Config{}, coder(oneEvent), l, input(&list{name: "a", items: []any{"one"}})); err != nil {
		t.Fatal(err)
	}
	want := []news.Report{{Article: a, Events: oneEvent(a), At: published.Start, Origin: news.Archive, Coder: "test-1"}}
	if d := cmp.Diff(want, l.reports); d != "" {
		t.Error(d)
	}
}

func TestPublisherThatFailsForAWhileLosesNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	failures := 0
	l := &log{before: func(_ int, reports []news.Report) (int, error) {
		if failures < 60 && random.IntN(3) > 0 {
			failures++
			return random.IntN(len(reports) + 1), errors.New("no answer in time")
		}
		return 0, nil
	}}
	s := numbered("a", 500)
	_, counts, err := run(t, producer.Config{Gather: time.Microsecond}, coder(oneEvent), l, input(s))
	if err != nil {
		t.Fatal(err)
	}
	got := l.texts("a")
	for i, text := range s.items {
		if i >= len(got) || got[i] != text {
			t.Fatalf("article %d is missing or out of order", i)
		}
	}
	if len(got) != 500 || counts.Stored+counts.Duplicate != 500 || counts.Retries != failures || failures == 0 {
		t.Errorf("%d stored, %d failures, %+v", len(got), failures, counts)
	}
}

func TestReceiptOfAFailedAttemptIsKept(t *testing.T) {
	p := &half{}
	producing, err := producer.New([]producer.Input{input(numbered("a", 4))}, coder(oneEvent), p, new(dead), producer.Config{RetryFirst: 1, Gather: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := producing.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{4, 2}, p.asked); d != "" {
		t.Error(d)
	}
	if c := producing.Counts(); c.Stored != 4 || c.Open != 0 {
		t.Errorf("%+v", c)
	}
}

// half stores the first half of its first batch and then says what it did.
type half struct{ asked []int }

func (h *half) Publish(_ context.Context, reports []news.Report) (producer.Receipt, error) {
	h.asked = append(h.asked, len(reports))
	if len(h.asked) == 1 {
		return producer.Receipt{Stored: len(reports) / 2}, errors.New("broken off")
	}
	return producer.Receipt{Stored: len(reports)}, nil
}

func TestPanicOfTheCoderCostsOneArticle(t *testing.T) {
	l := new(log)
	c := coder(func(a news.Article) []news.Event {
		if a.Text == "bad" {
			panic("index out of range")
		}
		return nil
	})
	d, counts, err := run(t, producer.Config{Workers: 1}, c, l, input(&list{name: "a", items: []any{"one", "bad", "two"}}))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"coder_panic: panic: index out of range|a|bad"}, d.buried); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"one", "two"}, l.texts("a")); d != "" {
		t.Error(d)
	}
	if counts.Failed != 1 || counts.Stored != 2 {
		t.Errorf("%+v", counts)
	}
}

func TestCoderThatHangsCostsOneArticle(t *testing.T) {
	l := new(log)
	forever := make(chan struct{})
	defer close(forever)
	c := coder(func(a news.Article) []news.Event {
		if strings.HasPrefix(a.Text, "bad") {
			<-forever
		}
		return nil
	})
	began := time.Now()
	d, _, err := run(t, producer.Config{Workers: 1, Patience: 20 * time.Millisecond}, c, l, input(&list{name: "a", items: []any{"one", "bad 1", "two", "bad 2", "three"}}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"coder_slow: not coded within 20ms|a|bad 1", "coder_slow: not coded within 20ms|a|bad 2"}
	if d := cmp.Diff(want, d.buried); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"one", "two", "three"}, l.texts("a")); d != "" {
		t.Error(d)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestEventsBeyondTheLimitAreCutAndFlagged(t *testing.T) {
	l := new(log)
	c := coder(func(a news.Article) []news.Event { return events(a, 450) })
	_, counts, err := run(t, producer.Config{}, c, l, input(numbered("a", 3)))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range l.reports {
		if len(r.Events) != 400 || !r.Cut {
			t.Errorf("%d events, cut %v", len(r.Events), r.Cut)
		}
	}
	if counts.CutEvents != 150 || counts.Events != 1200 {
		t.Errorf("%+v", counts)
	}
	if l.largest > 500 {
		t.Errorf("a batch of %d messages", l.largest)
	}
}

func TestBatchesKeepTheirLimit(t *testing.T) {
	l := new(log)
	c := coder(func(a news.Article) []news.Event { return events(a, len(a.Text)%60) })
	if _, _, err := run(t, producer.Config{Gather: time.Second, Workers: 2}, c, l, input(numbered("some rather long name", 1000))); err != nil {
		t.Fatal(err)
	}
	if l.largest > 500 || l.largest < 300 || len(l.reports) != 1000 {
		t.Errorf("largest batch %d messages, %d reports", l.largest, len(l.reports))
	}
}

func TestBadInputsAreBuriedAndReadingGoesOn(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	l := new(log)
	s := &mending{list{name: "a", items: []any{
		"one",
		&producer.BadInput{Reason: producer.TooLong, File: "a.jsonl", Line: 7, Err: errors.New("a line of 20000000 bytes"), Sample: []byte("xxx")},
		fmt.Errorf("wrapped: %w", &producer.BadInput{Reason: "made up", File: "b.jsonl"}),
		"mended", "two",
	}}}
	d, counts, err := run(t, producer.Config{Registerer: reg}, coder(oneEvent), l, producer.Input{Name: "a", Origin: news.Archive, Source: s})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"too_long: a line of 20000000 bytes|a.jsonl:7|xxx", "made up|b.jsonl|"}, d.buried); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(producer.Counts{Articles: 3, BadInputs: 2, Mended: 1, Stored: 3, Events: 3}, counts); d != "" {
		t.Error(d)
	}
	got := gathered(t, reg)
	for series, want := range map[string]float64{
		"quidnunc_producer_bad_input_total{too_long}":     1,
		"quidnunc_producer_bad_input_total{other}":        1,
		"quidnunc_producer_bad_input_total{invalid_utf8}": 1,
		"quidnunc_producer_bad_input_total{bad_date}":     1,
		"quidnunc_producer_bad_input_total{empty}":        0,
		"quidnunc_producer_articles_total{read}":          3,
		"quidnunc_producer_articles_total{coded}":         3,
		"quidnunc_producer_articles_total{stored}":        3,
		"quidnunc_producer_articles_total{failed}":        0,
		"quidnunc_producer_events_total{SANCTION}":        3,
		"quidnunc_producer_stage_seconds{code}":           3,
		"quidnunc_producer_stage_seconds{read}":           6,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v, want %v", series, v, want)
		}
	}
	if n := len(got); n > 50 {
		t.Errorf("%d series", n)
	}
}

// gathered is every series by name and label value: a counter's value, a histogram's count.
func gathered(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := f.GetName()
			for _, l := range m.GetLabel() {
				key += "{" + l.GetValue() + "}"
			}
			out[key] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}

type mending struct{ list }

func (m *mending) Mended() []producer.Reason {
	if m.items[m.given.Load()-1] == "mended" {
		return []producer.Reason{producer.InvalidUTF8, producer.BadDate}
	}
	return nil
}

func TestRefusedForGoodCostsTheGuiltyOnly(t *testing.T) {
	l := &log{before: func(_ int, reports []news.Report) (int, error) {
		for _, r := range reports {
			if r.Article.Text == "bad" {
				return 0, pipeline.Permanent(errors.New("too large"))
			}
		}
		return 0, nil
	}}
	d, counts, err := run(t, producer.Config{}, coder(oneEvent), l, input(&list{name: "a", items: []any{"one", "bad", "two"}}))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"refused: too large|a|bad"}, d.buried); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"one", "two"}, l.texts("a")); d != "" || counts.Retries != 0 {
		t.Error(d, counts)
	}
}

func TestSourceThatBreaksEndsItselfOnly(t *testing.T) {
	broken := &list{name: "a", items: []any{"one", io.ErrUnexpectedEOF, "never"}}
	l := new(log)
	_, counts, err := run(t, producer.Config{}, coder(oneEvent), l, input(broken), input(numbered("b", 50)))
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "source a") {
		t.Errorf("error %v", err)
	}
	if counts.Stored != 51 {
		t.Errorf("%+v", counts)
	}
}

func TestReadingWaitsForASlowLog(t *testing.T) {
	const ahead, workers = 8, 2
	s := numbered("a", 400)
	worst := int64(0)
	l := new(log)
	l.before = func(int, []news.Report) (int, error) {
		time.Sleep(100 * time.Microsecond)
		worst = max(worst, s.given.Load()-int64(len(l.reports)))
		return 0, nil
	}
	if _, _, err := run(t, producer.Config{Workers: workers, Ahead: ahead, MaxEvents: 1, MaxBatch: 4, Gather: time.Millisecond}, coder(oneEvent), l, input(s)); err != nil {
		t.Fatal(err)
	}
	// In the queue, with the reader and the orderer, ready, in the batch and in the one it begins.
	if limit := int64(ahead + 2 + workers + 4 + 1); worst > limit {
		t.Errorf("%d articles read ahead, at most %d are wanted", worst, limit)
	}
}

func TestConfigThatCannotWorkIsRefused(t *testing.T) {
	for _, cfg := range []producer.Config{{Workers: -1}, {MaxEvents: 500}, {MaxBatch: 10}, {Gather: -1}} {
		if _, err := producer.New(nil, coder(oneEvent), new(log), new(dead), cfg); err == nil {
			t.Errorf("%+v passes", cfg)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p, err := producer.New([]producer.Input{input(numbered("a", 1000))}, coder(oneEvent), new(log), new(dead), producer.Config{})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/article")
}

// reporting is a source whose first article comes coded.
type reporting struct {
	list
	asked int
}

func (r *reporting) Coded() ([]news.Event, string, bool) {
	r.asked++
	return events(news.Article{ID: "elsewhere", Text: "Coded elsewhere."}, 2), "another-1", r.asked == 1
}

func TestArticlesThatComeCodedGoPastTheCoder(t *testing.T) {
	source := &reporting{list: list{name: "a", items: []any{"One.", "Two."}}}
	out := &log{}
	p, err := producer.New([]producer.Input{{Name: "a", Origin: news.Archive, Source: source}}, coder(oneEvent), out, new(dead), producer.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range out.reports {
		got = append(got, fmt.Sprintf("%s %d", r.Coder, len(r.Events)))
	}
	if diff := cmp.Diff([]string{"another-1 2", coder(oneEvent).Name() + " 1"}, got); diff != "" {
		t.Error(diff)
	}
}

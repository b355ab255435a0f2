package machine_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// wire is a day of news as agencies and their customers make it: stories that several publishers tell in their own words,
// and copies of them. Nothing of it is coded or sketched: it is drawn as if it were.
type press struct {
	random *rand.Rand
	words  []string
	plots  []plot // open stories
	n      int
	every  time.Duration
}

// plot is a story that is being told.
type plot struct {
	names, words []int
	who, whom    string
	what         plover.Type
	last         news.Sketch
}

var countries = strings.Fields("RUS UKR FRA DEU GBR USA CHN IND JPN BRA TUR IRN ISR SYR EGY POL ITA ESP NGA KEN ZAF MEX CAN AUS PAK IDN")

func newPress(every time.Duration) *press {
	p := &press{random: rand.New(rand.NewPCG(1, 2)), every: every}
	for i := range 60_000 {
		p.words = append(p.words, fmt.Sprintf("w%x", i*7919))
	}
	return p
}

// rank draws a word, a few of them often.
func (p *press) rank() int {
	x := p.random.Float64()
	return int(x * x * x * float64(len(p.words)))
}

func (p *press) open() plot {
	pick := func(n int) (out []int) {
		for range n {
			out = append(out, p.rank())
		}
		return out
	}
	types := []plover.Type{plover.Sanction, plover.Assault, plover.Consult, plover.Accuse, plover.Threaten, plover.Agree, plover.Protest}
	return plot{
		pick(6), pick(24), countries[p.random.IntN(len(countries))], countries[p.random.IntN(len(countries))], types[p.random.IntN(len(types))], news.Sketch{},
	}
}

// next is the next article: of a new story, of one that is told already, or a copy.
func (p *press) next() news.Report {
	p.n++
	at := start.Add(time.Duration(p.n) * p.every)
	if len(p.plots) < 2000 || p.random.IntN(4) == 0 {
		if len(p.plots) == 2000 {
			p.plots = p.plots[1:]
		}
		p.plots = append(p.plots, p.open())
	}
	s := &p.plots[len(p.plots)-1-min(p.random.IntN(200), p.random.IntN(len(p.plots)))]
	var text strings.Builder
	terms := make([]news.Term, 0, 40)
	for i, w := range s.names {
		if i < 2 || p.random.IntN(4) > 0 {
			terms = append(terms, news.Term{Key: "^" + p.words[w], Weight: 2 + p.random.IntN(4)})
			text.WriteString(p.words[w] + " ")
		}
	}
	for _, w := range s.words {
		if p.random.IntN(2) > 0 {
			terms = append(terms, news.Term{Key: p.words[w], Weight: 1 + p.random.IntN(3)})
		}
	}
	for range 16 {
		terms = append(terms, news.Term{Key: p.words[p.rank()], Weight: 1})
	}
	for range 200 {
		text.WriteString(p.words[p.rank()] + " ")
	}
	sketch := news.Sketch{Shingles: 200, Minima: make([]uint32, news.SketchSize), Terms: terms}
	for i := range sketch.Minima {
		sketch.Minima[i] = p.random.Uint32()
	}
	if s.last.Minima != nil && p.random.IntN(3) == 0 {
		copy(sketch.Minima, s.last.Minima[:50])
	}
	s.last = sketch
	host := fmt.Sprintf("p%d.example", p.random.IntN(5000))
	a := news.Article{
		URL: fmt.Sprintf("https://%s/%d", host, p.n), Publisher: host, Language: "en", Title: text.String()[:20], Text: text.String(), Seen: at,
		Published: news.Interval{Start: at, End: at.Add(time.Second), Grain: news.Instant},
	}.Identify("")
	e := sanction("")
	e.What = news.NewAction(s.what, "", "161")
	e.Who, e.Whom = []news.Actor{{Country: s.who, Name: s.who}}, []news.Actor{{Country: s.whom, Name: s.whom}}
	return news.Report{Article: a, Events: news.Identify(a.ID, []news.Event{e}), At: at, Origin: news.Live, Sketch: sketch}
}

// thousand is 1,000 rules: half of them each story, half over windows.
func thousand(b testing.TB) []rule.Rule {
	random := rand.New(rand.NewPCG(3, 4))
	country := func() string { return countries[random.IntN(len(countries))] }
	var out []rule.Rule
	for i := range 1000 {
		r := rule.Rule{Name: fmt.Sprintf("r%d", i), Query: fmt.Sprintf("what:SANCTION who:%s whom:%s", country(), country()), Throttle: time.Hour}
		switch i % 10 {
		case 1:
			r.Query = fmt.Sprintf("w%x AND w%x", random.IntN(60_000)*7919, random.IntN(2000)*7919)
		case 2:
			r.Query = fmt.Sprintf("what:ACCUSE actor:%s story.publishers:>=3", country())
		case 5:
			r.When = rule.When{Kind: rule.Count, Over: time.Hour, AtLeast: 10, Distinct: rule.ByPublisher}
		case 6:
			r.When = rule.When{Kind: rule.Spike, Over: time.Hour, Baseline: 24 * time.Hour, Ratio: 3}
		case 7:
			r.When = rule.When{Kind: rule.First, Over: 90 * 24 * time.Hour, Of: []rule.Dimension{rule.ByWho, rule.ByWhat, rule.ByWhom}}
		case 8:
			r.When = rule.When{Kind: rule.Absence, Over: 6 * time.Hour}
		case 9:
			r.Query = ""
			r.When = rule.When{Kind: rule.Sequence, Over: 24 * time.Hour, GroupBy: []rule.Dimension{rule.ByWho}, Steps: []rule.Step{
				{Query: "what:THREATEN who:" + country()}, {Query: "what:ASSAULT who:" + country()},
			}}
		}
		r, err := r.Complete()
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func pressed(b testing.TB) *machine.State {
	set, err := machine.Compile("1", thousand(b), gazetteer.Default())
	if err != nil {
		b.Fatal(err)
	}
	state := &machine.State{}
	state.Step(machine.Input{Seq: 1, Entry: news.Rules{Hash: "1"}, Rules: set})
	return state
}

// tape steps articles and counts what comes of them; only the steps are timed.
type tape struct {
	state                *machine.State
	press                *press
	seq                  uint64
	reports, hits, alert int
	took                 time.Duration // processor time
}

func (t *tape) run(n int) { t.step(t.draw(n)) }

func (t *tape) draw(n int) []news.Report {
	batch := make([]news.Report, n)
	for i := range batch {
		batch[i] = t.press.next()
	}
	return batch
}

func (t *tape) step(batch []news.Report) {
	began := cpu()
	for _, r := range batch {
		t.seq++
		result := t.state.Step(machine.Input{Seq: t.seq, Entry: r})
		t.reports++
		t.hits += len(result.Suppressed)
		for _, o := range result.Outputs {
			if o.Alert != nil {
				t.alert++
			}
		}
	}
	t.took += cpu() - began
}

func (t *tape) report(b *testing.B) {
	b.ReportMetric(float64(t.reports)/t.took.Seconds(), "reports/cpu-s")
	b.ReportMetric(float64(t.hits)/float64(t.reports), "held-back/report")
	b.ReportMetric(float64(t.alert)/float64(t.reports), "alerts/report")
}

// BenchmarkStep is one report with stories, 1,000 rules and windows, after 20,000 reports of the same day.
func BenchmarkStep(b *testing.B) {
	t := &tape{state: pressed(b), press: newPress(1728 * time.Millisecond), seq: 1}
	t.run(20_000)
	t.reports, t.hits, t.alert, t.took = 0, 0, 0, 0
	b.ReportAllocs()
	b.ResetTimer()
	for n := b.N; n > 0; n -= 1000 { // drawn by the thousand, beside the clock
		b.StopTimer()
		batch := t.draw(min(n, 1000))
		b.StartTimer()
		t.step(batch)
	}
	t.report(b)
}

var day = flag.Int("day", 1_000_000, "articles of BenchmarkDay's day")

// BenchmarkDay is a day of a million articles and tells what the machine then holds, how long it stands still for a
// snapshot, how long the slowest of the next thousand steps takes and how much work it is to write the snapshot beside it: go test -bench Day -benchtime 1x.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		t := &tape{state: pressed(b), press: newPress(24 * time.Hour / time.Duration(*day)), seq: 1}
		before := heap()
		for range *day / 1000 {
			t.run(1000)
		}
		b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
		t.report(b)
		began, used := time.Now(), cpu()
		picture := t.state.Picture()
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "still-ms")
		b.ReportMetric(float64((cpu() - used).Milliseconds()), "still-cpu-ms")
		var slowest time.Duration // the first steps copy what they share with the picture
		for range 1000 {
			batch := t.draw(1)
			began := time.Now()
			t.step(batch)
			slowest = max(slowest, time.Since(began))
		}
		b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-step-ms")
		used = cpu()
		snapshot, err := picture.Append(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64((cpu() - used).Milliseconds()), "snapshot-cpu-ms")
		b.ReportMetric(float64(len(snapshot))/(1<<20), "MiB-snapshot")
		b.Logf("%+v", t.state.Size())
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

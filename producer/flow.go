package producer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// flow is one run: readers → workers → one orderer per input → the gatherer.
//
// A reader puts each article into its input's queue, which is bounded and keeps the order, and then offers it to the
// workers. The orderer takes the queue's head, waits until it is coded and passes its report on. A slow article holds
// up its own source only.
type flow struct {
	*Producer
	work  chan *job
	ready chan coded
	coded sync.WaitGroup // workers that still answer
}

// job is one article on its way through the coder.
type job struct {
	article news.Article
	origin  news.Origin
	source  Source
	told    *told       // nil: to be coded
	settled atomic.Bool // the worker and the watch agree by it on who answers
	done    chan outcome
}

// coded is a report on its way to the log.
type coded struct {
	news.Report
	source Source
}

// settle tells a source that wants to know that its article needs it no more.
func settle(s Source, a news.Article) {
	if s, ok := s.(Settler); ok {
		s.Settled(a)
	}
}

// told is what a Reporter tells of an article.
type told struct {
	events []news.Event
	coder  string
}

// toldBy is what the source knows of the article it gave last; nil where our own coder has to find it out.
func toldBy(s Source) *told {
	r, ok := s.(Reporter)
	if !ok {
		return nil
	}
	events, coder, ok := r.Coded()
	if !ok {
		return nil
	}
	return &told{events, coder}
}

// outcome is a report, or the reason there is none.
type outcome struct {
	report news.Report
	reason Reason
	why    error
}

func newFlow(p *Producer) *flow {
	return &flow{Producer: p, work: make(chan *job), ready: make(chan coded, p.cfg.Workers)}
}

// farewell is how long Run, when interrupted, waits for what cannot heed a context: a read from a terminal, a coder
// at work. After that it leaves them behind.
const farewell = time.Second

func (f *flow) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	broken := make([]error, len(f.inputs))
	var readers, orderers sync.WaitGroup
	for i, in := range f.inputs {
		queue := make(chan *job, f.cfg.Ahead)
		readers.Go(func() { broken[i] = f.read(ctx, in, queue) })
		orderers.Go(func() { f.order(ctx, queue) })
	}
	for range f.cfg.Workers {
		f.coded.Add(1)
		go f.codeAll(ctx)
	}
	idle := make(chan struct{})
	go func() { readers.Wait(); close(f.work); f.coded.Wait(); close(idle) }()
	go func() { orderers.Wait(); close(f.ready) }()

	err := f.gather(ctx)
	stop()
	for range f.ready { // let the orderers hand over what they hold; they stop by themselves
	}
	select {
	case <-idle:
		return errors.Join(append(broken, err)...)
	case <-time.After(farewell):
		return err
	}
}

// read feeds one input's articles to the workers, in order.
func (f *flow) read(ctx context.Context, in Input, queue chan<- *job) error {
	defer close(queue)
	for {
		a, err := f.next(ctx, in)
		switch {
		case errors.Is(err, io.EOF) || ctx.Err() != nil:
			return nil
		case err != nil:
			f.cfg.Log.Error("producer: source ended early", "source", in.Name, "error", err)
			return fmt.Errorf("source %s: %w", in.Name, err)
		}
		j := &job{article: a, origin: origin(in), source: in.Source, told: toldBy(in.Source), done: make(chan outcome, 1)}
		select {
		case queue <- j:
		case <-ctx.Done():
			return nil
		}
		select {
		case f.work <- j:
		case <-ctx.Done():
			return nil
		}
	}
}

func origin(in Input) news.Origin {
	if o, ok := in.Source.(Originator); ok {
		return o.Origin()
	}
	return in.Origin
}

// codeAll is one worker. It ends with the work, or when the watch has given its article up: then another has taken its
// place and its answer is not wanted any more.
func (f *flow) codeAll(ctx context.Context) {
	for {
		select {
		case j, open := <-f.work:
			if !open || ctx.Err() != nil {
				f.coded.Done()
				return
			}
			if !f.codeOne(ctx, j) {
				return
			}
		case <-ctx.Done():
			f.coded.Done()
			return
		}
	}
}

// codeOne codes an article under the eye of a clock, and tells whether the clock was content. The clock never changes
// a report: it only decides that there is none.
func (f *flow) codeOne(ctx context.Context, j *job) bool {
	watch := time.AfterFunc(f.cfg.Patience, func() {
		if j.settled.CompareAndSwap(false, true) {
			j.done <- outcome{reason: CoderSlow, why: fmt.Errorf("not coded within %s", f.cfg.Patience)}
			go f.codeAll(ctx) // inherits the place in f.coded of the worker that hangs
		}
	})
	began := time.Now()
	o := f.code(j)
	if !j.settled.CompareAndSwap(false, true) {
		return false
	}
	watch.Stop()
	f.metrics.stage("code", time.Since(began))
	j.done <- o
	return true
}

// code makes a report of an article; a panic of the coder costs that article only.
func (f *flow) code(j *job) (o outcome) {
	defer func() {
		if r := recover(); r != nil {
			f.cfg.Log.Error("producer: the coder panicked", "article", j.article.ID, "panic", r, "stack", string(debug.Stack()))
			o = outcome{reason: CoderPanic, why: fmt.Errorf("panic: %v", r)}
		}
	}()
	events, coder := []news.Event(nil), f.coderName
	if j.told != nil {
		events, coder = j.told.events, j.told.coder
	} else {
		events = f.coder.Code(j.article)
	}
	r := news.Report{
		Article: j.article, Events: events, At: news.LogTime(j.article, j.origin), Origin: j.origin, Coder: coder,
	}
	if f.cfg.Sketch != nil {
		r.Sketch = f.cfg.Sketch(j.article)
	}
	if len(events) > f.cfg.MaxEvents {
		r.Events, r.Cut = events[:f.cfg.MaxEvents:f.cfg.MaxEvents], true
		f.count(func(c *Counts) { c.CutEvents += len(events) - f.cfg.MaxEvents })
		f.metrics.cutEvents.Add(float64(len(events) - f.cfg.MaxEvents))
	}
	return outcome{report: r}
}

// order passes on one input's reports in the order their articles were read.
func (f *flow) order(ctx context.Context, queue <-chan *job) {
	for {
		j, ok := receive(ctx, queue)
		if !ok {
			return
		}
		o, ok := receive(ctx, j.done)
		switch {
		case !ok:
			return
		case o.reason != "":
			if f.fail(ctx, j.article, o.reason, o.why) != nil {
				return // interrupted: the article stays open
			}
			settle(j.source, j.article)
			continue
		}
		f.noteCoded(o.report)
		select {
		case f.ready <- coded{o.report, j.source}:
		case <-ctx.Done():
			return
		}
	}
}

// receive waits for a value; false: the channel is closed or ctx has ended.
func receive[T any](ctx context.Context, c <-chan T) (T, bool) {
	select {
	case v, ok := <-c:
		return v, ok
	case <-ctx.Done():
		var none T
		return none, false
	}
}

// fail buries an article.
func (p *Producer) fail(ctx context.Context, a news.Article, reason Reason, why error) error {
	origin := fmt.Sprintf("%s article %s %s", a.Source, a.ID, a.URL)
	sample := fmt.Appendf(nil, "%s\n%s", a.Title, a.Text[:min(len(a.Text), maxSample)])
	if err := p.bury(ctx, reason, why, strings.TrimSpace(origin), sample); err != nil {
		return err
	}
	p.count(func(c *Counts) { c.Failed++ })
	p.metrics.articles.WithLabelValues("failed").Inc()
	return nil
}

func (p *Producer) noteCoded(r news.Report) {
	p.count(func(c *Counts) { c.Events += len(r.Events) })
	p.metrics.articles.WithLabelValues("coded").Inc()
	for _, e := range r.Events {
		what := "other"
		if e.What.Type.Known() {
			what = string(e.What.Type)
		}
		p.metrics.events.WithLabelValues(what).Inc()
	}
}

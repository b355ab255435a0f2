package producer

import (
	"context"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// maxBatchBytes bounds the text of one batch, so that a batch of long articles stays small in memory.
const maxBatchBytes = 4 << 20

// batch is reports that are published together.
type batch struct {
	reports  []news.Report
	sources  []Source // of the reports
	messages int
	bytes    int
}

func messages(r news.Report) int { return len(r.Events) + 1 }

func bytesOf(r news.Report) int {
	n := len(r.Article.Text)
	for _, e := range r.Events {
		n += 1024
		for _, c := range e.Cites {
			n += len(c.Quote)
		}
	}
	return n
}

func (b *batch) add(c coded) {
	b.reports = append(b.reports, c.Report)
	b.sources = append(b.sources, c.source)
	b.messages += messages(c.Report)
	b.bytes += bytesOf(c.Report)
}

func (b *batch) settle() {
	for i, r := range b.reports {
		settle(b.sources[i], r.Article)
	}
}

// takes tells whether r fits too. A batch takes any first report.
func (b *batch) takes(r news.Report, limit int) bool {
	return len(b.reports) == 0 || b.messages+messages(r) <= limit && b.bytes+bytesOf(r) <= maxBatchBytes
}

// gather publishes what is ready, in batches, until nothing can come any more or ctx ends.
func (f *flow) gather(ctx context.Context) error {
	var next batch
	for {
		b := next
		next = batch{}
		if len(b.reports) == 0 {
			r, open := <-f.ready
			if !open {
				return ctx.Err()
			}
			b.add(r)
		}
		open := f.fill(&b, &next)
		if err := f.publish(ctx, b.reports); err != nil {
			return err
		}
		b.settle()
		if !open && len(next.reports) == 0 {
			return ctx.Err()
		}
	}
}

// fill adds reports to b for at most Config.Gather; the first that does not fit begins the next batch. It tells
// whether more may come.
func (f *flow) fill(b, next *batch) bool {
	timer := time.NewTimer(f.cfg.Gather)
	defer timer.Stop()
	for b.messages < f.cfg.MaxBatch {
		select {
		case r, open := <-f.ready:
			if !open {
				return false
			}
			if !b.takes(r.Report, f.cfg.MaxBatch) {
				next.add(r)
				return true
			}
			b.add(r)
		case <-timer.C:
			return true
		}
	}
	return true
}

// publish tries until the reports are stored. Where the log refuses a batch for good, each report goes alone, so that
// only the guilty one is buried.
func (f *flow) publish(ctx context.Context, reports []news.Report) error {
	began := time.Now()
	err := f.persist(ctx, "publish", func() error {
		receipt, err := f.publisher.Publish(ctx, reports)
		f.notePublished(receipt)
		reports = reports[min(len(reports), receipt.Stored+receipt.Duplicate):]
		return err
	})
	f.metrics.stage("publish", time.Since(began))
	switch {
	case err == nil:
		return nil
	case !permanent(err):
		return err
	case len(reports) == 1:
		return f.fail(ctx, reports[0].Article, Refused, err)
	}
	for i := range reports {
		if err := f.publish(ctx, reports[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Producer) notePublished(r Receipt) {
	p.count(func(c *Counts) { c.Stored += r.Stored; c.Duplicate += r.Duplicate })
	p.metrics.articles.WithLabelValues("stored").Add(float64(r.Stored))
	p.metrics.articles.WithLabelValues("duplicate").Add(float64(r.Duplicate))
}

func permanent(err error) bool { return pipeline.IsPermanent(err) }

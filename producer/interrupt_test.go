package producer_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
)

func TestInterruptedRunSaysWhatIsOpen(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	l := &log{before: func(call int, _ []news.Report) (int, error) {
		if call > 2 {
			stop()
			return 0, errors.New("gone")
		}
		return 0, nil
	}}
	p, err := producer.New([]producer.Input{input(numbered("a", 10_000))}, coder(oneEvent), l, new(dead), producer.Config{Gather: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	c := p.Counts()
	if c.Open == 0 || c.Stored != len(l.reports) || c.Articles != c.Stored+c.Open {
		t.Errorf("%+v, %d in the log", c, len(l.reports))
	}
}

func TestSourceThatHearsNothingHoldsUpNobody(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	deaf := make(chan struct{})
	defer close(deaf)
	p, err := producer.New([]producer.Input{{Name: "terminal", Source: terminal(deaf)}}, coder(oneEvent), new(log), new(dead), producer.Config{})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := p.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

type terminal chan struct{}

func (t terminal) Next(context.Context) (news.Article, error) {
	<-t
	return news.Article{}, io.EOF
}

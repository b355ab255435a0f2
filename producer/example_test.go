package producer_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// printer is a log that people read.
type printer struct{}

func (printer) Publish(_ context.Context, reports []news.Report) (producer.Receipt, error) {
	for _, r := range reports {
		fmt.Printf("%s: %s (%d event)\n", r.At.Format("2006-01-02"), r.Article.Text, len(r.Events))
	}
	return producer.Receipt{Stored: len(reports)}, nil
}

func Example() {
	lines := ` date 2021-10-18 Moscow suspends its mission to NATO.
 date 2021-10-19
 date 2021-10-20 Brussels regrets it.
`
	p, err := producer.New(
		[]producer.Input{{Name: "standard input", Origin: news.Archive, Source: archive.Read(archive.Config{}, "-", strings.NewReader(lines))}},
		coder(oneEvent), printer{}, new(dead), producer.Config{},
	)
	if err != nil {
		panic(err)
	}
	if err := p.Run(context.Background()); err != nil {
		panic(err)
	}
	c := p.Counts()
	fmt.Println(c.Articles, "articles,", c.BadInputs, "bad input,", c.Stored, "stored")
	// Output:
	// 2021-10-18: Moscow suspends its mission to NATO. (1 event)
	// 2021-10-20: Brussels regrets it. (1 event)
	// 2 articles, 1 bad input, 2 stored
}

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer"
)

func newRulesExplain(std streams) *cobra.Command {
	var article, only string
	c := &cobra.Command{
		Use:   "explain --article FILE RULES…",
		Short: "Say which clauses of rules hold for an article, where, and which do not",
		Long: `Code the articles of a file and ask the rules of rule files of each, in full: '+' before a
clause that holds, with the words that prove it, '-' before one that does not, and what the
rule is looked up by. Nothing is stored.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			book, err := rulebook.Load(files...)
			if err != nil {
				return &usageError{err}
			}
			rules := book.Rules
			if only != "" {
				if rules, err = named(rules, []string{only}); err != nil {
					return err
				}
			}
			return explainArticle(c.Context(), std, article, rules)
		},
	}
	c.Flags().StringVar(&article, "article", "", "the file with the article or articles; - is standard input")
	c.Flags().StringVar(&only, "rule", "", "explain only the rule with this name")
	_ = c.MarkFlagRequired("article")
	return c
}

func explainArticle(ctx context.Context, std streams, article string, rules []rule.Rule) error {
	source, err := openArchive(std, []string{article})
	if err != nil {
		return err
	}
	defer source.Close()
	p, err := producer.New([]producer.Input{{Name: "explain", Origin: news.Archive, Source: source}}, newCoder(),
		explainer{std.out, rules}, &complaints{w: std.err}, producer.Config{})
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

// explainer publishes what each report says to each rule.
type explainer struct {
	w     io.Writer
	rules []rule.Rule
}

func (e explainer) Publish(_ context.Context, reports []news.Report) (producer.Receipt, error) {
	for _, r := range reports {
		var b strings.Builder
		fmt.Fprintf(&b, "%s  %s, %d events\n", nameOr(r.Article.Title, r.Article.URL, r.Article.ID.Short()), r.At.UTC().Format(time.DateOnly), len(r.Events))
		for _, of := range e.rules {
			a, err := match.Explain(of, gazetteer.Default(), r, news.Story{ID: r.Article.ID, Articles: 1, Publishers: 1})
			if err != nil {
				return producer.Receipt{}, err
			}
			showAnswer(&b, of, r, a)
		}
		if _, err := io.WriteString(e.w, b.String()); err != nil {
			return producer.Receipt{}, fmt.Errorf("standard output: %w", err)
		}
	}
	return producer.Receipt{Stored: len(reports)}, nil
}

func showAnswer(b *strings.Builder, r rule.Rule, report news.Report, a match.Answer) {
	verdict := "does not hold"
	if a.Holds {
		verdict = "holds"
	}
	fmt.Fprintf(b, "  %s %s\n", r.Name, verdict)
	for _, c := range a.Clauses {
		sign := '-'
		if c.Holds {
			sign = '+'
		}
		fmt.Fprintf(b, "    %c %s", sign, c.Text)
		for _, s := range c.Spans {
			fmt.Fprintf(b, "  «%s» %d–%d", report.Article.Text[s.Start:s.End], s.Start, s.End)
		}
		if len(c.Events) > 0 {
			fmt.Fprintf(b, "  events %v", c.Events)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "    looked up by %s\n", lookedUp(a))
}

func lookedUp(a match.Answer) string {
	names := a.Anchors
	more := ""
	if len(names) > 8 {
		names, more = names[:8], fmt.Sprintf(" and %d more", len(a.Anchors)-8)
	}
	switch {
	case len(names) == 0:
		return "nothing: it is tried for every report"
	case a.Weak:
		return strings.Join(names, " ") + more + ", which most reports have"
	}
	return strings.Join(names, " ") + more
}

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/cmd/quidnunc/sample"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func newRules(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "rules",
		Short: "Check rule files, put them in force",
	})
	c.AddCommand(newRulesCheck(std), newRulesTest(std), newRulesPreview(std), newRulesExplain(std), newRulesPut(std), newRulesAdd(std), newRulesLs(std), newRulesGet(std),
		newRulesRm(std),
		newRulesHistory(std), newRulesScore(std), newRulesSample(std))
	return c
}

// counted is how many messages at the end of the log are looked through for reports.
const counted = 20_000

func countReports(ctx context.Context, std streams, at place) (*match.Census, error) {
	hub, done, err := at.attach(ctx, std)
	if err != nil {
		return nil, err
	}
	defer done()
	last, err := hub.Last(ctx, stream.Reports)
	if err != nil {
		return nil, err
	}
	census := &match.Census{}
	err = hub.Scan(ctx, stream.Reports, wire.ReportKind+".>", last-min(last, counted), func(m stream.Stored) error {
		e, err := wire.DecodeEntry(m.Subject, m.Data)
		if r, ok := e.(news.Report); ok && err == nil {
			census.Add(r)
		}
		return nil
	})
	return census, err
}

// explainRules prints a rule a paragraph: name, state, query as parsed, and what the names in it stand for.
func explainRules(w io.Writer, rules []rule.Rule) {
	g := gazetteer.Default()
	for _, r := range rules {
		fmt.Fprintf(w, "%s  %s, %s, each %s\n  %s\n", r.Name, r.Severity, r.State, r.When.Each, r.Expr)
		for _, resolved := range rule.Resolve(r.Expr, g) {
			fmt.Fprintf(w, "    %s\n", resolved)
		}
	}
}

func newRulesPut(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "put FILE…",
		Short: "Put rule files in force: they become a message in the log",
		Long: `Read rule files and put their rules in force, in place of those that are. Receivers are not
part of the log: they belong to the configuration of the process that delivers.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			book, err := rulebook.Load(files...)
			if err != nil {
				return &usageError{err}
			}
			return putRules(c.Context(), std, at, book.Rules)
		},
	}
	at.flags(c.Flags())
	return c
}

func newRulesAdd(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "add FILE…",
		Short: "Put the rules of files in force beside those that are",
		Long: `Read rule files and put their rules in force: each in the place of the one that has its name, and
all others stay. However many rules are in force, only those of the files are stored, and the
machine makes only those ready.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			book, err := rulebook.Load(files...)
			if err != nil {
				return &usageError{err}
			}
			hub, done, err := at.attach(c.Context(), std)
			if err != nil {
				return err
			}
			defer done()
			if _, err := changeRules(c.Context(), hub, book.Rules, nil, time.Now()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(std.out, "%d rules are in the log beside those in force: they hold for every article behind this point\n", len(book.Rules))
			return err
		},
	}
	at.flags(c.Flags())
	return c
}

func putRules(ctx context.Context, std streams, at place, rules []rule.Rule) error {
	hub, done, err := at.attach(ctx, std)
	if err != nil {
		return err
	}
	defer done()
	told, err := tellRules(ctx, hub, rules, time.Now())
	if err != nil {
		return err
	}
	last, err := lastRules(ctx, hub)
	if err != nil {
		return err
	}
	hash := last.Hash
	if !told {
		fmt.Fprintf(std.out, "%d rules were in force already (%.12s)\n", len(rules), hash)
		return nil
	}
	fmt.Fprintf(std.out, "%d rules are in the log (%.12s): they hold for every article behind this point\n", len(rules), hash)
	return nil
}

func newRulesSample(std streams) *cobra.Command {
	return &cobra.Command{
		Use:     "sample",
		Short:   "Print the sample's rule file, to begin your own with",
		Example: "  quidnunc rules sample > rules.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := std.out.Write(sample.Rules())
			return err
		},
	}
}

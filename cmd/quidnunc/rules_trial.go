package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/consumer/trial"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/archive"
	"github.com/quidnunc-news/quidnunc/producer/coder"
)

func newRulesTest(std streams) *cobra.Command {
	var format, only string
	c := &cobra.Command{
		Use:   "test FILE…",
		Short: "Run the tests of rule files: articles at simulated times, the alerts expected of them",
		Long: `Run the tests: of rule files. Each test codes its articles as live ones are, steps a machine
with its rule through them at the times it names, and compares what is told with what is
expected. Nothing is stored, nobody is told.

Exit codes: 0 all went as expected; 1 a test failed; 2 a file cannot be used.`,
		Example: "  quidnunc rules test rules.yaml\n  quidnunc rules test --format junit rules/*.yaml > report.xml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			write, ok := map[string]func(io.Writer, []trial.Outcome) error{"table": tableOfTrials, "json": jsonOfTrials, "junit": junitOfTrials}[format]
			if !ok {
				return usagef("--format %q: want table, json or junit", format)
			}
			outcomes, err := tryRules(c.Context(), files, only)
			if err != nil {
				return err
			}
			if err := write(std.out, outcomes); err != nil {
				return fmt.Errorf("standard output: %w", err)
			}
			return verdict(outcomes)
		},
	}
	c.Flags().StringVar(&format, "format", "table", "table, json or junit")
	c.Flags().StringVar(&only, "run", "", "run only the tests whose name, or whose rule's name, this regular expression matches")
	return c
}

func verdict(outcomes []trial.Outcome) error {
	failed := 0
	for _, o := range outcomes {
		if len(o.Failures) > 0 {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d tests failed", failed, len(outcomes))
	}
	return nil
}

// tryRules runs the tests of rule files.
func tryRules(ctx context.Context, files []string, only string) ([]trial.Outcome, error) {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return nil, usagef("--run: %w", err)
	}
	book, err := rulebook.Load(files...)
	if err != nil {
		return nil, &usageError{err}
	}
	rules := make(map[string]rule.Rule, len(book.Rules))
	for _, r := range book.Rules {
		rules[r.Name] = r
	}
	c := newCoder()
	var out []trial.Outcome
	for _, t := range book.Tests {
		if !chosen.MatchString(t.Name) && !chosen.MatchString(t.Rule) {
			continue
		}
		reports, err := reportsOf(ctx, c, t)
		if err != nil {
			return nil, &usageError{err}
		}
		o, err := trial.Run(t, rules[t.Rule], reports, gazetteer.Default())
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	if len(out) == 0 {
		return nil, usagef("there are no tests to run in %s", strings.Join(files, ", "))
	}
	return out, nil
}

// reportsOf codes the articles of a test.
func reportsOf(ctx context.Context, c *coder.Coder, t trial.Case) ([]news.Report, error) {
	var out []news.Report
	for _, a := range t.Articles {
		articles, err := written(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Where, err)
		}
		for _, a := range articles {
			article, at := a.Dated(len(out) + 1)
			out = append(out, news.Report{
				Article: article, Events: news.Identify(article.ID, c.Code(article)), At: at, Origin: news.Live, Sketch: sketched(article), Coder: c.Name(),
			})
		}
	}
	return out, nil
}

// written is the article of a test, or those of its file.
func written(ctx context.Context, a trial.Article) ([]trial.Article, error) {
	if a.File == "" {
		return []trial.Article{a}, nil
	}
	source, err := archive.Open(archive.Config{Now: time.Now}, a.File)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	var out []trial.Article
	for {
		read, err := source.Next(ctx)
		switch {
		case errors.Is(err, io.EOF) && len(out) == 0:
			return nil, fmt.Errorf("no article in %s", a.File)
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		out = append(out, trial.Article{Where: a.Where, At: a.At, File: a.File, Article: read})
	}
}

func tableOfTrials(w io.Writer, outcomes []trial.Outcome) error {
	var b strings.Builder
	failed := 0
	for _, o := range outcomes {
		verdict := "ok  "
		if len(o.Failures) > 0 {
			verdict = "FAIL"
			failed++
		}
		fmt.Fprintf(&b, "%s  %s  %s\n", verdict, o.Case.Rule, o.Case.Name)
		for _, f := range o.Failures {
			fmt.Fprintf(&b, "      %s\n", strings.ReplaceAll(f.String(), "\n", "\n  "))
		}
	}
	fmt.Fprintf(&b, "%d tests, %d failed\n", len(outcomes), failed)
	_, err := io.WriteString(w, b.String())
	return err
}

type trialLine struct {
	Rule     string        `json:"rule"`
	Test     string        `json:"test"`
	Where    string        `json:"where"`
	OK       bool          `json:"ok"`
	Alerts   int           `json:"alerts"`
	Failures []trialFlawed `json:"failures"`
}

type trialFlawed struct {
	Where string `json:"where"`
	Text  string `json:"text"`
}

// jsonOfTrials writes an array with one object a test.
func jsonOfTrials(w io.Writer, outcomes []trial.Outcome) error {
	lines := make([]trialLine, len(outcomes))
	for i, o := range outcomes {
		lines[i] = trialLine{o.Case.Rule, o.Case.Name, o.Case.Where, len(o.Failures) == 0, len(o.Told), []trialFlawed{}}
		for _, f := range o.Failures {
			lines[i].Failures = append(lines[i].Failures, trialFlawed(f))
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(lines)
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// junitOfTrials writes what programs for continuous integration read.
func junitOfTrials(w io.Writer, outcomes []trial.Outcome) error {
	suite := junitSuite{Name: "quidnunc rules test", Tests: len(outcomes)}
	for _, o := range outcomes {
		c := junitCase{Class: o.Case.Rule, Name: o.Case.Name, File: o.Case.Where}
		if len(o.Failures) > 0 {
			suite.Failures++
			var all []string
			for _, f := range o.Failures {
				all = append(all, f.String())
			}
			c.Failure = &junitFailure{strings.Split(o.Failures[0].String(), "\n")[0], strings.Join(all, "\n")}
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

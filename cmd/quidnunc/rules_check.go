package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer/lint"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

func newRulesCheck(std streams) *cobra.Command {
	var at place
	var counting, asJSON, strict bool
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say how each query is understood, and what is wrong or odd and where",
		Long: `Read rule files and print how each query is understood, with what each actor name stands for,
and what is odd in rules that can be used: one that can never match, one that has nothing rare
to be looked up by, a throttle shorter than its window, no owner, no test. docs/rules.md lists
the names. With --estimate, rules with nothing rare are told by how many alerts a day they would
raise, as the latest reports of the log have it.

Exit codes: 0 all can be used; 1 with --strict, something is odd; 2 a file cannot be used.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			book, err := rulebook.Load(files...)
			if err == nil {
				_, err = newWorkshop(io.Discard, notify.Style{}).receivers(book.Receivers)
			}
			if err != nil {
				if asJSON {
					return errors.Join(writeRemarks(std.out, mistakes(err)), &usageError{err})
				}
				return &usageError{err}
			}
			var census *match.Census
			if counting {
				if census, err = countReports(c.Context(), std, at); err != nil {
					return err
				}
			}
			remarks, err := lintBook(book, census)
			if err != nil {
				return err
			}
			if asJSON {
				err = writeRemarks(std.out, remarks)
			} else {
				explainRules(std.out, book.Rules)
				err = showRemarks(std.out, len(book.Rules), remarks)
			}
			if err == nil && strict && len(remarks) > 0 {
				err = fmt.Errorf("%d things are odd", len(remarks))
			}
			return err
		},
	}
	at.flags(c.Flags())
	c.Flags().BoolVar(&counting, "estimate", false, "count the latest reports of the log, to estimate what rules with nothing rare would raise")
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of what is wrong or odd, and nothing else")
	c.Flags().BoolVar(&strict, "strict", false, "end with exit code 1 when something is odd")
	return c
}

// remark is what is wrong or odd at a place of a rule file.
type remark struct {
	Lint     string `json:"lint"`
	Severity string `json:"severity"` // error: the file cannot be used; warning: it can
	Rule     string `json:"rule,omitempty"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Text     string `json:"text"`
}

func lintBook(book rulebook.Book, census *match.Census) ([]remark, error) {
	tested := map[string]bool{}
	for _, t := range book.Tests {
		tested[t.Rule] = true
	}
	found, err := lint.Rules(book.Rules, tested, gazetteer.Default(), census)
	if err != nil {
		return nil, err
	}
	out := make([]remark, len(found))
	for i, f := range found {
		at, ok := book.Places[f.Rule][f.Key]
		if !ok {
			at = book.Places[f.Rule][""]
		}
		out[i] = remark{f.Name, "warning", book.Rules[f.Rule].Name, at.File, at.Line, at.Column, f.Text}
	}
	return out, nil
}

// mistakes are the parts of an error of rule files.
func mistakes(err error) []remark {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var out []remark
		for _, e := range joined.Unwrap() {
			out = append(out, mistakes(e)...)
		}
		return out
	}
	var e *rulebook.Error
	if errors.As(err, &e) {
		return []remark{{Lint: e.Lint, Severity: "error", File: e.File, Line: e.Line, Column: e.Column, Text: e.Problem}}
	}
	return []remark{{Lint: rulebook.Invalid, Severity: "error", Text: err.Error()}}
}

func writeRemarks(w io.Writer, remarks []remark) error {
	if remarks == nil {
		remarks = []remark{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(remarks); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

func showRemarks(w io.Writer, rules int, remarks []remark) error {
	for _, r := range remarks {
		if _, err := fmt.Fprintf(w, "%s:%d:%d: %s: %s: %s\n", r.File, r.Line, r.Column, r.Rule, r.Lint, r.Text); err != nil {
			return fmt.Errorf("standard output: %w", err)
		}
	}
	said := "all good"
	if len(remarks) > 0 {
		said = fmt.Sprintf("all can be used, %d things are odd", len(remarks))
	}
	_, err := fmt.Fprintf(w, "%d rules, %s\n", rules, said)
	return err
}

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func newRulesLs(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "ls",
		Short: "List the rules in force",
		Args:  cobra.NoArgs,
		RunE: at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
			rules, err := rulesInForce(ctx, hub)
			if err != nil {
				return err
			}
			for _, r := range rules {
				if _, err := fmt.Fprintf(std.out, "%s\t%s\t%s\t%s\n", r.Name, r.State, r.Severity, r.Query); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	at.flags(c.Flags())
	return c
}

func newRulesGet(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "get NAME…",
		Short: "Show rules in force, and what the names in them stand for",
		Args:  cobra.MinimumNArgs(1),
		RunE: at.asking(std, func(ctx context.Context, hub *stream.Hub, names []string) error {
			rules, err := rulesInForce(ctx, hub)
			if err != nil {
				return err
			}
			chosen, err := named(rules, names)
			if err != nil {
				return err
			}
			explainRules(std.out, chosen)
			return nil
		}),
	}
	at.flags(c.Flags())
	return c
}

func newRulesRm(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "rm NAME…",
		Short: "Take rules out of force: the others become a new version in the log",
		Args:  cobra.MinimumNArgs(1),
		RunE: at.asking(std, func(ctx context.Context, hub *stream.Hub, names []string) error {
			rules, err := rulesInForce(ctx, hub)
			if err != nil {
				return err
			}
			if _, err := named(rules, names); err != nil {
				return err
			}
			if _, err := changeRules(ctx, hub, nil, names, time.Now()); err != nil {
				return err
			}
			rules = slices.DeleteFunc(rules, func(r rule.Rule) bool { return slices.Contains(names, r.Name) })
			_, err = fmt.Fprintf(std.out, "%d rules are left in force\n", len(rules))
			return err
		}),
	}
	at.flags(c.Flags())
	return c
}

func newRulesHistory(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "history",
		Short: "List the versions of the rules that the log tells of, oldest first",
		Args:  cobra.NoArgs,
		RunE: at.asking(std, func(ctx context.Context, hub *stream.Hub, _ []string) error {
			return hub.Scan(ctx, stream.Reports, wire.RulesKind+".>", 1, func(m stream.Stored) error {
				e, err := wire.DecodeEntry(m.Subject, m.Data)
				r, ok := e.(news.Rules)
				if err != nil || !ok {
					return err
				}
				rules, err := library{hub}.Rules(ctx, r.Hash)
				count := fmt.Sprint(len(rules), " rules")
				if err != nil {
					count = "not kept"
				}
				_, err = fmt.Fprintf(std.out, "%s\t%d\t%.12s\t%s\n", r.At.UTC().Format(time.RFC3339), m.Seq, r.Hash, count)
				return err
			})
		}),
	}
	at.flags(c.Flags())
	return c
}

// rulesInForce are those that the log named last; none when it named none.
func rulesInForce(ctx context.Context, hub *stream.Hub) ([]rule.Rule, error) {
	last, err := lastRules(ctx, hub)
	if err != nil || last.Hash == "" {
		return nil, err
	}
	return library{hub}.Rules(ctx, last.Hash)
}

// named picks rules by name; each has to be there.
func named(rules []rule.Rule, names []string) ([]rule.Rule, error) {
	var out []rule.Rule
	var known []string
	for _, r := range rules {
		known = append(known, r.Name)
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			hint := ""
			if near := rule.Nearest(name, known); near != "" {
				hint = fmt.Sprintf(": did you mean %s?", near)
			}
			return nil, &usageError{fmt.Errorf("no rule in force is named %q%s", name, hint)}
		}
		out = append(out, rules[i])
	}
	return out, nil
}

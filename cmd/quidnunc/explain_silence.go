package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// again steps the log again and watches what becomes of one article under one rule.
type again struct {
	w       io.Writer
	rule    string
	article string
	library library
	state   machine.State
	rules   []rule.Rule
	began   uint64 // the first message there is
	found   int
}

func explainSilence(ctx context.Context, w io.Writer, hub *stream.Hub, rule, article string) error {
	a := &again{w: w, rule: rule, article: article, library: library{hub}}
	err := hub.Scan(ctx, stream.Reports, "", 1, func(m stream.Stored) error {
		if a.began == 0 {
			a.began = m.Seq
		}
		if wire.Kind(m.Subject) == wire.ToldKind {
			return nil
		}
		entry, err := wire.DecodeEntry(m.Subject, m.Data)
		if err != nil {
			return nil //nolint:nilerr // the machine passes over what cannot be read, too
		}
		return a.step(ctx, m.Seq, entry)
	})
	if err != nil {
		return err
	}
	if a.found == 0 {
		return fmt.Errorf("explain: the log has no article with the ID or address %q", article)
	}
	if a.began > 1 {
		_, err = fmt.Fprintf(w, "the log begins with message %d: what lay before it is not in this answer\n", a.began)
	}
	return err
}

func (a *again) step(ctx context.Context, seq uint64, entry news.Entry) error {
	in := machine.Input{Seq: seq, Entry: entry}
	if told, ok := entry.(news.Rules); ok {
		rules, err := a.library.Rules(ctx, told.Hash)
		if err != nil {
			return err
		}
		set, err := machine.Compile(told.Hash, rules, gazetteer.Default())
		if set == nil {
			return err
		}
		in.Rules, a.rules = set, rules
	}
	result := a.state.Step(in)
	r, ok := entry.(news.Report)
	if !ok || !a.meant(&r.Article) {
		return nil
	}
	a.found++
	var b strings.Builder
	a.tell(&b, seq, &r, result)
	_, err := io.WriteString(a.w, b.String())
	return err
}

func (a *again) meant(article *news.Article) bool {
	return article.URL == a.article && a.article != "" || len(a.article) >= leastID && strings.HasPrefix(string(article.ID), a.article)
}

// tell says what became of the article under the rule: clause by clause, and what the machine decided.
func (a *again) tell(b *strings.Builder, seq uint64, r *news.Report, result machine.Result) {
	fmt.Fprintf(b, "%s\n  article %s, revision %s · %s · %s · message %d\n", nameOr(r.Article.Title, r.Article.URL, "no title"), r.Article.ID.Short(),
		r.Article.Revision.Short(), r.Article.Publisher, r.At.UTC().Format(time.DateTime), seq)
	if result.Fate == machine.Duplicate {
		b.WriteString("  this revision had come before: it was passed over\n")
		return
	}
	told := result.Story
	fmt.Fprintf(b, "  story %s: %d articles, %d publishers", told.ID.Short(), told.Articles, told.Publishers)
	if told.CopyOf != "" {
		fmt.Fprintf(b, ", a copy of article %s", told.CopyOf.Short())
	}
	b.WriteByte('\n')
	of, ok := a.named()
	if !ok {
		fmt.Fprintf(b, "  no rule named %q was in force\n", a.rule)
		return
	}
	if of.State == rule.Off {
		b.WriteString("  the rule was off\n")
		return
	}
	if !a.clauses(b, of, r, told) {
		b.WriteString("  no alert: the query does not hold\n")
		return
	}
	a.decision(b, result)
}

func (a *again) named() (rule.Rule, bool) {
	for _, r := range a.rules {
		if r.Name == a.rule {
			return r, true
		}
	}
	return rule.Rule{}, false
}

// clauses says which clauses hold, of the query or of each step, and tells whether the rule does.
func (a *again) clauses(b *strings.Builder, of rule.Rule, r *news.Report, told news.Story) (holds bool) {
	questions := []rule.Rule{of}
	if len(of.When.Steps) > 0 {
		questions = nil
		for i, step := range of.When.Steps {
			q := of
			q.Name, q.Expr = fmt.Sprintf("%s, step %d", of.Name, i+1), step.Expr
			questions = append(questions, q)
		}
	}
	for _, q := range questions {
		answer, err := match.Explain(q, gazetteer.Default(), *r, told)
		if err != nil {
			fmt.Fprintf(b, "  %s is not understood: %v\n", q.Name, err)
			continue
		}
		showAnswer(b, q, *r, answer)
		holds = holds || answer.Holds
	}
	return holds
}

// decision says what the machine made of a rule that holds.
func (a *again) decision(b *strings.Builder, result machine.Result) {
	said := false
	for _, o := range result.Outputs {
		if o.Alert == nil || o.Alert.Rule != a.rule {
			continue
		}
		said = true
		fmt.Fprintf(b, "  alert %s, revision %d: %s\n", o.Alert.ID.Short(), o.Alert.Revision, o.Alert.Change)
		if o.Alert.Window != nil {
			writeWindow(b, o.Alert.Window)
		}
	}
	for _, s := range result.Suppressed {
		if s.Rule != a.rule {
			continue
		}
		said = true
		fmt.Fprintf(b, "  no alert: %s: %s", s.Reason, s.Detail)
		if s.Alert != "" {
			fmt.Fprintf(b, " (alert %s)", s.Alert.Short())
		}
		b.WriteByte('\n')
	}
	if !said {
		b.WriteString("  no alert: it says what an earlier revision of the article said\n")
	}
}

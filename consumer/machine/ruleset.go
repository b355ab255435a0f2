package machine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

// Ruleset is a version of the rules, ready to be matched. It never changes; safe for concurrent use.
type Ruleset struct {
	hash     string
	roll     roll
	windowed []string // names of the rules over windows, sorted
	index    *index
	early    asker // of those that can be asked of a report at any time
	late     asker // of those that ask of its story, which is known when it is the report's turn
}

// index is what the versions of rules that follow each other are matched with: a new one costs what it changes.
type index struct {
	gazetteer   *gazetteer.Gazetteer
	early, late *match.Live
	newest      *Ruleset
}

// Compile makes the rules of one content hash ready. Actors are resolved through g. Rules that this program does not
// understand, told by another version of it, are left out and named by the error: the Ruleset can be used all the same.
func Compile(hash string, rules []rule.Rule, g *gazetteer.Gazetteer) (*Ruleset, error) {
	all, err := ready(rules)
	set := &Ruleset{hash: hash, roll: rollOf(all), index: &index{gazetteer: g}}
	var early, late questions
	for of := range set.roll.all() {
		ask(of, &early, &late)
		if of.rule.When.Windowed() {
			set.windowed = append(set.windowed, of.rule.Name)
		}
	}
	errs := []error{err, nil, nil}
	set.index.early, errs[1] = match.NewLive(early.rules, g, nil)
	set.index.late, errs[2] = match.NewLive(late.rules, g, nil)
	set.take(nil, early, late)
	return set, set.told(errs)
}

// Change makes the version of a hash ready that this one becomes by dropping rules and then putting others, each in the
// place of the one that had its name. It is as if it were compiled whole, and takes as long as what is changed. What
// Compile says of rules that are not understood holds.
func (r *Ruleset) Change(hash string, put []rule.Rule, drop []string) (*Ruleset, error) {
	all, err := ready(put)
	next := &Ruleset{hash: hash, roll: r.roll.copy(), windowed: slices.Clone(r.windowed), index: r.index}
	var early, late, goneEarly, goneLate questions
	names := slices.Clone(drop)
	for _, of := range all {
		names = append(names, of.rule.Name)
	}
	for _, name := range names {
		if old := next.roll.named(name); old != nil {
			ask(old, &goneEarly, &goneLate)
			next.roll.without(name)
		}
		if at, ok := slices.BinarySearch(next.windowed, name); ok {
			next.windowed = slices.Delete(next.windowed, at, at+1)
		}
	}
	for _, of := range all {
		next.roll.with(of)
	}
	for _, of := range all {
		if name := of.rule.Name; next.roll.named(name) == of {
			ask(of, &early, &late)
			if at, ok := slices.BinarySearch(next.windowed, name); !ok && of.rule.When.Windowed() {
				next.windowed = slices.Insert(next.windowed, at, name)
			}
		}
	}
	if r.index.newest != r { // another version followed this one: they part
		return Compile(hash, next.Rules(), r.index.gazetteer)
	}
	errs := []error{err, r.index.early.Change(early.rules, goneEarly.names()), r.index.late.Change(late.rules, goneLate.names())}
	next.take(r, early, late)
	return next, next.told(errs)
}

// Close ends what goes on behind this version and those before it: they can be asked, and not changed any more.
func (r *Ruleset) Close() {
	if r != nil {
		r.index.newest = nil
		r.index.early.Close()
		r.index.late.Close()
	}
}

// take makes the set the newest, of the rules as they are in the index: those of the set before it, nil if none was, and
// what was put since.
func (r *Ruleset) take(before *Ruleset, early, late questions) {
	if before != nil {
		r.early.answers, r.late.answers = before.early.answers, before.late.answers
	}
	r.early = asker{r.index.early.Version(), r.early.with(early, r.index.early)}
	r.late = asker{r.index.late.Version(), r.late.with(late, r.index.late)}
	r.index.newest = r
}

func (r *Ruleset) told(errs []error) error {
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("machine: rules %.12s: %w", r.hash, err)
	}
	return nil
}

// ready makes summaries.
func ready(rules []rule.Rule) ([]*ruled, error) {
	all := make([]*ruled, len(rules))
	var errs []error
	for i, r := range rules {
		all[i] = &ruled{rule: r}
		if r.Summary == "" {
			continue
		}
		var err error
		if all[i].summary, err = rule.ParseSummary(r.Summary); err != nil {
			errs = append(errs, fmt.Errorf("rule %s: %w", r.Name, err))
		}
	}
	return all, errors.Join(errs...)
}

// named is the rule with the name; nil where there is none.
func (r *Ruleset) named(name string) *ruled {
	if r == nil {
		return nil
	}
	return r.roll.named(name)
}

// Len is the number of rules; 0 for a nil Ruleset.
func (r *Ruleset) Len() int {
	if r == nil {
		return 0
	}
	return r.roll.len
}

// Hash is the content hash it was compiled for; empty for a nil Ruleset.
func (r *Ruleset) Hash() string {
	if r == nil {
		return ""
	}
	return r.hash
}

// Rules are the rules in the order of their names.
func (r *Ruleset) Rules() []rule.Rule {
	out := make([]rule.Rule, 0, r.Len())
	for of := range r.roll.all() {
		out = append(out, of.rule)
	}
	return out
}

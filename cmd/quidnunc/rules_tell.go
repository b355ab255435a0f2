package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// Versions of the rules of fewer bytes are always stored whole.
const smallBook = 256 << 10

// An object of more bytes is taken for a version that is whole: not worth fetching to know.
const largeChange = 4 << 20

// tellRules puts the rules in force, unless they are: as what they change of the rules in force, where that is little of
// much.
func tellRules(ctx context.Context, hub *stream.Hub, rules []rule.Rule, now time.Time) (told bool, err error) {
	body, hash := rulebook.Encode(rules)
	last, err := lastRules(ctx, hub)
	if err != nil {
		return false, err
	}
	if last.Hash != "" && last.Hash != hash && len(body) >= smallBook {
		// where the version in force cannot be read, the new one needs it no more
		if c, ok, err := rulebook.Difference(ctx, last.Hash, rules, library{hub}.body); ok && err == nil {
			return tellChange(ctx, hub, c, now)
		}
	}
	if hash, err = hub.PutObject(ctx, stream.Rules, body); err != nil {
		return false, fmt.Errorf("rules: %w", err)
	}
	if last.Hash == hash {
		return false, nil
	}
	return true, publishRules(ctx, hub, hash, now)
}

// tellChange puts a changed version in force.
func tellChange(ctx context.Context, hub *stream.Hub, c rulebook.Change, now time.Time) (told bool, err error) {
	if len(c.Put)+len(c.Drop) == 0 {
		return false, nil
	}
	body, _ := c.Encode()
	hash, err := hub.PutObject(ctx, stream.Rules, body)
	if err != nil {
		return false, fmt.Errorf("rules: %w", err)
	}
	return true, publishRules(ctx, hub, hash, now)
}

// changeRules drops rules that are in force and puts others, each in the place of the one that had its name. Of many
// rules, only what changes is stored.
func changeRules(ctx context.Context, hub *stream.Hub, put []rule.Rule, drop []string, now time.Time) (told bool, err error) {
	last, err := lastRules(ctx, hub)
	if err != nil {
		return false, err
	}
	c := rulebook.Change{From: last.Hash, Depth: 1, Put: put, Drop: drop}
	alone, err := standsAlone(ctx, hub, &c)
	switch {
	case err != nil:
		return false, err
	case !alone:
		return tellChange(ctx, hub, c, now)
	}
	rules, err := rulesInForce(ctx, hub)
	if err != nil {
		return false, err
	}
	rules = slices.DeleteFunc(rules, func(r rule.Rule) bool {
		return slices.Contains(drop, r.Name) || slices.ContainsFunc(put, func(p rule.Rule) bool { return p.Name == r.Name })
	})
	return tellRules(ctx, hub, append(rules, put...), now)
}

// standsAlone tells whether a change is better told as a whole version, and else says how deep it is.
func standsAlone(ctx context.Context, hub *stream.Hub, c *rulebook.Change) (bool, error) {
	if c.From == "" {
		return true, nil
	}
	size, err := hub.ObjectSize(ctx, stream.Rules, c.From)
	if err != nil || size > largeChange {
		return false, err
	}
	body, err := library{hub}.body(ctx, c.From)
	if err != nil {
		return false, err
	}
	from, depth := rulebook.From(body)
	c.Depth = depth + 1
	return from == "" && size < smallBook || c.Depth > rulebook.MaxDepth, nil
}

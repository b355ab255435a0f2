package rulebook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// version of the encoding. An older one keeps its reader for ever.
const version = 1

type bookV1 struct {
	Version int      `json:"version"`
	Rules   []ruleV1 `json:"rules"`

	Lists map[string][]string `json:"lists,omitempty"` // that queries name
}

type ruleV1 struct {
	Name     string        `json:"name"`
	Title    string        `json:"title,omitempty"`
	Owner    string        `json:"owner,omitempty"`
	Query    string        `json:"query"`
	Each     rule.Each     `json:"each"`
	Severity news.Severity `json:"severity"`
	MaxAge   string        `json:"max_age"`
	State    rule.State    `json:"state"`
	To       []string      `json:"to,omitempty"`
	Summary  string        `json:"summary,omitempty"`
	When     *whenV1       `json:"when,omitempty"` // of a window
	Throttle string        `json:"throttle,omitempty"`
	Limit    string        `json:"limit,omitempty"` // missing: the default
}

// Encode returns the canonical JSON of the rules, sorted by name, and its hex SHA-256: the same rules give the same
// bytes, however they were spread over files.
func Encode(rules []rule.Rule) (body []byte, hash string) { return encode(bookOf(rules)) }

func bookOf(rules []rule.Rule) bookV1 {
	book := bookV1{Version: version, Rules: make([]ruleV1, len(rules))}
	lists := map[string][]string{}
	for i, r := range rules {
		if r.Expr != nil {
			rule.Lists(r.Expr, lists)
		}
		book.Rules[i] = ruleV1{
			Name: r.Name, Title: r.Title, Owner: r.Owner, Query: r.Query, Each: r.When.Each, Severity: r.Severity,
			MaxAge: r.MaxAge.String(), State: r.State, To: r.To, Summary: r.Summary,
		}
		if r.When.Windowed() {
			book.Rules[i].When = whenToV1(r.When)
			for _, s := range r.When.Steps {
				if s.Expr != nil {
					rule.Lists(s.Expr, lists)
				}
			}
		}
		if r.Throttle != 0 {
			book.Rules[i].Throttle = r.Throttle.String()
		}
		if r.Limit != rule.DefaultLimit && r.Limit != (rule.Limit{}) {
			book.Rules[i].Limit = r.Limit.String()
		}
	}
	book.Lists = lists
	slices.SortStableFunc(book.Rules, func(a, b ruleV1) int { return cmp.Compare(a.Name, b.Name) })
	return book
}

// Decode reads what Encode wrote, with the queries parsed. Whether they mean something to this gazetteer is asked where
// they are matched.
func Decode(body []byte) ([]rule.Rule, error) {
	book, err := decode(body)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(book.Rules))
	for i, r := range book.Rules {
		entries[i] = entry{r, book.Lists}
	}
	return completed(entries)
}

func decode(body []byte) (book bookV1, err error) {
	if err := json.Unmarshal(body, &book); err != nil {
		return book, fmt.Errorf("rules: %w", err)
	}
	if book.Version != version {
		return book, fmt.Errorf("rules: version %d of the encoding, this program reads %d: a newer one wrote it", book.Version, version)
	}
	return book, nil
}

// complete is the rule, ready to be matched.
func (v ruleV1) complete(lists map[string][]string) (rule.Rule, error) {
	r, err := v.rule()
	if err != nil {
		return r, fmt.Errorf("rule %s: %w", v.Name, err)
	}
	if r, err = r.Complete(); err != nil {
		return r, err
	}
	r = r.Bind(lists)
	return r, r.Check()
}

// rule is the rule as it is written, before it is completed.
func (v ruleV1) rule() (rule.Rule, error) {
	when, err := v.When.when()
	if err != nil {
		return rule.Rule{}, err
	}
	when.Each = cmp.Or(when.Each, v.Each)
	r := rule.Rule{
		Name: v.Name, Title: v.Title, Owner: v.Owner, Query: v.Query, When: when, Severity: v.Severity, State: v.State, To: v.To,
		Summary: v.Summary,
	}
	if v.MaxAge != "" {
		if r.MaxAge, err = rule.ParseDuration(v.MaxAge); err != nil {
			return r, fmt.Errorf("max_age: %w", err)
		}
	}
	if v.Throttle != "" {
		if r.Throttle, err = rule.ParseDuration(v.Throttle); err != nil {
			return r, fmt.Errorf("throttle: %w", err)
		}
	}
	if v.Limit != "" {
		if r.Limit, err = rule.ParseLimit(v.Limit); err != nil {
			return r, fmt.Errorf("limit: %w", err)
		}
	}
	return r, nil
}

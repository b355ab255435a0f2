// Package rule is the rule language: what a user asks the news.
//
// A rule's query is parsed into an Expr, a sealed tree that prints back as a query of the same meaning:
//
//	query   = and { "OR" and }
//	and     = not { ["AND"] not }
//	not     = ("NOT" | "-") not | near
//	near    = atom [ ("NEAR/" | "ONEAR/") n atom ]
//	atom    = "(" query ")" | word | prefix "*" | wo?d | "=" word | '"' words '"' [ "~" n ] | field ":" value
//	        | "repeat(" n "," words ")" | "event(" query ")"
//	        | "geo:(" latitude "," longitude "," radius "km" ")"
//	value   = word | prefix "*" | '"' words '"' | "(" query of values ")" | "[" low "TO" high "]"
//	        | ("<" | "<=" | ">" | ">=") number or date | "@" list
//
// AND, OR, NOT, NEAR, ONEAR and TO are operators in capitals only.
package rule

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Rule is one standing question and what becomes of its answers.
type Rule struct {
	Name     string // kebab-case, unique, stable: part of every alert ID
	Title    string // for people; empty: the name
	Owner    string // for people and subjects; empty: DefaultOwner
	Query    string // as written
	Expr     Expr   // Query, parsed
	When     When
	Severity news.Severity
	Throttle time.Duration // between updates of one alert; 0: none
	Limit    Limit
	MaxAge   time.Duration // older articles of live sources are history, not alerts
	State    State
	To       []string // receivers by name; empty: the default one
	Summary  string   // text/template over the alert; empty: the renderer chooses
}

// State says what a rule's hits become.
type State string

// The states of a rule.
const (
	Live   State = "live"   // told
	Shadow State = "shadow" // counted, never sent
	Off    State = "off"    // not matched
)

// States lists them.
func States() []State { return []State{Live, Shadow, Off} }

// Each is the thing that gets one alert of its own.
type Each string

// What an alert can be told once for.
const (
	EachArticle Each = "article"
	EachStory   Each = "story"
	EachEvent   Each = "event"
)

// Eaches lists them.
func Eaches() []Each { return []Each{EachArticle, EachStory, EachEvent} }

// DefaultMaxAge is the MaxAge of a rule that names none.
const DefaultMaxAge = 72 * time.Hour

// DefaultOwner owns the rules that name nobody.
const DefaultOwner = "none"

// New parses a query and returns a live rule with every default in place.
func New(name, query string) (Rule, error) {
	return Rule{Name: name, Query: query}.Complete()
}

// Complete returns r with its query parsed and its zero fields set to their defaults. The error of a bad query is a
// *SyntaxError or an *UnsupportedError.
func (r Rule) Complete() (Rule, error) {
	r, err := r.steps()
	if err != nil {
		return r, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	x, err := Parse(r.Query)
	if err != nil {
		return r, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	r.Expr = x
	r.Title = cmp.Or(r.Title, r.Name)
	r.Owner = cmp.Or(r.Owner, DefaultOwner)
	r.When = r.When.complete()
	r.Limit = cmp.Or(r.Limit, DefaultLimit)
	r.Severity = cmp.Or(r.Severity, news.Medium)
	r.MaxAge = cmp.Or(r.MaxAge, DefaultMaxAge)
	r.State = cmp.Or(r.State, Live)
	return r, nil
}

// Check tells what is wrong with a completed rule, apart from what its query means: see Validate for that.
func (r Rule) Check() error {
	var errs []error
	if !ValidName(r.Name) {
		errs = append(errs, fmt.Errorf("name %q: want kebab-case such as russia-nato-rupture, at most %d characters", r.Name, maxName))
	}
	if r.Expr == nil {
		errs = append(errs, errors.New("query: not parsed"))
	}
	if !slices.Contains(news.Severities(), r.Severity) {
		errs = append(errs, fmt.Errorf("severity %q: want one of %v", r.Severity, news.Severities()))
	}
	if !slices.Contains(States(), r.State) {
		errs = append(errs, fmt.Errorf("state %q: want one of %v", r.State, States()))
	}
	if err := r.When.check(); err != nil {
		errs = append(errs, err)
	} else if r.Expr != nil && r.When.asksEvents() && !AsksEvent(r.Expr) {
		errs = append(errs, errors.New("when: it counts by what events have, and the query asks for no event"))
	}
	if r.MaxAge < 0 {
		errs = append(errs, fmt.Errorf("max_age %v: negative", r.MaxAge))
	}
	if r.Throttle < 0 || r.Throttle > MaxWindow {
		errs = append(errs, fmt.Errorf("throttle %v: want a length of time up to %s", r.Throttle, MaxWindow))
	}
	if r.Limit.Count != -1 && (r.Limit.Count < 1 || r.Limit.Per <= 0) {
		errs = append(errs, errors.New("limit: want such as 30/h, or none"))
	}
	if len(errs) > 0 {
		return fmt.Errorf("rule %s: %w", r.Name, errors.Join(errs...))
	}
	return nil
}

const maxName = 64

// ValidName tells whether s can name a rule or a receiver: kebab-case of at most 64 characters.
func ValidName(s string) bool {
	hyphen := true // none may begin the name, or follow another
	for i := range len(s) {
		c := s[i]
		if c == '-' && hyphen || c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
		hyphen = c == '-'
	}
	return !hyphen && len(s) <= maxName
}

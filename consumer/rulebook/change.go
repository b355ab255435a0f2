package rulebook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// A version of the rules is stored whole, as Encode writes it, or as what it changes of an earlier version. Either way
// its hash names all of it: a change names the version it changes by that one's hash.

// changeVersion is the version of the encoding of a change.
const changeVersion = 2

// Change is a version of the rules as the difference from another: rules that are dropped, and then rules that are put,
// each in the place of the one that had its name.
type Change struct {
	From  string // the hash of the version that is changed
	Depth int    // changes from the last version that is stored whole
	Put   []rule.Rule
	Drop  []string
}

// MaxDepth is how many changes may follow each other before a version is stored whole again: each is an object to be read
// by who begins with none.
const MaxDepth = 512

type changeV2 struct {
	Version int                 `json:"version"`
	From    string              `json:"from"`
	Depth   int                 `json:"depth"`
	Drop    []string            `json:"drop,omitempty"`
	Put     []ruleV1            `json:"put,omitempty"`
	Lists   map[string][]string `json:"lists,omitempty"` // that the queries put name
}

// Encode returns the canonical JSON of the change, and its hex SHA-256.
func (c Change) Encode() (body []byte, hash string) {
	book := bookOf(c.Put)
	v := changeV2{Version: changeVersion, From: c.From, Depth: c.Depth, Drop: slices.Sorted(slices.Values(c.Drop)), Put: book.Rules, Lists: book.Lists}
	return encode(v)
}

func encode(v any) (body []byte, hash string) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings and numbers always encode
	}
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(sum[:])
}

// changeIn reads a change; ok is false where the body is a whole version.
func changeIn(body []byte) (c changeV2, ok bool, err error) {
	if !bytes.HasPrefix(body, fmt.Appendf(nil, `{"version":%d,`, changeVersion)) {
		return c, false, nil
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return c, true, fmt.Errorf("rules: %w", err)
	}
	if c.From == "" {
		return c, true, errors.New("rules: a change of no version")
	}
	return c, true, nil
}

// From is the hash of the version that the one in body is a change of, and how many changes it is from a whole one; ""
// and 0 where body is whole, or is no version.
func From(body []byte) (hash string, depth int) {
	c, _, err := changeIn(body)
	if err != nil {
		return "", 0
	}
	return c.From, c.Depth
}

// Fetch is where bodies are, by their hash.
type Fetch func(ctx context.Context, hash string) ([]byte, error)

// entry is a rule as it is stored, and the lists that its body has.
type entry struct {
	ruleV1
	lists map[string][]string
}

// stored is the version of a hash as it is stored, in any order.
type stored struct {
	rules map[string]entry
	depth int
}

// read follows the changes to the version that is whole.
func (f Fetch) read(ctx context.Context, hash string) (s stored, err error) {
	var changes []changeV2
	for {
		body, err := f(ctx, hash)
		if err != nil {
			return s, err
		}
		c, ok, err := changeIn(body)
		if err != nil {
			return s, err
		}
		if ok {
			changes = append(changes, c)
			hash = c.From
			continue
		}
		book, err := decode(body)
		if err != nil {
			return s, err
		}
		s = stored{make(map[string]entry, len(book.Rules)), len(changes)}
		for _, r := range book.Rules {
			s.rules[r.Name] = entry{r, book.Lists}
		}
		break
	}
	for _, c := range slices.Backward(changes) {
		c.apply(s.rules)
	}
	return s, nil
}

func (c *changeV2) apply(rules map[string]entry) {
	for _, name := range c.Drop {
		delete(rules, name)
	}
	for _, r := range c.Put {
		rules[r.Name] = entry{r, c.Lists}
	}
}

// Version reads the rules of a hash, in the order of their names, with the queries parsed.
func Version(ctx context.Context, hash string, fetch Fetch) ([]rule.Rule, error) {
	s, err := fetch.read(ctx, hash)
	if err != nil {
		return nil, err
	}
	return completed(slices.SortedFunc(maps.Values(s.rules), func(a, b entry) int { return cmp.Compare(a.Name, b.Name) }))
}

func completed(entries []entry) ([]rule.Rule, error) {
	rules, errs := make([]rule.Rule, len(entries)), make([]error, len(entries))
	spread(len(rules), func(i int) { rules[i], errs[i] = entries[i].complete(entries[i].lists) })
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
	}
	return rules, nil
}

// Between is what makes the version of a hash out of an earlier one; ok is false where it was not made by changes of
// that.
func Between(ctx context.Context, earlier, hash string, fetch Fetch) (c Change, ok bool, err error) {
	var changes []changeV2
	for hash != earlier {
		body, err := fetch(ctx, hash)
		if err != nil {
			return c, false, err
		}
		next, ok, err := changeIn(body)
		if err != nil || !ok {
			return c, false, err
		}
		changes = append(changes, next)
		hash = next.From
	}
	put, gone := map[string]entry{}, map[string]bool{}
	for _, next := range slices.Backward(changes) {
		for _, name := range next.Drop {
			gone[name] = true
		}
		next.apply(put)
	}
	c = Change{From: earlier, Drop: slices.Sorted(maps.Keys(gone))}
	c.Put, err = completed(slices.SortedFunc(maps.Values(put), func(a, b entry) int { return cmp.Compare(a.Name, b.Name) }))
	return c, err == nil, err
}

// Difference is what makes rules out of the version of a hash. ok is false where they are better stored whole: they
// differ too much, or too many changes follow each other already.
func Difference(ctx context.Context, from string, rules []rule.Rule, fetch Fetch) (c Change, ok bool, err error) {
	s, err := fetch.read(ctx, from)
	if err != nil {
		return c, false, err
	}
	c = Change{From: from, Depth: s.depth + 1}
	book := bookOf(rules)
	byName := make(map[string]*rule.Rule, len(rules))
	for i := range rules {
		byName[rules[i].Name] = &rules[i]
	}
	for i := range book.Rules {
		r := entry{book.Rules[i], book.Lists}
		if old, there := s.rules[r.Name]; !there || !old.same(r) {
			c.Put = append(c.Put, *byName[r.Name])
		}
		delete(s.rules, r.Name)
	}
	c.Drop = slices.Sorted(maps.Keys(s.rules))
	return c, c.Depth <= MaxDepth && 4*(len(c.Put)+len(c.Drop)) <= len(rules), nil
}

// same tells whether two stored rules mean the same: the lists that either's version has under one name are the same.
func (e entry) same(o entry) bool {
	a, _ := encode(e.ruleV1)
	b, _ := encode(o.ruleV1)
	if !bytes.Equal(a, b) {
		return false
	}
	for name, values := range o.lists {
		if !slices.Equal(e.lists[name], values) && bytes.Contains(b, []byte("@"+name)) {
			return false
		}
	}
	return true
}

package replay

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Hashing is what carries the hashes of a replay on over an interruption, and what else its summary does not tell.
type Hashing struct {
	Input  string    `json:"input"`           // hex, so far
	Rules  []string  `json:"rules"`           // hashes of the versions that came into force
	Output string    `json:"output"`          // wire.Chain, so far
	Said   uint64    `json:"said"`            // outputs so far
	Bytes  int64     `json:"bytes"`           // of alerts.jsonl
	Before time.Time `json:"before,omitzero"` // At of the last entry: what is lost behind it is told with it
	Held   *Held     `json:"held,omitempty"`
}

// Held are rules that were told and that nothing was stepped under yet.
type Held struct {
	Entry Entry  `json:"entry"`
	Seq   uint64 `json:"seq"`
}

func (h Hashing) clone() Hashing {
	h.Rules = slices.Clone(h.Rules)
	return h
}

// tally counts what a replay finds. It belongs to the goroutine that steps.
type tally struct {
	found   Summary
	hashing Hashing
	rules   map[string]*RuleCount
	days    map[string]*Day
	coders  map[string]bool
	silent  map[cause]int // hits that became no alert; counted in one place, since they are most of all there is to count
	day     *Day          // of the last report
	dayAt   int64
}

// cause is why hits of a rule became no alerts.
type cause struct {
	rule   string
	reason machine.Reason
}

// mostDead bounds what the summary lists of what could not be read.
const mostDead = 20

func newTally(c Config) *tally {
	t := &tally{found: Summary{
		Version: SummaryVersion, Step: machine.Version, Fates: map[machine.Fate]int{},
		Severities: map[news.Severity]int{},
		Scope:      Scope{Source: c.Kind, Order: c.Order, From: c.From, To: c.To, Warmup: c.Warmup.String(), Recoded: c.Recode, Rules: "log"},
	}}
	begin := "quidnunc replay 1\n" + string(c.Order)
	if c.Rules != nil {
		t.found.Scope.Rules = c.Rules.Name
	}
	if c.Base != nil {
		base := c.Base.Base
		t.found.Base = &base
		begin += "\n" + base.Hash
	}
	t.found.Warnings = slices.Clone(c.Notes)
	t.hashing.Input = sum(begin)
	t.index()
	return t
}

// resumed is the tally of a former run.
func resumed(found Summary, hashing Hashing) *tally {
	t := &tally{found: found, hashing: hashing}
	t.index()
	return t
}

func (t *tally) index() {
	t.rules, t.days, t.coders, t.silent = map[string]*RuleCount{}, map[string]*Day{}, map[string]bool{}, map[cause]int{}
	for _, r := range t.found.Rules {
		t.rules[r.Name] = &r
		for reason, n := range r.Suppressed {
			t.silent[cause{r.Name, reason}] = n
		}
	}
	for _, d := range t.found.Days {
		t.days[d.Day] = &d
	}
	for _, c := range t.found.Coders {
		t.coders[c] = true
	}
	t.dayAt = -1 << 62
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// read counts an entry that was read.
func (t *tally) read(j *job) {
	f := &t.found
	f.Entries.Read++
	f.Position.Entries++
	f.Position.Sequence = cmp.Or(j.entry.Seq, f.Position.Entries)
	if j.entry.Lost > 0 {
		f.Gaps = append(f.Gaps, Gap{
			From: t.hashing.Before, To: j.at, Lost: j.entry.Lost, Why: fmt.Sprintf("%d messages before sequence %d are lost", j.entry.Lost, j.entry.Seq),
		})
	}
	if _, rules := j.noun.(news.Rules); !rules && !j.at.IsZero() {
		t.hashing.Before = j.at
	}
}

func (t *tally) dead(j *job) {
	t.found.Entries.Dead++
	if len(t.found.Dead) == mostDead {
		return
	}
	where := fmt.Sprintf("sequence %d", t.found.Position.Sequence)
	why := j.err.Error()
	if bad, ok := j.err.(*BadEntry); ok { //nolint:errorlint // as the source gave it
		where, why = bad.Where, bad.Err.Error()
	}
	t.found.Dead = append(t.found.Dead, Dead{where, why})
}

// chain adds an entry that is stepped to the input hash.
func (t *tally) chain(j *job) {
	var room [2*sha256.Size + 1 + sha256.Size]byte
	sum := sha256.Sum256(append(append(append(room[:0], t.hashing.Input...), byte(j.place)), j.digest[:]...))
	t.hashing.Input = hex.EncodeToString(sum[:])
	if _, rules := j.noun.(news.Rules); !rules && t.found.Base == nil && (t.found.Since.IsZero() || j.at.Before(t.found.Since)) {
		t.found.Since = j.at
	}
}

// inForce is the hash of the rules that came into force last.
func (t *tally) inForce() string {
	if n := len(t.hashing.Rules); n > 0 {
		return t.hashing.Rules[n-1]
	}
	return ""
}

// adopt notes rules that come into force.
func (t *tally) adopt(hash string, list []rule.Rule) {
	if t.inForce() == hash {
		return
	}
	t.hashing.Rules = append(t.hashing.Rules, hash)
	for _, r := range list {
		c := t.rules[r.Name]
		if c == nil {
			c = &RuleCount{Days: map[string]int{}}
			t.rules[r.Name] = c
		}
		c.Name, c.Title, c.Owner, c.Query, c.Severity, c.State = r.Name, r.Title, r.Owner, r.Query, r.Severity, string(r.State)
		c.Words = asksWords(r)
	}
}

// asksWords tells whether a rule asks words of the article.
func asksWords(r rule.Rule) bool {
	exprs := []rule.Expr{r.Expr}
	for _, s := range r.When.Steps {
		exprs = append(exprs, s.Expr)
	}
	for _, x := range exprs {
		if x == nil {
			continue
		}
		words := count(x)
		for f := range rule.FieldsOf(x) {
			if spec, ok := rule.FieldNamed(f.Name); !ok || spec.Type != rule.Text {
				words -= count(f.X)
			}
		}
		if words > 0 {
			return true
		}
	}
	return false
}

func count(x rule.Expr) (n int) {
	for range rule.Leaves(x) {
		n++
	}
	return n
}

func (t *tally) warmed(j *job) {
	t.found.Entries.Warmed++
	if r := j.report; r != nil && r.Coder != "" {
		t.coders[r.Coder] = true
	}
}

// told counts an entry that was stepped, and what followed from it.
func (t *tally) told(j *job, result *machine.Result) {
	f := &t.found
	f.Entries.Told++
	f.Fates[result.Fate]++
	if _, rules := j.noun.(news.Rules); rules {
		f.Entries.Rules++
		return
	}
	if f.Started.IsZero() || j.at.Before(f.Started) {
		f.Started = j.at
	}
	if j.at.After(f.Ended) {
		f.Ended = j.at
	}
	day := t.dayOf(j.at)
	if j.report != nil {
		t.report(j.report, j, day)
	}
	switch j.noun.(type) {
	case news.Correction:
		f.Entries.Corrections++
	case news.Tick:
		f.Entries.Ticks++
	}
	for i := range result.Suppressed {
		s := &result.Suppressed[i]
		t.silent[cause{s.Rule, s.Reason}]++
	}
	for _, o := range result.Outputs {
		t.hashing.Said++
		if o.Alert != nil {
			t.alert(o.Alert)
			continue
		}
		f.Events++
		day.Events++
		if o.Event.Standing == news.History {
			f.History++
		}
	}
}

func (t *tally) report(r *news.Report, j *job, day *Day) {
	f := &t.found
	f.Entries.Reports++
	day.Reports++
	if r.Coder != "" && !t.coders[r.Coder] {
		t.coders[r.Coder] = true
	}
	if j.entry.Undated {
		f.Entries.Undated++
	}
	if r.Cut {
		f.Entries.Cut++
	}
	if j.textless {
		f.Entries.Textless++
	}
}

func (t *tally) alert(a *news.Alert) {
	t.found.Alerts.add(a.Change)
	t.found.Severities[a.Severity]++
	day := t.dayOf(a.At)
	day.Alerts.add(a.Change)
	r := t.rules[a.Rule]
	if r != nil {
		r.Alerts.add(a.Change)
	}
	if a.Change != news.New {
		return
	}
	day.Severities[a.Severity]++
	if r != nil {
		r.Days[day.Day]++
	}
}

const secondsADay = 24 * 60 * 60

func (t *tally) dayOf(at time.Time) *Day {
	n := at.Unix() / secondsADay
	if n == t.dayAt && at.Unix() >= 0 {
		return t.day
	}
	name := at.UTC().Format(time.DateOnly)
	d := t.days[name]
	if d == nil {
		d = &Day{Day: name, Severities: map[news.Severity]int{}}
		t.days[name] = d
	}
	t.day, t.dayAt = d, n
	return d
}

func (t *tally) warn(format string, args ...any) {
	t.found.Warnings = append(t.found.Warnings, fmt.Sprintf(format, args...))
}

// summary is a copy of what was found so far. The output hash is the recorder's to tell.
func (t *tally) summary() Summary {
	out := t.found
	out.Fates, out.Severities = maps.Clone(out.Fates), maps.Clone(out.Severities)
	out.Gaps, out.Dead, out.Warnings = slices.Clone(out.Gaps), slices.Clone(out.Dead), slices.Clone(out.Warnings)
	out.Coders = slices.Sorted(maps.Keys(t.coders))
	out.Rules, out.Days, out.Suppressed = nil, nil, map[machine.Reason]int{}
	of := map[string]map[machine.Reason]int{}
	for c, n := range t.silent {
		out.Suppressed[c.reason] += n
		if of[c.rule] == nil {
			of[c.rule] = map[machine.Reason]int{}
		}
		of[c.rule][c.reason] = n
	}
	for _, name := range slices.Sorted(maps.Keys(t.rules)) {
		r := *t.rules[name]
		r.Days, r.Suppressed = maps.Clone(r.Days), of[name]
		if r.Suppressed == nil {
			r.Suppressed = map[machine.Reason]int{} // {} and not null in JSON
		}
		out.Rules = append(out.Rules, r)
	}
	for _, name := range slices.Sorted(maps.Keys(t.days)) {
		d := *t.days[name]
		d.Severities = maps.Clone(d.Severities)
		out.Days = append(out.Days, d)
	}
	out.Hashes.Input = "sha256:" + t.hashing.Input
	out.Hashes.Rules = "sha256:" + rulesHash(t.hashing.Rules)
	out.Hashes.Coder = "sha256:" + sum(strings.Join(out.Coders, "\n"))
	return out
}

// rulesHash is that of the one version in force, or over those of several.
func rulesHash(of []string) string {
	if len(of) == 1 {
		return of[0]
	}
	return sum(strings.Join(of, "\n"))
}

// polished is a summary as people get it: with the days on which nothing came, and what else they should know.
func (s Summary) polished() Summary {
	s.Gaps = append(slices.Clone(s.Gaps), s.silences()...)
	slices.SortStableFunc(s.Gaps, func(a, b Gap) int { return a.From.Compare(b.From) })
	s.Warnings = slices.Clone(s.Warnings)
	for _, r := range s.Rules {
		if r.Words && s.Entries.Textless > 0 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("rule %s asks words of the text; %d of %d reports have no text of an article", r.Name, s.Entries.Textless, s.Entries.Reports))
		}
	}
	if !s.Since.IsZero() && s.Entries.Told > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("what is new is known from %s on: the machine's memory begins there", s.Since.UTC().Format(time.DateOnly)))
	}
	if n := s.Entries.Undated; n > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d reports tell no date and took the time of the one before them", n))
	}
	return s
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// silences are the days without a report between the first and the last that have one.
func (s Summary) silences() (out []Gap) {
	var before time.Time
	for _, d := range s.Days {
		if d.Reports == 0 {
			continue
		}
		at, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			continue // it was written by Format
		}
		if n := int(at.Sub(before).Hours()/24) - 1; !before.IsZero() && n > 0 {
			out = append(out, Gap{From: before.AddDate(0, 0, 1), To: at, Why: "no report for " + days(n)})
		}
		before = at
	}
	return out
}

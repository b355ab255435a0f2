package rulebook

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// when reads what makes an alert of hits.
func (l *loader) when(v value, w *rule.When) {
	set := func(kind rule.Kind, handlers map[string]handler) handler {
		return func(v value) {
			if w.Windowed() {
				v.fail("there is %s already", w.Kind)
				return
			}
			w.Kind = kind
			v.fields(handlers)
		}
	}
	v.fields(map[string]handler{
		"each":     oneOf(&w.Each, rule.Eaches()),
		"group_by": dimensions(&w.GroupBy),
		"lateness": duration(&w.Lateness),
		"count": set(rule.Count, map[string]handler{
			"over": duration(&w.Over), "at_least": whole(&w.AtLeast), "distinct": oneOf(&w.Distinct, rule.Dimensions()),
		}),
		"spike": set(rule.Spike, map[string]handler{
			"over": duration(&w.Over), "baseline": duration(&w.Baseline), "ratio": decimal(&w.Ratio), "at_least": whole(&w.AtLeast),
			"distinct": oneOf(&w.Distinct, rule.Dimensions()),
		}),
		"first":   set(rule.First, map[string]handler{"of": dimensions(&w.Of), "in": duration(&w.Over)}),
		"absence": set(rule.Absence, map[string]handler{"for": duration(&w.Over)}),
		"sequence": set(rule.Sequence, map[string]handler{
			"within": duration(&w.Over), "by": dimensions(&w.GroupBy), "steps": func(v value) { v.items(func(v value) { l.step(v, w) }) },
		}),
	})
	if !w.Windowed() && (len(w.GroupBy) > 0 || w.Lateness != 0) {
		v.fail("group_by and lateness are for windows: count, spike, first, absence, sequence")
	}
}

// step reads the query of one step and shows what is wrong with it in its place.
func (l *loader) step(v value, w *rule.When) {
	w.Steps = append(w.Steps, rule.Step{Query: l.query(v, &v)})
}

// dimensions reads one dimension or a list of them.
func dimensions(out *[]rule.Dimension) handler {
	return func(v value) {
		one := func(v value) {
			var d rule.Dimension
			oneOf(&d, rule.Dimensions())(v)
			if d != "" {
				*out = append(*out, d)
			}
		}
		if v.Kind == yaml.ScalarNode {
			one(v)
			return
		}
		v.items(one)
	}
}

// whole reads a number from 1 on.
func whole(n *int) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		parsed, err := strconv.Atoi(text)
		if err != nil || parsed < 1 || parsed > math.MaxInt32 {
			v.fail("%q is no number from 1 on", text)
			return
		}
		*n = parsed
	}
}

func decimal(x *float64) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		parsed, err := strconv.ParseFloat(text, 64)
		if err != nil || !(parsed > 0) || parsed > 1e6 {
			v.fail("%q is no number", text)
			return
		}
		*x = parsed
	}
}

func limit(out *rule.Limit) handler {
	return func(v value) {
		text, ok := v.text()
		if !ok {
			return
		}
		parsed, err := rule.ParseLimit(text)
		if err != nil {
			v.fail("%v", err)
			return
		}
		*out = parsed
	}
}

// whenV1 is a When in JSON, with the keys of the YAML.
type whenV1 struct {
	Each     rule.Each        `json:"each,omitempty"`
	Count    *countV1         `json:"count,omitempty"`
	Spike    *countV1         `json:"spike,omitempty"`
	First    *firstV1         `json:"first,omitempty"`
	Absence  *absenceV1       `json:"absence,omitempty"`
	Sequence *sequenceV1      `json:"sequence,omitempty"`
	GroupBy  []rule.Dimension `json:"group_by,omitempty"`
	Lateness length           `json:"lateness,omitempty"`
}

type countV1 struct {
	Over     length         `json:"over"`
	AtLeast  int            `json:"at_least,omitempty"`
	Distinct rule.Dimension `json:"distinct,omitempty"`
	Baseline length         `json:"baseline,omitempty"`
	Ratio    float64        `json:"ratio,omitempty"`
}

type firstV1 struct {
	Of []rule.Dimension `json:"of"`
	In length           `json:"in"`
}

type absenceV1 struct {
	For length `json:"for"`
}

type sequenceV1 struct {
	Within length           `json:"within"`
	Steps  []string         `json:"steps"`
	By     []rule.Dimension `json:"by,omitempty"`
}

// length is a length of time as rules write it.
type length time.Duration

func (l length) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(l).String()) }

func (l *length) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%s is no length of time", data)
	}
	d, err := rule.ParseDuration(s)
	*l = length(d)
	return err
}

func whenToV1(w rule.When) *whenV1 {
	out := &whenV1{Each: w.Each, GroupBy: w.GroupBy, Lateness: length(w.Lateness)}
	counted := &countV1{length(w.Over), w.AtLeast, w.Distinct, length(w.Baseline), w.Ratio}
	switch w.Kind {
	case rule.Count:
		out.Count = counted
	case rule.Spike:
		out.Spike = counted
	case rule.First:
		out.First = &firstV1{w.Of, length(w.Over)}
	case rule.Absence:
		out.Absence = &absenceV1{length(w.Over)}
	case rule.Sequence:
		out.Sequence = &sequenceV1{Within: length(w.Over), By: w.GroupBy}
		for _, s := range w.Steps {
			out.Sequence.Steps = append(out.Sequence.Steps, s.Query)
		}
		out.GroupBy = nil
	}
	return out
}

func (v *whenV1) when() (rule.When, error) {
	if v == nil {
		return rule.When{}, nil
	}
	w := rule.When{Each: v.Each, GroupBy: v.GroupBy, Lateness: time.Duration(v.Lateness)}
	kinds := 0
	counted := func(kind rule.Kind, c *countV1) {
		kinds++
		w.Kind, w.Over, w.AtLeast, w.Distinct = kind, time.Duration(c.Over), c.AtLeast, c.Distinct
		w.Baseline, w.Ratio = time.Duration(c.Baseline), c.Ratio
	}
	if v.Count != nil {
		counted(rule.Count, v.Count)
	}
	if v.Spike != nil {
		counted(rule.Spike, v.Spike)
	}
	if v.First != nil {
		kinds++
		w.Kind, w.Of, w.Over = rule.First, v.First.Of, time.Duration(v.First.In)
	}
	if v.Absence != nil {
		kinds++
		w.Kind, w.Over = rule.Absence, time.Duration(v.Absence.For)
	}
	if v.Sequence != nil {
		kinds++
		w.Kind, w.Over = rule.Sequence, time.Duration(v.Sequence.Within)
		w.GroupBy = append(w.GroupBy, v.Sequence.By...)
		for _, q := range v.Sequence.Steps {
			w.Steps = append(w.Steps, rule.Step{Query: q})
		}
	}
	if kinds > 1 {
		return w, fmt.Errorf("when: more than one of count, spike, first, absence, sequence")
	}
	return w, nil
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// labels is a set of label names, each with the values that were seen; nil values: any.
type labels map[string]map[string]bool

func (l labels) add(name, value string) {
	if l[name] == nil {
		l[name] = map[string]bool{}
	}
	l[name][value] = true
}

func (l labels) names() []string { return slices.Sorted(maps.Keys(l)) }

// with is the union of two sets.
func (l labels) with(other labels) labels {
	out := maps.Clone(l)
	if out == nil {
		out = labels{}
	}
	for name, values := range other {
		if have, ok := out[name]; !ok || have == nil || values == nil {
			out[name] = values
			continue
		}
		both := maps.Clone(out[name])
		maps.Copy(both, values)
		out[name] = both
	}
	return out
}

// exposed is what instances show: their series by name, as they are asked for, and their families.
type exposed struct {
	series   map[string]labels
	families map[string]bool
}

// ofTarget are the labels that Prometheus gives to whatever it scrapes, and what it tells itself.
var (
	ofTarget   = labels{"job": nil, "instance": nil}
	prometheus = map[string]labels{
		"up":     {},
		"ALERTS": {"alertname": nil, "alertstate": {"firing": true, "pending": true}, "severity": nil, "component": nil},
	}
)

// parse reads the texts of /metrics of one or more processes.
func parse(dumps ...[]byte) (*exposed, error) {
	out := &exposed{series: map[string]labels{}, families: map[string]bool{}}
	for name, l := range prometheus {
		out.series[name] = labels{}.with(l).with(ofTarget)
	}
	for _, dump := range dumps {
		p := expfmt.NewTextParser(model.UTF8Validation)
		families, err := p.TextToMetricFamilies(bytes.NewReader(dump))
		if err != nil {
			return nil, fmt.Errorf("/metrics: %w", err)
		}
		if len(families) == 0 {
			return nil, errors.New("/metrics: nothing in it")
		}
		for name, f := range families {
			out.families[name] = true
			for _, m := range f.GetMetric() {
				out.put(name, f.GetType(), m)
			}
		}
	}
	return out, nil
}

// put notes a series under the names by which it can be asked for.
func (e *exposed) put(name string, kind dto.MetricType, m *dto.Metric) {
	names := []string{name}
	if kind == dto.MetricType_HISTOGRAM || kind == dto.MetricType_SUMMARY {
		names = []string{name + "_sum", name + "_count"}
	}
	if kind == dto.MetricType_HISTOGRAM {
		names = append(names, name+"_bucket")
	}
	for _, n := range names {
		if e.series[n] == nil {
			e.series[n] = labels{}.with(ofTarget)
		}
		for _, l := range m.GetLabel() {
			e.series[n].add(l.GetName(), l.GetValue())
		}
	}
	if kind == dto.MetricType_HISTOGRAM {
		e.series[name+"_bucket"]["le"] = nil
	}
}

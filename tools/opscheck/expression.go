package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

var promql = parser.NewParser(parser.Options{})

// grafana replaces the variables of Grafana that stand where PromQL wants a duration or a number; the others stand in
// strings and may stay.
var grafana = strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$__range", "1h")

// asking walks one expression and gathers what is wrong with it.
type asking struct {
	of    *exposed
	found []string
}

// expression checks an expression against what is exposed, and returns the labels of its result.
func (e *exposed) expression(text string) (parser.Expr, labels, []string) {
	expr, err := promql.ParseExpr(grafana.Replace(text))
	if err != nil {
		return nil, nil, []string{fmt.Sprintf("does not parse: %v", err)}
	}
	a := &asking{of: e}
	result := a.labels(expr)
	return expr, result, a.found
}

func (a *asking) complain(format string, args ...any) {
	a.found = append(a.found, fmt.Sprintf(format, args...))
}

// labels are those that the result of an expression may have.
func (a *asking) labels(e parser.Expr) labels {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return a.selector(e)
	case *parser.MatrixSelector:
		return a.labels(e.VectorSelector)
	case *parser.SubqueryExpr:
		return a.labels(e.Expr)
	case *parser.ParenExpr:
		return a.labels(e.Expr)
	case *parser.UnaryExpr:
		return a.labels(e.Expr)
	case *parser.StepInvariantExpr:
		return a.labels(e.Expr)
	case *parser.AggregateExpr:
		return a.aggregate(e)
	case *parser.BinaryExpr:
		return a.binary(e)
	case *parser.Call:
		return a.call(e)
	}
	return labels{} // numbers and strings
}

func (a *asking) selector(s *parser.VectorSelector) labels {
	have, ok := a.of.series[s.Name]
	if !ok {
		a.complain("no metric %q is exposed", s.Name)
		return nil
	}
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel {
			continue
		}
		values, ok := have[m.Name]
		if !ok {
			a.complain("%s has no label %q; it has %s", s.Name, m.Name, strings.Join(have.names(), ", "))
			continue
		}
		a.values(s.Name, m, values)
	}
	return have
}

// values checks that a matcher names what was seen: a value, or a pattern that one matches. Values of variables are the
// reader's choice.
func (a *asking) values(metric string, m *promlabels.Matcher, seen map[string]bool) {
	if seen == nil || m.Value == "" || strings.Contains(m.Value, "$") {
		return
	}
	positive := m
	switch m.Type { // of what is left out, too, something must be there
	case promlabels.MatchNotEqual:
		positive = promlabels.MustNewMatcher(promlabels.MatchEqual, m.Name, m.Value)
	case promlabels.MatchNotRegexp:
		positive = promlabels.MustNewMatcher(promlabels.MatchRegexp, m.Name, m.Value)
	}
	for v := range seen {
		if positive.Matches(v) {
			return
		}
	}
	a.complain("%s: no series has %s", metric, positive)
}

func (a *asking) aggregate(e *parser.AggregateExpr) labels {
	inner := a.labels(e.Expr)
	if e.Param != nil {
		a.labels(e.Param)
	}
	a.named(e.Op.String(), e.Grouping, inner)
	switch e.Op { //nolint:exhaustive // the others group
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner
	}
	out := labels{}
	if e.Without {
		out = out.with(inner)
		for _, l := range e.Grouping {
			delete(out, l)
		}
		return out
	}
	for _, l := range e.Grouping {
		out[l] = inner[l]
	}
	return out
}

// named checks that labels which a clause names are there.
func (a *asking) named(where string, names []string, have labels) {
	for _, l := range names {
		if _, ok := have[l]; !ok && have != nil {
			a.complain("%s names the label %q; there are %s", where, l, strings.Join(have.names(), ", "))
		}
	}
}

func (a *asking) binary(e *parser.BinaryExpr) labels {
	left, right := a.labels(e.LHS), a.labels(e.RHS)
	m := e.VectorMatching
	if m == nil {
		return left.with(right)
	}
	clause := "ignoring"
	if m.On {
		clause = "on"
		a.named(clause, m.MatchingLabels, left)
		a.named(clause, m.MatchingLabels, right)
	} else {
		a.named(clause, m.MatchingLabels, left.with(right))
	}
	switch {
	case e.Op.IsSetOperator() && e.Op != parser.LOR, m.Card == parser.CardManyToOne:
		a.named("group", m.Include, right)
		out := labels{}.with(left)
		for _, l := range m.Include {
			out[l] = right[l]
		}
		return out
	case m.Card == parser.CardOneToMany:
		return right
	case m.On && e.Op != parser.LOR:
		out := labels{}
		for _, l := range m.MatchingLabels {
			out[l] = left[l]
		}
		return out
	}
	return left.with(right)
}

func (a *asking) call(e *parser.Call) labels {
	out := labels{}
	for _, arg := range e.Args {
		out = out.with(a.labels(arg))
	}
	switch e.Func.Name {
	case "label_replace", "label_join":
		if dst, ok := e.Args[1].(*parser.StringLiteral); ok {
			out[dst.Val] = nil
		}
	case "histogram_quantile":
		a.named(e.Func.Name, []string{"le"}, out)
		delete(out, "le")
	case "absent", "absent_over_time":
		return labels{}
	}
	return out
}

// legend are the labels that a legend or a template names: {{x}}, {{ $labels.x }}.
var (
	legendLabel   = regexp.MustCompile(`\{\{\s*([a-zA-Z_]\w*)\s*\}\}`)
	templateLabel = regexp.MustCompile(`\$labels\.([a-zA-Z_]\w*)`)
)

// template checks that what a text names is among the labels of its expression's result.
func template(text string, names *regexp.Regexp, have labels) (found []string) {
	for _, m := range names.FindAllStringSubmatch(text, -1) {
		if _, ok := have[m[1]]; !ok && have != nil {
			found = append(found, fmt.Sprintf("%q names the label %q; there are %s", text, m[1], strings.Join(have.names(), ", ")))
		}
	}
	return found
}

package main

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// dimension is what an expression measures, as far as the names of its metrics tell.
type dimension string

// The dimensions.
const (
	unknown   dimension = ""
	seconds   dimension = "seconds"
	instants  dimension = "points in time"
	byteCount dimension = "bytes"
	byteRate  dimension = "bytes per second"
	count     dimension = "a count"
	rate      dimension = "a rate"
	ratio     dimension = "a ratio"
)

// unitsOf are the units of Grafana that fit a dimension.
var unitsOf = map[dimension][]string{
	seconds:   {"s"},
	instants:  {"dateTimeFromNow"}, // of milliseconds
	byteCount: {"bytes"},
	byteRate:  {"Bps"},
	count:     {"short", "none"},
	rate:      {"cps", "ops"},
	ratio:     {"percentunit"},
}

// unitsKnown are all units that our dashboards use.
var unitsKnown = []string{"s", "dateTimeFromNow", "bytes", "Bps", "short", "none", "cps", "ops", "percentunit", "percent", "bool", "string", "h"}

// measures says what an expression measures.
func measures(e parser.Expr) dimension {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return byName(e.Name)
	case *parser.MatrixSelector:
		return measures(e.VectorSelector)
	case *parser.SubqueryExpr:
		return measures(e.Expr)
	case *parser.ParenExpr:
		return measures(e.Expr)
	case *parser.AggregateExpr:
		if e.Op == parser.COUNT || e.Op == parser.COUNT_VALUES {
			return count
		}
		return measures(e.Expr)
	case *parser.BinaryExpr:
		return combined(e)
	case *parser.Call:
		return called(e)
	}
	return unknown
}

func byName(name string) dimension {
	switch base, counted := strings.CutSuffix(name, "_count"); {
	case counted, strings.HasSuffix(name, "_messages"), strings.HasSuffix(name, "_entries"), strings.HasSuffix(name, "_letters"):
		return count
	case strings.HasSuffix(base, "_timestamp_seconds"):
		return instants
	case strings.HasSuffix(base, "_seconds"), strings.HasSuffix(base, "_seconds_sum"), strings.HasSuffix(base, "_seconds_bucket"), strings.HasSuffix(base, "_seconds_total"):
		return seconds
	case strings.HasSuffix(base, "_bytes"), strings.HasSuffix(base, "_bytes_total"):
		return byteCount
	case strings.HasSuffix(base, "_total"):
		return count
	}
	return unknown
}

func combined(e *parser.BinaryExpr) dimension {
	left, right := measures(e.LHS), measures(e.RHS)
	switch {
	case left == unknown && isTime(e.LHS) && right == instants && e.Op == parser.SUB:
		return seconds
	case left == unknown || right == unknown:
		if _, number := e.RHS.(*parser.NumberLiteral); number && (e.Op.IsComparisonOperator() || e.Op == parser.LOR) {
			return left
		}
		return unknown
	case e.Op == parser.DIV && left == right:
		return ratio
	case left == right && (e.Op == parser.ADD || e.Op == parser.SUB || e.Op.IsSetOperator()):
		return left
	}
	return unknown
}

func isTime(e parser.Expr) bool {
	c, ok := e.(*parser.Call)
	return ok && c.Func.Name == "time"
}

func called(e *parser.Call) dimension {
	switch e.Func.Name {
	case "rate", "irate", "deriv":
		switch measures(e.Args[0]) {
		case seconds:
			return ratio
		case byteCount:
			return byteRate
		case count:
			return rate
		}
		return unknown
	case "histogram_quantile":
		// The rate of a histogram's buckets keeps what the histogram observes.
		d := unknown
		parser.Inspect(e.Args[1], func(n parser.Node, _ []parser.Node) error {
			if s, ok := n.(*parser.VectorSelector); ok {
				d = byName(s.Name)
			}
			return nil
		})
		return d
	case "increase", "delta", "max_over_time", "min_over_time", "avg_over_time", "last_over_time", "sum_over_time", "abs", "clamp_min", "clamp_max", "sort", "sort_desc",
		"round", "ceil", "floor", "label_replace", "label_join":
		return measures(e.Args[0])
	}
	return unknown
}

// fits tells whether a panel's unit suits what its expression measures.
func fits(unit string, d dimension) bool {
	return d == unknown || slices.Contains(unitsOf[d], unit)
}

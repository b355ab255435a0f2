package window

import "slices"

// Episodes are the first and last moments of the episodes of a group, sorted, for tests.
func (w *Window) Episodes(group string) [][2]int64 {
	var out [][2]int64
	if g := w.groups[group]; g != nil {
		for _, e := range g.told {
			out = append(out, [2]int64{e.start, e.end})
		}
	}
	slices.SortFunc(out, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	return out
}

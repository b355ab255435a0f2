package gazetteer

import "unicode/utf8"

// Suggest is the known name nearest to name, for "did you mean": at most one letter off for a short name, two for a
// longer one; "" if none is near.
func (g *Gazetteer) Suggest(name string) string {
	want := FoldName(name)
	if want == "" {
		return ""
	}
	limit := 2
	if utf8.RuneCountInString(want) <= 4 {
		limit = 1
	}
	best, near := "", limit+1
	names := g.names()
	for _, k := range names.sorted() {
		if d := distance(want, k, near); d < near {
			best, near = names.display[k].text, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, change or swap with their neighbour to make a into b
// (optimal string alignment); bound or more means "at least bound".
func distance(a, b string, bound int) int {
	if d := len(a) - len(b); d >= bound || -d >= bound {
		return bound
	}
	var rows [3][64]int
	if len(b) >= len(rows[0]) {
		return bound
	}
	before, prev, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= bound {
			return bound
		}
		before, prev, row = prev, row, before
	}
	return min(prev[len(b)], bound)
}

package gazetteer

import (
	"slices"
	"time"
)

// membership is one stay of a country in a list.
type membership struct {
	country     string
	from, until time.Time
}

// Members lists the codes of a list's members at that time, sorted; the zero time means the latest that the data know.
// It returns false for an unknown list. The lists are "nato", "eu", "g7" and "un-sc" among others: see Lists.
func (g *Gazetteer) Members(list string, at time.Time) ([]string, bool) {
	stays, ok := g.members[list]
	if !ok {
		return nil, false
	}
	if at.IsZero() {
		for _, s := range stays {
			if s.from.After(at) {
				at = s.from
			}
		}
	}
	var out []string
	for _, s := range stays {
		if !at.Before(s.from) && (s.until.IsZero() || at.Before(s.until)) {
			out = append(out, s.country)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), true
}

// Lists names the lists of members, sorted.
func (g *Gazetteer) Lists() []string {
	var out []string
	for l := range g.members {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// EverMembers lists the codes of all that were members of a list at any time, sorted; none for an unknown list.
func (g *Gazetteer) EverMembers(list string) []string {
	var out []string
	for _, s := range g.members[list] {
		out = append(out, s.country)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

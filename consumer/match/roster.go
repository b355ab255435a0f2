package match

import "github.com/quidnunc-news/quidnunc/consumer/rule"

// roster is rules by their number, in pages: it grows by one of them, and a million stay where they are.
type roster struct {
	pages []*[rosterPage]*rule.Rule
	len   uint32
}

const rosterPage = 4096

func (r *roster) at(n uint32) *rule.Rule      { return r.pages[n/rosterPage][n%rosterPage] }
func (r *roster) set(n uint32, to *rule.Rule) { r.pages[n/rosterPage][n%rosterPage] = to }

// grow makes room for one more, and returns its number.
func (r *roster) grow() uint32 {
	if r.len%rosterPage == 0 {
		r.pages = append(r.pages, &[rosterPage]*rule.Rule{})
	}
	r.len++
	return r.len - 1
}

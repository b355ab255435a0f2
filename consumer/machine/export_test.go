package machine

import (
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Remember makes the machine forget earlier, for tests.
func (s *State) Remember(n int) { s.archive.keep = n }

// Forms is the number of forms that snapshots have had.
const Forms = snapshotVersion

// AppendForm is Append as the program that wrote the form did it.
func (p *Picture) AppendForm(b []byte, form int) ([]byte, error) { return p.append(b, form) }

// Pend is the events of the update that waits after each of the hits has told its own.
func Pend(hits [][]news.Event) []news.Event {
	var p *pending
	for _, events := range hits {
		p = p.with(news.Alert{Events: events})
	}
	return p.whole().Events
}

// AskWindows makes the machine forget when the next absence can be found.
func (s *State) AskWindows() { s.nextTurn = time.Time{} }

// Packed packs the places of several articles, each a rule and a group, with one roster, and unpacks them again, as many as
// they say they are.
func Packed(articles [][][2]string) (out [][][2]string, bytes int) {
	var r roster
	var all []packed
	for _, places := range articles {
		var own []place
		for _, p := range places {
			own = append(own, place{p[0], p[1]})
		}
		all = append(all, r.pack(own))
	}
	for _, p := range all {
		var own [][2]string
		for e := range p.all(r.names) {
			own = append(own, [2]string{e.rule, e.group})
		}
		if len(own) != p.len() {
			own = nil
		}
		out, bytes = append(out, own), bytes+len(p)
	}
	return out, bytes
}

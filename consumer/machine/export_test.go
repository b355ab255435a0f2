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

package machine

import "github.com/quidnunc-news/quidnunc/pipeline/news"

// pending is an update that waits for the end of a throttle: what the latest hit told, and the events of the hits before
// it. It never changes: a picture may hold it, too.
type pending struct {
	alert news.Alert
	older [][]news.Event // of each hit, the oldest first
}

// maxEvents bounds the events one alert lists.
const maxEvents = 50

// with is the update that a later alert makes of what is pending; p may be nil.
func (p *pending) with(later news.Alert) *pending {
	if p == nil {
		return &pending{alert: later}
	}
	older := append(p.older, p.alert.Events) //nolint:gocritic // whoever appends behind p.older appends this: p does not change
	if len(older) > maxEvents {
		older = [][]news.Event{latest(older)}
	}
	return &pending{later, older}
}

// whole is the update with the events of all its hits, those of the latest first.
func (p *pending) whole() news.Alert {
	alert := p.alert
	if len(p.older) > 0 {
		alert.Events = latest(append(p.older[:len(p.older):len(p.older)], alert.Events))
	}
	return alert
}

// latest joins the events of hits that are in the order in which they came, from the last hit on, each event once.
func latest(hits [][]news.Event) []news.Event {
	all := 0
	for _, events := range hits {
		all += len(events)
	}
	last := hits[len(hits)-1]
	out := append(make([]news.Event, 0, max(len(last), min(maxEvents, all))), last...)
	for i := len(hits) - 2; i >= 0; i-- {
		for n := range hits[i] {
			if len(out) < maxEvents && !tells(out, hits[i][n].ID) {
				out = append(out, hits[i][n])
			}
		}
	}
	return out
}

func tells(events []news.Event, id news.ID) bool {
	for i := range events { // an event is too large to be handed to a function one by one
		if events[i].ID == id {
			return true
		}
	}
	return false
}

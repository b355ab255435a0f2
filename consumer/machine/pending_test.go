package machine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// What waits has the events that it has when each hit puts its own before those that wait already, and leaves out what is
// there and what is beyond fifty.
func TestWhatWaitsHasTheLatestEventsFirst(t *testing.T) {
	full := 0
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.IntRange(1, 200).Draw(t, "kinds")
		var hits [][]news.Event
		var want []news.Event
		for range rapid.IntRange(1, 130).Draw(t, "hits") {
			var own []news.Event
			for range rapid.IntRange(0, 4).Draw(t, "events") {
				e := news.Event{ID: news.ID(fmt.Sprint(rapid.IntRange(0, kinds).Draw(t, "event")))}
				if !slices.ContainsFunc(own, func(o news.Event) bool { return o.ID == e.ID }) {
					own = append(own, e)
				}
			}
			hits = append(hits, own)
			next := slices.Clone(own)
			for _, e := range want {
				if len(next) < 50 && !slices.ContainsFunc(next, func(o news.Event) bool { return o.ID == e.ID }) {
					next = append(next, e)
				}
			}
			want = next
		}
		if len(want) == 50 {
			full++
		}
		if diff := cmp.Diff(ids(want), ids(machine.Pend(hits))); diff != "" {
			t.Fatal(diff)
		}
	})
	if full == 0 {
		t.Error("no draw had fifty events: the test asks too little")
	}
}

func ids(events []news.Event) []news.ID {
	out := make([]news.ID, 0, len(events))
	for i := range events {
		out = append(out, events[i].ID)
	}
	return out
}

package courier_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func TestWhatTheMachineHeldBackHasARowAtEachReceiverOnce(t *testing.T) {
	l, at := newLedger(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	held := &machine.Held{Alert: "alertalert", Severity: news.High, To: []string{"desk", "night desk"}, At: at, Article: "articlearticle"}
	for _, s := range []machine.Suppression{
		{Rule: "r", Reason: machine.Throttled, Detail: machine.Detail{Words: "revision 1 was told 5m ago"}, Held: held},
		{Rule: "r", Reason: machine.Throttled, Detail: machine.Detail{Words: "another time"}, Held: held},
		{Rule: "r", Reason: machine.Limited, Detail: machine.Detail{Words: "enough"}, Held: held},
		{Rule: "s", Reason: machine.Shadowed, Detail: machine.Detail{Words: "counted"}, Held: &machine.Held{Alert: "other", At: at}},
		{Rule: "s", Reason: machine.Old, Detail: machine.Detail{Words: "beyond what a ledger shows"}},
		{Rule: "s", Reason: machine.Counted, Detail: machine.Detail{Words: "no alert yet"}, Held: held},
	} {
		if err := courier.Withhold(t.Context(), l, s, "default", at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.rows) != 5 {
		t.Errorf("%d rows", len(l.rows))
	}
	want := courier.Row{
		Version: 1, Alert: "alertalert.throttle", Rule: "r", Severity: news.High, Receiver: "night desk", State: courier.Suppressed, Reason: courier.ReasonThrottle,
		Note: "article " + held.Article.Short() + ": revision 1 was told 5m ago", Queued: at, Changed: at.Add(time.Hour),
	}
	if diff := cmp.Diff(want, l.row(t, courier.RowKey("night desk", "alertalert.throttle"))); diff != "" {
		t.Error(diff)
	}
	if row := l.row(t, courier.RowKey("default", "other.shadow")); row.Reason != courier.ReasonShadow || !row.State.Final() {
		t.Errorf("%+v", row)
	}
}

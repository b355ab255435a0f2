package replay_test

import (
	"runtime/debug"
	"testing"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
)

func TestGarbageHasAsMuchAsIsInUseAndAtLeastHalfAGibibyte(t *testing.T) {
	const mib = 1 << 20
	for live, want := range map[uint64]int{0: 1600, mib: 1600, 64 * mib: 800, 128 * mib: 400, 256 * mib: 200, 512 * mib: 100, 4096 * mib: 100} {
		if got := replay.PercentAt(live); got != want {
			t.Errorf("%d MiB in use: %d %%, want %d", live/mib, got, want)
		}
	}
}

func TestCollectingIsAsBeforeAfterwards(t *testing.T) {
	if before := debug.SetGCPercent(123); before < 0 {
		t.Skip("NOT TESTED: collecting is off")
	} else {
		defer debug.SetGCPercent(before)
	}
	t.Setenv("GOGC", "")
	as := replay.CollectSeldom()
	if got := debug.SetGCPercent(1600); got < 100 {
		t.Errorf("while it replays, the percentage is %d", got)
	}
	as()
	if got := debug.SetGCPercent(123); got != 123 {
		t.Errorf("afterwards it is %d, want 123", got)
	}
	t.Setenv("GOGC", "77")
	replay.CollectSeldom()()
	if got := debug.SetGCPercent(123); got != 123 {
		t.Errorf("who set GOGC gets %d", got)
	}
}

package replay

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// How much garbage may gather before it is collected: as much as is in use, and at least half a gibibyte. What a replay
// reads is garbage a moment later, while what the machine remembers stays and is looked through each time.
const (
	percent = 100
	garbage = 512 << 20
)

// most is the percentage that stands for garbage while next to nothing is in use.
const most = 1600

// CollectSeldom lets a program that does little else than replay collect its garbage seldom, until the function returned is
// called; its heap may then grow to twice what is in use, or to that and half a gibibyte. Who sets GOGC has decided
// otherwise; GOMEMLIMIT holds as ever.
func CollectSeldom() (as func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(most)
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { watchHeap(stop) })
	return func() {
		close(stop)
		watching.Wait()
		debug.SetGCPercent(before)
	}
}

// watchHeap lets the percentage follow what is in use.
func watchHeap(stop <-chan struct{}) {
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // as the last collection found it
	now := most
	for {
		metrics.Read(live)
		if next := percentAt(live[0].Value.Uint64()); next*10 < now*9 || next*9 > now*10 { // each change halts all for a moment
			debug.SetGCPercent(next)
			now = next
		}
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}

// percentAt is the percentage for so many bytes in use.
func percentAt(live uint64) int {
	return int(min(most, max(percent, garbage*100/max(live, 1))))
}

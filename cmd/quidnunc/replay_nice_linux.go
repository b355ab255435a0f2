package main

import (
	"log/slog"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// politeness is the nice value of a replay beside a live system.
const politeness = 10

// giveWay lets every other process have the processor first: a replay is never in a hurry. Threads that begin later
// inherit it.
func giveWay(log *slog.Logger) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		log.Debug("replay: priority not lowered", "error", err)
		return
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err == nil {
			err = unix.Setpriority(unix.PRIO_PROCESS, id, politeness)
		}
		if err != nil {
			log.Debug("replay: priority not lowered", "thread", t.Name(), "error", err)
		}
	}
}

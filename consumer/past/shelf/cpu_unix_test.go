//go:build unix

package shelf_test

import (
	"syscall"
	"time"
)

// cpu is the processor time that this process has taken, collecting garbage included.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

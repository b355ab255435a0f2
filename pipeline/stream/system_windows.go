package stream

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

func tryLock(f *os.File) error {
	// Far behind the file's end, so that others can still read who holds it.
	at := &windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	return err
}

func freeBytes(dir string) (uint64, error) {
	free, _, err := volume(dir)
	return free, err
}

func volumeBytes(dir string) (uint64, error) {
	_, total, err := volume(dir)
	return total, err
}

func volume(dir string) (free, total uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(name, &free, &total, nil)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("stream: size of the volume of %s: %w", dir, err)
	}
	return free, total, nil
}

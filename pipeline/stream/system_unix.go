//go:build unix && !solaris && !illumos && !aix

package stream

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func tryLock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errHeld
	}
	return err
}

func freeBytes(dir string) (uint64, error) {
	s, err := statfs(dir)
	return uint64(s.Bavail) * uint64(s.Bsize), err //nolint:unconvert // the types differ between systems
}

func volumeBytes(dir string) (uint64, error) {
	s, err := statfs(dir)
	return uint64(s.Blocks) * uint64(s.Bsize), err //nolint:unconvert // the types differ between systems
}

func statfs(dir string) (unix.Statfs_t, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return s, fmt.Errorf("stream: size of the volume of %s: %w", dir, err)
	}
	return s, nil
}

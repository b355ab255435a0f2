package stream_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// mountSmall makes dir a volume of a given size for the time of the test, if the test may.
func mountSmall(t *testing.T, dir, size string) error {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		return err
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return nil
}

//go:build chaos && linux

package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// diskFull runs the program with its server inside on a small volume, fills it and frees it again.
func diskFull(t *testing.T, rng *rand.Rand) account {
	s := newStage(t, rng, 1500)
	s.slowDesk()
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", data, "tmpfs", 0, "size=96m"); err != nil {
		t.Fatalf("this experiment needs a small volume, so root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(data, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p := s.start("run", "--config", s.config, "--once", "--grace", "3m")
	s.until("the first deliveries", func() bool { return p.gone() || s.desk.count() > 2 })
	s.still(p)
	filler := filepath.Join(data, "filler")
	fillUp(t, filler)
	time.Sleep(6 * time.Second)
	s.still(p)
	began := time.Now()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.goesOn(p)
	recovery := time.Since(began)
	if recovery > 10*time.Second {
		t.Errorf("deliveries went on %v after there was space", recovery)
	}
	s.ends(p)
	hub, done, err := stream.Attach(t.Context(), data, stream.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a := s.accountOf(hub)
	done()
	if r := quidnunc(t, "verify", "--data", data); r.code != exitOK {
		t.Errorf("verify: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	a.recovery = recovery
	return a
}

func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

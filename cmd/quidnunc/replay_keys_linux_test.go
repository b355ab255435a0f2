package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: what a program in it shows, and keys to press.
type terminal struct {
	master, slave *os.File
	mu            sync.Mutex
	shown         bytes.Buffer
}

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 160})
	}
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{master: master}
	if x.slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			x.mu.Lock()
			x.shown.Write(b[:n])
			x.mu.Unlock()
			if err != nil { // the program and its end of the terminal are gone
				return
			}
		}
	}()
	return x
}

func (x *terminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := x.master.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// since is what was shown after the first n bytes.
func (x *terminal) since(n int) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.String()[n:]
}

// A replay at a terminal is paused and let go on by the space bar, goes on by one report with s, and ends with q, leaving a
// checkpoint and the terminal as they found it.
func TestKeysSteerAReplay(t *testing.T) {
	dir := t.TempDir()
	archiveOf(t, dir, 400, rand.New(rand.NewPCG(3, 3)))
	x := openTerminal(t)
	before, err := unix.IoctlGetTermios(int(x.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	c := program(t, "replay", "--rules", filepath.Join(dir, "rules.yaml"), "--speed", "60", "--api", off, "--out", filepath.Join(dir, "out"), filepath.Join(dir, "articles.jsonl"))
	var out bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = x.slave, &out, x.slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	at := 0
	await := func(what string) {
		t.Helper()
		defer func() {
			if t.Failed() {
				_ = c.Process.Kill()
				err := c.Wait()
				t.Logf("%v: the terminal shows %q\n%s", err, x.since(0), &out)
			}
		}()
		eventually(t, what, func() bool { return strings.Contains(x.since(at), what) })
		at = len(x.since(0))
	}
	await("reports") // the bar is there, a minute of the log a second
	x.press(t, " ")
	await("paused")
	// the 400 reports are a minute apart: from here on only steps go on
	var reports int
	for _, found := range regexp.MustCompile(`(\d+) reports`).FindAllStringSubmatch(x.since(0), -1) {
		reports, _ = strconv.Atoi(found[1]) // the last one counts
	}
	x.press(t, "sss")
	await(fmt.Sprintf("%d reports", reports+3))
	await("paused")
	x.press(t, " ")
	await(fmt.Sprintf("%d reports", reports+5))
	x.press(t, "x") // no key of ours
	x.press(t, "q")
	err = c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("ended with q: exit code %d (%v)\n%s", code, err, x.since(0))
	}
	if !strings.Contains(out.String(), "the same command goes on there") {
		t.Errorf("it does not say how to go on:\n%s", &out)
	}
	after, err := unix.IoctlGetTermios(int(x.slave.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal is left as %+v (%v), it was %+v", after, err, before)
	}
	if err := x.slave.Close(); err != nil {
		t.Error(err)
	}
}

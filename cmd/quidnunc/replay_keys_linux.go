package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quidnunc-news/quidnunc/consumer/replay"
)

// keys lets somebody at a terminal steer a replay, until the function returned is called: space pauses and goes on, s
// lets one report pass, q ends. Ctrl-C stays what it is.
func (r *replaying) keys(control *replay.Control, end func()) (letGo func()) {
	in, ok := r.std.in.(*os.File)
	if !ok {
		return func() {}
	}
	fd := int(in.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil || !foreground(fd) {
		return func() {}
	}
	raw := *before
	raw.Lflag &^= unix.ICANON | unix.ECHO
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 0, 2 // a read returns after 0.2 s without a key
	if unix.IoctlSetTermios(fd, unix.TCSETS, &raw) != nil {
		return func() {}
	}
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		pressed(fd, control, end, stopped)
	}()
	again := make(chan os.Signal, 1) // after Ctrl-Z and fg the terminal is as it was
	signal.Notify(again, syscall.SIGCONT)
	go func() {
		for range again {
			_ = unix.IoctlSetTermios(fd, unix.TCSETS, &raw)
		}
	}()
	return func() {
		close(stopped)
		<-ended
		signal.Stop(again)
		close(again)
		_ = unix.IoctlSetTermios(fd, unix.TCSETS, before)
	}
}

// foreground tells whether this process may read the terminal.
func foreground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

func pressed(fd int, control *replay.Control, end func(), stopped <-chan struct{}) {
	key := make([]byte, 1)
	for {
		select {
		case <-stopped:
			return
		default:
		}
		n, err := unix.Read(fd, key)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return
		case n == 0:
			time.Sleep(50 * time.Millisecond) // nobody is there any more, or VTIME is not heeded
		case key[0] == ' ':
			control.Toggle()
		case key[0] == 's':
			control.Step(1)
		case key[0] == 'q':
			end()
			return
		}
	}
}

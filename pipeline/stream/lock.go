package stream

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockName is the file whose lock means "a server runs here". It stays; only the lock counts, and the system frees it when a process dies.
const lockName = "quidnunc.lock"

type lockFile struct{ file *os.File }

// lockDir takes the lock of a data directory, or says who has it.
func lockDir(dir string) (*lockFile, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("stream: lock: %w", err)
	}
	if err := tryLock(f); err != nil {
		holder := holderOf(path)
		_ = f.Close()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("stream: lock %s: %w", path, err)
		}
		return nil, fmt.Errorf("stream: %w: %s is served by %s; stop that one, choose another directory with --data, or join it with a command "+
			"that does not serve (tail, status, rules put, consume --data %s)", ErrLocked, dir, holder, dir)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) // for the reader of the error only
	}
	return &lockFile{f}, nil
}

func holderOf(path string) string {
	b, err := os.ReadFile(path)
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" {
		return "another process"
	}
	return "process " + pid
}

func (l *lockFile) release() {
	_ = l.file.Truncate(0)
	_ = l.file.Close() // frees the lock
}

var errHeld = errors.New("held by another process")

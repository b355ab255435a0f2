// Package shelf keeps the columns of a log's past, with copies of what it told, in files that grow with the log.
package shelf

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/past/copies"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
)

// Shelf is a directory with segments, copies of their entries, and the machine that tells their stories. Each file is named by its hash, or that of
// its head, which has those of the rest, and never changed; the list of them is replaced whole. Two processes that let it grow at once do the same work twice.
type Shelf struct {
	dir  string
	list list
}

// list is what stands on the shelf.
type list struct {
	Version  int       `json:"version"` // of this form
	Traits   int       `json:"traits"`  // of match.TraitsVersion
	Step     int       `json:"step"`    // of machine.Version
	Next     uint64    `json:"next"`    // place in the log of the first entry that is not there yet
	Entries  int       `json:"entries"`
	Newest   time.Time `json:"newest"` // highest time of an entry
	Segments []segment `json:"segments"`
	Machine  file      `json:"machine"` // its memory, without rules, behind the last entry
}

type segment struct {
	Hash    string `json:"sha256"`
	Entries int    `json:"entries"`
	Last    uint64 `json:"last"`             // place in the log of the last of them
	Copies  string `json:"copies,omitempty"` // hash of the pack of them; "" when the log does not hold them any more
}

type file struct {
	Hash string `json:"sha256"`
}

const (
	version  = 3
	listName = "list.json"
)

// Open opens the shelf in dir. One that is not there, was made by another version or is damaged is empty: why tells, and
// it is filled again by Grow.
func Open(dir string) (s *Shelf, why string, err error) {
	s = &Shelf{dir: dir, list: empty()}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("shelf: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(dir, listName))
	if errors.Is(err, fs.ErrNotExist) {
		return s, "it is new", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("shelf: %w", err)
	}
	var l list
	switch err := json.Unmarshal(data, &l); {
	case err != nil:
		return s, "its list is damaged", nil
	case l.Version != version || l.Traits != match.TraitsVersion || l.Step != machine.Version:
		return s, "another version made it", nil
	}
	s.list = l
	return s, "", nil
}

func empty() list {
	return list{Version: version, Traits: match.TraitsVersion, Step: machine.Version, Next: 1}
}

// Clear forgets everything: what is damaged is made again from the log.
func (s *Shelf) Clear() error { return s.publish(empty()) }

// Dir is the directory.
func (s *Shelf) Dir() string { return s.dir }

// Len is the number of segments.
func (s *Shelf) Len() int { return len(s.list.Segments) }

// Entries is how many entries of the log stand there; Next is the place of the first that does not.
func (s *Shelf) Entries() int { return s.list.Entries }

// Next is the place in the log behind the last entry on the shelf.
func (s *Shelf) Next() uint64 { return s.list.Next }

// Newest is the highest time of an entry on the shelf.
func (s *Shelf) Newest() time.Time { return s.list.Newest }

// Segment opens a segment: what is read of it is checked against its hashes, and past.ErrDamaged is inside the error where
// it is not what it was.
func (s *Shelf) Segment(n int) (*past.Segment, error) {
	name := s.list.Segments[n].Hash
	f, err := os.Open(s.path(name))
	if err != nil {
		return nil, lost(name, err)
	}
	segment, err := past.Open(f, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return segment, nil
}

// Size is how many bytes a shelf takes.
type Size struct{ Segments, Copies, Memory int64 } // Memory: of the machine

// Size adds up the files.
func (s *Shelf) Size() (size Size, err error) {
	add := func(to *int64, name string) {
		if name == "" || err != nil {
			return
		}
		info, e := os.Stat(s.path(name))
		if e != nil {
			err = lost(name, e)
			return
		}
		*to += info.Size()
	}
	for _, f := range s.list.Segments {
		add(&size.Segments, f.Hash)
		add(&size.Copies, f.Copies)
	}
	add(&size.Memory, s.list.Machine.Hash)
	return size, err
}

func (s *Shelf) path(hash string) string { return filepath.Join(s.dir, hash) }

// read is a file that is named by the hash of all its bytes.
func (s *Shelf) read(hash string) ([]byte, error) {
	data, err := os.ReadFile(s.path(hash))
	if err != nil {
		return nil, lost(hash, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != hash {
		return nil, fmt.Errorf("shelf: %s is not what it was: %w", hash, past.ErrDamaged)
	}
	return data, nil
}

// lost is what an error says of a file that should be there.
func lost(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("shelf: %s is not there: %w", name, past.ErrDamaged)
	}
	return fmt.Errorf("shelf: %w", err)
}

// begun is how the names of files begin that are not whole yet.
const begun = "new-"

// replace writes a file beside and puts it in place whole.
func (s *Shelf) replace(name string, data []byte) error {
	f, err := os.CreateTemp(s.dir, begun+"*")
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return fmt.Errorf("shelf: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// abandoned is how old a file is that nobody is about to put on the list any more.
const abandoned = 24 * time.Hour

// publish replaces the list, and removes the files that were on the one before and are not on this one. Others may be
// those of a process that is about to publish its own list; they are removed when they are old.
func (s *Shelf) publish(l list) error {
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	if err := s.replace(listName, data); err != nil {
		return err
	}
	keep, before := l.files(), s.list.files()
	s.list = l
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if keep[name] || len(name) != 2*sha256.Size && !strings.HasPrefix(name, begun) {
			continue
		}
		if info, err := e.Info(); before[name] || err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(s.path(name)) // one that another preview is reading may have to stay until the next time
		}
	}
	return nil
}

// files are the names of those on the list.
func (l *list) files() map[string]bool {
	of := map[string]bool{l.Machine.Hash: true}
	for _, f := range l.Segments {
		of[f.Hash], of[f.Copies] = true, true
	}
	return of
}

// Damaged tells whether an error says that the shelf has to be filled again.
func Damaged(err error) bool {
	return errors.Is(err, past.ErrDamaged) || errors.Is(err, copies.ErrDamaged) || errors.Is(err, snapshot.ErrDamaged)
}

// Package shelf keeps the columns of a log's past in files, and lets them grow with the log.
package shelf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/past"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Log gives the entries of the log from a place on, up to its present end, in their order. What cannot be read is left
// out, as the machine leaves it out.
type Log interface {
	Scan(ctx context.Context, from uint64, handle func(seq uint64, e news.Entry) error) error
}

// Shelf is a directory with segments and the machine that tells their stories. Each file is named by its hash and never
// changed; the list of them is replaced whole. Two processes that let it grow at once do the same work twice.
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
	Segments []file    `json:"segments"`
	Machine  file      `json:"machine"` // its memory, without rules, behind the last entry
}

type file struct {
	Hash    string `json:"sha256"`
	Entries int    `json:"entries,omitempty"`
}

const (
	version  = 1
	listName = "list.json"
)

// Open opens the shelf in dir. One that is not there, was made by another version or is damaged is empty: why tells, and
// it is filled again by Grow.
func Open(dir string) (s *Shelf, why string, err error) {
	s = &Shelf{dir: dir}
	s.empty()
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

func (s *Shelf) empty() {
	s.list = list{Version: version, Traits: match.TraitsVersion, Step: machine.Version, Next: 1}
}

// Clear forgets everything: what is damaged is made again from the log.
func (s *Shelf) Clear() error {
	s.empty()
	return s.publish()
}

// Len is the number of segments.
func (s *Shelf) Len() int { return len(s.list.Segments) }

// Entries is how many entries of the log stand there; Next is the place of the first that does not.
func (s *Shelf) Entries() int { return s.list.Entries }

// Next is the place in the log behind the last entry on the shelf.
func (s *Shelf) Next() uint64 { return s.list.Next }

// Newest is the highest time of an entry on the shelf.
func (s *Shelf) Newest() time.Time { return s.list.Newest }

// Segment reads a segment and checks it against its hash: past.ErrDamaged inside the error where it is not what it was.
func (s *Shelf) Segment(n int) (*past.Segment, error) {
	hash := s.list.Segments[n].Hash
	data, err := s.bytes(hash)
	if err != nil {
		return nil, err
	}
	if past.Name(data) != hash {
		return nil, fmt.Errorf("shelf: %s is not what it was: %w", hash, past.ErrDamaged)
	}
	return past.Open(data) // which holds the bytes to their name
}

// Size is how many bytes the segments and the machine's memory take.
func (s *Shelf) Size() (segments, memory int64, err error) {
	for _, f := range s.list.Segments {
		info, err := os.Stat(s.path(f.Hash))
		if err != nil {
			return 0, 0, fmt.Errorf("shelf: %w", err)
		}
		segments += info.Size()
	}
	if s.list.Machine.Hash == "" {
		return segments, 0, nil
	}
	info, err := os.Stat(s.path(s.list.Machine.Hash))
	if err != nil {
		return 0, 0, fmt.Errorf("shelf: %w", err)
	}
	return segments, info.Size(), nil
}

// Grow takes in what the log has gained, telling how far it is. What was gained is on the shelf only when all of it is,
// or every saved entries: a Grow that is interrupted goes on from there.
func (s *Shelf) Grow(ctx context.Context, log Log, progress func(entries int)) error {
	g := grower{shelf: s, progress: progress, next: s.list.Next, newest: s.list.Newest}
	if err := g.begin(); err != nil {
		return err
	}
	if err := log.Scan(ctx, s.list.Next, g.take); err != nil {
		return err
	}
	if g.taken == 0 {
		return nil
	}
	return g.save()
}

// saved is after how many entries what was taken in is kept, should the process end.
const saved = 8 * past.Full

type grower struct {
	shelf    *Shelf
	progress func(int)
	state    *machine.State
	traits   match.Traits
	builder  *past.Builder
	segments []file // complete ones
	next     uint64
	newest   time.Time
	taken    int
	fresh    int // since the last save
}

// begin takes up the machine's memory, and the last segment where it has room.
func (g *grower) begin() error {
	g.state, g.builder = &machine.State{}, &past.Builder{}
	g.segments = g.shelf.list.Segments
	if g.shelf.list.Machine.Hash == "" {
		return nil
	}
	memory, err := g.shelf.read(g.shelf.list.Machine.Hash)
	if err != nil {
		return err
	}
	g.state, err = machine.Restore(memory, func(hash string) (*machine.Ruleset, error) { return nil, fmt.Errorf("shelf: rules %s", hash) })
	if err != nil {
		return fmt.Errorf("shelf: %w: %w", past.ErrDamaged, err)
	}
	last := len(g.segments) - 1
	if last < 0 || g.segments[last].Entries >= past.Full {
		return nil
	}
	s, err := g.shelf.Segment(last)
	if err != nil {
		return err
	}
	g.segments = g.segments[:last:last]
	g.builder, err = s.Builder()
	return err
}

func (g *grower) take(seq uint64, entry news.Entry) error {
	g.next = seq + 1
	e := past.Entry{Seq: seq}
	var traits []string
	switch x := entry.(type) {
	case news.Report:
		e.At, e.Origin, e.Article = x.At, x.Origin, past.ArticleKey(x.Article.ID)
		traits = g.traits.Of(&x)
	case news.Tick:
		e.At, e.Kind = x.At, past.Tick
	case news.Correction:
		e.At, e.Kind, e.Article = x.At, past.Correction, past.ArticleKey(x.Article)
	default:
		return nil
	}
	result := g.state.Step(machine.Input{Seq: seq, Entry: entry})
	if e.Kind == past.Report && result.Fate != machine.Duplicate {
		e.Story = &result.Story
	}
	g.builder.Add(e, traits)
	if e.At.After(g.newest) {
		g.newest = e.At
	}
	g.taken++
	g.fresh++
	if g.progress != nil {
		g.progress(g.taken)
	}
	if g.builder.Len() < past.Full {
		return nil
	}
	if err := g.close(); err != nil {
		return err
	}
	if g.fresh < saved {
		return nil
	}
	return g.save()
}

// close makes a segment of what the builder has.
func (g *grower) close() error {
	if g.builder.Len() == 0 {
		return nil
	}
	data, err := g.builder.Bytes()
	if err != nil {
		return err
	}
	hash := past.Name(data)
	if err := g.shelf.replace(hash, data); err != nil {
		return err
	}
	g.segments = append(g.segments, file{hash, g.builder.Len()})
	g.builder = &past.Builder{}
	return nil
}

// save puts what was taken in on the list.
func (g *grower) save() error {
	if err := g.close(); err != nil {
		return err
	}
	memory, err := g.state.AppendSnapshot(nil)
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	sum := sha256.Sum256(memory)
	hash := hex.EncodeToString(sum[:])
	if err := g.shelf.replace(hash, memory); err != nil {
		return err
	}
	l := &g.shelf.list
	l.Segments, l.Machine, l.Next, l.Newest, l.Entries = g.segments, file{Hash: hash}, g.next, g.newest, 0
	for _, f := range l.Segments {
		l.Entries += f.Entries
	}
	g.fresh = 0
	return g.shelf.publish()
}

func (s *Shelf) path(hash string) string { return filepath.Join(s.dir, hash) }

// read is a file that is named by the hash of all its bytes.
func (s *Shelf) read(hash string) ([]byte, error) {
	data, err := s.bytes(hash)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != hash {
		return nil, fmt.Errorf("shelf: %s is not what it was: %w", hash, past.ErrDamaged)
	}
	return data, nil
}

func (s *Shelf) bytes(hash string) ([]byte, error) {
	data, err := os.ReadFile(s.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("shelf: %s is not there: %w", hash, past.ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	return data, nil
}

// replace writes a file beside and puts it in place whole.
func (s *Shelf) replace(name string, data []byte) error {
	f, err := os.CreateTemp(s.dir, "new-*")
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

// publish replaces the list, and removes the files that are not on it.
func (s *Shelf) publish() error {
	data, err := json.MarshalIndent(s.list, "", "  ")
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	if err := s.replace(listName, data); err != nil {
		return err
	}
	keep := map[string]bool{listName: true, s.list.Machine.Hash: true}
	for _, f := range s.list.Segments {
		keep[f.Hash] = true
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	for _, e := range entries {
		if keep[e.Name()] || len(e.Name()) != 2*sha256.Size {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("shelf: %w", err)
		}
	}
	return nil
}

// Damaged tells whether an error says that the shelf has to be filled again.
func Damaged(err error) bool {
	return errors.Is(err, past.ErrDamaged) || errors.Is(err, snapshot.ErrDamaged)
}

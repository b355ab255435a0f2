package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Index says what a directory holds.
type Index struct {
	Form     int       `json:"form"`
	Span     Span      `json:"span"`     // the stretch of At that was asked for
	Complete bool      `json:"complete"` // false: the writer was interrupted, and can go on
	Next     uint64    `json:"next"`     // the log's sequence to go on from
	Entries  int       `json:"entries"`
	Missing  uint64    `json:"missing,omitempty"` // messages that the log had lost inside the stretch
	Segments []Segment `json:"segments"`          // batch by batch; in a batch by hour
	Rules    []Named   `json:"rules"`             // every rules message, in the log's order
	Chain    string    `json:"chain"`             // over all segments' files
	Hash     string    `json:"hash"`              // over the index itself, with this field empty
}

// Named is a message that puts rules in force. The index has it whole: the rules in force are known without opening a file.
type Named struct {
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"at"`
	Subject string    `json:"subject"`
	Data    []byte    `json:"data"`
	Rules   string    `json:"rules"` // hash of the rules object; empty where the message cannot be read
}

func (n Named) entry() Entry { return Entry{n.Seq, n.At.UTC(), n.Subject, n.Data} }

// carry is the chain after one more file.
func carry(chain, sha string) string {
	sum := sha256.Sum256([]byte(chain + "\n" + sha))
	return hex.EncodeToString(sum[:])
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// bytes is the index as it stands in its file, its hash included.
func (x Index) bytes() ([]byte, error) {
	x.Hash = ""
	bare, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		return nil, err
	}
	x.Hash = hashOf(bare)
	whole, err := json.MarshalIndent(x, "", " ")
	return append(whole, '\n'), err
}

// readIndex reads and checks the index of a directory; fs.ErrNotExist where there is none.
func readIndex(dir string) (Index, error) {
	name := filepath.Join(dir, indexName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Index{}, fmt.Errorf("segment: %s is no export: %w", dir, err)
	}
	if err != nil {
		return Index{}, fmt.Errorf("segment: %w", err)
	}
	var x Index
	if err := json.Unmarshal(data, &x); err != nil {
		return x, fmt.Errorf("segment: %s: %w: %w", name, ErrCorrupt, err)
	}
	if x.Form > form {
		return x, fmt.Errorf("segment: %s: form %d is of a newer version of quidnunc", name, x.Form)
	}
	if again, err := x.bytes(); err != nil || !bytes.Equal(again, data) {
		return x, fmt.Errorf("segment: %s: %w: it was changed after it was written", name, ErrCorrupt)
	}
	return x, x.check(name)
}

// check holds the index to its chain, and to names that lie in the directory.
func (x Index) check(name string) error {
	chain, entries := "", 0
	for _, s := range x.Segments {
		if s.Previous != chain || s.File != fileOf(s.Hour, s.Batch) || !filepath.IsLocal(s.File) || filepath.Base(s.File) != s.File {
			return fmt.Errorf("segment: %s: %w: the chain breaks at %s", name, ErrCorrupt, s.File)
		}
		chain = carry(chain, s.SHA256)
		entries += s.Entries
	}
	if chain != x.Chain || entries != x.Entries {
		return fmt.Errorf("segment: %s: %w: the chain does not end where the index says", name, ErrCorrupt)
	}
	return nil
}

// batches are the segments of each batch, in order.
func (x Index) batches() [][]Segment {
	var out [][]Segment
	for i, s := range x.Segments {
		if i == 0 || s.Batch != x.Segments[i-1].Batch {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

// replace writes a file whole or not at all.
func replace(name string, data []byte) (err error) {
	f, err := os.OpenFile(name+temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(name+temporary, name)
}

package stream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/jsm.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Manifest says what a backup holds. It is written last: a backup without one was not finished.
type Manifest struct {
	Form   int       `json:"form"` // of this file and what lies beside it: 1
	Prefix string    `json:"prefix"`
	Made   time.Time `json:"made"`
	Server string    `json:"server"` // its version
	Parts  []Part    `json:"parts"`
}

// Part is a stream or bucket in a backup.
type Part struct {
	Name     string            `json:"name"` // without the prefix: REPORTS, KV LEDGER, OBJ RULES
	Messages uint64            `json:"messages"`
	Bytes    uint64            `json:"bytes"`
	Last     uint64            `json:"last"`  // sequence
	Files    map[string]string `json:"files"` // path in the backup → hex SHA-256
}

// BackupProgress tells of each part when it is done.
type BackupProgress func(part Part, done, of int)

const (
	manifestForm = 1
	manifestFile = "manifest.json"
)

// ErrDamaged: a backup is not whole, or not as it was written.
var ErrDamaged = errors.New("damaged backup")

// ErrNotEmpty: there are messages where a backup would go.
var ErrNotEmpty = errors.New("not empty")

// parts are what a backup holds, in the order in which it is taken. While the log goes on, what is taken later may know more
// than what was taken before: states of machines before the outputs they lead to, outputs before the log they are made of and the
// deliveries that are made of them, and the bodies of rules behind the messages that name them. Leases are nobody's after a restore.
var parts = []struct{ name, stream string }{
	{"OBJ SNAPSHOTS", "OBJ_%s_SNAPSHOTS"},
	{"EVENTS", "%s_EVENTS"},
	{"DELIVERIES", "%s_DELIVERIES"},
	{"KV LEDGER", "KV_%s_LEDGER"},
	{"KV SILENCES", "KV_%s_SILENCES"},
	{"KV FEEDS", "KV_%s_FEEDS"},
	{"DEAD", "%s_DEAD"},
	{"REPORTS", "%s_REPORTS"},
	{"OBJ RULES", "OBJ_%s_RULES"},
}

// Backup writes all streams and buckets of the prefix, with their consumers, into dir, which is made and must be empty. Producers and
// consumers may go on meanwhile. It ends with an error where a stream does not pass the server's own check.
func (h *Hub) Backup(ctx context.Context, dir string, told BackupProgress) (Manifest, error) {
	m := Manifest{Form: manifestForm, Prefix: h.names.prefix, Made: time.Now().UTC().Truncate(time.Second), Server: h.conn.ConnectedServerVersion()}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, fmt.Errorf("stream: backup: %w", err)
	}
	if some, err := os.ReadDir(dir); err != nil || len(some) > 0 {
		return m, fmt.Errorf("stream: backup: %s: %w: choose a directory that is new", dir, errors.Join(err, ErrNotEmpty))
	}
	manager, err := jsm.New(h.conn, jsm.WithTimeout(h.config.Timeout))
	if err != nil {
		return m, fmt.Errorf("stream: backup: %w", err)
	}
	for i, part := range parts {
		p, err := h.backupPart(ctx, manager, dir, part.name, fmt.Sprintf(part.stream, h.names.underscored()))
		if err != nil {
			return m, fmt.Errorf("stream: backup of %s: %w", part.name, err)
		}
		m.Parts = append(m.Parts, p)
		told(p, i+1, len(parts))
	}
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, fmt.Errorf("stream: backup: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, manifestFile), append(body, '\n'), 0o600); err != nil {
		return m, fmt.Errorf("stream: backup: %w", err)
	}
	return m, nil
}

func (h *Hub) backupPart(ctx context.Context, manager *jsm.Manager, dir, name, stream string) (Part, error) {
	p := Part{Name: name, Files: map[string]string{}}
	s, err := manager.LoadStream(stream)
	if err != nil {
		return p, err
	}
	if _, err := s.SnapshotToDirectory(ctx, filepath.Join(dir, name), jsm.SnapshotConsumers(), jsm.SnapshotHealthCheck()); err != nil {
		return p, err
	}
	var meta struct {
		State struct {
			Messages uint64 `json:"messages"`
			Bytes    uint64 `json:"bytes"`
			Last     uint64 `json:"last_seq"`
		} `json:"state"`
	}
	body, err := os.ReadFile(filepath.Join(dir, name, jsm.SnapshotMetaFile))
	if err == nil {
		err = json.Unmarshal(body, &meta)
	}
	if err != nil {
		return p, err
	}
	p.Messages, p.Bytes, p.Last = meta.State.Messages, meta.State.Bytes, meta.State.Last
	files, err := os.ReadDir(filepath.Join(dir, name))
	if err != nil {
		return p, err
	}
	for _, f := range files {
		path := filepath.Join(name, f.Name())
		if p.Files[filepath.ToSlash(path)], err = hashFile(filepath.Join(dir, path)); err != nil {
			return p, err
		}
	}
	return p, nil
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ReadBackup reads the manifest of a backup and compares every file with it: ErrDamaged names the first that differs.
func ReadBackup(dir string) (Manifest, error) {
	var m Manifest
	body, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("stream: %s: %w: no %s in it: it is no backup, or one that was not finished", dir, ErrDamaged, manifestFile)
	}
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil {
		return m, fmt.Errorf("stream: %s: %w: %w", dir, ErrDamaged, err)
	}
	if m.Form != manifestForm {
		return m, fmt.Errorf("stream: %s: a backup of form %d; this program reads form %d", dir, m.Form, manifestForm)
	}
	if len(m.Parts) != len(parts) {
		return m, fmt.Errorf("stream: %s: %w: %d parts of %d", dir, ErrDamaged, len(m.Parts), len(parts))
	}
	for i, p := range m.Parts {
		if p.Name != parts[i].name {
			return m, fmt.Errorf("stream: %s: %w: part %q where %q belongs", dir, ErrDamaged, p.Name, parts[i].name)
		}
		for file, want := range p.Files {
			got, err := hashFile(filepath.Join(dir, filepath.FromSlash(file)))
			if err == nil && got != want {
				err = errors.New("not as it was written")
			}
			if err != nil {
				return m, fmt.Errorf("stream: %s: %w: %s: %w", dir, ErrDamaged, file, err)
			}
		}
	}
	return m, nil
}

// Restore puts a backup in place of the prefix's streams and buckets, after all of its files were checked. Streams that are there and
// empty give way; ErrNotEmpty where one has messages, unless replace. Nobody may read or write meanwhile. Settings come back
// as they were saved.
func (h *Hub) Restore(ctx context.Context, dir string, replace bool, told BackupProgress) (Manifest, error) {
	m, err := ReadBackup(dir)
	if err != nil {
		return m, err
	}
	if m.Prefix != h.names.prefix {
		return m, fmt.Errorf("stream: restore: the backup is of the prefix %s, not of %s", m.Prefix, h.names.prefix)
	}
	if err := h.giveWay(ctx, replace); err != nil {
		return m, fmt.Errorf("stream: restore: %w", err)
	}
	manager, err := jsm.New(h.conn, jsm.WithTimeout(h.config.Timeout))
	if err != nil {
		return m, fmt.Errorf("stream: restore: %w", err)
	}
	for i, p := range m.Parts {
		stream := fmt.Sprintf(parts[i].stream, h.names.underscored())
		_, state, err := manager.RestoreSnapshotFromDirectory(ctx, stream, filepath.Join(dir, p.Name))
		if err == nil && (state.Msgs != p.Messages || state.LastSeq != p.Last) {
			err = fmt.Errorf("%d messages up to %d came back, %d up to %d were saved", state.Msgs, state.LastSeq, p.Messages, p.Last)
		}
		if err != nil {
			return m, fmt.Errorf("stream: restore of %s: %w", p.Name, err)
		}
		told(p, i+1, len(m.Parts))
	}
	return m, h.makeLeases(ctx)
}

// makeLeases makes the one bucket that is not restored, with as many copies as the rest has.
func (h *Hub) makeLeases(ctx context.Context) error {
	events, err := h.js.Stream(ctx, h.names.stream(Events))
	if err != nil {
		return fmt.Errorf("stream: restore: %w", err)
	}
	want := h.keys(Leases, 0)
	want.Replicas = events.CachedInfo().Config.Replicas
	if _, err := h.js.CreateStream(ctx, want); err != nil {
		return fmt.Errorf("stream: restore of %s: %w", want.Name, err)
	}
	return nil
}

// giveWay deletes the prefix's streams and buckets: all of them when replace, else only if all are empty.
func (h *Hub) giveWay(ctx context.Context, replace bool) error {
	var there []string
	for _, want := range h.wanted() {
		s, err := h.js.Stream(ctx, want.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if state := s.CachedInfo().State; state.Msgs > 0 && !replace {
			return fmt.Errorf("%s has %d messages: %w", want.Name, state.Msgs, ErrNotEmpty)
		}
		there = append(there, want.Name)
	}
	for _, name := range there {
		if err := h.js.DeleteStream(ctx, name); err != nil {
			return fmt.Errorf("delete %s: %w", name, err)
		}
	}
	return nil
}

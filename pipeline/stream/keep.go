package stream

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// A server that cannot read a stream when it starts (one flipped bit in a compressed block, a disk too full to write an index) warns and
// deletes the stream's directory: nats-server 2.15.2, stream.go, where setupStore fails. The next set-up would then begin an empty stream of
// that name. So every file gets a second name (a hard link) before the server starts; once all streams are up the second names go, else the
// streams that are not go back to their place and Serve says what is wrong.

const keepDir = "keep"

// keepStreams gives every file of every stream in dir a second name. Where an earlier start died between, what it kept comes back first.
func keepStreams(dir string) error {
	if err := restoreKept(dir, nil); err != nil {
		return err
	}
	if err := dropKept(dir); err != nil {
		return err
	}
	building := filepath.Join(dir, keepDir+".building")
	if err := os.RemoveAll(building); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	streams := streamsDir(dir)
	for _, name := range streamNames(streams) {
		if err := linkTree(filepath.Join(streams, name), filepath.Join(building, name)); err != nil {
			return errors.Join(fmt.Errorf("stream: keep %s: %w", name, err), os.RemoveAll(building))
		}
	}
	if err := os.Rename(building, filepath.Join(dir, keepDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("stream: %w", err)
	}
	return nil
}

// restoreKept puts kept streams back: those in lost, and any whose directory is gone.
func restoreKept(dir string, lost []string) error {
	streams := streamsDir(dir)
	here := streamNames(streams)
	for _, name := range streamNames(filepath.Join(dir, keepDir)) {
		if slices.Contains(here, name) && !slices.Contains(lost, name) {
			continue
		}
		place := filepath.Join(streams, name)
		if err := os.RemoveAll(place); err != nil {
			return fmt.Errorf("stream: restore %s: %w", name, err)
		}
		if err := os.Rename(filepath.Join(dir, keepDir, name), place); err != nil {
			return fmt.Errorf("stream: restore %s: %w", name, err)
		}
	}
	return nil
}

func dropKept(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, keepDir)); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	return nil
}

// unread are the streams that are kept and did not come up.
func unread(server *natsserver.Server, dir string) ([]string, error) {
	j, err := server.Jsz(&natsserver.JSzOptions{Accounts: true, Streams: true})
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	var up, lost []string
	for _, account := range j.AccountDetails {
		for _, s := range account.Streams {
			up = append(up, s.Name)
		}
	}
	for _, name := range streamNames(filepath.Join(dir, keepDir)) {
		if !slices.Contains(up, name) {
			lost = append(lost, name)
		}
	}
	return lost, nil
}

// corrupt says which streams cannot be read, why, and the ways out.
func corrupt(dir string, lost []string, said string) error {
	var places []string
	for _, name := range lost {
		places = append(places, filepath.Join(streamsDir(dir), name))
	}
	if said != "" {
		said = " (nats-server says: " + said + ")"
	}
	return fmt.Errorf("stream: %w: cannot read %s%s; nothing was changed: check the disk and its free space, put a copy of that directory in its place, "+
		"or move it away to begin that stream anew", ErrCorrupt, strings.Join(places, " and "), said)
}

func streamsDir(dir string) string {
	return filepath.Join(dir, natsserver.JetStreamStoreDir, "$G", "streams")
}

// streamNames are the directories that hold a stream; those that begin with a dot are being deleted.
func streamNames(streams string) []string {
	found, _ := filepath.Glob(filepath.Join(streams, "*", natsserver.JetStreamMetaFile)) // the pattern is well formed
	var names []string
	for _, meta := range found {
		if name := filepath.Base(filepath.Dir(meta)); !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names
}

// linkTree makes the directories of from under to, and there a hard link to every file.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		return os.Link(path, target)
	})
}

package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Open returns the articles of the files, directories and glob patterns in the order given; "-" is standard input.
// A path that is not there, or a pattern that matches nothing, is an error at once; what is wrong inside of a file
// comes from Next.
func Open(cfg Config, paths ...string) (*Source, error) {
	var files []file
	for _, p := range paths {
		found, err := expand(p)
		if err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		files = append(files, found...)
	}
	return newSource(cfg, files), nil
}

// OpenFS returns the articles of all files of a file system, in lexical order.
func OpenFS(cfg Config, fsys fs.FS) (*Source, error) {
	files, err := below(fsys, ".", "")
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return newSource(cfg, files), nil
}

// file is a file to be read.
type file struct {
	name   string // for people
	inside bool   // found in a directory: only its name tells whether it holds articles
	open   func() (io.ReadCloser, time.Time, error)
}

func expand(p string) ([]file, error) {
	if p == "-" {
		return []file{{name: "-", open: func() (io.ReadCloser, time.Time, error) {
			return io.NopCloser(os.Stdin), time.Time{}, nil
		}}}, nil
	}
	info, err := os.Stat(p)
	switch {
	case err != nil && strings.ContainsAny(p, "*?["):
		return glob(p)
	case err != nil:
		return nil, err
	case info.IsDir():
		return below(os.DirFS(p), ".", p)
	}
	return []file{onDisk(p)}, nil
}

func glob(pattern string) ([]file, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if !strings.HasPrefix(filepath.Base(pattern), ".") { // as in a shell
		paths = slices.DeleteFunc(paths, func(p string) bool { return strings.HasPrefix(filepath.Base(p), ".") })
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: %w: the pattern matches no file", pattern, fs.ErrNotExist)
	}
	var files []file
	for _, p := range paths {
		found, err := expand(p)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

func onDisk(p string) file {
	return file{name: p, open: func() (io.ReadCloser, time.Time, error) {
		f, err := os.Open(p) //nolint:gosec // reading the files the user names is what this room is for
		if err != nil {
			return nil, time.Time{}, err
		}
		return f, changed(f), nil
	}}
}

func inFS(fsys fs.FS, p, shown string) file {
	return file{name: path.Join(shown, p), inside: true, open: func() (io.ReadCloser, time.Time, error) {
		f, err := fsys.Open(p)
		if err != nil {
			return nil, time.Time{}, err
		}
		return f, changed(f), nil
	}}
}

// changed is when a file was last changed; the zero time where that is not known.
func changed(f fs.File) time.Time {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return time.Time{}
	}
	return info.ModTime()
}

// below lists the files of a directory tree, but hidden ones. A directory that cannot be listed stands in the list and
// tells so when it is its turn.
func below(fsys fs.FS, root, shown string) ([]file, error) {
	var files []file
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && p == root:
			return err
		case err != nil:
			files = append(files, file{name: path.Join(shown, p), open: func() (io.ReadCloser, time.Time, error) {
				return nil, time.Time{}, err
			}})
			return nil
		case p != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir():
			files = append(files, inFS(fsys, p, shown))
		}
		return nil
	})
	return files, err
}

// reading is an open file.
type reading struct {
	name      string
	documents documents
	closers   []io.Closer
}

// documents gives the drafts of one file. A *producer.BadInput is about one document; with any other error the draft
// returned tells the line.
type documents interface {
	next(ctx context.Context) (draft, error)
}

func (r *reading) close() {
	for _, c := range r.closers {
		_ = c.Close() // nothing was written
	}
}

// errForm says that a file holds no articles that we know to read.
var errForm = errors.New("not a form of article we know: want text (.txt) or one JSON object a line (.jsonl), perhaps with .gz")

// read opens the file, unpacks it and finds out its form.
func (f file) read(maxLine int) (*reading, error) {
	ext := strings.ToLower(path.Ext(strings.TrimSuffix(f.name, ".gz")))
	if f.inside && !known(ext) {
		return nil, errForm
	}
	rc, changed, err := f.open()
	if err != nil {
		return nil, err
	}
	r := &reading{name: f.name, closers: []io.Closer{rc}}
	in, err := r.unpack(bufio.NewReaderSize(rc, 64<<10))
	if err != nil {
		r.close()
		return nil, err
	}
	head, err := peek(in)
	if err != nil {
		r.close()
		return nil, err
	}
	l := &lines{r: in, limit: maxLine}
	switch {
	case bytes.IndexByte(head, 0) >= 0, ext == ".json" && spread(head):
		r.close()
		return nil, errForm
	case isJSON(ext) || !isText(ext) && looksJSON(head):
		r.documents = &records{lines: l}
	default:
		r.documents = &dated{lines: l, fallback: day(changed, isText(ext))}
	}
	return r, nil
}

func known(ext string) bool { return isJSON(ext) || isText(ext) }

func isJSON(ext string) bool { return ext == ".jsonl" || ext == ".ndjson" || ext == ".json" }

func isText(ext string) bool { return ext == ".txt" || ext == ".text" }

func (r *reading) unpack(in *bufio.Reader) (*bufio.Reader, error) {
	magic, err := in.Peek(2)
	if err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return in, nil //nolint:nilerr // an empty or broken file tells of itself when it is read
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, z)
	return bufio.NewReaderSize(z, 64<<10), nil
}

// peek looks at what the first read gives, and skips a byte-order mark. It does not wait for more: the file may be a
// pipe that somebody types into.
func peek(in *bufio.Reader) ([]byte, error) {
	if _, err := in.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head, err := in.Peek(in.Buffered())
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		if _, err := in.Discard(3); err != nil {
			return nil, err
		}
		head = head[3:]
	}
	return head, nil
}

// spread tells whether a JSON file is one value over many lines, as programs keep their settings, and not JSON lines.
func spread(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimSpace(head), []byte("\n"))
	first = bytes.TrimSpace(first)
	return len(first) == 1 && (first[0] == '{' || first[0] == '[')
}

// looksJSON tells whether a line of the file's beginning starts an object, and no document of dated text comes before.
func looksJSON(head []byte) bool {
	for l := range bytes.Lines(head) {
		if _, _, ok := header(l); ok {
			return false
		}
		if bytes.HasPrefix(bytes.TrimLeft(l, " \t\r\n"), []byte("{")) {
			return true
		}
	}
	return false
}

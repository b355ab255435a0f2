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
	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/archive/warc"
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

// stdin is standard input's name.
const stdin = "-"

// file is a file to be read.
type file struct {
	name   string // for people
	inside bool   // found in a directory: only its name tells whether it holds articles
	size   int64  // in bytes; 0: not known
	dated  time.Time
	list   string // the hash of this file and those before it; "": what they hold is not the same each time
	open   func() (io.ReadCloser, time.Time, error)
}

func expand(p string) ([]file, error) {
	if p == stdin {
		return []file{{name: stdin, open: func() (io.ReadCloser, time.Time, error) {
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
	f := onDisk(p)
	f.size, f.dated = info.Size(), info.ModTime()
	if isZip(p) && info.Mode().IsRegular() {
		return unzipped(f), nil
	}
	return []file{f}, nil
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
			f := inFS(fsys, p, shown)
			if info, err := d.Info(); err == nil {
				f.size, f.dated = info.Size(), info.ModTime()
			}
			if info, err := fs.Stat(fsys, p); isZip(p) && (err != nil || info.Mode().IsRegular()) { // to open a pipe would wait
				files = append(files, unzipped(f)...)
			} else {
				files = append(files, f)
			}
		}
		return nil
	})
	return files, err
}

// reading is an open file.
type reading struct {
	name      string
	documents documents
	list      string // the file's
	closers   []io.Closer
	from      int // documents that begin on this line or before were read in a former run
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
var errForm = errors.New("not a form of article we know: want text (.txt), one JSON object a line (.jsonl), a web archive (.warc, .wet, .arc) or GDELT rows (.csv), perhaps with .gz or .zst, or in a .zip file")

// read opens the file, unpacks it and finds out its form.
func (f file) read(maxLine int, p *progress) (*reading, error) {
	ext := strings.ToLower(path.Ext(strings.TrimSuffix(strings.TrimSuffix(f.name, ".gz"), ".zst")))
	if f.inside && !known(ext) {
		return nil, errForm
	}
	rc, changed, err := f.open()
	if err != nil {
		return nil, err
	}
	r := &reading{name: f.name, closers: []io.Closer{rc}}
	if r.documents, err = r.form(ext, bufio.NewReaderSize(p.count(rc), 64<<10), day(changed, isText(ext)), maxLine, p); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// form finds out what the file holds: by its name, else by how it begins.
func (r *reading) form(ext string, raw *bufio.Reader, fallback news.Interval, maxLine int, p *progress) (documents, error) {
	if isWeb(ext) || !isText(ext) && !isJSON(ext) && looksWeb(raw) {
		return newPages(raw, p)
	}
	in, err := r.unpack(raw)
	if err != nil {
		return nil, err
	}
	head, err := peek(in)
	if err != nil {
		return nil, err
	}
	l := &lines{r: in, limit: maxLine}
	switch {
	case bytes.IndexByte(head, 0) >= 0, ext == ".json" && spread(head):
		return nil, errForm
	case !isText(ext) && !isJSON(ext) && looksGDELT(head):
		return &rows{lines: l}, nil
	case ext == ".csv":
		return nil, errForm
	case isJSON(ext) || !isText(ext) && looksJSON(head):
		return &records{lines: l}, nil
	}
	return &dated{lines: l, fallback: fallback}, nil
}

func known(ext string) bool { return isJSON(ext) || isText(ext) || isWeb(ext) || ext == ".csv" }

func isJSON(ext string) bool { return ext == ".jsonl" || ext == ".ndjson" || ext == ".json" }

func isText(ext string) bool { return ext == ".txt" || ext == ".text" }

func isWeb(ext string) bool { return ext == ".warc" || ext == ".arc" || ext == ".wet" }

// looksWeb tells whether a stream is a web archive, packed or not.
func looksWeb(raw *bufio.Reader) bool {
	if _, err := raw.Peek(1); err != nil {
		return false
	}
	head, err := raw.Peek(raw.Buffered())
	if err != nil {
		return false
	}
	var in io.Reader = bytes.NewReader(head)
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		in, err = gzip.NewReader(in)
	case bytes.HasPrefix(head, zstdMagic):
		in, err = newZstd(in)
	}
	if err != nil {
		return false
	}
	begin := make([]byte, 16)
	n, _ := io.ReadFull(in, begin) // what there is suffices
	return warc.Looks(begin[:n])
}

var gzipMagic, zstdMagic = []byte{0x1f, 0x8b}, []byte{0x28, 0xb5, 0x2f, 0xfd}

func (r *reading) unpack(in *bufio.Reader) (*bufio.Reader, error) {
	magic, err := in.Peek(4)
	switch {
	case bytes.HasPrefix(magic, gzipMagic):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, z)
		return bufio.NewReaderSize(z, 64<<10), nil
	case bytes.HasPrefix(magic, zstdMagic):
		z, err := newZstd(in)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, z.IOReadCloser())
		return bufio.NewReaderSize(z, 64<<10), nil
	}
	_ = err // an empty or broken file tells of itself when it is read
	return in, nil
}

func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20), zstd.WithDecoderLowmem(true))
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

package archive

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"
	"time"
)

func isZip(name string) bool { return strings.EqualFold(path.Ext(name), ".zip") }

// maxRatio is how many times as large as a zip file what it packs can be: deflate makes no more of a byte.
const maxRatio = 1032

// unzipped lists what a zip file packs, in its order, as files below it. One that cannot be opened stands in the list itself
// and tells so when it is its turn.
func unzipped(f file) []file {
	p := &pack{file: f}
	entries, size, err := p.list()
	if err != nil {
		return []file{f.broken(err)}
	}
	var out []file
	left := uint64(size) * maxRatio //nolint:gosec // the size of a file
	for _, entry := range entries {
		if entry.FileInfo().IsDir() || hidden(entry.Name) {
			continue
		}
		unpacked := min(entry.UncompressedSize64, left) // it may be made up; it is shown, and summed up
		left -= unpacked
		out = append(out, file{
			name: path.Join(f.name, path.Clean("/"+entry.Name)), size: int64(unpacked), dated: entry.Modified, //nolint:gosec // see left
			inside: f.inside || len(entries) > 1,
			open:   func() (io.ReadCloser, time.Time, error) { return p.entry(entry) },
		})
	}
	if len(out) == 0 {
		return []file{f.broken(errors.New("a zip file without files"))}
	}
	return out
}

// broken is a file of which nothing but why can be told.
func (f file) broken(why error) file {
	f.inside = false // its name says enough
	f.open = func() (io.ReadCloser, time.Time, error) { return nil, time.Time{}, why }
	return f
}

// hidden tells whether a packed file is one that people do not see, such as those that macOS adds.
func hidden(name string) bool {
	return strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/")
}

// pack is a zip file. Its list is read once, for it may be long; the file is open only while an entry is read, for there may
// be many such files. One entry is read at a time.
type pack struct {
	file file
	in   io.ReaderAt // the file, while it is open
}

// ReadAt is of io.ReaderAt, for the entries.
func (p *pack) ReadAt(b []byte, at int64) (int, error) { return p.in.ReadAt(b, at) }

// list is what the file packs, and the file's size.
func (p *pack) list() ([]*zip.File, int64, error) {
	in, _, err := p.open()
	if err != nil {
		return nil, 0, err
	}
	defer in.Close() //nolint:errcheck // nothing was written
	size, err := in.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, err
	}
	z, err := zip.NewReader(p, size)
	if err != nil {
		return nil, 0, err
	}
	return z.File, size, nil
}

// anywhere is a file that can be read from anywhere.
type anywhere interface {
	io.ReadCloser
	io.ReaderAt
	io.Seeker
}

func (p *pack) open() (anywhere, time.Time, error) {
	rc, changed, err := p.file.open()
	if err != nil {
		return nil, changed, err
	}
	in, ok := rc.(anywhere)
	if !ok {
		_ = rc.Close()
		return nil, changed, errors.New("a zip file can be read from a disk only")
	}
	p.in = in
	return in, changed, nil
}

// entry opens one of the list. A file that has changed since is told by where its entries begin, or by their sums.
func (p *pack) entry(e *zip.File) (io.ReadCloser, time.Time, error) {
	in, changed, err := p.open()
	if err != nil {
		return nil, changed, err
	}
	r, err := e.Open()
	if err != nil {
		_ = in.Close()
		return nil, changed, err
	}
	if !e.Modified.IsZero() {
		changed = e.Modified
	}
	return zipped{r, in}, changed, nil
}

// zipped is an entry, with the file around it.
type zipped struct {
	io.ReadCloser
	around io.Closer
}

func (z zipped) Close() error { return errors.Join(z.ReadCloser.Close(), z.around.Close()) }

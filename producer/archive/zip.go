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

// unzipped lists what a zip file packs, in its order, as files below it. One that cannot be opened stands in the list itself
// and tells so when it is its turn.
func unzipped(f file) []file {
	z, packed, _, err := f.unzip()
	if err != nil {
		return []file{f.broken(err)}
	}
	defer packed.Close() //nolint:errcheck // nothing was written
	var out []file
	for i, entry := range z.File {
		if entry.FileInfo().IsDir() || hidden(entry.Name) {
			continue
		}
		out = append(out, file{
			name: path.Join(f.name, path.Clean("/"+entry.Name)), size: int64(entry.UncompressedSize64), dated: entry.Modified, //nolint:gosec // it is shown, and summed up
			inside: f.inside || len(z.File) > 1,
			open:   func() (io.ReadCloser, time.Time, error) { return f.entry(i) },
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

// unzip opens a zip file, which must be one that can be read from anywhere.
func (f file) unzip() (*zip.Reader, io.Closer, time.Time, error) {
	rc, changed, err := f.open()
	if err != nil {
		return nil, nil, changed, err
	}
	in, ok := rc.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		_ = rc.Close()
		return nil, nil, changed, errors.New("a zip file can be read from a disk only")
	}
	size, err := in.Seek(0, io.SeekEnd)
	if err == nil {
		var z *zip.Reader
		if z, err = zip.NewReader(in, size); err == nil {
			return z, rc, changed, nil
		}
	}
	_ = rc.Close()
	return nil, nil, changed, err
}

// entry opens the n-th entry of a zip file.
func (f file) entry(n int) (io.ReadCloser, time.Time, error) {
	z, packed, changed, err := f.unzip()
	if err != nil {
		return nil, changed, err
	}
	if n >= len(z.File) {
		_ = packed.Close()
		return nil, changed, errors.New("the zip file changed while it was read")
	}
	r, err := z.File[n].Open()
	if err != nil {
		_ = packed.Close()
		return nil, changed, err
	}
	if at := z.File[n].Modified; !at.IsZero() {
		changed = at
	}
	return zipped{r, packed}, changed, nil
}

// zipped is an entry, with the file around it.
type zipped struct {
	io.ReadCloser
	around io.Closer
}

func (z zipped) Close() error { return errors.Join(z.ReadCloser.Close(), z.around.Close()) }

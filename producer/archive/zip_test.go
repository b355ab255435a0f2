package archive_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/producer/archive"
)

// zipped packs files, each a name and what it holds.
func zipped(t *testing.T, files ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestZipFilesAreReadAsWhatTheyPack(t *testing.T) {
	row := strings.Join(append([]string{"7", "20211018"}, append(make([]string, 57), "20211018143000", "https://www.example.org/a")...), "\t")
	several := zipped(t, [2]string{"a.jsonl", `{"text":"A."}` + "\n" + `{"text":"B."}`}, [2]string{"sub/", ""}, [2]string{"sub/c.txt", "date 2021-10-03 C."},
		[2]string{".hidden.txt", "No."}, [2]string{"__MACOSX/a.jsonl", "No."}, [2]string{"../../picture.png", "\x89PNG"})
	damaged := []byte(several)
	copy(damaged[40:], "!!!!!!")
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"20211018143000.export.CSV.zip": {zipped(t, [2]string{"20211018143000.export.CSV", row + "\n"}), []string{"|example.org||Somebody CAMEO ."}},
		"one.zip":                       {zipped(t, [2]string{"of-any-name", `{"text":"A."}`}), []string{"|none||A."}},
		"several.ZIP":                   {several, []string{"|none||A.", "|none||B.", "2021-10-03|none||C.", "several.ZIP/picture.png unknown_format"}},
		"none.zip":                      {zipped(t), []string{"none.zip unreadable"}},
		"cut.zip":                       {several[:len(several)-30], []string{"cut.zip unreadable"}},
		"damaged.zip":                   {string(damaged), []string{"damaged.zip/a.jsonl:1 unreadable", "2021-10-03|none||C.", "damaged.zip/picture.png unknown_format"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := filepath.Join(dir, name)
			if err := os.WriteFile(p, []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
			for way, open := range map[string]func() (*archive.Source, error){
				"the file":      func() (*archive.Source, error) { return archive.Open(config(), p) },
				"its directory": func() (*archive.Source, error) { return archive.Open(config(), dir) },
				"a file system": func() (*archive.Source, error) {
					return archive.OpenFS(config(), fstest.MapFS{name: {Data: []byte(c.content)}})
				},
			} {
				if name == "one.zip" && way != "the file" {
					continue // in a directory only names tell what holds articles
				}
				s, err := open()
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, line := range drain(t, s).lines {
					line = strings.TrimPrefix(line, dir+"/")
					got = append(got, line)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("%s: %s", way, d)
				}
			}
		})
	}
}

// weighed is a file system that counts the bytes which are read from its files at any place.
type weighed struct {
	fs.FS
	read *atomic.Int64
}

func (w weighed) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if in, ok := f.(seekable); ok && err == nil {
		return weighedFile{in, w.read}, nil
	}
	return f, err
}

type seekable interface {
	fs.File
	io.ReaderAt
	io.Seeker
}

type weighedFile struct {
	seekable
	read *atomic.Int64
}

func (f weighedFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.seekable.ReadAt(b, at)
	f.read.Add(int64(n))
	return n, err
}

// The list of what a zip file packs is read once, not again for each of what may be many thousands.
func TestAZipFileOfManyIsReadAboutOnce(t *testing.T) {
	const many = 1000
	var files [][2]string
	for i := range many {
		files = append(files, [2]string{fmt.Sprintf("a/long/way/down/%d.jsonl", i), fmt.Sprintf(`{"text":"%d"}`, i)})
	}
	packed := zipped(t, files...)
	var read atomic.Int64
	s, err := archive.OpenFS(config(), weighed{fstest.MapFS{"many.zip": {Data: []byte(packed)}}, &read})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(drain(t, s).articles); got != many {
		t.Errorf("%d articles, want %d", got, many)
	}
	if most := int64(10 * len(packed)); read.Load() > most || read.Load() == 0 {
		t.Errorf("%d bytes were read of a file of %d", read.Load(), len(packed))
	}
}

// A pipe is not opened to see what it packs: that would wait for whoever writes into it.
func TestAPipeIsNoZipFile(t *testing.T) {
	var read atomic.Int64
	pipe := fstest.MapFS{"pipe.zip": {Data: []byte(zipped(t, [2]string{"a.jsonl", `{"text":"A."}`})), Mode: fs.ModeNamedPipe}}
	s, err := archive.OpenFS(config(), weighed{pipe, &read})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pipe.zip unknown_format"}, drain(t, s).lines); diff != "" || read.Load() > 0 {
		t.Errorf("%d bytes read; %s", read.Load(), diff)
	}
}

// What a zip file says of the sizes in it is not to be believed.
func TestSizesThatAZipFileMakesUpAreBounded(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 3 {
		w, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%d.jsonl", i), UncompressedSize64: math.MaxUint64 - 7, CompressedSize64: 1})
		if err == nil {
			_, err = w.Write([]byte("x"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := archive.OpenFS(config(), fstest.MapFS{"huge.zip": {Data: b.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Progress(); p.Files != 3 || p.Bytes < 0 || p.Bytes > int64(b.Len())*2000 {
		t.Errorf("%d files of %d bytes in a file of %d", p.Files, p.Bytes, b.Len())
	}
}

// Of two files with one name, as a zip file may pack, only the one that was done with is not read again.
func TestGoingOnTellsFilesOfOneNameApart(t *testing.T) {
	packed := zipped(t, [2]string{"a.jsonl", `{"text":"A."}`}, [2]string{"b.jsonl", `{"text":"B."}`}, [2]string{"a.jsonl", `{"text":"C."}`})
	open := func() *archive.Source {
		s, err := archive.OpenFS(config(), fstest.MapFS{"two.zip": {Data: []byte(packed)}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	a, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Settled(a)
	again := open()
	if !again.Resume(s.Position()) {
		t.Fatal("it begins anew")
	}
	if diff := cmp.Diff([]string{"|none||B.", "|none||C."}, drain(t, again).lines); diff != "" {
		t.Error(diff)
	}
}

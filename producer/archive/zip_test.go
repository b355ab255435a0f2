package archive_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
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

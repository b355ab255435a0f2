package feed_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/producer/feed"
)

const corpus = "../../../shared/corpora/feeds/gofeed/testdata"

// broken are the files of the corpus that are no feeds, and are meant not to be.
var broken = map[string]bool{
	"parser/universal/unknown_feed.xml": true, "parser/universal/empty_feed.xml": true, "parser/universal/invalid.json": true,
}

func TestEveryValidFileOfTheCorpusParses(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		if os.Getenv("QUIDNUNC_REQUIRE_SHARED") != "" {
			t.Fatal(err)
		}
		t.Skipf("NOT TESTED: ../shared is not beside the project (%v); QUIDNUNC_REQUIRE_SHARED=1 makes this fail", err)
	}
	files, items, salvaged := 0, 0, 0
	err := filepath.WalkDir(corpus, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(corpus, file)
		body, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		isFeed := strings.HasSuffix(name, ".xml") || strings.Contains(name, "json") && bytes.Contains(body, []byte("jsonfeed.org/version"))
		if strings.HasSuffix(name, ".json") && !strings.HasPrefix(name, "parser/json") && !strings.HasPrefix(name, "parser/universal") && !strings.HasPrefix(name, "translator/json") {
			return nil // what the library makes of the .xml beside it
		}
		if strings.HasSuffix(name, "_expected.json") || !isFeed || broken[name] || strings.Contains(name, "invalid") {
			if _, err := feed.Parse(body, ""); broken[name] && err == nil {
				t.Errorf("%s: parsed", name)
			}
			return nil
		}
		files++
		got, err := feed.Parse(body, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		items += len(got.Items)
		salvaged += got.Salvaged
		if got.Salvaged > 0 || !got.Whole() {
			t.Errorf("%s: had to be salvaged: %+v", name, got.Warnings)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d items, %d salvaged", files, items, salvaged)
	if files < 500 {
		t.Errorf("%d files: the corpus has more", files)
	}
}

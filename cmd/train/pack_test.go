package main

import (
	"archive/zip"
	"io/fs"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a room embeds must be what its readable files say. The bytes may differ where another Go compresses otherwise.
func TestWhatIsPackedIsWhatTheFilesSay(t *testing.T) {
	for _, room := range []string{"pipeline/atlas"} {
		z, err := zip.OpenReader("../../" + room + "/data.zip")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = z.Close() })
		packed, readable := contents(t, z), contents(t, os.DirFS("../../"+room+"/data"))
		if diff := cmp.Diff(slices.Sorted(maps.Keys(readable)), slices.Sorted(maps.Keys(packed))); diff != "" {
			t.Errorf("go generate ./%s has to run (-files +packed):\n%s", room, diff)
		}
		for name, body := range readable {
			if packed[name] != body {
				t.Errorf("go generate ./%s has to run: %s was changed", room, name)
			}
		}
	}
}

func TestPackingTwiceGivesTheSameBytes(t *testing.T) {
	folder := os.DirFS("../../pipeline/plover")
	once, err := zipped(folder)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := zipped(folder)
	if err != nil || string(once) != string(twice) {
		t.Errorf("%d bytes, then %d (%v)", len(once), len(twice), err)
	}
}

func contents(t *testing.T, files fs.FS) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := fs.Glob(files, "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(b)
	}
	return out
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The sample's log goes out and comes back, once however often it is imported.
func TestTheLogGoesOutAndComesBack(t *testing.T) {
	from, to, dir := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "out")
	if r := quidnunc(t, "run", "--once", "--data", from); r.code != exitOK {
		t.Fatalf("exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
	says := func(want string, args ...string) string {
		t.Helper()
		r := quidnunc(t, args...)
		if r.code != exitOK || !strings.Contains(r.out, want) {
			t.Fatalf("%v: exit code %d, want %q in\n%s\n%s", args, r.code, want, r.out, r.err)
		}
		return r.out
	}
	first := says("entries of the beginning to the end in", "export", "--data", from, dir)
	if again := says("", "export", "--data", from, dir); again != first {
		t.Errorf("exported again:\n%s%s", first, again)
	}
	says("all as they were written", "import", "--check", dir)
	says(" 0 were there already", "import", "--data", to, dir)
	says("0 entries are in the log, ", "import", "--data", to, dir)
	if r := quidnunc(t, "export", "--from", "2021-10-02", "--to", "2021-10-01", "--data", to, t.TempDir()); r.code != exitUsage {
		t.Errorf("an empty stretch: exit code %d\n%s", r.code, r.err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl.zst"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	if err := os.Truncate(files[0], 10); err != nil {
		t.Fatal(err)
	}
	if r := quidnunc(t, "import", "--data", t.TempDir(), dir); r.code != exitFailure || !strings.Contains(r.err, filepath.Base(files[0])) {
		t.Errorf("a damaged file: exit code %d\n%s", r.code, r.err)
	}
}

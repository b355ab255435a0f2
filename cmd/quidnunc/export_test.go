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
	rows := filepath.Join(t.TempDir(), "rows")
	says(" rows", "export", "--format", "csv", "--data", from, rows)
	table, err := os.ReadFile(rows)
	if err != nil || !strings.Contains(string(table), ",SANCTION,withdraw,") {
		t.Errorf("no event of the seed in\n%s\n%v", table, err)
	}
	if out := says("event,article,", "export", "--format", "csv", "--source", dir, "-"); out != string(table) {
		t.Error("the rows of the export are others than those of the log")
	}
	if r := quidnunc(t, "export", "--format", "xml", "--source", dir, "-"); r.code != exitUsage {
		t.Errorf("an unknown format: exit code %d\n%s", r.code, r.err)
	}
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

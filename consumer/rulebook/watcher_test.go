package rulebook

import (
	"os"
	"path/filepath"
	"testing"
)

// This test looks from inside the room: it must say when the watcher looks.
func TestNoFileIsTakenWhileItIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	w := watcher{files: []string{file}}
	for i, step := range []struct {
		data string // "" leaves the file as it is
		told int    // rules told at this look; -1: nothing
	}{
		{"rules:\n- {name: a, query: war}\n", -1},
		{"", 1},
		{"", -1},
		{"# truncated, to be written anew\n", -1},
		{"rules:\n- {name: a, query: war}\n- {name: b, query: war}\n", -1},
		{"", 2},
		{"", -1},
	} {
		if step.data != "" {
			if err := os.WriteFile(file, []byte(step.data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		found, changed := w.look()
		if found.err != nil {
			t.Fatal(found.err)
		}
		if changed != (step.told >= 0) || changed && len(found.book.Rules) != step.told {
			t.Errorf("look %d: told %v with %d rules, want %d", i+1, changed, len(found.book.Rules), step.told)
		}
	}
}

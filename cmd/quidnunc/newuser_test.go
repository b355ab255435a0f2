package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The second chapter of the README, as a new user walks it: what it shows is what comes.
func TestTheWayOfANewUser(t *testing.T) {
	readme := readFile(t, "../../README.md")
	_, chapter, ok := strings.Cut(readme, "\n## Your first rule\n")
	if !ok {
		t.Fatal("the README has no such chapter")
	}
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	t.Chdir(dir)
	rules, more := block(t, chapter, "```yaml\n", 0), block(t, chapter, "```yaml\n", 1)
	narrow := strings.Replace(rules, "whom:Russia'", "-mode:expel whom:Russia'", 1) + more
	for file, body := range map[string]string{"rules.yaml": rules, "new.yaml": narrow} {
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := quidnunc(t, "run", "--once"); r.code != exitOK {
		t.Fatal(r.err)
	}
	walked := 0
	for line := range strings.Lines(chapter) {
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ quidnunc ")
		if !ok {
			continue
		}
		walked++
		command, _, _ = strings.Cut(command, "  #")
		r := quidnunc(t, strings.Fields(command)...)
		_, shown, _ := strings.Cut(chapter, "$ quidnunc "+command)
		_, shown, _ = strings.Cut(shown, "\n")
		shown, _, _ = strings.Cut(shown, "```")
		shown, _, _ = strings.Cut(shown, "$ ")
		for want := range strings.Lines(shown) {
			want = strings.TrimSpace(want)
			if want == "…" || strings.Contains(want, " reports were read, in ") || strings.Contains(want, "sha256:") {
				continue
			}
			if !strings.Contains(r.out, want) {
				t.Errorf("quidnunc %s: the README shows %q, but it says\n%s%s", command, want, r.out, r.err)
			}
		}
		if r.code != exitOK {
			t.Errorf("quidnunc %s: exit code %d: %s", command, r.code, r.err)
		}
	}
	if walked < 7 {
		t.Errorf("only %d commands were tried", walked)
	}
}

// block is the n-th code block of its kind.
func block(t *testing.T, page, opening string, n int) string {
	t.Helper()
	parts := strings.Split(page, opening)
	if len(parts) < n+2 {
		t.Fatalf("%d blocks of %q", len(parts)-1, opening)
	}
	body, _, _ := strings.Cut(parts[n+1], "```")
	return body
}

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

// expulsions is an archive of an article a country, a rule for them, and the configuration that names both.
func expulsions(t *testing.T, dir string, countries ...string) string {
	t.Helper()
	var lines strings.Builder
	for _, c := range countries {
		fmt.Fprintf(&lines, `{"id":%q,"lang":"en","text":"Russia expelled two diplomats of %s on Monday.","published":"2023-01-01"}`+"\n", c, c)
	}
	write(t, dir, "articles.jsonl", lines.String())
	write(t, dir, "rules.yaml", "rules:\n- name: expulsions\n  title: Somebody expels diplomats\n  query: what:SANCTION\n  when: {each: article}\n")
	return write(t, dir, "quidnunc.yaml", "sources:\n- archive: [articles.jsonl]\nrules: [rules.yaml]\n")
}

// asked runs a command line that must end with code, and gives what it wrote.
func asked(t *testing.T, code int, args ...string) string {
	t.Helper()
	r := quidnunc(t, args...)
	if r.code != code {
		t.Fatalf("%v: exit code %d, want %d\n%s\n%s", args, r.code, code, r.out, r.err)
	}
	return r.out + r.err
}

// What was told before the backup is not told again after it was restored, what comes then is, and the audit passes.
func TestARestoredInstanceGoesOnWhereTheBackupStood(t *testing.T) {
	dir := t.TempDir()
	config := expulsions(t, dir, "Britain", "Poland")
	data, elsewhere, saved := filepath.Join(dir, "data"), filepath.Join(dir, "elsewhere"), filepath.Join(dir, "saved")
	out := asked(t, exitOK, "run", "--once", "--config", config, "--data", data, "--metrics", "off", "--api", "off")
	told := strings.Count(out, "  expulsions ·")
	if told != 2 {
		t.Fatalf("%d alerts, want 2\n%s", told, out)
	}
	asked(t, exitOK, "backup", "--data", data, saved)
	asked(t, exitOK, "backup", "--check", saved)
	asked(t, exitFailure, "backup", "--data", data, saved) // not into one that is there
	asked(t, exitOK, "restore", "--data", elsewhere, saved)
	asked(t, exitOK, "verify", "--data", elsewhere)
	if out = asked(t, exitOK, "run", "--once", "--config", config, "--data", elsewhere, "--metrics", "off", "--api", "off"); !strings.Contains(out, "nothing new") {
		t.Errorf("the same articles are news again:\n%s", out)
	}
	config = expulsions(t, dir, "Britain", "Poland", "Norway")
	out = asked(t, exitOK, "run", "--once", "--config", config, "--data", elsewhere, "--metrics", "off", "--api", "off")
	if n := strings.Count(out, "  expulsions ·"); n != 1 {
		t.Errorf("%d alerts for one new article\n%s", n, out)
	}
	asked(t, exitOK, "verify", "--data", elsewhere)

	// It has messages now: they stay, unless they may go.
	if out = asked(t, exitFailure, "restore", "--data", elsewhere, saved); !strings.Contains(out, "--replace") {
		t.Error(out)
	}
	asked(t, exitOK, "restore", "--data", elsewhere, "--replace", saved)
	out = asked(t, exitOK, "run", "--once", "--config", config, "--data", elsewhere, "--metrics", "off", "--api", "off")
	if n := strings.Count(out, "  expulsions ·"); n != 1 {
		t.Errorf("%d alerts for the article behind the backup\n%s", n, out)
	}
}

func TestADamagedBackupIsRefusedBeforeAnythingIsTouched(t *testing.T) {
	dir := t.TempDir()
	config := expulsions(t, dir, "Britain")
	data := filepath.Join(dir, "data")
	asked(t, exitOK, "run", "--once", "--config", config, "--data", data, "--metrics", "off", "--api", "off")
	for name, damage := range map[string]func(file string) error{
		"a flipped byte": func(file string) error {
			body, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			body[len(body)/2] ^= 1
			return os.WriteFile(file, body, 0o600)
		},
		"a cut file":     func(file string) error { return os.Truncate(file, 10) },
		"a missing file": os.Remove,
		"no manifest": func(file string) error {
			return os.Remove(filepath.Join(filepath.Dir(filepath.Dir(file)), "manifest.json"))
		},
	} {
		saved := filepath.Join(dir, "saved "+name)
		asked(t, exitOK, "backup", "--data", data, saved)
		file, err := filepath.Glob(filepath.Join(saved, "REPORTS", "stream.*"))
		if err != nil || len(file) != 1 {
			t.Fatal(file, err)
		}
		if err := damage(file[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.ReadBackup(saved); !errors.Is(err, stream.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		elsewhere := filepath.Join(dir, "else "+name)
		asked(t, exitFailure, "restore", "--data", elsewhere, saved)
		if _, err := os.Stat(elsewhere); err == nil {
			t.Errorf("%s: something was made of it", name)
		}
	}
}

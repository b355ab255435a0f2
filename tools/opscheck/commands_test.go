package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A command in the text of a page: `quidnunc dead redrive N`.
var (
	quoted  = regexp.MustCompile("`quidnunc ([a-z][^`]*)`")
	command = regexp.MustCompile(`^[a-z]+$`)
	option  = regexp.MustCompile(`--[a-z-]+`)
)

// The pages for those in trouble name commands and flags that the program has.
func TestThePagesNameCommandsThatThereAre(t *testing.T) {
	program := filepath.Join(live.dir, "quidnunc")
	pages, err := filepath.Glob("../../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	helps := map[string]string{}
	named := 0
	for _, page := range append(pages, "../../docs/operations.md", "../../docs/troubleshooting.md", "../../docs/words.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			named++
			words := strings.Fields(m[1])
			n := 0
			for n < len(words) && command.MatchString(words[n]) {
				n++
			}
			path := strings.Join(words[:n], " ")
			if _, asked := helps[path]; !asked {
				out, err := exec.Command(program, append(words[:n:n], "--help")...).CombinedOutput()
				if err != nil {
					t.Errorf("%s: %s: %v", page, m[0], err)
				}
				helps[path] = string(out)
			}
			if !strings.Contains(helps[path], "quidnunc "+path+" ") && !strings.Contains(helps[path], "quidnunc "+path+"\n") {
				t.Errorf("%s: %s: there is no such command", page, m[0])
			}
			for _, flag := range option.FindAllString(m[1], -1) {
				if !strings.Contains(helps[path], flag+" ") {
					t.Errorf("%s: %s: there is no %s", page, m[0], flag)
				}
			}
		}
	}
	if named == 0 {
		t.Error("no page names a command")
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRulesExplainSaysWhatHoldsAndWhatDoesNot(t *testing.T) {
	dir := t.TempDir()
	article, rules := filepath.Join(dir, "a.txt"), filepath.Join(dir, "rules.yaml")
	for path, body := range map[string]string{
		article: " date 2021-10-18 La Russie a suspendu sa mission permanente auprès de l’OTAN.",
		rules:   "rules:\n- name: mission\n  query: '\"mission permanente\" who:RUS lune'\n- name: other\n  query: soleil\n",
	} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	std := streams{in: strings.NewReader(""), out: &out, err: &out}
	c := newRulesExplain(std)
	c.SetArgs([]string{"--article", article, "--rule", "mission", rules})
	if err := c.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"mission does not hold", `+ "mission permanente"  «mission permanente»`, "- lune", "looked up by"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "other") {
		t.Error("a rule is explained that was not asked for")
	}
	c.SetArgs([]string{"--article", article, "--rule", "misson", rules})
	if err := c.Execute(); err == nil || !strings.Contains(err.Error(), "did you mean mission?") {
		t.Errorf("error %v, want one with the nearest name", err)
	}
}

// Of many rules, what is added and taken out is stored as a change, and the machine goes on from the version before.
func TestRulesAreAddedToManyAsAChange(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	const many = 4000
	for i := range many {
		fmt.Fprintf(&b, `{"name":"r-%d","query":"mot%d"}`+"\n", i, i)
	}
	write := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	all, more := write("all.jsonl", b.String()), write("more.jsonl", `{"name":"added","query":"nato"}`+"\n"+`{"name":"r-1","query":"otan"}`+"\n")
	data := filepath.Join(dir, "data")
	if r := quidnunc(t, "run", "--once", "--data", data); r.code != exitOK {
		t.Fatal(r.err)
	}
	run := func(args ...string) string {
		t.Helper()
		r := quidnunc(t, append(append([]string{"rules"}, args...), "--data", data)...)
		if r.code != exitOK {
			t.Fatalf("%v: %s", args, r.err)
		}
		return r.out
	}
	run("put", all)
	run("add", more)
	run("rm", "r-2")
	ls := run("ls")
	if n := strings.Count(ls, "\n"); n != many || !strings.Contains(ls, "\tnato\n") || !strings.Contains(ls, "\totan\n") || strings.Contains(ls, "r-2\t") {
		t.Errorf("%d rules are in force, want %d with those added and without r-2", n, many)
	}
	run("put", write("next.jsonl", strings.Replace(b.String(), "mot7\"", "mot7 nato\"", 1)))
	if history := run("history"); strings.Count(history, "\n") != 5 || strings.Contains(history, "not kept") {
		t.Errorf("history:\n%s", history)
	}
	if ls := run("ls"); strings.Count(ls, "\n") != many || !strings.Contains(ls, "\tmot7 nato\n") || strings.Contains(ls, "otan") {
		t.Error("what was put is not what is in force")
	}
}

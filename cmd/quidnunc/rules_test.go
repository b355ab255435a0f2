package main

import (
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

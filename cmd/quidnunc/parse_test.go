package main

import (
	"strings"
	"testing"
)

func TestParseShowsWhoIsTheSubject(t *testing.T) {
	const seed = "Quatre ans plus tard, l’OTAN a choisi d’expulser sept diplomates russes.\n"
	drawing := quidnuncReading(t, seed, "parse")
	if drawing.code != exitOK || !strings.Contains(drawing.out, "nsubj") || !strings.Contains(drawing.out, "expulser") {
		t.Errorf("exit code %d\n%s\n%s", drawing.code, drawing.out, drawing.err)
	}
	table := quidnuncReading(t, seed, "parse", "--lang", "fr", "--conllu")
	rows := map[string]string{}
	for line := range strings.Lines(table.out) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 10 {
			rows[f[1]] = f[7]
		}
	}
	for word, want := range map[string]string{"OTAN": "nsubj", "choisi": "root", "expulser": "xcomp", "diplomates": "obj"} {
		if rows[word] != want {
			t.Errorf("%s is %s, want %s\n%s", word, rows[word], want, table.out)
		}
	}
	for name, args := range map[string][]string{"a language without a model": {"parse", "--lang", "de"}, "no language to be seen": {"parse"}} {
		if r := quidnuncReading(t, "1 2 3\n", args...); r.code != exitUsage {
			t.Errorf("%s: exit code %d\n%s", name, r.code, r.err)
		}
	}
}

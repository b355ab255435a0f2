package main

import (
	"regexp"
	"strings"
	"testing"
)

// explained asks why the sample's alerts were told, as each of them says one should, and why another was not.
func explained(t *testing.T, dir, out string) {
	t.Helper()
	alert := regexp.MustCompile(`russia-nato-rupture ·.*new  (\w{8})\.1`).FindStringSubmatch(out)[1]
	of := regexp.MustCompile(`(?s)russia-nato-rupture ·.*?story (\w{4})`).FindStringSubmatch(out)[1]
	for args, want := range map[string][]string{
		alert:        {"revision 1  new", "+ what:SANCTION  «suspendre» 67–76", "event 1"},
		alert + ".1": {"+ whom:OTAN"},
		"--rule russia-nato-rupture --article " + of: {"holds", "alert " + alert + ", revision 1: new"},
		"--rule attack-on-ukraine --article " + of:   {"- what:ASSAULT", "no alert: the query does not hold"},
		"--rule no-such-rule --article " + of:        {`no rule named "no-such-rule" was in force`},
	} {
		r := quidnunc(t, append([]string{"explain", "--data", dir}, strings.Fields(args)...)...)
		if r.code != exitOK {
			t.Errorf("explain %s: exit code %d\n%s", args, r.code, r.err)
		}
		for _, part := range want {
			if !strings.Contains(r.out, part) {
				t.Errorf("explain %s: no %q in\n%s", args, part, r.out)
			}
		}
	}
	for _, args := range []string{"", "abc", "zzzzzzzz", "--rule a --article nosucharticle", "--rule a"} {
		if r := quidnunc(t, append([]string{"explain", "--data", dir}, strings.Fields(args)...)...); r.code == exitOK {
			t.Errorf("explain %s: no error\n%s", args, r.out)
		}
	}
}

// What a shadow rule held back is in the ledger, and explain knows it though nobody was told.
func TestWhatWasHeldBackIsShown(t *testing.T) {
	rules := oneRule + "- name: watched\n  query: 'what:SANCTION'\n  state: shadow\n  to: [terminal]\n"
	r, data := runOver(t, "none.jsonl", "", rules)
	if r.code != exitOK {
		t.Fatal(r.err)
	}
	r = quidnunc(t, "deliveries", "--data", data, "--state", "suppressed")
	row := regexp.MustCompile(`(\w{8})\.shadow +terminal +suppressed \(shadow\)`).FindStringSubmatch(r.out)
	if row == nil {
		t.Fatalf("no row\n%s%s", r.out, r.err)
	}
	r = quidnunc(t, "explain", "--data", data, row[1])
	if !strings.Contains(r.out, "held back (shadow) for terminal  rule watched") || r.code != exitOK {
		t.Errorf("explain says\n%s%s", r.out, r.err)
	}
}

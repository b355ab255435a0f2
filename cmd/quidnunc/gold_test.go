package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCodePrintsTheFormOfHandCodedCorpora(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gold.jsonl")
	lines := `{"id":"a","lang":"fr","text":"La Russie a expulsé douze diplomates américains.","date":"2021-10-18"}
{"id":"b","lang":"en","text":"It rained.","published":"2021-10-18"}
`
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	r := quidnunc(t, "code", "--gold-format", file)
	if r.code != exitOK {
		t.Fatalf("exit code %d\n%s", r.code, r.err)
	}
	out := strings.Split(strings.TrimSpace(r.out), "\n")
	if len(out) != 2 {
		t.Fatalf("%d lines for two articles:\n%s", len(out), r.out)
	}
	var first goldEvents
	if err := json.Unmarshal([]byte(out[0]), &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Events) != 1 || first.ID != "a" {
		t.Fatalf("got %s", out[0])
	}
	e := first.Events[0]
	if e.Plover != "SANCTION" || e.Source[0] != "RUS" || e.Target[0] != "USA" || e.At != strings.Index(lines, "expulsé")-strings.Index(lines, "La Russie") {
		t.Errorf("got %+v", e)
	}
	if out[1] != `{"id":"b","events":[]}` {
		t.Errorf("an article without events: %s", out[1])
	}
}

func TestCodeExplainsEachSentence(t *testing.T) {
	r := quidnunc(t, "code", "--explain", seedFile)
	if r.code != exitOK {
		t.Fatalf("exit code %d\n%s", r.code, r.err)
	}
	for _, want := range []string{"suspendre  xcomp of décidé", `actor "OTAN": NATO [NATO]`, "SANCTION 161, Russia [RUS] > NATO [NATO]", "dropped: "} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%.2000s", want, r.out)
		}
	}
}

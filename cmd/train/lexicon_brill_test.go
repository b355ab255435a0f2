package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/quidnunc-news/quidnunc/producer/syntax"
)

// brillFolder writes what the npm package holds, in little.
func brillFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"tags.js":  "/**\n * @type {Array<string>}\n */\nexport const tags = [\n  'NN',\n  \"''\",\n  'VBD',\n  'NNP',\n  'VBD|VBN',\n  'VB'\n]\n",
		"words.js": "export const words = {\n  '!': 1,\n  'Jones': 3,\n  \"O'Brien\": 3,\n  'a\\\\b': 0,\n  cut: [2, 4, 0, 99],\n  run: [5, 0],\n  the: 0\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "lib", name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBrillsListIsReadAsThePackageWritesIt(t *testing.T) {
	got, err := readBrill(brillFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []tagged{
		{"!", []string{"''"}},
		{"Jones", []string{"NNP"}},
		{"O'Brien", []string{"NNP"}},
		{"cut", []string{"VBD", "NN"}}, // VBD|VBN counts as VBD, and there is no tag 99
		{"run", []string{"VB", "NN"}},
		{"the", []string{"NN"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tagged{})); diff != "" {
		t.Error(diff)
	}
	if _, err := readBrill(t.TempDir()); err == nil {
		t.Error("an empty folder is no error")
	}
}

func TestBrillsTagsAreReadingsOnlyWhereTheyTellTheLemma(t *testing.T) {
	got, err := brillEntries(brillFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	usage := map[string]uint8{}
	var readings []syntax.Entry
	for _, e := range got {
		usage[e.Form] = e.Usage
		if e.Lemma != "" {
			readings = append(readings, e)
		}
	}
	if usage["Jones"] == 0 || usage["Jones"] != usage["O'Brien"] || usage["Jones"] == usage["run"] || usage["cut"] == usage["run"] {
		t.Errorf("usages %v: words tagged alike share theirs, others do not", usage)
	}
	if _, ok := usage["!"]; ok {
		t.Error("punctuation is no word")
	}
	name, noun := syntax.ParseFeats("Number=Sing"), syntax.ParseFeats("Number=Sing")
	want := []syntax.Entry{
		{Form: "Jones", Lemma: "Jones", Tag: syntax.PROPN, Feats: name},
		{Form: "O'Brien", Lemma: "O'Brien", Tag: syntax.PROPN, Feats: name},
		{Form: "cut", Lemma: "cut", Tag: syntax.NOUN, Feats: noun},
		{Form: "run", Lemma: "run", Tag: syntax.VERB, Feats: syntax.ParseFeats("VerbForm=Inf")},
		{Form: "run", Lemma: "run", Tag: syntax.NOUN, Feats: noun},
	}
	if diff := cmp.Diff(want, readings, cmpopts.IgnoreFields(syntax.Entry{}, "Usage")); diff != "" {
		t.Error(diff)
	}
}

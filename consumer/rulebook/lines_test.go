package rulebook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
)

func writeAs(t testing.TB, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestARuleALine(t *testing.T) {
	path := writeAs(t, "rules.jsonl", `{"name":"a","query":"what:SANCTION who:RUS","severity":"high"}

{"name":"b","query":"\"a b\"~2","when":{"each":"event"},"max_age":"24h"}
`)
	book, err := rulebook.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range book.Rules {
		got = append(got, fmt.Sprint(r.Name, " ", r.Expr, " ", r.Severity, " ", r.When.Each, " ", r.MaxAge))
	}
	want := []string{"a what:SANCTION AND who:RUS high story 72h0m0s", `b "a b"~2 medium event 24h0m0s`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestABadLineIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"no JSON":          {`{"name":"a","query":"x"}` + "\nnope", ":2:1"},
		"an unknown key":   {`{"name":"a","query":"x","sevrity":"high"}`, "sevrity"},
		"a bad query":      {`{"name":"a","query":"(x"}`, "closing )"},
		"an unknown actor": {`{"name":"a","query":"who:Rusland"}`, "Rusland"},
		"a name twice":     {`{"name":"a","query":"x"}` + "\n" + `{"name":"a","query":"y"}`, "already at"},
		"two in a line":    {`{"name":"a","query":"x"} {"name":"b","query":"y"}`, "one object a line"},
		"broken UTF-8":     {"{\"name\":\"a\",\"query\":\"x\",\"title\":\"\xff\"}", ":1:1: not UTF-8: byte 34"},
		"no name":          {`{"query":"x"}`, "name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rulebook.Load(writeAs(t, "rules.jsonl", c.body))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

const listed = `
rules:
- name: desk
  query: who:@desk -whom:@desk
lists:
  desk: [Russie, OTAN, "Sergei Lavrov"]
`

func TestListsGoWithTheRulesThatNameThem(t *testing.T) {
	book, err := rulebook.Parse("rules.yaml", []byte(listed))
	if err != nil {
		t.Fatal(err)
	}
	body, hash := rulebook.Encode(book.Rules)
	again, err := rulebook.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string][]string{}
	rule.Lists(again[0].Expr, lists)
	if d := cmp.Diff(map[string][]string{"desk": {"Russie", "OTAN", "Sergei Lavrov"}}, lists); d != "" {
		t.Error(d)
	}
	if _, second := rulebook.Encode(again); second != hash {
		t.Error("what was decoded has another hash")
	}
	for name, bad := range map[string]string{
		"an unknown list":           strings.Replace(listed, "who:@desk", "who:@dsk", 1),
		"an actor nobody knows":     strings.Replace(listed, "Russie", "Rusland", 1),
		"a list that is no list":    strings.Replace(listed, "[Russie, OTAN, \"Sergei Lavrov\"]", "{a: b}", 1),
		"lists that are a sequence": strings.Replace(listed, "lists:\n  desk:", "lists:\n  -", 1),
	} {
		if _, err := rulebook.Parse("rules.yaml", []byte(bad)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func BenchmarkLoadLines(b *testing.B) {
	const n = 100_000
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, `{"name":"r-%d","query":"what:SANCTION who:RUS (mot%da OR mot%db) \"deux mots%d\"","severity":"high"}`+"\n", i, i, i*7, i%977)
	}
	path := writeAs(b, "rules.jsonl", body.String())
	start := time.Now()
	rounds := 0
	for b.Loop() {
		book, err := rulebook.Load(path)
		if err != nil || len(book.Rules) != n {
			b.Fatal(len(book.Rules), err)
		}
		rounds++
	}
	b.ReportMetric(float64(n*rounds)/time.Since(start).Seconds(), "rules/s")
}

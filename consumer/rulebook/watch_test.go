package rulebook_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/consumer/rulebook"
)

func TestWatchTellsChangesAndErrorsOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "rules.yaml")
	write(t, file, "rules:\n- {name: a, query: war}\n")
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan string)
	done := make(chan error, 1)
	go func() {
		cfg := rulebook.WatchConfig{Files: []string{filepath.Join(dir, "*.yaml")}, Every: 5 * time.Millisecond}
		done <- rulebook.Watch(ctx, cfg, func(b rulebook.Book, err error) {
			select {
			case told <- summary(b, err):
			case <-ctx.Done():
			}
		})
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-told:
			if !strings.Contains(got, want) {
				t.Fatalf("told %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing told, want %q", want)
		}
	}
	expect("a")
	write(t, file, "rules:\n- {name: b, query: war}\n") // the same size, perhaps the same time
	expect("b")
	write(t, file, "rules:\n- {name: b, querry: war}\n")
	expect("unknown key")
	select {
	case again := <-told:
		t.Fatalf("told again: %s", again)
	case <-time.After(30 * time.Millisecond):
	}
	write(t, filepath.Join(dir, "more.yaml"), "rules:\n- {name: c, query: war}\n")
	expect("unknown key")
	write(t, file, "rules:\n- {name: b, query: war}\n")
	expect("c b")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for { // the two files go one after the other
		got := <-told
		if strings.Contains(got, "no such file") {
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func summary(b rulebook.Book, err error) string {
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, r := range b.Rules {
		names = append(names, r.Name)
	}
	return strings.Join(names, " ")
}

func TestEncodeIsTheSameForTheSameRules(t *testing.T) {
	a, err := rulebook.Parse("a.yaml", []byte("rules:\n- {name: b, query: 'who:RUS  <'}\n"))
	if err == nil {
		t.Fatalf("accepted: %v", a)
	}
	one, err := rulebook.Parse("a.yaml", []byte("rules:\n- {name: b, query: 'score:<=-2 paix', state: shadow}\n- {name: a, query: war, max_age: 90m}\n"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := rulebook.Parse("b.yaml", []byte("# moved\nrules:\n- {max_age: 1h30m, name: a, query: war, severity: medium}\n- {state: shadow, name: b, query: 'score:<=-2 paix'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	body, hash := rulebook.Encode(one.Rules)
	same, sameHash := rulebook.Encode(other.Rules)
	if d := cmp.Diff(string(body), string(same)); d != "" || hash != sameHash {
		t.Errorf("%s %s\n%s", hash, sameHash, d)
	}
	const want = `{"version":1,"rules":[` +
		`{"name":"a","title":"a","owner":"none","query":"war","each":"story","severity":"medium","max_age":"1h30m0s","state":"live"},` +
		`{"name":"b","title":"b","owner":"none","query":"score:<=-2 paix","each":"story","severity":"medium","max_age":"72h0m0s","state":"shadow"}]}` + "\n"
	if d := cmp.Diff(want, string(body)); d != "" {
		t.Errorf("the encoding is read for ever:\n%s", d)
	}
	back, err := rulebook.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]rule.Rule{other.Rules[0], other.Rules[1]}, back); d != "" {
		t.Error(d)
	}
}

func TestDecodeRefusesWhatItCannotRead(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"not JSON":            {"rules", "invalid character"},
		"a newer version":     {`{"version":2,"rules":[]}`, "version 2"},
		"a broken query":      {`{"version":1,"rules":[{"name":"a","query":"(","max_age":"1h","each":"story","severity":"low","state":"live"}]}`, "rule a"},
		"no length of time":   {`{"version":1,"rules":[{"name":"a","query":"b","max_age":"long"}]}`, "max_age"},
		"a name that is none": {`{"version":1,"rules":[{"name":"A B","query":"b","max_age":"1h"}]}`, "kebab-case"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := rulebook.Decode([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

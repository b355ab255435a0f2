package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// archiveOf writes n made-up articles, four in five of which tell an event, and a configuration over them.
func archiveOf(t *testing.T, dir string, n int, rng *rand.Rand) (config string) {
	t.Helper()
	countries := []string{"Russia", "France", "Germany", "Poland", "China", "Japan", "Iran", "Turkey", "Ukraine", "Brazil"}
	acts := []string{
		"%s expelled %d diplomats of %s on Monday.", "%s accused %[3]s of spying.", "%s imposed new sanctions on %[3]s.",
		"%s threatened %[3]s with an embargo.", "The weather in %s will be fine near %[3]s.",
	}
	var b strings.Builder
	for i := range n {
		who, whom := rng.IntN(len(countries)), rng.IntN(len(countries)-1)
		if whom >= who {
			whom++
		}
		text := fmt.Sprintf(acts[rng.IntN(len(acts))], countries[who], 2+rng.IntN(9), countries[whom])
		text = strings.ReplaceAll(strings.Split(text, "%!(EXTRA")[0], "\n", " ")
		line, err := json.Marshal(map[string]any{
			"id": fmt.Sprint(i), "publisher": fmt.Sprintf("paper-%d", rng.IntN(20)), "lang": "en", "text": text,
			"published": time.Date(2022, 1, 1, 0, i, 0, 0, time.UTC).Format(time.RFC3339),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	write(t, dir, "articles.jsonl", b.String())
	write(t, dir, "rules.yaml", `rules:
- {name: russian-sanctions, query: 'what:SANCTION who:Russia', when: {each: event}}
- {name: accusations-of-iran, query: 'what:ACCUSE whom:Iran', severity: high}
- {name: embargo, query: 'embargo lang:en', when: {each: article}, severity: low}
`)
	return write(t, dir, "quidnunc.yaml", "data: data\nsources:\n- archive: [articles.jsonl]\nrules: [rules.yaml]\nmetrics: {listen: 'off'}\n")
}

// output is one event or alert message.
type output struct{ Subject, Body string }

// committed is what the stream holds, and replayed what a machine that nothing ever happened to says over the same log.
func committed(t *testing.T, hub *stream.Hub) (out []output) {
	t.Helper()
	err := hub.Scan(t.Context(), stream.Events, "", 1, func(m stream.Stored) error {
		if wire.Kind(m.Subject) != wire.CheckpointKind {
			out = append(out, output{m.Subject, string(m.Data)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func replayed(t *testing.T, hub *stream.Hub) (out []output) {
	t.Helper()
	var state machine.State
	err := hub.Scan(t.Context(), stream.Reports, "", 1, func(m stream.Stored) error {
		if wire.Kind(m.Subject) == wire.ToldKind {
			return nil
		}
		e, err := wire.DecodeEntry(m.Subject, m.Data)
		if err != nil {
			return err
		}
		in := machine.Input{Seq: m.Seq, Entry: e}
		if r, ok := e.(news.Rules); ok {
			rules, err := (library{hub}).Rules(t.Context(), r.Hash)
			if err != nil {
				return err
			}
			if in.Rules, err = machine.Compile(r.Hash, rules, gazetteer.Default()); err != nil {
				return err
			}
		}
		for _, o := range state.Step(in).Outputs {
			said, err := o.Message()
			if err != nil {
				return err
			}
			out = append(out, output{said.Subject, string(said.Data)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Killed ten times at random points while it reads 5,000 articles, the program says in the end exactly what it would
// have said undisturbed.
func TestKilledAgainAndAgainItSaysEverythingOnce(t *testing.T) {
	articles, kills := 5000, 10
	if testing.Short() {
		articles, kills = 2500, 4
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("QUIDNUNC_TEST_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d (set QUIDNUNC_TEST_SEED to repeat)", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	config := archiveOf(t, dir, articles, rng)
	data := filepath.Join(dir, "data")

	killed := 0
	for killed < kills {
		after := time.Duration(rng.IntN(600)) * time.Millisecond
		if !killAfter(t, config, after) {
			t.Fatalf("the program had done everything after %d kills of %d: more articles are needed for this machine", killed, kills)
		}
		killed++
	}
	final := quidnunc(t, "run", "--once", "--config", config, "--grace", "3m")
	if final.code != exitOK {
		t.Fatalf("after %d kills: exit code %d\n%s\n%s", killed, final.code, tailOf(final.out), final.err)
	}
	t.Logf("after %d kills: %s", killed, tailOf(final.out))

	hub, done, err := stream.Attach(t.Context(), data, stream.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	got, want := committed(t, hub), replayed(t, hub)
	if len(want) < articles/2 {
		t.Errorf("only %d events and alerts of %d articles", len(want), articles)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the stream differs from what an undisturbed machine says (-undisturbed +stream):\n%.4000s", diff)
	}
	once := map[output]bool{}
	for _, o := range got {
		if once[o] {
			t.Errorf("%s is there twice", o.Subject)
		}
		once[o] = true
	}
	done()
	if r := quidnunc(t, "verify", "--data", data); r.code != exitOK {
		t.Errorf("verify: exit code %d\n%s\n%s", r.code, r.out, r.err)
	}
}

// killAfter starts the program, lets it work for a while and kills it as kill -9 does. It is false where the program
// ended by itself before.
func killAfter(t *testing.T, config string, after time.Duration) bool {
	t.Helper()
	c := program(t, "run", "--once", "--config", config, "--grace", "3m")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "rules ") {
	}
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() {
		}
	}()
	select {
	case <-ctx.Done():
	case <-drained:
	}
	ended := ctx.Err() == nil
	if err := c.Process.Kill(); err != nil && !ended {
		t.Fatal(err)
	}
	<-drained
	if err := c.Wait(); err == nil {
		return false
	}
	return !ended
}

func tailOf(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

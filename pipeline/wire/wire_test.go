package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

var update = flag.Bool("update", false, "write the golden files")

func ExampleToken() {
	fmt.Println(wire.Token("europe-desk"))
	fmt.Println(wire.Token("Le Monde"))
	fmt.Println(wire.Token(""))
	// Output:
	// europe-desk
	// le-monde_5mo774nmnz
	// _4oymiquy7q
}

func TestTokensAreTokens(t *testing.T) {
	for name, s := range map[string]string{
		"a plain one stays": "rus", "the longest that stays": strings.Repeat("a", 64), "one too long": strings.Repeat("a", 65),
		"wildcards": "a.*.>", "NUL": "a\x00b", "broken UTF-8": "a\xffb", "accents": "Élysée", "Chinese": "新华社", "empty": "",
		"one that looks like a made-up token": "x_aaaaaaaaaa", "space": " ",
	} {
		got := wire.Token(s)
		if !isToken.MatchString(got) {
			t.Errorf("%s: Token(%q) = %q", name, s, got)
		}
		if stays := name == "a plain one stays" || name == "the longest that stays"; stays != (got == s) {
			t.Errorf("%s: Token(%q) = %q", name, s, got)
		}
	}
}

var isToken = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func FuzzToken(f *testing.F) {
	for _, s := range []string{"", "rus", "RUS", "a.b", "*", ">", "\x00", "\xff", "x_aaaaaaaaaa", "Élysée"} {
		f.Add(s, s+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		ta, tb := wire.Token(a), wire.Token(b)
		if !isToken.MatchString(ta) {
			t.Errorf("Token(%q) = %q", a, ta)
		}
		if (a == b) != (ta == tb) {
			t.Errorf("Token(%q) = %q, Token(%q) = %q", a, ta, b, tb)
		}
	})
}

// The seed's first event, as a report of one event.
func report(t *testing.T) news.Report {
	t.Helper()
	month, err := news.ParseInterval("2021-10")
	if err != nil {
		t.Fatal(err)
	}
	month.Resolved = news.Relative
	from, err := news.ParseInterval("2021-11-01")
	if err != nil {
		t.Fatal(err)
	}
	what := news.NewAction(plover.Sanction, "withdraw", "161")
	what.Contexts, what.Trigger, what.Lemma, what.Span = []plover.Context{"diplomatic"}, "suspendre", "suspendre", news.Span{Start: 63, End: 72}
	lavrov := news.Actor{Key: "sergei-lavrov", Name: "Sergei Lavrov", Country: "RUS", Sectors: []plover.Sector{"GOV"}, Text: "Sergei Lavrov", Span: news.Span{Start: 0, End: 13}}
	e := news.Event{
		Who:  []news.Actor{{Key: "rus", Name: "Russia", Country: "RUS", Sectors: []plover.Sector{"GOV"}, Text: "le Kremlin", Span: news.Span{Start: 38, End: 48}}},
		What: what,
		Whom: []news.Actor{{Key: "nato", Name: "NATO", Country: "NATO", Text: "l’OTAN", Span: news.Span{Start: 99, End: 107}, Inferred: true}},
		When: month, Effective: from, Realis: news.Actual, Historical: true, Lead: true,
		Where: &news.Place{Name: "Moscow", Country: "RUS", Text: "Moscou", Span: news.Span{Start: 1, End: 2}},
		By:    []news.Attribution{{Actor: lavrov, Via: "Financial Times"}},
		Count: &news.Quantity{Value: 7, Min: 7, Max: 7, Text: "sept"},
		Dead:  &news.Quantity{Value: 1, Min: 1}, Injured: &news.Quantity{Value: 2, Min: 2}, Arrested: &news.Quantity{Value: 3, Min: 3},
		Cites: []news.Citation{{Sentence: 1, Span: news.Span{Start: 0, End: 150}, Trigger: news.Span{Start: 63, End: 72}, Quote: "… suspendre sa mission permanente …", Pattern: "verb/active", Confidence: 0.75}},
	}
	a := news.Article{
		URL: "https://example.org/a?b=<c>", Publisher: "Example & Söhne", Language: "fr", Title: "Titre", Text: "Sergei Lavrov, 71 ans, a annoncé…",
		Published: month, Seen: time.Date(2021, 10, 19, 8, 0, 0, 500, time.UTC), Source: "seed-article.txt", Cut: true,
	}.Identify("")
	return news.Report{Article: a, Events: news.Identify(a.ID, []news.Event{e}), At: time.Date(2021, 10, 1, 0, 0, 0, 0, time.UTC), Origin: news.Archive, Coder: "quidnunc-1", Cut: true}
}

func alert(t *testing.T) news.Alert {
	r := report(t)
	return news.Alert{
		ID: news.MakeID("alert", "russia-nato-rupture", string(r.Article.ID)), Revision: 2, Change: news.Updated, Rule: "russia-nato-rupture",
		Title: "Russia and NATO break relations", Owner: "europe-desk", Severity: news.High, To: []string{"europe-desk"}, Summary: "s",
		At: r.At, Article: r.Article.Reference(), Origin: r.Origin, Story: news.Story{ID: r.Article.ID, Articles: 1, Publishers: 1}, Events: r.Events,
		Why: []news.Clause{{Text: "what:SANCTION", Spans: []news.Span{{Start: 63, End: 72}}, Events: []news.ID{r.Events[0].ID}}},
	}
}

type sample struct {
	subject string
	data    []byte
	noun    any
	decode  func([]byte) (any, error)
}

func decoder[N any](f func([]byte) (N, error)) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return f(b) }
}

func entryDecoder(subject string) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return wire.DecodeEntry(subject, b) }
}

func samples(t *testing.T) map[string]sample {
	t.Helper()
	must := func(m wire.Message, err error) wire.Message {
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	r, a := report(t), alert(t)
	bundle, err := wire.Bundle(r)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2021, 10, 19, 8, 0, 0, 0, time.UTC)
	enriched := news.Told{Event: r.Events[0], Article: r.Article.Reference(), Coder: r.Coder, Standing: news.History, Story: &a.Story}
	told := enriched
	told.Standing, told.Story = "", nil
	located := told
	located.Event.Where = &news.Place{
		Name: "Paris", Country: "USA", Region: "Texas", Lat: 33.66094, Lon: -95.55551, GeoNames: 4717560, Text: "Paris", Span: news.Span{Start: 1, End: 2},
	}
	locatedData, err := wire.EncodeTold(&located)
	if err != nil {
		t.Fatal(err)
	}
	sketched, counted := r, a
	sketched.Sketch = news.Sketch{Shingles: 3, Minima: make([]uint32, news.SketchSize), Terms: []news.Term{{Key: "@nato", Weight: 5}, {Key: "suspend", Weight: 2}}}
	sketched.Sketch.Minima[0], sketched.Sketch.Minima[63] = 1, 1<<32-1
	sketchedData, err := wire.EncodeReport(sketched)
	if err != nil {
		t.Fatal(err)
	}
	hour := time.Date(2021, 10, 19, 8, 0, 0, 0, time.UTC)
	counted.Story = news.Story{
		ID: r.Article.ID, Articles: 3, Publishers: 2, CopyOf: "first", Growth: 3, Former: []news.ID{"former"},
		Firsts: []news.First{{Event: r.Events[0].ID, What: plover.Sanction, Who: "RUS", Whom: "NATO", Pair: true, Since: hour}},
	}
	counted.Window = &news.Window{
		Kind: "spike", Group: "RUS", Start: hour, End: hour.Add(time.Hour), Count: 5, Distinct: "publisher", Expected: "1.5",
		Entries: []news.Entered{{Article: r.Article.ID, Publisher: "example.org", At: hour, Step: 1}}, Late: 1, Dropped: 2,
	}
	counted.Held = 7
	countedMsg := must(wire.Alert(&counted))
	rules := news.Rules{Version: "2021-10-19 rules.yaml", Hash: strings.Repeat("ab", 32), At: at}
	correction := news.Correction{Article: r.Article.ID, Publisher: "example.org", Reason: "withdrawn", At: at}
	event, alertMsg := must(wire.Event(&enriched)), must(wire.Alert(&a))
	rulesMsg, correctionMsg, tickMsg := must(wire.Rules(rules)), must(wire.Correction(correction)), must(wire.Tick(news.Tick{At: at}))
	checkpoint := wire.Checkpoint{Shard: 0, Sequence: 7, Written: -1, Commit: 3, Events: 5, Alerts: 2, Hash: "00ff", Step: 1}
	cp, err := wire.EncodeCheckpoint(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]sample{
		"told":       {bundle[0].Subject, bundle[0].Data, told, decoder(wire.DecodeTold)},
		"located":    {bundle[0].Subject, locatedData, located, decoder(wire.DecodeTold)},
		"report":     {bundle[1].Subject, bundle[1].Data, r, entryDecoder(bundle[1].Subject)},
		"event":      {event.Subject, event.Data, enriched, decoder(wire.DecodeTold)},
		"alert":      {alertMsg.Subject, alertMsg.Data, a, decoder(wire.DecodeAlert)},
		"sketched":   {bundle[1].Subject, sketchedData, sketched, entryDecoder(bundle[1].Subject)},
		"counted":    {countedMsg.Subject, countedMsg.Data, counted, decoder(wire.DecodeAlert)},
		"rules":      {rulesMsg.Subject, rulesMsg.Data, rules, entryDecoder(rulesMsg.Subject)},
		"correction": {correctionMsg.Subject, correctionMsg.Data, correction, entryDecoder(correctionMsg.Subject)},
		"tick":       {tickMsg.Subject, tickMsg.Data, news.Tick{At: at}, entryDecoder(tickMsg.Subject)},
		"checkpoint": {wire.CheckpointSubject(0), cp, checkpoint, decoder(wire.DecodeCheckpoint)},
	}
}

func TestWhatIsWrittenIsReadAndStaysAsItWas(t *testing.T) {
	for name, s := range samples(t) {
		got, err := s.decode(s.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(s.noun, got); diff != "" {
			t.Errorf("%s comes back different:\n%s", name, diff)
		}
		var pretty bytes.Buffer
		pretty.WriteString(s.subject + "\n")
		if err := json.Indent(&pretty, s.data, "", "  "); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", name+".golden"), append(pretty.Bytes(), '\n'))
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (go test -update writes it anew, but old bytes must be read for ever):\n%s", file, diff)
	}
}

// The files of compat/v1 were written once, by the version that first told what they tell, and are never written again.
func TestOldBytesAreReadForEver(t *testing.T) {
	now := samples(t)
	files, err := filepath.Glob("testdata/compat/v1/*.json")
	if err != nil || len(files) != len(now) {
		t.Fatalf("testdata/compat/v1 has %d files for %d kinds of message (%v)", len(files), len(now), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := now[name].decode(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if diff := cmp.Diff(now[name].noun, got); diff != "" {
			t.Errorf("%s is read differently now:\n%s", file, diff)
		}
	}
}

func TestABundleIsTheEventsThenTheReport(t *testing.T) {
	r := report(t)
	bundle, err := wire.Bundle(r)
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	ids := map[string]bool{}
	for _, m := range bundle {
		subjects = append(subjects, m.Subject)
		ids[m.MsgID] = true
	}
	if diff := cmp.Diff([]string{"told.sanction.rus.nato", "report.fr." + wire.Token(r.Article.Publisher)}, subjects); diff != "" {
		t.Error(diff)
	}
	if len(ids) != len(bundle) || ids[""] {
		t.Errorf("message IDs of a bundle: %v", ids)
	}
}

func TestUnreadableBytesSayWhy(t *testing.T) {
	for name, data := range map[string]string{
		"no JSON": "{", "no version": "{}", "empty": "", "a list": "[]", "a field of another type": `{"v":1,"article":7}`,
	} {
		if _, err := wire.DecodeReport([]byte(data)); err == nil || errors.Is(err, wire.ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, data := range map[string]string{"a newer version": `{"v":2}`, "a newer version with another shape": `{"v":2,"article":7}`} {
		if _, err := wire.DecodeReport([]byte(data)); !errors.Is(err, wire.ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wire.DecodeEntry("told.a.b.c", []byte(`{"v":1}`)); err == nil {
		t.Error("an event as told is no entry of the log")
	}
	if c, err := wire.DecodeCheckpoint(nil); err != nil || c != (wire.Checkpoint{}) {
		t.Errorf("no checkpoint: %v %v", c, err)
	}
}

func FuzzDecodeReport(f *testing.F) {
	f.Add([]byte(`{"v":1,"article":{"id":"a","revision":"b","publisher":"p","seen":"2021-10-19T08:00:00Z"},"events":[],"at":"2021-10-19T08:00:00Z","origin":"live"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := wire.DecodeReport(data)
		if err != nil {
			return
		}
		once, err := wire.EncodeReport(r)
		if err != nil {
			t.Skip("a time JSON cannot write") // years beyond 9999 are read by nobody
		}
		again, err := wire.DecodeReport(once)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		twice, err := wire.EncodeReport(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("written twice, it differs (%v):\n%s\n%s", err, once, twice)
		}
	})
}

func BenchmarkReport(b *testing.B) {
	r := report(&testing.T{})
	data, err := wire.EncodeReport(r)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := wire.EncodeReport(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := wire.DecodeReport(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/desk"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// notes are a map with revisions.
type notes struct {
	mu   sync.Mutex
	all  map[string][]byte
	revs map[string]uint64
	next uint64
}

func newNotes() *notes { return &notes{all: map[string][]byte{}, revs: map[string]uint64{}} }

func (n *notes) Value(_ context.Context, key string) ([]byte, uint64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all[key], n.revs[key], nil
}

func (n *notes) Update(_ context.Context, key string, note []byte, revision uint64) (uint64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.revs[key] != revision {
		return 0, errors.New("somebody else was faster")
	}
	n.next++
	n.all[key], n.revs[key] = note, n.next
	return n.next, nil
}

func (n *notes) Delete(_ context.Context, key string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.all, key)
	delete(n.revs, key)
	return nil
}

func (n *notes) Keys(_ context.Context, filter string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	parts := strings.Split(filter, ".")
	return slices.DeleteFunc(slices.Sorted(maps.Keys(n.all)), func(key string) bool {
		have := strings.Split(key, ".")
		return len(have) != len(parts) || parts[0] != "*" && parts[0] != have[0]
	}), nil
}

// alerts are those of a slice.
type alerts []news.Alert

func (a alerts) Since(_ context.Context, at time.Time, handle func(news.Alert) error) error {
	for _, one := range a {
		if one.At.Before(at) {
			continue
		}
		if err := handle(one); err != nil {
			return err
		}
	}
	return nil
}

func (a alerts) Of(ctx context.Context, rule string, handle func(news.Alert) error) error {
	return a.Since(ctx, time.Time{}, func(one news.Alert) error {
		if one.Rule != rule {
			return nil
		}
		return handle(one)
	})
}

// made is an alert of a rule on what somebody did to somebody, an hour ago.
func made(id, rule, who, whom string) news.Alert {
	actor := func(code string) []news.Actor { return []news.Actor{{Name: code, Country: code}} }
	return news.Alert{
		ID: news.ID(id), Revision: 1, Change: news.New, Rule: rule, Owner: "europe-desk", Severity: news.High, At: now.Add(-time.Hour), To: []string{"desk"},
		Article: news.Reference{ID: "article", Language: "en", Title: "Moscow expels diplomats", Published: day("2026-01-02")},
		Events: []news.Event{{
			ID: "e", Who: actor(who), Whom: actor(whom), What: news.NewAction("SANCTION", "expel", "161"), Realis: news.Actual, When: day("2026-01-01"),
			Cites: []news.Citation{{Sentence: 3, Quote: "Moscow expelled ten diplomats."}},
		}},
	}
}

func day(s string) news.Interval {
	i, err := news.ParseInterval(s)
	if err != nil {
		panic(err)
	}
	return i
}

// opened is a desk with some alerts, each delivered to one receiver.
func opened(t *testing.T, raised ...news.Alert) *desk.Desk {
	t.Helper()
	d := &desk.Desk{Ledger: newNotes(), Silences: newNotes(), Alerts: alerts(raised), Now: func() time.Time { return now }}
	for _, a := range raised {
		row, err := json.Marshal(courier.Row{Version: 1, Alert: a.Key(), Rule: a.Rule, Receiver: "desk", State: courier.Delivered, Queued: a.At})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Ledger.Update(t.Context(), courier.RowKey("desk", a.Key()), row, 0); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestEightCharactersOfAnIDSuffice(t *testing.T) {
	second := made("k7q2m4xdaaaa", "ruptures", "RUS", "NATO")
	second.Revision = 2
	d := opened(t, made("k7q2m4xdaaaa", "ruptures", "RUS", "NATO"), second, made("k7q2zzzzbbbb", "other", "CHN", "USA"))
	for _, id := range []string{"k7q2m4xd", "K7Q2M4XD", "k7q2m4xd.1", "k7q2m4xdaaaa"} {
		c, err := d.Find(t.Context(), id)
		if err != nil || c.Revisions != 2 || c.Alert.Revision != 2 || len(c.Rows) != 2 {
			t.Errorf("%s: %+v, %v", id, c, err)
		}
	}
	for id, want := range map[string]error{"k7q2": desk.ErrAmbiguous, "zzzzzzzz": desk.ErrUnknown, "k7": desk.ErrUnknown, "": desk.ErrUnknown} {
		if _, err := d.Find(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", id, err, want)
		}
	}
}

func TestTakingAnAlertOn(t *testing.T) {
	d := opened(t, made("aaaaaaaaaa", "ruptures", "RUS", "NATO"), made("bbbbbbbbbb", "ruptures", "CHN", "USA"))
	if _, err := d.Acknowledge(t.Context(), "aaaaaaaa", "ada", "on it"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[news.ID]bool{"aaaaaaaaaa": true, "bbbbbbbbbb": false} {
		if got, err := d.Acknowledged(t.Context(), id); got != want || err != nil {
			t.Errorf("%s: %v, %v", id, got, err)
		}
	}
	open, err := d.List(t.Context(), desk.Query{Open: true})
	if err != nil || len(open) != 1 || open[0].Alert.ID != "bbbbbbbbbb" {
		t.Errorf("%+v, %v", open, err)
	}
	all, err := d.List(t.Context(), desk.Query{})
	if err != nil || len(all) != 2 || all[1].Ack == nil || all[1].Ack.By != "ada" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestMarksMakeScoresAndGold(t *testing.T) {
	d := opened(t, made("aaaaaaaaaa", "ruptures", "RUS", "NATO"), made("bbbbbbbbbb", "ruptures", "CHN", "USA"), made("cccccccccc", "calm", "FRA", "DEU"))
	for id, m := range map[string]desk.Mark{
		"aaaaaaaa": {Useful: true, By: "ada"},
		"bbbbbbbb": {Wrong: []desk.Facet{desk.Whom, desk.When}, By: "ada", Comment: "it was Canada"},
		"cccccccc": {Wrong: []desk.Facet{desk.NotNews}, By: "bob"},
	} {
		if _, err := d.Judge(t.Context(), id, m); err != nil {
			t.Fatal(err)
		}
	}
	scores, err := d.Scores(t.Context())
	want := []desk.Score{
		{Rule: "calm", Marked: 1, Wrong: map[desk.Facet]int{desk.NotNews: 1}},
		{Rule: "ruptures", Marked: 2, Useful: 1, Wrong: map[desk.Facet]int{desk.Whom: 1, desk.When: 1}},
	}
	if diff := cmp.Diff(want, scores); diff != "" || err != nil || scores[1].Precision() != 0.5 {
		t.Error(diff, err)
	}
	var lines []string
	if err := d.Export(t.Context(), func(g desk.Gold) error {
		lines = append(lines, fmt.Sprintf("%s %s %s gold %d rejected %d %v", g.ID, g.Lang, g.Date, len(g.Gold), len(g.Rejected), g.Wrong))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"article#3 en 2026-01-02 gold 1 rejected 0 []",
		"article#3 en 2026-01-02 gold 0 rejected 1 [whom when]",
		"article#3 en 2026-01-02 gold 1 rejected 0 [not-news]",
	}, lines); diff != "" {
		t.Error(diff)
	}
	for name, m := range map[string]desk.Mark{
		"nothing": {}, "both": {Useful: true, Wrong: []desk.Facet{desk.Who}}, "an unknown facet": {Wrong: []desk.Facet{"why"}},
	} {
		var wrong *desk.WrongError
		if _, err := d.Judge(t.Context(), "aaaaaaaa", m); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSilences(t *testing.T) {
	a := made("aaaaaaaaaa", "ruptures", "RUS", "NATO")
	for _, c := range []struct {
		name    string
		silence desk.Silence
		mutes   bool
	}{
		{"a query of events", desk.Silence{Query: "what:SANCTION who:Russie"}, true},
		{"a query of others", desk.Silence{Query: "what:SANCTION who:CHN"}, false},
		{"a query of words: title and quotations are known", desk.Silence{Query: "diplomat AND moscow"}, true},
		{"words that stand nowhere", desk.Silence{Query: "embargo"}, false},
		{"a rule", desk.Silence{Rule: "ruptures"}, true},
		{"a pattern of rules", desk.Silence{Rule: "rup*"}, true},
		{"another rule", desk.Silence{Rule: "calm"}, false},
		{"all must hold", desk.Silence{Rule: "ruptures", Query: "who:CHN"}, false},
		{"an owner", desk.Silence{Owner: "europe-*"}, true},
		{"a receiver", desk.Silence{Receiver: "desk"}, true},
		{"another receiver", desk.Silence{Receiver: "chief"}, false},
		{"one that begins later", desk.Silence{Rule: "ruptures", From: now.Add(time.Hour)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := opened(t, a)
			c.silence.By, c.silence.Comment, c.silence.Until = "ada", "known", now.Add(2*time.Hour)
			made, err := d.Silence(t.Context(), c.silence)
			if err != nil {
				t.Fatal(err)
			}
			ear := &desk.Ear{Desk: d}
			if err := ear.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := ""
			if c.mutes {
				want = made.ID
			}
			if got := ear.Silence(a, "desk", now); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if got := ear.Silence(a, "desk", now.Add(3*time.Hour)); got != "" {
				t.Error("it goes on when it is over")
			}
			if _, err := d.EndSilence(t.Context(), made.ID[:8]); err != nil {
				t.Fatal(err)
			}
			if err := ear.Look(t.Context()); err != nil || ear.Silence(a, "desk", now) != "" {
				t.Error("it goes on when it was ended", err)
			}
		})
	}
}

func TestASilenceIsCheckedAtTheDoor(t *testing.T) {
	d := opened(t)
	good := desk.Silence{Rule: "ruptures", By: "ada", Comment: "known", Until: now.Add(time.Hour)}
	for name, spoil := range map[string]func(*desk.Silence){
		"of everything":    func(s *desk.Silence) { s.Rule = "" },
		"by nobody":        func(s *desk.Silence) { s.By = "" },
		"without a reason": func(s *desk.Silence) { s.Comment = "" },
		"over already":     func(s *desk.Silence) { s.Until = now },
		"for ever":         func(s *desk.Silence) { s.Until = now.AddDate(1, 0, 0) },
		"a broken query":   func(s *desk.Silence) { s.Query = "who:(" },
		"no such actor":    func(s *desk.Silence) { s.Query = "who:Nowhereland" },
		"a broken pattern": func(s *desk.Silence) { s.Rule = "[" },
	} {
		s := good
		spoil(&s)
		var wrong *desk.WrongError
		if _, err := d.Silence(t.Context(), s); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPreviewSaysWhatWouldHaveBeenMuted(t *testing.T) {
	d := opened(t, made("aaaaaaaaaa", "ruptures", "RUS", "NATO"), made("bbbbbbbbbb", "ruptures", "CHN", "USA"))
	muted, of, err := d.Preview(t.Context(), desk.Silence{Query: "who:RUS"}, now.Add(-2*time.Hour))
	if err != nil || of != 2 || len(muted) != 1 || muted[0].ID != "aaaaaaaaaa" {
		t.Errorf("%v of %d, %v", muted, of, err)
	}
}

func TestTheDeskByHTTP(t *testing.T) {
	d := opened(t, made("aaaaaaaaaa", "ruptures", "RUS", "NATO"))
	srv := httptest.NewServer(d.Handler(nil))
	defer srv.Close()
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // read
		return resp.StatusCode, readAll(t, resp)
	}
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		holds                    string
	}{
		{"the list", "GET", "/v1/alerts", "", 200, `"id":"aaaaaaaaaa"`},
		{"a wrong since", "GET", "/v1/alerts?since=soon", "", 400, "since"},
		{"one", "GET", "/v1/alerts/aaaaaaaa", "", 200, `"state":"delivered"`},
		{"none", "GET", "/v1/alerts/zzzzzzzz", "", 404, "no alert"},
		{"an acknowledgement", "POST", "/v1/alerts/aaaaaaaa/ack", `{"by":"ada"}`, 200, "aaaaaaaaaa"},
		{"a mark", "POST", "/v1/alerts/aaaaaaaa/mark", `{"wrong":["whom"],"by":"ada"}`, 200, "aaaaaaaaaa"},
		{"a wrong mark", "POST", "/v1/alerts/aaaaaaaa/mark", `{"wrong":["why"]}`, 400, "want one of"},
		{"an unknown key", "POST", "/v1/alerts/aaaaaaaa/mark", `{"wrongs":["who"]}`, 400, "wrongs"},
		{"what was said is shown", "GET", "/v1/alerts/aaaaaaaa", "", 200, `"mark":{"wrong":["whom"]`},
		{"scores", "GET", "/v1/rules/scores", "", 200, `"rule":"ruptures","marked":1`},
		{"a preview", "POST", "/v1/silences/preview", `{"query":"who:RUS"}`, 200, `"of":1`},
		{"a silence", "POST", "/v1/silences", `{"query":"who:RUS","until":"2026-01-02T09:00:00Z","by":"ada","comment":"known"}`, 200, `"id":`},
		{"a silence without a reason", "POST", "/v1/silences", `{"query":"who:RUS","until":"2026-01-02T09:00:00Z","by":"ada"}`, 400, "comment"},
		{"silences", "GET", "/v1/silences", "", 200, `"comment":"known"`},
		{"no such silence", "DELETE", "/v1/silences/zzzzzzzz", "", 404, "no silence"},
	} {
		if status, body := ask(c.method, c.path, c.body); status != c.status || !strings.Contains(body, c.holds) {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
	}
	resp, err := http.Post(srv.URL+"/v1/alerts/aaaaaaaa/ack", "text/plain", strings.NewReader(`{"by":"a page elsewhere"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // not read
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a form is taken: %d", resp.StatusCode)
	}
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

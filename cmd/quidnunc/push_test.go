package main

import (
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/quidnunc-news/quidnunc/pipeline/stream"
)

func TestArticlesThatProgramsSendBecomeAlerts(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "rules.yaml", oneRule)
	write(t, dir, "push.token", "let-me-in\n")
	config := write(t, dir, "quidnunc.yaml", "data: data\nrules: [rules.yaml]\nmetrics: {listen: 'off'}\npush: {listen: '127.0.0.1:0', token_file: push.token}\n")
	s := serve(t, "run", "--config", config)
	out := s.says(t, "rules    1")
	url := regexp.MustCompile(`http://[0-9.:]+/v1/articles`).FindString(out)

	send := func(token, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	article := func(id, text string) string {
		return `{"id":"` + id + `","lang":"en","text":"` + text + `","published":"` + time.Now().UTC().Format(time.RFC3339) + `"}` + "\n"
	}
	if code, text := send("wrong", article("1", "China imposed sanctions on Japan.")); code != http.StatusUnauthorized {
		t.Errorf("a wrong token: %d %s", code, text)
	}
	if code, text := send("let-me-in", article("1", "China imposed sanctions on Japan.")); code >= 300 {
		t.Errorf("an article: %d %s", code, text)
	}
	if code, text := send("let-me-in", "{broken\n"+article("2", "Iran imposed sanctions on France.")); code != http.StatusMultiStatus {
		t.Errorf("a broken line and an article: %d %s", code, text)
	}
	s.says(t, "China")
	s.says(t, "Iran")

	credential, err := stream.ReadCredential(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(credential.URL, nats.UserInfo(credential.User, credential.Password))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer, err := conn.Request("quidnunc.ingest.article", []byte(article("3", "Brazil imposed sanctions on Poland.")), 30*time.Second)
	if err != nil || strings.Contains(string(answer.Data), `"error"`) {
		t.Errorf("an article as a message: %s (%v)", answer.Data, err)
	}
	s.says(t, "Brazil")
	if code := s.stop(t); code != exitOK {
		t.Errorf("run ends with %d\n%s", code, s.errs)
	}
}

func TestADoorForOtherMachinesNeedsAToken(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "rules.yaml", oneRule)
	for name, listen := range map[string]string{"every address": "0.0.0.0:0", "no host": ":8610", "no port": "127.0.0.1"} {
		config := write(t, dir, "quidnunc.yaml", "data: data\nrules: [rules.yaml]\npush: {listen: '"+listen+"'}\n")
		if r := quidnunc(t, "run", "--config", config); r.code != exitUsage || !strings.Contains(r.err, "push: listen") {
			t.Errorf("%s: exit code %d\n%s", name, r.code, r.err)
		}
	}
}

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A server that knows config maps takes one, refuses another and lets other kinds be.
func TestWhatAServerSaysOfTheChart(t *testing.T) {
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		q := r.URL.Query()
		switch {
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodGet && r.URL.Path == "/api/v1":
			_, _ = io.WriteString(w, `{"resources": [{"kind": "ConfigMap", "name": "configmaps/status"}, {"kind": "ConfigMap", "name": "configmaps"}]}`)
		case r.Method != http.MethodPatch || !strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/news/configmaps/"):
			w.WriteHeader(http.StatusNotFound)
		case q.Get("dryRun") != "All" || q.Get("fieldValidation") != "Strict" || strings.Contains(string(body), "datta"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message": "unknown field datta"}`)
		}
	}))
	defer fake.Close()
	const good, other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: b}\n"
	s := newServer(fake.URL, "secret")
	if err := s.offer("test", []string{good, other}); err != nil {
		t.Error(err)
	}
	err := s.offer("test", []string{good, good + "datta: {}\n"})
	if err == nil || !strings.Contains(err.Error(), "ConfigMap a: 400 Bad Request: unknown field datta") {
		t.Errorf("what is refused is told as %v", err)
	}
	if err := newServer(fake.URL, "wrong").offer("test", []string{good}); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a server that does not know us: %v", err)
	}
}

package push

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// ServeHTTP takes a POST. All articles stored: 200; all with one other outcome: its number; else 207, and each result
// tells its own.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !d.authorized(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "show the token: Authorization: Bearer ...")
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "want POST")
		return
	}
	select {
	case d.requests <- struct{}{}:
		defer func() { <-d.requests }()
	default:
		w.Header().Set("Retry-After", "1")
		refuse(w, Busy, "too many requests at once")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.cfg.MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		refuse(w, TooLarge, err.Error())
		return
	case err != nil:
		refuse(w, Bad, err.Error())
		return
	}
	results := d.Take(r.Context(), body)
	if len(results) == 0 {
		refuse(w, Bad, "no article in the body")
		return
	}
	answer(w, status(results), response{Results: results})
}

func (d *Door) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return d.cfg.Token == "" || ok && subtle.ConstantTimeCompare([]byte(token), []byte(d.cfg.Token)) == 1
}

// status is what the results have in common, else 207.
func status(results []Result) int {
	for _, r := range results {
		if r.Status != results[0].Status {
			return http.StatusMultiStatus
		}
	}
	return results[0].Status
}

// response is the body of an answer.
type response struct {
	Results []Result `json:"results,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func refuse(w http.ResponseWriter, status int, why string) { answer(w, status, response{Error: why}) }

func answer(w http.ResponseWriter, status int, body response) {
	for _, r := range body.Results {
		if r.Status == Busy {
			w.Header().Set("Retry-After", "1")
			break
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a sender that is gone hears nothing
}

// Inbox is where requests come in as messages.
type Inbox interface {
	// Answer calls handle with each request on subject and sends back what it returns, until ctx ends.
	Answer(ctx context.Context, subject string, handle func(ctx context.Context, body []byte) []byte) error
}

// Listen takes articles from messages until ctx ends. Senders are known by the server they come through.
func (d *Door) Listen(ctx context.Context, in Inbox) error {
	return in.Answer(ctx, Subject, func(ctx context.Context, body []byte) []byte {
		out := response{Results: d.Take(ctx, body)}
		if len(out.Results) == 0 {
			out.Error = "no article in the message"
		}
		b, err := json.Marshal(out)
		if err != nil {
			return nil
		}
		return b
	})
}

func newMetrics() *prometheus.CounterVec {
	m := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "quidnunc_push_articles_total", Help: "Articles sent to us, by outcome.",
	}, []string{"outcome"})
	for _, s := range []int{Stored, Accepted, Bad, TooLarge, Busy} {
		m.WithLabelValues(outcome(s))
	}
	return m
}

func outcome(status int) string {
	switch status {
	case Stored:
		return "stored"
	case Accepted:
		return "accepted"
	case TooLarge:
		return "too_large"
	case Busy:
		return "busy"
	}
	return "bad"
}

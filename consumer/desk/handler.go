package desk

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/courier"
	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// maxRequest bounds the bytes of a request's body.
const maxRequest = 64 << 10

// Handler is the desk by HTTP, in JSON. Who may use it is the caller's to decide.
//
//	GET    /v1/alerts?since=24h&rule=&severity=&open=true&limit=100   newest first: [case]
//	GET    /v1/alerts/{id}                                           one case; 8 characters of the ID suffice
//	POST   /v1/alerts/{id}/ack     {"by", "comment"}
//	POST   /v1/alerts/{id}/mark    {"wrong": ["who"], "useful": true, "by", "comment"}
//	GET    /v1/rules/scores                                          [score]
//	GET    /v1/silences                                              [silence]
//	POST   /v1/silences            {"query", "rule", "owner", "receiver", "from", "until", "by", "comment"}
//	POST   /v1/silences/preview?since=24h                            the same body: {"muted": [case], "of": n}
//	DELETE /v1/silences/{id}
//
// A case is {"alert": as in a webhook's data, "revisions", "deliveries", "ack", "mark"}. An error is {"error"}.
func (d *Desk) Handler(names func(code string) string) http.Handler {
	h := handler{d, names}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/alerts", h.list)
	mux.HandleFunc("GET /v1/alerts/{id}", h.show)
	mux.HandleFunc("POST /v1/alerts/{id}/ack", h.ack)
	mux.HandleFunc("POST /v1/alerts/{id}/mark", h.mark)
	mux.HandleFunc("GET /v1/rules/scores", h.scores)
	mux.HandleFunc("GET /v1/silences", h.silences)
	mux.HandleFunc("POST /v1/silences", h.silence)
	mux.HandleFunc("POST /v1/silences/preview", h.preview)
	mux.HandleFunc("DELETE /v1/silences/{id}", h.endSilence)
	return mux
}

type handler struct {
	desk  *Desk
	names func(code string) string
}

type caseV1 struct {
	Alert      json.RawMessage `json:"alert"`
	Revisions  int             `json:"revisions"`
	Deliveries []courier.Row   `json:"deliveries,omitempty"`
	Ack        *Ack            `json:"ack,omitempty"`
	Mark       *Mark           `json:"mark,omitempty"`
}

func (h handler) of(c Case) (caseV1, error) {
	alert, err := notify.AlertJSON(c.Alert, h.names)
	return caseV1{alert, c.Revisions, c.Rows, c.Ack, c.Mark}, err
}

func (h handler) all(cases []Case) ([]caseV1, error) {
	out := make([]caseV1, 0, len(cases))
	for _, c := range cases {
		one, err := h.of(c)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (h handler) list(w http.ResponseWriter, r *http.Request) {
	q, err := h.query(r)
	if err != nil {
		answer(w, nil, badRequest{err})
		return
	}
	cases, err := h.desk.List(r.Context(), q)
	if err != nil {
		answer(w, nil, err)
		return
	}
	out, err := h.all(cases)
	answer(w, out, err)
}

func (h handler) query(r *http.Request) (Query, error) {
	v := r.URL.Query()
	q := Query{Rule: v.Get("rule"), Severity: news.Severity(v.Get("severity")), Open: v.Get("open") == "true"}
	var err error
	if q.Since, err = ParseSince(v.Get("since"), h.desk.now()); err != nil {
		return q, err
	}
	if limit := v.Get("limit"); limit != "" {
		if q.Limit, err = strconv.Atoi(limit); err != nil || q.Limit < 1 || q.Limit > 10_000 {
			return q, errors.New("limit: want a number from 1 to 10000")
		}
	}
	return q, nil
}

// ParseSince reads "24h" (that long ago), a day or a time; "" is the zero time.
func ParseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	i, err := news.ParseInterval(s)
	if err != nil {
		return time.Time{}, errors.New("since: want such as 24h, 2026-01-02 or 2026-01-02T15:04:05Z")
	}
	return i.Start, nil
}

func (h handler) show(w http.ResponseWriter, r *http.Request) {
	c, err := h.desk.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	out, err := h.of(c)
	answer(w, out, err)
}

func (h handler) ack(w http.ResponseWriter, r *http.Request) {
	var ack Ack
	if !body(w, r, &ack) {
		return
	}
	id, err := h.desk.Acknowledge(r.Context(), r.PathValue("id"), ack.By, ack.Comment)
	answer(w, map[string]news.ID{"id": id}, err)
}

func (h handler) mark(w http.ResponseWriter, r *http.Request) {
	var m Mark
	if !body(w, r, &m) {
		return
	}
	id, err := h.desk.Judge(r.Context(), r.PathValue("id"), m)
	answer(w, map[string]news.ID{"id": id}, err)
}

func (h handler) scores(w http.ResponseWriter, r *http.Request) {
	scores, err := h.desk.Scores(r.Context())
	answer(w, scores, err)
}

func (h handler) silences(w http.ResponseWriter, r *http.Request) {
	all, err := h.desk.ListSilences(r.Context())
	if all == nil {
		all = []Silence{}
	}
	answer(w, all, err)
}

func (h handler) silence(w http.ResponseWriter, r *http.Request) {
	var s Silence
	if !body(w, r, &s) {
		return
	}
	s, err := h.desk.Silence(r.Context(), s)
	answer(w, s, err)
}

func (h handler) preview(w http.ResponseWriter, r *http.Request) {
	var s Silence
	if !body(w, r, &s) {
		return
	}
	since, err := ParseSince(r.URL.Query().Get("since"), h.desk.now())
	if err != nil {
		answer(w, nil, badRequest{err})
		return
	}
	if since.IsZero() {
		since = h.desk.now().Add(-24 * time.Hour)
	}
	muted, of, err := h.desk.Preview(r.Context(), s, since)
	if err != nil {
		answer(w, nil, err)
		return
	}
	cases := make([]Case, len(muted))
	for i, a := range muted {
		cases[i] = Case{Alert: a, Revisions: a.Revision}
	}
	out, err := h.all(cases)
	answer(w, map[string]any{"muted": out, "of": of}, err)
}

func (h handler) endSilence(w http.ResponseWriter, r *http.Request) {
	s, err := h.desk.EndSilence(r.Context(), r.PathValue("id"))
	answer(w, s, err)
}

// body reads a request's JSON, or answers what is wrong with it. Forms that any web page can send are refused.
func body(w http.ResponseWriter, r *http.Request, v any) bool {
	if kind := r.Header.Get("Content-Type"); kind != "application/json" && kind != "application/json; charset=utf-8" {
		answer(w, nil, badRequest{errors.New("want Content-Type: application/json")})
		return false
	}
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		answer(w, nil, badRequest{err})
		return false
	}
	return true
}

// badRequest is an error of whoever asks.
type badRequest struct{ error }

func (e badRequest) Unwrap() error { return e.error }

// answer writes what was found, or an error with the status that fits it.
func answer(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		status, v = statusOf(err), map[string]string{"error": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who does not listen any more misses it
}

func statusOf(err error) int {
	var bad badRequest
	var wrong *WrongError
	switch {
	case errors.Is(err, ErrUnknown), errors.Is(err, ErrNoSilence):
		return http.StatusNotFound
	case errors.Is(err, ErrAmbiguous):
		return http.StatusConflict
	case errors.As(err, &bad), errors.As(err, &wrong):
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}

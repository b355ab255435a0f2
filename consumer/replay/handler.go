package replay

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Handler lets programs steer a replay:
//
//	GET  /v1/replay           how far it is: Progress
//	POST /v1/replay/pause     hold it before the next report
//	POST /v1/replay/resume    let it go on
//	POST /v1/replay/step?n=1  let n reports pass, and pause
//	POST /v1/replay/speed?x=60  60 times as fast as the news came; 0: as fast as can be
//
// Each answers with Progress.
func (c *Control) Handler() http.Handler {
	mux := http.NewServeMux()
	tell := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c.Progress()) // who does not listen need not hear
	}
	mux.HandleFunc("GET /v1/replay", func(w http.ResponseWriter, _ *http.Request) { tell(w) })
	mux.HandleFunc("POST /v1/replay/pause", func(w http.ResponseWriter, _ *http.Request) { c.Pause(); tell(w) })
	mux.HandleFunc("POST /v1/replay/resume", func(w http.ResponseWriter, _ *http.Request) { c.Resume(); tell(w) })
	mux.HandleFunc("POST /v1/replay/step", func(w http.ResponseWriter, r *http.Request) {
		n := 1
		if v := r.FormValue("n"); v != "" {
			var err error
			if n, err = strconv.Atoi(v); err != nil || n < 1 {
				http.Error(w, "n: want how many reports may pass", http.StatusBadRequest)
				return
			}
		}
		c.Step(n)
		tell(w)
	})
	mux.HandleFunc("POST /v1/replay/speed", func(w http.ResponseWriter, r *http.Request) {
		x, err := strconv.ParseFloat(r.FormValue("x"), 64)
		if err == nil {
			err = c.Pace(x)
		}
		if err != nil {
			http.Error(w, "x: want how many times as fast as the news came, or 0 for as fast as can be", http.StatusBadRequest)
			return
		}
		tell(w)
	})
	return mux
}

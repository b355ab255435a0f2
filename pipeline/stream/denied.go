package stream

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

// denials remembers what the server forbade: it says so beside the request, which only times out.
type denials struct {
	mu   sync.Mutex
	last [8]denial
	next int
}

type denial struct {
	at   time.Time
	text string
}

func (d *denials) add(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[d.next%len(d.last)] = denial{time.Now(), err.Error()}
	d.next++
}

// since returns a permanent ErrDenied that names what was forbidden after t, or nil.
func (d *denials) since(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var texts []string
	for _, one := range d.last {
		if !one.at.IsZero() && !one.at.Before(t) {
			texts = append(texts, one.text)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return pipeline.Permanent(fmt.Errorf("%w: %s", ErrDenied, strings.Join(texts, "; ")))
}

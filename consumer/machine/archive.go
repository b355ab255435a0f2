package machine

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/quidnunc-news/quidnunc/consumer/cow"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// An article is remembered for as long as memory in the log's time, and in any case while it is among the latest
// remembered: a revision that comes again is not stepped again, and what it told stays one alert. The second bound is
// for archives, in which years pass within a minute and which are read again. More than most are never remembered.
const (
	memory   = 100 * 24 * time.Hour
	remember = 1 << 20
	most     = 1 << 24
)

// key is the first 125 bits of an ID.
type key [16]byte

func keyOf(id news.ID) key {
	var k key
	if len(id) != 26 {
		return other(id)
	}
	var bits uint64
	n, at := 0, 0
	for i := range 26 {
		var v byte
		switch c := id[i]; {
		case c >= 'a' && c <= 'z':
			v = c - 'a'
		case c >= '2' && c <= '7':
			v = c - '2' + 26
		default:
			return other(id)
		}
		bits, n = bits<<5|uint64(v), n+5
		for n >= 8 && at < len(k) {
			n -= 8
			k[at] = byte(bits >> n)
			at++
		}
	}
	return k
}

// other is the key of an ID that MakeID did not make.
func other(id news.ID) key {
	sum := sha256.Sum256([]byte(id))
	return key(sum[:16])
}

// article is what is remembered of one.
type article struct {
	key      key
	seq      uint64 // of its latest report
	revision key
	past     *past // nil for most
}

// past is what most articles do not have: earlier revisions, a story of others, alerts.
type past struct {
	moment    uint64 // one of an earlier moment than the archive's belongs to a picture, too
	revisions []key
	story     news.ID
	claims    []claim
	entered   packed // where it stands in windows, by the archive's roster
}

// claim is an alert that an article holds up, and what it says for it.
type claim struct {
	alert news.ID
	facts string
	taken bool // back: the article is remembered to have said so once
}

func (a *article) has(revision key) bool {
	return a.revision == revision || a.past != nil && slices.Contains(a.past.revisions, revision)
}

// more is what most articles do not have, to be written to. The article is the archive's own.
func (a *article) more() *past {
	if a.past == nil {
		a.past = &past{}
	}
	return a.past
}

// story is the story the article is in, where that is another article's.
func (a *article) story() news.ID {
	if a.past == nil {
		return ""
	}
	return a.past.story
}

func (a *article) claims() []claim {
	if a.past == nil {
		return nil
	}
	return a.past.claims
}

// find is what the article says for an alert; nil: nothing.
func (a *article) claim(alert news.ID) *claim {
	for i, c := range a.claims() {
		if c.alert == alert {
			return &a.past.claims[i]
		}
	}
	return nil
}

type remembered struct {
	seq   uint64
	at    int64
	place uint32
}

// archive is the articles that are remembered.
type archive struct {
	articles cow.Slice[article]
	free     []uint32 // places of articles that were forgotten
	index    map[key]uint32
	queue    []remembered // in the order of the log, from head on
	head     int
	keep     int    // how many the queue may hold before the oldest are forgotten; 0 means remember
	moment   uint64 // how many pictures were taken
	windowed roster // rules whose windows articles entered
}

// enters notes where an article stands that stood in no window.
func (x *archive) enters(a *article, places []place) {
	if len(places) > 0 {
		a.more().entered = x.windowed.pack(places)
	}
}

func (x *archive) len() int { return len(x.index) }

// find is what is remembered of an article, to be read only; nil: nothing.
func (x *archive) find(id news.ID) *article {
	if at, ok := x.index[keyOf(id)]; ok {
		return x.articles.At(int(at))
	}
	return nil
}

// own is what is remembered of an article, to be written to until the next picture; nil: nothing.
func (x *archive) own(id news.ID) *article {
	at, ok := x.index[keyOf(id)]
	if !ok {
		return nil
	}
	return x.ownAt(at)
}

func (x *archive) ownAt(place uint32) *article {
	a := x.articles.Own(int(place))
	if a.past != nil && a.past.moment != x.moment {
		copied := *a.past // of revisions and windows it is only added to
		copied.moment, copied.claims = x.moment, slices.Clone(copied.claims)
		a.past = &copied
	}
	return a
}

// note remembers a revision of an article: its first, or another.
func (x *archive) note(place uint32, revision key, seq uint64, at time.Time, another bool) *article {
	a := x.ownAt(place)
	if another {
		p := a.more()
		p.revisions = append(p.revisions, a.revision)
	}
	a.seq, a.revision = seq, revision
	x.queue = append(x.queue, remembered{seq, at.Unix(), place})
	return a
}

// put makes a place for an article that is new.
func (x *archive) put(k key) (place uint32) {
	if x.index == nil {
		x.index = map[key]uint32{}
	}
	if n := len(x.free); n > 0 {
		place, x.free = x.free[n-1], x.free[:n-1]
	} else {
		place = uint32(x.articles.Len())
		x.articles.Grow(int(place) + 1)
	}
	x.index[k] = place
	*x.articles.Own(int(place)) = article{key: k}
	return place
}

// forget drops the articles from before the horizon that are not among the latest, and returns them.
func (x *archive) forget(horizon int64) []article {
	keep := x.keep
	if keep == 0 {
		keep = remember
	}
	var gone []article
	for len(x.queue)-x.head > keep && (x.queue[x.head].at < horizon || len(x.queue)-x.head > most) {
		r := x.queue[x.head]
		x.head++
		if a := x.articles.At(int(r.place)); a.seq == r.seq {
			gone = append(gone, *a)
			delete(x.index, a.key)
			*x.articles.Own(int(r.place)) = article{}
			x.free = append(x.free, r.place)
		}
	}
	if x.head > len(x.queue)/2 && x.head > 1024 {
		x.queue = slices.Clone(x.queue[x.head:]) // never in place: pictures share it
		x.head = 0
	}
	return gone
}

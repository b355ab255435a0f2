package news

import (
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// Story is what is known of the story an article belongs to, at the time it came in.
type Story struct {
	ID         ID // the first article's
	Articles   int
	Publishers int     // independent ones: whoever only copies another's words is none
	CopyOf     ID      // the first article with these words; empty: the article is an original
	Growth     int     // articles of the last six hours of log time
	Firsts     []First // events of this article that nobody told before
	Former     []ID    // stories that turned out to be this one
}

// First is an event whose who, what and whom nobody told for Novelty, or since the memory begins.
type First struct {
	Event ID
	What  plover.Type
	Who   string // code or key; empty where not told
	Whom  string
	Pair  bool      // not even anything else between the two was told
	Since time.Time // the memory begins here; zero: it reaches back over the whole of Novelty
}

// Novelty is how far back the memory of what was told reaches.
const Novelty = 90 * 24 * time.Hour

// Novel tells whether the article begins its story or tells of something that nobody told before.
func (s Story) Novel() bool { return s.CopyOf == "" && (s.Articles <= 1 || len(s.Firsts) > 0) }

// Sketch is what the producer computes of an article's words, once, so that stories can be told apart without them.
type Sketch struct {
	Shingles int      // distinct runs of three words
	Minima   []uint32 // MinHash: for each of SketchSize hashes the least over the shingles; nil: no shingles
	Terms    []Term   // what the article is about, the strongest first
}

// SketchSize is the number of hashes of a signature.
const SketchSize = 64

// Term is a word, name, actor or number an article is about.
type Term struct {
	Key    string // "@nato" an entry of the gazetteer, "^salisbury" another name, "#39" a number, "suspend" a stem
	Weight int    // how often, and more where it stands in the title or at the beginning
}

package story

import (
	"slices"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// cluster is one story.
type cluster struct {
	moment     uint64 // one of an earlier moment than the Stories' belongs to a picture, too
	serial     uint64
	last       int64     // when it was joined last
	centre     centre    // with what is above, all that an article is compared with
	id         news.ID   // the first article's
	former     []news.ID // of stories it took in
	serials    []uint64  // theirs
	began      int64
	articles   int
	publishers []count // of originals, sorted
	hours      [growthHours]int
	hour       int64 // of hours[0]
	titles     []title
}

// growthHours is over how many hours of log time growth is counted.
const growthHours = 6

// count is how many originals of a publisher a story has.
type count struct {
	publisher uint64
	n         int
}

// maxTitles is how many headlines of a story are held against the next.
const maxTitles = 4

func (c *cluster) join(now int64, t title, original bool) {
	c.last = now
	c.articles++
	c.age(now)
	c.hours[0]++
	if original {
		c.count(t.publisher, 1)
	}
	switch {
	case len(t.words) == 0:
	case len(c.titles) < maxTitles:
		c.titles = append(c.titles, t)
	default: // the first stays
		copy(c.titles[1:], c.titles[2:])
		c.titles[maxTitles-1] = t
	}
}

func (c *cluster) leave(d *doc) {
	c.articles--
	if d.original == "" {
		c.count(d.publisher, -1)
	}
}

func (c *cluster) count(publisher uint64, n int) {
	at, ok := slices.BinarySearchFunc(c.publishers, publisher, func(p count, want uint64) int {
		return compare(p.publisher, want)
	})
	if !ok {
		if n > 0 {
			c.publishers = slices.Insert(c.publishers, at, count{publisher, n})
		}
		return
	}
	if c.publishers[at].n += n; c.publishers[at].n <= 0 {
		c.publishers = slices.Delete(c.publishers, at, at+1)
	}
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// age moves the counts of the hours on.
func (c *cluster) age(now int64) {
	hour := now / 3600
	if past := hour - c.hour; past >= growthHours {
		c.hours = [growthHours]int{}
	} else if past > 0 {
		copy(c.hours[past:], c.hours[:growthHours-past])
		clear(c.hours[:past])
	}
	c.hour = max(c.hour, hour)
}

// barred tells whether an article with this headline cannot belong here: it fills the form of one that does, and nobody's
// headline here fills it in the same way.
func (c *cluster) barred(t title) bool {
	barred := false
	for _, u := range c.titles {
		if slices.Equal(t.words, u.words) {
			return false
		}
		barred = barred || t.template(u)
	}
	return barred
}

func (c *cluster) describe(out *news.Story, now int64) {
	c.age(now)
	out.ID, out.Former = c.id, slices.Clone(c.former)
	out.Articles, out.Publishers = c.articles, max(1, len(c.publishers))
	out.Growth = 0
	for _, n := range c.hours {
		out.Growth += n
	}
}

// absorb takes a younger story in.
func (c *cluster) absorb(d *cluster) {
	c.former = append(append(c.former, d.id), d.former...)
	c.serials = append(append(c.serials, d.serial), d.serials...)
	c.articles += d.articles
	c.last = max(c.last, d.last)
	for _, p := range d.publishers {
		c.count(p.publisher, p.n)
	}
	c.age(d.hour * 3600)
	d.age(c.hour * 3600)
	for i := range c.hours {
		c.hours[i] += d.hours[i]
	}
	for _, t := range d.titles {
		if len(c.titles) < maxTitles {
			c.titles = append(c.titles, t)
		}
	}
}

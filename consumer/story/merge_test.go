package story_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// about is a report that is about things, and copies nobody.
func about(publisher string, n int, things ...string) news.Report {
	a := news.Article{
		URL: fmt.Sprintf("https://%s/%d", publisher, n), Publisher: publisher, Language: "en", Title: fmt.Sprint(things, n), Text: "text",
	}.Identify("")
	r := news.Report{Article: a}
	for _, thing := range things {
		for i := range 8 {
			r.Sketch.Terms = append(r.Sketch.Terms, news.Term{Key: fmt.Sprintf("^%s%d", thing, i), Weight: 4})
		}
	}
	return r
}

// Two stories turn out to be one, when what is told of both lies between them: the younger becomes part of the older.
func TestTwoStoriesThatGrowTogetherBecomeOne(t *testing.T) {
	var d desk
	tell := func(publisher string, things ...string) (news.Story, news.ID) {
		d.n++
		r := about(publisher, d.n, things...)
		return d.add(&r), r.Article.ID
	}
	_, older := tell("a.example", "fire")
	s, younger := tell("b.example", "arrest")
	if s.ID != younger {
		t.Fatalf("the stories are one from the start: %+v", s)
	}
	before := 2
	for len(s.Former) == 0 {
		if before++; before > 20 {
			t.Fatalf("the stories never become one: %+v", s)
		}
		s, _ = tell(fmt.Sprintf("p%d.example", before), "fire", "arrest")
	}
	want := news.Story{ID: older, Former: []news.ID{younger}, Articles: before, Publishers: before, Growth: min(before, 6)}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("after article %d (-want +got):\n%s", before, diff)
	}

	// Whatever is told of either now goes into the one, also after a restart.
	var w snapshot.Writer
	d.Write(&w)
	d.Stories = *story.Read(snapshot.NewReader(w.Bytes()), story.Form)
	for _, things := range [][]string{{"fire"}, {"arrest"}, {"fire", "arrest"}} {
		if s, _ := tell("later.example", things...); s.ID != older || !slices.Contains(s.Former, younger) {
			t.Errorf("%v goes into %s, once %v", things, s.ID.Short(), s.Former)
		}
	}
	if n := d.Size().Stories; n != 1 {
		t.Errorf("%d stories", n)
	}
}

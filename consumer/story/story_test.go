package story_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/consumer/story"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/producer/sketch"
)

var start = time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC)

// desk tells articles to Stories, an hour apart unless told otherwise.
type desk struct {
	story.Stories
	now time.Time
	n   int
}

func (d *desk) tell(publisher, lang, title, body string, events ...news.Event) news.Story {
	d.n++
	r := reported(fmt.Sprintf("%s/%d", publisher, d.n), publisher, lang, title, body, events...)
	return d.add(&r)
}

func (d *desk) add(r *news.Report) news.Story {
	if d.now.IsZero() {
		d.now = start
	}
	d.now = d.now.Add(time.Hour)
	d.Advance(d.now)
	return d.Add(story.GistOf(r))
}

func reported(url, publisher, lang, title, body string, events ...news.Event) news.Report {
	a := news.Article{URL: "https://" + url, Publisher: publisher, Language: lang, Title: title, Text: body}.Identify("")
	return news.Report{Article: a, Events: news.Identify(a.ID, events), Sketch: sketch.Of(a, gazetteer.Default())}
}

const (
	quake   = "An earthquake of magnitude 6.2 struck the Turkish city of Izmir early on Thursday and killed at least 14 people. Dozens of houses collapsed in the district of Bornova. Rescue teams with dogs searched the rubble for survivors."
	rescue  = "Fourteen people have died and many are missing in western Turkey after strong shocks brought down apartment blocks in the Bornova quarter of Izmir. Rescuers dig for survivors in the rubble."
	seisme  = "Un séisme a frappé la ville turque d'Izmir et tué au moins 14 personnes. Des immeubles se sont effondrés dans le quartier de Bornova, où les secours cherchent des survivants."
	harvest = "Wine growers in Alsace expect a small harvest after the frost of April. The cellars of Colmar are full all the same, and prices for Riesling stay where they were a year ago."
	foot    = " Subscribe to the Daily Bugle and get every story first, with our puzzles, recipes and weekend magazine delivered to your door. The Daily Bugle is published by Bugle Media Limited and regulated by the press council; read our terms, our privacy policy and our code of conduct on the web site."
)

func TestOneStoryInTwoLanguages(t *testing.T) {
	var d desk
	first := d.tell("a.example", "en", "Quake hits Izmir", quake)
	second := d.tell("b.example", "en", "Rescuers dig in Bornova", rescue)
	third := d.tell("c.example", "fr", "Séisme à Izmir", seisme)
	apart := d.tell("a.example", "en", "Small harvest in Alsace", harvest)
	if second.ID != first.ID || third.ID != first.ID {
		t.Errorf("the rewrite is in %s, the French report in %s, the first in %s", second.ID, third.ID, first.ID)
	}
	if third.Articles != 3 || third.Publishers != 3 || third.Growth != 3 || third.CopyOf != "" {
		t.Errorf("the third article: %+v", third)
	}
	if apart.ID == first.ID {
		t.Error("the harvest is in the story of the quake")
	}
}

func TestCopiesOfAWireCountOnce(t *testing.T) {
	var d desk
	first := d.tell("wire.example", "en", "Quake hits Izmir", quake)
	for i, body := range []string{"(Wire) - " + quake, strings.Replace(quake, "early on Thursday", "on Thursday morning", 1), quake + " Schools stay closed."} {
		s := d.tell(fmt.Sprintf("paper%d.example", i), "en", "Houses collapse", body)
		if s.CopyOf == "" || s.ID != first.ID || s.Publishers != 1 || s.Articles != i+2 {
			t.Errorf("copy %d: %+v", i, s)
		}
	}
}

// Most of what this publisher prints is the same every time; it is learnt and ignored.
func TestWhatStandsUnderEveryArticleMakesNoCopy(t *testing.T) {
	var d desk
	bodies := []string{
		quake, harvest, "The mayor of Turin opened a bridge over the Po and cut a ribbon.", "A comet passes the sun tonight; bring binoculars and warm clothes.",
		"Chess: the champion lost with the white pieces in Wijk aan Zee.", "Shares in the harbour company fell by a tenth in Oslo.",
	}
	for i, body := range append(bodies, bodies...) {
		d.tell("bugle.example", "en", fmt.Sprintf("Title %d", i), strings.Repeat(body+" ", 1)+foot)
	}
	for i, body := range []string{"A bakery in Lyon bakes the longest bread of the year for charity.", "Rain stopped the cricket at Lord's for the third day running."} {
		if s := d.tell("bugle.example", "en", fmt.Sprintf("New %d", i), body+foot); s.CopyOf != "" {
			t.Errorf("%q is a copy of %s", body, s.CopyOf)
		}
	}
}

func TestTheWeatherOfTwoTownsIsTwoStories(t *testing.T) {
	var d desk
	body := "In %s the day begins with fog. At noon the sun comes out, with light winds from the west and up to nineteen degrees. In the night it rains; the low is nine degrees. Tomorrow brings clouds and a few showers, mostly in the hills."
	ids := map[news.ID]string{}
	for _, town := range []string{"Leeds", "York", "Hull", "Durham"} {
		s := d.tell("north.example", "en", "Weather in "+town+": outlook for Monday", fmt.Sprintf(body, town))
		if s.CopyOf != "" || ids[s.ID] != "" {
			t.Errorf("the weather of %s: a copy of %q, in the story of %s", town, s.CopyOf, ids[s.ID])
		}
		ids[s.ID] = town
	}
}

func TestAStoryEndsWhenNobodyTellsItForThreeDays(t *testing.T) {
	var d desk
	first := d.tell("a.example", "en", "Quake hits Izmir", quake)
	d.now = d.now.Add(story.Horizon - 2*time.Hour)
	later := "Houses collapsed in Bornova, a district of the Turkish city of Izmir, when the earthquake of magnitude 6.2 struck; rescue teams searched the rubble."
	if s := d.tell("b.example", "en", "Quake in Izmir", later); s.ID != first.ID {
		t.Error("after less than three days it is another story")
	}
	d.now = d.now.Add(story.Horizon + 2*time.Hour)
	if s := d.tell("c.example", "en", "Rescuers dig on", rescue+" It rains."); s.ID == first.ID || s.CopyOf != "" {
		t.Errorf("after more than three days it is the same: %+v", s)
	}
	if size := d.Size(); size.Stories != 1 {
		t.Errorf("%d stories are remembered, want 1", size.Stories)
	}
}

func TestAnArticleTakenOutLeavesItsStory(t *testing.T) {
	var d desk
	a := reported("a.example/1", "a.example", "en", "Quake hits Izmir", quake)
	d.add(&a)
	d.Drop(a.Article.ID)
	if size := d.Size(); size.Stories != 0 {
		t.Errorf("%d stories are left", size.Stories)
	}
	if _, ok := d.Revise(story.GistOf(&a)); ok {
		t.Error("the article is still known")
	}
}

func TestARevisionStaysInItsStory(t *testing.T) {
	var d desk
	a := reported("a.example/1", "a.example", "en", "Quake hits Izmir", quake)
	first := d.add(&a)
	edited := reported("a.example/1", "a.example", "en", "Correction: wine", harvest)
	if s, ok := d.Revise(story.GistOf(&edited)); !ok || s.ID != first.ID || s.Articles != 1 {
		t.Errorf("the revision: %+v %v", s, ok)
	}
}

func deed(who, whom string, what plover.Type) news.Event {
	e := news.Event{What: news.NewAction(what, "", "161"), Realis: news.Actual}
	if who != "" {
		e.Who = []news.Actor{{Country: who}}
	}
	if whom != "" {
		e.Whom = []news.Actor{{Country: whom}}
	}
	return e
}

func TestWhatIsToldFirst(t *testing.T) {
	var d desk
	history := deed("FRA", "DEU", plover.Assault)
	history.Historical = true
	for i, c := range []struct {
		events []news.Event
		want   string
	}{
		{[]news.Event{deed("RUS", "NATO", plover.Sanction)}, "RUS SANCTION NATO pair"},
		{[]news.Event{deed("RUS", "NATO", plover.Sanction)}, ""},
		{[]news.Event{deed("RUS", "NATO", plover.Threaten)}, "RUS THREATEN NATO"},
		{[]news.Event{deed("NATO", "RUS", plover.Sanction), deed("NATO", "RUS", plover.Sanction)}, "NATO SANCTION RUS pair; NATO SANCTION RUS pair"},
		{[]news.Event{deed("", "RUS", plover.Accuse)}, " ACCUSE RUS"},
		{[]news.Event{history}, ""},
		{[]news.Event{deed("FRA", "DEU", plover.Assault)}, "FRA ASSAULT DEU pair"},
	} {
		var got []string
		for _, f := range d.tell("a.example", "en", "T", "Words.", c.events...).Firsts {
			s := fmt.Sprintf("%s %s %s", f.Who, f.What, f.Whom)
			if f.Pair {
				s += " pair"
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("article %d:\n%s", i, diff)
		}
	}
	d.now = d.now.Add(news.Novelty + time.Hour)
	if s := d.tell("a.example", "en", "T", "Words.", deed("RUS", "NATO", plover.Sanction)); len(s.Firsts) != 1 || !s.Firsts[0].Since.IsZero() {
		t.Errorf("90 days later it is first again: %+v", s.Firsts)
	}
}

// The law: stories that are written and read again tell what those tell that were not, at any point.
func TestStoriesGoOnAfterTheyWereWrittenAndRead(t *testing.T) {
	var all []news.Report
	for i, text := range []string{quake, rescue, harvest, "(Wire) - " + quake, rescue + " It rains.", "Short.", harvest + foot, quake + foot, ""} {
		all = append(all, reported(fmt.Sprintf("p/%d", i), fmt.Sprintf("p%d.example", i%3), "en", fmt.Sprintf("Title of %d", i/2), text, deed("RUS", "NATO", plover.Sanction)))
	}
	all = append(all, reported("p/fr", "p0.example", "fr", "Séisme", seisme, deed("TUR", "", plover.Aid)))
	rapid.Check(t, func(t *rapid.T) {
		var whole desk
		again := &story.Stories{}
		now := start
		for i := range rapid.IntRange(1, 40).Draw(t, "articles") {
			r := rapid.SampledFrom(all).Draw(t, "article")
			r.Article.URL = fmt.Sprintf("https://p/%d", i)
			r.Article = r.Article.Identify("")
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 5, 30, 80, 3000}).Draw(t, "hours")) * time.Hour)
			whole.Advance(now)
			again.Advance(now)
			if diff := cmp.Diff(whole.Add(story.GistOf(&r)), again.Add(story.GistOf(&r))); diff != "" {
				t.Fatalf("article %d (-whole +read again):\n%s", i, diff)
			}
			if rapid.IntRange(0, 5).Draw(t, "drop") == 0 {
				whole.Drop(r.Article.ID)
				again.Drop(r.Article.ID)
			}
			if rapid.Bool().Draw(t, "write") {
				again = reread(t, again)
			}
		}
	})
}

func reread(t *rapid.T, s *story.Stories) *story.Stories {
	var b, c snapshot.Writer
	s.Write(&b)
	r := snapshot.NewReader(b.Bytes())
	again := story.Read(r, story.Form)
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	again.Write(&c)
	if string(b.Bytes()) != string(c.Bytes()) {
		t.Fatal("written twice, they differ")
	}
	return again
}

func Example() {
	var s story.Stories
	for i, text := range []string{quake, rescue, harvest} {
		r := reported(fmt.Sprintf("example.org/%d", i), fmt.Sprintf("p%d", i), "en", "", text)
		s.Advance(start)
		told := s.Add(story.GistOf(&r))
		fmt.Println(told.Articles, "articles,", told.Publishers, "publishers")
	}
	// Output:
	// 1 articles, 1 publishers
	// 2 articles, 2 publishers
	// 1 articles, 1 publishers
}

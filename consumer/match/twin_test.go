package match_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// twin is the obvious matcher: for every rule, for every event, it reads the query and looks. It shares no code with
// the Index.
type twin struct {
	report      news.Report
	story       news.Story
	event       *news.Event
	title, text []string // words
}

func newTwin(r news.Report, s news.Story) *twin {
	lang := r.Article.Language
	return &twin{report: r, story: s, title: tokens(r.Article.Title, lang), text: tokens(r.Article.Text, lang)}
}

func (w *twin) match(rules []rule.Rule) (hits []string) {
	for i, r := range rules {
		if r.State == rule.Off {
			continue
		}
		if !rule.AsksEvent(r.Expr) {
			if w.event = nil; w.holds(r.Expr) {
				hits = append(hits, fmt.Sprint(i, []int(nil)))
			}
			continue
		}
		var leads, others []int
		for j := range w.report.Events {
			e := &w.report.Events[j]
			if w.event = e; !w.admits(r.Expr) || !w.holds(r.Expr) {
				continue
			}
			if e.Lead {
				leads = append(leads, j)
			} else {
				others = append(others, j)
			}
		}
		if len(leads)+len(others) > 0 {
			hits = append(hits, fmt.Sprint(i, slices.Concat(leads, others)))
		}
	}
	return hits
}

func (w *twin) holds(x rule.Expr) bool {
	return fold(x, func(leaf rule.Expr) bool {
		if f, ok := leaf.(rule.Field); ok {
			return w.field(f)
		}
		if g, ok := leaf.(rule.Group); ok {
			return w.some(g.X)
		}
		return w.said(leaf, w.title, w.text)
	})
}

// some tells whether x holds for some event.
func (w *twin) some(x rule.Expr) bool {
	bound := w.event
	defer func() { w.event = bound }()
	for i := range w.report.Events {
		w.event = &w.report.Events[i]
		if w.admits(x) && w.holds(x) {
			return true
		}
	}
	return false
}

func (w *twin) admits(x rule.Expr) bool {
	return (!w.event.Historical || rule.Names(x, "historical")) && (w.event.Realis != news.Hypothetical || rule.Names(x, "realis"))
}

// fold is the boolean part of a tree.
func fold(x rule.Expr, leaf func(rule.Expr) bool) bool {
	switch x := x.(type) {
	case rule.And:
		return !slices.ContainsFunc(x.X, func(y rule.Expr) bool { return !fold(y, leaf) })
	case rule.Or:
		return slices.ContainsFunc(x.X, func(y rule.Expr) bool { return fold(y, leaf) })
	case rule.Not:
		return !fold(x.X, leaf)
	}
	return leaf(x)
}

func (w *twin) said(x rule.Expr, where ...[]string) bool {
	want := 1
	if r, ok := x.(rule.Repeat); ok {
		x, want = r.X, r.Times
	}
	n := 0
	for _, words := range where {
		places := found(words, w.report.Article.Language, x)
		slices.SortFunc(places, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
		n += len(slices.Compact(places))
	}
	return n >= want
}

func tokens(s, lang string) []string {
	var out []string
	d := text.Segment(s, lang)
	for i := range d.Tokens {
		if strings.ContainsFunc(d.Word(i), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			out = append(out, d.Word(i))
		}
	}
	return out
}

// found lists [first, last] of every place where the words x asks for stand.
func found(words []string, lang string, x rule.Expr) (out [][2]int) {
	same := func(n int, equal func(i, k int) bool) {
		for i := 0; i+n <= len(words) && n > 0; i++ {
			ok := true
			for k := range n {
				ok = ok && equal(i+k, k)
			}
			if ok {
				out = append(out, [2]int{i, i + n - 1})
			}
		}
	}
	switch x := x.(type) {
	case rule.Term:
		want := tokens(x.Text, lang)
		same(len(want), func(i, k int) bool { return text.Stem(lang, words[i]) == text.Stem(lang, want[k]) })
	case rule.Phrase:
		want := tokens(x.Text, lang)
		same(len(want), func(i, k int) bool { return text.Fold(words[i]) == text.Fold(want[k]) })
	case rule.Exact:
		want := tokens(x.Text, lang)
		same(len(want), func(i, k int) bool { return words[i] == want[k] })
	case rule.Prefix:
		same(1, func(i, _ int) bool { return strings.HasPrefix(text.Fold(words[i]), text.Fold(x.Text)) })
	case rule.Pattern:
		fits := regexp.MustCompile("^" + strings.NewReplacer(`\?`, ".", `\*`, ".*").Replace(regexp.QuoteMeta(text.Fold(x.Text))) + "$")
		same(1, func(i, _ int) bool { return fits.MatchString(text.Fold(words[i])) })
	case rule.Loose:
		return together(words, tokens(x.Text, lang), x.Within)
	case rule.Or:
		for _, y := range x.X {
			out = append(out, found(words, lang, y)...)
		}
	case rule.Near:
		for _, a := range found(words, lang, x.X) {
			for _, b := range found(words, lang, x.Y) {
				after, before := b[0]-a[1]-1, a[0]-b[1]-1
				if after >= 0 && after <= x.Within || !x.Ordered && before >= 0 && before <= x.Within {
					out = append(out, a, b)
				}
			}
		}
	}
	return out
}

// together lists the shortest stretches from each of the wanted words that have them all.
func together(words, want []string, within int) (out [][2]int) {
	for i := range words {
		missing := slices.Clone(want)
		for k := range missing {
			missing[k] = text.Fold(missing[k])
		}
		if !slices.Contains(missing, text.Fold(words[i])) {
			continue
		}
		for j := i; j < len(words) && j-i < len(want)+within; j++ {
			if k := slices.Index(missing, text.Fold(words[j])); k >= 0 {
				missing = slices.Delete(missing, k, k+1)
			}
			if len(missing) == 0 {
				out = append(out, [2]int{i, j})
				break
			}
		}
	}
	return out
}

func (w *twin) field(f rule.Field) bool {
	a, e := w.report.Article, w.event
	return fold(f.X, func(leaf rule.Expr) bool {
		if l, ok := leaf.(rule.List); ok && l.Values != nil {
			return slices.ContainsFunc(l.Values, func(v string) bool {
				return w.field(rule.Field{Name: f.Name, X: rule.Term{Text: v}})
			})
		}
		value := strings.Trim(leaf.String(), `"`)
		if x, ok := leaf.(rule.Exact); ok && f.Name == "publisher" {
			return a.Publisher == x.Text
		}
		switch f.Name {
		case "text":
			return w.said(leaf, w.title, w.text)
		case "title":
			return w.said(leaf, w.title)
		case "lang":
			return a.Language == value
		case "publisher":
			return a.Publisher == value || strings.HasSuffix(a.Publisher, "."+value)
		case "published":
			v, err := news.ParseInterval(value)
			return err == nil && !a.Published.IsZero() && !a.Published.Start.Before(v.Start) && !a.Published.End.After(v.End)
		case "what":
			return string(e.What.Type) == value
		case "mode":
			return string(e.What.Mode) == value
		case "context":
			return slices.Contains(e.What.Contexts, plover.Context(value))
		case "who":
			return slices.ContainsFunc(e.Who, w.is(leaf))
		case "whom":
			return slices.ContainsFunc(e.Whom, w.is(leaf))
		case "actor":
			return slices.ContainsFunc(e.Who, w.is(leaf)) || slices.ContainsFunc(e.Whom, w.is(leaf))
		case "who.sector":
			return slices.ContainsFunc(e.Who, func(a news.Actor) bool { return slices.Contains(a.Sectors, plover.Sector(value)) })
		case "whom.sector":
			return slices.ContainsFunc(e.Whom, func(a news.Actor) bool { return slices.Contains(a.Sectors, plover.Sector(value)) })
		case "actor.sector":
			return slices.ContainsFunc(slices.Concat(e.Who, e.Whom), func(a news.Actor) bool { return slices.Contains(a.Sectors, plover.Sector(value)) })
		case "url":
			return strings.Contains(a.URL, value)
		case "where":
			return e.Where != nil && (e.Where.Country == value || e.Where.Name == value)
		case "geo":
			c := leaf.(rule.Circle)
			return e.Where != nil && e.Where.Located() && apart(c.Lat, c.Lon, e.Where.Lat, e.Where.Lon) <= c.Km
		case "cameo":
			return strings.HasPrefix(e.What.CAMEO, value)
		case "historical":
			return strconv.FormatBool(e.Historical) == value
		case "alleged":
			return strconv.FormatBool(e.Realis == news.Alleged) == value
		case "realis":
			return string(e.Realis) == value
		case "trigger":
			return len(found(tokens(e.What.Trigger, a.Language), a.Language, leaf)) > 0
		case "quad":
			return within(float64(e.What.Quad), leaf)
		case "score":
			return within(e.What.Score, leaf)
		case "count":
			return e.Count != nil && within(float64(e.Count.Value), leaf)
		case "story.publishers":
			return within(float64(max(1, w.story.Publishers)), leaf)
		case "story.articles":
			return within(float64(max(1, w.story.Articles)), leaf)
		case "story.copy":
			return strconv.FormatBool(w.story.CopyOf != "") == value
		case "story.novel": // it begins its story, or tells somebody's first deed
			novel := w.story.CopyOf == "" && (w.story.Articles < 2 || len(w.story.Firsts) > 0)
			return strconv.FormatBool(novel) == value
		}
		panic("the twin does not know " + f.Name)
	})
}

func (w *twin) is(leaf rule.Expr) func(news.Actor) bool {
	return func(a news.Actor) bool {
		if l, ok := leaf.(rule.List); ok {
			members, _ := gazetteer.Default().Members(l.Name, w.report.Article.Published.Start)
			return slices.Contains(members, a.Country)
		}
		known := map[string]string{"RUS": "RUS", "Russie": "RUS", "UKR": "UKR", "OTAN": "NATO", "FRA": "FRA"}
		value := leaf.String()
		return known[value] != "" && a.Country == known[value] || value == "sergei-lavrov" && a.Key == value
	}
}

// apart is the way between two points in kilometres, by the angle between them as vectors.
func apart(lat, lon, lat2, lon2 float64) float64 {
	vector := func(lat, lon float64) [3]float64 {
		lat, lon = lat*math.Pi/180, lon*math.Pi/180
		return [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
	}
	a, b := vector(lat, lon), vector(lat2, lon2)
	cross := [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
	return 6371.0088 * math.Atan2(math.Hypot(math.Hypot(cross[0], cross[1]), cross[2]), a[0]*b[0]+a[1]*b[1]+a[2]*b[2])
}

func within(n float64, leaf rule.Expr) bool {
	number := func(s string, otherwise float64) float64 {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
		return otherwise
	}
	switch x := leaf.(type) {
	case rule.Range:
		return number(x.Low, -1e9) <= n && n <= number(x.High, 1e9)
	case rule.Compare:
		v := number(x.Value, 0)
		return map[string]bool{"<": n < v, "<=": n <= v, ">": n > v, ">=": n >= v}[x.Op]
	}
	return n == number(leaf.String(), 0)
}

var (
	vocabulary = []string{"mission", "missions", "Mission", "permanente", "décidé", "decider", "l’OTAN", "OTAN", "Otan", "Nord-Est", "la", "suspendre", "suspendus", "russe", "sanctions", "7", "3,5"}
	publishers = []string{"none", "lemonde.fr", "www.lemonde.fr", "bbc.co.uk"}
	dates      = []string{"2021", "2021-10", "2021-10-18", "2022-01-02"}
	countries  = []string{"RUS", "UKR", "NATO", "FRA", "IGO", ""}
	numbersOf  = []string{"3", "-6", "[1 TO 4]", "[* TO -2]", ">=2", "<7", "<=-6", ">3.5"}
)

// story draws what is known of the story.
func story(t *rapid.T) news.Story {
	return news.Story{
		Publishers: rapid.IntRange(0, 4).Draw(t, "publishers"), Articles: rapid.IntRange(0, 4).Draw(t, "articles"),
		CopyOf: rapid.SampledFrom([]news.ID{"", "", "another"}).Draw(t, "copy"), Firsts: make([]news.First, rapid.IntRange(0, 1).Draw(t, "firsts")),
	}
}

func words(n int) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, n), func(w []string) string { return strings.Join(w, " ") })
}

func textQuery(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		w := func() string { return rapid.SampledFrom(vocabulary).Draw(t, "word") }
		atom := func() string {
			switch rapid.IntRange(0, 8).Draw(t, "atom") {
			case 0:
				return `"` + w() + " " + w() + `"`
			case 1:
				return rapid.SampledFrom([]string{"=" + w(), `="` + w() + " " + w() + `"`}).Draw(t, "exact")
			case 2:
				return rapid.SampledFrom([]string{"mis", "susp", "déc", "ota", "nord-", "sanc"}).Draw(t, "prefix") + "*"
			case 3:
				return "(" + w() + " OR " + w() + ")"
			case 4:
				return fmt.Sprintf(`"%s %s"~%d`, w(), w(), rapid.IntRange(0, 4).Draw(t, "within"))
			case 5:
				return rapid.SampledFrom([]string{"m?ssion", "miss?on*", "d?cid?", "su?pend*", "rus?e", "ss?on"}).Draw(t, "pattern")
			}
			return w()
		}
		switch k := rapid.IntRange(0, 7).Draw(t, "query"); {
		case k == 0 && depth > 0:
			return "(" + textQuery(depth-1).Draw(t, "x") + " " + textQuery(depth-1).Draw(t, "y") + ")"
		case k == 1 && depth > 0:
			return "(" + textQuery(depth-1).Draw(t, "x") + " OR " + textQuery(depth-1).Draw(t, "y") + ")"
		case k == 2 && depth > 0:
			return "NOT " + textQuery(depth-1).Draw(t, "x")
		case k == 5:
			what := atom()
			if rapid.Bool().Draw(t, "near") {
				what = fmt.Sprintf("%s %s/%d %s", what, rapid.SampledFrom([]string{"NEAR", "ONEAR"}).Draw(t, "operator"), rapid.IntRange(0, 4).Draw(t, "n"), atom())
			}
			return fmt.Sprintf("repeat(%d, %s)", rapid.IntRange(1, 4).Draw(t, "times"), what)
		case k == 3:
			return fmt.Sprintf("(%s NEAR/%d %s)", atom(), rapid.IntRange(0, 4).Draw(t, "n"), atom())
		case k == 4:
			return fmt.Sprintf("(%s ONEAR/%d %s)", atom(), rapid.IntRange(0, 4).Draw(t, "n"), atom())
		}
		return atom()
	})
}

func query(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		from := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, "value") }
		either := func(values ...string) string {
			if rapid.Bool().Draw(t, "one") {
				return from(values...)
			}
			return fmt.Sprintf("(%s %s %s)", from(values...), from("OR", "AND", "-", "OR NOT"), from(values...))
		}
		switch rapid.IntRange(0, 20).Draw(t, "clause") {
		case 0, 1:
			if depth > 0 {
				return "(" + query(depth-1).Draw(t, "x") + " AND " + query(depth-1).Draw(t, "y") + ")"
			}
		case 2, 3:
			if depth > 0 {
				return "(" + query(depth-1).Draw(t, "x") + " OR " + query(depth-1).Draw(t, "y") + ")"
			}
		case 4:
			if depth > 0 {
				return "NOT " + query(depth-1).Draw(t, "x")
			}
		case 5:
			return from("title", "text") + ":(" + textQuery(1).Draw(t, "x") + ")"
		case 6, 7:
			return from("who", "whom", "actor") + ":" + either("RUS", "Russie", "UKR", "OTAN", "FRA", "sergei-lavrov", "@nato")
		case 8, 9:
			return "what:" + either("SANCTION", "ASSAULT", "ACCUSE")
		case 10:
			return "mode:" + either("expel", "withdraw") + " cameo:" + from("16", "161", "19")
		case 11:
			return from("quad", "score", "count", "story.publishers", "story.articles") + ":" + either(numbersOf...)
		case 12:
			return from("lang:fr", "lang:en", "publisher:lemonde.fr", "publisher:=lemonde.fr", "published:2021", "published:2021-10", "context:military", "who.sector:GOV", "whom.sector:MIL", "actor.sector:(GOV OR MIL)", "url:/monde/", "url:example", "where:RUS", "where:Salisbury")
		case 18:
			return from("story.novel", "story.copy") + ":" + from("true", "false", "(true OR false)")
		case 13:
			return from("historical:true", "historical:(true OR false)", "realis:hypothetical", "realis:actual", "alleged:true")
		case 15:
			return "event(" + either2(t) + ")"
		case 16:
			return from("who:@own", "whom:@own", "actor:@own", "publisher:@papers", "what:@kinds", "where:@lands")
		case 17:
			return "geo:" + circle(t)
		case 14:
			return "trigger:" + from("suspendre", "suspendus", `"mission"`, "susp*", "=Mission")
		}
		return textQuery(2).Draw(t, "text")
	})
}

// circle is one around a place that events have, or anywhere.
func circle(t *rapid.T) string {
	near := rapid.SampledFrom([][2]float64{{51.07, -1.79}, {-18.14, 178.44}, {-17, -179.5}, {82.5, -62.3}, {0, 0}, {90, 0}}).Draw(t, "near")
	lat := min(90, near[0]+rapid.Float64Range(-3, 3).Draw(t, "lat"))
	lon := max(-180, min(180, near[1]+rapid.Float64Range(-3, 3).Draw(t, "lon")))
	km := rapid.SampledFrom([]string{"25km", "150km", "400km", "900m", "3000km", "20000km"}).Draw(t, "radius")
	return fmt.Sprintf("(%.3f, %.3f, %s)", lat, lon, km)
}

func either2(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"what:SANCTION", "what:ASSAULT who:RUS", "whom:UKR NOT mode:expel", "historical:true", "what:ACCUSE mission", "count:>=3 actor:@own",
	}).Draw(t, "event")
}

// lists are those of the user's own.
var lists = map[string][]string{
	"own": {"Russie", "FRA", "sergei-lavrov"}, "papers": {"lemonde.fr", "bbc.co.uk"}, "kinds": {"SANCTION", "ACCUSE"}, "lands": {"RUS", "Salisbury"},
}

func event(t *rapid.T) news.Event {
	who := func(label string) []news.Actor {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) news.Actor {
			return news.Actor{
				Country: rapid.SampledFrom(countries).Draw(t, "country"), Key: rapid.SampledFrom([]string{"", "sergei-lavrov"}).Draw(t, "key"),
				Sectors: rapid.SampledFrom([][]plover.Sector{nil, {"GOV"}, {"GOV", "MIL"}}).Draw(t, "sectors"),
			}
		}), 0, 2).Draw(t, label)
	}
	e := news.Event{
		Who: who("who"), Whom: who("whom"),
		What: news.NewAction(
			rapid.SampledFrom([]plover.Type{plover.Sanction, plover.Assault, plover.Accuse}).Draw(t, "what"),
			rapid.SampledFrom([]plover.Mode{"", "expel", "withdraw"}).Draw(t, "mode"),
			rapid.SampledFrom([]string{"161", "16", "195"}).Draw(t, "cameo"),
		),
		Realis:     rapid.SampledFrom([]news.Realis{news.Actual, news.Alleged, news.Hypothetical}).Draw(t, "realis"),
		Historical: rapid.Bool().Draw(t, "historical"), Lead: rapid.Bool().Draw(t, "lead"),
		Where: rapid.SampledFrom([]*news.Place{
			nil,
			{Name: "Salisbury", Country: "GBR", Lat: 51.07, Lon: -1.79},
			{Name: "Moscow", Country: "RUS"},
			{Name: "Suva", Country: "FJI", Lat: -18.14, Lon: 178.44},
			{Name: "Alert", Country: "CAN", Lat: 82.5, Lon: -62.3},
		}).Draw(t, "where"),
		Count: rapid.SampledFrom([]*news.Quantity{nil, {Value: 3}, {Value: 7}}).Draw(t, "count"),
	}
	e.What.Trigger = rapid.SampledFrom(vocabulary).Draw(t, "trigger")
	e.What.Contexts = rapid.SampledFrom([][]plover.Context{nil, {"military"}, {"legal", "military"}}).Draw(t, "contexts")
	return e
}

func report(t *rapid.T) news.Report {
	r := news.Report{
		Article: news.Article{
			Language: rapid.SampledFrom([]string{"", "fr", "en", "de"}).Draw(t, "lang"), Publisher: rapid.SampledFrom(publishers).Draw(t, "publisher"),
			URL:   rapid.SampledFrom([]string{"", "https://example.org/monde/1", "https://www.lemonde.fr/monde/2"}).Draw(t, "url"),
			Title: words(5).Draw(t, "title"), Text: words(12).Draw(t, "text"),
		},
		At: time.Date(2021, 10, 19, 0, 0, 0, 0, time.UTC),
	}
	r.Article.Published, _ = news.ParseInterval(rapid.SampledFrom(dates).Draw(t, "published"))
	for range rapid.IntRange(0, 3).Draw(t, "events") {
		r.Events = append(r.Events, event(t))
	}
	return r
}

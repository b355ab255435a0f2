package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// Style is how an alert is shown. The zero Style writes plain text for a file or a pipe.
type Style struct {
	Width  int                      // columns of the terminal; 0: no terminal, which means 100, and 133 for the quotation
	Colour bool                     // ANSI colours
	TZ     *time.Location           // nil means UTC
	Names  func(code string) string // names of countries and bodies ("RUS" → "Russia"); nil: the codes
	SentTo []string                 // the receivers it goes to; empty: those the alert names, else "terminal"
}

const (
	defaultWidth = 100
	quoteWidth   = 133
	minWidth     = 40
	maxWidth     = 1000
	saysColumn   = 58 // where "(says …)" stands when there is room
	maxFurther   = 5  // further events shown
)

// The ANSI colours in use.
const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	strong = "\x1b[1;31m"
	marked = "\x1b[1;33m"
	reset  = "\x1b[0m"
)

func (s Style) paint(colour, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return colour + text + reset
}

func (s Style) width() int {
	if s.Width <= 0 {
		return defaultWidth
	}
	return min(max(s.Width, minWidth), maxWidth)
}

func (s Style) quoteWidth() int {
	if s.Width <= 0 {
		return quoteWidth
	}
	return s.width()
}

func severityColour(sev news.Severity) string {
	switch sev {
	case news.Critical:
		return strong
	case news.High:
		return red
	case news.Medium:
		return yellow
	case news.Low:
		return cyan
	}
	return dim
}

// Render shows an alert as a reader of a terminal sees it, in several lines, each ended by a line break: what rule
// fired, who did what to whom, when and where, the sentence that proves it, further events, story, article, and why it
// fired. It says "not told" rather than nothing, and nothing more precisely than it was told. Words from outside cannot
// steer the terminal.
func Render(a news.Alert, s Style) string {
	lines := []string{s.header(a)}
	if a.Change == news.Retracted {
		lines = append(lines, "  "+s.paint(bold, cut("no longer holds: the article was withdrawn, or no longer says it", s.width()-2)))
	}
	if summary := clean(a.Summary); summary != "" {
		lines = append(lines, flow("  ", "  ", " ", strings.Fields(summary), s.width())...)
	}
	lines = append(lines, s.body(a)...)
	lines = append(lines, s.window(a.Window)...)
	lines = append(lines, s.story(a)...)
	if a.Window == nil || a.Window.Kind != "absence" {
		lines = append(lines, s.article(a.Article)...)
	}
	lines = append(lines, s.why(a))
	return strings.Join(lines, "\n") + "\n"
}

// RenderLine shows an alert in one line, without a line break: the first of Render.
func RenderLine(a news.Alert, s Style) string { return s.header(a) }

// RenderEvent shows an event in one line, without a line break; cut only if there is a terminal with a width.
func RenderEvent(t news.Told, s Style) string {
	e := t.Event
	when := s.date(e.When)
	if when == "" {
		when = notTold
	}
	what := strings.Join(known(code(e.What), string(reservation(e)), standing(t)), " · ")
	line := strings.Join(known(when, what, s.parties(e), s.deed(e), s.says(e.By), origin(t.Article)), "  ")
	if s.Width > 0 {
		line = cut(line, s.width())
	}
	if e.Historical || t.Standing == news.Copy {
		return s.paint(dim, line)
	}
	return line
}

func standing(t news.Told) string {
	switch {
	case t.Standing != "" && t.Standing != news.News:
		return string(t.Standing)
	case t.Event.Historical:
		return string(news.History)
	}
	return ""
}

// Headline says in a few words what an alert is about: "Russia → NATO: suspends or breaks relations".
func Headline(a news.Alert, s Style) string {
	if len(a.Events) == 0 {
		return clean(a.Title)
	}
	e := a.Events[0]
	return s.parties(e) + ": " + gloss(e.What.Type, e.What.Mode)
}

// reservation is the event's realis where it is not plain fact.
func reservation(e news.Event) news.Realis {
	if e.Realis == news.Actual {
		return ""
	}
	return e.Realis
}

func (s Style) header(a news.Alert) string {
	severity := strings.ToUpper(string(a.Severity))
	left := clean(a.Rule)
	if title := clean(a.Title); title != "" {
		left += " · " + title
	}
	reserve := ""
	if len(a.Events) > 0 {
		reserve = string(reservation(a.Events[0]))
	}
	if reserve != "" {
		left = reserve + " · " + left
	}
	left = severity + "  " + left
	right := fmt.Sprintf("%s  %s.%d", a.Change, a.ID.Short(), a.Revision)
	left, gap, right := ends(left, right, s.width())
	rest, _ := strings.CutPrefix(left, severity)
	if rest, ok := strings.CutPrefix(rest, "  "+reserve); ok && reserve != "" {
		return s.paint(severityColour(a.Severity), severity) + "  " + s.paint(marked, reserve) + s.paint(bold, rest) + gap + s.paint(dim, right)
	}
	return s.paint(severityColour(a.Severity), severity) + s.paint(bold, rest) + gap + s.paint(dim, right)
}

// body tells the events: the lead at length, the others in a line each.
func (s Style) body(a news.Alert) []string {
	if len(a.Events) == 0 {
		return s.bare(a)
	}
	lead := a.Events[0]
	lines := append(s.lead(lead), s.facts(lead, a.Article.Published)...)
	if len(lead.Cites) > 0 && clean(lead.Cites[0].Quote) != "" {
		lines = append(lines, s.quote(lead.Cites[0], a.Article.Language))
	}
	further := a.Events[1:]
	for _, e := range further[:min(len(further), maxFurther)] {
		lines = append(lines, s.further(e, lead))
	}
	if more := len(further) - maxFurther; more > 0 {
		lines = append(lines, "  + "+plural(more, "more event"))
	}
	return lines
}

func (s Style) lead(e news.Event) []string {
	left := "  " + s.parties(e) + "   " + gloss(e.What.Type, e.What.Mode)
	says := s.says(e.By)
	line := cut(left, s.width())
	switch pad := max(2, saysColumn-columns(left)); {
	case says == "":
		return []string{s.paint(bold, line)}
	case columns(left)+pad+columns(says) <= s.width():
		return []string{s.paint(bold, left) + strings.Repeat(" ", pad) + says}
	case columns(left)+2+columns(says) <= s.width():
		return []string{s.paint(bold, left) + "  " + says}
	}
	return []string{s.paint(bold, line), "    " + cut(says, s.width()-4)}
}

func (s Style) facts(e news.Event, published news.Interval) []string {
	parts := []string{code(e.What)}
	if e.What.CAMEO != "" {
		parts = append(parts, "CAMEO "+clean(e.What.CAMEO))
	}
	if e.Historical {
		parts = append(parts, "history")
	}
	parts = append(parts, quantities(e)...)
	told := "told " + s.date(published)
	if published.IsZero() {
		told = "told: no date"
	}
	parts = append(parts, told)
	parts = append(parts, known(s.happened(e, published))...)
	if from := s.date(e.Effective); from != "" {
		parts = append(parts, "in force from "+from)
	}
	where := s.where(e.Where)
	if where == "" {
		where = "place " + notTold
	}
	return flow("  ", "    ", " · ", append(parts, where), s.width())
}

// quote shows the sentence that proves the event, the trigger in brackets.
func (s Style) quote(c news.Citation, language string) string {
	open, end := "“", "”"
	if language == "fr" {
		open, end = "« ", " »"
	}
	before, trigger, after := split(c)
	if c.Span.Len() > len(c.Quote) {
		after += "…"
	}
	before, trigger, after = window(before, trigger, after, s.quoteWidth()-2-columns(open)-columns(end))
	if trigger != "" {
		trigger = "[" + s.paint(marked, trigger) + "]"
	}
	return "  " + open + before + trigger + after + end
}

// split finds the trigger in the quotation. Without one, all of it is "before".
func split(c news.Citation) (before, trigger, after string) {
	from, to := c.Trigger.Start-c.Span.Start, c.Trigger.End-c.Span.Start
	if from < 0 || to <= from || to > len(c.Quote) || !border(c.Quote, from) || !border(c.Quote, to) {
		return clean(c.Quote), "", ""
	}
	before, trigger, after = c.Quote[:from], c.Quote[from:to], c.Quote[to:]
	lead, trail := strings.TrimRight(before, " \n\t\u00a0") != before, strings.TrimLeft(after, " \n\t\u00a0") != after
	before, after = spaced(clean(before), lead && from > 0), clean(after)
	if trail {
		after = " " + after
	}
	return strings.TrimLeft(before, " "), clean(trigger), after
}

// border tells whether byte i of s is the first of a character, or its end.
func border(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// deed says what was done and the word that tells it: "suspends or breaks relations [retirer]".
func (s Style) deed(e news.Event) string {
	said := gloss(e.What.Type, e.What.Mode)
	if trigger := clean(e.What.Trigger); trigger != "" {
		said += " [" + trigger + "]"
	}
	return said
}

func (s Style) further(e, lead news.Event) string {
	parts := []string{s.deed(e)}
	parts = append(parts, quantities(e)...)
	parts = append(parts, string(reservation(e)))
	if e.Where != nil {
		parts = append(parts, s.placeName(*e.Where))
	}
	if when := s.date(e.When); when != "" && when != s.date(lead.When) {
		parts = append(parts, when)
	}
	if from := s.date(e.Effective); from != "" {
		parts = append(parts, "from "+from)
	}
	if e.Historical {
		parts = append(parts, "history")
	}
	sentence := ""
	if len(e.Cites) > 0 && e.Cites[0].Sentence > 0 {
		sentence = fmt.Sprintf("  (sentence %d)", e.Cites[0].Sentence)
	}
	return cut("  + "+s.parties(e)+"  "+strings.Join(known(parts...), ", "), s.width()-columns(sentence)) + sentence
}

func (s Style) article(a news.Reference) []string {
	const label = "  article  "
	title, address := clean(a.Title), clean(a.URL)
	var parts []string
	switch {
	case title == "" && address == "":
		parts = []string{"no title, no address"}
	case title == "":
		parts = []string{"no title", address}
	case address == "":
		parts = []string{cut(title, s.width()-len(label)), "no address"}
	default:
		parts = []string{cut(title, s.width()-len(label)), address}
	}
	language, published := clean(a.Language), s.date(a.Published)
	if language == "" {
		language = "language " + notTold
	}
	if published == "" {
		published = "no date"
	}
	parts = append(parts, language, published)
	parts = append(parts, known(publisher(a), origin(a))...)
	lines := flow(label, strings.Repeat(" ", len(label)), " · ", slices.Compact(parts), s.width())
	for i := range lines {
		lines[i] = s.paint(dim, lines[i])
	}
	return lines
}

func (s Style) why(a news.Alert) string {
	left, gap, right := ends("  why: quidnunc explain "+a.ID.Short(), "sent to: "+strings.Join(s.sentTo(a), ", "), s.width())
	return s.paint(dim, left+gap+right)
}

func (s Style) sentTo(a news.Alert) []string {
	to := s.SentTo
	if len(to) == 0 {
		to = a.To
	}
	if len(to) == 0 {
		return []string{"terminal"}
	}
	out := make([]string, 0, len(to))
	for _, t := range to {
		out = append(out, clean(t))
	}
	return out
}

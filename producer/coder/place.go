package coder

import (
	"math"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/atlas"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/text"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

// frame is how clearly the words before a name say that a place is meant.
type frame int

const (
	bare   frame = iota
	weak         // "to X", "of X": so one speaks of people and companies too
	strict       // "in X", "the town of X"
)

// frame reads the words before token i.
func (r *reading) frame(i int, s text.Sentence) frame {
	j := i - 1
	for n := 0; n < 4 && j >= s.First && r.at[j] == 0 && (directions[r.keys[j]] || r.has(j, lexicon.Determiner) && !r.has(j, lexicon.Preposition)); n++ {
		j--
	}
	if j < s.First {
		return bare
	}
	if k := r.at[j-min(1, j)] - 1; k >= 0 && j > s.First && (r.has(j, lexicon.And) || r.keys[j] == "," || r.keys[j] == "ou" || r.keys[j] == "or") {
		if m := &r.mentions[k]; m.place && m.last == j { // "in Goma and Bukavu"
			return m.frame
		}
		return bare
	}
	switch r.keys[j] {
	case "of", "de", "d'":
		if j > s.First && settlements[r.keys[j-1]] {
			return strict
		}
		return weak
	}
	switch {
	case settlements[r.keys[j]] && j > s.First && r.has(j-1, lexicon.Determiner|lexicon.Preposition): // "the village Donji Vakuf"
		return weak
	case surely[r.keys[j]]:
		return strict
	case perhaps[r.keys[j]]:
		return weak
	}
	return bare
}

// directions are the words that may stand between a preposition and the name of a place.
var directions = set(`northern southern eastern western central north south east west northeastern northwestern southeastern
	southwestern north-eastern north-western south-eastern south-western downtown nearby upper lower greater mainland
	coastal rural`)

// settlements are what "of" and "de" join the name of a place to.
var settlements = set(`town towns city cities village villages capital province region district state port suburb outskirts
	north south east west northeast northwest southeast southwest centre center streets governorate county prefecture
	island airport area settlement camp stronghold enclave
	ville villes cité village villages capitale province région district localité commune port banlieue nord sud est ouest
	centre rues gouvernorat département préfecture île aéroport faubourg environs périphérie périphéries large secteur quartier
	enclave bastion territoire wilaya gouvernement état comté`)

// parts are those of a country: "dans le nord du Mali" is in Mali, "au large du Yémen" is not in Yemen.
var parts = set(`north south east west northeast northwest southeast southwest centre center nord sud est ouest
	nord-est nord-ouest sud-est sud-ouest`)

// surely and perhaps are the prepositions of place.
var (
	surely  = set(`in near inside outside around across throughout à dans en près vers aux au depuis jusqu'à`)
	perhaps = set(`at to from on into towards toward through over against between sur par pour contre entre`)
)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// town is a town or region that the atlas alone knows, where the words around say that a place is meant. known is how
// many words another name takes that begins there.
func (r *reading) town(i, known int, s text.Sentence) (mention, bool) {
	if r.Tokens[i].Kind != text.Word || !r.capital(i) || r.has(i, lexicon.Months|lexicon.Weekdays|lexicon.Title) {
		return mention{}, false
	}
	f := r.frame(i, s)
	if f == bare {
		return mention{}, false
	}
	found, n := atlas.Default().Longest(r.surface[:s.Last], i, r.Lang)
	if n == 0 && (r.key(i-1) == "au" || r.key(i-1) == "du") { // "au Mans"
		found, n = atlas.Default().Longest(append([]string{"Le"}, r.surface[i:min(s.Last, i+4)]...), 0, r.Lang)
		n--
	}
	if n <= known || n <= 0 || i+n > s.Last {
		return mention{}, false
	}
	p, ok := r.locate(found, i, i+n, f, s)
	if !ok {
		return mention{}, false
	}
	return r.spot(p, i, i+n, f), true
}

// spot is the mention of place p at [first, last).
func (r *reading) spot(p atlas.Place, first, last int, f frame) mention {
	return mention{
		first: first, last: last, place: true, known: true, spot: &p, frame: f,
		entry: &gazetteer.Entry{Kind: gazetteer.Place, Country: p.Country, Name: p.Name},
		actor: news.Actor{Name: p.Name, Country: sovereign(p.Country)},
	}
}

// locate chooses among the places that bear the name at [i, last): the one that the words after it name ("Paris,
// Texas"), else the one that its inhabitants and the countries of the article speak for. It does not where the name may
// be another word's, or where two have as much for them.
func (r *reading) locate(found []atlas.Place, i, last int, f frame, s text.Sentence) (atlas.Place, bool) {
	if q, ok := r.qualifier(last, s); ok {
		if k := slices.IndexFunc(found, q.holds); k >= 0 {
			return found[k], true
		}
		if f == strict { // too small for the atlas: known by what it lies in
			return atlas.Place{Name: r.Text[r.Tokens[i].Start:r.Tokens[last-1].End], Country: q.Country, Region: q.Region}, true
		}
		return atlas.Place{}, false
	}
	if r.goesOn(i, last, s) {
		return atlas.Place{}, false
	}
	best, score, second := -1, 0.0, 0.0
	for k, p := range found {
		switch v := r.weight(p); {
		case best < 0 || v > score:
			best, score, second = k, v, score
		case v > second:
			second = v
		}
	}
	p := found[best]
	within := r.abroad()[p.Country] > 0
	switch {
	case (p.Word || p.Person || r.titleCase) && !within && (f != strict || p.People < 100_000):
		return atlas.Place{}, false
	case p.Person && f != strict, f != strict && last-i == 1 && r.memory.heard(r.surface[i]):
		return atlas.Place{}, false
	case !within && (p.People < 50_000 || f != strict && p.People < 1_000_000):
		return atlas.Place{}, false
	case len(found) > 1 && score-second < 0.3:
		return r.shared(found)
	}
	return p, true
}

// shared is what equally likely places have in common: their country, where it is one.
func (r *reading) shared(found []atlas.Place) (atlas.Place, bool) {
	for _, p := range found[1:] {
		if p.Country != found[0].Country {
			return atlas.Place{}, false
		}
	}
	return atlas.Place{Name: found[0].Name, Country: found[0].Country}, true
}

// weight is what speaks for a place: a tenfold of inhabitants counts one, a country that the article names 1.2.
func (r *reading) weight(p atlas.Place) float64 {
	w := math.Log10(float64(max(p.People, 1000)))
	if p.IsRegion() {
		w = 4.5
	}
	if n := r.abroad()[p.Country]; n > 0 {
		w += 1.2 + 0.1*float64(min(n, 5))
	} else if r.french && p.Country == "FRA" { // whose towns a French paper need not explain
		w += 0.5
	}
	return w
}

// goesOn tells whether a name goes on around [i, last): "Bath City", "Jack London".
func (r *reading) goesOn(i, last int, s text.Sentence) bool {
	if last < s.Last && r.Tokens[last].Kind == text.Word && r.capital(last) && !r.possessive(last) && !r.titleCase {
		if _, ok := r.named(last, s); !ok {
			return true
		}
	}
	return false
}

// qualifier is the region or country that stands after the name of a place: ", Texas", "(Ontario)", "in Lebanon", "au
// Liban".
type qualifier struct{ Country, Region string }

func (q qualifier) holds(p atlas.Place) bool {
	return p.Country == q.Country && (q.Region == "" || p.Region == q.Region && !p.IsRegion())
}

func (r *reading) qualifier(i int, s text.Sentence) (qualifier, bool) {
	if i+1 >= s.Last {
		return qualifier{}, false
	}
	j := i + 1
	switch r.keys[i] {
	case ",", "(":
		for j < s.Last && (directions[r.keys[j]] || r.has(j, lexicon.Determiner|lexicon.Preposition)) && j < i+4 && !r.capital(j) {
			j++
		}
	case "in", "en", "au", "aux":
		for j < s.Last && (directions[r.keys[j]] || r.has(j, lexicon.Determiner)) && j < i+3 && !r.capital(j) {
			j++
		}
	default:
		return qualifier{}, false
	}
	if j >= s.Last || !r.capital(j) {
		return qualifier{}, false
	}
	return r.land(j, s)
}

// land is the country or region whose name stands at j.
func (r *reading) land(j int, s text.Sentence) (qualifier, bool) {
	code, short := states[strings.TrimSuffix(r.surface[j], ".")]
	if len(r.surface[j]) == 2 && r.surface[j] == strings.ToUpper(r.surface[j]) && !r.titleCase { // "MO"
		code, short = r.surface[j], true
	}
	if short && (j+1 >= s.Last || !r.capital(j+1)) {
		if p, ok := atlas.Default().Region("US." + code); ok {
			return qualifier{p.Country, p.Region}, true
		}
	}
	found, _ := atlas.Default().Longest(r.surface[:s.Last], j, r.Lang)
	k := slices.IndexFunc(found, atlas.Place.IsRegion)
	for _, m := range r.longest(j, s) {
		if m.Entry.Kind != gazetteer.Country || m.Name.Kind == gazetteer.Metonym || m.Name.Kind == gazetteer.Demonym {
			continue
		}
		if m.Name.Ambiguous && k >= 0 && r.abroad()[m.Entry.Country] == 0 && found[k].Country != m.Entry.Country { // "Atlanta, Georgia"
			break
		}
		return qualifier{Country: m.Entry.Country}, true
	}
	if k < 0 || j > 0 && r.key(j-1) == "," && found[0].People > 1_000_000 { // "in Goma, Kinshasa said"
		return qualifier{}, false
	}
	return qualifier{found[k].Country, found[k].Region}, true
}

// states are the abbreviations of the press for the United States' states that are no other word behind a comma.
var states = func() map[string]string {
	out := map[string]string{}
	for pair := range strings.FieldsSeq(`Ala=AL Ariz=AZ Ark=AR Calif=CA Colo=CO Conn=CT Del=DE Fla=FL Ga=GA Ill=IL Ind=IN Kan=KS Ky=KY La=LA Md=MD
		Mass=MA Mich=MI Minn=MN Miss=MS Mo=MO Mont=MT Neb=NE Nev=NV N.H=NH N.J=NJ N.M=NM N.Y=NY N.C=NC N.D=ND Okla=OK
		Ore=OR Pa=PA R.I=RI S.C=SC S.D=SD Tenn=TN Tex=TX Vt=VT Va=VA Wash=WA W.Va=WV Wis=WI Wyo=WY`) {
		abbreviation, code, _ := strings.Cut(pair, "=")
		out[abbreviation] = code
	}
	return out
}()

// abroad counts the countries that the whole article names, but for names that may be another's.
func (r *reading) abroad() map[string]int {
	if r.lands != nil {
		return r.lands
	}
	r.lands = map[string]int{}
	for i := 0; i < len(r.Tokens); i++ {
		if r.Tokens[i].Kind != text.Word || !r.french && !r.capital(i) {
			continue
		}
		for _, m := range r.gazetteer.Longest(r.surface, i, r.Lang) {
			if m.Entry.Kind == gazetteer.Country && !m.Name.Ambiguous && m.Name.Kind != gazetteer.Metonym {
				r.lands[m.Entry.Country]++
			}
			i = m.Last - 1
			break
		}
	}
	return r.lands
}

// relocate gives a name that the gazetteer knows as one place the other that the text means: "Tripoli, Lebanon", "Paris,
// Texas". A capital that only acts stays one.
func (r *reading) relocate(m mention, s text.Sentence) mention {
	if m.entry.Country == "" {
		return m
	}
	m.frame = r.frame(m.first, s)
	q, qualified := r.qualifier(m.last, s)
	if !qualified && m.frame != strict || qualified && q.Country == m.entry.Country && q.Region == "" {
		return m
	}
	found := atlas.Default().Named(r.Text[r.Tokens[m.first].Start:r.Tokens[m.last-1].End], r.Lang)
	if qualified {
		if k := slices.IndexFunc(found, q.holds); k >= 0 {
			return r.replaced(m, found[k])
		}
		if len(found) > 0 && q.Country != m.entry.Country {
			return r.replaced(m, atlas.Place{Name: m.actor.Name, Country: q.Country, Region: q.Region})
		}
		return m
	}
	if len(found) == 0 || r.abroad()[m.entry.Country] > 0 {
		return m
	}
	slices.SortStableFunc(found, func(a, b atlas.Place) int { return int(1000 * (r.weight(b) - r.weight(a))) })
	if p := found[0]; p.Country != m.entry.Country && r.abroad()[p.Country] > 0 && r.weight(p) > r.heaviest(found, m.entry.Country)+0.3 {
		return r.replaced(m, p)
	}
	return m
}

// heaviest is the weight of the likeliest place of a country; 0 where there is none.
func (r *reading) heaviest(found []atlas.Place, country string) float64 {
	w := 0.0
	for _, p := range found {
		if p.Country == country {
			w = max(w, r.weight(p))
		}
	}
	return w
}

// replaced is mention m as one of place p.
func (r *reading) replaced(m mention, p atlas.Place) mention {
	out := r.spot(p, m.first, m.last, m.frame)
	if p.ID == 0 {
		out.actor.Name = r.Text[r.Tokens[m.first].Start:r.Tokens[m.last-1].End]
		out.entry.Name, out.spot.Name = out.actor.Name, out.actor.Name
	}
	return out
}

// where is the place of trigger t: of those that the tree hangs on it or on what governs it the nearest, what stands
// after the trigger before what stands before it.
func (r *reading) where(t *trigger, s text.Sentence) *news.Place {
	tr := r.parse(s)
	var best *mention
	bestFar := 0
	for i := s.First; i < s.Last; i++ {
		m := r.at[i] - 1
		if m < 0 {
			if tr == nil && i >= t.last && r.clause(i) {
				break
			}
			continue
		}
		n := &r.mentions[m]
		i = n.last - 1
		if n.home != nil {
			n = n.home
		}
		if !r.located(n, s) && !r.struck(t, m) {
			continue
		}
		far := n.first - t.last
		if far < 0 {
			far = 1000 + t.at - n.last
		}
		if tr != nil {
			rank := tr.bond(t.at, n.first, n.last)
			if rank == apart {
				continue
			}
			far += 10_000 * int(rank)
		}
		if best == nil || far < bestFar {
			best, bestFar = n, far
		}
	}
	if best == nil {
		return nil
	}
	return r.place(best)
}

// located tells whether the words before a mention say that something happens there.
func (r *reading) located(n *mention, s text.Sentence) bool {
	if n.entry == nil || n.entry.Country == "" || n.agent != nil || n.owned || n.prep == "by" || n.prep == "par" {
		return false
	}
	if !place[n.prep] {
		return (n.place || n.entry.Kind == gazetteer.Country && !n.adjective) && r.within(n, s)
	}
	return n.place || n.entry.Kind == gazetteer.Country && !n.adjective && n.prep != "à"
}

// within tells "in the town of X", "au nord de X".
func (r *reading) within(n *mention, s text.Sentence) bool {
	i := n.start
	if n.prep != "of" && n.prep != "de" {
		return false
	}
	for i > s.First && (r.keys[i] == "of" || r.keys[i] == "de" || r.keys[i] == "d'" || r.keys[i] == "du" || r.has(i, lexicon.Determiner) && !r.has(i, lexicon.Preposition)) {
		i--
	}
	if !settlements[r.keys[i]] || !n.place && !parts[r.keys[i]] {
		return false
	}
	for j := i - 1; j >= s.First && j >= i-3 && r.at[j] == 0; j-- {
		if surely[r.keys[j]] {
			return true
		}
	}
	return false
}

// struck tells whether mention m is a place that the act falls upon: "bombed Kharkiv", "a pris Kaboul".
func (r *reading) struck(t *trigger, m int) bool {
	n := &r.mentions[m]
	if !n.place || n.entry == nil || n.entry.Country == "" || n.owned || !slices.Contains(t.whom, m) {
		return false
	}
	return n.entry.Kind == gazetteer.Place || t.sense.Type == plover.Assault || t.sense.Mode == "seize"
}

// bond is how a tree ties a place to a trigger.
type bond int

const (
	direct bond = iota // it hangs on the trigger
	above              // on what governs it: "In Goma, the army said that it attacked"
	below              // on what the trigger's clause goes on with
	apart              // on another clause
)

// bond climbs from the words [first, last) to the trigger at a token, or to the first verb that is not it.
func (t *tree) bond(trigger, first, last int) bond {
	at, w := t.at(trigger), t.at(first)
	if at < 0 || w < 0 {
		return apart
	}
	for w >= 0 && t.token[w] >= first && t.token[w] < last {
		w = t.Words[w].Head
	}
	for n := 0; w >= 0 && w != at && !t.verbal(w) && n < len(t.Words); n++ {
		w = t.Words[w].Head
	}
	if w == at {
		return direct
	}
	for v, n := at, 0; v >= 0 && n < len(t.Words); v, n = t.Words[v].Head, n+1 {
		if v == w || w < 0 && t.Words[v].Head < 0 {
			return above
		}
	}
	for n := 0; w >= 0 && n < len(t.Words); n++ {
		switch t.rel(w) {
		case "conj", "xcomp", "advcl", "parataxis":
		default:
			return apart
		}
		if w = t.Words[w].Head; w == at {
			return below
		}
	}
	return apart
}

// place is where mention n lies.
func (r *reading) place(n *mention) *news.Place {
	p := &news.Place{Name: n.entry.Name, Country: n.entry.Country, Text: n.actor.Text, Span: n.actor.Span}
	spot := n.spot
	if spot == nil && n.place {
		for _, name := range []string{n.actor.Text, p.Name} {
			if found, ok := atlas.Default().In(p.Country, name); ok && !found.IsRegion() {
				spot = &found
				break
			}
		}
		if n.entry.Kind == gazetteer.Country { // a capital
			p.Name = n.actor.Text
			if spot != nil {
				p.Name = spot.Name
			}
		}
	}
	if spot == nil && n.place {
		if found, ok := atlas.Default().In(p.Country, n.actor.Text); ok {
			spot = &found
		}
	}
	if spot != nil {
		p.Region, p.Lat, p.Lon, p.GeoNames = spot.Region, spot.Lat, spot.Lon, spot.ID
	}
	return p
}

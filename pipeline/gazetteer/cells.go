package gazetteer

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func split(cell, by string) []string {
	var out []string
	for s := range strings.SplitSeq(cell, by) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// first is the first item of a cell without its marks.
func first(cell string) string {
	if items := split(cell, ";"); len(items) > 0 {
		return strings.TrimLeft(items[0], "*?!~")
	}
	return ""
}

// name reads one written form with its marks: * any language, ? ambiguous, ! a common word in capitals, ~ for Find only.
func name(lang, item string) Name {
	n := Name{Lang: lang, Kind: Proper}
	for {
		switch {
		case strings.HasPrefix(item, "*"):
			n.Lang = ""
		case strings.HasPrefix(item, "?"):
			n.Ambiguous = true
		case strings.HasPrefix(item, "!"):
			n.Ambiguous, n.quiet = true, true
		case strings.HasPrefix(item, "~"):
			n.Silent = true
		default:
			n.Text = item
			if !strings.Contains(item, " ") && isUpper(item) {
				n.Kind = Acronym
			}
			return n
		}
		item = item[1:]
	}
}

func names(lang, cell string) []Name {
	var out []Name
	for _, item := range split(cell, ";") {
		out = append(out, name(lang, item))
	}
	return out
}

// pair reads "Moscow=Moscou", English and French, or one form for any language.
func pair(item string) []Name {
	en, fr, two := strings.Cut(item, "=")
	if !two {
		return []Name{name("", strings.TrimSpace(item))}
	}
	return []Name{name("en", strings.TrimSpace(en)), name("fr", strings.TrimSpace(fr))}
}

// aliases reads the names of one place, between slashes.
func aliases(item string) []Name {
	var out []Name
	for _, alias := range split(item, "/") {
		out = append(out, pair(alias)...)
	}
	return out
}

// demonyms spells out the forms: English "Russian+" is Russian, Russians; French "allemand/e" is allemand, allemande,
// allemands, allemandes, "grec/grecque" has a feminine of its own, "russe" serves both.
func demonyms(lang, cell string) []Name {
	var out []Name
	for _, item := range split(cell, ";") {
		n := name(lang, item)
		n.Kind = Demonym
		for _, text := range forms(lang, n.Text) {
			n.Text = text
			out = append(out, n)
		}
	}
	return out
}

func forms(lang, item string) []string {
	if lang == "en" {
		if stem, ok := strings.CutSuffix(item, "+"); ok {
			return []string{stem, stem + "s"}
		}
		return []string{item}
	}
	masculine, ending, two := strings.Cut(item, "/")
	out := []string{masculine, plural(masculine)}
	if two {
		feminine := ending
		if len(ending) <= 2 {
			feminine = masculine + ending
		}
		out = append(out, feminine, plural(feminine))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func plural(s string) string {
	switch {
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "z"):
		return s
	case strings.HasSuffix(s, "tal"):
		return s[:len(s)-1] + "ux"
	}
	return s + "s"
}

// slug makes a key of a name: "Côte d'Ivoire" → "cote-d-ivoire".
func slug(name string) string { return strings.ReplaceAll(FoldName(name), " ", "-") }

// cutRole cuts "[CODE] SECTORS title [from..until]" into its parts.
func cutRole(item string) (code, sectors, title, from, until string, ok bool) {
	if i := strings.LastIndexByte(item, ' '); i >= 0 {
		if a, z, dated := strings.Cut(item[i+1:], ".."); dated {
			from, until, item = a, z, item[:i]
		}
	}
	sectors, title, _ = strings.Cut(item, " ")
	if next, rest, two := strings.Cut(title, " "); two && areSectors(next) {
		code, sectors, title = sectors, next, rest
	}
	ok = title != "" && areSectors(sectors) && (code == "" || len(code) <= 4 && isUpper(code)) && !strings.ContainsAny(title, "0123456789")
	return code, sectors, title, from, until, ok
}

// areSectors tells whether s has the form of sectors: "GOV,MIL", or - for none.
func areSectors(s string) bool {
	if s == "-" {
		return true
	}
	for i := range len(s) {
		if i%4 == 3 && s[i] != ',' || i%4 != 3 && !('A' <= s[i] && s[i] <= 'Z') {
			return false
		}
	}
	return len(s)%4 == 3
}

// roles reads "GOV president 2012-05-07..; GOV prime minister 2008-05-08..2012-05-07", latest first. Before the sectors
// may stand the code of what the role belongs to; - stands for no sector.
func (b *builder) roles(home, cell string) ([]Role, error) {
	var out []Role
	for _, item := range split(cell, ";") {
		code, sectors, title, from, until, ok := cutRole(item)
		if !ok {
			return nil, fmt.Errorf("role %q: want [CODE] SECTORS title [from..until]", item)
		}
		r := Role{Country: home, Title: title}
		if code != "" {
			r.Country = code
		}
		if r.Country != "" && b.own[r.Country] == nil {
			return nil, fmt.Errorf("role %q: unknown country %q", item, r.Country)
		}
		var err error
		if sectors != "-" {
			if r.Sectors, err = b.sectors(sectors); err != nil {
				return nil, err
			}
		}
		if r.From, r.Until, err = period(from, until); err != nil {
			return nil, fmt.Errorf("role %q: %w", item, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// period reads two dates, each YYYY, YYYY-MM or YYYY-MM-DD or empty; both are counted in whole, so "2018" as an end
// means to the end of 2018.
func period(from, until string) (start, end time.Time, err error) {
	if start, _, err = date(from); err != nil {
		return
	}
	if _, end, err = date(until); err != nil {
		return
	}
	if !start.IsZero() && !end.IsZero() && !start.Before(end) {
		err = fmt.Errorf("%s..%s ends before it begins", from, until)
	}
	return
}

func date(s string) (start, end time.Time, err error) {
	switch len(s) {
	case 0:
		return
	case 4:
		start, err = time.Parse("2006", s)
		return start, start.AddDate(1, 0, 0), err
	case 7:
		start, err = time.Parse("2006-01", s)
		return start, start.AddDate(0, 1, 0), err
	}
	start, err = time.Parse("2006-01-02", s)
	return start, start.AddDate(0, 0, 1), err
}

// membership reads "nato | BEL CAN HRV:2009-04-01..": a list and the countries in it, with dates where they matter. A
// line that begins with a date, "2020..2021: EST NER", gives it to all.
func (b *builder) membership(c []string) error {
	var from, until time.Time
	list := c[1]
	if when, rest, ok := strings.Cut(list, ": "); ok {
		start, end, _ := strings.Cut(when, "..")
		var err error
		if from, until, err = period(start, end); err != nil {
			return err
		}
		list = rest
	}
	for _, f := range strings.Fields(list) {
		country, when, dated := strings.Cut(f, ":")
		if b.own[country] == nil {
			return fmt.Errorf("unknown country %q", country)
		}
		m := membership{country, from, until}
		if dated {
			start, end, _ := strings.Cut(when, "..")
			var err error
			if m.from, m.until, err = period(start, end); err != nil {
				return err
			}
		}
		b.members[c[0]] = append(b.members[c[0]], m)
	}
	return nil
}

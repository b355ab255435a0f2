package gazetteer

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

// The format of each file is told at its head.
//
//go:embed data/*.txt
var data embed.FS

// builder gathers entries while the files are read.
type builder struct {
	entries []*Entry
	keys    map[string]*Entry
	own     map[string]*Entry // by code
	members map[string][]membership
	cells   map[string][]plover.Sector // what sectors has read
}

// tables lists the files in the order in which they must be read; a table may be spread over several files with the
// same beginning.
var tables = []struct {
	name    string
	columns int
	row     func(*builder, []string) error
}{
	{"codes", 2, (*builder).code},
	{"countries", 6, (*builder).country},
	{"bodies", 6, func(b *builder, c []string) error { return b.actor(Body, c) }},
	{"groups", 6, func(b *builder, c []string) error { return b.actor(Group, c) }},
	{"organisations", 6, func(b *builder, c []string) error { return b.actor(Organisation, c) }},
	{"firms", 3, (*builder).firms},
	{"peoples", 4, (*builder).people},
	{"seats", 3, (*builder).seat},
	{"places", 2, (*builder).places},
	{"persons", 4, (*builder).person},
	{"members", 2, (*builder).membership},
}

func load(files fs.FS) (*Gazetteer, error) {
	b := &builder{keys: map[string]*Entry{}, own: map[string]*Entry{}, members: map[string][]membership{}, cells: map[string][]plover.Sector{}}
	sum := sha256.New()
	for _, t := range tables {
		paths, err := fs.Glob(files, "data/"+t.name+"*.txt")
		if err != nil {
			return nil, fmt.Errorf("gazetteer: %w", err)
		}
		for _, path := range paths {
			body, err := fs.ReadFile(files, path)
			if err != nil {
				return nil, fmt.Errorf("gazetteer: %w", err)
			}
			fmt.Fprintf(sum, "%s %d\n%s", path, len(body), body)
			if err := b.table(path, string(body), t.columns, t.row); err != nil {
				return nil, err
			}
		}
	}
	g := b.gazetteer()
	g.hash = hex.EncodeToString(sum.Sum(nil))
	return g, nil
}

// table reads one file: a row a line, columns between bars, # begins a comment line.
func (b *builder) table(name, body string, columns int, row func(*builder, []string) error) error {
	n := 0
	for line := range strings.Lines(body) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != columns {
			return fmt.Errorf("gazetteer: %s:%d: %d columns, want %d", name, n, len(cells), columns)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if err := row(b, cells); err != nil {
			return fmt.Errorf("gazetteer: %s:%d: %w", name, n, err)
		}
	}
	return nil
}

func (b *builder) gazetteer() *Gazetteer {
	for _, e := range b.entries {
		e.Names = tidy(e.Names)
	}
	slices.SortFunc(b.entries, compareEntries)
	g := &Gazetteer{entries: b.entries, codes: b.own, members: b.members, index: newIndex(b.entries)}
	g.names = sync.OnceValue(func() *directory { return newDirectory(g.entries) })
	return g
}

// tidy drops a name told twice and one that the same text in any language covers.
func tidy(names []Name) []Name {
	slices.SortStableFunc(names, compareNames)
	out := names[:0]
	for _, n := range names {
		if !slices.ContainsFunc(out, func(m Name) bool {
			return m.Text == n.Text && m.Kind == n.Kind && (m.Lang == n.Lang || m.Lang == "")
		}) {
			out = append(out, n)
		}
	}
	return slices.Clip(out)
}

func (b *builder) add(e *Entry) error {
	if e.Key == "" {
		return fmt.Errorf("no key")
	}
	if b.keys[e.Key] != nil {
		return fmt.Errorf("key %q a second time", e.Key)
	}
	b.keys[e.Key] = e
	b.entries = append(b.entries, e)
	return nil
}

// code reads "IGO | an international body".
func (b *builder) code(c []string) error {
	e := &Entry{Key: strings.ToLower(c[0]), Kind: Body, Name: c[1], Country: c[0]}
	b.own[c[0]] = e
	return b.add(e)
}

// country reads "RUS | Russia | Russie | Russian+ | russe | Moscow=Moscou".
func (b *builder) country(c []string) error {
	if len(c[0]) != 3 || c[0] != strings.ToUpper(c[0]) {
		return fmt.Errorf("code %q", c[0])
	}
	e := &Entry{Kind: Country, Country: c[0]}
	e.Names = slices.Concat(names("en", c[1]), names("fr", c[2]), demonyms("en", c[3]), demonyms("fr", c[4]))
	e.Name = first(c[1])
	e.Key = slug(e.Name)
	b.own[c[0]] = e
	if err := b.add(e); err != nil {
		return err
	}
	for _, item := range split(c[5], ";") {
		ns := aliases(item)
		for _, n := range ns {
			n.Kind, n.Sectors = Metonym, []plover.Sector{"GOV"}
			e.Names = append(e.Names, n)
		}
		if err := b.place(c[0], ns); err != nil {
			return err
		}
	}
	return nil
}

// actor reads "key | NATO | sectors | English names | French names | roles".
func (b *builder) actor(k Kind, c []string) error {
	sectors, err := b.sectors(c[2])
	if err != nil {
		return err
	}
	e := &Entry{Key: c[0], Kind: k, Country: c[1], Sectors: sectors, Name: first(c[3])}
	e.Names = slices.Concat(names("en", c[3]), names("fr", c[4]))
	switch {
	case k == Body && b.own[c[1]] == nil:
		b.own[c[1]] = e
	case c[1] != "" && b.own[c[1]] == nil:
		return fmt.Errorf("unknown country %q", c[1])
	}
	if e.Roles, err = b.roles(c[1], c[5]); err != nil {
		return err
	}
	return b.add(e)
}

// people reads "IRQ | Kurd+; Kurdish | kurde | key"; the country may be empty.
func (b *builder) people(c []string) error {
	if c[1] != "" && b.own[c[1]] == nil {
		return fmt.Errorf("unknown country %q", c[1])
	}
	e := &Entry{Key: c[0], Kind: People, Country: c[1], Name: strings.TrimSuffix(first(c[2]), "+")}
	if strings.HasSuffix(split(c[2], ";")[0], "+") {
		e.Name += "s"
	}
	e.Names = slices.Concat(demonyms("en", c[2]), demonyms("fr", c[3]))
	return b.add(e)
}

// seat reads "RUS | GOV | Kremlin; Red Square=place Rouge": names of seats of power of an entry with that code or key.
func (b *builder) seat(c []string) error {
	e := cmp.Or(b.own[c[0]], b.keys[c[0]])
	if e == nil {
		return fmt.Errorf("unknown code or key %q", c[0])
	}
	sectors, err := b.sectors(c[1])
	if err != nil {
		return err
	}
	for _, item := range split(c[2], ";") {
		for _, n := range pair(item) {
			n.Kind, n.Sectors = Metonym, sectors
			e.Names = append(e.Names, n)
		}
	}
	return nil
}

// places reads "CHE | Geneva=Genève; Zurich": a place an item, its other names after slashes.
func (b *builder) places(c []string) error {
	if c[0] != "" && b.own[c[0]] == nil {
		return fmt.Errorf("unknown country %q", c[0])
	}
	for _, item := range split(c[1], ";") {
		if err := b.place(c[0], aliases(item)); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) place(country string, ns []Name) error {
	e := &Entry{Kind: Place, Country: country, Name: ns[0].Text, Key: slug(ns[0].Text), Names: slices.Clone(ns)}
	if b.keys[e.Key] != nil {
		e.Key += "-" + strings.ToLower(cmp.Or(country, "sea"))
	}
	return b.add(e)
}

// firms reads "JPN | BUS | Toyota; Nissan": an organisation an item, its other names after slashes.
func (b *builder) firms(c []string) error {
	if c[0] != "" && b.own[c[0]] == nil {
		return fmt.Errorf("unknown country %q", c[0])
	}
	sectors, err := b.sectors(c[1])
	if err != nil {
		return err
	}
	for _, item := range split(c[2], ";") {
		ns := aliases(item)
		e := &Entry{Kind: Organisation, Country: c[0], Sectors: sectors, Name: ns[0].Text, Key: slug(ns[0].Text), Names: ns}
		if err := b.add(e); err != nil {
			return err
		}
	}
	return nil
}

// person reads "RUS | Vladimir Putin=Vladimir Poutine | Putin=Poutine | GOV president 2012-05-07..".
func (b *builder) person(c []string) error {
	if c[0] != "" && b.own[c[0]] == nil {
		return fmt.Errorf("unknown country %q", c[0])
	}
	e := &Entry{Kind: Person, Country: c[0]}
	for _, item := range split(c[1], ";") {
		e.Names = append(e.Names, pair(item)...)
	}
	if len(e.Names) == 0 {
		return fmt.Errorf("no name")
	}
	e.Name = e.Names[0].Text
	e.Key = slug(e.Name)
	for _, item := range split(c[2], ";") {
		for _, n := range pair(item) {
			n.Kind = Surname
			e.Names = append(e.Names, n)
		}
	}
	for i := range e.Names {
		e.Names[i].Lang = "" // papers of one language often keep another's spelling
	}
	var err error
	if e.Roles, err = b.roles(c[0], c[3]); err != nil {
		return err
	}
	return b.add(e)
}

// sectors reads "GOV,MIL". Who asks for the same cell gets the same slice.
func (b *builder) sectors(cell string) ([]plover.Sector, error) {
	if known, ok := b.cells[cell]; ok {
		return known, nil
	}
	var out []plover.Sector
	for s := range strings.SplitSeq(cell, ",") {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		if !slices.Contains(plover.Sectors(), plover.Sector(s)) {
			return nil, fmt.Errorf("unknown sector %q", s)
		}
		out = append(out, plover.Sector(s))
	}
	slices.Sort(out)
	b.cells[cell] = slices.Clip(out)
	return b.cells[cell], nil
}

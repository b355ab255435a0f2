package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// dashboard is what we look at in one of Grafana's.
type dashboard struct {
	UID        string  `json:"uid"`
	Title      string  `json:"title"`
	Panels     []panel `json:"panels"`
	Links      []link  `json:"links"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     grid   `json:"gridPos"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Links   []link   `json:"links"`
	Targets []target `json:"targets"`
	Panels  []panel  `json:"panels"` // of a collapsed row
}

type grid struct {
	X, Y, W, H int
}

type target struct {
	RefID        string `json:"refId"`
	Expr         string `json:"expr"`
	LegendFormat string `json:"legendFormat"`
	Datasource   struct {
		UID string `json:"uid"`
	} `json:"datasource"`
}

type variable struct {
	Name  string          `json:"name"`
	Type  string          `json:"type"`
	Query json.RawMessage `json:"query"`
}

type link struct {
	URL string `json:"url"`
}

// columns is how wide Grafana's grid is.
const columns = 24

// dashboards checks every file of a folder.
func dashboards(root fs.FS, dir string, e *exposed) (found []string, err error) {
	files, err := fs.Glob(root, dir+"/*.json")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return []string{dir + ": no dashboards"}, nil
	}
	all := map[string]dashboard{}
	for _, file := range files {
		data, err := fs.ReadFile(root, file)
		if err != nil {
			return nil, err
		}
		var d dashboard
		if err := json.Unmarshal(data, &d); err != nil {
			found = append(found, fmt.Sprintf("%s: %v", file, err))
			continue
		}
		for _, f := range schemaFaults(data) {
			found = append(found, file+": "+f)
		}
		all[file] = d
	}
	uids := map[string]string{}
	for _, file := range files {
		if other, twice := uids[all[file].UID]; twice || all[file].UID == "" {
			found = append(found, fmt.Sprintf("%s: uid %q is that of %s too, or none", file, all[file].UID, other))
		}
		uids[all[file].UID] = file
	}
	for _, file := range files {
		for _, f := range all[file].check(root, e, uids) {
			found = append(found, file+": "+f)
		}
	}
	return found, nil
}

func (d dashboard) check(root fs.FS, e *exposed, uids map[string]string) (found []string) {
	if d.Title == "" {
		found = append(found, "no title")
	}
	panels := d.flat()
	found = append(found, layout(panels)...)
	known := map[string]bool{"__rate_interval": true, "__interval": true, "__range": true}
	for _, v := range d.Templating.List {
		known[v.Name] = true
		found = append(found, v.check(e)...)
	}
	links := slices.Clone(d.Links)
	for _, p := range panels {
		for _, f := range p.check(e, known) {
			found = append(found, fmt.Sprintf("panel %d %q: %s", p.ID, p.Title, f))
		}
		links = append(links, p.Links...)
	}
	for _, l := range links {
		if f := l.check(root, uids); f != "" {
			found = append(found, f)
		}
	}
	return found
}

// flat are all panels, those in collapsed rows too.
func (d dashboard) flat() (out []panel) {
	for _, p := range d.Panels {
		out = append(out, p)
		out = append(out, p.Panels...)
	}
	return out
}

// layout checks ids and places.
func layout(panels []panel) (found []string) {
	for i, p := range panels {
		g := p.GridPos
		if p.ID <= 0 || g.W <= 0 || g.H <= 0 || g.X < 0 || g.Y < 0 || g.X+g.W > columns {
			found = append(found, fmt.Sprintf("panel %d %q: at %+v, outside of the grid, or without an id", p.ID, p.Title, g))
		}
		for _, q := range panels[:i] {
			if p.ID == q.ID {
				found = append(found, fmt.Sprintf("panels %q and %q have one id, %d", q.Title, p.Title, p.ID))
			}
			if g.X < q.GridPos.X+q.GridPos.W && q.GridPos.X < g.X+g.W && g.Y < q.GridPos.Y+q.GridPos.H && q.GridPos.Y < g.Y+g.H {
				found = append(found, fmt.Sprintf("panels %q and %q overlap", q.Title, p.Title))
			}
		}
	}
	return found
}

var variableUse = regexp.MustCompile(`\$(?:\{(\w+)[^}]*\}|(\w+))`)

func (p panel) check(e *exposed, known map[string]bool) (found []string) {
	if p.Title == "" {
		found = append(found, "no title")
	}
	if p.Type == "row" || p.Type == "text" || p.Type == "alertlist" {
		return found
	}
	unit := p.FieldConfig.Defaults.Unit
	if p.Description == "" {
		found = append(found, "no description")
	}
	if !slices.Contains(unitsKnown, unit) {
		found = append(found, fmt.Sprintf("unit %q", unit))
	}
	if len(p.Targets) == 0 {
		found = append(found, "asks nothing")
	}
	refs := map[string]bool{}
	for _, t := range p.Targets {
		if refs[t.RefID] {
			found = append(found, fmt.Sprintf("two queries are %q", t.RefID))
		}
		refs[t.RefID] = true
		if t.Datasource.UID != "${datasource}" {
			found = append(found, fmt.Sprintf("data source %q: want ${datasource}", t.Datasource.UID))
		}
		for _, m := range variableUse.FindAllStringSubmatch(t.Expr, -1) {
			if name := m[1] + m[2]; !known[name] {
				found = append(found, fmt.Sprintf("%s: no variable %q", t.Expr, name))
			}
		}
		expr, result, wrong := e.expression(t.Expr)
		wrong = append(wrong, template(t.LegendFormat, legendLabel, result)...)
		if d := measures(expr); !fits(unit, d) {
			wrong = append(wrong, fmt.Sprintf("measures %s, but its unit is %q", d, unit))
		}
		for _, w := range wrong {
			found = append(found, t.Expr+": "+w)
		}
	}
	return found
}

var labelValues = regexp.MustCompile(`^label_values\((.*), *(\w+)\)$`)

// check asks whether the values of a variable can be had.
func (v variable) check(e *exposed) (found []string) {
	if v.Type != "query" {
		return nil
	}
	var q struct {
		Query string `json:"query"`
	}
	if err := json.Unmarshal(v.Query, &q); err != nil {
		return []string{fmt.Sprintf("variable %s: %v", v.Name, err)}
	}
	m := labelValues.FindStringSubmatch(q.Query)
	if m == nil {
		return []string{fmt.Sprintf("variable %s: %q is not label_values(metric, label)", v.Name, q.Query)}
	}
	_, have, found := e.expression(m[1])
	if _, ok := have[m[2]]; !ok && have != nil {
		found = append(found, fmt.Sprintf("no label %q", m[2]))
	}
	for i := range found {
		found[i] = "variable " + v.Name + ": " + found[i]
	}
	return found
}

// repository is where links into the repository lead.
const repository = "https://github.com/quidnunc-news/quidnunc/blob/main/"

// check says where a link leads to nothing.
func (l link) check(root fs.FS, uids map[string]string) string {
	switch {
	case strings.HasPrefix(l.URL, repository):
		path, _, _ := strings.Cut(strings.TrimPrefix(l.URL, repository), "#")
		if _, err := fs.Stat(root, path); err != nil {
			return fmt.Sprintf("the link %s: %v", l.URL, err)
		}
	case strings.HasPrefix(l.URL, "/d/"):
		uid, _, _ := strings.Cut(strings.TrimPrefix(l.URL, "/d/"), "/")
		uid, _, _ = strings.Cut(uid, "?")
		if uids[uid] == "" {
			return fmt.Sprintf("the link %s: no dashboard has this uid", l.URL)
		}
	case strings.HasPrefix(l.URL, "/alerting/"):
	default:
		return fmt.Sprintf("the link %q leads neither into the repository nor to Grafana", l.URL)
	}
	return ""
}

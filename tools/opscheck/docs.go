package main

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ours are the prefixes of the metrics that docs/operations.md lists; what else is exposed comes with the Go client.
var (
	ours    = []string{"quidnunc_", "jetstream_", "gnatsd_"}
	foreign = []string{"go_", "process_", "promhttp_"}
)

// row is a line of the table of metrics: its name, in code, first.
var row = regexp.MustCompile("(?m)^\\| `([a-z_]+)(?:\\{[a-z_,]*\\})?` \\|([^|]*)\\|")

// documented holds the table of metrics in docs/operations.md to what is exposed.
func documented(root fs.FS, e *exposed) (found []string, err error) {
	const file = "docs/operations.md"
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return nil, err
	}
	told := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		if told[m[1]] {
			found = append(found, fmt.Sprintf("%s tells of %s twice", file, m[1]))
		}
		if strings.TrimSpace(m[2]) == "" {
			found = append(found, fmt.Sprintf("%s says nothing of %s", file, m[1]))
		}
		told[m[1]] = true
	}
	has := func(prefixes []string, name string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	for _, name := range slices.Sorted(maps.Keys(e.families)) {
		switch {
		case has(foreign, name):
		case !has(ours, name):
			found = append(found, fmt.Sprintf("%s is exposed under a name that is neither ours nor the Go client's", name))
		case !told[name]:
			found = append(found, fmt.Sprintf("%s does not tell of %s", file, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if !e.families[name] {
			found = append(found, fmt.Sprintf("%s tells of %s, which is not exposed", file, name))
		}
	}
	return found, nil
}

// checkDeploy holds rules, dashboards and docs to what /metrics showed.
func checkDeploy(root fs.FS, dumps ...[]byte) (found []string, err error) {
	e, err := parse(dumps...)
	if err != nil {
		return nil, err
	}
	for _, check := range []func() ([]string, error){
		func() ([]string, error) { return rules(root, "deploy/prometheus", e) },
		func() ([]string, error) { return dashboards(root, "deploy/grafana/dashboards", e) },
		func() ([]string, error) { return documented(root, e) },
	} {
		more, err := check()
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

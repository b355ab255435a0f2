package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
)

var severities = []string{"info", "warning", "critical"}

// rules checks the rule files of a folder, and makes what they record known to e.
func rules(root fs.FS, dir string, e *exposed) (found []string, err error) {
	files, err := fs.Glob(root, dir+"/rules/*.yml")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return []string{dir + "/rules: no rules"}, nil
	}
	tests, err := unitTests(root, dir+"/tests")
	if err != nil {
		return nil, err
	}
	var alerts []string
	for _, file := range files {
		data, err := fs.ReadFile(root, file)
		if err != nil {
			return nil, err
		}
		groups, errs := rulefmt.Parse(data, false, model.UTF8Validation, promql, slog.New(slog.DiscardHandler))
		for _, err := range errs {
			found = append(found, fmt.Sprintf("%s: %v", file, err))
		}
		if len(errs) > 0 {
			continue
		}
		for _, g := range groups.Groups {
			for _, r := range g.Rules {
				name := r.Record + r.Alert
				for _, f := range e.rule(root, r) {
					found = append(found, fmt.Sprintf("%s: %s: %s", file, name, f))
				}
				if r.Alert == "" {
					continue
				}
				if slices.Contains(alerts, r.Alert) {
					found = append(found, fmt.Sprintf("%s: two alerts are named %s", file, r.Alert))
				}
				alerts = append(alerts, r.Alert)
				if !strings.Contains(tests, "alertname: "+r.Alert+"\n") {
					found = append(found, fmt.Sprintf("%s: %s: no unit test", file, r.Alert))
				}
			}
		}
	}
	e.series["ALERTS"]["alertname"] = set(alerts)
	return found, nil
}

func set(of []string) map[string]bool {
	out := map[string]bool{}
	for _, v := range of {
		out[v] = true
	}
	return out
}

// unitTests are the texts of all unit tests.
func unitTests(root fs.FS, dir string) (string, error) {
	files, err := fs.Glob(root, dir+"/*.yml")
	var b strings.Builder
	for _, file := range files {
		data, err := fs.ReadFile(root, file)
		if err != nil {
			return "", err
		}
		b.Write(data)
	}
	return b.String(), err
}

// rule checks a rule. What it records is exposed from then on.
func (e *exposed) rule(root fs.FS, r rulefmt.Rule) (found []string) {
	_, result, found := e.expression(r.Expr)
	for name, value := range r.Labels {
		if result != nil {
			result = result.with(labels{name: {value: true}})
		}
	}
	if r.Record != "" {
		e.series[r.Record] = result.with(ofTarget)
		return found
	}
	if !slices.Contains(severities, r.Labels["severity"]) {
		found = append(found, fmt.Sprintf("severity %q: want one of %s", r.Labels["severity"], strings.Join(severities, ", ")))
	}
	for _, name := range []string{"summary", "description"} {
		text := r.Annotations[name]
		if text == "" {
			found = append(found, "no "+name)
		}
		found = append(found, template(text, templateLabel, result)...)
	}
	return append(found, runbook(root, r)...)
}

var page = regexp.MustCompile(`^docs/runbooks/[a-z0-9-]+\.md$`)

// runbook checks that the page which an alert sends people to is there and is about the alert.
func runbook(root fs.FS, r rulefmt.Rule) []string {
	url := r.Annotations["runbook_url"]
	path, ok := strings.CutPrefix(url, repository)
	if !ok || !page.MatchString(path) {
		return []string{fmt.Sprintf("runbook_url %q: want %sdocs/runbooks/NAME.md", url, repository)}
	}
	text, err := fs.ReadFile(root, path)
	if err != nil {
		return []string{fmt.Sprintf("runbook_url: %v", err)}
	}
	if !strings.Contains(string(text), r.Alert) {
		return []string{fmt.Sprintf("%s does not tell of the alert", path)}
	}
	return nil
}

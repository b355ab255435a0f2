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
	records, alerts, found, err := load(root, dir+"/rules")
	if err != nil {
		return nil, err
	}
	tests, err := unitTests(root, dir+"/tests")
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, r := range append(records, alerts...) { // alerts may ask for what any file records
		for _, f := range e.rule(root, r.Rule) {
			found = append(found, fmt.Sprintf("%s: %s%s: %s", r.file, r.Record, r.Alert, f))
		}
		if r.Alert == "" {
			continue
		}
		if names[r.Alert] {
			found = append(found, fmt.Sprintf("%s: two alerts are named %s", r.file, r.Alert))
		}
		names[r.Alert] = true
		if !strings.Contains(tests, "alertname: "+r.Alert+"\n") {
			found = append(found, fmt.Sprintf("%s: %s: no unit test", r.file, r.Alert))
		}
	}
	e.series["ALERTS"]["alertname"] = names
	return found, nil
}

// told is a rule and the file that tells it.
type told struct {
	file string
	rulefmt.Rule
}

// load reads the rule files of a folder.
func load(root fs.FS, dir string) (records, alerts []told, found []string, err error) {
	files, err := fs.Glob(root, dir+"/*.yml")
	if err != nil {
		return nil, nil, nil, err
	}
	if len(files) == 0 {
		found = append(found, dir+": no rules")
	}
	for _, file := range files {
		data, err := fs.ReadFile(root, file)
		if err != nil {
			return nil, nil, nil, err
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
				if r.Alert == "" {
					records = append(records, told{file, r})
				} else {
					alerts = append(alerts, told{file, r})
				}
			}
		}
	}
	return records, alerts, found, nil
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

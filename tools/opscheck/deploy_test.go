package main

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestWhatIsDeployedFitsWhatIsExposed(t *testing.T) {
	found, err := checkDeploy(os.DirFS("../.."), dumps(t)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// repositoryFiles is a copy of what the checker reads, to plant faults in.
func repositoryFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	root := os.DirFS("../..")
	for _, dir := range []string{"deploy/prometheus", "deploy/grafana", "docs"} {
		err := fs.WalkDir(root, dir, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(root, file)
			out[file] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestPlantedFaultsAreFound(t *testing.T) {
	shown := dumps(t)
	const (
		pipeline = "deploy/grafana/dashboards/pipeline.json"
		news     = "deploy/grafana/dashboards/news.json"
		alerts   = "deploy/prometheus/rules/alerts.yml"
		records  = "deploy/prometheus/rules/recording.yml"
	)
	for name, c := range map[string]struct{ file, old, new, want string }{
		"an expression that does not parse":                 {pipeline, "sum(up{job", "sum((up{job", "does not parse"},
		"a metric nobody exposes":                           {pipeline, "max(quidnunc_dead_letters{", "max(quidnunc_dead_mail{", `no metric "quidnunc_dead_mail"`},
		"a histogram asked for without its suffix":          {news, "quidnunc_seen_to_alert_seconds_bucket", "quidnunc_seen_to_alert_seconds", `no metric "quidnunc_seen_to_alert_seconds"`},
		"a label that the metric has not":                   {news, "sum by (what) (rate(", "sum by (verb) (rate(", `"verb"`},
		"a matcher on a label that is not there":            {pipeline, `receiver=~\"$receiver\"`, `subscriber=~\"$receiver\"`, `no label "subscriber"`},
		"a value that no series has":                        {news, `part=\"begins\"`, `part=\"starts\"`, `no series has part="starts"`},
		"a legend that names a label aggregated away":       {news, `"legendFormat": "{{what}}"`, `"legendFormat": "{{who}}"`, `names the label "who"`},
		"two panels with one id":                            {news, `"id": 3,`, `"id": 2,`, "have one id, 2"},
		"panels that overlap":                               {news, `"x": 4,`, `"x": 2,`, "overlap"},
		"a panel beyond the grid":                           {news, `"w": 16,`, `"w": 30,`, "outside of the grid"},
		"seconds shown as a count":                          {pipeline, `"unit": "s"`, `"unit": "short"`, "measures seconds, but its unit is"},
		"a rate shown as bytes":                             {pipeline, `"unit": "cps"`, `"unit": "bytes"`, "measures a rate, but its unit is"},
		"a unit that Grafana has not":                       {news, `"unit": "cps"`, `"unit": "messages"`, `unit "messages"`},
		"a variable that is not defined":                    {news, `instance=~\"$instance\", what=~\"$what\"`, `instance=~\"$instance\", what=~\"$verb\"`, `no variable "verb"`},
		"a variable of a label that is not there":           {news, "label_values(quidnunc_consumer_events_total, what)", "label_values(quidnunc_consumer_events_total, verb)", `no label "verb"`},
		"a link to a runbook that is not there":             {pipeline, "runbooks/lag.md", "runbooks/lagging.md", "lagging.md"},
		"a link to a dashboard that is not there":           {news, "/d/quidnunc-pipeline", "/d/quidnunc-health", "no dashboard has this uid"},
		"an option that Grafana's panel has not":            {news, `"colorMode": "background"`, `"colourMode": "background"`, "colourMode"},
		"an option of another type":                         {news, `"calcs": [`, `"calcs": 5, "other": [`, "calcs"},
		"a key that Grafana's dashboards have not":          {news, `"graphTooltip": 1`, `"graphTooltips": 1`, "graphTooltips"},
		"a data source by its name":                         {news, `"uid": "${datasource}"`, `"uid": "prometheus"`, `data source "prometheus"`},
		"two dashboards with one uid":                       {news, `"uid": "quidnunc-news"`, `"uid": "quidnunc-pipeline"`, "is that of"},
		"a panel without a description":                     {news, `"description": "Articles stored in the time shown."`, `"description": ""`, "no description"},
		"an alert on a metric nobody exposes":               {alerts, "quidnunc_consumer_lag_messages > 1000", "quidnunc_lag > 1000", `no metric "quidnunc_lag"`},
		"an alert without a runbook":                        {alerts, "docs/runbooks/disk.md", "docs/runbooks/drive.md", "drive.md"},
		"an alert that its runbook does not tell of":        {alerts, "docs/runbooks/disk.md", "docs/runbooks/feeds.md", "does not tell of the alert"},
		"an alert without a unit test":                      {alerts, "- alert: QuidnuncDown\n", "- alert: QuidnuncGone\n", "QuidnuncGone: no unit test"},
		"an alert with a severity of its own":               {alerts, "{severity: critical, component: process}", "{severity: bad, component: process}", `severity "bad"`},
		"a summary that names a label which is not there":   {alerts, "'{{ $labels.instance }} does not answer'", "'{{ $labels.host }} does not answer'", `names the label "host"`},
		"two alerts of one name":                            {alerts, "- alert: QuidnuncDiskFull\n", "- alert: QuidnuncDiskLow\n", "two alerts are named QuidnuncDiskLow"},
		"an unknown key in a rule":                          {alerts, "    for: 1m\n", "    during: 1m\n", "during"},
		"a record of labels that are not there":             {records, "sum by (job, what, standing)", "sum by (job, what, place)", `"place"`},
		"joined series that share no label":                 {records, "- on (job, instance)", "- on (job, shard)", `on names the label "shard"`},
		"a metric that operations.md does not tell of":      {"docs/operations.md", "| `quidnunc_dead_letters` |", "| `quidnunc_letters` |", "does not tell of quidnunc_dead_letters"},
		"a metric that only operations.md knows":            {"docs/operations.md", "| `quidnunc_dead_letters` |", "| `quidnunc_letters` | x |\n| `quidnunc_dead_letters` |", "tells of quidnunc_letters, which is not exposed"},
		"a metric that operations.md has nothing to say of": {"docs/operations.md", "| `quidnunc_dead_letters` |", "| `quidnunc_dead_letters` | |", "says nothing of quidnunc_dead_letters"},
	} {
		t.Run(name, func(t *testing.T) {
			files := repositoryFiles(t)
			before := string(files[c.file].Data)
			after := strings.ReplaceAll(before, c.old, c.new)
			if c.old == `"x": 4,` || strings.HasPrefix(c.old, `"id"`) {
				after = strings.Replace(before, c.old, c.new, 1)
			}
			if before == after {
				t.Fatalf("%s holds no %q to plant a fault in", c.file, c.old)
			}
			files[c.file] = &fstest.MapFile{Data: []byte(after)}
			found, err := checkDeploy(files, shown...)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(found, "\n"), c.want) {
				t.Errorf("not found: %s; but: %q", c.want, found)
			}
		})
	}
}

func TestLicences(t *testing.T) {
	const bill = `{"bomFormat":"CycloneDX","components":[
		{"name":"a","version":"1","licenses":[{"license":{"id":"MIT"}}]},
		{"name":"b","version":"1","licenses":[{"license":{"id":"MIT"}},{"license":{"id":"GPL-3.0"}}]},
		{"name":"c","version":"1"},
		{"name":"d","version":"1","licenses":[{"license":{"id":"Odd"}}]}]}`
	_, found, err := parts([]byte(bill), may("# those\nMIT\nBSD-3-Clause\nd = BSD-3-Clause # by its file\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(found, "\n")
	want := "b 1: licence \"MIT, GPL-3.0\" is not allowed\nc 1: licence \"\" is not allowed"
	if got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
	if _, _, err := parts([]byte(`{"bomFormat":"CycloneDX"}`), nil); err == nil {
		t.Error("a bill of nothing is no error")
	}
}

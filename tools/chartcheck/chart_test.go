package main

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
)

const chartDir = "../../deploy/helm/quidnunc"

func anything([]string) error { return nil }

func TestEveryVariantOfTheChartIsWhole(t *testing.T) {
	for name, values := range variants {
		documents, err := render(chartDir, values)
		if err != nil {
			t.Fatal(name, err)
		}
		if err := checkAll(documents, anything); err != nil {
			t.Error(name, err)
		}
	}
}

// Each of these mistakes must be found.
func TestMistakesInTheChartAreFound(t *testing.T) {
	for name, m := range map[string]struct{ file, old, new string }{
		"a key that is misspelt":              {"roles.yaml", "terminationGracePeriodSeconds", "terminationGracePeriod"},
		"a number where words belong":         {"roles.yaml", "path: /healthz", "path: [1]"},
		"a selector that finds nothing":       {"service.yaml", "app.kubernetes.io/name: quidnunc", "app.kubernetes.io/name: quidnun"},
		"a port that nobody has":              {"service.yaml", "targetPort: metrics", "targetPort: metric"},
		"a volume that is not there":          {"roles.yaml", "{name: rules, mountPath", "{name: rule, mountPath"},
		"a ConfigMap that is not there":       {"roles.yaml", `include "quidnunc.name" $ }}-rules`, `include "quidnunc.name" $ }}-rule`},
		"a variable that is not there":        {"roles.yaml", "$(BROKER)", "$(BROKERS)"},
		"a container that may be root":        {"_helpers.tpl", "runAsNonRoot: true", "runAsNonRoot: false"},
		"a scaled deployment that is not one": {"autoscaling.yaml", "-produce\n  minReplicaCount", "-produces\n  minReplicaCount"},
		"a value that is not there":           {"roles.yaml", "$r.replicas", "$r.replica.count"},
		"a kind that nobody knows":            {"service.yaml", "kind: Service\n", "kind: Servce\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := loader.Load(chartDir)
			if err != nil {
				t.Fatal(err)
			}
			changed := false
			for _, f := range c.Templates {
				if strings.HasSuffix(f.Name, "/"+m.file) && strings.Contains(string(f.Data), m.old) {
					f.Data, changed = []byte(strings.ReplaceAll(string(f.Data), m.old, m.new)), true
				}
			}
			if !changed {
				t.Fatalf("%s does not hold %q", m.file, m.old)
			}
			documents, err := renderChart(c, variants["with everything"])
			if err == nil {
				err = checkAll(documents, anything)
			}
			if err == nil {
				t.Error("not found")
			}
		})
	}
}

package main

import (
	"errors"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	schema "github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// left is what the schema calls fields that a dashboard does not have and that Grafana fills with their defaults.
const left = "required field is missing from input"

// schemaFaults reads a dashboard by Grafana's own types, those of its panels and queries too: a key that Grafana does not
// know, or a value of another type, is ignored there without a word.
func schemaFaults(data []byte) (found []string) {
	plugins.RegisterDefaultPlugins()
	var d schema.Dashboard //nolint:staticcheck // of the classic model: what any Grafana imports from a file
	err := d.UnmarshalJSONStrict(data)
	var all cog.BuildErrors
	if err != nil && !errors.As(err, &all) {
		return []string{fmt.Sprintf("Grafana's schema: %v", err)}
	}
	for _, e := range all {
		if e.Message != left {
			found = append(found, fmt.Sprintf("Grafana's schema: %v", e))
		}
	}
	return found
}

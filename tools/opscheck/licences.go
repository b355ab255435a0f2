package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// licences checks that each part of a bill of materials has a licence, that all of them are allowed, and that the list
// names them all: it is written anew where write is set.
func licences(sbom, allowed, list string, write bool) (found []string, err error) {
	data, err := os.ReadFile(sbom)
	if err != nil {
		return nil, err
	}
	policy, err := os.ReadFile(allowed)
	if err != nil {
		return nil, err
	}
	all, found, err := parts(data, may(string(policy)))
	if err != nil {
		return nil, err
	}
	now := strings.Join(all, "\n") + "\n"
	if write {
		return found, os.WriteFile(list, []byte(now), 0o644)
	}
	before, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	if now != string(before) {
		found = append(found, list+" is not what the bill of materials says: make licences")
	}
	return found, nil
}

// may reads the list of what is allowed: a licence a line, or a part, an equals sign and the licence that it has where
// the detector is wrong; # begins a remark.
func may(list string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(list) {
		line, _, _ = strings.Cut(line, "#")
		if part, licence, ok := strings.Cut(line, "="); ok {
			out[strings.TrimSpace(part)] = strings.TrimSpace(licence)
		} else if line = strings.TrimSpace(line); line != "" {
			out[line] = line
		}
	}
	return out
}

// parts lists the parts of a bill of materials with their licences, and says which are not allowed.
func parts(sbom []byte, allowed map[string]string) (all, found []string, err error) {
	var bill struct {
		BOMFormat  string `json:"bomFormat"`
		Components []struct {
			Name, Version string
			Licenses      []struct {
				License struct{ ID, Name string } `json:"license"`
			} `json:"licenses"`
		} `json:"components"`
	}
	if err := json.Unmarshal(sbom, &bill); err != nil {
		return nil, nil, fmt.Errorf("bill of materials: %w", err)
	}
	if bill.BOMFormat != "CycloneDX" || len(bill.Components) == 0 {
		return nil, nil, fmt.Errorf("bill of materials: %q with %d parts", bill.BOMFormat, len(bill.Components))
	}
	for _, c := range bill.Components {
		var of []string
		for _, l := range c.Licenses {
			of = append(of, l.License.ID+l.License.Name)
		}
		if is := allowed[c.Name]; is != "" {
			of = []string{is}
		}
		all = append(all, c.Name+" "+strings.Join(of, " "))
		bad := slices.DeleteFunc(slices.Clone(of), func(l string) bool { return allowed[l] != "" })
		if len(of) == 0 || len(bad) > 0 {
			found = append(found, fmt.Sprintf("%s %s: licence %q is not allowed", c.Name, c.Version, strings.Join(of, ", ")))
		}
	}
	slices.Sort(all)
	return all, found, nil
}

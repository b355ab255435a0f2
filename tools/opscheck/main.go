// Command opscheck holds what lies under deploy/ and docs/ to what a running instance really shows.
//
//	opscheck deploy -metrics URL-or-file… [-root ../..]     dashboards, rules and docs/operations.md against /metrics
//	opscheck licences -sbom FILE -allowed FILE -list FILE   the licences of all parts against those that are allowed, and the list
//
// It prints a line a finding and ends with 1 where there is one.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	found, err := run(os.Args[1:])
	for _, f := range found {
		fmt.Println(f)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "opscheck:", err)
		os.Exit(2)
	case len(found) > 0:
		fmt.Fprintf(os.Stderr, "opscheck: %d findings\n", len(found))
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: opscheck deploy -metrics URL-or-file [-root DIR] | opscheck licences -sbom FILE -allowed FILE -list FILE [-write]")

func run(args []string) (found []string, err error) {
	if len(args) == 0 {
		return nil, errUsage
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	switch args[0] {
	case "deploy":
		var metrics []string
		f.Func("metrics", "address or file of a running instance's /metrics; may be repeated", func(s string) error {
			metrics = append(metrics, s)
			return nil
		})
		root := f.String("root", "../..", "the repository")
		if err := f.Parse(args[1:]); err != nil {
			return nil, err
		}
		if len(metrics) == 0 {
			return nil, errUsage
		}
		var dumps [][]byte
		for _, from := range metrics {
			dump, err := read(from)
			if err != nil {
				return nil, err
			}
			dumps = append(dumps, dump)
		}
		return checkDeploy(os.DirFS(*root), dumps...)
	case "licences":
		sbom := f.String("sbom", "", "bill of materials, CycloneDX JSON")
		allowed := f.String("allowed", "", "which licences are")
		list := f.String("list", "", "the list of all parts and their licences")
		write := f.Bool("write", false, "write the list rather than compare it")
		if err := f.Parse(args[1:]); err != nil {
			return nil, err
		}
		return licences(*sbom, *allowed, *list, *write)
	}
	return nil, errUsage
}

// read gets a dump of /metrics.
func read(from string) ([]byte, error) {
	if !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://") {
		return os.ReadFile(from)
	}
	client := http.Client{Timeout: 20 * time.Second}
	r, err := client.Get(from)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close() //nolint:errcheck // it was read
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d", from, r.StatusCode)
	}
	return io.ReadAll(r.Body)
}

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
)

// version is set by the release build: -ldflags "-X main.version=1.2.3".
var version = "dev"

func buildInfo() telemetry.BuildInfo {
	b := telemetry.BuildInfo{Version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		}
	}
	return b
}

func newVersion(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is, with the coder and the machine in it",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := buildInfo()
			fmt.Fprintf(std.out, "quidnunc %s %s\n", b.Version, nameOr(b.Revision, "(no revision recorded)"))
			fmt.Fprintf(std.out, "coder    %s\n", newCoder().Name())
			fmt.Fprintf(std.out, "machine  step version %d\n", machineVersion)
			fmt.Fprintf(std.out, "go       %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

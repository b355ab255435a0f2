package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// checkCompose loads a Compose file by its specification, with the passwords of the example, and looks whether images are pinned,
// mounted files are there, and our services' commands are ones that the program takes.
func checkCompose(file string, takes program) (services int, err error) {
	dir := filepath.Dir(file)
	options, err := cli.NewProjectOptions([]string{file}, cli.WithWorkingDirectory(dir), cli.WithEnvFiles(filepath.Join(dir, ".env.example")), cli.WithDotEnv)
	if err != nil {
		return 0, fmt.Errorf("compose: %w", err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return 0, fmt.Errorf("compose: %w", err)
	}
	var faults []error
	for name, s := range project.Services {
		if err := checkService(s, dir, takes); err != nil {
			faults = append(faults, fmt.Errorf("compose: %s: %w", name, err))
		}
	}
	return len(project.Services), errors.Join(faults...)
}

func checkService(s types.ServiceConfig, dir string, takes program) error {
	var faults []error
	if s.Image == "quidnunc" {
		if err := takes(s.Command); err != nil {
			faults = append(faults, err)
		}
	} else if _, tag, ok := strings.Cut(s.Image, ":"); !ok || tag == "latest" {
		faults = append(faults, fmt.Errorf("the image %s is not pinned to a version", s.Image))
	}
	if s.Build != nil {
		if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
			faults = append(faults, err)
		}
	}
	for _, v := range s.Volumes {
		if v.Type != types.VolumeTypeBind || strings.HasPrefix(v.Source, filepath.Join(absolute(dir), "certificates")) {
			continue // certificates are made before the first start
		}
		if _, err := os.Stat(v.Source); err != nil {
			faults = append(faults, fmt.Errorf("mounts what is not there: %w", err))
		}
	}
	return errors.Join(faults...)
}

func absolute(dir string) string {
	all, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return all
}

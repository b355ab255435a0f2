// Chartcheck renders deploy/helm/quidnunc with Helm's own engine and reads deploy/compose with Compose's own loader, and holds
// what comes out to the schemas of Kubernetes and to what the program really takes.
//
//	go run . -chart DIR -compose FILE -program BINARY
//
// With -server it also asks an API server, which has a namespace named news, whether it would take what was rendered.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	chart := flag.String("chart", "../../deploy/helm/quidnunc", "the chart")
	compose := flag.String("compose", "../../deploy/compose/compose.yaml", "the Compose file")
	binary := flag.String("program", "", "a built quidnunc, which is asked for its flags")
	at := flag.String("server", "", "the address of an API server of Kubernetes to ask, too; nothing is kept there")
	token := flag.String("token", "", "what it knows us by")
	flag.Parse()
	takes := asked(*binary)
	var faults []error
	for name, values := range variants {
		documents, err := render(*chart, values)
		if err == nil {
			err = checkAll(documents, takes)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("values %s: %w", name, err))
			continue
		}
		fmt.Printf("chart, %s: %d objects\n", name, len(documents))
		if *at == "" {
			continue
		}
		if err := newServer(*at, *token).offer(name, documents); err != nil {
			faults = append(faults, fmt.Errorf("values %s: %w", name, err))
		}
	}
	services, err := checkCompose(*compose, takes)
	if err != nil {
		faults = append(faults, err)
	}
	fmt.Printf("compose: %d services\n", services)
	if err := errors.Join(faults...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// program tells whether a command line is one that the program takes.
type program func(args []string) error

// asked asks a built program.
func asked(binary string) program {
	return func(args []string) error {
		var command, flags []string
		for i := 0; i < len(args); i++ {
			if !strings.HasPrefix(args[i], "-") {
				command = append(command, args[i])
				continue
			}
			name, _, whole := strings.Cut(args[i], "=")
			flags = append(flags, name)
			if !whole && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
				i++ // its value
			}
		}
		help, err := exec.Command(binary, append(command, "--help")...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s is no command: %s", strings.Join(command, " "), help)
		}
		if want := "quidnunc " + strings.Join(command, " "); !strings.Contains(string(help), want) {
			return fmt.Errorf("%q is no command of the program", want)
		}
		for _, f := range flags {
			if !strings.Contains(string(help), " "+f+" ") {
				return fmt.Errorf("%s does not take %s", strings.Join(command, " "), f)
			}
		}
		return nil
	}
}

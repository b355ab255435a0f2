package main

import (
	"github.com/spf13/cobra"
)

// valuesOf are the flags that take one of a few words; their names mean the same in every command.
var valuesOf = map[string][]string{
	"color":   {"auto", "always", "never"},
	"lang":    {"en", "fr"},
	"order":   {"log", "published"},
	"speed":   {"max", "1", "60", "3600"},
	"log":     {"debug", "info", "warn", "error"},
	"streams": {"manage", "check"},
}

// completeFlags lets a shell complete the values of flags in c and all commands under it.
func completeFlags(c *cobra.Command) error {
	for name, values := range valuesOf {
		if c.Flags().Lookup(name) == nil {
			continue
		}
		if err := c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			return err
		}
	}
	for _, sub := range c.Commands() {
		if err := completeFlags(sub); err != nil {
			return err
		}
	}
	return nil
}

// newHelp is cobra's help command, but for a topic that does not exist: that is an error, as it is everywhere else.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			at, _, err := root.Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, sub := range at.Commands() {
				if sub.IsAvailableCommand() {
					names = append(names, sub.Name()+"\t"+sub.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			at, rest, err := root.Find(args)
			if err != nil {
				return usagef("%w\nTry '%s --help'.", err, root.CommandPath())
			}
			if len(rest) > 0 {
				if at.HasSubCommands() {
					return at.RunE(at, rest) // says that there is none of that name
				}
				return usagef("%q has no command %q under it.\nTry '%s --help'.", at.CommandPath(), rest[0], at.CommandPath())
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}

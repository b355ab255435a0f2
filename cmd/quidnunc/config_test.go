package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func readFile(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAConfigurationThatCannotWorkStartsNothing(t *testing.T) {
	good := "rules:\n- name: one\n  query: 'what:SANCTION'\n"
	for name, c := range map[string]struct {
		config, rules string
		want          []string
	}{
		"an unknown key": {
			"data: data\nsuorces:\n- archive: [a.txt]\nrules: [rules.yaml]\n", good, []string{"quidnunc.yaml:2:1", `"suorces"`, `did you mean "sources"?`},
		},
		"an unknown key further in": {
			"sources:\n- archvie: [a.txt]\nrules: [rules.yaml]\n", good, []string{"quidnunc.yaml:2:3", `did you mean "archive"?`},
		},
		"a bad duration": {
			"nats:\n  dedup_window: soon\nsources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", good, []string{"quidnunc.yaml:2:17", `"soon" is no duration`, "15m"},
		},
		"a feed that is no address":  {"sources:\n- feed: file:///etc/passwd\nrules: [rules.yaml]\n", good, []string{"sources[0]", "no http address"}},
		"a feed that is an archive":  {"sources:\n- feed: https://a.example/\n  archive: [a.txt]\nrules: [rules.yaml]\n", good, []string{"sources[0]", "only one of"}},
		"an identity nobody knows":   {"sources:\n- feed: https://a.example/\n  identity: url\nrules: [rules.yaml]\n", good, []string{"identity", "guid+link"}},
		"a misspelt key of a feed":   {"sources:\n- feeed: https://a.example/\nrules: [rules.yaml]\n", good, []string{`did you mean "feed"?`}},
		"a list of feeds not there":  {"sources:\n- opml: none.opml\nrules: [rules.yaml]\n", good, []string{"none.opml", "no such file"}},
		"a range that is no address": {"feeds: {allow: [intranet]}\nsources:\n- feed: https://a.example/\nrules: [rules.yaml]\n", good, []string{"allow", "10.1.0.0/16"}},
		"no YAML at all":             {"data: [\n", good, []string{"quidnunc.yaml:2:1"}},
		"an empty file":              {"", good, []string{"quidnunc.yaml", "empty"}},
		"no sources":                 {"rules: [rules.yaml]\n", good, []string{"quidnunc.yaml", "sources: none"}},
		"no rules":                   {"sources:\n- archive: [a.txt]\n", good, []string{"quidnunc.yaml", "rules: none"}},
		"a source not there":         {"sources:\n- archive: [missing.txt]\nrules: [rules.yaml]\n", good, []string{"quidnunc.yaml:2:13", "missing.txt", "no such file"}},
		"a rule file missing":        {"sources:\n- archive: [a.txt]\nrules: [other.yaml]\n", good, []string{"quidnunc.yaml:3:9", "other.yaml"}},
		"a port that is none":        {"nats: {port: 70000}\nsources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", good, []string{"port 70000"}},
		"a metrics address that is none": {
			"metrics: {listen: here}\nsources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", good, []string{`"here"`, "host:port"},
		},
		"a dedup window below zero": {"nats: {dedup_window: -5s}\nsources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", good, []string{"dedup window"}},
		"credentials for no server": {"nats: {creds: x}\nsources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", good, []string{"credentials", "--nats"}},

		"a query with an error": {
			"sources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", "rules:\n- name: one\n  query: 'what:SANCTION AND ('\n", []string{"rules.yaml:3", "^"},
		},
		"a field nobody knows": {
			"sources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", "rules:\n- name: one\n  query: 'waht:SANCTION'\n", []string{"rules.yaml:3", "waht", "what"},
		},
		"a receiver nobody knows": {
			"sources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", "rules:\n- name: one\n  query: 'what:SANCTION'\n  to: [desk]\n", []string{"desk"},
		},
		"a receiver of no kind": {
			"sources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", "rules:\n- name: one\n  query: 'what:SANCTION'\nreceivers:\n- name: desk\n", []string{"rules.yaml:5", "needs one kind"},
		},
		"a message that cannot be made": {
			"sources:\n- archive: [a.txt]\nrules: [rules.yaml]\n", "rules:\n- name: one\n  query: 'what:SANCTION'\nreceivers:\n- {name: desk, ntfy: {url: 'https://ntfy.example/a'}, text: '{{.Nobody}}'}\n", []string{"receiver desk", "Nobody"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "a.txt", " date 2021-10 La Russie suspend sa mission auprès de l’OTAN.\n")
			write(t, dir, "rules.yaml", c.rules)
			file := write(t, dir, "quidnunc.yaml", c.config)
			data := filepath.Join(dir, "data")
			r := quidnunc(t, "run", "--once", "--config", file, "--data", data)
			if r.code != exitUsage {
				t.Errorf("exit code %d, want %d\n%s", r.code, exitUsage, r.out)
			}
			for _, want := range c.want {
				if !strings.Contains(r.err, want) {
					t.Errorf("the message lacks %q:\n%s", want, r.err)
				}
			}
			if _, err := os.Stat(data); !os.IsNotExist(err) {
				t.Error("a data directory was made all the same")
			}
		})
	}
}

func TestAWrongCommandLineSaysWhatToDo(t *testing.T) {
	for name, args := range map[string][]string{
		"an unknown flag": {"run", "--onec"}, "an unknown command": {"rnu"}, "a file too few": {"code"},
		"a time zone nobody knows": {"run", "--once", "--tz", "Mars/Olympus"}, "a colour that is none": {"tail", "--color", "blue"},
		"a file that is not there": {"code", "missing.txt"}, "a subject nobody may hear": {"tail", "log.>"},
		"a grace below zero": {"run", "--once", "--grace=-1s"}, "a prefix that is none": {"run", "--once", "--prefix", "a b.>"},
	} {
		r := quidnunc(t, args...)
		if r.code != exitUsage || r.err == "" {
			t.Errorf("%s: exit code %d, want %d\n%s", name, r.code, exitUsage, r.err)
		}
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	r := quidnunc(t, "--help")
	for _, c := range []string{"run", "produce", "consume", "code", "tail", "status", "verify", "dead", "rules", "streams", "version", "completion"} {
		if !strings.Contains(r.out, "\n  "+c+" ") {
			t.Errorf("--help does not name %s", c)
		}
	}
}

func TestHelpForACommandThatDoesNotExistIsAnError(t *testing.T) {
	for topic, want := range map[string]string{
		"nosuch": "unknown command \"nosuch\"", "rules nosuch": "unknown command \"nosuch\" for \"quidnunc rules\"",
		"run once": "has no command \"once\" under it",
	} {
		r := quidnunc(t, append([]string{"help"}, strings.Fields(topic)...)...)
		if r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("help %s: exit code %d\n%s", topic, r.code, r.err)
		}
	}
	if r := quidnunc(t, "help", "rules", "check"); r.code != exitOK || !strings.Contains(r.out, "quidnunc rules check") {
		t.Errorf("help rules check: exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestShellsCompleteTheValuesOfFlags(t *testing.T) {
	for line, want := range map[string]string{
		"run --log ": "debug info warn error", "consume --streams ": "manage check", "tail --color ": "auto always never", "parse --lang ": "en fr",
	} {
		args := append([]string{"__complete"}, strings.Fields(line)...)
		r := quidnunc(t, append(args, "")...)
		got, _, _ := strings.Cut(r.out, "\n:")
		if got := strings.Join(strings.Fields(got), " "); got != want {
			t.Errorf("%s: completes %q, want %q", line, got, want)
		}
	}
	if r := quidnunc(t, "__complete", "help", "rul"); !strings.HasPrefix(r.out, "rules\t") && !strings.Contains(r.out, "\nrules\t") {
		t.Errorf("help rul: completes\n%s", r.out)
	}
}

// The URL of a server may hold a password: it can be kept from the command line, and help does not show it.
func TestTheServerIsNamedInTheEnvironment(t *testing.T) {
	t.Setenv("QUIDNUNC_NATS", "nats://reader:hidden@127.0.0.1:1")
	if r := quidnunc(t, "status"); r.code != exitFailure || !strings.Contains(r.err, "127.0.0.1:1") || strings.Contains(r.err, "hidden") {
		t.Errorf("status: exit code %d\n%s", r.code, r.err)
	}
	if r := quidnunc(t, "status", "--help"); strings.Contains(r.out+r.err, "hidden") {
		t.Errorf("help shows the password:\n%s", r.out)
	}
	if r := quidnunc(t, "status", "--nats", "nats://127.0.0.1:2"); !strings.Contains(r.err, "127.0.0.1:2") {
		t.Errorf("the flag is not heard:\n%s", r.err)
	}
}

// A command asks of the configuration what it works with: a consumer no sources, a producer no rules.
func TestAConfigurationHoldsWhatACommandNeeds(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.txt", " date 2021-10 La Russie suspend sa mission auprès de l’OTAN.\n")
	write(t, dir, "rules.yaml", "rules:\n- {name: one, query: 'what:SANCTION'}\n")
	consumes := write(t, dir, "consumes.yaml", "data: data\nrules: [rules.yaml]\n")
	produces := write(t, dir, "produces.yaml", "data: data\nsources:\n- archive: [a.txt]\n")
	for _, c := range []struct {
		file string
		need need
		want string
	}{
		{consumes, need{rules: true}, ""},
		{produces, need{sources: true}, ""},
		{consumes, need{rules: true, sources: true}, "consumes.yaml: sources: none"},
		{produces, need{rules: true, sources: true}, "produces.yaml: rules: none"},
	} {
		var s settings
		s.flags(pflag.NewFlagSet("", pflag.ContinueOnError)) // which sets what nobody gives
		s.config = c.file
		p, err := s.plan(streams{out: io.Discard, err: io.Discard}, c.need)
		if err == nil {
			p.end()
		}
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %+v: error %v, want %q", filepath.Base(c.file), c.need, err, c.want)
		}
	}
}

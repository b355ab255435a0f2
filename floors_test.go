// Package quidnunc_test guards the floor plan of the house: see ARCHITECTURE.md.
package quidnunc_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/quidnunc-news/quidnunc"

// room is what the floor plan says of a package.
type room struct {
	floor int
	pure  bool // it only computes: it asks no clock, no file, no network, and writes no log
}

// The floor plan. A new room gets its line here and its sentence in ARCHITECTURE.md.
var rooms = map[string]room{
	"cmd/quidnunc":        {floor: 3},
	"cmd/quidnunc/sample": {floor: 3, pure: true},
	"cmd/train":           {floor: 3},

	"producer":               {floor: 2},
	"producer/archive":       {floor: 2},
	"producer/coder":         {floor: 2, pure: true},
	"producer/feed":          {floor: 2, pure: true},
	"producer/fetch":         {floor: 2},
	"producer/poll":          {floor: 2},
	"producer/lexicon":       {floor: 2, pure: true},
	"producer/archive/gdelt": {floor: 2, pure: true},
	"producer/archive/warc":  {floor: 2, pure: true},
	"producer/extract":       {floor: 2, pure: true},
	"producer/push":          {floor: 2},
	"producer/sketch":        {floor: 2, pure: true},
	"producer/syntax":        {floor: 2, pure: true},

	"producer/syntax/conllu": {floor: 2, pure: true},

	"consumer":          {floor: 2},
	"consumer/courier":  {floor: 2},
	"consumer/cow":      {floor: 2, pure: true},
	"consumer/dataset":  {floor: 2, pure: true},
	"consumer/desk":     {floor: 2},
	"consumer/lint":     {floor: 2, pure: true},
	"consumer/machine":  {floor: 2, pure: true},
	"consumer/match":    {floor: 2, pure: true},
	"consumer/notify":   {floor: 2},
	"consumer/past":     {floor: 2, pure: true},
	"consumer/replay":   {floor: 2},
	"consumer/rule":     {floor: 2, pure: true},
	"consumer/rulebook": {floor: 2},
	"consumer/segment":  {floor: 2},
	"consumer/snapshot": {floor: 2, pure: true},
	"consumer/story":    {floor: 2, pure: true},
	"consumer/trial":    {floor: 2, pure: true},
	"consumer/window":   {floor: 2, pure: true},

	"consumer/replay/diff":   {floor: 2},
	"consumer/past/copies":   {floor: 2, pure: true},
	"consumer/past/shelf":    {floor: 2},
	"consumer/replay/invent": {floor: 2, pure: true},

	"pipeline":           {floor: 1, pure: true},
	"pipeline/atlas":     {floor: 1, pure: true},
	"pipeline/cameo":     {floor: 1, pure: true},
	"pipeline/gazetteer": {floor: 1, pure: true},
	"pipeline/news":      {floor: 1, pure: true},
	"pipeline/pages":     {floor: 1, pure: true},
	"pipeline/plover":    {floor: 1, pure: true},
	"pipeline/stream":    {floor: 1},
	"pipeline/telemetry": {floor: 1},
	"pipeline/text":      {floor: 1, pure: true},
	"pipeline/wire":      {floor: 1, pure: true},
}

// natsRoom is the only room that knows NATS.
const natsRoom = "pipeline/stream"

// impure are the packages whose import says that a room waits, writes or looks outside.
// A package below one of them is one of them, unless it is harmless.
var (
	impure   = []string{"os", "net", "log", "syscall", "math/rand", "crypto/rand", "io/ioutil"}
	harmless = []string{"net/url", "net/netip", "net/mail"}
)

// hints may be given to the system by a pure room: they change how fast it computes, never what.
var hints = map[string]string{"pipeline/pages": "syscall"}

func TestTheHouseStandsOnItsFloors(t *testing.T) {
	for _, v := range violations(os.DirFS("."), rooms) {
		t.Error(v)
	}
}

// violations lists, in order, what in fsys breaks the plan.
func violations(fsys fs.FS, plan map[string]room) []string {
	var out []string
	found := map[string]bool{}
	err := fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(name, ".") || name == "testdata" || nested(fsys, file)):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		dir := path.Dir(file)
		found[dir] = true
		r, ok := plan[dir]
		if !ok {
			out = append(out, fmt.Sprintf("%s: the room %s has no floor in floors_test.go", file, dir))
			return nil
		}
		broken, err := inFile(fsys, file, dir, r, plan)
		out = append(out, broken...)
		return err
	})
	if err != nil {
		out = append(out, err.Error())
	}
	for dir := range plan {
		if !found[dir] {
			out = append(out, fmt.Sprintf("%s: on the floor plan, but not in the house", dir))
		}
	}
	slices.Sort(out)
	return out
}

// nested tells whether dir is a module of its own.
func nested(fsys fs.FS, dir string) bool {
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	return err == nil
}

func inFile(fsys fs.FS, file, dir string, r room, plan map[string]room) ([]string, error) {
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	if generator(parsed) {
		return nil, nil
	}
	var out []string
	say := func(pos token.Pos, format string, args ...any) {
		out = append(out, fmt.Sprintf("%s: %s", set.Position(pos), fmt.Sprintf(format, args...)))
	}
	clock := ""
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if imported == "time" {
			clock = "time"
			if spec.Name != nil {
				clock = spec.Name.Name
			}
			if clock == "." && r.pure {
				say(spec.Pos(), "the pure room %s asks the clock by a dot import of time", dir)
			}
		}
		if why := forbidden(dir, imported, r, plan); why != "" {
			say(spec.Pos(), "%s", why)
		}
	}
	if r.pure && clock != "" {
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == clock && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}, s.Sel.Name) {
					say(s.Pos(), "the pure room %s asks the clock: %s.%s", dir, clock, s.Sel.Name)
				}
			}
			return true
		})
	}
	return out, nil
}

// generator tells whether a file is a program of its own that only lies in the room, run by hand to write its data.
func generator(f *ast.File) bool {
	for _, c := range f.Comments {
		if c.Pos() < f.Package && strings.HasPrefix(c.List[0].Text, "//go:build ignore") {
			return true
		}
	}
	return false
}

// forbidden tells why the room dir must not import a package; "" if it may.
func forbidden(dir, imported string, r room, plan map[string]room) string {
	if strings.Contains(imported, "/nats-io/") || strings.Contains(imported, "/synadia-io/") {
		if dir != natsRoom {
			return fmt.Sprintf("%s imports %s: only %s knows NATS", dir, imported, natsRoom)
		}
		return ""
	}
	if r.pure && !slices.Contains(harmless, imported) && hints[dir] != imported && slices.ContainsFunc(impure, func(p string) bool {
		return imported == p || strings.HasPrefix(imported, p+"/")
	}) {
		return fmt.Sprintf("the pure room %s imports %s", dir, imported)
	}
	other, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		return ""
	}
	o, ok := plan[other]
	switch {
	case !ok:
		return fmt.Sprintf("%s imports %s, which has no floor", dir, other)
	case o.floor > r.floor:
		return fmt.Sprintf("%s (floor %d) imports %s (floor %d): imports go down", dir, r.floor, other, o.floor)
	case o.floor == 2 && r.floor == 2 && wing(dir) != wing(other):
		return fmt.Sprintf("%s imports %s: the wings never import each other", dir, other)
	case r.pure && !o.pure:
		return fmt.Sprintf("the pure room %s imports %s, which is not pure", dir, other)
	case o.floor == 3 && !strings.HasPrefix(other, dir+"/"):
		return fmt.Sprintf("%s imports %s: nobody imports a program", dir, other)
	}
	return ""
}

func wing(dir string) string {
	w, _, _ := strings.Cut(dir, "/")
	return w
}

// The test of the test: each planted violation is found, and a clean house has none.
func TestPlantedViolationsAreFound(t *testing.T) {
	plan := map[string]room{
		"cmd/q": {floor: 3}, "producer/a": {floor: 2}, "consumer/b": {floor: 2}, "pipeline/p": {floor: 1, pure: true},
		"pipeline/stream": {floor: 1}, "cmd/r": {floor: 3},
	}
	clean := map[string]string{
		"cmd/q":           `import ( _ "os"; _ "` + module + `/producer/a"; _ "` + module + `/consumer/b" )`,
		"producer/a":      `import _ "` + module + `/pipeline/p"`,
		"consumer/b":      `import _ "` + module + `/pipeline/stream"`,
		"pipeline/p":      `import "time"; var _ time.Time`,
		"pipeline/stream": `import ( _ "os"; _ "github.com/nats-io/nats.go" )`,
		"cmd/r":           `import _ "os"`,
	}
	house := func(changes map[string]string) fstest.MapFS {
		fsys := fstest.MapFS{}
		for dir, body := range clean {
			if changed, ok := changes[dir]; ok {
				body = changed
			}
			if body != "" {
				fsys[dir+"/x.go"] = &fstest.MapFile{Data: []byte("package x\n" + body + "\n")}
			}
		}
		for dir, body := range changes {
			if _, ok := clean[dir]; !ok {
				fsys[dir+"/x.go"] = &fstest.MapFile{Data: []byte("package x\n" + body + "\n")}
			}
		}
		return fsys
	}
	for name, c := range map[string]struct {
		dir, body, want string
	}{
		"a clean house":                        {"", "", ""},
		"an import that goes up":               {"pipeline/p", `import _ "` + module + `/producer/a"`, "imports go down"},
		"an import across the wings":           {"producer/a", `import _ "` + module + `/consumer/b"`, "the wings never import each other"},
		"an import of a program":               {"producer/a", `import _ "` + module + `/cmd/q"`, "imports go down"},
		"NATS outside its room":                {"consumer/b", `import _ "github.com/nats-io/nats.go"`, "only pipeline/stream knows NATS"},
		"its batches outside its room":         {"consumer/b", `import _ "github.com/synadia-io/orbit.go/jetstreamext"`, "only pipeline/stream knows NATS"},
		"os in a pure room":                    {"pipeline/p", `import _ "os"`, "pure room pipeline/p imports os"},
		"net/http in a pure room":              {"pipeline/p", `import _ "net/http"`, "pure room pipeline/p imports net/http"},
		"log/slog in a pure room":              {"pipeline/p", `import _ "log/slog"`, "pure room pipeline/p imports log/slog"},
		"the clock in a pure room":             {"pipeline/p", `import "time"; var _ = time.Now()`, "asks the clock"},
		"the renamed clock in a pure room":     {"pipeline/p", `import t "time"; var _ = t.Now()`, "asks the clock"},
		"the dotted clock in a pure room":      {"pipeline/p", `import . "time"; var _ = Now()`, "dot import"},
		"a timer in a pure room":               {"pipeline/p", `import "time"; var _ = time.AfterFunc(0, nil)`, "asks the clock"},
		"a package below net in a pure room":   {"pipeline/p", `import _ "net/smtp"`, "imports net/smtp"},
		"randomness in a pure room":            {"pipeline/p", `import _ "math/rand/v2"`, "imports math/rand/v2"},
		"a program that imports another":       {"cmd/r", `import _ "` + module + `/cmd/q"`, "nobody imports a program"},
		"a pure room on one that is not":       {"pipeline/p", `import _ "` + module + `/pipeline/stream"`, "which is not pure"},
		"a room without a floor":               {"pipeline/q", `var _ = 1`, "has no floor"},
		"a room that is planned but not there": {"pipeline/p", "", "not in the house"},
		"a tag that is no build constraint":    {"pipeline/p", "import _ \"os\" //go:build ignore", "imports os"},
	} {
		changes := map[string]string{}
		if c.dir != "" {
			changes[c.dir] = c.body
		}
		got := violations(house(changes), plan)
		if c.want == "" {
			generating := house(changes)
			generating["pipeline/p/gen.go"] = &fstest.MapFile{Data: []byte("//go:build ignore\n\npackage main\nimport _ \"os\"\n")}
			got = append(got, violations(generating, plan)...)
			if len(got) > 0 {
				t.Errorf("%s: found %q", name, got)
			}
			continue
		}
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.want) }) {
			t.Errorf("%s: found %q, want one with %q", name, got, c.want)
		}
	}
}

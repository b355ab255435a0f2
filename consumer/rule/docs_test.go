package rule_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

func page(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every query that the reference shows parses and means something, and it names every field.
func TestTheReferenceIsTrue(t *testing.T) {
	reference, _, _ := strings.Cut(page(t, "rules.md"), "\n## Tests\n") // behind it are YAML and other languages
	before, when, _ := strings.Cut(reference, "\n## When\n")            // what stands there is YAML: consumer/rulebook tries it
	_, after, _ := strings.Cut(when, "\n## ")
	reference = before + after
	tried := 0
	for line := range strings.Lines(reference) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.Contains(line, "an error") {
			continue
		}
		for _, cell := range cells[1:] {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
				if _, ok := rule.FieldNamed(m[1]); ok || m[1] == "AND" || m[1] == "?" || strings.Contains(m[1], "field") {
					continue
				}
				x, err := rule.Parse(m[1])
				if err == nil {
					err = rule.Validate(x, gazetteer.Default())
				}
				if err != nil {
					t.Errorf("%s", rule.Caret(m[1], err))
				}
				tried++
			}
		}
	}
	if tried < 35 {
		t.Errorf("only %d queries were found", tried)
	}
	for _, f := range rule.Fields() {
		if !strings.Contains(reference, "`"+f.Name+"`") {
			t.Errorf("the reference does not name %s", f.Name)
		}
	}
}

func TestTheSchemaKnowsEveryValue(t *testing.T) {
	var schema struct {
		Defs struct {
			Rule struct {
				Properties struct {
					Severity struct{ Enum []news.Severity }
					State    struct{ Enum []rule.State }
					When     struct {
						Properties struct{ Each struct{ Enum []rule.Each } }
					}
				}
			}
			Dimension struct{ Enum []rule.Dimension }
		} `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(page(t, "rules.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	p := schema.Defs.Rule.Properties
	if !slices.Equal(p.Severity.Enum, news.Severities()) || !slices.Equal(p.State.Enum, rule.States()) ||
		!slices.Equal(p.When.Properties.Each.Enum, rule.Eaches()) || !slices.Equal(schema.Defs.Dimension.Enum, rule.Dimensions()) {
		t.Errorf("the schema is behind: %+v", p)
	}
}

package replay

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
)

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// WriteJUnit writes a summary as programs for continuous integration read tests. The replay itself is a test, which fails
// where it is not complete, where the log has lost something or where something could not be read; and so is each rule,
// which fails where it took more work than it may, and is skipped where it is off.
func WriteJUnit(w io.Writer, s Summary) error {
	suite := junitSuite{Name: "quidnunc replay"}
	suite.add(junitCase{Class: "replay", Name: "the input is whole", Failure: failure(s.flaws())})
	for _, r := range s.Rules {
		c := junitCase{Class: "rule", Name: r.Name, Out: fmt.Sprintf("%d alerts, %d updates, %d retractions", r.Alerts.New, r.Alerts.Updated, r.Alerts.Retracted)}
		for _, reason := range slices.Sorted(maps.Keys(r.Suppressed)) {
			c.Out += fmt.Sprintf(", %d %s", r.Suppressed[reason], reason)
		}
		if n := r.Suppressed[machine.Costly]; n > 0 {
			c.Failure = &junitMessage{fmt.Sprintf("it took more work than it may for %d articles: whether it holds there is not known", n)}
		}
		if r.State == "off" {
			c.Skipped = &junitMessage{"the rule is off"}
		}
		suite.add(c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suite); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

func failure(flaws []string) *junitMessage {
	if len(flaws) == 0 {
		return nil
	}
	return &junitMessage{strings.Join(flaws, "; ")}
}

// flaws are why a replay does not say all there is to say.
func (s Summary) flaws() (out []string) {
	if !s.Complete {
		out = append(out, "the replay is not complete")
	}
	for _, g := range s.Gaps {
		if g.Lost > 0 {
			out = append(out, g.Why)
		}
	}
	if n := s.Entries.Dead; n > 0 {
		out = append(out, fmt.Sprintf("%d entries could not be read or coded", n))
	}
	return out
}

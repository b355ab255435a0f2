package machine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/quidnunc-news/quidnunc/consumer/match"
	"github.com/quidnunc-news/quidnunc/consumer/rule"
)

// asked is what a question to the index stands for: a rule, or a step of its sequence.
type asked struct {
	*ruled
	step int
}

// questions are what an index is asked for rules, and what each stands for.
type questions struct {
	rules []rule.Rule
	of    []asked
}

// ask appends what the indexes are asked for a rule: the rule, or each step of its sequence.
func ask(r *ruled, early, late *questions) {
	add := func(q rule.Rule, step int) {
		to := early
		if asksStory(q) {
			to = late
		}
		to.rules, to.of = append(to.rules, q), append(to.of, asked{r, step})
	}
	if len(r.rule.When.Steps) == 0 {
		add(r.rule, 0)
		return
	}
	for n, step := range r.rule.When.Steps {
		q := r.rule
		q.Expr, q.Name = step.Expr, fmt.Sprintf("%s%s%03d", r.rule.Name, stepMark, n+1)
		add(q, n+1)
	}
}

// stepMark stands between the name of a rule and the number of a step: no name has it, and it sorts before all that a
// longer name may go on with.
const stepMark = " step "

// ruleAsked is the name of the rule that a question is asked for.
func ruleAsked(question string) string {
	name, _, _ := strings.Cut(question, stepMark)
	return name
}

func (q *questions) names() []string {
	out := make([]string, len(q.rules))
	for i := range q.rules {
		out[i] = q.rules[i].Name
	}
	return out
}

// asker is an index as it is asked, and what its numbers stand for.
type asker struct {
	*match.Version
	answers
}

// answers are what the numbers of an index stand for, in pages. A change makes others and copies the pages it touches.
// A number that is free keeps what it stood for until it is given again.
type answers []*[answersPage]asked

const answersPage = 256

func (a answers) at(n uint32) asked { return a[n/answersPage][n%answersPage] }

// with is the answers with those to questions that were put to the index; it refuses some.
func (a answers) with(put questions, index *match.Live) answers {
	out := slices.Clone(a)
	own := map[uint32]bool{}
	for i := range put.rules {
		n, ok := index.Number(put.rules[i].Name)
		if !ok {
			continue
		}
		page := n / answersPage
		for int(page) >= len(out) {
			own[uint32(len(out))] = true
			out = append(out, &[answersPage]asked{})
		}
		if !own[page] {
			copied := *out[page]
			out[page], own[page] = &copied, true
		}
		out[page][n%answersPage] = put.of[i]
	}
	return out
}

// Package conllu reads and writes treebanks in CoNLL-U, the file format of Universal Dependencies.
package conllu

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Sentence is one annotated sentence: its raw text, its surface tokens and the words they expand to.
type Sentence struct {
	ID, Text string
	Words    []Word
	Tokens   []Token
}

// Word is one syntactic word. Head counts from 1; 0 is the root.
type Word struct {
	Form, Lemma, UPOS, XPOS, Feats, Rel, Misc string
	Head                                      int
}

// Token is one surface token: it covers the words [First, Last), counted from 0.
type Token struct {
	Form        string
	First, Last int
	Glued       bool // no space follows (SpaceAfter=No)
}

// Read reads every sentence of r. Empty nodes and enhanced dependencies are left out.
// An error names the line.
func Read(r io.Reader) ([]Sentence, error) {
	var all []Sentence
	var s Sentence
	line := 0
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), 1<<22)
	for lines.Scan() {
		line++
		text := lines.Text()
		if text == "" {
			if len(s.Words) > 0 {
				all = append(all, s)
			}
			s = Sentence{}
			continue
		}
		if err := s.add(text); err != nil {
			return all, fmt.Errorf("conllu: line %d: %w", line, err)
		}
	}
	if len(s.Words) > 0 {
		all = append(all, s)
	}
	if err := lines.Err(); err != nil {
		return all, fmt.Errorf("conllu: line %d: %w", line+1, err)
	}
	return all, nil
}

func (s *Sentence) add(line string) error {
	if line[0] == '#' {
		if v, ok := strings.CutPrefix(line, "# sent_id = "); ok {
			s.ID = v
		}
		if v, ok := strings.CutPrefix(line, "# text = "); ok {
			s.Text = v
		}
		return nil
	}
	f := strings.Split(line, "\t")
	if len(f) != 10 {
		return fmt.Errorf("%d columns, want 10", len(f))
	}
	if strings.Contains(f[0], ".") {
		return nil
	}
	glued := strings.Contains(f[9], "SpaceAfter=No")
	if first, last, ok := strings.Cut(f[0], "-"); ok {
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		if errA != nil || errB != nil || a != len(s.Words)+1 || b < a || b-a > 64 {
			return fmt.Errorf("bad token range %q", f[0])
		}
		s.Tokens = append(s.Tokens, Token{Form: f[1], First: a - 1, Last: b, Glued: glued})
		return nil
	}
	if id, err := strconv.Atoi(f[0]); err != nil || id != len(s.Words)+1 {
		return fmt.Errorf("word number %q, want %d", f[0], len(s.Words)+1)
	}
	head, err := strconv.Atoi(f[6])
	if err != nil || head < 0 {
		return fmt.Errorf("bad head %q", f[6])
	}
	n := len(s.Words)
	if len(s.Tokens) == 0 || s.Tokens[len(s.Tokens)-1].Last <= n {
		s.Tokens = append(s.Tokens, Token{Form: f[1], First: n, Last: n + 1, Glued: glued})
	}
	s.Words = append(s.Words, Word{Form: f[1], Lemma: f[2], UPOS: f[3], XPOS: f[4], Feats: f[5], Head: head, Rel: f[7], Misc: f[9]})
	return nil
}

// Append appends the sentence as CoNLL-U, with the blank line that ends it.
func (s Sentence) Append(b []byte) []byte {
	if s.ID != "" {
		b = append(append(append(b, "# sent_id = "...), s.ID...), '\n')
	}
	if s.Text != "" {
		b = append(append(append(b, "# text = "...), s.Text...), '\n')
	}
	for _, t := range s.Tokens {
		misc := "_"
		if t.Glued {
			misc = "SpaceAfter=No"
		}
		if t.Last-t.First > 1 {
			b = fmt.Appendf(b, "%d-%d\t%s\t_\t_\t_\t_\t_\t_\t_\t%s\n", t.First+1, t.Last, t.Form, misc)
			misc = "_"
		}
		for i := t.First; i < t.Last && i < len(s.Words); i++ {
			w := s.Words[i]
			b = fmt.Appendf(b, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t_\t%s\n", i+1, field(w.Form), field(w.Lemma), field(w.UPOS),
				field(w.XPOS), field(w.Feats), w.Head, field(w.Rel), misc)
		}
	}
	return append(b, '\n')
}

func field(s string) string {
	if s == "" {
		return "_"
	}
	return s
}

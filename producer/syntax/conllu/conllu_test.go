package conllu_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

const sentence = `# sent_id = 1
# text = Il parle au chef.
1	Il	il	PRON	_	Number=Sing|Person=3	2	nsubj	_	_
2	parle	parler	VERB	_	_	0	root	_	_
3-4	au	_	_	_	_	_	_	_	_
3	à	à	ADP	_	_	5	case	_	_
4	le	le	DET	_	_	5	det	_	_
5	chef	chef	NOUN	_	_	2	obl:arg	_	SpaceAfter=No
6	.	.	PUNCT	_	_	2	punct	_	_

`

func TestReadThenAppendGivesTheSameBytes(t *testing.T) {
	all, err := conllu.Read(strings.NewReader(sentence))
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	if diff := cmp.Diff(sentence, string(all[0].Append(nil))); diff != "" {
		t.Error(diff)
	}
	want := []conllu.Token{{"Il", 0, 1, false}, {"parle", 1, 2, false}, {"au", 2, 4, false}, {"chef", 4, 5, true}, {".", 5, 6, false}}
	if diff := cmp.Diff(want, all[0].Tokens); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for name, text := range map[string]string{
		"a line of nine columns":         "1\ta\ta\tX\t_\t_\t0\troot\t_\n",
		"a number out of order":          "2\ta\ta\tX\t_\t_\t0\troot\t_\t_\n",
		"a head that is no number":       "1\ta\ta\tX\t_\t_\tx\troot\t_\t_\n",
		"a range that begins too late":   "3-4\ta\t_\t_\t_\t_\t_\t_\t_\t_\n",
		"a range that ends before":       "1-0\ta\t_\t_\t_\t_\t_\t_\t_\t_\n",
		"a range longer than any German": "1-900\ta\t_\t_\t_\t_\t_\t_\t_\t_\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := conllu.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "line 1") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sentence))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := conllu.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, s := range all {
			again, err := conllu.Read(bytes.NewReader(s.Append(nil)))
			if err != nil || len(again) != 1 {
				t.Skip("forms with blank ends or marks of comments do not come back")
			}
			if diff := cmp.Diff(len(s.Words), len(again[0].Words)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

package syntax

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/producer/syntax/conllu"
)

const splitFeatures = 22

// splitContext fills keys for the question whether the contraction at i of nodes is one word or two.
func splitContext(nodes []node, i int, keys *[splitFeatures]uint32) []uint32 {
	n, p, q, r := &nodes[i], &nodes[i-1], &nodes[i+1], &nodes[i+2]
	w := uint64(n.low)
	keys[0] = feature(1, w, 0, 0)
	keys[1] = feature(2, w, uint64(p.low), 0)
	keys[2] = feature(3, w, uint64(q.low), 0)
	keys[3] = feature(4, w, uint64(p.mask), 0)
	keys[4] = feature(5, w, uint64(q.mask), 0)
	keys[5] = feature(6, w, uint64(p.mask), uint64(q.mask))
	keys[6] = feature(7, w, uint64(nodes[i-2].low), uint64(p.low))
	keys[7] = feature(8, w, uint64(p.suffix[2]), 0)
	keys[8] = feature(9, w, uint64(n.shape), uint64(p.shape))
	keys[9] = feature(10, w, uint64(q.mask), uint64(r.mask))
	keys[10] = feature(11, w, uint64(p.low), uint64(q.mask))
	keys[11] = feature(12, w, uint64(nodes[i-2].mask), uint64(p.mask))
	const parts, marks = 1<<18 - 1, 1 << 18
	pp, qp, pm := uint64(p.mask&parts), uint64(q.mask&parts), uint64(p.mask/marks)
	verb := uint64(p.mask & (0xf << 3)) // what kind of verb may stand before
	keys[12] = feature(13, w, pp, 0)
	keys[13] = feature(14, w, qp, 0)
	keys[14] = feature(15, w, pp, qp)
	keys[15] = feature(16, w, verb, pm)
	keys[16] = feature(17, w, verb, qp)
	keys[17] = feature(18, w, uint64(p.mask&3), qp)
	keys[18] = feature(19, w, uint64(p.suffix[1]), qp)
	keys[19] = feature(20, w, uint64(q.suffix[2]), 0)
	keys[20] = feature(21, w, uint64(p.usual), 0)
	keys[21] = feature(22, w, uint64(p.usual), uint64(q.usual))
	return keys[:]
}

// learnSplits learns from the surface tokens of the treebank when a contraction that may be one word is two.
func (t *trainer) learnSplits(sentences []conllu.Sentence) {
	t.splitter = newLearner(2)
	doubtful := doubtfulContractions[t.c.Lang]
	for pass := range 6 {
		random := newRandom(t.c.Seed, 50+pass)
		for _, i := range random.perm(len(sentences)) {
			t.learnSplit(sentences[i], doubtful)
		}
	}
	t.splitter.finish()
}

func (t *trainer) learnSplit(s conllu.Sentence, doubtful map[string]bool) {
	found := false
	for _, tok := range s.Tokens {
		found = found || doubtful[strings.ToLower(tok.Form)]
	}
	if !found {
		return
	}
	nodes := make([]node, len(s.Tokens)+4)
	for i, tok := range s.Tokens {
		t.m.look(&nodes[i+2], tok.Form, i == 0, nil)
	}
	var keys [splitFeatures]uint32
	for i, tok := range s.Tokens {
		if !doubtful[strings.ToLower(tok.Form)] {
			continue
		}
		gold := min(tok.Last-tok.First, 2) - 1
		var scores [2]int32
		t.splitter.score(splitContext(nodes, i+2, &keys), scores[:])
		t.splitter.now++
		if guess := map[bool]int{true: 1}[scores[1] > scores[0]]; guess != gold {
			t.splitter.add(keys[:], gold, 1)
			t.splitter.add(keys[:], guess, -1)
		}
	}
}

// doubtfulContractions are those that may also be one word: "des" is an article as often as "de" and "les".
var doubtfulContractions = map[string]map[string]bool{
	"fr": {"des": true, "du": true},
}

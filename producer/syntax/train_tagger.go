package syntax

// folds is the number of parts of the treebank that are tagged by taggers that have not seen them.
const folds = 5

// foldOf puts neighbouring sentences, mostly of one text, into one part.
func foldOf(i int) int { return i / 20 % folds }

// learnTags trains the tagger, and tags every example as it will be tagged when it is new: by a tagger that has not seen it.
func (t *trainer) learnTags() {
	t.findCertain()
	for fold := range folds {
		l := t.tagTaught(100+fold, 1, 4, func(i int) bool { return foldOf(i) != fold })
		l.use()
		wrong, all := 0, 0
		for i, e := range t.examples[:t.written] {
			if foldOf(i) != fold {
				continue
			}
			t.tagWith(l, e)
			for j, tag := range e.tags {
				all++
				if t.m.tags[e.nodes[j+2].tag].tag != t.m.tags[tag].tag {
					wrong++
				}
			}
		}
		t.c.Log("tags, part %d: %.2f %% right", fold, 100-100*float64(wrong)/float64(max(1, all)))
	}
	kept := make([][]uint8, t.written)
	for i, e := range t.examples[:t.written] {
		for j := range e.tags {
			kept[i] = append(kept[i], e.nodes[j+2].tag)
		}
	}
	t.tagger = t.tagTaught(200, t.c.Runs, 6, func(int) bool { return true })
	for i, tags := range kept {
		for j, tag := range tags {
			t.examples[i].nodes[j+2].tag = tag
		}
	}
	t.tagger.use()
	for _, e := range t.examples[t.written:] {
		t.tagWith(t.tagger, e)
	}
	t.c.Log("tagger: %d features", len(t.tagger.keys))
}

// tagTaught is a tagger that has learnt from the examples to use: first which features are worth their rows, then their
// weights in several runs.
func (t *trainer) tagTaught(stream, runs, epochs int, use func(int) bool) *learner {
	l := newLearner(len(t.m.tags) - 1)
	t.trainTagger(l, newRandom(t.c.Seed, stream+50), t.c.Sifting, use)
	l.finish()
	l.settle(t.c.Rows[0], tagRowBits)
	for run := range runs {
		t.trainTagger(l, newRandom(t.c.Seed, stream+run), epochs, use)
		l.finish()
	}
	return l
}

// findCertain lists the words that are frequent and always have one tag, and numbers the sets of tags of the others.
func (t *trainer) findCertain() {
	uses := map[uint32]map[uint8]int{}
	for _, e := range t.examples[:t.written] {
		for i, tag := range e.tags {
			w := e.nodes[i+2].low
			if uses[w] == nil {
				uses[w] = map[uint8]int{}
			}
			uses[w][tag]++
		}
	}
	t.m.certain, t.m.usual = map[uint32]uint8{}, map[uint32]uint8{}
	sets := map[string]int{}
	for _, w := range sortedKeys(uses) {
		total := 0
		for _, n := range uses[w] {
			total += n
		}
		if total < 5 {
			continue
		}
		set := ""
		for _, tag := range sortedKeys(uses[w]) {
			if uses[w][tag]*10 >= total {
				set += string(rune(tag))
			}
			if total >= 40 && uses[w][tag] == total {
				t.m.certain[w] = tag
			}
		}
		if _, ok := sets[set]; !ok && len(sets) < 250 {
			sets[set] = len(sets) + 1
		}
		t.m.usual[w] = uint8(sets[set])
	}
	for _, e := range t.examples {
		for i := range e.tags {
			n := &e.nodes[i+2]
			n.usual = uint32(t.m.usual[n.low])
		}
	}
}

func (t *trainer) trainTagger(l *learner, random *random, epochs int, use func(int) bool) {
	var keys [tagFeatures]uint32
	scores := make([]int32, l.k)
	for range epochs {
		for _, i := range random.perm(t.written) {
			if !use(i) {
				continue
			}
			e := t.examples[i]
			for j := range e.tags {
				var used []uint32
				e.nodes[j+2].tag, used = t.guess(l, e.nodes, j+2, &keys, scores, random)
				if _, sure := t.m.certain[e.nodes[j+2].low]; sure {
					continue
				}
				if rival, near := rival(scores, int(e.tags[j])-1, t.margin[0]); near {
					l.add(used, int(e.tags[j])-1, 1)
					l.add(used, rival, -1)
				}
				l.now++
			}
		}
	}
}

// guess gives the tag of the highest score and the features it rests on: all of them, or with noise those left by chance.
func (t *trainer) guess(l *learner, nodes []node, i int, keys *[tagFeatures]uint32, scores []int32, noise *random) (uint8, []uint32) {
	if tag, ok := t.m.certain[nodes[i].low]; ok {
		return tag, nil
	}
	used := tagContext(nodes, i, t.m.words.usage, keys)
	if noise != nil {
		used = noise.thin(used, t.c.Noise[0])
	}
	clear(scores)
	l.score(used, scores)
	best := 0
	for c, s := range scores {
		if s > scores[best] {
			best = c
		}
	}
	return uint8(best + 1), used
}

// rival is the best wrong class, if it comes within the margin of the right one.
func rival(scores []int32, gold int, margin int32) (int, bool) {
	worst := -1
	for c, s := range scores {
		if c != gold && (worst < 0 || s > scores[worst]) {
			worst = c
		}
	}
	return worst, worst >= 0 && scores[worst]+margin >= scores[gold]
}

func (t *trainer) tagWith(l *learner, e *example) {
	var keys [tagFeatures]uint32
	scores := make([]int32, l.k)
	for j := range e.tags {
		e.nodes[j+2].tag, _ = t.guess(l, e.nodes, j+2, &keys, scores, nil)
	}
}

package syntax

import "slices"

// pupil is a parser in training.
type pupil struct {
	mover, labeller *learner
}

// learnTrees trains the parsers on the tags that a tagger would give. The scout reads sentences from their end; its
// trees guide the parser, which learns from those that scouts draw of sentences they have not seen.
func (t *trainer) learnTrees() {
	for _, e := range t.examples {
		for i := range e.tags {
			t.m.inflect(&e.nodes[i+2], e.lows[i])
		}
	}
	backwards := make([]*example, len(t.examples))
	for i, e := range t.examples {
		backwards[i] = e.backwards()
	}
	for fold := range folds {
		p := t.taught(backwards, 400+fold, 1, t.c.Scouting, 2, func(i int) bool { return foldOf(i) != fold })
		p.mover.use()
		p.labeller.use()
		l := &lesson{t: t, p: p, scores: make([]int32, len(t.m.labels))}
		for i, e := range backwards {
			if foldOf(i) == fold {
				t.examples[i].guides = l.parse(e)
			}
		}
		t.c.Log("scout, part %d: %.2f %% of heads right", fold, t.guided(fold))
	}
	all := func(int) bool { return true }
	t.scout = t.taught(backwards, 410, 1, t.c.Scouting, 2, all)
	t.parser = t.taught(t.examples, 300, t.c.Runs, t.c.Epochs, 1, all)
	t.c.Log("parser: %d features, labeller: %d", len(t.parser.mover.keys), len(t.parser.labeller.keys))
}

// taught is a parser that has learnt from the examples to use: first which features are worth their rows, of which it may
// have one in share of what the language's parser has, then their weights in several runs.
func (t *trainer) taught(examples []*example, stream, runs, epochs, share int, use func(int) bool) pupil {
	p := pupil{newLearner(moves), newLearner(len(t.m.labels))}
	t.teach(p, examples, newRandom(t.c.Seed, stream+50), t.c.Sifting, use)
	p.finish()
	p.mover.settle(t.c.Rows[1]/share, keyBits-tagBits)
	p.labeller.settle(t.c.Rows[2]/share, labelBits)
	for run := range runs {
		t.teach(p, examples, newRandom(t.c.Seed, stream+run), epochs, use)
		p.finish()
	}
	return p
}

func (p pupil) finish() {
	p.mover.finish()
	p.labeller.finish()
}

func (t *trainer) teach(p pupil, examples []*example, random *random, epochs int, use func(int) bool) {
	for epoch := range epochs {
		l := lesson{t: t, p: p, random: random, explore: epoch > 0, scores: make([]int32, len(t.m.labels))}
		for _, i := range random.perm(len(examples)) {
			if use(i) {
				l.learn(examples[i])
			}
		}
		t.c.Log("trees, pass %d: %.2f %% of moves and %.2f %% of labels wrong", epoch,
			100*float64(l.wrongMoves)/float64(max(1, l.moves)), 100*float64(l.wrongLabels)/float64(max(1, l.labelled)))
	}
}

// guided is the share of heads that the guides of a fold have right.
func (t *trainer) guided(fold int) float64 {
	right, all := 0, 0
	for i, e := range t.examples {
		if foldOf(i) != fold {
			continue
		}
		for j, g := range e.guides {
			all++
			if g.head == e.head[j] {
				right++
			}
		}
	}
	return 100 * float64(right) / float64(max(1, all))
}

// backwards is the sentence read from its end.
func (e *example) backwards() *example {
	n := int32(len(e.tags))
	b := &example{nodes: slices.Clone(e.nodes), tags: slices.Clone(e.tags), head: slices.Clone(e.head), label: slices.Clone(e.label)}
	slices.Reverse(b.nodes)
	slices.Reverse(b.tags)
	slices.Reverse(b.head)
	slices.Reverse(b.label)
	for i, h := range b.head {
		if h < n {
			b.head[i] = n - 1 - h
		}
	}
	return b
}

// lesson is one pass over the treebank.
type lesson struct {
	t           *trainer
	p           pupil
	random      *random
	explore     bool
	s           state
	inStack     []bool
	keys        moveKeys
	labelKeys   [labelFeatures]uint32
	scores      []int32
	kids        [][]int32
	moves       int
	wrongMoves  int
	labelled    int
	wrongLabels int
}

// parse draws the tree of an example as the parser would, and gives it as a guide to the example read forwards.
func (l *lesson) parse(e *example) []guide {
	s := &l.s
	l.t.m.start(s, e.nodes[2:2+len(e.tags)], e.guides)
	for !s.done() {
		move, label := l.best(), 0
		if move != shift {
			head, dep := s.arc(move)
			label, _ = l.guess(head, dep)
		}
		s.move(move, uint8(label), l.t.m.roles)
	}
	return s.guides(nil, true)
}

func (l *lesson) best() int {
	s := &l.s
	var scores [moves]int32
	if s.b < s.n && len(s.stack) > 0 {
		l.p.mover.score(s.context(&l.keys), scores[:])
	}
	best := -1
	for move := range moves {
		if s.legal(move) && (best < 0 || scores[move] > scores[best]) {
			best = move
		}
	}
	return best
}

// guess gives the label of the highest score and the features it rests on, and leaves the scores for learning.
func (l *lesson) guess(head, dep int32) (int, []uint32) {
	if head == l.s.n {
		return l.t.m.root, nil
	}
	keys := l.thin(l.s.labelContext(head, dep, &l.labelKeys))
	clear(l.scores)
	l.p.labeller.score(keys, l.scores)
	best := 0
	for c, v := range l.scores {
		if v > l.scores[best] {
			best = c
		}
	}
	return best, keys
}

// thin leaves features out at random while it learns, so that no few of them are relied on.
func (l *lesson) thin(keys []uint32) []uint32 {
	if l.random == nil {
		return keys
	}
	return l.random.thin(keys, l.t.c.Noise[1])
}

func (l *lesson) learn(e *example) {
	t, s := l.t, &l.s
	n := len(e.tags)
	t.m.start(s, e.nodes[2:2+n], e.guides)
	l.kids = l.kids[:0]
	for range n + 1 {
		l.kids = append(l.kids, nil)
	}
	for d, h := range e.head {
		l.kids[h] = append(l.kids[h], int32(d))
	}
	l.inStack = append(l.inStack[:0], make([]bool, n+1)...)
	for !s.done() {
		move := l.choose(e)
		label := uint8(0)
		if move != shift {
			head, dep := s.arc(move)
			label = l.label(e, head, dep)
			l.inStack[dep] = false
		} else {
			l.inStack[s.b] = true
		}
		s.move(move, label, t.m.roles)
	}
}

// choose makes the parser's move and corrects it by the dynamic oracle: any move of the least cost is right
// (Goldberg and Nivre 2013). Later passes mostly follow the parser into its own mistakes.
func (l *lesson) choose(e *example) int {
	t, s := l.t, &l.s
	if s.b == s.n || len(s.stack) == 0 {
		if s.b < s.n {
			return shift
		}
		if len(s.stack) > 1 {
			return right
		}
		return left
	}
	keys := l.thin(s.context(&l.keys))
	var scores [moves]int32
	l.p.mover.score(keys, scores[:])
	guess, gold := -1, -1
	costs, least := [moves]int{}, 1<<30
	for move := range moves {
		if s.legal(move) {
			costs[move] = l.cost(e, move)
			least = min(least, costs[move])
		}
	}
	wrong := -1
	for move := range moves {
		if !s.legal(move) {
			continue
		}
		if guess < 0 || scores[move] > scores[guess] {
			guess = move
		}
		if costs[move] == least && (gold < 0 || scores[move] > scores[gold]) {
			gold = move
		}
		if costs[move] > least && (wrong < 0 || scores[move] > scores[wrong]) {
			wrong = move
		}
	}
	l.moves++
	l.p.mover.now++
	if wrong >= 0 && scores[wrong]+t.margin[1] >= scores[gold] {
		l.p.mover.add(keys, gold, 1)
		l.p.mover.add(keys, wrong, -1)
	}
	if costs[guess] > least {
		l.wrongMoves++
		if !l.explore || l.random.below(10) == 0 {
			return gold
		}
	}
	return guess
}

// cost counts the arcs of the gold tree that can no longer be drawn after the move.
func (l *lesson) cost(e *example, move int) int {
	s := &l.s
	cost := 0
	if move == shift {
		b := s.b
		top := s.stack[len(s.stack)-1]
		if h := e.head[b]; h < b && l.inStack[h] && h != top {
			cost++
		}
		for _, d := range l.kids[b] {
			if d < b && l.inStack[d] {
				cost++
			}
		}
		return cost
	}
	top := s.stack[len(s.stack)-1]
	h := e.head[top]
	for _, d := range l.kids[top] {
		if d >= s.b {
			cost++
		}
	}
	if move == left {
		if h > s.b || len(s.stack) > 1 && h == s.stack[len(s.stack)-2] {
			cost++
		}
	} else if h >= s.b {
		cost++
	}
	return cost
}

// label labels an arc, and learns from it if the treebank has the arc.
func (l *lesson) label(e *example, head, dep int32) uint8 {
	guess, keys := l.guess(head, dep)
	if head == l.s.n || e.head[dep] != head {
		return uint8(guess)
	}
	l.labelled++
	l.p.labeller.now++
	gold := int(e.label[dep])
	if gold != guess {
		l.wrongLabels++
	}
	if rival, near := rival(l.scores, gold, l.t.margin[2]); near {
		l.p.labeller.add(keys, gold, 1)
		l.p.labeller.add(keys, rival, -1)
	}
	return uint8(guess)
}

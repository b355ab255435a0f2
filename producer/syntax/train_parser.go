package syntax

// learnTrees trains the parser and the labeller together, on the tags a tagger would give.
func (t *trainer) learnTrees() {
	for _, e := range t.examples {
		for i := range e.tags {
			t.m.inflect(&e.nodes[i+2], e.lows[i])
		}
	}
	t.mover, t.labeller = newLearner(moves), newLearner(len(t.m.labels))
	for run := range t.c.Runs {
		random := newRandom(t.c.Seed, 300+run)
		for epoch := range t.c.Epochs {
			l := lesson{t: t, random: random, explore: epoch > 0, scores: make([]int32, len(t.m.labels))}
			for _, i := range random.perm(len(t.examples)) {
				l.learn(t.examples[i])
			}
			t.c.Log("trees, run %d, pass %d: %.2f %% of moves and %.2f %% of labels wrong", run, epoch,
				100*float64(l.wrongMoves)/float64(max(1, l.moves)), 100*float64(l.wrongLabels)/float64(max(1, l.labelled)))
		}
		t.mover.finish()
		t.labeller.finish()
	}
	t.c.Log("parser: %d features, labeller: %d", len(t.mover.keys), len(t.labeller.keys))
}

// lesson is one pass over the treebank.
type lesson struct {
	t           *trainer
	random      *random
	explore     bool
	s           state
	inStack     []bool
	keys        [moveFeatures]uint32
	labelKeys   [labelFeatures]uint32
	scores      []int32
	kids        [][]int32
	moves       int
	wrongMoves  int
	labelled    int
	wrongLabels int
}

func (l *lesson) learn(e *example) {
	t, s := l.t, &l.s
	n := len(e.tags)
	t.m.start(s, e.nodes[2:2+n])
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
	keys := s.context(&l.keys)
	var scores [moves]int32
	t.mover.score(keys, scores[:])
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
	t.mover.now++
	if wrong >= 0 && scores[wrong]+t.margin[1] >= scores[gold] {
		t.mover.add(keys, gold, 1)
		t.mover.add(keys, wrong, -1)
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

func (l *lesson) label(e *example, head, dep int32) uint8 {
	t, s := l.t, &l.s
	if head == s.n {
		return uint8(t.m.root)
	}
	keys := s.labelContext(head, dep, &l.labelKeys)
	clear(l.scores)
	t.labeller.score(keys, l.scores)
	guess := 0
	for c, v := range l.scores {
		if v > l.scores[guess] {
			guess = c
		}
	}
	if e.head[dep] == head {
		l.labelled++
		t.labeller.now++
		gold := int(e.label[dep])
		if gold != guess {
			l.wrongLabels++
		}
		if rival, close := rival(l.scores, gold, t.margin[2]); close {
			t.labeller.add(keys, gold, 1)
			t.labeller.add(keys, rival, -1)
		}
	}
	return uint8(guess)
}

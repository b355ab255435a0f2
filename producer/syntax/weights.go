package syntax

import (
	"cmp"
	"slices"
)

// learner is a perceptron in training: a row of weights for every feature that was ever wrong.
// Rows are found by key in an open table; sums keep the averages (Daumé's trick) over all runs.
type learner struct {
	k       int
	slots   []uint64 // (key+1)<<32 | row; 0 is free
	keys    []uint32 // of each row
	w       []int32
	u       []int64
	sum     []int64
	now     int64
	settled bool // no other rows are to come
}

func newLearner(k int) *learner {
	return &learner{k: k, slots: make([]uint64, 1<<16), now: 1}
}

func (l *learner) row(key uint32) int {
	slots := l.slots
	mask := uint32(len(slots) - 1)
	for i := slot(key, mask); ; i++ {
		s := slots[i&mask]
		if s == 0 {
			return -1
		}
		if uint32(s>>32) == key+1 {
			return int(uint32(s))
		}
	}
}

func slot(key, mask uint32) uint32 { return (key * 0x9e3779b1) >> 3 & mask }

func (l *learner) add(keys []uint32, class int, delta int32) {
	for _, key := range keys {
		r := l.row(key)
		if r < 0 {
			if l.settled {
				continue
			}
			r = l.insert(key)
		}
		l.w[r*l.k+class] += delta
		l.u[r*l.k+class] += int64(delta) * l.now
	}
}

func (l *learner) insert(key uint32) int {
	r := len(l.keys)
	l.keys = append(l.keys, key)
	l.w = append(l.w, make([]int32, l.k)...)
	l.u = append(l.u, make([]int64, l.k)...)
	l.sum = append(l.sum, make([]int64, l.k)...)
	if len(l.keys)*2 > len(l.slots) {
		l.slots = make([]uint64, 2*len(l.slots))
		for i, k := range l.keys {
			l.place(k, i)
		}
	} else {
		l.place(key, r)
	}
	return r
}

func (l *learner) place(key uint32, row int) {
	mask := uint32(len(l.slots) - 1)
	i := slot(key, mask)
	for l.slots[i] != 0 {
		i = (i + 1) & mask
	}
	l.slots[i] = uint64(key+1)<<32 | uint64(row)
}

// score adds the rows of keys into out.
func (l *learner) score(keys []uint32, out []int32) {
	for _, key := range keys {
		r := l.row(key)
		if r < 0 {
			continue
		}
		for i, w := range l.w[r*l.k : r*l.k+l.k] {
			out[i] += w
		}
	}
}

// finish adds the average of this run to the sums and forgets the run.
func (l *learner) finish() {
	for i := range l.w {
		l.sum[i] += (int64(l.w[i])*l.now - l.u[i]) * 4096 / l.now
		l.w[i], l.u[i] = 0, 0
	}
	l.now = 1
}

// settle forgets all weights and learns from now on only of the features that quantise would keep: so what is left out
// of the stored table is not missed there, and what uses the learner's guesses sees the faults of the table.
func (l *learner) settle(limit int, bits uint) {
	kept := newLearner(l.k)
	for _, key := range l.quantise(limit, bits).keys {
		kept.insert(key)
	}
	kept.settled = true
	*l = *kept
}

// use takes the averages as weights, to guess with.
func (l *learner) use() {
	for i := range l.w {
		l.w[i] = int32(l.sum[i] / 64)
	}
}

// bucketRows is the number of rows that the keys of one bucket may have.
const bucketRows = 4

// quantised is a table as it is stored: rows in the order of keys, k weights to a row. The upper bits of a key number its bucket.
type quantised struct {
	k    int
	bits uint
	keys []uint32
	w    []int8
}

// quantise keeps at most limit rows, those of the greatest weights, scaled so that few need clipping, and of those what the buckets hold.
func (l *learner) quantise(limit int, bits uint) quantised {
	type ranked struct {
		row  int
		size int64
	}
	order := make([]ranked, len(l.keys))
	var sizes []int64
	for r := range order {
		var most int64
		for _, v := range l.sum[r*l.k : r*l.k+l.k] {
			most = max(most, v, -v)
		}
		order[r] = ranked{r, most}
		sizes = append(sizes, most)
	}
	slices.Sort(sizes)
	scale := int64(1)
	if len(sizes) > 0 {
		scale = max(1, sizes[len(sizes)-1-len(sizes)/2000])
	}
	slices.SortFunc(order, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(l.keys[a.row], l.keys[b.row]))
	})
	order = order[:min(limit, len(order))]
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Compare(l.keys[a.row], l.keys[b.row]) })
	q := quantised{k: l.k, bits: bits}
	for _, o := range order {
		from := len(q.w)
		zero, rest := true, 0
		for _, v := range l.sum[o.row*l.k : o.row*l.k+l.k-1] {
			n := int8(max(-127, min(127, (v*127+sign(v)*scale/2)/scale)))
			zero = zero && n == 0
			rest -= int(n)
			q.w = append(q.w, n)
		}
		q.w = append(q.w, int8(max(-127, min(127, rest))))
		if zero {
			q.w = q.w[:from]
			continue
		}
		q.keys = append(q.keys, l.keys[o.row])
	}
	return q.fit()
}

// fit leaves out the rows of the least weights where a bucket has too many.
func (q quantised) fit() quantised {
	kept := quantised{k: q.k, bits: q.bits}
	for from, to := 0, 0; from < len(q.keys); from = to {
		var rows []int
		for to < len(q.keys) && q.bucket(to) == q.bucket(from) {
			rows = append(rows, to)
			to++
		}
		slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(q.size(b), q.size(a)) })
		rows = rows[:min(bucketRows, len(rows))]
		slices.Sort(rows)
		for _, r := range rows {
			kept.keys = append(kept.keys, q.keys[r])
			kept.w = append(kept.w, q.w[r*q.k:r*q.k+q.k]...)
		}
	}
	return kept
}

func (q quantised) bucket(row int) uint32 { return q.keys[row] >> (keyBits - q.bits) }

// size is the greatest weight of a row.
func (q quantised) size(row int) int {
	most := 0
	for _, w := range q.w[row*q.k : row*q.k+q.k] {
		most = max(most, int(w), -int(w))
	}
	return most
}

func sign(v int64) int64 {
	if v < 0 {
		return -1
	}
	return 1
}

// append writes keys, then the weights but for those of the last class: each update adds to one class what it takes
// from another, so that the weights of a feature sum to zero.
func (q quantised) append(b []byte) []byte {
	b = appendUint(appendUint(appendUint(b, q.k), q.bits), len(q.keys))
	last := uint32(0)
	for _, k := range q.keys {
		b = appendUint(b, k-last)
		last = k
	}
	e, model := newRangeEncoder(nil), newWeightModel(q.k)
	for r := range q.keys {
		before := 0
		for c, w := range q.w[r*q.k : r*q.k+q.k-1] {
			model.encode(e, c, before, w)
			if w != 0 {
				before++
			}
		}
	}
	return appendString(b, string(e.finish()))
}

func readQuantised(r *reader) quantised {
	q := quantised{k: int(max(1, min(r.uint(), 64))), bits: uint(min(r.uint(), keyBits))}
	q.keys = make([]uint32, r.count(1))
	key := uint32(0)
	for i := range q.keys {
		key += uint32(r.uint())
		if key >= 1<<keyBits || i > 0 && key == q.keys[i-1] {
			r.err = errShort
			return quantised{k: q.k, bits: q.bits}
		}
		q.keys[i] = key
	}
	q.w = make([]int8, len(q.keys)*q.k)
	d, model := newRangeDecoder(r.bytes(r.count(1))), newWeightModel(q.k)
	for i := range q.keys {
		row := q.w[i*q.k : i*q.k+q.k]
		before, rest := 0, 0
		for c := range q.k - 1 {
			if row[c] = model.decode(d, c, before); row[c] != 0 {
				before++
			}
			rest -= int(row[c])
		}
		row[q.k-1] = int8(max(-127, min(127, rest)))
	}
	return q
}

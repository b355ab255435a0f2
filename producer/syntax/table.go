package syntax

import (
	"math/bits"

	"github.com/quidnunc-news/quidnunc/pipeline/pages"
)

// table is a frozen perceptron of at most 64 classes. The upper bits of a key number its bucket: four tags that tell its keys
// apart, whose rows lie one after the other from the bucket's first. Rows are bytes, 128 is zero, one row to a cache line.
type table struct {
	buckets []bucket
	rows    [][stride]uint64
	shift   uint
	classes int
}

// bucket is what one look at memory tells of four keys.
type bucket struct {
	tags  uint64 // four lanes of sixteen bits, 0 is free
	first uint32 // row
}

// stride is the number of words of a row.
const stride = 8

const (
	lanesOf16 = 0x0001000100010001
	taken     = 0x8000 // set in every tag that is not free
)

func readTable(r *reader) table {
	q := readQuantised(r)
	t := table{classes: q.k, shift: keyBits - q.bits}
	if t.shift > 15 {
		r.err = errShort
		return table{classes: q.k}
	}
	t.buckets = pages.Spread[bucket](1 << q.bits)
	t.rows = pages.Spread[[stride]uint64](len(q.keys))
	used := make([]int, len(t.buckets))
	for i, key := range q.keys {
		n := key >> t.shift
		b := &t.buckets[n]
		switch used[n] {
		case 0:
			b.first = uint32(i)
		case bucketRows:
			r.err = errShort
			return t
		}
		b.tags |= uint64(t.tag(key)) << (16 * used[n])
		used[n]++
		row := &t.rows[i]
		for c := range row {
			row[c] = 0x8080808080808080
		}
		for c, w := range q.w[i*q.k : i*q.k+q.k] {
			row[c/8] ^= uint64(byte(w)) << (8 * (c % 8)) // 128 + w
		}
	}
	return t
}

func (t *table) tag(key uint32) uint32 { return key&(1<<t.shift-1) | taken }

// best gives the class of the highest score; the lowest number wins a tie. keys are at most 128.
// First all buckets are fetched, then the rows of all keys are found, without a branch, then they are summed, eight classes at
// a time.
func (t *table) best(keys []uint32) int {
	const mostKeys = 128
	keys = keys[:min(mostKeys, len(keys))]
	var fetched [mostKeys]bucket
	for i, key := range keys {
		fetched[i&(mostKeys-1)] = t.buckets[key>>t.shift]
	}
	var found [mostKeys]uint32
	n := 0
	for i, key := range keys {
		b := &fetched[i&(mostKeys-1)]
		differs := b.tags ^ uint64(t.tag(key))*lanesOf16
		const low = 0x7fff * lanesOf16
		equal := ^((differs&low + low) | differs | low) // the upper bit of the lane that is the key's tag
		found[n&(mostKeys-1)] = b.first + uint32(bits.TrailingZeros64(equal))>>4
		n += int((equal | -equal) >> 63)
	}
	best, most := 0, uint64(0)
	for from := 0; from < t.classes; from += 8 {
		even, odd := t.sum(found[:n], from/8)
		for c := from; c < min(from+8, t.classes); c += 2 {
			if s := even & 0xffff; s > most {
				best, most = c, s
			}
			if s := odd & 0xffff; s > most && c+1 < t.classes {
				best, most = c+1, s
			}
			even, odd = even>>16, odd>>16
		}
	}
	return best
}

// sum adds eight classes of some rows up, in lanes of sixteen bits.
func (t *table) sum(rows []uint32, word int) (even, odd uint64) {
	const half = 0x00ff00ff00ff00ff
	for _, row := range rows {
		w := t.rows[row][word&(stride-1)]
		even += w & half
		odd += w >> 8 & half
	}
	return even, odd
}

package syntax

import "github.com/quidnunc-news/quidnunc/pipeline/pages"

// flat is a frozen perceptron of at most three classes. A feature costs one look at memory and no branch: its key's upper
// bits are the number of a bucket of two words, its last byte a tag beside which the weights lie.
// A bucket is four tags and the first class's four weights, then those of the second and of the third; 128 is zero and an empty place nothing.
type flat struct {
	buckets [][2]uint64
}

// tagBits is the width of the part of a key that does not number a bucket.
const tagBits = 8

func readFlat(r *reader) flat {
	q := readQuantised(r)
	if q.k != moves || q.bits != keyBits-tagBits {
		r.err = errShort
		return flat{}
	}
	f := flat{buckets: pages.Spread[[2]uint64](1 << (keyBits - tagBits))}
	used := make([]int, len(f.buckets))
	for i, key := range q.keys {
		n := key >> tagBits
		lane := used[n]
		if lane == bucketRows {
			r.err = errShort
			return flat{}
		}
		used[n]++
		b := &f.buckets[n]
		b[0] |= uint64(key&0xff) << (8 * lane)
		for c, w := range q.w[i*q.k : i*q.k+q.k] {
			b[(c+1)/2] |= uint64(byte(w)^0x80) << (32*((c+1)%2) + 8*lane)
		}
	}
	return f
}

// score sums the rows of keys, of which there are at most 128; the sums of different classes compare with one another.
// All buckets are fetched before the first is looked into: so many more of the reads are under way at a time.
func (f *flat) score(keys []uint32) (sums [3]int32) {
	const half, bytes, low, most = 0x00ff00ff00ff00ff, 0x01010101, 0x7f7f7f7f, 128
	buckets := f.buckets
	if len(buckets) < 1<<(keyBits-tagBits) || len(keys) > most {
		return sums
	}
	buckets = buckets[:1<<(keyBits-tagBits)]
	var fetched [most][2]uint64
	for i, key := range keys {
		fetched[i&(most-1)] = buckets[key>>tagBits&(1<<(keyBits-tagBits)-1)]
	}
	var first, others uint64
	for i, key := range keys {
		b := &fetched[i&(most-1)]
		differs := uint32(b[0]) ^ key&0xff*bytes
		found := ^((differs&low + low) | differs | low) // 0x80 where the tag is the key's
		mask := uint64(found>>7) * 0xff
		w := b[0] >> 32 & mask
		first += w & half
		first += w >> 8 & half
		w = b[1] & (mask | mask<<32)
		others += w & half
		others += w >> 8 & half
	}
	return [3]int32{lanes(uint32(first)), lanes(uint32(others)), lanes(uint32(others >> 32))}
}

// lanes adds the two halves of what the lanes of a class have summed.
func lanes(v uint32) int32 { return int32(v&0xffff + v>>16) }

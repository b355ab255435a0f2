package consumer

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// ShardOf says to which of n shards a rule falls: the one whose hash with the rule's name is highest (rendezvous hashing,
// Thaler and Ravishankar 1998), so that one shard more takes only the rules that become its own.
func ShardOf(rule string, n int) int {
	best, most := 0, uint64(0)
	for i := range n {
		h := fnv.New64a()
		var shard [8]byte
		binary.BigEndian.PutUint64(shard[:], uint64(i))
		_, _ = h.Write(shard[:]) // never fails
		_, _ = h.Write([]byte(rule))
		if v := mix(h.Sum64()); v > most {
			best, most = i, v
		}
	}
	return best
}

// mix spreads what FNV leaves close together (the finaliser of SplitMix64).
func mix(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// MachineName names the machine of one shard as its snapshots are filed; 0 shards mean 1.
func MachineName(shard, shards int) string { return fmt.Sprintf("%d-of-%d", shard, max(shards, 1)) }

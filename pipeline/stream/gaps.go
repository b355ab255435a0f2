package stream

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// A Gap is a run of sequence numbers, First to Last, under which a stream holds nothing.
type Gap struct{ First, Last uint64 }

// Len is how many messages are missing.
func (g Gap) Len() uint64 { return g.Last - g.First + 1 }

// Gaps returns the gaps of a stream from sequence from on, in order. In REPORTS, which only ever loses its head to age, a gap inside is
// corruption (a broken block on disk), and one that begins at from is a log cut behind its reader's back.
// In EVENTS each commit lawfully leaves one, where the older checkpoint was.
func (h *Hub) Gaps(ctx context.Context, of Stream, from uint64) ([]Gap, error) {
	state, err := h.state(ctx, of)
	if err != nil {
		return nil, err
	}
	var gaps []Gap
	from = max(from, 1)
	if first := firstSeq(state); from < first {
		gaps = append(gaps, Gap{from, first - 1})
	}
	if state.NumDeleted == 0 {
		return gaps, nil
	}
	state, err = h.state(ctx, of, jetstream.WithDeletedDetails(true))
	if err != nil {
		return nil, err
	}
	for _, seq := range state.Deleted {
		if seq < from {
			continue
		}
		if n := len(gaps); n > 0 && gaps[n-1].Last+1 >= seq {
			gaps[n-1].Last = max(gaps[n-1].Last, seq)
			continue
		}
		gaps = append(gaps, Gap{seq, seq})
	}
	return gaps, nil
}

// firstSeq is the sequence of the first message, or of the next one in a stream that has none (left).
func firstSeq(s jetstream.StreamState) uint64 {
	if s.Msgs == 0 {
		return s.LastSeq + 1
	}
	return s.FirstSeq
}

// missingBefore counts what is lost before seq, and returns the gaps that lie behind it.
func missingBefore(gaps []Gap, seq uint64) (uint64, []Gap) {
	var missing uint64
	for len(gaps) > 0 && gaps[0].First < seq {
		missing += gaps[0].Len()
		gaps = gaps[1:]
	}
	return missing, gaps
}

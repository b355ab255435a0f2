package replay

// SetMemory bounds what is sorted in memory, for tests.
func (s *Sorted) SetMemory(n int) { s.memory = n }

// PercentAt is how much garbage, in percent of so many bytes in use, may gather.
func PercentAt(live uint64) int { return percentAt(live) }

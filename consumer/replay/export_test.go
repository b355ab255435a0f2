package replay

// SetMemory bounds what is sorted in memory, for tests.
func (s *Sorted) SetMemory(n int) { s.memory = n }

package machine

// Remember makes the machine forget earlier, for tests.
func (s *State) Remember(n int) { s.archive.keep = n }

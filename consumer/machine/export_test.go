package machine

// Remember makes the machine forget earlier, for tests.
func (s *State) Remember(n int) { s.archive.keep = n }

// Forms is the number of forms that snapshots have had.
const Forms = snapshotVersion

// AppendForm is Append as the program that wrote the form did it.
func (p *Picture) AppendForm(b []byte, form int) ([]byte, error) { return p.append(b, form) }

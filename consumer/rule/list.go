package rule

// MaxList bounds the values of one list.
const MaxList = 100_000

// Bind returns x with the values of the lists it names; lists that are not there stay as they are, built-in ones may be
// among them.
func Bind(x Expr, lists map[string][]string) Expr {
	if len(lists) == 0 {
		return x
	}
	switch x := x.(type) {
	case And:
		return And{bindAll(x.X, lists)}
	case Or:
		return Or{bindAll(x.X, lists)}
	case Not:
		x.X = Bind(x.X, lists)
		return x
	case Field:
		x.X = Bind(x.X, lists)
		return x
	case Group:
		x.X = Bind(x.X, lists)
		return x
	case List:
		if values, ok := lists[x.Name]; ok {
			x.Values = values
		}
		return x
	}
	return x
}

func bindAll(xs []Expr, lists map[string][]string) []Expr {
	out := make([]Expr, len(xs))
	for i, x := range xs {
		out[i] = Bind(x, lists)
	}
	return out
}

// Lists gathers the lists of the user's own that x names, with their values.
func Lists(x Expr, into map[string][]string) {
	if l, ok := x.(List); ok && l.Values != nil {
		into[l.Name] = l.Values
	}
	for _, y := range children(x) {
		Lists(y, into)
	}
}

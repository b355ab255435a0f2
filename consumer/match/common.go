package match

import "strings"

// common are folded words that most articles have.
var common = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`the of and to in a is that for on with as by at from it was be this have are an has not
		de la le les des et en un une du que est pour dans qui sur au par plus pas se ne avec il a ce d' l' sont son`) {
		m[w] = true
	}
	return m
}()

package syntax

// chunk draws a rough tree in one pass from tags alone: small words hang on the next heavy one, nouns on the verb
// before them or, as subjects, on the one that follows. It serves sentences and lists too long to be parsed.
func (m *Model) chunk(words []Word) {
	root := 0
	for i := range words {
		if words[i].Tag == VERB {
			root = i
			break
		}
		if heavy(words[i].Tag) && !heavy(words[root].Tag) {
			root = i
		}
	}
	heavyNext, verbNext := -1, -1
	for i := len(words) - 1; i >= 0; i-- {
		w := &words[i]
		w.Head, w.Rel = root, "dep"
		switch w.Tag {
		case DET, NUM, ADJ, ADP, SCONJ, PART, AUX, ADV:
			w.Head, w.Rel = heavyNext, small[w.Tag]
		case PUNCT:
			w.Rel = "punct"
		case VERB:
			w.Rel = "conj"
			heavyNext, verbNext = i, i
		case NOUN, PROPN, PRON:
			w.Head, w.Rel = verbNext, "nsubj"
			heavyNext = i
		}
		if w.Head < 0 {
			w.Head = root
		}
	}
	attachObjects(words, root)
	words[root].Head, words[root].Rel = -1, "root"
}

// attachObjects hangs what follows a verb, and is not another verb's subject, on that verb.
func attachObjects(words []Word, root int) {
	verb, free, marked := -1, false, false
	for i := range words {
		w := &words[i]
		switch w.Tag {
		case VERB:
			verb, free, marked = i, true, false
		case ADP:
			marked = true
		case PUNCT, CCONJ, SCONJ:
			marked = false
			if w.Tag != PUNCT {
				free = false
			}
		case NOUN, PROPN:
			switch {
			case verb < 0 || i == root:
			case marked:
				w.Head, w.Rel = verb, "obl"
			case free:
				w.Head, w.Rel = verb, "obj"
				free = false
			}
			marked = false
		}
	}
}

var small = [...]string{DET: "det", NUM: "nummod", ADJ: "amod", ADP: "case", SCONJ: "mark", PART: "mark", AUX: "aux", ADV: "advmod", VERB: ""}

func heavy(t UPOS) bool { return t == NOUN || t == PROPN || t == PRON || t == VERB }

package text

// Slow segments without the short cut for simple chunks: the naive twin of Segment.
func Slow(s, lang string) Document {
	return segment(s, lang, func(*tokenizer, int, int) bool { return false })
}

// DetectBy is Detect by another model.
func DetectBy(file []byte, s string) (string, error) {
	m, err := parseModel(file)
	if err != nil {
		return "", err
	}
	return m.detect(s, sampled, distinct), nil
}

// SlowStem is Stem without memory.
func SlowStem(lang, word string) string {
	word = Fold(word)
	switch lang {
	case "fr":
		return stemFrench(word)
	case "en":
		return stemEnglish(word)
	}
	return word
}

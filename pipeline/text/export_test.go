package text

// Slow segments without the short cut for simple chunks: the naive twin of Segment.
func Slow(s, lang string) Document {
	return segment(s, lang, func(*tokenizer, int, int) bool { return false })
}

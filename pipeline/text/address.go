package text

import "strings"

// address finds the first web or mail address in s[start:end]; without one it returns end, end.
func address(s string, start, end int) (from, to int) {
	for i := start; i < end; i++ {
		switch s[i] {
		case ':':
			if from = back(s, start, i, 10, isAlphanumeric); from < i && strings.HasPrefix(s[i:end], "://") {
				if to = trim(s, i+3, forward(s, i+3, end, isAddress)); to > i+3 {
					return from, to
				}
			}
		case '@':
			from = back(s, start, i, 64, isLocal)
			to = trim(s, i+1, forward(s, i+1, min(end, i+256), isHost))
			if from < i && strings.IndexByte(s[i+1:to], '.') > 0 {
				return from, to
			}
		case 'w', 'W':
			if i+4 < end && strings.EqualFold(s[i:i+4], "www.") && (i == start || !isAlphanumeric(s[i-1])) {
				if to = trim(s, i+4, forward(s, i+4, end, isAddress)); to > i+4 {
					return i, to
				}
			}
		}
	}
	return end, end
}

// back is where the bytes that belong begin, at most most bytes before i and not before start.
func back(s string, start, i, most int, belongs func(byte) bool) int {
	for n := 0; i > start && n < most && belongs(s[i-1]); n++ {
		i--
	}
	return i
}

func forward(s string, i, end int, belongs func(byte) bool) int {
	for i < end && belongs(s[i]) {
		i++
	}
	return i
}

// trim leaves off the marks at the end that belong to the sentence around an address.
func trim(s string, start, end int) int {
	for end > start && strings.IndexByte(".,;:!?)'*_-", s[end-1]) >= 0 {
		end--
	}
	return end
}

func isAlphanumeric(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }

func isLocal(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("._%+-", c) >= 0 }

func isHost(c byte) bool { return isAlphanumeric(c) || c == '.' || c == '-' }

func isAddress(c byte) bool { return c > ' ' && c < 0x7F && strings.IndexByte("\"<>[]{}|\\^`", c) < 0 }

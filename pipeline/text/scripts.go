package text

// scripts counts letters that are not Latin.
type scripts struct {
	all                         int
	byBlock                     [len(blocks)]int
	cyrillic, arabic, kana, han int
	persian, urdu               int // Arabic letters that Arabic has not
}

// blocks are the scripts that name one language by themselves.
var blocks = [...]struct {
	first, last rune
	language    string
}{
	{0x370, 0x3ff, "el"},
	{0x590, 0x5ff, "he"},
	{0x900, 0x97f, "hi"},
	{0x980, 0x9ff, "bn"},
	{0xe00, 0xe7f, "th"},
	{0x10a0, 0x10ff, "ka"},
	{0x530, 0x58f, "hy"},
	{0xac00, 0xd7af, "ko"},
}

func (s *scripts) count(r rune) {
	s.all++
	switch {
	case r >= 0x400 && r <= 0x52f:
		s.cyrillic++
	case r >= 0x600 && r <= 0x6ff:
		s.arabic++
		switch r {
		case 'پ', 'چ', 'ژ', 'گ', 'ک', 'ی':
			s.persian++
		case 'ٹ', 'ڈ', 'ڑ', 'ں', 'ے', 'ہ':
			s.urdu++
		}
	case r >= 0x3040 && r <= 0x30ff:
		s.kana++
	case r >= 0x4e00 && r <= 0x9fff:
		s.han++
	default:
		for i, b := range blocks {
			if r >= b.first && r <= b.last {
				s.byBlock[i]++
				return
			}
		}
	}
}

// fewestLetters of a script tell its language; a Chinese sign says as much as several letters.
const fewestLetters = 12

func (s *scripts) language() string {
	switch half := s.all / 2; {
	case s.kana*20 > s.han+s.kana && s.han+s.kana > half && s.han+s.kana >= fewestLetters/2:
		return "ja"
	case s.han > half && s.han >= fewestLetters/2:
		return "zh"
	case s.all < fewestLetters:
		return ""
	case s.arabic > half:
		return s.semitic()
	}
	for i, n := range s.byBlock {
		if n > s.all/2 {
			return blocks[i].language
		}
	}
	return ""
}

func (s *scripts) semitic() string {
	switch {
	case s.urdu*30 > s.arabic:
		return "ur"
	case s.persian*30 > s.arabic:
		return "fa"
	}
	return "ar"
}

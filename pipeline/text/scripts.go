package text

// scripts counts letters that are not Latin.
type scripts struct {
	all                                  int
	byBlock                              [len(blocks)]int
	cyrillic, arabic, kana, han          int
	ukrainian, russian, serbian, belarus int // Cyrillic letters that Bulgarian has not, and only these have
	hard                                 int // the Cyrillic ъ, rare in Russian and everywhere in Bulgarian
	persian, urdu                        int // Arabic letters that Arabic has not
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
		switch r {
		case 'і', 'ї', 'є', 'ґ':
			s.ukrainian++
		case 'ы', 'э', 'ё':
			s.russian++
		case 'ў':
			s.belarus++
		case 'ђ', 'ј', 'љ', 'њ', 'ћ', 'џ':
			s.serbian++
		case 'ъ':
			s.hard++
		}
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
	case s.cyrillic > half:
		return s.slavic()
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

// slavic tells by the letters that only one language has; a text without any is most often Russian and too short.
func (s *scripts) slavic() string {
	switch {
	case s.belarus > 0 && s.belarus*200 > s.cyrillic:
		return "" // Belarusian
	case s.serbian*50 > s.cyrillic:
		return "sr" // Macedonian has some of its letters, and is not told from it
	case s.ukrainian*50 > s.cyrillic:
		return "uk"
	case s.russian*100 > s.cyrillic:
		return "ru"
	case s.hard*100 > s.cyrillic:
		return "bg"
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

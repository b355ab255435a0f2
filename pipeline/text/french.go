package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

var common = sync.OnceValue(func() map[string]abbreviation { return abbreviations(everywhere...) })

var fr = sync.OnceValue(func() language {
	return language{
		abbreviations: abbreviations(append([]list{
			{title, "M MM Mme Mmes Mlle Mlles Mr Pr Ste Me Gal Cdt Lt Col Cne Mgr"},
			{inside, "av apr env éd Éd dir trad cad c.-à-d tél Tél hab"},
			{beforeNum, "janv févr fév avr juil sept Sept oct nov déc n N"},
			{maybeLast, "Cie S.A c.v"},
		}, everywhere...)...),
		starters: set(`Le La Les L Un Une Des Du De D Il Elle Ils Elles On Nous Vous Je J Tu Ce Cet Cette Ces C Cela Ça Son Sa Ses
			Leur Leurs Notre Nos Mon Ma Mes Mais Et Ou Or Donc Car En Dans Sur Sous Pour Par Avec Sans Selon Après Avant Depuis
			Pendant Lors Alors Ainsi Aussi Cependant Toutefois Quant Si Quand Lorsque Comme Qui Que Qu Quoi Où Pourquoi Comment
			Tout Tous Toute Toutes Plus Pas Ne N À A Au Aux Plusieurs Certains Chaque Deux Trois Ici Là Enfin Puis Entre Chez
			Malgré Contre Vers Dès Jusqu Aucun Aucune Autre Celui Celle Ceux Celles`),
		split:  splitFrench,
		elides: elides,
	}
})

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// elides is true for the words that lose their vowel to an apostrophe.
func elides(word string) bool {
	switch len(word) {
	case 1:
		return strings.Contains("cdjlmnstCDJLMNST", word)
	case 2:
		return strings.EqualFold(word, "qu")
	case 6, 7, 8:
		switch strings.ToLower(word) {
		case "jusqu", "lorsqu", "puisqu", "quoiqu":
			return true
		}
	case 5:
		return strings.EqualFold(word, "jusqu")
	}
	return false
}

// whole are the words that keep their apostrophe or their last hyphen.
var whole = set(`aujourd'hui prud'homme prud'hommes prud'homal prud'homale prud'homaux
	rendez-vous garde-à-vous c'est-à-dire peut-être au-delà par-delà qu'en-dira-t-on là-bas ouï-dire
	celui-ci celle-ci ceux-ci celles-ci celui-là celle-là ceux-là celles-là jusque-là par-là de-là par-ci laissez-moi-tranquille`)

// enclitics are the pronouns and particles that a hyphen ties to the word before them.
var enclitics = set(`-il -elle -ils -elles -on -je -tu -nous -vous -ce -ci -là -le -la -les -lui -leur -moi -toi -y -en`)

// splitFrench cuts elided words off the front and enclitics off the end: "qu’a-t-il" gives "qu’", "a", "-t-il".
func splitFrench(t *tokenizer, start, end int) {
	if !strings.ContainsAny(t.text[start:end], "'’-") {
		t.addWord(start, end)
		return
	}
	for range 3 { // "jusqu’à", "s’il", "d’aujourd’hui"; never more than two in one word
		n := elision(t.text[start:end])
		if n == 0 {
			break
		}
		t.add(start, start+n, Word)
		start += n
	}
	var tails [3]int
	n := 0
	for stop := end; n < len(tails); n++ {
		tails[n] = enclitic(t.text[start:stop])
		if tails[n] == 0 {
			break
		}
		stop -= tails[n]
	}
	for i := range n {
		end -= tails[i]
	}
	t.addWord(start, end)
	for i := n - 1; i >= 0; i-- {
		t.add(end, end+tails[i], Word)
		end += tails[i]
	}
}

// elision is the size of the elided word that begins word, its apostrophe included, or 0.
func elision(word string) int {
	i := strings.IndexAny(word[:min(len(word), 12)], "'’")
	if i <= 0 || !elides(word[:i]) || strings.IndexByte(word, '-') > 0 && isWhole(word) {
		return 0
	}
	_, size := utf8.DecodeRuneInString(word[i:])
	rest := word[i+size:]
	next, _ := utf8.DecodeRuneInString(rest)
	if rest == "" || unicode.IsUpper(rune(word[0])) && isConsonant(next) && !isCapitals(rest) {
		return 0 // N’Djamena, M'Baye
	}
	return i + size
}

func isConsonant(r rune) bool {
	return strings.ContainsRune("bcdfgjklmnpqrstvwxz", unicode.ToLower(r))
}

func isCapitals(s string) bool {
	return len(s) > 1 && s == strings.ToUpper(s)
}

// enclitic is the size of the enclitic at the end of word, its hyphens included, or 0.
func enclitic(word string) int {
	i := strings.LastIndexByte(word, '-')
	if i <= 0 || len(word)-i > 6 || !enclitics[word[i:]] || isWhole(word) {
		return 0
	}
	if strings.HasSuffix(word[:i], "-t") && i > 2 {
		i -= 2
	}
	return len(word) - i
}

func isWhole(word string) bool {
	if len(word) > 24 {
		return false
	}
	return whole[strings.ReplaceAll(strings.ToLower(word), "’", "'")]
}

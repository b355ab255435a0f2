package text

import (
	"strings"
	"sync"
)

var en = sync.OnceValue(func() language {
	return language{
		abbreviations: abbreviations(append([]list{
			{title, "Mr Mrs Ms Messrs Sen Sens Rep Reps Gov Govs Lt Maj Sgt Cpl Pvt Adm Cmdr Cdr Brig Rev Hon Pres Amb Atty Det Supt Insp Mt Ft Sts"},
			{inside, "approx est dept Dept"},
			{beforeNum, "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Sec sec Ch ch Eq"},
			{maybeLast, `Assn Dist Ave Blvd Rd Ala Ariz Ark Calif Colo Conn Del Fla Ga Kan Mass Md Mich Minn Miss Mo Mont Neb Nev
				Okla Ore Pa Penn Tenn Tex Va Vt Wis Wyo Wash Ont Que ft lb lbs oz Intl Natl Mfg Ph.D`},
		}, everywhere...)...),
		starters: set(`The A An He She It They We I You In On At But And This That These Those His Her Its Their Our My If When While
			After Before As For From To With By Some Many Most Both Also However Meanwhile Since Although Though There Here What
			Who Why How Where Not No Yes Still Yet So Or Nor Now Then One Two Last Under According Earlier Later
			All Any Each Every Other Another Such Only Even Just`),
		split:  splitEnglish,
		elides: func(string) bool { return false },
	}
})

// splitEnglish cuts "n't", "'s" and their like off the end: "didn’t" gives "did", "n’t".
func splitEnglish(t *tokenizer, start, end int) {
	word := t.text[start:end]
	i := strings.LastIndexByte(word, '\'')
	size := 1
	if j := strings.LastIndex(word, "’"); j > i {
		i, size = j, len("’")
	}
	if i <= 0 {
		if len(word) == len("cannot") && strings.EqualFold(word, "cannot") {
			t.addWord(start, start+len("can"))
			start += len("can")
		}
		t.addWord(start, end)
		return
	}
	switch strings.ToLower(word[i+size:]) {
	case "t":
		if i < 2 || word[i-1]|0x20 != 'n' {
			break
		}
		t.addWord(start, start+i-1)
		t.add(start+i-1, end, Word)
		return
	case "s", "re", "ve", "ll", "d", "m":
		t.addWord(start, start+i)
		t.add(start+i, end, Word)
		return
	}
	t.addWord(start, end)
}

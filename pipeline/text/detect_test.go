package text_test

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

func TestDetect(t *testing.T) {
	for s, want := range map[string]string{
		"L’OTAN a choisi d’expulser sept diplomates russes.":                                                             "fr",
		"Guerre en Ukraine : la Russie affirme avoir fait échouer la campagne":                                           "fr",
		"LE GOUVERNEMENT DEMANDE AUX SYNDICATS DE REPRENDRE LES NEGOCIATIONS":                                            "fr",
		"NATO expels seven Russian diplomats after the Salisbury attack.":                                                "en",
		"It’s a coastal defense doctrine, says Taiwan's envoy":                                                           "en",
		"U.S. military gives medical equipment to Nicaragua.":                                                            "en",
		"Russland setzt seine ständige Vertretung bei der Nato aus, wie Lawrow am Montag mitteilte.":                     "de",
		"Merkel trifft Macron in Berlin":                                                                                 "",
		"Rusia suspende su misión permanente ante la OTAN, anunció el canciller Serguéi Lavrov.":                         "es",
		"El presidente francés visita Argelia":                                                                           "",
		"Il ministro degli Esteri russo ha dichiarato che la missione permanente sarà sospesa.":                          "it",
		"De Nederlandse regering heeft besloten om vier Russische diplomaten uit te wijzen.":                             "nl",
		"O governo português anunciou que vai expulsar dez diplomatas russos por causa da guerra.":                       "pt",
		"El govern català ha anunciat que presentarà un nou projecte de llei per regular els preus.":                     "ca",
		"Россия приостанавливает работу своего постоянного представительства при НАТО.":                                  "ru",
		"俄罗斯外长拉夫罗夫宣布，俄罗斯将暂停其驻北约代表团的工作。":                                                                                  "zh",
		"حلف شمال الأطلسي يطرد دبلوماسيين روس":                                                                           "ar",
		"asdf qwer zxcv uiop hjkl asdfg qwert zxcvb":                                                                     "",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":                                                                    "",
		"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore.": "",
		"Президент України заявив, що російські війська обстріляли місто Харків уночі.":                                  "uk",
		"Российские войска вышли из города, сообщил министр обороны, и это подтвердили жители.":                          "ru",
		"Правителството обяви, че България ще изгони двама руски дипломати заради шпионаж в държавата.":                  "bg",
		"ロシア外相はNATO代表部の活動を停止すると発表した。":                                                                                    "ja",
		"러시아 외무장관은 나토 대표부의 활동을 중단한다고 발표했다.":                                                                              "ko",
		"Ο υπουργός Εξωτερικών της Ρωσίας ανακοίνωσε την αναστολή.":                                                      "el",
		"وزیر خارجه روسیه گفت که ماموریت این کشور در ناتو تعلیق شده است":                                                 "fa",
		"Le 5":         "",
		"Oui.":         "",
		"":             "",
		"\xff\xfe\x00": "",
	} {
		if got := text.Detect(s); got != want {
			t.Errorf("%q is %q, not %q", s, got, want)
		}
	}
}

// TestDetectHeadlines measures on the headlines of one day, which are French.
func TestDetectHeadlines(t *testing.T) {
	rows, err := csv.NewReader(open(t, "corpora", "fr", "headlines-2020-01-10.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, r := range rows {
		found[text.Detect(r[0])]++
	}
	t.Logf("French headlines: %v of %d", found, len(rows))
	if found["fr"]*100 < len(rows)*95 || found["en"]*500 > len(rows) {
		t.Errorf("French headlines: %v of %d", found, len(rows))
	}
}

// A model that learned from a few sentences tells their words apart, and the same chance makes the same file.
func TestTheModelIsMadeFromSamples(t *testing.T) {
	samples := []text.Sample{
		{Language: "aa", Script: "latin", Named: true, Sentences: []string{"lorem ipsum dolor sit amet"}, Words: []string{"lorem", "ipsum"}},
		{Language: "bb", Script: "latin", Sentences: []string{"the quick brown fox jumps"}},
		{Language: "cc", Script: "cyrillic", Named: true, Sentences: []string{"съешь ещё этих мягких булок"}},
	}
	learn := func(seed uint64) []byte {
		file, err := text.TrainDetector(samples, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	file := learn(1)
	if !bytes.Equal(file, learn(1)) {
		t.Error("the same chance makes another file")
	}
	for s, want := range map[string]string{
		"lorem ipsum dolor amet": "aa", "the quick brown fox": "", "этих мягких булок съешь": "cc",
	} {
		if got, err := text.DetectBy(file, s); got != want || err != nil {
			t.Errorf("%q is %q, not %q, %v", s, got, want, err)
		}
	}
}

package text_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
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
		"Russland setzt seine ständige Vertretung bei der Nato aus, wie Lawrow am Montag mitteilte.":                     "",
		"Merkel trifft Macron in Berlin":                                                                                 "",
		"Rusia suspende su misión permanente ante la OTAN, anunció el canciller Serguéi Lavrov.":                         "",
		"El presidente francés visita Argelia":                                                                           "",
		"Il ministro degli Esteri russo ha dichiarato che la missione permanente sarà sospesa.":                          "",
		"De Nederlandse regering heeft besloten om vier Russische diplomaten uit te wijzen.":                             "",
		"O governo português anunciou que vai expulsar dez diplomatas russos por causa da guerra.":                       "",
		"El govern català ha anunciat que presentarà un nou projecte de llei per regular els preus.":                     "",
		"Россия приостанавливает работу своего постоянного представительства при НАТО.":                                  "",
		"俄罗斯外长拉夫罗夫宣布，俄罗斯将暂停其驻北约代表团的工作。":                                                                                  "",
		"حلف شمال الأطلسي يطرد دبلوماسيين روس":                                                                           "",
		"asdf qwer zxcv uiop hjkl asdfg qwert zxcvb":                                                                     "",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":                                                                    "",
		"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore.": "",
		"Vladimir Putin Sergei Lavrov Dmitri Peskov Maria Zakharova":                                                     "",
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

// TestDetectArticles measures on articles of many countries and headlines of one; no text in another language may pass
// for French or English once it has the length of a paragraph.
func TestDetectArticles(t *testing.T) {
	english := "au be ca mx tw uk us"
	var n, wrong int
	for scan := lines(open(t, "corpora", "html", "gold.jsonl")); scan.Scan(); {
		var a struct{ File, Text string }
		if err := json.Unmarshal(scan.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		country, _, _ := strings.Cut(a.File, "-")
		want := ""
		switch {
		case country == "fr":
			want = "fr"
		case strings.Contains(english, country), strings.HasPrefix(a.File, "pt-"), strings.HasPrefix(a.File, "za-Durban"):
			want = "en"
		}
		n++
		if got := text.Detect(a.Text); got != want {
			wrong++
			t.Errorf("%s is %q, not %q", a.File, got, want)
		}
	}
	rows, err := csv.NewReader(open(t, "corpora", "fr", "headlines-2020-01-10.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, r := range rows {
		found[text.Detect(r[0])]++
	}
	t.Logf("%d articles, %d wrong; French headlines: %v of %d", n, wrong, found, len(rows))
	if found["fr"]*100 < len(rows)*95 || found["en"]*500 > len(rows) {
		t.Errorf("French headlines: %v of %d", found, len(rows))
	}
}

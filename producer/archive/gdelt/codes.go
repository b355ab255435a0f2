package gdelt

import "strings"

// languages is ISO 639-1 by the three letters that GDELT's translations name.
var languages = func() map[string]string {
	f := strings.Fields(`fra fr eng en deu de spa es ita it por pt nld nl rus ru ukr uk pol pl ces cs ron ro hun hu tur tr ara ar
fas fa zho zh jpn ja kor ko swe sv dan da nor no fin fi ell el heb he hin hi ind id bul bg hrv hr srp sr slk sk slv sl vie vi`)
	out := make(map[string]string, len(f)/2)
	for i := 0; i+1 < len(f); i += 2 {
		out[f[i]] = f[i+1]
	}
	return out
}()

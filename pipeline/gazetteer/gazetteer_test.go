package gazetteer_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
)

func ExampleGazetteer_Longest() {
	g := gazetteer.Default()
	words := strings.Fields("le Kremlin expulse huit diplomates britanniques")
	at := time.Date(2021, 10, 18, 0, 0, 0, 0, time.UTC)
	for i := range words {
		for _, m := range g.Longest(words, i, "fr") {
			fmt.Println(words[i], m.Name.Kind, m.Entry.Name, m.Role(at).Sectors)
		}
	}
	// Output:
	// Kremlin metonym Russia [GOV]
	// britanniques demonym United Kingdom []
}

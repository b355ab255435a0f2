package text_test

import (
	"fmt"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

func ExampleSegment() {
	d := text.Segment("M. Lavrov n’a pas répondu. « Qu’en pense l’OTAN ? » demande-t-il.", "fr")
	for i, s := range d.Sentences {
		fmt.Printf("%d: %s\n   %s\n", i+1, d.Sentence(i), strings.Join(d.Words()[s.First:s.Last], " | "))
	}
	// Output:
	// 1: M. Lavrov n’a pas répondu.
	//    M. | Lavrov | n’ | a | pas | répondu | .
	// 2: « Qu’en pense l’OTAN ? » demande-t-il.
	//    « | Qu’ | en | pense | l’ | OTAN | ? | » | demande | -t-il | .
}

func ExampleDetect() {
	fmt.Printf("%q\n", text.Detect("L’OTAN a décidé d’expulser sept diplomates russes."))
	fmt.Printf("%q\n", text.Detect("NATO has decided to expel seven Russian diplomats."))
	fmt.Printf("%q\n", text.Detect("Die Nato hat beschlossen, sieben russische Diplomaten auszuweisen."))
	// Output:
	// "fr"
	// "en"
	// "de"
}

func ExampleStem() {
	fmt.Println(text.Fold("L’Élysée"), text.Stem("fr", "expulsées"), text.Stem("fr", "EXPULSEES"), text.Stem("en", "withdrew"))
	// Output: l'elysee expuls expuls withdraw
}

func ExampleCut() {
	fmt.Println(text.Cut("L’OTAN expulse. La Russie part. Le monde attend encore.", 50))
	// Output: L’OTAN expulse. La Russie part. true
}

package coder_test

import (
	"fmt"

	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/producer/coder"
	"github.com/quidnunc-news/quidnunc/producer/lexicon"
)

func ExampleCoder_Code() {
	c := coder.New(gazetteer.Default(), lexicon.Default())
	published, err := news.ParseInterval("2021-10-18")
	if err != nil {
		fmt.Println(err)
		return
	}
	a := news.Article{
		Language: "fr", Published: published, Text: "Quatre ans après la Crimée, l’OTAN a choisi d’expulser sept diplomates russes.",
	}.Identify("")
	for _, e := range c.Code(a) {
		fmt.Println(e.Who[0].Country, "→", e.Whom[0].Country, e.What.Type, e.What.Mode, e.What.CAMEO, e.Count.Value, e.What.Trigger)
	}
	// Output: NATO → RUS SANCTION expel 161 7 expulser
}

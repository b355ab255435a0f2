package machine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
)

func TestPlacesOfWindowsAreWhatWasPacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SampledFrom([]int{2, 200, 20_000}).Draw(t, "rules")
		place := rapid.Custom(func(t *rapid.T) [2]string {
			group := rapid.SampledFrom([]string{"", "", "RUS", "not told", strings.Repeat("long ", 60), "\x00\xff"}).Draw(t, "group")
			return [2]string{fmt.Sprint("rule ", rapid.IntRange(0, rules).Draw(t, "rule")), group}
		})
		articles := rapid.SliceOfN(rapid.SliceOfN(place, 0, 40), 0, 20).Draw(t, "articles")
		got, _ := machine.Packed(articles)
		if diff := cmp.Diff(articles, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestPlacesOfWindowsAreSmall(t *testing.T) {
	var places [][2]string
	for i := range 17 {
		places = append(places, [2]string{fmt.Sprint("rule ", i), ""})
	}
	if _, bytes := machine.Packed([][][2]string{places}); bytes > 40 {
		t.Errorf("17 places take %d bytes", bytes)
	}
}

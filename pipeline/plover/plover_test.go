package plover_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func ExampleScore() {
	fmt.Println(plover.Score(plover.Sanction, "expel"), plover.Sanction.Quad(), plover.Gloss(plover.Sanction, "expel"))
	// Output: -5.5 4 expels people of
}

func TestTheManualsCounts(t *testing.T) {
	if n := len(plover.Types()); n != 16 {
		t.Errorf("%d types, the manual has 16", n)
	}
	if n := len(plover.Contexts()); n != 37 {
		t.Errorf("%d contexts, the manual has 37", n)
	}
	if plover.Statement.Known() {
		t.Error("STATEMENT is no type of PLOVER")
	}
}

func TestScoresFollowTheQuadClass(t *testing.T) {
	for _, typ := range plover.Types() {
		for _, m := range append([]plover.Mode{""}, typ.Modes()...) {
			score := plover.Score(typ, m)
			if cooperation := typ.Quad() <= plover.MaterialCooperation; cooperation != (score > 0) && typ != plover.Request {
				t.Errorf("%s/%s: quad %d but score %v", typ, m, typ.Quad(), score)
			}
			if plover.Gloss(typ, m) == "" {
				t.Errorf("%s/%s has no words", typ, m)
			}
		}
	}
}

func TestModesAreTheirTypes(t *testing.T) {
	if got, want := plover.Sanction.Modes(), []plover.Mode{"convict", "expel", "withdraw", "discontinue"}; !slices.Equal(got, want) {
		t.Errorf("SANCTION has modes %v, want %v", got, want)
	}
	if got := plover.Score(plover.Protest, "no-such-mode"); got != plover.Score(plover.Protest, "") {
		t.Errorf("a mode without a score has %v, want its type's", got)
	}
}

func TestGoldsteinAndTypeByCAMEO(t *testing.T) {
	for code, want := range map[string]struct {
		goldstein float64
		typ       plover.Type
	}{
		"161": {-4, plover.Sanction}, "163": {-4, plover.Coerce}, "2041": {-10, plover.Assault}, "192": {-9.5, plover.Coerce},
		"1125": {-2, plover.Accuse}, "0814": {5, plover.Retreat}, "0811": {5, plover.Concede}, "175": {-7, plover.Assault},
		"01": {0, ""}, "02": {3, ""}, "1": {0, ""}, "": {0, ""},
	} {
		if got := plover.Goldstein(code); got != want.goldstein {
			t.Errorf("Goldstein(%q) = %v, want %v", code, got, want.goldstein)
		}
		if got := plover.ByCAMEO(code); got != want.typ {
			t.Errorf("ByCAMEO(%q) = %q, want %q", code, got, want.typ)
		}
	}
}

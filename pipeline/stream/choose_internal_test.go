package stream

import "testing"

func TestFiltersCoverSubjectsAsTheServersDo(t *testing.T) {
	for filter, subjects := range map[string]map[string]bool{
		"report.>":       {"report.fr.none": true, "report.fr": true, "report": false, "reports.fr": false, "told.report.fr": false},
		"tick":           {"tick": true, "tick.a": false, "tic": false, "ticks": false},
		"alert.*.mine.*": {"alert.a.mine.high": true, "alert.a.b.high": false, "alert.mine.high": false, "alert.a.mine.high.x": false, "alert.a.mine": false},
		"*.b":            {"a.b": true, "b": false, "a.b.c": false},
		">":              {"a": true, "a.b": true},
	} {
		for subject, want := range subjects {
			if got := covers(filter, subject); got != want {
				t.Errorf("covers(%q, %q) = %v", filter, subject, got)
			}
		}
	}
}

func TestPendingCountsWhatIsWantedOfWhatLiesBeyond(t *testing.T) {
	for name, c := range map[string]struct {
		whole   *ahead
		counted uint64
		want    uint64
	}{
		"the server chooses":                   {nil, 7, 7},
		"the first of ten":                     {&ahead{wanted: 10, all: 30, passed: 3, chosen: 1}, 27, 9},
		"the last":                             {&ahead{wanted: 10, all: 30, passed: 30, chosen: 10}, 0, 0},
		"the last one wanted, others beyond":   {&ahead{wanted: 10, all: 30, passed: 28, chosen: 10}, 2, 0},
		"six came later":                       {&ahead{wanted: 10, all: 30, passed: 3, chosen: 1}, 33, 11},
		"one came later, behind the last":      {&ahead{wanted: 10, all: 30, passed: 30, chosen: 10}, 1, 1},
		"fewer came than were counted":         {&ahead{wanted: 10, all: 30, passed: 20, chosen: 2}, 5, 5},
		"everything was read, and more beyond": {&ahead{wanted: 10, all: 30, passed: 60, chosen: 20}, 12, 4},
		"nothing lay ahead of it":              {&ahead{}, 4, 4},
	} {
		if got := (&cursor{whole: c.whole}).pending(c.counted); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

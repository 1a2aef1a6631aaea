package main

import "testing"

// Whoever mistypes the name of a part hears of it, and not that nothing moved.
func TestOnlyWhatThereIsRuns(t *testing.T) {
	ran := 0
	parts := []part{{"costs", func(*report) error { ran++; return nil }}, {"books", func(*report) error { ran++; return nil }}}
	for only, want := range map[string]int{"": 2, "costs": 1, "costs,books": 2, "cost": -1, "costs,book": -1} {
		ran = 0
		if err := run(only, false, parts); (err != nil) != (want < 0) || err == nil && ran != want || err != nil && ran > 0 {
			t.Errorf("-only %q ran %d parts: %v", only, ran, err)
		}
	}
}

package field

import (
	"testing"

	"pgregory.net/rapid"
)

// plainDistance is the distance without any short cut.
func plainDistance(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
				continue
			}
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// The short cuts leave the distance what it is up to the most that is asked for,
// and the letters that two words share never hide one that is near.
func TestDistanceIsThePlainOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SliceOfN(rapid.SampledFrom([]rune("abcé")), 0, 8)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		want := plainDistance(a, b)
		for most := range 3 {
			var table table
			if got := table.distance(a, b, most); got != want && (got <= most || want <= most) {
				t.Fatalf("%q, %q at most %d: %d, want %d", string(a), string(b), most, got, want)
			}
		}
		var s spellings
		s.add(string(b), "b")
		limit := 2
		if shorter := min(len(a), len(b)); shorter < 3 {
			limit = 0
		} else if shorter < 5 {
			limit = 1
		}
		if _, clear := s.closest(string(a)); clear != (want <= limit && len(b) > 0) {
			t.Fatalf("%q, %q are %d apart, near: %v", string(a), string(b), want, clear)
		}
	})
}

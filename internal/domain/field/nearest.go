package field

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nearest returns the one of the words that a misspelt word is clearly meant to
// be: at most two letters are added, missing, other or swapped (one in a word of
// three or four letters, none in a shorter one), and no other of the words is as
// near. Case, accents and blanks around do not count. What has no letter is a
// number or a sign, and never a slip of the pen.
func Nearest(word string, words []string) (string, bool) {
	cands := make([]candidate, len(words))
	for i, w := range words {
		cands[i] = candidate{bare(w), w}
	}
	return nearest(bare(word), cands)
}

// candidate is a spelling of something; several may be of the same thing.
type candidate struct{ spelling, of string }

// nearest looks for the word as it is, then without the signs around it, such
// as quotes that came along.
func nearest(word string, cands []candidate) (string, bool) {
	of, clear := closest(word, cands)
	if inner := strings.TrimFunc(word, sign); !clear && inner != word && strings.ContainsFunc(inner, unicode.IsLetter) {
		return closest(inner, cands)
	}
	return of, clear
}

func sign(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }

func closest(word string, cands []candidate) (string, bool) {
	best, of, clear := 3, "", false
	letters := strings.ContainsFunc(word, unicode.IsLetter)
	w := []rune(word)
	var t table
	for _, c := range cands {
		n := utf8.RuneCountInString(c.spelling)
		limit := 0
		switch shorter := min(len(w), n); {
		case !letters || shorter < 3:
		case shorter < 5:
			limit = 1
		default:
			limit = 2
		}
		limit = min(limit, best)
		if n == 0 || n-len(w) > limit || len(w)-n > limit {
			continue
		}
		switch d := t.distance(w, []rune(c.spelling)); {
		case d > limit:
		case d < best:
			best, of, clear = d, c.of, true
		case c.of != of:
			clear = false
		}
	}
	return of, clear
}

// table is what distance needs to remember; it is kept from call to call.
type table struct{ before, last, row []int }

// distance is the Damerau-Levenshtein distance (optimal string alignment) of
// two words.
func (t *table) distance(a, b []rune) int {
	if n := len(b) + 1; len(t.row) < n {
		t.before, t.last, t.row = make([]int, n), make([]int, n), make([]int, n)
	}
	for j := range len(b) + 1 {
		t.last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		t.row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			t.row[j] = min(t.last[j]+1, t.row[j-1]+1, t.last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				t.row[j] = min(t.row[j], t.before[j-2]+1)
			}
		}
		t.before, t.last, t.row = t.last, t.row, t.before
	}
	return t.last[len(b)]
}

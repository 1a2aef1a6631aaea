package cell

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

func nearest(word string, cands []candidate) (string, bool) {
	best, of, clear := 3, "", false
	letters := strings.ContainsFunc(word, unicode.IsLetter)
	for _, c := range cands {
		n := min(utf8.RuneCountInString(word), utf8.RuneCountInString(c.spelling))
		limit := 0
		if !letters {
			limit = 0
		} else if n >= 5 {
			limit = 2
		} else if n >= 3 {
			limit = 1
		}
		d := distance(word, c.spelling, min(limit, best))
		switch {
		case d > limit || d > best || c.spelling == "":
		case d < best:
			best, of, clear = d, c.of, true
		case c.of != of:
			clear = false
		}
	}
	return of, clear
}

// distance is the Damerau-Levenshtein distance (optimal string alignment) of
// two words, or any greater number if it is over the limit.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) > limit || len(t)-len(s) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

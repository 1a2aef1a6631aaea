package field

import (
	"math/bits"
	"strings"
	"unicode"
)

// Nearest returns the one of the words that a misspelt word is clearly meant to
// be: at most two letters are added, missing, other or swapped (one in a word of
// three or four letters, none in a shorter one), and no other of the words is as
// near. Case, accents and blanks around do not count. What has no letter is a
// number or a sign, and never a slip of the pen.
func Nearest(word string, words []string) (string, bool) {
	var s spellings
	for _, w := range words {
		s.add(bare(w), w)
	}
	return s.nearest(bare(word))
}

// A Spelling is one of several ways to write something.
type Spelling struct{ As, Of string }

// NearestOf returns what a misspelt word is clearly meant to say, as Nearest does;
// several ways to write one thing do not contend with each other.
func NearestOf(word string, ways []Spelling) (string, bool) {
	var s spellings
	for _, w := range ways {
		s.add(bare(w.As), w.Of)
	}
	return s.nearest(bare(word))
}

// spellings are ways to write something; several may be of the same thing.
type spellings []spelling

type spelling struct {
	letters []rune
	of      string
	has     uint64 // which letters it has, a bit for a few of them each
}

func (s *spellings) add(as, of string) {
	letters := []rune(as)
	*s = append(*s, spelling{letters, of, has(letters)})
}

func has(letters []rune) (set uint64) {
	for _, r := range letters {
		set |= 1 << (uint32(r) % 64)
	}
	return set
}

// nearest looks for the word as it is, then without the signs around it, such
// as quotes that came along.
func (s spellings) nearest(word string) (string, bool) {
	of, clear := s.closest(word)
	if inner := strings.TrimFunc(word, sign); !clear && inner != word && strings.ContainsFunc(inner, unicode.IsLetter) {
		return s.closest(inner)
	}
	return of, clear
}

func sign(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }

func (s spellings) closest(word string) (string, bool) {
	best, of, clear := 3, "", false
	letters := strings.ContainsFunc(word, unicode.IsLetter)
	w := []rune(word)
	set := has(w)
	var t table
	for i := range s {
		c := &s[i]
		n := len(c.letters)
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
		// Each difference brings at most one letter that the other has not.
		if bits.OnesCount64(set&^c.has) > limit || bits.OnesCount64(c.has&^set) > limit {
			continue
		}
		switch d := t.distance(w, c.letters, limit); {
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
// two words, or something more than most if it is more.
func (t *table) distance(a, b []rune, most int) int {
	// What both begin and end with is no difference.
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if n := len(b) + 1; len(t.row) < n {
		t.before, t.last, t.row = make([]int, n), make([]int, n), make([]int, n)
	}
	for j := range len(b) + 1 {
		t.last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		t.row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			t.row[j] = min(t.last[j]+1, t.row[j-1]+1, t.last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				t.row[j] = min(t.row[j], t.before[j-2]+1)
			}
			least = min(least, t.row[j])
		}
		if least > most+1 {
			return least // a swap takes its cost from two rows above
		}
		t.before, t.last, t.row = t.last, t.row, t.before
	}
	return t.last[len(b)]
}

// Package text makes texts comparable as people compare them, and fit to be
// shown. It has four forms of a text, from the nearest to what was written to
// the farthest, and each caller takes the one that its question asks for:
//
//	Trim       what is at the ends and means nothing is gone
//	Visible    no invisible character is left
//	Key        one case, one blank, one way to write a letter; accents count
//	Bare       as Key, and accents do not count: what a search or a guess compares
//
// Normalise is the form by which names of contacts are looked up; it is stored,
// so what it returns for a text never changes. Shown, Quote and Cut bound what
// a message shows of a cell.
//
// Every function takes any string, also one that is not UTF-8, and none fails.
// Which characters are invisible is said once, by Invisible.
package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// letters that have no decomposition but that people type without their mark.
var letters = strings.NewReplacer("æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ı", "i", "ł", "l", "þ", "th")

// Normalise returns s with case folded, accents taken off, and blanks at the ends
// removed and between words made one space: "  Müller-LÜDENSCHEIDT " and
// "Muller-Ludenscheidt" are the same. Folding a folded text changes nothing.
func Normalise(s string) string {
	// cases.Fold swaps the two cases of Cherokee letters instead of choosing one;
	// lowering afterwards makes them one again and changes no other letter.
	s = strings.ToLower(cases.Fold().String(norm.NFKD.String(s)))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	s = norm.NFKC.String(letters.Replace(s))
	return strings.Join(strings.Fields(s), " ")
}

// NormaliseEmail returns the form in which e-mail addresses are compared: the local part
// is case-sensitive by RFC 5321 but by no mail service, so all of it is lowered.
func NormaliseEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

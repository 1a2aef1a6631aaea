package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Invisible reports whether the character shows nothing: zero-width characters,
// the byte order mark, soft hyphens and direction marks, which come along when
// text is copied. It is the one set that headers, cells, names, codes and the
// conditions of targets pass over.
func Invisible(r rune) bool {
	return r == 0xAD || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E ||
		r >= 0x2060 && r <= 0x2064 || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF
}

// Visible returns s without invisible characters.
func Visible(s string) string {
	if !strings.ContainsFunc(s, Invisible) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if Invisible(r) {
			return -1
		}
		return r
	}, s)
}

// Blank reports whether s shows nothing: it is empty, or has only blanks of any
// width, tabs and invisible characters.
func Blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !Invisible(r) {
			return false
		}
	}
	return true
}

// Trim takes off what may be dropped at the ends of a cell: blanks of any width,
// tabs, and the invisible characters that never mean anything there. Line breaks
// are none of them, nor are joiners and direction marks.
func Trim(s string) string { return strings.TrimFunc(s, outer) }

func outer(r rune) bool {
	return r == ' ' || r == '\t' || r > 0x7F && (unicode.Is(unicode.Zs, r) || r == 0x200B || r == 0x2060 || r == 0xFEFF)
}

// Key is the form in which words are compared: NFC, lower case, without invisible
// characters, one blank between words, full-width characters folded.
func Key(s string) string {
	if simple(s) {
		return strings.ToLower(s)
	}
	s = norm.NFC.String(Visible(s))
	if strings.ContainsFunc(s, wide) {
		s = norm.NFC.String(width.Fold.String(s))
	}
	s = strings.ToLower(s)
	if strings.ContainsAny(s, "ßς") {
		s = sharp.Replace(s)
	}
	if s = norm.NFC.String(s); spaced(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// spaced reports whether all blanks of s are single spaces between words.
func spaced(s string) bool {
	last := ' '
	for _, r := range s {
		if r != ' ' && unicode.IsSpace(r) || r == ' ' && last == ' ' {
			return false
		}
		last = r
	}
	return last != ' '
}

var sharp = strings.NewReplacer("ß", "ss", "ς", "σ")

// wide reports whether the character has a form of another width.
func wide(r rune) bool { return r == 0x3000 || r >= 0xFF00 && r <= 0xFFEF }

// simple reports whether lower case is all that the key needs: printable ASCII
// without blanks at the ends or in a row.
func simple(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && last == ' ' {
			return false
		}
		last = s[i]
	}
	return last != ' '
}

// Bare is the key without accents.
func Bare(s string) string { return BareKey(Key(s)) }

// BareKey is Bare of a text whose key is known.
func BareKey(key string) string {
	if simple(key) {
		return key
	}
	latin := true
	for _, r := range key {
		latin = latin && int(r) < len(plainLetters)
	}
	if latin {
		return strings.Map(func(r rune) rune { return plainLetters[r] }, key)
	}
	return norm.NFC.String(strings.Map(unmarked, norm.NFD.String(key)))
}

// plainLetters are the letters of western languages without their accents.
var plainLetters = func() (to [0x180]rune) {
	for r := range to {
		to[r], _ = utf8.DecodeRuneInString(norm.NFC.String(strings.Map(unmarked, norm.NFD.String(string(rune(r))))))
	}
	return to
}()

// unmarked drops combining marks.
func unmarked(r rune) rune {
	if r >= 0x300 && unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}

// Digits reports whether s is one or more of 0 to 9.
func Digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// MaxShown is how many characters of a cell a message shows.
const MaxShown = 60

// Shown is a cell as a message shows it: cut at MaxShown characters, on one line.
func Shown(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, Cut(s, MaxShown))
}

// Cut returns at most so many characters of s: the last of them is … where
// there are more.
func Cut(s string, most int) string {
	n, last := 0, 0
	for i := range s {
		if n == most {
			return s[:last] + "…"
		}
		last = i
		n++
	}
	return s
}

package field

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"rollbook/internal/domain"
)

// Unmix undoes what happens to a text whose UTF-8 was opened as Windows-1252 or
// MacRoman and saved again: "dÃ©jÃ " was "déjà". It is strict, so that hardly
// any text is taken for a broken one that is not: every character over 127 of
// the whole text must belong to such a sequence, and each sequence must stand
// for a letter of a western language or a common sign.
func Unmix(text string) (string, bool) {
	// These are the first bytes of such sequences, in the two encodings.
	if !strings.ContainsAny(text, "ÃÂâÅ√¬‚≈") {
		return "", false
	}
	if before, ok := strings.CutSuffix(text, "Ã"); ok {
		// The no-break space after it was taken off with the blanks.
		if r, _ := utf8.DecodeLastRuneInString(before); unicode.IsLower(r) {
			text += "\u00a0"
		}
	}
	for _, c := range []*charmap.Charmap{charmap.Windows1252, charmap.Macintosh} {
		b := make([]byte, 0, len(text))
		whole := true
		for _, r := range text {
			x, ok := c.EncodeRune(r)
			if !ok && c == charmap.Windows1252 && r >= 0x80 && r < 0xA0 {
				x, ok = byte(r), true // the five bytes without a character
			}
			if !ok {
				whole = false
				break
			}
			b = append(b, x)
		}
		if whole && utf8.Valid(b) && !strings.ContainsFunc(string(b), strange) {
			return string(b), true
		}
	}
	return "", false
}

// MixedUp refuses a text value that Unmix can mend. ParseNew takes such a text,
// because it may be what is stored already and must be able to come back.
func MixedUp(v domain.Value, d domain.FieldDef) *Problem {
	right, ok := Unmix(string(v))
	if !ok {
		return nil
	}
	return no("encodingMixedUp", string(v), right, Format(domain.Value(right), d))
}

// strange tells whether a character is not one that a western text is likely to
// have.
func strange(r rune) bool {
	switch {
	case r < 0x80, r >= 0xA0 && r <= 0xFF && r != '×' && r != '÷':
		return false
	}
	return !strings.ContainsRune("ŒœŠšŽžŸ–—‘’‚“”„…•€™", r)
}

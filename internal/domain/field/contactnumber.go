package field

import (
	"math/big"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"rollbook/internal/domain"
)

// ParseNumber reads the Contact cell: a contact number with or without #, with
// blanks of any width and full-width digits folded. What a spreadsheet made of
// a number is not taken back silently, since leading zeros or digits may be
// lost.
func ParseNumber(text string) (domain.ContactNumber, *Problem) {
	s := strings.Map(func(r rune) rune {
		if hidden(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, width.Fold.String(text))
	s = strings.TrimPrefix(s, "#")
	if s == "" {
		return "", no("blankNumber")
	}
	n := domain.ContactNumber(s)
	if n.Valid() {
		return n, nil
	}
	suggestion := ""
	// Programs write ="0012345" to keep a spreadsheet from taking the zeros.
	if n := domain.ContactNumber(strings.TrimPrefix(strings.Trim(s, "=\"'‘’“”«»;,."), "#")); n.Valid() {
		suggestion = "#" + string(n)
	}
	if nums := numbers(s); nums != nil && !digits(s) {
		if len(nums) == 1 && nums[0].IsInt() && !strings.ContainsAny(s, "eE") {
			if n := domain.ContactNumber(written(s, nums[0])); n.Valid() {
				suggestion = "#" + string(n)
			}
		}
		return "", no("spreadsheetNumber.contact", text, suggestion)
	}
	return "", no("badNumber", text, suggestion)
}

// written returns the whole number as it stands in the text, with the zeros
// before it and without groups and decimals.
func written(s string, whole *big.Rat) string {
	s = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	for ; s != ""; s = s[:len(s)-1] {
		if n, ok := new(big.Rat).SetString(s); ok && n.Cmp(whole) == 0 {
			break
		}
	}
	return s
}

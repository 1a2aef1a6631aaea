package field

import (
	"fmt"
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
		return "", &Problem{Code: BlankNumber, Message: "There is no contact number. Write it as in the template, such as #0012345."}
	}
	n := domain.ContactNumber(s)
	if n.Valid() {
		return n, nil
	}
	p := &Problem{Code: BadNumber,
		Message: fmt.Sprintf("%s is not a contact number. It is 1 to 20 digits, with or without #.", quote(text))}
	// Programs write ="0012345" to keep a spreadsheet from taking the zeros.
	if n := domain.ContactNumber(strings.TrimPrefix(strings.Trim(s, "=\"'‘’“”«»;,."), "#")); n.Valid() {
		p.Suggestion = "#" + string(n)
	}
	if nums := numbers(s); nums != nil && !digits(s) {
		p.Code = SpreadsheetNumber
		p.Message = fmt.Sprintf("The spreadsheet changed this number to %s. Take it from the template again, in a column formatted as text.", quote(text))
		if len(nums) == 1 && nums[0].IsInt() && !strings.ContainsAny(s, "eE") {
			if n := domain.ContactNumber(written(s, nums[0])); n.Valid() {
				p.Suggestion = "#" + string(n)
			}
		}
	}
	return "", p
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

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

// numbers returns what numbers a text may be, as spreadsheets write them in
// five languages: digits, perhaps grouped by threes, decimals after a point or
// comma, and an exponent. 1.234 may be two numbers.
func numbers(s string) []*big.Rat {
	if s == "" || len(s) > 60 {
		return nil
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '’' || unicode.Is(unicode.Zs, r):
			return '\''
		case hidden(r):
			return -1
		}
		return r
	}, s)
	if s == "" || s[0] < '0' || s[0] > '9' {
		return nil
	}
	mantissa, exp := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exp = s[:i], s[i+1:]
		n := strings.TrimLeft(exp, "+-")
		if len(exp)-len(n) > 1 || !digits(n) || len(n) > 2 {
			return nil // no spreadsheet's number has a code of more digits
		}
		exp = "e" + exp
	}
	var out []*big.Rat
	for _, group := range []string{"", "'", ".", ","} {
		for _, point := range []string{"", ".", ","} {
			if group == point && group != "" {
				continue
			}
			plain, ok := plainNumber(mantissa, group, point)
			if !ok {
				continue
			}
			if r, ok := new(big.Rat).SetString(plain + exp); ok && !containsRat(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// plainNumber rewrites a number that uses exactly these signs, "" for none.
func plainNumber(s, group, point string) (string, bool) {
	whole, frac := s, "0"
	if point != "" {
		var ok bool
		if whole, frac, ok = strings.Cut(s, point); !ok || !digits(frac) {
			return "", false
		}
	}
	if group != "" {
		parts := strings.Split(whole, group)
		if len(parts) < 2 || len(parts[0]) > 3 {
			return "", false
		}
		for _, p := range parts[1:] {
			if len(p) != 3 {
				return "", false
			}
		}
		whole = strings.Join(parts, "")
	}
	if !digits(whole) {
		return "", false
	}
	return whole + "." + frac, true
}

func containsRat(rs []*big.Rat, r *big.Rat) bool {
	for _, o := range rs {
		if o.Cmp(r) == 0 {
			return true
		}
	}
	return false
}

// withNumber returns the values whose code or label is a number that fits.
func withNumber(d domain.FieldDef, fits func(*big.Rat) bool) []domain.Choice {
	var out []domain.Choice
	for _, c := range d.Values {
		for _, name := range []string{c.Code, c.Label} {
			ok := false
			for _, r := range numbers(name) {
				ok = ok || fits(r)
			}
			if ok {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// sameNumbers returns the values whose code or label is the same number in
// another format.
func sameNumbers(word string, d domain.FieldDef) []domain.Choice {
	nums := numbers(word)
	if nums == nil {
		return nil
	}
	return withNumber(d, func(r *big.Rat) bool { return containsRat(nums, r) })
}

// roundedNumbers returns the values whose code, as a number with an exponent,
// is rounded to the word: 1.23457E+15 for 1234567890123456.
func roundedNumbers(word string, d domain.FieldDef) []domain.Choice {
	nums := numbers(word)
	if nums == nil || !strings.ContainsAny(word, "eE") {
		return nil
	}
	n := 0
	for _, r := range word {
		if r == 'e' || r == 'E' {
			break
		}
		if r >= '0' && r <= '9' {
			n++
		}
	}
	round := func(r *big.Rat) string { return new(big.Float).SetPrec(300).SetRat(r).Text('e', n-1) }
	return withNumber(d, func(r *big.Rat) bool {
		for _, o := range nums {
			if round(o) == round(r) {
				return true
			}
		}
		return false
	})
}

// sameNumber warns if a code of digits was taken, but another one is the same
// number: a spreadsheet makes 1 of 01.
func sameNumber(word, code string, d domain.FieldDef) *Warning {
	if code == "" || !digits(word) {
		return nil
	}
	var others []string
	for _, c := range sameNumbers(word, d) {
		if c.Code != code && digits(c.Code) {
			others = append(others, c.Code)
		}
	}
	if others == nil {
		return nil
	}
	return &Warning{Code: SameNumber, Message: fmt.Sprintf(
		"%s was read as the value %s of %s, but a spreadsheet writes %s in the same way.", quote(word), code, d.Code, list(others, "and"))}
}

package field

import (
	"cmp"
	"html"
	"regexp"

	"rollbook/internal/domain"
)

var (
	entity     = regexp.MustCompile(`&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});`)
	lost       = regexp.MustCompile(`\pL\?\pL`)
	address    = regexp.MustCompile(`://|^www\.|\?\w+=`)
	scientific = regexp.MustCompile(`^[+-]?\d(?:[.,]\d+)?[eE]\+\d{2}$`)
)

// Damage looks at a text value for what programs do to texts on their way: UTF-8
// opened as another encoding, signs of web pages, a number that a spreadsheet has
// rounded. These are refused with what was meant, if that is known; letters that
// became a question mark are taken with a warning. Texts that are stored already
// may have any of it, so that it is not for them.
func Damage(v domain.Value, d domain.FieldDef) (*Warning, *Problem) {
	if p := MixedUp(v, d); p != nil {
		return nil, p
	}
	s := string(v)
	if entity.MatchString(s) {
		// Some programs do it twice.
		right := html.UnescapeString(s)
		if again := html.UnescapeString(right); entity.MatchString(right) {
			right = again
		}
		if right != s {
			if t, p := Text(right, cmp.Or(d.MaxLength, domain.MaxText)); p == nil {
				return nil, no("htmlEntities", s, Format(t, d))
			}
			return nil, no("htmlEntities", s, nil)
		}
	}
	if scientific.MatchString(s) {
		return nil, no("spreadsheetNumber.rounded", s)
	}
	if lost.MatchString(s) && !address.MatchString(s) {
		return look("lettersLost", s), nil
	}
	return nil, nil
}

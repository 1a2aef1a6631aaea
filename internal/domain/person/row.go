package person

import (
	"regexp"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/text"
)

// Row checks the values of one contact together: those that it will have after
// the row, as far as they are known. A postcode that is not of its country's form
// is taken with a warning.
func Row(fields map[domain.Field]domain.Value) []field.Warning {
	var out []field.Warning
	if w := postcodeOf(string(fields[domain.ContactPostcode]), string(fields[domain.ContactCountry])); w != nil {
		out = append(out, *w)
	}
	return out
}

// Key returns the identities by which two rows are the same person: the e-mail
// address, and last name, first name and birth date together if all three are
// there. Case, accents and blanks do not count. Two values of fields are the
// same person if they have a key in common; without any there is nothing to
// know it by.
func Key(fields map[domain.Field]domain.Value) []string {
	var keys []string
	if e := fields[domain.ContactEmail]; e != domain.Empty {
		keys = append(keys, "email:"+text.NormaliseEmail(string(e)))
	}
	last, first := text.Normalise(string(fields[domain.ContactLastName])), text.Normalise(string(fields[domain.ContactFirstName]))
	born := string(fields[domain.ContactBirthDate])
	if last != "" && first != "" && born != "" {
		// No value has a control character.
		keys = append(keys, "person:"+last+"\x1f"+first+"\x1f"+born)
	}
	return keys
}

var (
	decimals    = regexp.MustCompile(`^(\d{3,})[.,]0+$`)
	exponential = regexp.MustCompile(`^\d[.,]\d+[eE][+-]?\d+$`)
)

// postcode checks a postcode alone. It is a text: codes with letters, blanks
// and leading zeros exist.
func postcode(text string) (string, *field.Problem) {
	s := plain(text)
	if m := decimals.FindStringSubmatch(s); m != nil {
		return "", no("spreadsheetNumber.postcodeDecimals", text, m[1])
	}
	if exponential.MatchString(s) {
		return "", no("spreadsheetNumber.postcode", text)
	}
	return text, nil
}

// postcodes says how many digits the postcodes of a country have, where they
// are digits only, and whether they may begin with 0.
var postcodes = map[string]struct {
	digits int
	zero   bool
}{
	"DE": {5, true}, "FR": {5, true}, "IT": {5, true}, "ES": {5, true}, "FI": {5, true}, "EE": {5, true}, "US": {5, true}, "MX": {5, true},
	"TR": {5, true}, "UA": {5, true}, "HR": {5, false}, "RS": {5, false}, "BA": {5, false}, "MA": {5, false},
	"CH": {4, false}, "LI": {4, false}, "AT": {4, false}, "BE": {4, false}, "LU": {4, false}, "DK": {4, true}, "NO": {4, true},
	"HU": {4, false}, "SI": {4, false}, "BG": {4, false}, "AU": {4, true}, "NZ": {4, true}, "RU": {6, false}, "RO": {6, true},
}

func postcodeOf(code, country string) *field.Warning {
	form, ok := postcodes[country]
	if !ok || code == "" {
		return nil
	}
	n := plain(code)
	if rest, ok := strings.CutPrefix(strings.ToUpper(n), country+"-"); ok {
		n = rest
	}
	if country == "US" {
		n, _, _ = strings.Cut(n, "-")
	}
	isDigits := n != "" && strings.Trim(n, "0123456789") == ""
	switch {
	case isDigits && len(n) == form.digits && (form.zero || n[0] != '0'):
	case isDigits && form.zero && len(n) < form.digits && len(n) >= form.digits-2:
		return look("postcodeZero", code, country, form.digits, strings.Repeat("0", form.digits-len(n))+n)
	default:
		if form.zero {
			return look("postcodeForm", code, country, form.digits)
		}
		return look("postcodeForm.zero", code, country, form.digits)
	}
	return nil
}

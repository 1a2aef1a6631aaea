// Package phone reads telephone numbers as people and spreadsheets write them,
// and has one form for each: E.164, such as +41446681800, by which numbers are
// stored, compared and written into our files.
//
// A number is taken if the numbering plan of its country has it. What a
// spreadsheet took away (a 0, a +) is named with the whole number as the
// suggestion, never put back in silence.
//
// It is a package of its own because its table costs time and memory at start:
// only what checks contacts links it.
package phone

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/width"

	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
)

// The codes of problems with a telephone number, besides field.SpreadsheetNumber.
const (
	BadPhone       = "badPhone"       // no number that can be called
	PhoneExtension = "phoneExtension" // a number with an extension
	SeveralPhones  = "severalPhones"  // two numbers in one cell
	LostZero       = "lostZero"       // the leading 0 is missing
	LostPlus       = "lostPlus"       // the leading + is missing
)

// longest is more than any number with its punctuation has.
const longest = 100

var (
	scientific = regexp.MustCompile(`^[+]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$`)
	decimal    = regexp.MustCompile(`^([+]?[0-9]{6,})[.,]0+$`)
	extension  = regexp.MustCompile(`(?i)^(.*?[0-9)])[ ,;.-]*(?:;ext=|extension|ext[.:]?|extn[.:]?|x|#|int(?:erno|erne)?[.:]?|poste|durchwahl|dw[.:]?|apdo[.:]?|interior) *[0-9]{1,7}$`)
	between    = regexp.MustCompile(`(?i):::|[/;,|&\\\n\r]| (?:or|oder|ou|o|od\.|bzw\.|und|et|and|e|y) `)
)

// Parse reads one telephone number. Without the code of a country it is of the
// given one (ISO 3166-1 alpha-2, in any case; "" for none: then only
// international numbers are taken). The answer is in E.164, such as
// +41446681800, and reads back as itself.
//
// Only numbers that the country's numbering plan has are taken. A number that
// is right but for a 0 or + that a spreadsheet took away is named with the whole
// number as the suggestion, never taken. An extension has no place in E.164 and
// would be lost, so a number with one is refused.
func Parse(text, country string) (string, *field.Problem) {
	s := plain(text)
	if len(s) > longest {
		return "", no("badPhone.tooLong", text)
	}
	region := strings.ToUpper(country)
	if !phonenumbers.GetSupportedRegions()[region] {
		region = ""
	}
	if p := spreadsheet(text, s, region); p != nil {
		return "", p
	}
	if m := extension.FindStringSubmatch(s); m != nil {
		suggestion := ""
		if e164, ok := valid(m[1], region); ok {
			suggestion = e164
		}
		return "", no("phoneExtension", text, suggestion)
	}
	if one := several(text, region); one != "" {
		return "", no("severalPhones", text, one)
	}
	if p := signs(text, s); p != nil {
		return "", p
	}
	return number(text, s, region)
}

// CallingCode returns the code of a country (ISO 3166-1 alpha-2, in any case), such as
// 41, "" where there is none.
func CallingCode(country string) string {
	n := phonenumbers.GetCountryCodeForRegion(strings.ToUpper(country))
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// WithoutPlus reads a number that is written with the code of a country and without
// the + before it, as some programs write all of theirs. It is for a column of which
// that is known: ok only if the number is of the given country, or can be no number
// of that country's own.
func WithoutPlus(text, country string) (e164 string, ok bool) {
	s, region := plain(text), strings.ToUpper(country)
	d := digits(s)
	if d == "" || d[0] == '0' || len(s) > longest || !phonenumbers.GetSupportedRegions()[region] || signs(text, s) != nil {
		return "", false
	}
	if e164, ok = valid("+"+d, region); !ok {
		return "", false
	}
	if strings.HasPrefix(d, CallingCode(region)) {
		return e164, true
	}
	for _, own := range []string{d, "0" + d} {
		if home, is := valid(own, region); is && home != e164 {
			return "", false
		}
	}
	return e164, true
}

// plain drops what shows nothing and makes digits and signs the usual ones. A
// number that was copied from an address book often is between marks of
// direction.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case r >= 0x2010 && r <= 0x2015 || r == 0x2212: // hyphens, dashes, minus
			return '-'
		case strings.ContainsRune("'’·", r): // between groups of digits
			return ' '
		}
		return r
	}, width.Fold.String(s))
	s = strings.TrimSpace(s)
	for _, prefix := range []string{"tel:", "p:"} { // of links, and of lists of leads
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			return strings.TrimSpace(s[len(prefix):])
		}
	}
	return s
}

// spreadsheet names what a spreadsheet makes of a number in a cell of numbers.
func spreadsheet(text, s, region string) *field.Problem {
	if scientific.MatchString(s) {
		return no("spreadsheetNumber.phone", text)
	}
	m := decimal.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	suggestion, problem := number(m[1], m[1], region)
	if problem != nil {
		suggestion = problem.Fix()
	}
	return no("spreadsheetNumber.phoneDecimals", text, suggestion)
}

// several returns one of the numbers that can be called, a mobile one before others,
// if there is more than one; else "". A slash alone does not say so: in Germany it
// stands behind the area code.
func several(text, region string) string {
	n, first, mobile := 0, "", ""
	parts := between.Split(text, -1)
	if len(parts) == 1 {
		return ""
	}
	for _, part := range parts {
		part = plain(part)
		if len(digits(part)) < 5 {
			continue
		}
		e164, ok := valid(part, region)
		if !ok {
			continue
		}
		if n++; n == 1 {
			first = e164
		}
		if num, err := phonenumbers.Parse(e164, ""); err == nil && mobile == "" && phonenumbers.GetNumberType(num) == phonenumbers.MOBILE {
			mobile = e164
		}
	}
	if n < 2 {
		return ""
	}
	return cmp.Or(mobile, first)
}

// signs refuses what has no place in a telephone number.
func signs(text, s string) *field.Problem {
	if digits(s) == "" {
		return no("badPhone", text, nil)
	}
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9', strings.ContainsRune(" -./()[]~", r):
		case r == '+' && strings.Trim(s[:i], " ([") == "":
		case r == '+':
			return no("badPhone.plus", text)
		case unicode.IsLetter(r):
			return no("badPhone.letters", text)
		default:
			return no("badPhone.character", text, string(r))
		}
	}
	return nil
}

// number reads a number without an extension.
func number(text, s, region string) (string, *field.Problem) {
	d := digits(s)
	if strings.Contains(s, "+") {
		if e164, ok := valid(s, region); ok {
			return e164, nil
		}
		suggestion := ""
		if d[0] == '0' { // +044…
			suggestion, _ = valid(d, region)
		}
		return "", refused(text, s, region, suggestion)
	}
	if region == "" {
		if rest, ok := strings.CutPrefix(d, "00"); ok {
			if e164, ok := valid("+"+rest, region); ok {
				return e164, nil
			}
		}
		if abroad, ok := valid("+"+d, region); ok {
			return "", no("lostPlus.noCountry", text, abroad)
		}
		return "", no("badPhone.noCountry", text)
	}
	e164, ok := valid(s, region)
	if d[0] != '0' && (!ok || writtenWithZero(e164, d)) {
		if _, whole := valid("0"+d, region); whole {
			return "", no("lostZero", text, zero(s))
		}
	}
	// The code of the country without its + is read by the library as such; but
	// in North America 1 is also what is dialled before a number at home.
	prefix := phonenumbers.GetNddPrefixForRegion(region, true)
	lost := ok && e164 == "+"+d && (prefix == "" || !strings.HasPrefix(d, prefix))
	abroad := e164
	if !ok {
		abroad, lost = valid("+"+d, region)
	}
	if lost {
		return "", no("lostPlus", text, abroad)
	}
	if ok {
		return e164, nil
	}
	return "", refused(text, s, region, "")
}

// writtenWithZero tells whether the number is written at home with a 0 before
// the digits. Not all that may be dialled so are: in Liechtenstein nobody does.
func writtenWithZero(e164, d string) bool {
	n, err := phonenumbers.Parse(e164, "")
	return err == nil && digits(phonenumbers.Format(n, phonenumbers.NATIONAL)) == "0"+d
}

func zero(s string) string {
	if s[0] >= '0' && s[0] <= '9' {
		return "0" + s
	}
	return "0" + digits(s)
}

// refused says why a number cannot be called.
func refused(text, s, region, suggestion string) *field.Problem {
	n, err := phonenumbers.Parse(s, region)
	whose := region
	if err == nil {
		whose = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	}
	plus := "" // how a number of another country is written, if that may be what is missing
	if !strings.Contains(s, "+") {
		plus = "+"
	}
	switch {
	case err == phonenumbers.ErrInvalidCountryCode:
		return no("badPhone.noCountryCode", text, plus, suggestion)
	case err != nil:
		return no("badPhone", text, plus)
	}
	why := "start"
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.TOO_SHORT:
		why = "tooShort"
	case phonenumbers.TOO_LONG:
		why = "tooLong"
	case phonenumbers.INVALID_LENGTH:
		why = "length"
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		why = "area"
	}
	if whose == "" || whose == phonenumbers.UNKNOWN_REGION || whose == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return no("badPhone.refusedThere", text, why, plus, suggestion)
	}
	return no("badPhone.refused", text, whose, why, plus, suggestion)
}

// no makes the problem of a code, as reason.New does.
func no(key string, values ...any) *field.Problem {
	r := reason.New(key, values...)
	return &r
}

// valid returns the number in E.164 if the numbering plan of its country has it.
func valid(s, region string) (string, bool) {
	n, err := phonenumbers.Parse(s, region)
	if err != nil || n.GetExtension() != "" || !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	// A few numbering plans read their own international form differently.
	again, err := phonenumbers.Parse(e164, region)
	return e164, err == nil && phonenumbers.IsValidNumber(again) && phonenumbers.Format(again, phonenumbers.E164) == e164
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

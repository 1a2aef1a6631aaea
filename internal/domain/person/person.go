// Package person checks a contact's own data: e-mail, names, language, birth
// date, telephone and address, as they stand in the columns of a file of
// contacts. What is stored has one form for one meaning: a language and a
// country are codes, a date is yyyy-mm-dd, a telephone number is in E.164, a
// domain is in small letters.
//
// A blank cell keeps the value and Empty, in any case, clears it: that word only,
// because Leer is a town and Vide a name, so that for these the user is asked.
// Escapes and the words that most often are an accident are those of package
// field. The formula guard belongs to package sheet.
//
// A cell with exactly one meaning is taken; one with none, with two, or changed
// by a spreadsheet is a Problem that names what was meant, if that is clear.
package person

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/field"
	words "rollbook/internal/domain/text"
)

// The codes of problems with a contact's own data, besides those of packages
// field and phone.
const (
	BadEmail        = "badEmail"        // no address that mail can be sent to
	EmailDecoration = "emailDecoration" // an address with a name, brackets, mailto: or such around it
	SeveralEmails   = "severalEmails"   // two addresses in one cell
	NoLetter        = "noLetter"        // a name without any letter
	EmailInName     = "emailInName"     // an e-mail address in a name's column
	UnknownTitle    = "unknownTitle"    // not in the institution's list
	UnknownLanguage = "unknownLanguage"
	UnknownCountry  = "unknownCountry"
	FutureDate      = "futureDate" // a birth date after today
	EarlyDate       = "earlyDate"  // a birth date before 1900
)

// The codes of warnings about a contact's own data.
const (
	EmailSlip         = "emailSlip"       // the domain is nearly that of a large mail service
	DigitInLastName   = "digitInLastName" // taken for an organisation's name
	DigitInFirstName  = "digitInFirstName"
	OneLetter         = "oneLetter"         // a name of one letter
	Capitals          = "capitals"          // a name in capitals
	LanguageIsCountry = "languageIsCountry" // be, ch, se … are languages that people hardly mean
	VeryOld           = "veryOld"           // born more than 110 years ago
	PostcodeZero      = "postcodeZero"      // a leading zero is missing
	PostcodeForm      = "postcodeForm"      // not of the form of the country's postcodes
)

// Checker checks the contacts of one institution. Settings, Now and Phone must
// be set; it may be used by several goroutines.
type Checker struct {
	// Settings has the list of titles (none: any title is taken) and the
	// country of telephone numbers.
	Settings domain.Settings
	Now      func() time.Time
	// Order is that of day and month in the column of birth dates.
	Order day.Order
	// Phone reads a telephone number of a country: phone.Parse. It is a field
	// so that only those who check numbers link their table.
	Phone func(text, country string) (string, *field.Problem)
	// WithoutPlus reads a telephone number that is written with the code of a country
	// and without its +: phone.WithoutPlus, where the column's numbers are written so.
	WithoutPlus func(text, country string) (string, bool)
	// Undo says that the cells come from an undo file: then what a contact had
	// is taken although it would not be today, such as a title that has left
	// the list.
	Undo bool
}

// Def returns the definition of one of the contact's own fields: its code is
// its name in the API and its label the column's name.
func Def(f domain.Field) domain.FieldDef {
	d, ok := domain.ContactDef(f)
	if !ok {
		d = domain.FieldDef{Code: f.Code(), Label: f.Code(), Kind: domain.ContactText, MaxLength: domain.MaxText}
	}
	return d
}

// wide is the definition under which a cell is read before its field's check:
// what comes in may be longer than what is stored ("Switzerland" for CH).
func wide(f domain.Field) domain.FieldDef {
	d := Def(f)
	switch f {
	case domain.ContactEmail, domain.ContactLanguage, domain.ContactBirthDate, domain.ContactPhone, domain.ContactCountry, domain.ContactTitle:
		d.MaxLength = 400
	}
	return d
}

// Parse reads one cell of the column of a contact's own field. The Edit keeps,
// clears or has a Value, never Add or Remove. With a Problem it is nothing to
// rely on.
func (c *Checker) Parse(f domain.Field, text string) (field.Edit, *field.Warning, *field.Problem) {
	cell, taken, p := c.one(f, text)
	if p != nil {
		return field.Edit{}, nil, p
	}
	edit, _, p := field.ParseNew(cell, wide(f))
	if p != nil && p.Code == field.LineBreak {
		whole := field.OneLine(cell, " ")
		if again, _, wrong := c.Parse(f, whole); wrong == nil && again.Value != domain.Empty {
			fixed := p.WithFix(whole)
			p = &fixed
		}
	}
	if p != nil || edit.Keep || edit.Value == domain.Empty {
		return edit, nil, p
	}
	if f == domain.ContactBirthDate && noBirthDate.MatchString(string(edit.Value)) {
		return field.Edit{Keep: true}, nil, nil
	}
	if f == domain.ContactBirthDate && noYear.MatchString(string(edit.Value)) {
		return field.Edit{Keep: true}, look("noBirthYear", domain.Shown(text)), nil
	}
	v, w, p := c.check(f, string(edit.Value))
	if p != nil && c.Undo {
		if v, ok := c.ParseOld(f, text); ok {
			return field.Edit{Value: v}, nil, nil
		}
	}
	if p == nil && taken != nil {
		w = taken
	}
	return field.Edit{Value: v}, w, p
}

// one makes one text of a cell that has several lines or values: the lines of a street
// are put on one; of several telephone numbers a mobile one is taken, else the
// first, and of addresses as address books join them the first.
func (c *Checker) one(f domain.Field, text string) (string, *field.Warning, *field.Problem) {
	switch f {
	case domain.ContactStreet:
		if s := strings.TrimSpace(text); strings.ContainsAny(s, "\n\r") {
			s = field.OneLine(s, ", ")
			return s, look("linesJoined", domain.Shown(s)), nil
		}
	case domain.ContactEmail:
		if first, rest, several := strings.Cut(text, joiner); several && strings.TrimSpace(rest) != "" {
			first = strings.TrimSpace(first)
			return first, look("severalTaken", domain.Shown(text), first), nil
		}
		// Several addresses on lines of their own are told as such, not by their line breaks.
		if s := strings.TrimSpace(text); strings.ContainsAny(s, "\n\r") {
			if _, p := address(s, s); p != nil && p.Code == SeveralEmails {
				return "", nil, p
			}
		}
	case domain.ContactPhone:
		if c.Phone == nil || !strings.ContainsAny(text, ":/;,|&\\\n\r") && !strings.ContainsFunc(text, unicode.IsLetter) {
			return text, nil, nil
		}
		s := strings.TrimSpace(text)
		_, p := c.Phone(s, c.Settings.Country)
		if p != nil && p.Code == "severalPhones" && p.Fix() != "" {
			return p.Fix(), look("severalTaken", domain.Shown(text), p.Fix()), nil
		}
	}
	return text, nil, nil
}

// joiner is what address books put between the values of a cell.
const joiner = ":::"

// Check reads a value that is no cell, such as the API's: Empty and \ mean
// nothing in it, and what shows nothing is domain.Empty.
func (c *Checker) Check(f domain.Field, text string) (domain.Value, *field.Warning, *field.Problem) {
	v, p := field.Text(text, wide(f).MaxLength)
	if p != nil || v == domain.Empty {
		return domain.Empty, nil, p
	}
	return c.check(f, string(v))
}

// ParseOld reads a cell that says what a contact had. It is lenient where Parse
// is strict: what a spreadsheet did to a date or a telephone number is undone
// if that is clear, and what is no longer taken is the text as it stands. Known
// is false if it is no value that the field may have had.
func (c *Checker) ParseOld(f domain.Field, text string) (v domain.Value, known bool) {
	loose, ok := field.ParseOld(text, wide(f))
	if !ok || loose == domain.Empty {
		return loose, ok
	}
	switch f {
	case domain.ContactFirstName, domain.ContactLastName, domain.ContactStreet, domain.ContactCity:
		return field.ParseOld(text, Def(f)) // as it stands, also what is stored since before
	}
	v, _, p := c.check(f, string(loose))
	if p == nil {
		return v, true
	}
	switch f {
	case domain.ContactBirthDate:
		if day, err := time.Parse(time.DateOnly, string(loose)); err == nil && day.Year() > 0 {
			return loose, true
		}
		if p.Fix() != "" {
			if v, _, p := c.check(f, p.Fix()); p == nil {
				return v, true
			}
		}
		return domain.Empty, false
	case domain.ContactPhone:
		if p.Fix() != "" {
			if v, _, p := c.check(f, p.Fix()); p == nil {
				return v, true
			}
		}
	}
	return field.ParseOld(text, Def(f))
}

// Format writes a value as our files show it, "" for Empty. Parse reads it back
// as the same value.
func Format(f domain.Field, v domain.Value) string { return field.Format(v, Def(f)) }

// check is the check of each field. The text is NFC, trimmed, without control
// characters, and not empty.
func (c *Checker) check(f domain.Field, text string) (v domain.Value, w *field.Warning, p *field.Problem) {
	var s string
	switch f {
	case domain.ContactFirstName, domain.ContactLastName, domain.ContactStreet, domain.ContactCity:
		if !c.Undo {
			text = visible(text)
		}
	}
	switch f {
	case domain.ContactEmail:
		s, w, p = email(text)
	case domain.ContactTitle:
		s, p = c.title(text)
	case domain.ContactFirstName, domain.ContactLastName:
		s, w, p = name(f, text)
	case domain.ContactLanguage:
		s, w, p = languageCode(text)
	case domain.ContactBirthDate:
		s, w, p = birthDate(text, c.Order, c.Now())
	case domain.ContactPhone:
		s, p = c.Phone(text, c.Settings.Country)
		if p != nil && c.WithoutPlus != nil {
			if whole, ok := c.WithoutPlus(text, c.Settings.Country); ok {
				s, w, p = whole, look("phoneWithoutPlus", domain.Shown(text), whole), nil
			}
		}
	case domain.ContactPostcode:
		s, p = postcode(text)
	case domain.ContactCountry:
		s, p = countryCode(text)
	default:
		s = text
	}
	if p != nil {
		return domain.Empty, nil, p
	}
	if v, p = field.Text(s, Def(f).MaxLength); p != nil {
		return domain.Empty, nil, p
	}
	return v, w, nil
}

// plain drops what shows nothing, and makes blanks and full-width characters
// the usual ones.
func plain(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, width.Fold.String(s))
	return strings.TrimSpace(s)
}

// visible drops what shows nothing and makes all blanks the usual one. Scripts that
// join letters need their joiners.
func visible(s string) string {
	joined := strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
	})
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case joined && (r == '\u200c' || r == '\u200d'):
			return r
		case words.Invisible(r):
			return -1
		}
		return r
	}, s))
}

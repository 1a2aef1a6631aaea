package person_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/phone"
)

// today is the day of all tests.
var today = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func checker() *person.Checker {
	return &person.Checker{
		Settings: domain.Settings{Country: "CH", Language: "de", Titles: []string{"Herr", "Frau", "Dr.", "Mme", "Sig.ra", "Société", "Firma"}},
		Now:      func() time.Time { return today },
		Phone:    phone.Parse,
	}
}

const (
	email     = domain.ContactEmail
	title     = domain.ContactTitle
	firstName = domain.ContactFirstName
	lastName  = domain.ContactLastName
	language  = domain.ContactLanguage
	birthDate = domain.ContactBirthDate
	phoneNo   = domain.ContactPhone
	street    = domain.ContactStreet
	postcode  = domain.ContactPostcode
	city      = domain.ContactCity
	country   = domain.ContactCountry
)

func a(s string, n int) string { return strings.Repeat(s, n) }

// 246 characters of domain, so that 7 before the @ make an address of 254.
var longDomain = a("a", 63) + "." + a("b", 63) + "." + a("c", 63) + "." + a("d", 50) + ".org"

func TestTaken(t *testing.T) {
	for _, c := range []struct {
		field      domain.Field
		text, want string
		warning    string // its code
	}{
		// E-mail: one address, what is before the @ as written, the domain in small letters.
		{email, "anna@example.org", "anna@example.org", ""},
		{email, " anna@example.org ", "anna@example.org", ""},
		{email, "\u00a0anna@example.org\u200b", "anna@example.org", ""},
		{email, "anna\u00ad@example.org", "anna@example.org", ""}, // a soft hyphen from a text
		{email, "Anna.Meier@Example.ORG", "Anna.Meier@example.org", ""},
		{email, "anna＠example．org", "anna@example.org", ""},
		{email, "anna+theatre@mail.example.org", "anna+theatre@mail.example.org", ""},
		{email, "o'neil_1/x=y@example.co.uk", "o'neil_1/x=y@example.co.uk", ""},
		{email, "1@2.example", "1@2.example", ""},
		{email, "a@b.ch", "a@b.ch", ""},
		{email, "info@théâtre-140.example", "info@théâtre-140.example", ""},
		{email, "info@MÜLLER.example", "info@müller.example", ""},
		{email, "info@mu\u0308ller.example", "info@müller.example", ""},
		{email, "info@xn--mller-kva.example", "info@müller.example", ""},
		{email, "info@straße.example", "info@straße.example", ""},
		{email, "info@例え.テスト", "info@例え.テスト", ""},
		{email, "info@example.xn--p1ai", "info@example.рф", ""},
		{email, a("x", 64) + "@example.org", a("x", 64) + "@example.org", ""},
		{email, a("x", 7) + "@" + longDomain, a("x", 7) + "@" + longDomain, ""},
		// A slip in a large service's name is taken with a warning.
		{email, "anna@gmial.com", "anna@gmial.com", person.EmailSlip},
		{email, "anna@gmai.com", "anna@gmai.com", person.EmailSlip},
		{email, "anna@gmaill.com", "anna@gmaill.com", person.EmailSlip},
		{email, "anna@gmail.con", "anna@gmail.con", person.EmailSlip},
		{email, "anna@gmail.co", "anna@gmail.co", person.EmailSlip},
		{email, "anna@gmail.fr", "anna@gmail.fr", person.EmailSlip},
		{email, "anna@gmial.con", "anna@gmial.con", person.EmailSlip},
		{email, "anna@hotmial.fr", "anna@hotmial.fr", person.EmailSlip},
		{email, "anna@bluwin.ch", "anna@bluwin.ch", person.EmailSlip},
		{email, "anna@t-onlin.de", "anna@t-onlin.de", person.EmailSlip},
		{email, "anna@gxm.de", "anna@gxm.de", person.EmailSlip},
		{email, "anna@wanado.fr", "anna@wanado.fr", person.EmailSlip},
		{email, "anna@libreo.it", "anna@libreo.it", person.EmailSlip},
		{email, "anna@telefoncia.net", "anna@telefoncia.net", person.EmailSlip},
		{email, "anna@btinternett.com", "anna@btinternett.com", person.EmailSlip},
		{email, "anna@example.con", "anna@example.con", person.EmailSlip},
		// What only looks like one is not.
		{email, "anna@gmail.com", "anna@gmail.com", ""},
		{email, "anna@mail.com", "anna@mail.com", ""},
		{email, "anna@ymail.com", "anna@ymail.com", ""},
		{email, "anna@gmx.ch", "anna@gmx.ch", ""},
		{email, "anna@gmx.li", "anna@gmx.li", ""},
		{email, "anna@hotmail.pt", "anna@hotmail.pt", ""},
		{email, "anna@five.com", "anna@five.com", ""},
		{email, "anna@wen.de", "anna@wen.de", ""},
		{email, "anna@company.co", "anna@company.co", ""},

		// Title: one of the institution's.
		{title, "Herr", "Herr", ""},
		{title, "herr", "Herr", ""},
		{title, "FRAU", "Frau", ""},
		{title, "Fraü", "Frau", ""}, // accents do not count
		{title, "dr", "Dr.", ""},
		{title, "Mme.", "Mme", ""},
		{title, "sig.ra", "Sig.ra", ""},
		{title, "societe", "Société", ""},
		{title, "Monsieur", "Herr", ""}, // in another language
		{title, "Mr", "Herr", ""},
		{street, "Hauptstrasse 1\n8001 Zürich", "Hauptstrasse 1, 8001 Zürich", "linesJoined"},
		{street, "Hof 3,\r\nHinterhaus\n", "Hof 3, Hinterhaus", "linesJoined"},
		{phoneNo, "044 668 18 00 / 079 123 45 67", "+41791234567", "severalTaken"},
		{email, "anna@example.org ::: ben@example.org", "anna@example.org", "severalTaken"},
		{language, "D", "de", ""},
		{country, "D", "DE", ""}, // a car's letter
		{country, "a", "AT", ""},

		// Names.
		{firstName, "Anna", "Anna", ""},
		{firstName, "  Anna  ", "Anna", ""},
		{firstName, "ANNA", "ANNA", person.Capitals},
		{firstName, "Mary Ann", "Mary Ann", ""},
		{firstName, "Jean-Luc", "Jean-Luc", ""},
		{firstName, "D'Arcy", "D'Arcy", ""},
		{firstName, "J.", "J.", person.OneLetter},
		{firstName, "Anna2", "Anna2", person.DigitInFirstName},
		{firstName, "Zoe\u0308", "Zoë", ""},
		{firstName, "伟", "伟", ""},
		{firstName, a("x", 100), a("x", 100), ""},
		{lastName, "Meier", "Meier", ""},
		{lastName, "de La Tour", "de La Tour", ""},
		{lastName, `\Leer`, "Leer", ""},
		{lastName, `\Empty`, "Empty", ""},
		{lastName, `\Null`, "Null", ""},
		{lastName, "Association « Arts & Co »", "Association « Arts & Co »", ""},
		{lastName, "Théâtre 140", "Théâtre 140", person.DigitInLastName},
		{lastName, "3 Löwen GmbH", "3 Löwen GmbH", person.DigitInLastName},
		{lastName, "@rt Gallery", "@rt Gallery", ""},

		// Language: a code or a name; the code is kept.
		{language, "fr", "fr", ""},
		{language, "FR", "fr", ""},
		{language, "fr-CH", "fr-CH", ""},
		{language, "FR_ch", "fr-CH", ""},
		{language, "French", "fr", ""},
		{language, "français", "fr", ""},
		{language, "FRANCAIS", "fr", ""},
		{language, "Französisch", "fr", ""},
		{language, "francese", "fr", ""},
		{language, "francés", "fr", ""},
		{language, "Deutsch", "de", ""},
		{language, "Deutsch (Schweiz)", "de-CH", ""},
		{language, "German (informal)", "de", ""},
		{language, "allemand", "de", ""},
		{language, "tedesco", "de", ""},
		{language, "alemán", "de", ""},
		{language, "castellano", "es", ""},
		{language, "Rätoromanisch", "rm", ""},
		{language, "Nederlands", "nl", ""}, // in itself
		{language, "português", "pt", ""},
		{language, "日本語", "ja", ""},
		{language, "deu", "de", ""},
		{language, "ger", "de", ""},
		{language, "fra", "fr", ""},
		{language, "Norwegian", "no", ""},
		{language, "Bokmål", "nb", ""},
		{language, "no", "no", ""}, // a language here, not the word for false
		{language, "iw", "he", ""}, // withdrawn
		{language, "ch", "ch", person.LanguageIsCountry},
		{language, "SE", "se", person.LanguageIsCountry},

		// Birth date.
		{birthDate, "1985-04-12", "1985-04-12", ""},
		{birthDate, "1985-4-2", "1985-04-02", ""},
		{birthDate, "1985/04/12", "1985-04-12", ""},
		{birthDate, "1985-04-12T00:00:00", "1985-04-12", ""},
		{birthDate, "1985-04-12 00:00:00.000", "1985-04-12", ""},
		{birthDate, "1985-04-12T00:00:00Z", "1985-04-12", ""},
		{birthDate, "1985-04-12T00:00:00+02:00", "1985-04-12", ""},
		{birthDate, "12.04.1985", "1985-04-12", ""},
		{birthDate, "2.4.1985", "1985-04-02", ""},
		{birthDate, "12. 4. 1985", "1985-04-12", ""},
		{birthDate, "12.04.1985 00:00", "1985-04-12", ""},
		{birthDate, "05.04.1985", "1985-04-05", ""}, // with full stops the day always is first
		{birthDate, "13/04/1985", "1985-04-13", ""},
		{birthDate, "13-04-1985", "1985-04-13", ""},
		{birthDate, "05/05/1985", "1985-05-05", ""}, // both readings are one day
		{birthDate, "29.02.1984", "1984-02-29", ""},
		{birthDate, "12 April 1985", "1985-04-12", ""},
		{birthDate, "12 avr. 1985", "1985-04-12", ""},
		{birthDate, "1. März 1985", "1985-03-01", ""},
		{birthDate, "12 de abril de 1985", "1985-04-12", ""},
		{birthDate, "29.02.2000", "2000-02-29", ""},
		{birthDate, "１２.０４.１９８５", "1985-04-12", ""},
		{birthDate, "\u200e12.04.1985", "1985-04-12", ""},
		{birthDate, "24.11.2026", "2026-11-24", ""},
		{birthDate, "01.01.1917", "1917-01-01", ""},
		{birthDate, "01.01.1900", "1900-01-01", person.VeryOld},
		{birthDate, "23.11.1916", "1916-11-23", person.VeryOld},

		// Telephone: package phone, with the institution's country.
		{phoneNo, "044 668 18 00", "+41446681800", ""},
		{phoneNo, "+33 1 42 68 53 00", "+33142685300", ""},

		// Address.
		{street, "Bahnhofstrasse 12a, 3. Stock", "Bahnhofstrasse 12a, 3. Stock", ""},
		{street, "12, rue de l'Église", "12, rue de l'Église", ""},
		{postcode, "8001", "8001", ""},
		{postcode, "01067", "01067", ""},
		{postcode, "W1A 1AA", "W1A 1AA", ""},
		{postcode, "CH-8001", "CH-8001", ""},
		{city, `\Leer`, "Leer", ""},
		{city, "  Zürich\u00a0", "Zürich", ""},
		{city, "1000 Mares", "1000 Mares", ""},

		// Country: a code or a name; the code is kept.
		{country, "CH", "CH", ""},
		{country, "ch", "CH", ""},
		{country, "CHE", "CH", ""},
		{country, "Switzerland", "CH", ""},
		{country, "Suisse", "CH", ""},
		{country, "SCHWEIZ", "CH", ""},
		{country, "Svizzera", "CH", ""},
		{country, "Suiza", "CH", ""},
		{country, "Germany", "DE", ""},
		{country, "Allemagne", "DE", ""},
		{country, "Deutschland", "DE", ""},
		{country, "Germania", "DE", ""},
		{country, "Alemania", "DE", ""},
		{country, "UK", "GB", ""},
		{country, "U.K.", "GB", ""},
		{country, "England", "GB", ""},
		{country, "Grossbritannien", "GB", ""},
		{country, "Großbritannien", "GB", ""},
		{country, "USA", "US", ""},
		{country, "U.S.A.", "US", ""},
		{country, "Etats-Unis", "US", ""},
		{country, "EE. UU.", "US", ""},
		{country, "Holland", "NL", ""},
		{country, "Nederland", "NL", ""}, // in its own language
		{country, "Österreich", "AT", ""},
		{country, "Oesterreich", "AT", ""},
		{country, "Czech Republic", "CZ", ""},
		{country, "Côte d'Ivoire", "CI", ""},
		{country, "Kosovo", "XK", ""},
		{country, "Trinidad & Tobago", "TT", ""},
		{country, "NO", "NO", ""},
		{country, "NA", "NA", ""}, // Namibia
	} {
		edit, w, p := checker().Parse(c.field, c.text)
		if p != nil {
			t.Errorf("%s %q: %+v", c.field, c.text, *p)
			continue
		}
		if diff := cmp.Diff(field.Edit{Value: domain.Value(c.want)}, edit); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.field, c.text, diff)
		}
		code := ""
		if w != nil {
			code = string(w.Code)
		}
		if code != c.warning {
			t.Errorf("%s %q: warning %+v, want %q", c.field, c.text, w, c.warning)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		field                  domain.Field
		text, code, suggestion string
		says                   string // in the message
	}{
		// E-mail.
		{email, "anna.example.org", person.BadEmail, "", "no @"},
		{email, "anna@@example.org", person.BadEmail, "", "more than one @"},
		{email, "anna@example", person.BadEmail, "", "no dot"},
		{email, "anna@gmail", person.BadEmail, "anna@gmail.com", "no dot"},
		{email, "anna@", person.BadEmail, "", "nothing after"},
		{email, "@example.org", person.BadEmail, "", "nothing before"},
		{email, "anna meier@example.org", person.BadEmail, "annameier@example.org", "blank"},
		{email, "anna@ example.org", person.BadEmail, "anna@example.org", "blank"},
		{email, "anna..meier@example.org", person.BadEmail, "anna.meier@example.org", "two dots"},
		{email, "anna@example..org", person.BadEmail, "anna@example.org", "two dots"},
		{email, ".anna@example.org", person.BadEmail, "anna@example.org", "dot"},
		{email, "anna.@example.org", person.BadEmail, "anna@example.org", "dot"},
		{email, "anna@.example.org", person.BadEmail, "anna@example.org", "dot"},
		{email, "anna@example.org.", person.BadEmail, "anna@example.org", "dot"},
		{email, "anna@example,org", person.BadEmail, "anna@example.org", "comma"},
		{email, "anna(at)example.org", person.BadEmail, "anna@example.org", "no @"},
		{email, "anna [at] example (dot) org", person.BadEmail, "anna@example.org", "no @"},
		{email, "mailto:anna@example.org", person.EmailDecoration, "anna@example.org", "mailto:"},
		{email, "MAILTO:anna@example.org?subject=Hi", person.EmailDecoration, "anna@example.org", "mailto:"},
		{email, "<anna@example.org>", person.EmailDecoration, "anna@example.org", "angle brackets"},
		{email, "Anna Meier <anna@example.org>", person.EmailDecoration, "anna@example.org", "a name"},
		{email, `"anna@example.org"`, person.EmailDecoration, "anna@example.org", "around it"},
		{email, "'anna@example.org", person.EmailDecoration, "anna@example.org", "around it"},
		{email, "anna@example.org;", person.EmailDecoration, "anna@example.org", "around it"},
		{email, "(anna@example.org)", person.EmailDecoration, "anna@example.org", "around it"},
		{email, "anna@example.org; ben@example.org", person.SeveralEmails, "anna@example.org", "more than one"},
		{email, "anna@example.org, ben@example.org", person.SeveralEmails, "anna@example.org", "more than one"},
		{email, "anna@example.org / ben@example.org", person.SeveralEmails, "anna@example.org", "more than one"},
		{email, "anna@example.org ben@example.org", person.SeveralEmails, "anna@example.org", "more than one"},
		{email, `"anna meier"@example.org`, person.BadEmail, "", "blank"},
		{email, "müller@example.org", person.BadEmail, "", `"ü" before the @`},
		{email, "anna@[192.0.2.1]", person.BadEmail, "", "computer's address"},
		{email, "anna@192.0.2.1", person.BadEmail, "", "computer's address"},
		{email, "anna@exa_mple.org", person.BadEmail, "", `"_" after the @`},
		{email, "anna@-example.org", person.BadEmail, "", "hyphen"},
		{email, "anna@example.c", person.BadEmail, "", "end of no domain"},
		{email, "anna@example.0rg", person.BadEmail, "", "end of no domain"},
		{email, "anna@xn--a.org", person.BadEmail, "", "no domain"},
		{email, a("x", 65) + "@example.org", person.BadEmail, "", "more than 64"},
		{email, a("x", 8) + "@" + longDomain, person.BadEmail, "", "longer than the 254"},
		{email, "anna@" + a("x", 64) + ".org", person.BadEmail, "", "63"},
		{email, "anna\n@example.org", field.LineBreak, "", ""},
		{email, "-", field.MaybeEmpty, "", "meant to be Empty"},
		{email, "N/A", field.MaybeEmpty, "", "meant to be Empty"},

		// Title.
		{title, "Madame", field.AmbiguousValue, "", "Frau, Mme or Sig.ra"},
		{title, "Hrer", person.UnknownTitle, "Herr", "Did you mean"},
		{title, "Professor", person.UnknownTitle, "", "Taken are Herr, Frau, Dr., Mme, Sig.ra, Société and Firma"},

		// Names.
		{firstName, "12", person.NoLetter, "", "no letter"},
		{firstName, ".", person.NoLetter, "", "no letter"},
		{firstName, "-", field.MaybeEmpty, "", "meant to be Empty"},
		{firstName, "anna@example.org", person.EmailInName, "", "e-mail"},
		{firstName, "Anna\tMaria", field.ControlCharacter, "", "tab"},
		{firstName, "Anna\nMaria", field.LineBreak, "Anna Maria", "line break"},
		{firstName, "Anna\x00", field.ControlCharacter, "", ""},
		{firstName, "M\uFFFDller", field.BadCharacter, "", ""},
		{firstName, a("x", 101), field.TextTooLong, "", "101"},
		{lastName, "8001", person.NoLetter, "", "no letter"},
		{lastName, "anna@example.org", person.EmailInName, "", "e-mail"},
		{lastName, "Leer", field.MaybeEmpty, "", `\Leer`}, // a name, or the German word for Empty
		{city, "Leer", field.MaybeEmpty, "", `\Leer`},
		{lastName, "Null", field.MaybeEmpty, "", `\Null`},

		// Language.
		{language, "Frenhc", person.UnknownLanguage, "fr", "fr (French)"},
		{language, "Deutsh", person.UnknownLanguage, "de", "de (German)"},
		{language, "E", person.UnknownLanguage, "", "its code"}, // English or español
		{language, "zh-Hans", person.UnknownLanguage, "zh", ""},
		{language, "Klingon", person.UnknownLanguage, "", "its code"},
		{language, "xx", person.UnknownLanguage, "", ""},
		{language, "fr-XX", person.UnknownLanguage, "fr", ""},
		{language, "1", person.UnknownLanguage, "", ""},

		// Birth date.
		{birthDate, "04/13/1985", field.AmericanDate, "1985-04-13", "month before the day"},
		{birthDate, "04/13/1885", person.EarlyDate, "", "before 1900"}, // nor is the day that is meant one
		{birthDate, "12/31/2026", person.FutureDate, "", "in the future"},
		{birthDate, "20261231", field.BadDate, "", "no date in a format"},
		{birthDate, "04.13.1985", field.AmericanDate, "1985-04-13", "month before the day"},
		{birthDate, "05/04/1985", field.AmbiguousDate, "", "1985-04-05 (5 April 1985) or 1985-05-04 (4 May 1985)"},
		{birthDate, "5-4-1985", field.AmbiguousDate, "", "1985-04-05 (5 April 1985) or 1985-05-04 (4 May 1985)"},
		{birthDate, "12.04.85", field.ShortYear, "1985-04-12", "two digits"},
		{birthDate, "12.04.05", field.ShortYear, "", "two digits"}, // 1905 or 2005
		{birthDate, "05/04/85", field.ShortYear, "", "two digits"}, // two orders
		{birthDate, "24.12.26", field.ShortYear, "1926-12-24", ""}, // not in the future
		{birthDate, "31.04.1985", field.BadDate, "", "30 days"},
		{birthDate, "29.02.1985", field.BadDate, "", "28 days"},
		{birthDate, "29.02.1900", field.BadDate, "", "28 days"},
		{birthDate, "1985-02-30", field.BadDate, "", "28 days"},
		{birthDate, "1985-13-01", field.BadDate, "", "no day"},
		{birthDate, "00.00.0000", field.BadDate, "", "no day"},
		{birthDate, "0000-00-00", field.BadDate, "", "no day"},
		{birthDate, "26.11.2026", person.FutureDate, "", "future"},
		{birthDate, "2085-04-12", person.FutureDate, "", "future"},
		{birthDate, "31.12.1899", person.EarlyDate, "", "before 1900"},
		{birthDate, "0985-04-12", person.EarlyDate, "", "before 1900"},
		{birthDate, "31149", field.SpreadsheetNumber, "1985-04-12", "1985-04-12"},
		{birthDate, "31149.0", field.SpreadsheetNumber, "1985-04-12", ""},
		{birthDate, "31149,5", field.SpreadsheetNumber, "1985-04-12", ""},
		{birthDate, "61", field.SpreadsheetNumber, "1900-03-01", ""},
		{birthDate, "3", field.SpreadsheetNumber, "", "number"},
		{birthDate, "99999", field.SpreadsheetNumber, "", "number"}, // in the future
		{birthDate, "1985", field.BadDate, "", "year only"},
		{birthDate, "19850412", field.BadDate, "1985-04-12", "nothing between"},
		{birthDate, "12041985", field.BadDate, "", "no date"},
		{birthDate, "1985-04-12T22:00:00Z", field.BadDate, "", "time of day"},
		{birthDate, "12/04.1985", field.BadDate, "", "no date"},
		{birthDate, "12 Aprill 1985", field.BadDate, "", "1985-04-12 or 12.04.1985"},
		{birthDate, "12 April", field.BadDate, "", "1985-04-12 or 12.04.1985"},
		{birthDate, "12-avr.-85", field.ShortYear, "1985-04-12", "two digits"},
		{birthDate, "12.04.185", field.BadDate, "", "no date"},
		{birthDate, "########", field.MaybeEmpty, "", ""}, // a column that is too narrow

		// Telephone.
		{phoneNo, "446681800", phone.LostZero, "0446681800", "leading 0"},
		{phoneNo, "4.46682E+08", field.SpreadsheetNumber, "", "as text"},
		{phoneNo, "044 668 18 00 ext. 12", phone.PhoneExtension, "+41446681800", "extension"},
		{phoneNo, "044 668 18", phone.BadPhone, "", "too few"},

		// Address.
		{street, a("x", 201), field.TextTooLong, "", "201"},
		{city, a("x", 101), field.TextTooLong, "", "101"},
		{city, "#N/A", field.MaybeEmpty, "", ""},
		{postcode, "8001.0", field.SpreadsheetNumber, "8001", "decimals"},
		{postcode, "1,2E+05", field.SpreadsheetNumber, "", ""},
		{postcode, a("1", 21), field.TextTooLong, "", "21"},

		// Country.
		{country, "Swizerland", person.UnknownCountry, "CH", "CH (Switzerland)"},
		{country, "Deutshland", person.UnknownCountry, "DE", "DE (Germany)"},
		{country, "FL", person.UnknownCountry, "LI", ""},
		{country, "Austrlia", person.UnknownCountry, "", ""}, // Austria or Australia
		{country, "Atlantis", person.UnknownCountry, "", "its code"},
		{country, "EU", person.UnknownCountry, "", ""},
		{country, "XX", person.UnknownCountry, "", ""},
		{country, "756", person.UnknownCountry, "", ""},
	} {
		edit, _, p := checker().Parse(c.field, c.text)
		if p == nil {
			t.Errorf("%s %q: taken as %q", c.field, c.text, edit.Value)
			continue
		}
		if string(p.Code) != c.code || p.Fix() != c.suggestion || !strings.Contains(p.Message("en"), c.says) {
			t.Errorf("%s %q: %+v\nwant code %s, suggestion %q, a message with %q", c.field, c.text, *p, c.code, c.suggestion, c.says)
		}
		if _, _, p := checker().Parse(c.field, c.suggestion); p != nil {
			t.Errorf("%s %q: its suggestion is refused: %+v", c.field, c.text, *p)
		}
	}
}

// In every field a blank cell keeps and Empty clears; the words for it in other
// languages are names and towns.
func TestKeepAndClear(t *testing.T) {
	for _, f := range domain.ContactFields {
		for _, text := range []string{"", " ", "\t\u00a0", "\u200b"} {
			edit, w, p := checker().Parse(f.Field, text)
			if diff := cmp.Diff(field.Edit{Keep: true}, edit); diff != "" || w != nil || p != nil {
				t.Errorf("%s %q: %s %v %v", f.Column, text, diff, w, p)
			}
		}
		for _, text := range []string{"Empty", "empty", "EMPTY", " Empty "} {
			edit, w, p := checker().Parse(f.Field, text)
			if diff := cmp.Diff(field.Edit{}, edit); diff != "" || w != nil || p != nil {
				t.Errorf("%s %q: %s %v %v", f.Column, text, diff, w, p)
			}
		}
		for _, text := range []string{"Vide", "Leer", "Vuoto", "Vacío"} {
			if edit, _, p := checker().Parse(f.Field, text); p == nil && edit.Value == domain.Empty {
				t.Errorf("%s %q clears", f.Column, text)
			}
		}
		if got := field.FormatNew(domain.Empty, person.Def(f.Field)); got != "Empty" {
			t.Errorf("%s: FormatNew of nothing is %q", f.Column, got)
		}
		if got := person.Format(f.Field, domain.Empty); got != "" {
			t.Errorf("%s: Format of nothing is %q", f.Column, got)
		}
	}
}

func TestTitlesOfTheInstitution(t *testing.T) {
	for _, c := range []struct {
		titles           []string
		text, want, code string
	}{
		{nil, "Professor", "Professor", ""}, // no list: any
		{nil, a("x", 60), a("x", 60), ""},
		{nil, a("x", 61), "", field.TextTooLong},
		{[]string{"Dr", "Dr."}, "Dr", "Dr", ""}, // exactly wins
		{[]string{"Dr", "Dr."}, "Dr.", "Dr.", ""},
		{[]string{"Dr", "Dr."}, "DR.", "Dr.", ""}, // then any case
		{[]string{"Dr", "Dr."}, "D.r", "", field.AmbiguousValue},
		{[]string{"Frau", "Frau"}, "frau", "Frau", ""},
		{[]string{"Empty"}, `\Empty`, "Empty", ""},
		{[]string{" Frau "}, "Frau", "Frau", ""},
	} {
		k := checker()
		k.Settings.Titles = c.titles
		edit, _, p := k.Parse(title, c.text)
		code := ""
		if p != nil {
			code = string(p.Code)
		}
		if code != c.code || p == nil && edit.Value != domain.Value(c.want) {
			t.Errorf("%q of %q: %q, %v", c.text, c.titles, edit.Value, p)
		}
	}
}

func TestPhonesOfTheInstitution(t *testing.T) {
	for _, c := range []struct{ country, want string }{{"CH", "+41446681800"}, {"DE", "+49446681800"}, {"ES", ""}, {"", ""}} {
		k := checker()
		k.Settings.Country = c.country
		edit, _, p := k.Parse(phoneNo, "044 668 18 00")
		if edit.Value != domain.Value(c.want) || (p == nil) != (c.want != "") {
			t.Errorf("in %q: %q, %v", c.country, edit.Value, p)
		}
	}
}

// ParseOld reads what a contact had, also after a spreadsheet has been at it.
func TestParseOld(t *testing.T) {
	for _, c := range []struct {
		field      domain.Field
		text, want string
		unknown    bool
	}{
		{email, "anna@example.org", "anna@example.org", false},
		{email, "", "", false},
		{email, " ", "", false},
		{email, "Empty", "", false},
		{email, "Anna <anna@example.org>", "Anna <anna@example.org>", false}, // older data
		{email, a("x", 255), "", true},
		{birthDate, "1985-04-12", "1985-04-12", false},
		{birthDate, "12.04.1985", "1985-04-12", false},
		{birthDate, "31149", "1985-04-12", false},
		{birthDate, "04/13/1985", "1985-04-13", false},
		{birthDate, "12.04.85", "1985-04-12", false},
		{birthDate, "1832-03-22", "1832-03-22", false}, // older data
		{birthDate, "05/04/1985", "", true},
		{birthDate, "########", "", true},
		{birthDate, "soon", "", true},
		{phoneNo, "+41446681800", "+41446681800", false},
		{phoneNo, "41446681800", "+41446681800", false},
		{phoneNo, "446681800", "+41446681800", false},
		{phoneNo, "on request", "on request", false}, // older data
		{title, "Gräfin", "Gräfin", false},           // has left the list
		{country, "Switzerland", "CH", false},
		{country, "Atlantis", "Atlantis", false},
		{language, "DE", "de", false},
		{firstName, "R2D2", "R2D2", false},
		{lastName, `\Leer`, "Leer", false},
		{lastName, "Leer", "Leer", false},
		{lastName, "M\xff", "", true},
	} {
		got, known := checker().ParseOld(c.field, c.text)
		if got != domain.Value(c.want) || known == c.unknown {
			t.Errorf("%s %q: %q, known %t", c.field, c.text, got, known)
		}
	}
}

// An undo file brings back what the checks would not take today.
func TestUndo(t *testing.T) {
	k := checker()
	k.Undo = true
	for _, c := range []struct {
		field      domain.Field
		text, want string
		refused    bool
	}{
		{title, "Gräfin", "Gräfin", false},
		{title, "herr", "Herr", false},
		{birthDate, "1832-03-22", "1832-03-22", false},
		{birthDate, "05/04/1985", "", true},
		{country, "Atlantis", "Atlantis", false},
		{firstName, "R2D2", "R2D2", false},
		{firstName, "Empty", "", false},
		{firstName, "NULL", "", true},
		{firstName, `\NULL`, "NULL", false},
	} {
		edit, _, p := k.Parse(c.field, c.text)
		if edit.Value != domain.Value(c.want) || edit.Keep || (p != nil) != c.refused {
			t.Errorf("%s %q: %+v, %v", c.field, c.text, edit, p)
		}
	}
}

// Check reads the API's values: the same checks, but a word is a word.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		field            domain.Field
		text, want, code string
	}{
		{lastName, "Empty", "Empty", ""},
		{lastName, "Null", "Null", ""},
		{lastName, `\Empty`, `\Empty`, ""},
		{lastName, "  ", "", ""},
		{country, "Suisse", "CH", ""},
		{phoneNo, "044 668 18 00", "+41446681800", ""},
		{email, "-", "", person.BadEmail},
		{firstName, "Anna2", "Anna2", ""},
		{street, a("x", 201), "", field.TextTooLong},
	} {
		v, _, p := checker().Check(c.field, c.text)
		code := ""
		if p != nil {
			code = string(p.Code)
		}
		if v != domain.Value(c.want) || code != c.code {
			t.Errorf("%s %q: %q, %v", c.field, c.text, v, p)
		}
	}
}

func TestDef(t *testing.T) {
	d := person.Def(firstName)
	want := domain.FieldDef{Code: "firstName", Label: "First name", Kind: domain.ContactText, MaxLength: 100}
	if diff := cmp.Diff(want, d); diff != "" || d.Field() != firstName || d.DataType() != domain.Contacts {
		t.Errorf("%s %s %s", diff, d.Field(), d.DataType())
	}
}

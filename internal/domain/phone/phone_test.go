package phone_test

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"rollbook/internal/domain/field"
	"rollbook/internal/domain/phone"
)

func TestTaken(t *testing.T) {
	for _, c := range []struct{ country, text, want string }{
		// as people at home write them
		{"CH", "044 668 18 00", "+41446681800"},
		{"CH", "0446681800", "+41446681800"},
		{"CH", "044/668 18 00", "+41446681800"},
		{"CH", "044.668.18.00", "+41446681800"},
		{"CH", "(044) 668-18-00", "+41446681800"},
		{"CH", "079 123 45 67", "+41791234567"},
		{"ch", "079 123 45 67", "+41791234567"}, // the country's case does not count
		{"DE", "030/901820", "+4930901820"},
		{"DE", "0151 23456789", "+4915123456789"},
		{"FR", "01 42 68 53 00", "+33142685300"},
		{"FR", "06.12.34.56.78", "+33612345678"},
		{"GB", "020 7946 0112", "+442079460112"},
		{"IT", "06 698 12345", "+390669812345"}, // the 0 is part of the number there
		{"IT", "347 123 4567", "+393471234567"}, // and a mobile has none
		{"ES", "612 34 56 78", "+34612345678"},  // nothing is dialled before a number there
		{"ES", "912 34 56 78", "+34912345678"},
		{"US", "(202) 555-0112", "+12025550112"},
		{"US", "1 202 555 0112", "+12025550112"},

		// as people write them for abroad, whatever the country is
		{"CH", "+41 44 668 18 00", "+41446681800"},
		{"CH", "+41446681800", "+41446681800"},
		{"CH", "+41 (0)44 668 18 00", "+41446681800"},
		{"CH", "(+41) 44 668 18 00", "+41446681800"},
		{"CH", "0041 44 668 18 00", "+41446681800"},
		{"CH", "+0041 44 668 18 00", "+41446681800"},
		{"CH", "0041 (0)44 668 18 00", "+41446681800"},
		{"CH", "+33 6 12 34 56 78", "+33612345678"},
		{"US", "011 44 20 7946 0112", "+442079460112"},
		{"CH", "+39 06 698 12345", "+390669812345"},
		{"CH", "+423 237 74 44", "+4232377444"},
		{"CH", "+800 1234 5678", "+80012345678"}, // of no country
		{"", "+41 44 668 18 00", "+41446681800"},
		{"", "0041 44 668 18 00", "+41446681800"},
		{"ZZ", "+41 44 668 18 00", "+41446681800"},

		// as they are copied
		{"CH", "\u00a0044\u00a0668\u202f18\u00a000 ", "+41446681800"},
		{"CH", "\u202a+41 44 668 18 00\u202c", "+41446681800"}, // between marks of direction
		{"CH", "０４４ ６６８ １８ ００", "+41446681800"},
		{"CH", "044–668–18–00", "+41446681800"},
		{"CH", "044 668’18’00", "+41446681800"},
		{"CH", "tel:+41-44-668-18-00", "+41446681800"}, {"CH", "p:+41446681800", "+41446681800"},
	} {
		got, p := phone.Parse(c.text, c.country)
		if p != nil || got != c.want {
			t.Errorf("%s %q: got %q, problem %+v, want %q", c.country, c.text, got, p, c.want)
			continue
		}
		if again, p := phone.Parse(got, c.country); p != nil || again != got {
			t.Errorf("%s %q: read again %q, problem %+v", c.country, got, again, p)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ country, text, code, suggestion, says string }{
		// what spreadsheets do to numbers
		{"CH", "446681800", phone.LostZero, "0446681800", "leading 0"},
		{"CH", "44 668 18 00", phone.LostZero, "044 668 18 00", "leading 0"},
		{"CH", "791234567", phone.LostZero, "0791234567", "leading 0"},
		{"DE", "30901820", phone.LostZero, "030901820", "leading 0"},
		{"FR", "612345678", phone.LostZero, "0612345678", "leading 0"},
		{"GB", "7911123456", phone.LostZero, "07911123456", "leading 0"},
		{"IT", "669812345", phone.LostZero, "0669812345", "leading 0"},
		{"CH", "41446681800", phone.LostPlus, "+41446681800", "leading +"},
		{"CH", "33612345678", phone.LostPlus, "+33612345678", "leading +"},
		{"ES", "34912345678", phone.LostPlus, "+34912345678", "leading +"},
		{"", "41446681800", phone.LostPlus, "+41446681800", "no country"},
		{"CH", "4.46682E+08", field.SpreadsheetNumber, "", "as text"},
		{"CH", "4,14467E+10", field.SpreadsheetNumber, "", "as text"},
		{"CH", "4E8", field.SpreadsheetNumber, "", "as text"},
		{"CH", "446681800.0", field.SpreadsheetNumber, "0446681800", "decimals"},
		{"CH", "41446681800,00", field.SpreadsheetNumber, "+41446681800", "decimals"},

		// extensions would be lost
		{"CH", "044 668 18 00 ext. 12", phone.PhoneExtension, "+41446681800", "extension"},
		{"CH", "044 668 18 00 x12", phone.PhoneExtension, "+41446681800", "extension"},
		{"CH", "+41 44 668 18 00;ext=12", phone.PhoneExtension, "+41446681800", "extension"},
		{"CH", "044 668 18 00 #12", phone.PhoneExtension, "+41446681800", "extension"},
		{"DE", "030 901820 Durchwahl 12", phone.PhoneExtension, "+4930901820", "extension"},
		{"FR", "01 42 68 53 00 poste 12", phone.PhoneExtension, "+33142685300", "extension"},
		{"IT", "06 698 12345 int. 12", phone.PhoneExtension, "+390669812345", "extension"},

		// two numbers
		{"CH", "044 668 18 00 / 079 123 45 67", phone.SeveralPhones, "+41791234567", "more than one"},
		{"CH", "044 668 18 00, 079 123 45 67", phone.SeveralPhones, "+41791234567", "more than one"},
		{"CH", "044 668 18 00 ::: 044 668 18 01", phone.SeveralPhones, "+41446681800", "more than one"},
		{"CH", "+41 44 668 18 00\n079 123 45 67", phone.SeveralPhones, "+41791234567", "more than one"},
		{"CH", "044 668 18 00 oder 079 123 45 67", phone.SeveralPhones, "+41791234567", "more than one"},

		// no number that can be called
		{"CH", "044 668 18", phone.BadPhone, "", "too few"},
		{"CH", "044 668 18 00 00 00", phone.BadPhone, "", "too many"},
		{"CH", "+41 44 668 18", phone.BadPhone, "", "too few"},
		{"CH", "099 999 99 99", phone.BadPhone, "", "begins like this"},
		{"CH", "01 42 68 53 00", phone.BadPhone, "", "another country"},
		{"CH", "117", phone.BadPhone, "", "too few"},
		{"CH", "+999 44 668 18 00", phone.BadPhone, "", "no country"},
		{"CH", "+044 668 18 00", phone.BadPhone, "+41446681800", ""},
		{"US", "555-0112", phone.BadPhone, "", "area code"},
		{"", "044 668 18 00", phone.BadPhone, "", "no country"},
		{"CH", "0800 FLOWERS", phone.BadPhone, "", "letters"},
		{"CH", "044 668 18 OO", phone.BadPhone, "", "letters"},
		{"CH", "unknown", phone.BadPhone, "", "no telephone number"},
		{"CH", "?", phone.BadPhone, "", "no telephone number"},
		{"CH", "044+668 18 00", phone.BadPhone, "", "not at the beginning"},
		{"CH", "044 668 18 00!", phone.BadPhone, "", `"!"`},
		{"CH", "anna@example.org", phone.BadPhone, "", ""},
		{"CH", strings.Repeat("0", 200), phone.BadPhone, "", "too long"},
		{"CH", "", phone.BadPhone, "", ""},
	} {
		got, p := phone.Parse(c.text, c.country)
		if p == nil {
			t.Errorf("%s %q: taken as %q", c.country, c.text, got)
			continue
		}
		if string(p.Code) != c.code || p.Fix() != c.suggestion || !strings.Contains(p.Message("en"), c.says) {
			t.Errorf("%s %q: %+v, want code %s, suggestion %q, a message with %q", c.country, c.text, p, c.code, c.suggestion, c.says)
		}
		if p.Fix() != "" {
			if got, p := phone.Parse(p.Fix(), c.country); p != nil {
				t.Errorf("%s %q: the suggestion is refused: %q %+v", c.country, c.text, got, p)
			}
		}
	}
}

// Every numbering plan's own examples are taken in the form for abroad, and
// what is stored reads back as itself in every country.
func TestAllCountries(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			e164 := phonenumbers.Format(n, phonenumbers.E164)
			for _, country := range []string{region, "CH", ""} {
				for _, form := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL} {
					text := phonenumbers.Format(n, form)
					if got, p := phone.Parse(text, country); p != nil || got != e164 {
						t.Errorf("%s in %q: got %q, problem %+v", text, country, got, p)
					}
				}
			}
		}
	}
}

// As people at home write a number, it is taken everywhere in Europe.
func TestAtHome(t *testing.T) {
	for _, region := range strings.Fields("AT BE CH CZ DE DK ES FI FR GB GR HU IE IS IT LI LU NL NO PL PT RO SE SI SK") {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			text, want := phonenumbers.Format(n, phonenumbers.NATIONAL), phonenumbers.Format(n, phonenumbers.E164)
			if got, p := phone.Parse(text, region); p != nil || got != want {
				t.Errorf("%s %s: got %q, problem %+v, want %s", region, text, got, p, want)
			}
		}
	}
}

func TestAnyText(t *testing.T) {
	parts := []string{"0", "1", "4", "44", "668", "18", "00", "+", "41", "(0)", " ", "-", "/", "ext", "x", "E", ".", ",", "tel:", ";", "\u202a", "Ａ", "٣", "\x00", "\xff", "’"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`\+?[0-9 ()/.-]{3,20}`),
			rapid.Map(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 9), func(s []string) string { return strings.Join(s, "") })).Draw(t, "text")
		country := rapid.SampledFrom([]string{"CH", "DE", "FR", "IT", "ES", "GB", "US", "LT", "HU", "AR", "MX", "KZ", "", "?"}).Draw(t, "country")
		got, p := phone.Parse(text, country)
		if p != nil {
			if got != "" || p.Code == "" || p.Message("en") == "" {
				t.Fatalf("%q: got %q with %+v", text, got, p)
			}
			return
		}
		if !strings.HasPrefix(got, "+") || len(got) > 40 {
			t.Fatalf("%q: %q", text, got)
		}
		if again, p := phone.Parse(got, country); p != nil || again != got {
			t.Fatalf("%q: %q read again is %q, %+v", text, got, again, p)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, p := phone.Parse("044 668 18 00", "CH"); p != nil {
			b.Fatal(p)
		}
	}
}

// A number without its + is taken where it is the country's own, or nothing else that
// somebody there may have meant.
func TestWithoutPlus(t *testing.T) {
	for _, c := range []struct{ text, country, want string }{
		{"33612345678", "FR", "+33612345678"},
		{"33 6 12 34 56 78", "fr", "+33612345678"},
		{"4915123456789", "DE", "+4915123456789"}, // 04915 123456789 is one of Germany too
		{"41791234567", "FR", "+41791234567"},
		{"15123456789", "DE", ""},  // 0151 23456789 rather than one of Texas
		{"612345678", "FR", ""},    // no code
		{"0612345678", "FR", ""},   // as at home
		{"+33612345678", "", ""},   // of no country
		{"33612345678", "", ""},    // of no country
		{"33612345678x", "FR", ""}, // not digits alone
		{"33112", "FR", ""},
		{"", "FR", ""},
	} {
		if got, ok := phone.WithoutPlus(c.text, c.country); got != c.want || ok != (c.want != "") {
			t.Errorf("%q in %q is %q, want %q", c.text, c.country, got, c.want)
		}
	}
}

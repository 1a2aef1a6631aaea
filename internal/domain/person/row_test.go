package person_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/person"
)

type fields = map[domain.Field]domain.Value

func TestRow(t *testing.T) {
	for _, c := range []struct {
		name    string
		fields  fields
		warning string
	}{
		{"nothing", fields{}, ""},
		{"a person", fields{firstName: "Anna", lastName: "Meier"}, ""},
		{"an organisation with a number", fields{lastName: "Théâtre 140"}, ""},
		{"a person with a number", fields{firstName: "Anna", lastName: "Meier2"}, ""},

		{"a postcode without a country", fields{postcode: "1067"}, ""},
		{"a country without a postcode", fields{country: "DE"}, ""},
		{"DE", fields{postcode: "80331", country: "DE"}, ""},
		{"DE with a zero", fields{postcode: "01067", country: "DE"}, ""},
		{"DE without its zero", fields{postcode: "1067", country: "DE"}, person.PostcodeZero},
		{"FR without its zero", fields{postcode: "6000", country: "FR"}, person.PostcodeZero},
		{"IT without its zeros", fields{postcode: "184", country: "IT"}, person.PostcodeZero},
		{"ES without its zero", fields{postcode: "8002", country: "ES"}, person.PostcodeZero},
		{"NO without its zero", fields{postcode: "150", country: "NO"}, person.PostcodeZero},
		{"US without its zero", fields{postcode: "2134", country: "US"}, person.PostcodeZero},
		{"US with its extension", fields{postcode: "02134-1000", country: "US"}, ""},
		{"CH", fields{postcode: "8001", country: "CH"}, ""},
		{"CH too long", fields{postcode: "80011", country: "CH"}, person.PostcodeForm},
		{"CH with a zero", fields{postcode: "0800", country: "CH"}, person.PostcodeForm},
		{"DE in CH's form and prefix", fields{postcode: "D-80331", country: "DE"}, person.PostcodeForm},
		{"DE with its prefix", fields{postcode: "DE-80331", country: "DE"}, ""},
		{"GB is not digits", fields{postcode: "W1A 1AA", country: "GB"}, ""},
		{"letters where digits are", fields{postcode: "W1A 1AA", country: "DE"}, person.PostcodeForm},
		{"a country of older data", fields{postcode: "1", country: "Atlantis"}, ""},
	} {
		ws := person.Row(c.fields)
		warning := ""
		if len(ws) > 0 {
			warning = string(ws[0].Code)
		}
		if warning != c.warning {
			t.Errorf("%s: warnings %+v", c.name, ws)
		}
	}
	ws := person.Row(fields{postcode: "1067", country: "DE"})
	if want := `A postcode of DE has 5 digits. Has "1067" lost its leading zero (01067)? It is taken as written.`; ws[0].Message("en") != want {
		t.Errorf("%q, want %q", ws[0].Message("en"), want)
	}
}

func TestKey(t *testing.T) {
	meier := fields{email: "Anna@example.org", firstName: "Anna", lastName: "Meier", birthDate: "1985-04-12"}
	for _, c := range []struct {
		name   string
		fields fields
		want   []string
	}{
		{"all", meier, []string{"email:anna@example.org", "person:meier\x1fanna\x1f1985-04-12"}},
		{"e-mail only", fields{email: "ANNA@example.org"}, []string{"email:anna@example.org"}},
		{"case, accents and blanks", fields{firstName: "ÁNNA", lastName: " meïer ", birthDate: "1985-04-12"}, []string{"person:meier\x1fanna\x1f1985-04-12"}},
		{"no birth date", fields{firstName: "Anna", lastName: "Meier"}, nil},
		{"no first name", fields{lastName: "Meier", birthDate: "1985-04-12"}, nil},
		{"no last name", fields{firstName: "Anna", birthDate: "1985-04-12"}, nil},
		{"nothing", fields{}, nil},
	} {
		if diff := cmp.Diff(c.want, person.Key(c.fields)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

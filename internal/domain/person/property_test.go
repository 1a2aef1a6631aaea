package person_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/phone"
	"rollbook/internal/local/demo"
)

// parts make texts that are near to something with a meaning.
var parts = []string{
	"anna", "Meier", "@", "example", ".", "org", "gmail.com", "gmial.con", "mailto:", "<", ">", "xn--", "xn--mller-kva", "ü", "ß", "-", "_", "'", `"`, ",", ";",
	"+", "41", "044", "668", "18", "00", "(0)", "E", "/", "12", "04", "1985", "85", "31149", ":", "T", "Z", "T00:00:00", "0",
	"fr", "CH", "-", "Suisse", "Deutsch", "Herr", "Dr.", "empty", `\`, "Empty", "Leer", "NULL", "N/A", "#", " ", "\t", "\n", "\u00a0", "\u200b", "\u200d",
	"\u202a", "\u00ad", "\u0301", "e", "é", "Ａ", "．", "。", "٣", "İ", "ς", "\x00", "\xff", "\uFFFD", "👩‍👩‍👧", "ש", "日本",
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 8), func(s []string) string { return strings.Join(s, "") }),
		rapid.StringMatching(`[a-zA-Z.+'-]{1,12}@[a-zäöüß0-9.-]{1,12}\.[a-z]{2,4}`),
		rapid.StringMatching(`[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}`),
		rapid.StringMatching(`\+?[0-9 ()/.-]{5,18}`),
		rapid.StringMatching(`[A-Za-z]{2,3}([-_][A-Za-z]{2})?`),
	)
}

func anyField() *rapid.Generator[domain.Field] {
	return rapid.Map(rapid.SampledFrom(domain.ContactFields), func(f domain.ContactField) domain.Field { return f.Field })
}

func anyChecker() *rapid.Generator[*person.Checker] {
	return rapid.Custom(func(t *rapid.T) *person.Checker {
		k := checker()
		k.Settings.Country = rapid.SampledFrom([]string{"CH", "DE", "IT", "US", ""}).Draw(t, "country")
		k.Settings.Titles = rapid.OneOf(rapid.Just([]string(nil)), rapid.SliceOfN(anyText(), 1, 5), rapid.Just(k.Settings.Titles)).Draw(t, "titles")
		return k
	})
}

// holds checks what every answer of Parse must be.
func holds(t interface{ Fatalf(string, ...any) }, k *person.Checker, f domain.Field, text string) {
	edit, w, p := k.Parse(f, text)
	if p != nil {
		if p.Code == "" || p.Message("en") == "" || !utf8.ValidString(p.Message("en")) || strings.ContainsFunc(p.Message("en"), unicode.IsControl) {
			t.Fatalf("%s %q: bad problem %+v", f, text, *p)
		}
		if w != nil {
			t.Fatalf("%s %q: a problem and a warning: %+v %+v", f, text, *p, *w)
		}
		if p.Fix() != "" {
			if e, _, again := k.Parse(f, p.Fix()); again != nil || e.Keep {
				t.Fatalf("%s %q: the suggestion %q is not taken: %+v", f, text, p.Fix(), again)
			}
		}
		return
	}
	if len(edit.Add)+len(edit.Remove) > 0 || edit.Keep != field.Blank(text) || edit.Keep && edit.Value != domain.Empty {
		t.Fatalf("%s %q: %+v", f, text, edit)
	}
	v := string(edit.Value)
	if utf8.RuneCountInString(v) > person.Def(f).MaxLength {
		t.Fatalf("%s %q: %q is too long", f, text, v)
	}
	if stored, p := field.Text(v, 1000); p != nil || string(stored) != v {
		t.Fatalf("%s %q: %q is no text to store: %q %+v", f, text, v, stored, p)
	}
	if edit.Keep {
		return
	}
	// What is stored is written so that it reads back as itself, in both
	// columns, and is taken by the API's check as it is.
	for _, out := range []string{field.FormatNew(edit.Value, person.Def(f)), person.Format(f, edit.Value)} {
		if out == "" {
			continue
		}
		again, w2, p := k.Parse(f, out)
		if diff := cmp.Diff(edit, again); diff != "" || p != nil {
			t.Fatalf("%s %q: stored %q, written %q, read again: %s %+v", f, text, v, out, diff, p)
		}
		if w != nil && w2 != nil && w.Code != w2.Code {
			t.Fatalf("%s %q: warnings %+v and %+v", f, text, w, w2)
		}
		if old, known := k.ParseOld(f, out); !known || old != edit.Value {
			t.Fatalf("%s %q: written %q, [old] reads %q, known %t", f, text, out, old, known)
		}
	}
	if same, _, p := k.Check(f, v); p != nil || string(same) != v {
		t.Fatalf("%s %q: Check makes %q of %q: %+v", f, text, same, v, p)
	}
}

func TestParseHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holds(t, anyChecker().Draw(t, "checker"), anyField().Draw(t, "field"), anyText().Draw(t, "text"))
	})
}

func FuzzParse(f *testing.F) {
	for i := range domain.ContactFields {
		for _, p := range parts {
			f.Add(i, p)
		}
		for _, s := range []string{"anna@müller.example", "12.04.1985", "05/04/85", "044 668 18 00 ext. 12", "446681800.0", "zh-Hans", "D", "Austrlia", "Hrer", "8001.0", `\Leer`} {
			f.Add(i, s)
		}
	}
	f.Fuzz(func(t *testing.T, field int, text string) {
		n := len(domain.ContactFields)
		holds(t, checker(), domain.ContactFields[(field%n+n)%n].Field, text)
	})
}

// Every day since 1900 is read in each format; none is read as another day.
func TestEveryDay(t *testing.T) {
	k := checker()
	for day := today.AddDate(-126, 0, 0); !day.After(today); day = day.AddDate(0, 0, 1) {
		if day.Year() < 1900 {
			continue
		}
		want := domain.Value(day.Format("2006-01-02"))
		for _, form := range []string{"2006-01-02", "02.01.2006", "2.1.2006", "2006-01-02T00:00:00", "02/01/2006"} {
			text := day.Format(form)
			edit, _, p := k.Parse(birthDate, text)
			if form == "02/01/2006" && day.Day() <= 12 && day.Day() != int(day.Month()) {
				if p == nil || p.Code != field.AmbiguousDate {
					t.Fatalf("%s: %q, %+v", text, edit.Value, p)
				}
				continue
			}
			if p != nil || edit.Value != want {
				t.Fatalf("%s: %q, %+v, want %s", text, edit.Value, p, want)
			}
		}
	}
}

// The order and the form of names do not matter to the keys, and rows with
// different people have no key in common.
func TestKeyOfPeople(t *testing.T) {
	value := rapid.SampledFrom([]domain.Value{"", "a", "b", "A", "á", "a b"})
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) fields {
			return fields{firstName: value.Draw(t, name+" first"), lastName: value.Draw(t, name+" last"), birthDate: value.Draw(t, name+" born")}
		}
		x, y := draw("x"), draw("y")
		kx, ky := person.Key(x), person.Key(y)
		same := len(kx) > 0 && slices.ContainsFunc(kx, func(k string) bool { return slices.Contains(ky, k) })
		plain := strings.NewReplacer("A", "a", "á", "a")
		equal := x[birthDate] == y[birthDate] && x[firstName] != "" && x[lastName] != "" && x[birthDate] != ""
		for _, f := range []domain.Field{firstName, lastName} {
			equal = equal && plain.Replace(string(x[f])) == plain.Replace(string(y[f]))
		}
		if same != equal {
			t.Fatalf("%v and %v: keys %q and %q", x, y, kx, ky)
		}
	})
}

// The codes are those of ISO 639-1 and ISO 3166-1 (and XK).
func TestCodes(t *testing.T) {
	languages := strings.Fields(`aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz
		ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv
		ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny
		oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty
		ug uk ur uz ve vi vo wa wo xh yi yo za zh zu`)
	countries := strings.Fields(`AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
		CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
		GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
		KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
		NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
		SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
		UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW`)
	old := []string{"in", "iw", "ji", "jw", "mo", "sh"}
	for x := 'a'; x <= 'z'; x++ {
		for y := 'a'; y <= 'z'; y++ {
			code := string(x) + string(y)
			edit, _, p := checker().Parse(language, code)
			if want := slices.Contains(languages, code); (p == nil) != (want || slices.Contains(old, code)) || want && edit.Value != domain.Value(code) {
				t.Errorf("language %s: %q, %v", code, edit.Value, p)
			}
			code = strings.ToUpper(code)
			edit, _, p = checker().Parse(country, code)
			if want := slices.Contains(countries, code); (p == nil) != (want || code == "UK") || want && edit.Value != domain.Value(code) {
				t.Errorf("country %s: %q, %v", code, edit.Value, p)
			}
		}
	}
}

// The demonstration's contacts pass, save for their telephone numbers: these
// are of ranges that no telephone has.
func TestDemo(t *testing.T) {
	for _, in := range []domain.InstitutionID{demo.Aurora, demo.Borealis} {
		k := checker()
		k.Settings.Titles = nil
		for i := range 2000 {
			c := demo.Contact(in, i)
			for _, f := range domain.ContactFields {
				v := c.Get(f.Field)
				if v == domain.Empty || f.Field == phoneNo {
					continue
				}
				if edit, w, p := k.Parse(f.Field, field.FormatNew(v, person.Def(f.Field))); p != nil || edit.Value != v || w != nil {
					t.Fatalf("%s %q: %q, %v, %v", f.Field, v, edit.Value, w, p)
				}
			}
			if ws := person.Row(c.Fields); len(ws) > 0 {
				t.Fatalf("%v: %v", c.Fields, ws)
			}
		}
	}
}

func BenchmarkRow(b *testing.B) {
	k := &person.Checker{Settings: domain.Settings{Country: "CH"}, Now: checker().Now, Phone: phone.Parse}
	row := map[domain.Field]string{email: "anna.meier@example.org", firstName: "Anna", lastName: "Meier", language: "de", birthDate: "12.04.1985",
		phoneNo: "044 668 18 00", street: "Bahnhofstrasse 1", postcode: "8001", city: "Zürich", country: "CH"}
	for b.Loop() {
		for f, text := range row {
			if _, _, p := k.Parse(f, text); p != nil {
				b.Fatal(p)
			}
		}
	}
}

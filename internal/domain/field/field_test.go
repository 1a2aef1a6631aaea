package field_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// The fields that the tables below ask for by name.
var fields = map[string]domain.FieldDef{
	"EMAIL":  {Code: "EMAIL", Label: "E-mail", Kind: domain.Authorisation},
	"CLUB":   {Code: "CLUB", Label: "Club member", Kind: domain.YesNo},
	"NOTE":   {Code: "NOTE", Label: "Note", Kind: domain.Text},
	"JOINED": {Code: "JOINED", Label: "Joined", Kind: domain.Date},
	"SPENT":  {Code: "SPENT", Label: "Spent", Kind: domain.Number, Decimals: 3},
	"COUNT":  {Code: "COUNT", Label: "Visits", Kind: domain.Number},
	"SHORT":  {Code: "SHORT", Label: "Short note", Kind: domain.Text, MaxLength: 5},
	"City":   {Code: "City", Label: "City", Kind: domain.ContactText, MaxLength: 100},
	"GENRE": {Code: "GENRE", Label: "Favourite genre", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "ROCK", Label: "Rock music"},
		{Code: "JAZZ", Label: "Jazz"},
		{Code: "CLASSICAL", Label: "Klassik"},
		{Code: "SWING", Label: "Swing", Retired: true},
		{Code: "OPERA", Label: "Opéra"},
		{Code: "CHANSON", Label: "Chanson française"},
		{Code: "STRASSE", Label: "Straßenmusik"},
	}},
	"DUP": {Code: "DUP", Label: "Labels used twice", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "A1", Label: "Theatre"},
		{Code: "A2", Label: "theatre"},
		{Code: "OLD", Label: "Concert", Retired: true},
		{Code: "NEW", Label: "Concert"},
		{Code: "ETE", Label: "Eté"},
		{Code: "ETE2", Label: "été"},
		{Code: "CODE", Label: "Other"},
		{Code: "OTHER", Label: "Code"},
		{Code: "PART", Label: "Rock, Pop"},
		{Code: "F1", Label: "Forêt"},
		{Code: "F2", Label: "Förèt"},
	}},
	"LEVEL": {Code: "LEVEL", Label: "Level", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "1", Label: "one"}, {Code: "2", Label: "two"}, {Code: "007", Label: "seven"},
		{Code: "1234", Label: "many"}, {Code: "PRICE", Label: "1234.50"}, {Code: "9", Label: "nine", Retired: true},
		{Code: "1234567890123456", Label: "long"}, {Code: "1E5", Label: "exponent"},
	}},
	"ZEROS": {Code: "ZEROS", Label: "Zeros", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "01", Label: "first"}, {Code: "1", Label: "second"}, {Code: "02", Label: "third"}, {Code: "002", Label: "fourth"},
	}},
	"SEASON": {Code: "SEASON", Label: "Season", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "MAR1", Label: "first of March"}, {Code: "MAR2", Label: "second of March"},
		{Code: "HALF", Label: "1/2"}, {Code: "AGE", Label: "10-12"}, {Code: "SEPT45", Label: "September 1945"},
		{Code: "DEC10", Label: "tenth"}, {Code: "JUN3", Label: "third", Retired: true},
	}},
	"CLASH": {Code: "CLASH", Label: "Two dates alike", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "MAY5", Label: "x"}, {Code: "MAI5", Label: "y"},
	}},
	"WORDS": {Code: "WORDS", Label: "Words with a meaning", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "EMPTY", Label: "Nobody there"}, {Code: "NULL", Label: "Nil"}, {Code: "V", Label: "Vide"}, {Code: "NA", Label: "N/A"},
	}},
	"NINES": {Code: "NINES", Label: "Nines", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "N1", Label: "9"}, {Code: "N2", Label: "9,00"}, {Code: "N3", Label: "9.000", Retired: true},
	}},
	"NONE": {Code: "NONE", Label: "No values", Kind: domain.SingleChoice},
	"STYLES": {Code: "STYLES", Label: "Styles", Kind: domain.MultiChoice, Values: []domain.Choice{
		{Code: "ROCK", Label: "Rock music"},
		{Code: "JAZZ", Label: "Jazz"},
		{Code: "POP", Label: "Pop"},
		{Code: "SWING", Label: "Swing", Retired: true},
		{Code: "EMPTY", Label: "Emptiness"},
		{Code: "MAR1", Label: "March"},
		{Code: "1", Label: "One"},
	}},
}

func TestParseNewTaken(t *testing.T) {
	nfd := norm.NFD.String
	set := func(v domain.Value) field.Edit { return field.Edit{Value: v} }
	keep, clear := field.Edit{Keep: true}, field.Edit{}
	add := func(codes ...string) field.Edit { return field.Edit{Add: codes} }
	remove := func(codes ...string) field.Edit { return field.Edit{Remove: codes} }
	for _, c := range []struct {
		inputs  string // rows of the list of unusual files, and what about them
		field   string
		cells   []string
		want    field.Edit
		warning string
	}{
		{"54 true", "EMAIL", []string{"TRUE", "true", "True", "T", "t"}, set("true"), ""},
		{"54 false", "EMAIL", []string{"FALSE", "false", "F", "f"}, set("false"), ""},
		{"55 true", "EMAIL", []string{"VRAI", "vrai", "WAHR", "Wahr", "VERO", "VERDADERO", "oui", "Oui", "ja", "JA", "sì", "SÌ", "sí", "Sí", "yes", "YES", "1", nfd("sì"), nfd("SÍ")}, set("true"), ""},
		{"55 false", "CLUB", []string{"FAUX", "FALSCH", "falsch", "FALSO", "non", "NON", "nein", "no", "No", "0"}, set("false"), ""},
		{"54 blanks around", "CLUB", []string{" true", "TRUE ", "\u00a0T\t", "\ufeffvrai", "ja\u200b", "ｔｒｕｅ"}, set("true"), ""},
		{"57 authorisation", "EMAIL", []string{"Empty", "EMPTY", "empty", "Vide", "VIDE", "Leer", "leer", "Vuoto", "Vacío", "VACÍO", nfd("Vacío"), " Empty ", "\u200bEmpty"}, clear, ""},
		{"57 choice", "GENRE", []string{"Empty", "vide", "LEER", "vuoto", "vacío"}, clear, ""},
		{"57 multichoice", "STYLES", []string{"Vide", "LEER"}, clear, ""},
		{"57 text", "NOTE", []string{"Empty", "EMPTY", "vide", "Leer", "VUOTO", "Vacío"}, clear, ""},
		{"57 contact's own", "City", []string{"Empty", "EMPTY"}, clear, ""},
		{"59", "NOTE", []string{"", " ", "\t", "\u00a0", " \u00a0\t \u2009", "\u200b", "\ufeff", "\n", "\u3000"}, keep, ""},
		{"59 choice", "GENRE", []string{"", "  ", "\u00a0"}, keep, ""},
		{"59 multichoice", "STYLES", []string{"", "\t"}, keep, ""},
		{"59 authorisation", "EMAIL", []string{"", "\t \u00a0"}, keep, ""},

		{"60 code", "GENRE", []string{"ROCK", "rock", "Rock", " rock ", "RO\u200bCK", "ＲＯＣＫ"}, set("ROCK"), ""},
		{"60 label", "GENRE", []string{"Rock music", "ROCK MUSIC", "rock  music", "Rock\u00a0music"}, set("ROCK"), ""},
		{"60 label with accents", "GENRE", []string{"Chanson française", "CHANSON FRANÇAISE", nfd("chanson française"), "chanson francaise"}, set("CHANSON"), ""},
		{"60 label, ß", "GENRE", []string{"Straßenmusik", "STRASSENMUSIK"}, set("STRASSE"), ""},
		{"60 exact accents first", "DUP", []string{"Eté", "ETÉ"}, set("ETE"), ""},
		{"60 the code wins over a label", "DUP", []string{"code"}, set("CODE"), ""},
		{"60 the code wins over a label", "DUP", []string{"Other"}, set("OTHER"), ""},
		{"60 a retired value's label used again", "DUP", []string{"Concert"}, set("NEW"), ""},
		{"63 a label with a comma", "DUP", []string{"Rock, Pop"}, set("PART"), ""},

		{"64 blanks", "STYLES", []string{"JAZZ|ROCK", " jazz | rock ", "Jazz|Rock music", "ROCK|JAZZ|ROCK|jazz"}, set("ROCK|JAZZ"), ""},
		{"64 empty parts say nothing", "STYLES", []string{"ROCK||JAZZ", "|ROCK|JAZZ|", "ROCK| |JAZZ"}, set("ROCK|JAZZ"), ""},
		{"64 one", "STYLES", []string{"POP"}, set("POP"), ""},
		{"65 add", "STYLES", []string{"add: JAZZ", "ADD:jazz", "Add : Jazz", "add:JAZZ|jazz", "\u200badd: JAZZ", "add： JAZZ"}, add("JAZZ"), ""},
		{"65 remove", "STYLES", []string{"remove: JAZZ|ROCK", "REMOVE:jazz| Rock music"}, remove("JAZZ", "ROCK"), ""},
		{"62 a retired one may be removed", "STYLES", []string{"remove: SWING", "remove:swing"}, remove("SWING"), ""},
		{"69 in a list", "STYLES", []string{"ROCK|1.0"}, set("ROCK|1"), field.NumberFormat},

		{"66 text", "NOTE", []string{"plain", " plain ", "\tplain\u00a0", "\ufeffplain"}, set("plain"), ""},
		{"66 NFD is stored NFC", "NOTE", []string{nfd("Zoë à Nîmes"), "Zoë à Nîmes"}, set("Zoë à Nîmes"), ""},
		{"66 250 characters", "NOTE", []string{strings.Repeat("é", 250), nfd(strings.Repeat("é", 250))}, set(domain.Value(strings.Repeat("é", 250))), ""},
		{"66 emoji with joiners", "NOTE", []string{"👩‍👩‍👧 et 🇫🇷"}, set("👩‍👩‍👧 et 🇫🇷"), ""},
		{"66 right to left", "NOTE", []string{"שלום עולם مرحبا"}, set("שלום עולם مرحبا"), ""},
		{"66 combining marks", "NOTE", []string{"x̣̌"}, set("x̣̌"), ""},
		{"66 the field's own length", "SHORT", []string{"12345", " 12345 "}, set("12345"), ""},
		{"67 signs of a formula", "NOTE", []string{"=1+1"}, set("=1+1"), ""},
		{"67 an apostrophe", "NOTE", []string{"'tis"}, set("'tis"), ""},
		{"68 the word", "NOTE", []string{`\Empty`}, set("Empty"), ""},
		{"68 another word", "NOTE", []string{`\Leer`}, set("Leer"), ""},
		{"68 one backslash", "NOTE", []string{`\\Empty`}, set(`\Empty`), ""},
		{"68 two backslashes", "NOTE", []string{`\\\Empty`}, set(`\\Empty`), ""},
		{"68 a backslash before anything else", "NOTE", []string{`\foo`}, set(`\foo`), ""},
		{"68 a path", "NOTE", []string{`\\foo`}, set(`\foo`), ""},
		{"20 a backslash is a character", "NOTE", []string{`say \"yes\"`}, set(`say \"yes\"`), ""},
		{"58 the text itself", "NOTE", []string{`\N/A`}, set("N/A"), ""},
		{"58 the text itself", "NOTE", []string{`\-`}, set("-"), ""},
		{"58 inside a text", "NOTE", []string{"see N/A"}, set("see N/A"), ""},
		{"57 inside a text", "NOTE", []string{"Empty house"}, set("Empty house"), ""},
		{"57 a hash tag", "NOTE", []string{"#WOW!"}, set("#WOW!"), ""},
		{"58 a value of this name", "WORDS", []string{"null", "Nil"}, set("NULL"), ""},
		{"58 a label of this name", "WORDS", []string{"N/A", "n/a"}, set("NA"), ""},
		{"57 a code of this name", "WORDS", []string{`\EMPTY`, `\empty`, "Nobody there"}, set("EMPTY"), ""},
		{"57 a code of this name", "WORDS", []string{"Empty"}, clear, field.EmptyIsValue},
		{"57 a label of this name", "WORDS", []string{"vide"}, clear, field.EmptyIsValue},
		{"57 a code of this name in a list", "STYLES", []string{`ROCK|\EMPTY`, "ROCK|Emptiness"}, set("ROCK|EMPTY"), ""},

		{"69", "LEVEL", []string{"1.0", "1,0", "01", "1,00", "1E0", "1.0E+00"}, set("1"), field.NumberFormat},
		{"69 the code", "LEVEL", []string{"1", "one", "１"}, set("1"), ""},
		{"69 zeros lost", "LEVEL", []string{"7", "7.0", "07"}, set("007"), field.NumberFormat},
		{"69 grouped", "LEVEL", []string{"1 234", "1'234.00", "1\u202f234", "1.234", "1,234", "1’234", "1.234,0"}, set("1234"), field.NumberFormat},
		{"69 a label", "LEVEL", []string{"1 234,50", "1'234.50", "1.234,50", "1,234.5"}, set("PRICE"), field.NumberFormat},
		{"69 an exponent", "LEVEL", []string{"100000", "1,00E+05", "1.00E+05"}, set("1E5"), field.NumberFormat},
		{"69 the code, but another is alike", "ZEROS", []string{"1"}, set("1"), field.SameNumber},
		{"69 the code, but another is alike", "ZEROS", []string{"01"}, set("01"), field.SameNumber},
	} {
		for _, text := range c.cells {
			got, warning, problem := field.ParseNew(text, fields[c.field])
			if problem != nil {
				t.Errorf("%s: %s %q: rejected: %s: %s", c.inputs, c.field, text, string(problem.Code), problem.Message("en"))
				continue
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s: %s %q (-want +got):\n%s", c.inputs, c.field, text, diff)
			}
			if code := warningCode(warning); code != c.warning {
				t.Errorf("%s: %s %q: warning %q, want %q", c.inputs, c.field, text, code, c.warning)
			}
		}
	}
}

func warningCode(w *field.Warning) string {
	if w == nil {
		return ""
	}
	return string(w.Code)
}

func TestParseNewRejected(t *testing.T) {
	for _, c := range []struct {
		inputs     string
		field      string
		cells      []string
		code       string
		says       string // a part of the message
		suggestion string
	}{
		{"56 authorisation", "EMAIL", []string{"V", "W", "J", "O", "N", "x", "✓", "2", "maybe", "2.0", "sim", "true|false", "ROCK"}, field.BadBoolean, "VRAI/FAUX", ""},
		{"56 yes/no", "CLUB", []string{"V", "✓", "-1", "01", `\true`}, field.BadBoolean, "neither true nor false", ""},
		{"58 authorisation", "EMAIL", []string{"NULL", "N/A", "#N/A", "#NAME?", "#REF!", "-", "null", "n/a"}, field.MaybeEmpty, "meant to be Empty?", "Empty"},
		{"58 choice", "GENRE", []string{"NULL", "N/A", "#N/A", "#NAME?", "#REF!", "-", `\N`}, field.MaybeEmpty, "meant to be Empty?", "Empty"},
		{"58 multichoice", "STYLES", []string{"NULL", "#N/A", "-"}, field.MaybeEmpty, "meant to be Empty?", "Empty"},
		{"58 in a list", "STYLES", []string{"ROCK|N/A", "remove: NULL"}, field.MaybeEmpty, "meant to be Empty?", ""},
		{"58 text", "NOTE", []string{"N/A", " n/a ", `\N`}, field.MaybeEmpty, `Write Empty, or \`, ""},
		{"58 text, errors in five languages", "NOTE", []string{"NULL", "Null", "#N/A", "#NAME?", "#REF!", "-", "#NV", "#NOM?", "#BEZUG!", "#VALUE!", "#WERT!", "#DIV/0!",
			"#VALEUR!", "#ZAHL!", "#NOME?", "#RIF!", "#¡REF!", "#¿NOMBRE?", "#VALORE!", "#N/D", "#####", "Err:502", "VACIO"}, field.MaybeEmpty, "meant to be Empty?", ""},
		{"58 contact's own", "City", []string{"NULL", "Leer", "Vide"}, field.MaybeEmpty, `for the text itself`, ""},

		{"60 label used twice", "DUP", []string{"Theatre", "theatre", "THEATRE"}, field.AmbiguousValue, "A1 or A2", ""},
		{"60 two labels but for accents", "DUP", []string{"foret", "FORET"}, field.AmbiguousValue, "F1 or F2", ""},
		{"61 one letter", "GENRE", []string{"ROCKK", "RCOK", "ROC", "JAZZ"[:3]}, field.UnknownValue, "Did you mean", "*"},
		{"61", "GENRE", []string{"CLASICAL", "CLASSCIAL", "klasik", "Clasicall"}, field.UnknownValue, "Did you mean CLASSICAL?", "CLASSICAL"},
		{"61", "GENRE", []string{"JAZ", "JAZZZ", "jaxz", `"JAZZ"`, "'Jazz'", `="JAZZ"`, "“jaz”"}, field.UnknownValue, "Did you mean JAZZ?", "JAZZ"},
		{"61 Empty with a slip", "GENRE", []string{"Emtpy", "empt"}, field.UnknownValue, "Did you mean Empty?", "Empty"},
		{"61 nothing near", "GENRE", []string{"POLKA", "J", "xx"}, field.UnknownValue, "Taken are ROCK, JAZZ, CLASSICAL, OPERA, CHANSON and STRASSE", ""},
		{"61 no values", "NONE", []string{"POLKA"}, field.UnknownValue, "no values to choose from", ""},
		{"62", "GENRE", []string{"SWING", "swing", "Swing"}, field.RetiredValue, "is a retired value of GENRE", ""},
		{"62 in a list", "STYLES", []string{"SWING", "ROCK|SWING", "add: swing"}, field.RetiredValue, "is a retired value of STYLES", ""},
		{"62 as a number", "LEVEL", []string{"9", "9.0"}, field.RetiredValue, "is a retired value of LEVEL", ""},
		{"63", "GENRE", []string{"ROCK|JAZZ", "ROCK, JAZZ", "ROCK;JAZZ", "rock / jazz", "ROCK|POLKA", "Jazz\nKlassik"}, field.TooManyValues, "GENRE takes one", ""},
		{"64 unknown part", "STYLES", []string{"ROCK|POLKA", "add: POLKA", "remove: POLKA|ROCK"}, field.UnknownValue, `"POLKA" is not a value`, ""},
		{"64 two unknown parts", "STYLES", []string{"FOX|ROCK|POLKA"}, field.UnknownValue, `"FOX" and "POLKA" are not values`, ""},
		{"64 a slip in a part", "STYLES", []string{"ROCK|JAZ", "ROCKK|JAZ"}, field.UnknownValue, `Did you mean "ROCK|JAZZ"?`, "ROCK|JAZZ"},
		{"64 a slip in a part", "STYLES", []string{"add:ROCK|JAZ"}, field.UnknownValue, `Did you mean "add: ROCK|JAZZ"?`, "add: ROCK|JAZZ"},
		{"64 other separators", "STYLES", []string{"ROCK, JAZZ", "rock;jazz", "Rock music / Jazz"}, field.UnknownValue, "parted by |", "ROCK|JAZZ"},
		{"64 other separators, one retired", "STYLES", []string{"rock, swing"}, field.UnknownValue, "parted by |", ""},
		{"64 other separators", "STYLES", []string{"remove: rock, swing"}, field.UnknownValue, "parted by |", "remove: ROCK|SWING"},
		{"65", "STYLES", []string{"add: ROCK remove: ROCK", "add: ROCK|remove: JAZZ", "remove:ROCK, add:JAZZ", "ROCK|add: JAZZ", "add: add: ROCK"}, field.MixedList, "A cell takes one of", ""},
		{"65 without a value", "STYLES", []string{"add:", "remove: ", "|", "add: |", "| |"}, field.BlankList, "no value in it", ""},
		{"57 Empty together with others", "STYLES", []string{"ROCK|Empty", "Vide|ROCK", "add: Empty", "remove: leer"}, field.EmptyInList, "Write Empty alone", ""},

		{"66 251 characters", "NOTE", []string{strings.Repeat("x", 251), strings.Repeat("é", 251), norm.NFD.String(strings.Repeat("é", 251))}, field.TextTooLong, "has 251 characters. At most 250", ""},
		{"66 the field's own length", "SHORT", []string{"123456"}, field.TextTooLong, "At most 5", ""},
		{"66 line breaks", "NOTE", []string{"a\nb", "a\r\nb", "a\rb", "a\u2028b", "a\u0085b", "a\n"}, field.LineBreak, "at character 2", ""},
		{"8 control characters", "NOTE", []string{"a\x00b", "a\x1bb", "a\u009fb", "a\x7f"}, field.ControlCharacter, "at character 2", ""},
		{"8 a tab inside", "NOTE", []string{"a\tb"}, field.ControlCharacter, "a tab at character 2", ""},
		{"6 invalid UTF-8", "NOTE", []string{"a\xffb", "a\xed\xa0\x80"}, field.BadCharacter, "Character 2 is not valid", ""},
		{"6 invalid UTF-8", "GENRE", []string{"R\xffCK"}, field.BadCharacter, "Character 2 is not valid", ""},
		{"6 a lost character", "NOTE", []string{"a\uFFFDb"}, field.BadCharacter, "Character 2 was lost", ""},
		{"6 a noncharacter", "NOTE", []string{"a\uFFFFb", "a\uFDD0"}, field.BadCharacter, "Character 2 (U+F", ""},

		{"69 no code fits", "LEVEL", []string{"3.0", "1.5", "1 23", "12,34,5"}, field.UnknownValue, "not a value of LEVEL", ""},
		{"69 two codes fit", "ZEROS", []string{"1.0", "001"}, field.AmbiguousValue, "01 or 1", ""},
		{"69 two codes fit", "ZEROS", []string{"2"}, field.AmbiguousValue, "02 or 002", ""},
		{"69 digits lost", "LEVEL", []string{"1,23457E+15", "1.23E+15"}, field.SpreadsheetNumber, "spreadsheet changed this number", "1234567890123456"},
		{"70", "SEASON", []string{"1-Mar", "1-mar", "01-Mar", "1. Mrz", "01. Mär", "1 mars", "1-mars", "Mär 1", "Mar-01", "1-mar.", "01.03.2026", "01/03/2026", "2026-03-01", "2026-03-01 00:00:00",
			"2026-03-01T00:00:00Z", "1 marzo", "1 de marzo", "1. März 2026", "46082"}, field.SpreadsheetDate, "spreadsheet changed this code", "MAR1"},
		{"70", "SEASON", []string{"2-Mar", "02.03.2026", "3/2/2026"}, field.SpreadsheetDate, "spreadsheet changed this code", "MAR2"},
		{"70", "SEASON", []string{"01.02.2026", "02/01/2026", "1-Feb", "1 févr.", "2-Jan", "01. Feb", "1-feb", "2-ene"}, field.SpreadsheetDate, "spreadsheet changed this code", "HALF"},
		{"70", "SEASON", []string{"12-Oct", "12. Okt", "12-ott", "12 oct"}, field.SpreadsheetDate, "spreadsheet changed this code", "AGE"},
		{"70", "SEASON", []string{"10. Dez", "10-Dec", "10 déc.", "10/12/2026", "10-dic"}, field.SpreadsheetDate, "AGE or DEC10", ""},
		{"70", "SEASON", []string{"Sep-45", "sept-45", "01.09.1945", "set-45"}, field.SpreadsheetDate, "spreadsheet changed this code", "SEPT45"},
		{"62 as a date", "SEASON", []string{"3-Jun", "03.06.2026"}, field.RetiredValue, "(JUN3) is a retired value", ""},
		{"62 as a number, of two values", "NINES", []string{"9.0"}, field.AmbiguousValue, "N1 or N2", ""},
		{"70 two codes fit", "CLASH", []string{"5-May", "05.05.2026"}, field.SpreadsheetDate, "MAY5 or MAI5", ""},
		{"70 no code fits", "SEASON", []string{"7-Jul", "31.12.2026", "1-Mars-2-3", "2026"}, field.UnknownValue, "not a value", ""},
		{"64 more unknown parts than are named", "STYLES", []string{"A|B|C|D|E|F|G|H|I|J"}, field.UnknownValue, `"G" and "H" are not values`, ""},
		{"64 the same unknown part twice", "STYLES", []string{"FOX|FOX"}, field.UnknownValue, `"FOX" is not a value`, ""},
		{"40 longer than any list", "STYLES", []string{strings.Repeat("ROCK|", 30000)}, field.TextTooLong, "150,000 bytes", ""},
		{"70 in a list", "STYLES", []string{"ROCK|1-Mar"}, field.SpreadsheetDate, "spreadsheet changed this code", "ROCK|MAR1"},
	} {
		for _, text := range c.cells {
			got, _, problem := field.ParseNew(text, fields[c.field])
			if problem == nil {
				t.Errorf("%s: %s %q: taken as %+v", c.inputs, c.field, text, got)
				continue
			}
			if string(problem.Code) != c.code || !strings.Contains(problem.Message("en"), c.says) {
				t.Errorf("%s: %s %q: %s: %s; want %s with %q", c.inputs, c.field, text, string(problem.Code), problem.Message("en"), c.code, c.says)
			}
			if c.suggestion != "*" && problem.Fix() != c.suggestion {
				t.Errorf("%s: %s %q: suggestion %q, want %q", c.inputs, c.field, text, problem.Fix(), c.suggestion)
			}
		}
	}
}

func TestMessagesCutLongCells(t *testing.T) {
	long := strings.Repeat("ü", 5000)
	for name, d := range fields {
		_, _, problem := field.ParseNew(long, d)
		if problem == nil {
			t.Errorf("%s takes %d characters", name, 5000)
			continue
		}
		if want := `"` + strings.Repeat("ü", 59) + `…"`; !strings.Contains(problem.Message("en"), want) || strings.Contains(problem.Message("en"), strings.Repeat("ü", 60)) {
			t.Errorf("%s: the message does not cut the value at 60 characters: %s", name, problem.Message("en"))
		}
	}
	sixty := strings.Repeat("z", 60)
	if _, _, p := field.ParseNew(sixty, fields["GENRE"]); !strings.Contains(p.Message("en"), `"`+sixty+`"`) {
		t.Errorf("a value of 60 characters is not whole in the message: %s", p.Message("en"))
	}
	if _, _, p := field.ParseNew("a\nb\x1b[31m", fields["GENRE"]); strings.ContainsAny(p.Message("en"), "\n\x1b") {
		t.Errorf("control characters in a message: %q", p.Message("en"))
	}
}

func TestApply(t *testing.T) {
	for _, c := range []struct {
		field, cell string
		base, want  domain.Value
	}{
		{"GENRE", "", "ROCK", "ROCK"},
		{"GENRE", "jazz", "ROCK", "JAZZ"},
		{"GENRE", "Empty", "ROCK", ""},
		{"EMAIL", "Empty", "true", ""},
		{"STYLES", "POP|ROCK", "JAZZ", "ROCK|POP"},
		{"STYLES", "POP|ROCK", "POP|ROCK", "POP|ROCK"}, // the same state in an older catalogue's order
		{"STYLES", "add: ROCK", "", "ROCK"},
		{"STYLES", "add: ROCK", "POP|SWING", "ROCK|POP|SWING"},
		{"STYLES", "add: ROCK", "POP|ROCK", "POP|ROCK"},
		{"STYLES", "remove: ROCK", "ROCK|JAZZ", "JAZZ"},
		{"STYLES", "remove: ROCK", "ROCK", ""},
		{"STYLES", "remove: ROCK", "POP|JAZZ", "POP|JAZZ"},
		{"STYLES", "remove: SWING", "SWING|ROCK", "ROCK"},
		{"STYLES", "add: JAZZ", "GONE|ROCK", "ROCK|JAZZ|GONE"},
	} {
		d := fields[c.field]
		e, _, problem := field.ParseNew(c.cell, d)
		if problem != nil {
			t.Errorf("%q: %s", c.cell, problem.Message("en"))
			continue
		}
		if got := e.Apply(c.base, d); got != c.want {
			t.Errorf("%q on %q = %q, want %q", c.cell, c.base, got, c.want)
		}
	}
}

func TestParseOld(t *testing.T) {
	for _, c := range []struct {
		field, cell string
		want        domain.Value
		known       bool
	}{
		{"GENRE", "", "", true},
		{"GENRE", " \u00a0", "", true},
		{"GENRE", "Empty", "", true},
		{"GENRE", "vide", "", true},
		{"GENRE", "ROCK", "ROCK", true},
		{"GENRE", "rock music", "ROCK", true},
		{"GENRE", "SWING", "SWING", true},
		{"GENRE", "POLKA", "", false},
		{"GENRE", "ROCK|JAZZ", "", false},
		{"GENRE", "#REF!", "", false},
		{"GENRE", "R\xffCK", "", false},
		{"WORDS", `\EMPTY`, "EMPTY", true},
		{"LEVEL", "1.0", "1", true},
		{"LEVEL", "7", "007", true},
		{"LEVEL", "1,23457E+15", "1234567890123456", true},
		{"SEASON", "1-Mar", "MAR1", true},
		{"EMAIL", "WAHR", "true", true},
		{"EMAIL", "Leer", "", true},
		{"EMAIL", "maybe", "", false},
		{"CLUB", "0", "false", true},
		{"STYLES", "JAZZ|rock", "ROCK|JAZZ", true},
		{"STYLES", "SWING", "SWING", true},
		{"STYLES", "ROCK|POLKA", "", false},
		{"STYLES", "|", "", false},
		{"NOTE", " a text ", "a text", true},
		{"NOTE", `\Empty`, "Empty", true},
		{"NOTE", `\\x`, `\x`, true},
		{"NOTE", "N/A", "N/A", true},
		{"NOTE", "Empty", "", true},
		{"NOTE", "a\nb", "", false},
		{"City", "Leer", "Leer", true},
	} {
		v, known := field.ParseOld(c.cell, fields[c.field])
		if known != c.known || known && v != c.want {
			t.Errorf("%s %q = %q, %v, want %q, %v", c.field, c.cell, v, known, c.want, c.known)
		}
	}
	if _, known := field.ParseOld("Theatre", fields["DUP"]); known {
		t.Error("a label used twice is no value that anything equals")
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		field    string
		v        domain.Value
		old, new string
	}{
		{"GENRE", "", "", "Empty"},
		{"GENRE", "ROCK", "ROCK", "ROCK"},
		{"WORDS", "EMPTY", `\EMPTY`, `\EMPTY`},
		{"WORDS", "NULL", "NULL", "NULL"},
		{"EMAIL", "true", "true", "true"},
		{"EMAIL", "", "", "Empty"},
		{"STYLES", "ROCK|JAZZ", "ROCK|JAZZ", "ROCK|JAZZ"},
		{"STYLES", "ROCK|EMPTY", `ROCK|\EMPTY`, `ROCK|\EMPTY`},
		{"NOTE", "=1+1", "=1+1", "=1+1"},
		{"NOTE", "Empty", `\Empty`, `\Empty`},
		{"NOTE", "VACÍO", `\VACÍO`, `\VACÍO`},
		{"NOTE", "-", `\-`, `\-`},
		{"NOTE", `\`, `\\`, `\\`},
		{"NOTE", `\foo`, `\\foo`, `\\foo`},
		{"NOTE", `a\b`, `a\b`, `a\b`},
		{"NOTE", "", "", "Empty"},
		{"City", "Leer", `\Leer`, `\Leer`},
	} {
		d := fields[c.field]
		if got := field.Format(c.v, d); got != c.old {
			t.Errorf("Format(%q, %s) = %q, want %q", c.v, c.field, got, c.old)
		}
		if got := field.FormatNew(c.v, d); got != c.new {
			t.Errorf("FormatNew(%q, %s) = %q, want %q", c.v, c.field, got, c.new)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for _, c := range []struct {
		inputs, cell string
		want         domain.ContactNumber
		code         string
		suggestion   string
	}{
		{"41", "#0012345", "0012345", "", ""},
		{"41", "0012345", "0012345", "", ""},
		{"44", " #0012345 ", "0012345", "", ""},
		{"44", "\u00a00012345\t", "0012345", "", ""},
		{"44", "# 0012345", "0012345", "", ""},
		{"44", "００１２３４５", "0012345", "", ""},
		{"44", "＃００１２３４５", "0012345", "", ""},
		{"44", "\ufeff#1\u200b2", "12", "", ""},
		{"44", "12 345", "12345", "", ""},
		{"44", "12\u202f345", "12345", "", ""},
		{"", "12345678901234567890", "12345678901234567890", "", ""},
		{"45", "", "", field.BlankNumber, ""},
		{"45", " \t\u00a0", "", field.BlankNumber, ""},
		{"45", "#", "", field.BlankNumber, ""},
		{"43", "1,23457E+15", "", field.SpreadsheetNumber, ""},
		{"43", "1.23E+15", "", field.SpreadsheetNumber, ""},
		{"43", "#1.23E+15", "", field.SpreadsheetNumber, ""},
		{"43", "1,23E15", "", field.SpreadsheetNumber, ""},
		{"43", "12345.0", "", field.SpreadsheetNumber, "#12345"},
		{"43", "12345,00", "", field.SpreadsheetNumber, "#12345"},
		{"43", "1'234'567", "", field.SpreadsheetNumber, "#1234567"},
		{"43", "1.234.567", "", field.SpreadsheetNumber, "#1234567"},
		{"43", "1.234", "", field.SpreadsheetNumber, ""},
		{"43", "#0012345.0", "", field.SpreadsheetNumber, "#0012345"},
		{"43", "0.012.345", "", field.SpreadsheetNumber, "#0012345"},
		{"43", "10,00", "", field.SpreadsheetNumber, "#10"},
		{"", `="0012345"`, "", field.BadNumber, "#0012345"},
		{"", "'0012345", "", field.BadNumber, "#0012345"},
		{"", "“#0012345”", "", field.BadNumber, "#0012345"},
		{"", "0012345;", "", field.BadNumber, "#0012345"},
		{"", "123456789012345678901", "", field.BadNumber, ""},
		{"", "##12", "", field.BadNumber, "#12"},
		{"", "12a", "", field.BadNumber, ""},
		{"", "-12", "", field.BadNumber, ""},
		{"", "#N/A", "", field.BadNumber, ""},
		{"", "١٢٣", "", field.BadNumber, ""},
		{"", "1\xff", "", field.BadNumber, ""},
		{"", "a@b.example", "", field.BadNumber, ""},
	} {
		n, problem := field.ParseNumber(c.cell)
		code, suggestion := "", ""
		if problem != nil {
			code, suggestion = string(problem.Code), problem.Fix()
		}
		if n != c.want || code != c.code || suggestion != c.suggestion {
			t.Errorf("%s %q = %q, %q, %q, want %q, %q, %q", c.inputs, c.cell, n, code, suggestion, c.want, c.code, c.suggestion)
		}
	}
	if _, p := field.ParseNumber("1,23457E+15"); !strings.Contains(strings.ToLower(p.Message("en")), "the spreadsheet changed this number") {
		t.Errorf("message: %s", p.Message("en"))
	}
}

func TestNearest(t *testing.T) {
	columns := []string{"Contact", "[old] GENRE", "[new] GENRE", "[info] Email", "Email", "City", "A", "B"}
	for _, c := range []struct {
		word, want string
		ok         bool
	}{
		{"Contakt", "Contact", true},
		{"contact ", "Contact", true},
		{"[new] GENER", "[new] GENRE", true},
		{"[nwe] GENRE", "[new] GENRE", true},
		{"E-mail", "Email", true},
		{"Cité", "City", true},
		{"C", "", false},
		{"Zebra", "", false},
		{"", "", false},
		{"[ole] GENRE", "[old] GENRE", true},
		{"[odw] GENRE", "", false}, // as far from [old] as from [new]
	} {
		got, ok := field.Nearest(c.word, columns)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("Nearest(%q) = %q, %v, want %q, %v", c.word, got, ok, c.want, c.ok)
		}
	}
	if got, ok := field.Nearest("EMAIL", []string{"Email", "Email"}); !ok || got != "Email" {
		t.Errorf("the same word twice is one candidate, got %q, %v", got, ok)
	}
}

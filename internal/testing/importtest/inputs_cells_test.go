package importtest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// numbered adds contacts with other numbers than the fixture's.
func numbered(ns ...string) func(*testing.T, *importtest.World) {
	return func(t *testing.T, w *importtest.World) {
		t.Helper()
		for _, n := range ns {
			w.Set(t, demo.Aurora, domain.ContactNumber(n), nil)
		}
	}
}

// Who a row is about.
func inputKeys() []input {
	return []input{
		{name: "41 key lost its #", file: lines(head, "0000001,,x", "#0000002,,y"), counts: "2 updated", holds: "1 NOTE=x | 2 NOTE=y"},
		{name: "42 key lost leading zeros", file: lines(head, "1,,x", "#2,,y", "0000003,,z"), counts: "1 updated, 2 rejected", holds: "1 NOTE= | 2 NOTE= | 3 NOTE=z",
			problems: []string{"2 leadingZeros Contact “1” → #0000001", "3 leadingZeros Contact “#2” → #0000002"}, says: []string{"Did you mean #0000001?"}},
		{name: "42 all keys lost leading zeros", file: lines(head, "1,,x", "2,,y", "3,,z", "4,,z"), counts: "4 rejected",
			problems: []string{"2 leadingZeros Contact “1” → #0000001", "3 leadingZeros Contact “2” → #0000002", "4 leadingZeros Contact “3” → #0000003", "5 leadingZeros Contact “4” → #0000004"}},
		{name: "42 two contacts may be meant", setup: numbered("0001"), file: lines(head, "1,,x", "#0000002,,y"), counts: "1 updated, 1 rejected",
			problems: []string{"2 unknownContact Contact “1”"}},
		{name: "42 a contact has the short number itself", setup: numbered("1"), file: lines(head, "#1,,x"), counts: "1 updated", holds: "1 NOTE="},
		{name: "43 key in exponential form", setup: numbered("1234567890123456"), file: "Contact;[old] NOTE;[new] NOTE\n1,23457E+15;;x\n1.23E+15;;y\n#1234567890123456;;z\n", counts: "1 updated, 2 rejected",
			problems: []string{"2 spreadsheetNumber Contact “1,23457E+15”", "3 spreadsheetNumber Contact “1.23E+15”"}, says: []string{"The spreadsheet changed this number"}},
		{name: "43 key with decimals", file: lines(head, "0000001.0,,x", "#0000002,,y"), counts: "1 updated, 1 rejected", problems: []string{"2 spreadsheetNumber Contact “0000001.0” → #0000001"}},
		{name: "44 key with blanks, no-break spaces, full-width digits", file: lines(head, " #0000001 ,,x", "\u00a00000002\u00a0,,y", "＃０００００03,,z", "# 0000004\t,,z", "00 00 005,,z"), counts: "5 updated",
			holds: holdingAll("NOTE", "x", "y", "z", "z", "z")},
		{name: "44 full-width number sign", file: lines(head, "＃0000001,,x"), counts: "1 updated"},
		{name: "45 unknown, blank, foreign and malformed keys", file: lines(head, "#0000099,,x", ",,x", "#0000101,,x", "#,,x", "Name 1,,x", "#123456789012345678901,,x", "#0000001,,x"), counts: "1 updated, 6 rejected",
			problems: []string{"2 unknownContact Contact “#0000099”", "3 blankNumber Contact", "4 unknownContact Contact “#0000101”", "5 blankNumber Contact “#”",
				"6 badNumber Contact “Name 1”", "7 badNumber Contact “#123456789012345678901”"}, says: []string{"no contact with this number in your institution"}},
		{name: "46 contact no longer in the target", setup: has("1 GENRE=JAZZ"), file: lines(head, "#0000001,,x"), counts: "1 updated", holds: "1 NOTE=x"},
		{name: "47 contact deleted since", setup: func(t *testing.T, w *importtest.World) {
			if err := w.Contacts.Delete(t.Context(), demo.Aurora, "0000002"); err != nil {
				t.Fatal(err)
			}
		}, file: lines(head, "#0000001,,x", "#0000002,,y"), counts: "1 updated, 1 rejected", problems: []string{"3 contactDeleted Contact “#0000002”"}},
		{name: "48 same contact, identical lines", file: lines(head, "#0000001,,x", "#0000002,,y", " 0000001,, x", "#0000001,,x"), counts: "2 updated, 2 unchanged", holds: "1 NOTE=x",
			warn: []string{"identicalLines 4"}, says: []string{"2 lines repeat"}},
		{name: "48 identical but for what only informs", file: lines("Contact,[info] Last name,[old] NOTE,[new] NOTE", "#0000001,A,,x", "#0000001,B,,x"), counts: "1 updated, 1 unchanged", warn: []string{"identicalLines 3"}, says: []string{"1 line repeats an earlier line"}},
		{name: "48 identical lines that are at fault", file: lines("Contact,[old] GENRE,[new] GENRE", "#0000001,,bad", "#0000001,,bad", "#0000002,,JAZZ"), counts: "1 updated, 1 unchanged, 1 rejected",
			problems: []string{"2 unknownValue [new] GENRE “bad”"}, warn: []string{"identicalLines 3"}},
		{name: "49 same contact, different lines", file: lines(head, "#0000001,,x", "#0000002,,y", "#0000001,,z"), counts: "1 updated, 2 rejected", holds: "1 NOTE= | 2 NOTE=y",
			problems: []string{"2 differentLines Contact “#0000001”", "4 differentLines Contact “#0000001”"}, says: []string{"line 4", "line 2"}, warn: []string{"differentLines 2"}},
		{name: "49 one of the lines asks for nothing", file: lines(head, "#0000001,,x", "#0000001,,"), counts: "2 rejected",
			problems: []string{"2 differentLines Contact “#0000001”", "3 differentLines Contact “#0000001”"}, warn: []string{"differentLines 2"}},
		{name: "49 the same contact written in two ways", file: lines(head, "#0000001,,x", "00 00001,,y"), counts: "2 rejected",
			problems: []string{"2 differentLines Contact “#0000001”", "3 differentLines Contact “00 00001”"}, warn: []string{"differentLines 2"}},
		{name: "50 some columns sorted, seen by [info] Email", file: lines("Contact,[info] Email,[old] NOTE,[new] NOTE", "#0000001,c0000002@example.org,,x", "#0000002,C0000002@EXAMPLE.ORG,,y", "#0000003,new@example.org,,z", "#0000004,,,z"),
			counts: "3 updated, 1 rejected", problems: []string{"2 otherContactsEmail [info] Email “c0000002@example.org”"}, says: []string{"sorted"}, holds: "1 NOTE= | 2 NOTE=y | 3 NOTE=z"},
		{name: "50 most rows, seen by [info] Email", file: lines("Contact,[info] Email,[old] NOTE,[new] NOTE", "#0000001,c0000002@example.org,,x", "#0000002,c0000003@example.org,,y", "#0000003,c0000001@example.org,,z"),
			code: "columnsSorted", says: []string{"line 2"}, holds: "1 NOTE="},
		{name: "50 some columns sorted, seen by [old]", setup: has("1 GENRE=JAZZ | 2 GENRE=ROCK | 3 GENRE=FOLK"),
			file:   lines("Contact,[old] GENRE,[new] GENRE", "#0000001,ROCK,OPERA", "#0000002,JAZZ,DANCE", "#0000003,FOLK,OPERA"),
			counts: "1 updated, 2 conflicted", problems: []string{"2 conflict [new] GENRE “OPERA”", "3 conflict [new] GENRE “DANCE”"}, holds: "1 GENRE=JAZZ | 2 GENRE=ROCK | 3 GENRE=OPERA"},
		{name: "51 rows filtered and deleted", setup: has("7 GENRE=JAZZ"), file: lines("Contact,[old] GENRE,[new] GENRE", "#0000007,JAZZ,ROCK"), counts: "1 updated", holds: "7 GENRE=ROCK"},
		{name: "52 [old] edited, [new] empty everywhere", setup: has("1 GENRE=JAZZ"), file: lines("Contact,[old] GENRE,[new] GENRE", "#0000001,ROCK,", "#0000002,,"), code: "oldEdited",
			says: []string{"line 2", "[old] GENRE", "[new]"}, holds: "1 GENRE=JAZZ"},
		{name: "52 [old] edited in some rows, [new] in others", setup: has("1 GENRE=JAZZ | 2 GENRE=ROCK"), file: lines("Contact,[old] GENRE,[new] GENRE", "#0000001,ROCK,FOLK", "#0000002,ROCK,FOLK"),
			counts: "1 updated, 1 conflicted", problems: []string{"2 conflict [new] GENRE “FOLK”"}, holds: "1 GENRE=JAZZ | 2 GENRE=FOLK"},
		{name: "52 [old] edited to a value that is none", setup: has("1 GENRE=JAZZ"), file: lines("Contact,[old] GENRE,[new] GENRE", "#0000001,nothing we know,"), code: "oldEdited"},
		{name: "53 [new] copied from [old]", setup: has("1 GENRE=JAZZ | 2 SUBSCRIBER=true | 3 INTERESTS=CONCERTS|PLAYS | 4 NOTE==1+1"),
			file: lines("Contact,[old] GENRE,[new] GENRE,[old] SUBSCRIBER,[new] SUBSCRIBER,[old] INTERESTS,[new] INTERESTS,[old] NOTE,[new] NOTE",
				"#0000001,JAZZ,JAZZ,,,,,,", "#0000002,,,true,true,,,,", "#0000003,,,,,CONCERTS|PLAYS,CONCERTS|PLAYS,,", "#0000004,,,,,,,'=1+1,'=1+1"), counts: "4 unchanged"},
		{name: "53 copied, though somebody changed it since", setup: has("1 GENRE=ROCK"), file: lines("Contact,[old] GENRE,[new] GENRE", "#0000001,JAZZ,JAZZ"), counts: "1 conflicted",
			problems: []string{"2 conflict [new] GENRE “JAZZ”"}},
	}
}

func TestInputKeys(t *testing.T) {
	runAll(t, inputKeys())

	// Unknown and foreign cannot be told apart by what is said.
	t.Run("45 the same words for unknown and foreign", func(t *testing.T) {
		w := fixture(t)
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, lines(head, "#0000099,,x", "#0000101,,x"))
		if len(imp.Problems) != 2 {
			t.Fatalf("%+v", imp)
		}
		a, b := imp.Problems[0], imp.Problems[1]
		a.Line, a.Value = b.Line, b.Value
		if d := cmp.Diff(a, b); d != "" {
			t.Errorf("(-unknown +foreign) %s", d)
		}
	})

	t.Run("46 a target that the contact has left", func(t *testing.T) {
		w := fixture(t)
		has("1 GENRE=JAZZ | 2 GENRE=JAZZ | 3 GENRE=ROCK")(t, w)
		file := tableIn(t, template(t, w, domain.Criteria, `{"field":"criterion:GENRE","op":"is","value":"JAZZ"}`))
		if strings.Count(file, "\n") != 3 || strings.Contains(file, "0000003") {
			t.Fatalf("%q", file)
		}
		has("1 GENRE=FOLK")(t, w)
		file = lines("Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE", "#0000001,JAZZ,,,still here", "#0000002,JAZZ,ROCK,,")
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
		if imp.Counts != (domain.Counts{Rows: 2, Updated: 2}) || w.Value(t, demo.Aurora, "0000001", note) != "still here" || w.Value(t, demo.Aurora, "0000001", genre) != "FOLK" {
			t.Errorf("%+v %v", imp.Counts, problems(imp))
		}
	})

	t.Run("47 deleted between the check and the writing", func(t *testing.T) {
		w := fixture(t)
		w.BeforeChunk = func(int, int) error { return w.Contacts.Delete(t.Context(), demo.Aurora, "0000002") }
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines(head, "#0000001,,x", "#0000002,,y"))
		if d := cmp.Diff([]string{"3 rejected contactDeleted Contact"}, problems(imp)); d != "" || imp.Counts != (domain.Counts{Rows: 2, Updated: 1, Rejected: 1}) {
			t.Errorf("%+v %s", imp.Counts, d)
		}
		if _, err := w.Contacts.Get(t.Context(), demo.Aurora, "0000002"); fault.KindOf(err) != fault.NotFound || err == nil {
			t.Errorf("the contact is back: %v", err)
		}
	})
}

// words tests a column of words that all mean the same.
func words(number, code string, dt domain.DataType, want domain.Value, ws ...string) input {
	values := make([]string, len(ws))
	for i := range ws {
		values[i] = string(want)
	}
	var warn []string
	if dt == domain.Authorisations && want == domain.True {
		warn = []string{"consents"}
	}
	return input{name: number + " " + strings.Join(ws, " "), dt: dt, file: column(code, ws...), warn: warn,
		counts: fmt.Sprintf("%d updated", len(ws)), holds: holdingAll(code, values...)}
}

// cleared tests a column of words that clear.
func cleared(number, code string, dt domain.DataType, value string, ws ...string) input {
	var have []string
	var f strings.Builder
	fmt.Fprintf(&f, "Contact,[old] %s,[new] %[1]s\n", code)
	for i, w := range ws {
		have = append(have, value)
		fmt.Fprintf(&f, "#%07d,%s,%s\n", i+1, value, w)
	}
	return input{name: number + " " + code + " " + strings.Join(ws, " "), dt: dt, file: f.String(), setup: has(holdingAll(code, have...)),
		counts: fmt.Sprintf("%d updated", len(ws)), holds: holdingAll(code, make([]string, len(ws))...)}
}

// refused tests a column of words that are all rejected with one code.
func refused(number, field, code string, dt domain.DataType, suggestion string, ws ...string) input {
	in := input{name: number + " " + field + " " + strings.Join(ws, " "), dt: dt, file: column(field, append(ws, "")...),
		counts: fmt.Sprintf("1 unchanged, %d rejected", len(ws)), holds: holdingAll(field, make([]string, len(ws))...)}
	for i, w := range ws {
		p := fmt.Sprintf("%d %s [new] %s “%s”", i+2, code, field, w)
		if suggestion != "" {
			p += " → " + suggestion
		}
		in.problems = append(in.problems, p)
	}
	return in
}

// What a cell says.
func inputValues() []input {
	auth, crit := domain.Authorisations, domain.Criteria
	label12 := func(t *testing.T, w *importtest.World) {
		d := domain.FieldDef{Code: "HALF", Label: "Half", Kind: domain.SingleChoice, Values: []domain.Choice{{Code: "FIRST", Label: "1/2"}, {Code: "SECOND", Label: "2/2"}, {Code: "WHOLE", Label: "3-4"}}}
		codes := domain.FieldDef{Code: "CLASS", Label: "Class", Kind: domain.SingleChoice, Values: []domain.Choice{{Code: "1", Label: "A"}, {Code: "01", Label: "B"}, {Code: "1234567890123456", Label: "C"}, {Code: "1234", Label: "D"}}}
		if err := errors.Join(w.Catalogue.PutField(t.Context(), demo.Aurora, d), w.Catalogue.PutField(t.Context(), demo.Aurora, codes)); err != nil {
			t.Fatal(err)
		}
	}
	emoji := strings.Repeat("😀", 250)
	return []input{
		words("54", "EMAIL", auth, domain.True, "TRUE", "true", "T", "t", "True", "tRuE"),
		words("54", "EMAIL", auth, domain.False, "FALSE", "false", "F", "f", "False"),
		cleared("54", "EMAIL", auth, "true", "Empty", "EMPTY", "empty"),
		words("54", "SUBSCRIBER", crit, domain.True, "TRUE", "true", "T", "t"),
		words("54", "SUBSCRIBER", crit, domain.False, "FALSE", "false", "F", "f"),
		words("55", "EMAIL", auth, domain.True, "VRAI", "vrai", "WAHR", "Wahr", "VERO", "VERDADERO", "oui", "OUI", "ja", "Ja", "sì", "SÌ", "sí", "SI\u0301", "yes", "YES", "1", " 1 "),
		words("55", "EMAIL", auth, domain.False, "FAUX", "faux", "FALSCH", "FALSO", "non", "NON", "nein", "no", "No", "0"),
		words("55", "WHEELCHAIR", crit, domain.True, "VRAI", "WAHR", "VERO", "VERDADERO", "oui", "ja", "sì", "sí", "yes", "1"),
		refused("56", "EMAIL", "badBoolean", auth, "", "V", "W", "J", "O", "N", "x", "✓", "2", "maybe"),
		refused("56", "SUBSCRIBER", "badBoolean", crit, "", "V", "W", "J", "O", "N", "x", "✓", "2", "maybe", "2.0", "sim"),
		words("101", "EMAIL", auth, domain.True, "si", "SI", "y", "Y", "1.0", "1,0", "1,00"),
		words("101", "SUBSCRIBER", crit, domain.True, "si", "y", "1.0"),
		words("101", "EMAIL", auth, domain.False, "n", "0.0", "0,0"),
		cleared("57", "GENRE", crit, "JAZZ", "Empty", "EMPTY", "empty", "Vide", "Leer", "Vuoto", "Vacío", "vide", "VACI\u0301O"),
		cleared("57", "INTERESTS", crit, "CONCERTS|PLAYS", "Empty", "Vide", "Leer", "Vuoto", "Vacío"),
		cleared("57", "SUBSCRIBER", crit, "true", "Empty", "Vide", "Leer", "Vuoto", "Vacío"),
		cleared("57", "NOTE", crit, "x", "Empty", "Vide", "Leer", "Vuoto", "Vacío"),
		cleared("57", "EMAIL", auth, "false", "Empty", "Vide", "Leer", "Vuoto", "Vacío"),
		refused("58", "GENRE", "maybeEmpty", crit, "Empty", "NULL", "null", "N/A", "#N/A", "#NAME?", "#REF!", "-", "#NOM?", "#WERT!"),
		refused("58", "INTERESTS", "maybeEmpty", crit, "Empty", "NULL", "N/A", "#N/A", "-"),
		refused("58", "EMAIL", "maybeEmpty", auth, "Empty", "NULL", "N/A", "#N/A", "#NAME?", "#REF!", "-"),
		refused("58", "NOTE", "maybeEmpty", crit, "", "NULL", "N/A", "#N/A", "#NAME?", "#REF!", "-"),
		{name: "58 asks", file: column("GENRE", "NULL"), counts: "1 rejected", problems: []string{"2 maybeEmpty [new] GENRE “NULL” → Empty"}, says: []string{"meant to be Empty?"}},
		{name: "59 spaces, tabs, no-break spaces only", setup: has("1 GENRE=JAZZ | 2 NOTE=x"), file: lines("Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE", "#0000001,JAZZ,  ,,\u00a0", "#0000002,,\t,x, \u00a0\t", "#0000003,,\u200b,\u2003,y"),
			counts: "1 updated, 2 unchanged", holds: "1 GENRE=JAZZ | 2 NOTE=x | 3 NOTE=y"},
		{name: "60 code in other case, label", file: column("GENRE", "jazz", "Jazz", " ROCK ", "Favourite", "folk and world", "Classical  music", "OPÉRA"), counts: "6 updated, 1 rejected",
			holds: "1 GENRE=JAZZ | 2 GENRE=JAZZ | 3 GENRE=ROCK | 5 GENRE=FOLK | 6 GENRE=CLASSICAL | 7 GENRE=OPERA", problems: []string{"5 unknownValue [new] GENRE “Favourite”"}},
		{name: "60 label used twice", file: column("GENRE", "Other", "OTHER_MUSIC"), counts: "1 updated, 1 rejected", problems: []string{"2 ambiguousValue [new] GENRE “Other”"},
			says: []string{"OTHER_MUSIC", "OTHER_STAGE"}, holds: "1 GENRE= | 2 GENRE=OTHER_MUSIC"},
		{name: "61 a slip of one or two letters", file: column("GENRE", "JAZ", "THAETRE", "CLASICCAL", "DNACE", "Wrong"), counts: "5 rejected", problems: []string{
			"2 unknownValue [new] GENRE “JAZ” → JAZZ", "3 unknownValue [new] GENRE “THAETRE” → THEATRE", "4 unknownValue [new] GENRE “CLASICCAL” → CLASSICAL",
			"5 unknownValue [new] GENRE “DNACE” → DANCE", "6 unknownValue [new] GENRE “Wrong”"}, says: []string{"Did you mean JAZZ?"}},
		{name: "62 retired value", file: column("SEGMENT", "GOLD", "gold card", "PATRON"), counts: "1 updated, 2 rejected",
			problems: []string{"2 retiredValue [new] SEGMENT “GOLD”", "3 retiredValue [new] SEGMENT “gold card”"}, holds: "1 SEGMENT= | 3 SEGMENT=PATRON"},
		{name: "62 a retired value may stay", setup: has("1 SEGMENT=GOLD"), file: lines("Contact,[old] SEGMENT,[new] SEGMENT,[old] NOTE,[new] NOTE", "#0000001,GOLD,,,x"), counts: "1 updated", holds: "1 SEGMENT=GOLD | 1 NOTE=x"},
		{name: "62 a retired value may go", setup: has("1 SEGMENT=GOLD | 2 SEGMENT=GOLD"), file: lines("Contact,[old] SEGMENT,[new] SEGMENT", "#0000001,GOLD,PATRON", "#0000002,Gold card,Empty"), counts: "2 updated",
			holds: "1 SEGMENT=PATRON | 2 SEGMENT="},
		{name: "63 choice given two values", file: column("GENRE", "JAZZ|ROCK", "JAZZ, ROCK", "jazz;rock"), counts: "3 rejected", problems: []string{
			"2 tooManyValues [new] GENRE “JAZZ|ROCK”", "3 tooManyValues [new] GENRE “JAZZ, ROCK”", "4 tooManyValues [new] GENRE “jazz;rock”"}, says: []string{"2 values"}},
		{name: "64 multi-choice with blanks around and repeated parts", file: column("INTERESTS", " PLAYS | CONCERTS ", "PLAYS|plays|Plays|CONCERTS", "|PLAYS||", "Plays|Guided tours"), counts: "4 updated",
			holds: "1 INTERESTS=CONCERTS|PLAYS | 2 INTERESTS=CONCERTS|PLAYS | 3 INTERESTS=PLAYS | 4 INTERESTS=PLAYS|GUIDED_TOURS"},
		{name: "64 multi-choice with unknown parts", file: column("INTERESTS", "PLAYS|Knitting", "PLAYS|CONCERT", "PLAYS,CONCERTS"), counts: "3 rejected", problems: []string{
			"2 unknownValue [new] INTERESTS “PLAYS|Knitting”", "3 unknownValue [new] INTERESTS “PLAYS|CONCERT” → PLAYS|CONCERTS", "4 unknownValue [new] INTERESTS “PLAYS,CONCERTS” → PLAYS|CONCERTS"},
			says: []string{`"Knitting" is not a value`}},
		{name: "64 multi-choice that only has another order", setup: has("1 INTERESTS=CONCERTS|PLAYS"), file: lines("Contact,[old] INTERESTS,[new] INTERESTS", "#0000001,PLAYS|CONCERTS,PLAYS|CONCERTS"), counts: "1 unchanged"},
		{name: "65 add: and remove:", setup: has("1 INTERESTS=PLAYS | 2 INTERESTS=CONCERTS|PLAYS | 3 INTERESTS=PLAYS | 4 INTERESTS=PLAYS | 5 INTERESTS=PLAYS"),
			file: lines("Contact,[old] INTERESTS,[new] INTERESTS", "#0000001,PLAYS,add: CONCERTS|TALKS", "#0000002,CONCERTS|PLAYS,remove: CONCERTS", "#0000003,PLAYS,add: PLAYS", "#0000004,PLAYS,remove: TALKS",
				"#0000005,PLAYS,ADD:plays|concerts", "#0000006,,add: PLAYS", "#0000007,,remove: PLAYS"),
			counts: "4 updated, 3 unchanged", holds: "1 INTERESTS=CONCERTS|PLAYS|TALKS | 2 INTERESTS=PLAYS | 3 INTERESTS=PLAYS | 4 INTERESTS=PLAYS | 5 INTERESTS=CONCERTS|PLAYS | 6 INTERESTS=PLAYS | 7 INTERESTS="},
		refused("65", "INTERESTS", "mixedList", crit, "", "add: PLAYS remove: PLAYS", "add: PLAYS|remove: PLAYS", "PLAYS|add: TALKS"),
		refused("65", "INTERESTS", "blankList", crit, "", "add:", "remove: |", "|"),
		refused("65", "INTERESTS", "emptyInList", crit, "", "PLAYS|Empty", "add: Empty"),
		{name: "65 add: to what somebody else changed", setup: has("1 INTERESTS=TALKS"), file: lines("Contact,[old] INTERESTS,[new] INTERESTS", "#0000001,PLAYS,add: CONCERTS"), counts: "1 conflicted",
			problems: []string{"2 conflict [new] INTERESTS “add: CONCERTS”"}, holds: "1 INTERESTS=TALKS"},
		{name: "66 texts", file: column("NOTE", strings.Repeat("x", 250), strings.Repeat("x", 251), "two\nlines", emoji, emoji+"!", "cafe\u0301", "שלום עולם", "q\u0307\u0323", "👩‍👩‍👧", " trimmed\u00a0"),
			counts: "7 updated, 3 rejected", holds: "1 NOTE=" + strings.Repeat("x", 250) + " | 2 NOTE= | 3 NOTE= | 4 NOTE=" + emoji + " | 6 NOTE=café | 7 NOTE=שלום עולם | 8 NOTE=q\u0323\u0307 | 9 NOTE=👩‍👩‍👧 | 10 NOTE=trimmed",
			problems: []string{"3 textTooLong [new] NOTE “" + strings.Repeat("x", 200) + "…”", "4 lineBreak [new] NOTE “two\nlines”", "7 textTooLong [new] NOTE “" + strings.Repeat("😀", 200) + "…”"},
			says:     []string{"251 characters", "At most 250"}},
		{name: "66 a text that is NFC as NFD is no change", setup: has("1 NOTE=café"), file: lines(head, "#0000001,cafe\u0301,cafe\u0301"), counts: "1 unchanged"},
		{name: "66 a shorter limit", file: column("NICKNAME", strings.Repeat("x", 40), strings.Repeat("x", 41)), counts: "1 updated, 1 rejected", problems: []string{"3 textTooLong [new] NICKNAME “" + strings.Repeat("x", 41) + "”"}},
		{name: "67 texts that a spreadsheet would run", file: column("NOTE", "'=1+1", "'+41 79", "'-5 %", "'@home", "''tis", "=1+1", "+41 79", "-5 %", "@home", "'tis", "''"), counts: "11 updated",
			holds: holdingAll("NOTE", "=1+1", "+41 79", "-5 %", "@home", "'tis", "=1+1", "+41 79", "-5 %", "@home", "'tis", "'")},
		{name: "67 a tab first", file: column("NOTE", "\tx", "'\tx"), counts: "2 updated", holds: holdingAll("NOTE", "x", "x")},
		{name: "68 the word Empty as a text", file: column("NOTE", `\Empty`, `\\Empty`, `\Leer`, `\NULL`, `\-`, `C:\temp`, `\temp`), counts: "7 updated",
			holds: holdingAll("NOTE", "Empty", `\Empty`, "Leer", "NULL", "-", `C:\temp`, `\temp`)},
		{name: "69 number formats of a code", file: column("ZONE", "1.0", "2,00", "3.", "1 234,50", "1'234.50", "1e0"), counts: "3 updated, 3 rejected", holds: "1 ZONE=1 | 2 ZONE=2 | 3 ZONE= | 6 ZONE=1",
			problems: []string{"4 unknownValue [new] ZONE “3.”", "5 unknownValue [new] ZONE “1 234,50”", "6 unknownValue [new] ZONE “1'234.50”"}, warn: []string{"numberFormat 2"}, says: []string{"(3 times)"}},
		{name: "69 more codes than one fit", setup: label12, file: column("CLASS", "1.0", "1", "1234.0", "1'234.00", "1,234", "1.23456789E+15", "1,23457E+15"), counts: "4 updated, 3 rejected",
			holds: "2 CLASS=1 | 3 CLASS=1234 | 4 CLASS=1234 | 5 CLASS=1234", warn: []string{"sameNumber 3", "numberFormat 4"},
			problems: []string{"2 ambiguousValue [new] CLASS “1.0”", "7 spreadsheetNumber [new] CLASS “1.23456789E+15” → 1234567890123456", "8 spreadsheetNumber [new] CLASS “1,23457E+15” → 1234567890123456"}},
		{name: "70 a code rewritten as a date", file: column("SERIES", "1-Mar", "01.03.2026", "2026-03-01", "Mrz 01", "1-mars", "2-Sep", "MAR1"), counts: "1 updated, 6 rejected", holds: "1 SERIES= | 7 SERIES=MAR1",
			problems: []string{"2 spreadsheetDate [new] SERIES “1-Mar” → MAR1", "3 spreadsheetDate [new] SERIES “01.03.2026” → MAR1", "4 spreadsheetDate [new] SERIES “2026-03-01” → MAR1",
				"5 spreadsheetDate [new] SERIES “Mrz 01” → MAR1", "6 spreadsheetDate [new] SERIES “1-mars” → MAR1", "7 spreadsheetDate [new] SERIES “2-Sep” → SEP2"}, says: []string{"The spreadsheet changed this code"}},
		{name: "70 a label rewritten as a date", setup: label12, file: column("HALF", "01.02.2026", "1/2", "03.04.2026"), counts: "1 updated, 2 rejected", holds: "2 HALF=FIRST",
			problems: []string{"2 spreadsheetDate [new] HALF “01.02.2026” → FIRST", "4 spreadsheetDate [new] HALF “03.04.2026” → WHOLE"}},
		{name: "70 [old] rewritten as a date is still what was seen", setup: has("1 SERIES=MAR1"), file: lines("Contact,[old] SERIES,[new] SERIES", "#0000001,1-Mar,SEP1"), counts: "1 updated", holds: "1 SERIES=SEP1"},
		{name: "105 days as five languages write them", file: column("LAST_VISIT", "2026-03-07", "7.3.2026", "March 7, 2026", "7 mars 2026", "7. März 2026", "7 mar. 2026", "7 de marzo de 2026", "Samstag, 7. März 2026", "Empty"),
			counts: "8 updated, 1 unchanged", holds: holdingAll("LAST_VISIT", slices.Repeat([]string{"2026-03-07"}, 8)...)},
		{name: "105 days in doubt", file: column("LAST_VISIT", "03/04/2026", "04/13/2026", "7.3.26", "46088", "7 mars", "31.02.2026", "7.3.2026 12:30", "13/04/2026"), counts: "1 updated, 7 rejected", warn: []string{"dateOrderMixed"},
			problems: []string{"2 ambiguousDate [new] LAST_VISIT “03/04/2026”", "3 americanDate [new] LAST_VISIT “04/13/2026” → 2026-04-13", "4 shortYear [new] LAST_VISIT “7.3.26” → 2026-03-07",
				"5 spreadsheetNumber [new] LAST_VISIT “46088” → 2026-03-07", "6 badDate [new] LAST_VISIT “7 mars”", "7 badDate [new] LAST_VISIT “31.02.2026”", "8 badDate [new] LAST_VISIT “7.3.2026 12:30”"}},
		{name: "105 numbers as five languages write them", file: column("SPENT", "1234.5", "1 234,50", "1\u202f234,5", "1'234.50", "1.234,50", "1,234.50", "+1234,5"),
			counts: "7 updated", holds: holdingAll("SPENT", slices.Repeat([]string{"1234.5"}, 7)...)},
		{name: "105 numbers in doubt", file: column("SPENT", "1.250", "1,250", "1,23E+5", "12 €", "1234567890123456", "twelve"), counts: "6 rejected",
			problems: []string{"2 ambiguousNumber [new] SPENT “1.250”", "3 ambiguousNumber [new] SPENT “1,250”", "4 spreadsheetNumber [new] SPENT “1,23E+5”",
				"5 notANumber [new] SPENT “12 €” → 12", "6 tooManyDigits [new] SPENT “1234567890123456”", "7 notANumber [new] SPENT “twelve”"}, says: []string{"1.25", "1250"}},
		{name: "105 numbers that their column tells, by a comma", file: column("SPENT", "1.250", "1,250", "12,5", "-2.000", "1'250"), counts: "5 updated", holds: holdingAll("SPENT", "1250", "1.25", "12.5", "-2000", "1250"),
			warn: []string{"decimalSign"}, says: []string{"3 numbers that may be two were read with the comma before the decimals", `"12,5" in line 4 can be nothing else`}},
		{name: "105 numbers that their column tells, by a point", file: column("SPENT", "1.250", "1,250", "12,345.6", "7"), counts: "4 updated", holds: holdingAll("SPENT", "1.25", "1250", "12345.6", "7"),
			warn: []string{"decimalSign"}, says: []string{"with the point", `"12,345.6" in line 4`}},
		{name: "105 numbers whose thousands tell", file: column("SPENT", "1.250", "1.250.000"), counts: "2 updated", holds: holdingAll("SPENT", "1250", "1250000"), warn: []string{"decimalSign"}},
		{name: "105 too many decimals by what the column tells", file: column("SPENT", "1.250", "12.345,678"), counts: "1 updated, 1 rejected", holds: holdingAll("SPENT", "1250", ""), warn: []string{"decimalSign"},
			problems: []string{"3 tooManyDecimals [new] SPENT “12.345,678”"}},
		{name: "105 a column of numbers that contradicts itself", file: column("SPENT", "1.250", "12.5", "12,5"), counts: "2 updated, 1 rejected", holds: holdingAll("SPENT", "", "12.5", "12.5"), warn: []string{"decimalSignMixed"},
			problems: []string{"2 ambiguousNumber [new] SPENT “1.250”"}, says: []string{"(lines 3), others a comma (lines 4). 1 number may be either and is not taken"}},
		{name: "105 numbers by the recipe", recipe: func(r *domain.Recipe) { r.DecimalSign = "comma" }, file: column("SPENT", "1.250", "1,250", "12.5"), counts: "3 updated", holds: holdingAll("SPENT", "1250", "1.25", "12.5")},
		{name: "105 numbers by the recipe against the column", recipe: func(r *domain.Recipe) { r.DecimalSign = "point" }, file: column("SPENT", "1.250", "12,5"), counts: "2 updated", holds: holdingAll("SPENT", "1.25", "12.5")},
		{name: "105 what [old] has, and a copy of it, says nothing of [new]", setup: has("1 SPENT=12.5 | 2 SPENT=3.5"), file: lines("Contact,[old] SPENT,[new] SPENT", "#0000001,12.5,12.5", "#0000002,3.5,1.250"), counts: "1 unchanged, 1 rejected",
			problems: []string{"3 ambiguousNumber [new] SPENT “1.250”"}},
	}
}

func TestInputValues(t *testing.T) {
	runAll(t, inputValues())
}

// The three-way compare, and files that come back.
func inputCompares() []input {
	kind := func(code string, kind domain.Kind, values ...domain.Choice) func(*testing.T, *importtest.World) {
		return func(t *testing.T, w *importtest.World) {
			t.Helper()
			cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
			if err != nil {
				t.Fatal(err)
			}
			d, _ := cat.Lookup(domain.Field("criterion:" + code))
			d.Kind, d.Values = kind, values
			if err := w.Catalogue.PutField(t.Context(), demo.Aurora, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	return []input{
		{name: "71 conflict", setup: has("1 GENRE=FOLK | 2 NOTE=theirs | 3 GENRE=FOLK"), file: lines("Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE", "#0000001,JAZZ,ROCK,,x", "#0000002,,ROCK,mine,ours", "#0000003,FOLK,ROCK,,"),
			counts: "1 updated, 2 conflicted", problems: []string{"2 conflict [new] GENRE “ROCK”", "3 conflict [new] NOTE “ours”"}, holds: "1 GENRE=FOLK | 1 NOTE= | 2 GENRE= | 2 NOTE=theirs | 3 GENRE=ROCK",
			says: []string{"it was \"JAZZ\", is now \"FOLK\", and the file wants \"ROCK\""}},
		{name: "71 conflict with nothing", setup: has("1 GENRE=FOLK"), file: lines("Contact,[old] GENRE,[new] GENRE", "#0000001,,ROCK", "#0000002,JAZZ,ROCK", "#0000003,JAZZ,Empty"), counts: "1 unchanged, 2 conflicted",
			problems: []string{"2 conflict [new] GENRE “ROCK”", "3 conflict [new] GENRE “ROCK”"}, says: []string{"it was empty", "is now empty"}},
		{name: "72 live is new already", setup: has("1 GENRE=ROCK | 2 INTERESTS=CONCERTS|PLAYS | 3 NOTE=x"), file: lines("Contact,[old] GENRE,[new] GENRE,[old] INTERESTS,[new] INTERESTS,[old] NOTE,[new] NOTE",
			"#0000001,JAZZ,rock,,,,", "#0000002,,,TALKS,PLAYS|CONCERTS,,", "#0000003,,,,,x,Empty", "#0000004,JAZZ,Empty,,,,"), counts: "1 updated, 3 unchanged", holds: "3 NOTE="},
		{name: "72 one cell is there already, the other not", setup: has("1 GENRE=ROCK"), file: lines("Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE", "#0000001,JAZZ,ROCK,,x"), counts: "1 updated", holds: "1 GENRE=ROCK | 1 NOTE=x"},
		{name: "73 kind changed from text to choice", setup: kind("NOTE", domain.SingleChoice, domain.Choice{Code: "A", Label: "a"}), file: lines(head, "#0000001,one,A", "#0000002,two,A", "#0000003,three,A"), code: "kindChanged",
			says: []string{"[old] NOTE", "“one value”"}, holds: "1 NOTE="},
		{name: "73 kind changed from choice to yes or no", setup: kind("GENRE", domain.YesNo), file: lines("Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE", "#0000001,JAZZ,,,x", "#0000002,ROCK,,,x", "#0000003,FOLK,,,x"), code: "kindChanged"},
		{name: "74 [error] columns left in a corrected error file", setup: has("1 GENRE=ROCK"), file: lines("Contact,[old] GENRE,[new] GENRE,[error] line,[error] outcome,[error] column,[error] message",
			"#0000001,ROCK,JAZZ,4,conflicted,[new] GENRE,Somebody changed this", `#0000002,,JAZZ,5,rejected,[new] GENRE,"""Juzz"" is not a value"`, "#0000003,,Juzz,6,rejected,[new] GENRE,x"), counts: "2 updated, 1 rejected",
			problems: []string{"4 unknownValue [new] GENRE “Juzz” → JAZZ"}, holds: "1 GENRE=JAZZ | 2 GENRE=JAZZ"},
		{name: "78 no [new] filled", setup: has("1 GENRE=JAZZ"), file: lines("Contact,[info] Email,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE", "#0000001,c0000001@example.org,JAZZ,,,", "#0000002,,,,, "), code: "nothingToDo", says: []string{"[new]"}},
		{name: "78 only contacts that are not there, no [new] filled", file: lines("Contact,[old] GENRE,[new] GENRE", "#0000098,JAZZ,", "#0000099,,"), code: "nothingToDo"},
		{name: "78 no [new] column", file: lines("Contact,[old] GENRE", "#0000001,JAZZ"), code: "nothingToDo", says: []string{"no [new] column"}},
	}
}

func TestInputCompare(t *testing.T) {
	runAll(t, inputCompares())

	t.Run("71 the three values apart", func(t *testing.T) {
		w := fixture(t)
		has("1 GENRE=FOLK | 2 SUBSCRIBER=true")(t, w)
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines("Contact,[old] GENRE,[new] GENRE,[old] SUBSCRIBER,[new] SUBSCRIBER", "#0000001,Jazz,Rock,,", "#0000002,,,false,Empty", "#0000003,what is this,JAZZ,,"))
		type three struct{ Old, Live, New string }
		var got []three
		for _, p := range imp.Problems {
			if p.Old == nil || p.Live == nil || p.New == nil || p.Code != "conflict" {
				t.Fatalf("%+v", p)
			}
			got = append(got, three{*p.Old, *p.Live, *p.New})
		}
		if d := cmp.Diff([]three{{"JAZZ", "FOLK", "ROCK"}, {"false", "true", ""}, {"what is this", "", "JAZZ"}}, got); d != "" {
			t.Error(d)
		}
	})

	t.Run("71 overwrite", func(t *testing.T) {
		w := fixture(t)
		has("1 GENRE=FOLK | 2 INTERESTS=TALKS")(t, w)
		before := stored(t, w, demo.Aurora)
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines("Contact,[old] GENRE,[new] GENRE,[old] INTERESTS,[new] INTERESTS", "#0000001,JAZZ,ROCK,,", "#0000002,,,PLAYS,add: CONCERTS"), importtest.Overwrite)
		accounts(t, w, imp, before)
		if imp.Counts != (domain.Counts{Rows: 2, Updated: 2}) || w.Value(t, demo.Aurora, "0000001", genre) != "ROCK" || w.Value(t, demo.Aurora, "0000002", "criterion:INTERESTS") != "CONCERTS|TALKS" {
			t.Errorf("%+v %v", imp.Counts, stored(t, w, demo.Aurora))
		}
		w.Follow(t, imp, domain.UndoOf)
		if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
			t.Errorf("undo: %s", d)
		}
	})

	// Row 75: the undo file is a file like any other.
	t.Run("75 undo.csv edited by hand and applied twice", func(t *testing.T) {
		w := fixture(t)
		has("1 GENRE=JAZZ | 3 GENRE=FOLK | 4 NOTE==1+1")(t, w)
		up := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, lines("Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE",
			"#0000001,JAZZ,ROCK,,", "#0000002,,ROCK,,Empty", "#0000003,FOLK,ROCK,,x", "#0000004,,,'=1+1,Empty"))
		undo := w.File(t, up, "undo")
		edited := strings.Replace(undo, "#0000001,ROCK,JAZZ", "#0000001,ROCK,OPERA", 1)
		if edited == undo {
			t.Fatalf("%q", undo)
		}
		has("3 NOTE=somebody else's")(t, w)
		first := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, edited)
		if first.Counts != (domain.Counts{Rows: 4, Updated: 3, Conflicted: 1}) {
			t.Errorf("first: %+v %v", first.Counts, problems(first))
		}
		want := stored(t, w, demo.Aurora)
		for n, v := range map[domain.ContactNumber]domain.Value{"0000001": "OPERA", "0000002": "", "0000003": "ROCK"} {
			if got := w.Value(t, demo.Aurora, n, genre); got != v {
				t.Errorf("contact %s has %q, want %q", n, got, v)
			}
		}
		if got := w.Value(t, demo.Aurora, "0000004", note); got != "=1+1" {
			t.Errorf("the formula came back as %q", got)
		}
		second := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, edited)
		if second.Counts != (domain.Counts{Rows: 4, Unchanged: 3, Conflicted: 1}) {
			t.Errorf("second: %+v %v", second.Counts, problems(second))
		}
		if d := cmp.Diff(want, stored(t, w, demo.Aurora)); d != "" {
			t.Errorf("the second changed something: %s", d)
		}
	})

	t.Run("74 errors.csv imported as it is, again and again", func(t *testing.T) {
		w := fixture(t)
		file := lines(head, `#0000001,,"say ""NULL"", now"`, "#0000002,,NULL", "#0000003,,'=NULL()", "#0000077,,-1", "#0000078,,'=1+1")
		up := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
		if up.Counts != (domain.Counts{Rows: 5, Updated: 2, Rejected: 3}) {
			t.Fatalf("%+v %v", up.Counts, problems(up))
		}
		errs := w.File(t, up, "errors")
		for range 3 {
			again := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, errs)
			next := w.File(t, again, "errors")
			rows, nexts := records(t, errs), records(t, next)
			if len(rows) != len(nexts) || again.Counts != (domain.Counts{Rows: 3, Rejected: 3}) {
				t.Fatalf("%+v %q", again.Counts, next)
			}
			for i := range rows {
				if d := cmp.Diff(rows[i][:3], nexts[i][:3]); d != "" {
					t.Errorf("a row changed on its way: %s", d)
				}
			}
			errs = next
		}
	})
}

// A row that says what a contact had speaks of one that was there: it creates
// none.
func TestInputContactsWithOld(t *testing.T) {
	w := fixture(t)
	before := stored(t, w, demo.Aurora)
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, lines(
		"Contact,[old] Email,[new] Email,[old] Last name,[new] Last name",
		"#0099,c0000001@example.org,other@example.org,,",                 // 2
		",,nobody@example.org,Name 0000001,Smith",                        // 3
		"#0099,,new@example.org,,New",                                    // 4: the same number as line 2
		"#0098,,new2@example.org,,New",                                   // 5
		"#0000001,c0000001@example.org,one@example.org,,",                // 6
		"#0000002,c0000001@example.org,two@example.org,Name 0000002,Two", // 7
	))
	accounts(t, w, imp, before)
	if d := cmp.Diff([]string{"2 rejected differentLines Contact", "3 rejected unknownContact Contact", "4 rejected differentLines Contact", "7 conflicted conflict [new] Email"}, problems(imp)); d != "" {
		t.Error(d)
	}
	if want := (domain.Counts{Rows: 6, Created: 1, Updated: 1, Rejected: 3, Conflicted: 1}); imp.Counts != want {
		t.Errorf("%+v, want %+v", imp.Counts, want)
	}
}

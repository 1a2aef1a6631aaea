package guide_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/cell"
	"rollbook/internal/guide"
	"rollbook/internal/roll"
)

var update = flag.Bool("update", false, "write the golden files anew")

var languages = []string{"en", "fr", "de", "it", "es"}

func TestREADME(t *testing.T) {
	for _, lang := range languages {
		for _, c := range []struct {
			data              roll.DataType
			format, separator string
			files, not        string
		}{
			{roll.Criteria, "csv", ",", "criteria.csv", "criteria.xlsx"},
			{roll.Authorisations, "csv", ";", "authorisations.csv", "authorisations.xlsx"},
			{roll.Criteria, "xlsx", ",", "criteria.xlsx", "criteria.csv"},
			{roll.Authorisations, "both", ";", "authorisations.csv authorisations.xlsx", "criteria"},
		} {
			name := lang + "-" + string(c.data)
			if c.format != "csv" {
				name += "-" + c.format
			}
			t.Run(name, func(t *testing.T) {
				got := guide.README(lang, c.data, c.format, c.separator)
				text, ok := strings.CutPrefix(got, "\ufeff")
				if !ok || strings.Count(text, "\n") != strings.Count(text, "\r\n") || !strings.HasSuffix(text, "\r\n") {
					t.Error("not a text with BOM and CRLF")
				}
				text = strings.ReplaceAll(text, "\r\n", "\n")
				for line := range strings.SplitSeq(text, "\n") {
					if utf8.RuneCountInString(line) > 80 || strings.TrimRight(line, " ") != line {
						t.Errorf("line %q", line)
					}
				}
				if strings.Contains(text, c.not) {
					t.Errorf("%s is not in the zip", c.not)
				}
				for _, word := range append(strings.Fields(c.files), "[old] CODE", "[new] CODE", "[info]", "Contact", "CSV UTF-8", ".xlsx", "Empty") {
					if !strings.Contains(text, word) {
						t.Errorf("%s is not explained", word)
					}
				}
				path := "testdata/" + name + ".golden"
				if *update {
					if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(string(want), text); d != "" {
					t.Errorf("run go test -update if this is meant:\n%s", d)
				}
			})
		}
	}
}

// What the guide says is what reading a cell takes.
func TestWordsAreTaken(t *testing.T) {
	list := roll.FieldDef{Code: "LIST", Kind: roll.MultiChoice, Values: []roll.Choice{{Code: "ROCK"}, {Code: "JAZZ"}, {Code: "FOLK"}}}
	text, bool_ := roll.FieldDef{Code: "TEXT", Kind: roll.Text}, roll.FieldDef{Code: "BOOL", Kind: roll.Authorisation}
	for lang, w := range map[string]struct{ true, false, yes, no, empty string }{
		"en": {"TRUE", "FALSE", "yes", "no", "Empty"}, "fr": {"VRAI", "FAUX", "oui", "non", "Vide"}, "de": {"WAHR", "FALSCH", "ja", "nein", "Leer"},
		"it": {"VERO", "FALSO", "sì", "no", "Vuoto"}, "es": {"VERDADERO", "FALSO", "sí", "no", "Vacío"},
	} {
		said := guide.README(lang, roll.Criteria, "csv", ",") + guide.README(lang, roll.Authorisations, "csv", ",")
		for _, c := range []struct {
			word string
			d    roll.FieldDef
			base roll.Value
			want roll.Value
		}{
			{w.true, bool_, "", roll.True}, {w.false, bool_, "", roll.False}, {w.yes, bool_, "", roll.True}, {w.no, bool_, "", roll.False},
			{"1", bool_, "", roll.True}, {"0", bool_, "", roll.False}, {w.empty, bool_, roll.True, roll.Empty},
			{"ROCK|JAZZ", list, "FOLK", "ROCK|JAZZ"}, {"add: ROCK|JAZZ", list, "FOLK", "ROCK|JAZZ|FOLK"}, {"remove: JAZZ", list, "ROCK|JAZZ", "ROCK"},
			{`\` + w.empty, text, "", roll.Value(w.empty)},
		} {
			if !strings.Contains(said, c.word) {
				t.Errorf("%s: %s is not explained", lang, c.word)
			}
			e, _, p := cell.ParseNew(c.word, c.d)
			if p != nil || e.Apply(c.base, c.d) != c.want {
				t.Errorf("%s: %s gives %+v, %+v", lang, c.word, e, p)
			}
		}
	}
}

func TestUnknownLanguageIsEnglish(t *testing.T) {
	if guide.README("nl", roll.Criteria, "csv", ",") != guide.README("en", roll.Criteria, "csv", ",") {
		t.Error("not English")
	}
}

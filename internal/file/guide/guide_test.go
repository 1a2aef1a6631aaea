package guide_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/guide"
)

var update = flag.Bool("update", false, "write the golden files anew")

var languages = []string{"en", "fr", "de", "it", "es"}

func TestREADME(t *testing.T) {
	for _, lang := range languages {
		for _, c := range []struct {
			data              domain.DataType
			format, separator string
			files, not        string
		}{
			{domain.Criteria, "csv", ",", "criteria.csv", "criteria.xlsx"},
			{domain.Authorisations, "csv", ";", "authorisations.csv", "authorisations.xlsx"},
			{domain.Criteria, "xlsx", ",", "criteria.xlsx", "criteria.csv"},
			{domain.Authorisations, "both", ";", "authorisations.csv authorisations.xlsx", "criteria"},
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
				for _, k := range field.Kinds() {
					if k.Criterion && c.data == domain.Criteria && !strings.Contains(text, "\n      "+string(k.Name)+"  ") {
						t.Errorf("the kind %s is not explained", k.Name)
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
	list := domain.FieldDef{Code: "LIST", Kind: domain.MultiChoice, Values: []domain.Choice{{Code: "ROCK"}, {Code: "JAZZ"}, {Code: "FOLK"}}}
	text, bool_ := domain.FieldDef{Code: "TEXT", Kind: domain.Text}, domain.FieldDef{Code: "BOOL", Kind: domain.Authorisation}
	for lang, w := range map[string]struct{ true, false, yes, no, empty string }{
		"en": {"TRUE", "FALSE", "yes", "no", "Empty"}, "fr": {"VRAI", "FAUX", "oui", "non", "Vide"}, "de": {"WAHR", "FALSCH", "ja", "nein", "Leer"},
		"it": {"VERO", "FALSO", "sì", "no", "Vuoto"}, "es": {"VERDADERO", "FALSO", "sí", "no", "Vacío"},
	} {
		said := guide.README(lang, domain.Criteria, "csv", ",") + guide.README(lang, domain.Authorisations, "csv", ",")
		for _, c := range []struct {
			word string
			d    domain.FieldDef
			base domain.Value
			want domain.Value
		}{
			{w.true, bool_, "", domain.True}, {w.false, bool_, "", domain.False}, {w.yes, bool_, "", domain.True}, {w.no, bool_, "", domain.False},
			{"1", bool_, "", domain.True}, {"0", bool_, "", domain.False}, {w.empty, bool_, domain.True, domain.Empty},
			{"ROCK|JAZZ", list, "FOLK", "ROCK|JAZZ"}, {"add: ROCK|JAZZ", list, "FOLK", "ROCK|JAZZ|FOLK"}, {"remove: JAZZ", list, "ROCK|JAZZ", "ROCK"},
			{`\` + w.empty, text, "", domain.Value(w.empty)},
		} {
			if !strings.Contains(said, c.word) {
				t.Errorf("%s: %s is not explained", lang, c.word)
			}
			e, _, p := field.ParseNew(c.word, c.d)
			if p != nil || e.Apply(c.base, c.d) != c.want {
				t.Errorf("%s: %s gives %+v, %+v", lang, c.word, e, p)
			}
		}
	}
}

func TestUnknownLanguageIsEnglish(t *testing.T) {
	if guide.README("nl", domain.Criteria, "csv", ",") != guide.README("en", domain.Criteria, "csv", ",") {
		t.Error("not English")
	}
}

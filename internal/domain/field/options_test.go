package field_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		field string
		want  []string
	}{
		{"EMAIL", []string{"TRUE", "FALSE", "Empty"}},
		{"CLUB", []string{"TRUE", "FALSE", "Empty"}},
		{"NOTE", nil},
		{"City", nil},
		{"NONE", []string{"Empty"}},
		// A retired value cannot be set.
		{"GENRE", []string{"ROCK – Rock music", "JAZZ", "CLASSICAL – Klassik", "OPERA – Opéra", "CHANSON – Chanson française", "STRASSE – Straßenmusik", "Empty"}},
		// Code and label together are never ambiguous.
		{"DUP", []string{"A1 – Theatre", "A2 – theatre", "NEW – Concert", "ETE – Eté", "ETE2 – été", "CODE – Other", "OTHER – Code", "PART – Rock, Pop", "F1 – Forêt", "F2 – Förèt", "Empty"}},
		{"WORDS", []string{"EMPTY – Nobody there", "NULL – Nil", "V – Vide", "NA – N/A", "Empty"}},
		{"STYLES", []string{
			"ROCK – Rock music", "JAZZ", "POP", "EMPTY – Emptiness", "MAR1 – March", "1 – One",
			"add: ROCK – Rock music", "add: JAZZ", "add: POP", "add: EMPTY – Emptiness", "add: MAR1 – March", "add: 1 – One",
			"remove: ROCK – Rock music", "remove: JAZZ", "remove: POP", "remove: SWING", "remove: EMPTY – Emptiness", "remove: MAR1 – March", "remove: 1 – One",
			"Empty"}},
	} {
		if d := cmp.Diff(c.want, field.Options(fields[c.field], "en")); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.field, d)
		}
	}
	odd := domain.FieldDef{Code: "ODD", Kind: domain.MultiChoice, Values: []domain.Choice{
		{Code: "A"}, {Code: "B", Label: " b "}, {Code: "C", Label: "two\n words"}, {Code: "D", Label: "a\x00b"}, {Code: "EMPTY", Label: "x|y"}, {Code: "F", Label: "to add: it"},
	}}
	if d := cmp.Diff([]string{"A", "B", "C – two words", "D", `\EMPTY`, "F"}, field.Options(odd, "en")[:6]); d != "" {
		t.Error(d)
	}
}

// Code and label together, as a drop-down inserts them and as people write them.
func TestCodeAndLabel(t *testing.T) {
	relabelled := domain.FieldDef{Code: "GENRE", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "ROCK", Label: "Rock"}, {Code: "JAZZ", Label: "Jazz"}, {Code: "A", Label: "B – C"}, {Code: "B", Label: "D"}, {Code: "SWING", Label: "Swing", Retired: true}, {Code: "1", Label: "One"}, {Code: "MAR1", Label: "x"}}}
	for _, c := range []struct {
		text string
		d    domain.FieldDef
		want domain.Value
		warn string
		code string
	}{
		{text: "ROCK – Rock", d: relabelled, want: "ROCK"},
		{text: " rock –  ROCK ", d: relabelled, want: "ROCK"},
		{text: "ROCK - Rock", d: relabelled, want: "ROCK"},
		{text: "ROCK—rock", d: relabelled, want: "ROCK"},
		{text: "ROCK – Loud music", d: relabelled, want: "ROCK", warn: field.OtherLabel}, // its label when the template was made
		{text: "ROCK - Loud music", d: relabelled, code: field.UnknownValue},
		{text: "ROCK – Jazz", d: relabelled, code: field.UnknownValue},
		{text: "ROCK – ", d: relabelled, code: field.UnknownValue},
		{text: "FOLK – Folk", d: relabelled, code: field.UnknownValue},
		{text: "SWING – Swing", d: relabelled, code: field.RetiredValue},
		{text: "B – C", d: relabelled, want: "A"}, // a label, not a code with a label that it had
		{text: "B – D", d: relabelled, want: "B"},
		{text: "1-Mar", d: relabelled, code: field.SpreadsheetDate},
		{text: "1–Mar", d: relabelled, code: field.UnknownValue},
		{text: "ROCK – Rock music|jazz – Jazz", d: fields["STYLES"], want: "ROCK|JAZZ"},
		{text: "ROCK – Rock music", d: fields["STYLES"], want: "ROCK"},
		{text: "EMPTY – Emptiness", d: fields["STYLES"], want: "EMPTY"},
	} {
		e, w, p := field.ParseNew(c.text, c.d)
		warn, code := "", ""
		if w != nil {
			warn = string(w.Code)
		}
		if p != nil {
			code = string(p.Code)
		}
		if warn != c.warn || code != c.code || code == "" && e.Value != c.want {
			t.Errorf("%q gives %+v, warning %q, problem %q; want %+v", c.text, e, warn, code, c)
		}
	}
}

// Whatever a drop-down offers is taken for exactly the value it is offered for,
// whatever codes and labels a field has.
func TestEveryOptionIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyField(rapid.SampledFrom([]domain.Kind{domain.SingleChoice, domain.MultiChoice, domain.YesNo, domain.Authorisation}).Draw(t, "kind")).Draw(t, "field")
		var want []field.Edit
		switch d.Kind {
		case domain.YesNo, domain.Authorisation:
			want = []field.Edit{{Value: domain.True}, {Value: domain.False}}
		default:
			for _, c := range d.Values {
				if !c.Retired {
					want = append(want, field.Edit{Value: domain.Value(c.Code)})
				}
			}
			if d.Kind == domain.SingleChoice {
				break
			}
			for _, c := range d.Values {
				if !c.Retired {
					want = append(want, field.Edit{Add: []string{c.Code}})
				}
			}
			for _, c := range d.Values {
				want = append(want, field.Edit{Remove: []string{c.Code}})
			}
		}
		want = append(want, field.Edit{})
		var got []field.Edit
		for _, text := range field.Options(d, "en") {
			if strings.ContainsAny(text, "\r\n\t") {
				t.Fatalf("%q is not one line", text)
			}
			e, w, p := field.ParseNew(text, d)
			// Codes that are the same number warn whenever they are written.
			if p != nil || w != nil && w.Code != field.SameNumber && w.Code != field.EmptyIsValue {
				t.Fatalf("%q: %+v %+v", text, w, p)
			}
			got = append(got, e)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

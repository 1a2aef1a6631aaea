package field_test

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// fragments make texts that are near to something with a meaning.
var fragments = []string{
	`\`, "Empty", "empty", "Leer", "vacío", "N/A", "#N/A", "NULL", "-", "#REF!", "#", "|", ",", ";", "add:", "remove:", "add",
	" ", "\t", "\n", "\u00a0", "\u200b", "\u200d", "\ufeff", "\u200e", "\u0301", "\u0338", "=", "'", `"`, "é", "e", "ß", "İ", "ſ", "ς",
	"12.05.2026", "avr.", "janv. 2026", "de", "1.250", "1 234,50", "-12", "−3", "1er", " €",
	"ROCK", "rock", "JAZZ", "SWING", "Rock music", "true", "VRAI", "1", "0", "1.0", "1,5", "1E5", "'", ".", "1-Mar", "MAR1", "Mrz", "/", "01.02.2026", "00:00:00",
	"👩‍👩‍👧", "ש", "\uFFFD", "\x00", "\xff", "ｆ", "日本",
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 6), func(s []string) string { return strings.Join(s, "") }),
	)
}

func anyCode() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"ROCK", "JAZZ", "EMPTY", "VIDE", "LEER", "VUOTO", "NULL", "N_A", "1", "01", "001", "1E5", "MAR1", "1MAR", "DEC10", "TRUE", "T", "123456789012345678901234"}),
		rapid.StringMatching(`[A-Z0-9_]{1,12}`),
	)
}

// anyField draws a field of the kind with any codes and labels, also labels
// that are another value's code.
func anyField(kind domain.Kind) *rapid.Generator[domain.FieldDef] {
	return rapid.Custom(func(t *rapid.T) domain.FieldDef {
		d := domain.FieldDef{Code: "FIELD", Label: "Field", Kind: kind}
		if field.Of(kind).Decimals {
			d.Decimals = rapid.IntRange(0, domain.MaxDecimals).Draw(t, "decimals")
		}
		for _, code := range rapid.SliceOfNDistinct(anyCode(), 1, 8, rapid.ID).Draw(t, "codes") {
			d.Values = append(d.Values, domain.Choice{
				Code:    code,
				Label:   rapid.OneOf(anyText(), anyCode()).Draw(t, "label"),
				Retired: rapid.IntRange(0, 4).Draw(t, "retired") == 0,
			})
		}
		return d
	})
}

var kinds = domain.Kinds

// anyValue draws a value that a contact may have in the field, not Empty.
func anyValue(t *rapid.T, d domain.FieldDef) domain.Value {
	switch d.Kind {
	case domain.SingleChoice:
		return domain.Value(rapid.SampledFrom(d.Values).Draw(t, "value").Code)
	case domain.MultiChoice:
		var codes []string
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(d.Values), 1, 5).Draw(t, "values") {
			codes = append(codes, c.Code)
		}
		return d.Order(codes)
	case domain.YesNo, domain.Authorisation:
		return rapid.SampledFrom([]domain.Value{domain.True, domain.False}).Draw(t, "value")
	case domain.Date:
		return domain.Value(time.Date(1000, 1, 1+rapid.IntRange(0, 3287181).Draw(t, "day"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	case domain.Number:
		return anyNumber(t, d.Decimals)
	}
	return rapid.Custom(func(t *rapid.T) domain.Value {
		v, p := field.Text(anyText().Draw(t, "text"), domain.MaxText)
		if p != nil {
			return domain.Empty
		}
		return v
	}).Filter(func(v domain.Value) bool { return v != domain.Empty }).Draw(t, "value")
}

// anyNumber draws a number in its canonical form, half of them such as a
// spreadsheet's groups and decimals are mistaken for each other in.
func anyNumber(t *rapid.T, decimals int) domain.Value {
	most := int64(999_999_999_999_999)
	n := rapid.OneOf(rapid.Int64Range(-most, most), rapid.Int64Range(-9_999_999, 9_999_999)).Draw(t, "digits")
	s := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)).FloatString(decimals)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		s = "0"
	}
	return domain.Value(s)
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyField(rapid.SampledFrom(kinds).Draw(t, "kind")).Draw(t, "field")
		v := anyValue(t, d)
		text := field.Format(v, d)
		if new := field.FormatNew(v, d); new != text {
			t.Fatalf("Format(%q) = %q, FormatNew = %q", v, text, new)
		}
		if old, known := field.ParseOld(text, d); !known || old != v {
			t.Fatalf("%q is written %q and read in [old] as %q, %v", v, text, old, known)
		}
		e, w, p := field.ParseNew(text, d)
		if _, retired := field.NewlyRetired(v, domain.Empty, d); retired {
			if p == nil || p.Code != field.RetiredValue {
				t.Fatalf("%q is retired, but %q gives %+v, %+v", v, text, e, p)
			}
			return
		}
		if p != nil {
			t.Fatalf("%q is written %q, which is rejected: %s", v, text, p.Message("en"))
		}
		if w != nil && w.Code != field.SameNumber {
			t.Fatalf("%q is written %q, which gives a warning: %s", v, text, w.Message("en"))
		}
		if diff := cmp.Diff(field.Edit{Value: v}, e); diff != "" {
			t.Fatalf("%q is written %q, which is read in [new] as (-want +got):\n%s", v, text, diff)
		}
	})
}

func TestEmptyReadsBack(t *testing.T) {
	for _, kind := range kinds {
		d := domain.FieldDef{Code: "FIELD", Kind: kind}
		if v, known := field.ParseOld(field.Format(domain.Empty, d), d); !known || v != domain.Empty {
			t.Errorf("%s: [old] of Empty is read as %q, %v", kind, v, known)
		}
		e, w, p := field.ParseNew(field.FormatNew(domain.Empty, d), d)
		if w != nil || p != nil || !cmp.Equal(e, field.Edit{}) {
			t.Errorf("%s: [new] of Empty is read as %+v, %+v, %+v", kind, e, w, p)
		}
	}
}

func TestEditsApplyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyField(rapid.SampledFrom(kinds).Draw(t, "kind")).Draw(t, "field")
		base := anyValue(t, d)
		var text string
		if d.Kind == domain.MultiChoice && rapid.Bool().Draw(t, "delta") {
			text = rapid.SampledFrom([]string{"add:", "remove: "}).Draw(t, "verb") + field.Format(anyValue(t, d), d)
		} else {
			text = rapid.OneOf(anyText(), rapid.Just(field.Format(anyValue(t, d), d))).Draw(t, "text")
		}
		e, _, p := field.ParseNew(text, d)
		if p != nil {
			return
		}
		once := e.Apply(base, d)
		if twice := e.Apply(once, d); twice != once {
			t.Fatalf("%q on %q: once %q, twice %q", text, base, once, twice)
		}
		for _, c := range e.Add {
			if !slices.Contains(once.Codes(), c) {
				t.Fatalf("%q on %q: %q is without %s", text, base, once, c)
			}
		}
		for _, c := range e.Remove {
			if slices.Contains(once.Codes(), c) {
				t.Fatalf("%q on %q: %q still has %s", text, base, once, c)
			}
		}
	})
}

func TestParseNewOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyField(rapid.SampledFrom(kinds).Draw(t, "kind")).Draw(t, "field")
		checkParseNew(t, anyText().Draw(t, "text"), d)
	})
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkParseNew checks what holds for every cell: either the edit's value is
// canonical and may be set, or the problem can be shown.
func checkParseNew(t failer, text string, d domain.FieldDef) {
	t.Helper()
	e, w, p := field.ParseNew(text, d)
	for _, said := range []string{message(w), problemText(p)} {
		if !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) || len(said) > 2000 {
			t.Fatalf("%q: the message cannot be shown: %q", text, said)
		}
	}
	if p != nil {
		if p.Code == "" || p.Message("en") == "" {
			t.Fatalf("%q: a problem without words: %+v", text, p)
		}
		if p.Fix() != "" {
			if _, _, again := field.ParseNew(p.Fix(), d); again != nil {
				t.Fatalf("%q: the suggestion %q is rejected: %s", text, p.Fix(), again.Message("en"))
			}
		}
		return
	}
	if (e.Keep || e.Value != "") && len(e.Add)+len(e.Remove) > 0 || e.Keep && e.Value != "" || len(e.Add) > 0 && len(e.Remove) > 0 {
		t.Fatalf("%q asks for two things: %+v", text, e)
	}
	codes := e.Add
	switch d.Kind {
	case domain.SingleChoice, domain.MultiChoice:
		codes = append(codes, e.Value.Codes()...)
		if e.Value != d.Order(e.Value.Codes()) {
			t.Fatalf("%q gives %q, which is not in order", text, e.Value)
		}
	case domain.YesNo, domain.Authorisation:
		if e.Value != "" && e.Value != domain.True && e.Value != domain.False {
			t.Fatalf("%q gives %q", text, e.Value)
		}
	case domain.Date, domain.Number:
		raw, err := json.Marshal(field.ToJSON(e.Value, d))
		if again, p := field.FromJSON(raw, d); err != nil || p != nil || again != e.Value {
			t.Fatalf("%q gives %q, which is not canonical", text, e.Value)
		}
	default:
		if again, p := field.Text(string(e.Value), domain.MaxText); p != nil || again != e.Value {
			t.Fatalf("%q gives %q, which is not canonical", text, e.Value)
		}
	}
	for _, code := range codes {
		if c, ok := d.Choice(code); !ok || c.Retired {
			t.Fatalf("%q gives %q, which may not be set", text, code)
		}
	}
}

func message(w *field.Warning) string {
	if w == nil {
		return ""
	}
	return string(w.Code) + ": " + w.Message("en")
}

func problemText(p *field.Problem) string {
	if p == nil {
		return ""
	}
	return string(p.Code) + ": " + p.Message("en")
}

func TestJSONReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyField(rapid.SampledFrom(kinds).Draw(t, "kind")).Draw(t, "field")
		v := domain.Empty
		if rapid.Bool().Draw(t, "set") {
			v = anyValue(t, d)
		}
		raw, err := json.Marshal(field.ToJSON(v, d))
		if err != nil {
			t.Fatal(err)
		}
		got, p := field.FromJSON(raw, d)
		if p != nil || got != v {
			t.Fatalf("%q is %s in JSON, which is read as %q, %+v", v, raw, got, p)
		}
	})
}

func FuzzParseNew(f *testing.F) {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range names {
		for _, text := range fragments {
			f.Add(uint8(i), text)
		}
		for _, text := range []string{"add: ROCK|JAZZ", "remove:ROCK add:JAZZ", `\\Empty`, "1 234,50", "1,23457E+15", "1. Mrz", "2026-03-01 00:00:00", "ROCK, JAZZ"} {
			f.Add(uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		d := fields[names[int(which)%len(names)]]
		checkParseNew(t, text, d)
		if v, known := field.ParseOld(text, d); known {
			again, known := field.ParseOld(field.Format(v, d), d)
			if !known || again != v {
				t.Fatalf("%q is %q in [old]; written and read again %q, %v", text, v, again, known)
			}
		}
		if n, p := field.ParseNumber(text); p == nil && !n.Valid() || p != nil && n != "" {
			t.Fatalf("%q is the contact number %q, %+v", text, n, p)
		}
	})
}

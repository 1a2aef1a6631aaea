package field_test

import (
	"fmt"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// manyValues is a choice field with so many values as a label can be mistaken for.
func manyValues(n int) domain.FieldDef {
	d := domain.FieldDef{Code: "GENRE", Label: "Genre", Kind: domain.SingleChoice}
	for i := range n {
		d.Values = append(d.Values, domain.Choice{Code: fmt.Sprintf("CODE_%d", i), Label: fmt.Sprintf("Libellé numéro %d", i)})
	}
	return d
}

// wrongCells are cells of a wrong column: each goes another way through what a
// word may be.
var wrongCells = []string{"something else", "Zürich Hauptbahnhof", "12.05.1987", "1,23457E+15", "1 234,50", "#N/A", "LIBELLE NUMERRO", "a, b", "codes - other", "10_CODE"}

// What a cell costs does not grow with the number of values, whether or not it
// is one of them: folding names is what costs, and each folded name allocates.
func TestCellsCostTheSameHoweverManyValues(t *testing.T) {
	allocations := func(n int, text string) float64 {
		x := field.NewIndex(manyValues(n))
		x.ParseNew(text) // what is made once
		return testing.AllocsPerRun(20, func() { x.ParseNew(text) })
	}
	for _, text := range append(wrongCells, "CODE_3", "libellé numéro 3", "libelle numero 3") {
		few, many := allocations(9, text), allocations(500, text)
		if many > few+10 {
			t.Errorf("%q: %v allocations among 9 values, %v among 500", text, few, many)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{10, 500} {
		x := field.NewIndex(manyValues(n))
		for _, text := range append([]string{"CODE_7", "Libellé numéro 7"}, wrongCells...) {
			b.Run(fmt.Sprintf("%d/%s", n, text), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					x.ParseNew(text)
				}
			})
		}
	}
}

// A value is understood by its label in any language, unless two values are
// called so.
func TestLabelsInLanguages(t *testing.T) {
	d := domain.FieldDef{Code: "FOOD", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "BREAD", Label: "Bread", Labels: map[string]string{"fr": "Pain", "de": "Brot"}},
		{Code: "ACHE", Label: "Pain", Labels: map[string]string{"de": "Schmerz", "fr": "Douleur"}},
	}}
	for text, want := range map[string]domain.Value{"brot": "BREAD", "DOULEUR": "ACHE", "Bread": "BREAD", "BREAD – Brot": "BREAD", "ACHE – Pain": "ACHE"} {
		if e, w, p := field.ParseNew(text, d); e.Value != want || w != nil || p != nil {
			t.Errorf("%q: %+v, %+v, %+v", text, e, w, p)
		}
	}
	if _, _, p := field.ParseNew("Pain", d); p == nil || p.Code != field.AmbiguousValue {
		t.Errorf("Pain: %+v", p)
	}
	if _, _, p := field.ParseNew("Schmertz", d); p == nil || p.Fix() != "ACHE" {
		t.Errorf("Schmertz: %+v", p)
	}
	if got := field.Options(d, "de"); got[0] != "BREAD – Brot" || got[1] != "ACHE – Schmerz" {
		t.Errorf("offered in German: %q", got)
	}
	if got := field.Options(d, "it"); got[0] != "BREAD" || got[1] != "ACHE – Pain" {
		t.Errorf("offered in Italian: %q", got)
	}
}

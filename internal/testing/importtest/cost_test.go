package importtest_test

import (
	"fmt"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// wide is a criterion with as many values as there may be.
func wide() domain.FieldDef {
	d := domain.FieldDef{Code: "WIDE", Label: "Wide", Kind: domain.SingleChoice}
	for i := range domain.MaxValues {
		d.Values = append(d.Values, domain.Choice{Code: fmt.Sprintf("CODE_%d", i), Label: fmt.Sprintf("Libellé numéro %d", i)})
	}
	return d
}

// wideFile asks for a value for each of the contacts.
func wideFile(contacts int, cell func(i int) string) string {
	var b strings.Builder
	b.WriteString("Contact;[new] WIDE\n")
	for i := range contacts {
		fmt.Fprintf(&b, "#%s;%s\n", demo.Number(i), cell(i))
	}
	return b.String()
}

func rightCell(i int) string { return fmt.Sprintf("CODE_%d", i%domain.MaxValues) }
func wrongCell(i int) string { return fmt.Sprintf("Musterstraße %d, Zürich", i) }

// BenchmarkWideColumn is a test of a column of 500 values: right and wrong cells.
func BenchmarkWideColumn(b *testing.B) {
	const contacts = 10_000
	for name, cell := range map[string]func(int) string{"right": rightCell, "wrong": wrongCell} {
		b.Run(name, func(b *testing.B) {
			w := importtest.New(b, contacts)
			if err := w.Catalogue.PutField(b.Context(), demo.Aurora, wide()); err != nil {
				b.Fatal(err)
			}
			file := wideFile(contacts, cell)
			for b.Loop() {
				w.Import(b, demo.Aurora, domain.Criteria, domain.Test, file)
			}
		})
	}
}

// A wrong column costs at most twice what a right one does, by what is allocated
// for it: folding names and searching them is what would cost more.
func TestAWrongColumnCostsNoMoreThanTwiceARightOne(t *testing.T) {
	const contacts = 500
	w := importtest.New(t, contacts)
	if err := w.Catalogue.PutField(t.Context(), demo.Aurora, wide()); err != nil {
		t.Fatal(err)
	}
	cost := func(cell func(int) string, want domain.Counts) float64 {
		file := wideFile(contacts, cell)
		return testing.AllocsPerRun(3, func() {
			if got := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file); got.Counts != want {
				t.Fatalf("%+v %+v", got.Counts, got.Problem)
			}
		})
	}
	right := cost(rightCell, domain.Counts{Rows: contacts, Updated: contacts})
	wrong := cost(wrongCell, domain.Counts{Rows: contacts, Rejected: contacts})
	if wrong > 2*right {
		t.Errorf("%v allocations for a right column, %v for a wrong one", right, wrong)
	}
}

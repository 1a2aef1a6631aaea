package importtest_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// What a value is called has a language, as what a field is called has: a
// template offers the user's, and a file may be filled in in any of them, as long
// as the word is that of one value only.
func TestLabelsOfValuesInEveryLanguage(t *testing.T) {
	w := importtest.New(t, 12)
	in := func(fr, de, it, es string) map[string]string {
		return map[string]string{"fr": fr, "de": de, "it": it, "es": es}
	}
	for _, d := range []domain.FieldDef{
		{Code: "ROWS", Label: "Rows", Labels: in("Rangs", "Reihen", "File", "Filas"), Kind: domain.SingleChoice, Values: []domain.Choice{
			{Code: "FRONT", Label: "Front rows", Labels: in("Premiers rangs", "Vordere Reihen", "Prime file", "Primeras filas")},
			{Code: "REAR", Label: "Rear rows", Labels: in("Derniers rangs", "Hintere Reihen", "Ultime file", "Últimas filas")},
		}},
		{Code: "THANKS", Label: "Thanks", Kind: domain.MultiChoice, Values: []domain.Choice{
			{Code: "PRESENT", Label: "Gift", Labels: in("Cadeau", "Geschenk", "Regalo", "Regalo")},
			{Code: "TOXIC", Label: "Poison", Labels: in("Poison", "Gift", "Veleno", "Veneno")}, // an English label is another's German one
			{Code: "CARD", Label: "Card", Labels: in("Carte", "Karte", "Biglietto", "Tarjeta")},
		}},
	} {
		if err := w.Catalogue.PutField(t.Context(), demo.Aurora, d); err != nil {
			t.Fatal(err)
		}
	}
	_, made := w.Make(t, w.Ask(t, domain.Template{DataType: domain.Criteria, Fields: []string{"ROWS", "THANKS"}, Format: "both", Language: "it"}, `{"all":[]}`))
	part := func(end string) []byte {
		t.Helper()
		z, err := zip.NewReader(bytes.NewReader(made), int64(len(made)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			if strings.HasSuffix(f.Name, end) {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
		}
		t.Fatalf("the zip has no %s", end)
		return nil
	}
	if values := string(part("values.csv")); !strings.Contains(values, "ROWS,File,choice,FRONT,Prime file") {
		t.Errorf("values.csv is\n%s", values)
	}

	t.Run("csv", func(t *testing.T) {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(part("criteria.csv")), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		place, thanks := slices.Index(rows[0], "[new] ROWS"), slices.Index(rows[0], "[new] THANKS")
		written := []struct{ place, thanks, wantPlace, wantThanks string }{
			{"Front rows", "Cadeau", "FRONT", "PRESENT"},
			{"Premiers rangs", "geschenk|Karte", "FRONT", "PRESENT|CARD"},
			{"Vordere  Reihen", "add: Regalo", "FRONT", "PRESENT"},
			{"prime file", "TOXIC", "FRONT", "TOXIC"},
			{"PRIMERAS FILAS", "Veneno", "FRONT", "TOXIC"},
			{"Ultimas filas", "carte|Veleno", "REAR", "TOXIC|CARD"},
			{"REAR – Hintere Reihen", "CARD – Biglietto", "REAR", "CARD"},
		}
		for i, x := range written {
			rows[i+1][place], rows[i+1][thanks] = x.place, x.thanks
		}
		slip, both := len(written)+1, len(written)+2
		rows[slip][place] = "Premier rangs"
		rows[both][thanks] = "Gift"
		var b strings.Builder
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		test := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, b.String())
		if want := (domain.Counts{Rows: 12, Updated: len(written), Rejected: 2, Unchanged: 12 - len(written) - 2}); test.Counts != want {
			t.Fatalf("the test says %+v: %s", test.Counts, w.File(t, test, "errors"))
		}
		for _, p := range test.Problems {
			switch p.Field {
			case "ROWS":
				if p.Code != "unknownValue" || p.Suggestion("fr") != "FRONT" {
					t.Errorf("a slip is told as %s, %q", p.Code, p.Suggestion("fr"))
				}
			case "THANKS":
				if s := p.Message("fr"); p.Code != "ambiguousValue" || !strings.Contains(s, "PRESENT") || !strings.Contains(s, "TOXIC") {
					t.Errorf("a word of two values is told as %s: %s", p.Code, s)
				}
			}
		}
		update := w.Follow(t, test, domain.UpdateOf)
		if update.Counts.Updated != len(written) {
			t.Fatalf("the update says %+v", update.Counts)
		}
		value := func(i int, f domain.Field) string {
			return string(w.Value(t, demo.Aurora, domain.ContactNumber(strings.TrimPrefix(rows[i+1][0], "#")), f))
		}
		for i, x := range written {
			if p, q := value(i, "criterion:ROWS"), value(i, "criterion:THANKS"); p != x.wantPlace || q != x.wantThanks {
				t.Errorf("%q and %q are stored as %q and %q", x.place, x.thanks, p, q)
			}
		}
		if undo := w.Follow(t, update, domain.UndoOf); undo.Counts.Updated != len(written) {
			t.Errorf("the undo says %+v", undo.Counts)
		}
		for i := range written {
			if p, q := value(i, "criterion:ROWS"), value(i, "criterion:THANKS"); p+q != "" {
				t.Errorf("after the undo there are %q and %q", p, q)
			}
		}
	})

	t.Run("xlsx", func(t *testing.T) {
		f, err := excelize.OpenReader(bytes.NewReader(part("criteria.xlsx")))
		if err != nil {
			t.Fatal(err)
		}
		var offered []string
		for _, sheet := range f.GetSheetList()[1:] {
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				offered = append(offered, row...)
			}
		}
		sheet := f.GetSheetName(0)
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, option := range []string{"FRONT – Prime file", "REAR – Ultime file"} {
			if !slices.Contains(offered, option) {
				t.Fatalf("the workbook does not offer %q but %q", option, offered)
			}
			cell, err := excelize.CoordinatesToCellName(slices.Index(rows[0], "[new] ROWS")+1, i+2)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStr(sheet, cell, option); err != nil {
				t.Fatal(err)
			}
		}
		got := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, saved(t, f))
		if got.Counts.Updated != 2 || got.Counts.Rejected != 0 {
			t.Fatalf("%+v %v", got.Counts, got.Problems)
		}
		for i, want := range []domain.Value{"FRONT", "REAR"} {
			if v := w.Value(t, demo.Aurora, domain.ContactNumber(strings.TrimPrefix(rows[i+1][0], "#")), "criterion:ROWS"); v != want {
				t.Errorf("row %d has %q", i+1, v)
			}
		}
	})
}

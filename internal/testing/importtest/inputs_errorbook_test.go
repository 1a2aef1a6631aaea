package importtest_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/file/workbook"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// errorBook opens the errors of an import as a workbook.
func errorBook(t *testing.T, w *importtest.World, imp domain.Import) *excelize.File {
	t.Helper()
	f, err := w.Files.Open(t.Context(), domain.Object{Key: flow.FileOf(imp, flow.ErrorsBook)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// fill is the colour of a cell.
func fill(t *testing.T, x *excelize.File, cell string) string {
	t.Helper()
	id, err := x.GetCellStyle(x.GetSheetName(0), cell)
	if err != nil {
		t.Fatal(err)
	}
	if c := x.Styles.Fills.Fill[*x.Styles.CellXfs.Xf[id].FillID].PatternFill.FgColor; c != nil {
		return c.RGB
	}
	return ""
}

// 103: where a workbook came in, its errors are one too, with lists and the cells at
// fault marked; corrected it comes in as it is.
func TestInput103(t *testing.T) {
	t.Run("103 criteria", func(t *testing.T) {
		w := fixture(t)
		file := edited(t, [][]any{{"Contact", "[info] Email", "[old] GENRE", "[new] GENRE", "[new] NOTE"}, {"#0000001", "", "", "JAZZ", "a"}, {"#0000002", "", "", "JAZZZ", "=1+1"}, {"#0000999", "", "", "ROCK", "c"}, {"#0000004", "", "", "FOLK", strings.Repeat("x", 251)}},
			func(*excelize.File) error { return nil })
		test := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file)
		before := stored(t, w, demo.Aurora)
		up := w.Follow(t, test, domain.UpdateOf)
		accounts(t, w, up, before)
		for _, imp := range []domain.Import{test, up} {
			if !slices.Contains(imp.Files, flow.ErrorsBook) || imp.Counts.Rejected != 3 {
				t.Fatalf("%v %+v", imp.Files, imp.Counts)
			}
		}
		x := errorBook(t, w, up)
		name := x.GetSheetName(0)
		rows, err := x.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"Contact", "[info] Email", "[old] GENRE", "[new] GENRE", "[new] NOTE", "[error] line", "[error] outcome", "[error] column", "[error] message"}, rows[0]); d != "" || len(rows) != 4 {
			t.Fatal(rows, d)
		}
		csv := records(t, w.File(t, up, "errors"))
		for i := range rows {
			if d := cmp.Diff(csv[i], rows[i]); d != "" {
				t.Errorf("row %d (-errors.csv +errors.xlsx): %s", i, d)
			}
		}
		marks := map[string]bool{}
		for _, cell := range []string{"A2", "D2", "E2", "A3", "D3", "A4", "D4", "E4"} {
			if strings.HasSuffix(fill(t, x, cell), "F8CBAD") {
				marks[cell] = true
			}
		}
		if d := cmp.Diff(map[string]bool{"D2": true, "A3": true, "E4": true}, marks); d != "" {
			t.Errorf("marked: %s", d)
		}
		lists, err := x.GetDataValidations(name)
		if err != nil || len(lists) != 2 || lists[0].Sqref != "D2:D4" || lists[0].Type != "list" {
			t.Errorf("%v %+v", err, lists)
		}
		p, err := x.GetSheetProtection(name)
		if err == nil && p.EditObjects {
			t.Errorf("the sheet is protected: %+v", p)
		}
		for cell, v := range map[string]string{"D2": "JAZZ", "A3": "#0000003", "E4": "short"} {
			if err := x.SetCellStr(name, cell, v); err != nil {
				t.Fatal(err)
			}
		}
		again := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, saved(t, x))
		if again.Counts.Updated != 3 || slices.Contains(again.Files, flow.ErrorsBook) || again.Detected.TemplateMadeAt != nil {
			t.Fatalf("%+v %+v %v %v", again.Counts, again.Problem, problems(again), again.Files)
		}
		for _, h := range held(t, w, "1 GENRE=JAZZ | 2 GENRE=JAZZ | 2 NOTE==1+1 | 3 GENRE=ROCK | 4 GENRE=FOLK | 4 NOTE=short") {
			if v := w.Value(t, demo.Aurora, h.number, h.field); v != h.value {
				t.Errorf("%s has %q, want %q", h.number, v, h.value)
			}
		}
		w.Follow(t, again, domain.UndoOf)
		w.Follow(t, up, domain.UndoOf)
		if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
			t.Error(d)
		}
	})
	t.Run("103 contacts by foreign names, a row that is too long, and a blank cell at fault", func(t *testing.T) {
		w := fixture(t)
		file := edited(t, [][]any{{"E-Mail-Adresse", "Nachname", "Vorname", "Geburtsdatum", "Remarks"}, {"anna@example.org", "Muster", "Anna", "31.02.1980", "secret"}, {"", "", "Bea", "", "secret"}, {"c@example.org", "Caro", "C", "", "secret", "beyond"}, {"d@example.org", "Dora", "D", "", ""}},
			func(*excelize.File) error { return nil })
		test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file, recipe(func(r *domain.Recipe) { r.Columns = map[string]string{"Remarks": ""} }))
		if test.Counts.Rejected != 3 || test.Counts.Created != 1 {
			t.Fatalf("%+v %v", test.Counts, problems(test))
		}
		x := errorBook(t, w, test)
		rows, err := x.GetRows(x.GetSheetName(0))
		if err != nil || rows[0][0] != "Email" || rows[0][3] != "Birth date" || strings.Contains(fmt.Sprint(rows), "secret") {
			t.Fatal(rows, err)
		}
		if !strings.HasSuffix(fill(t, x, "D2"), "F8CBAD") {
			t.Error("the birth date is not marked")
		}
		if err := x.SetCellStr(x.GetSheetName(0), "D2", "28.02.1980"); err != nil {
			t.Fatal(err)
		}
		whole(t, w, domain.Contacts, saved(t, x), func(_, again domain.Import) {
			if again.Counts.Created != 1 || again.Counts.Rejected != 1 || again.Counts.Unchanged != 1 {
				t.Errorf("%+v %v", again.Counts, problems(again))
			}
			found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"anna@example.org"})
			if err != nil || len(found["anna@example.org"]) != 1 || w.Value(t, demo.Aurora, found["anna@example.org"][0], domain.ContactBirthDate) != "1980-02-28" {
				t.Error(found, err)
			}
		})
	})
	t.Run("103 a template keeps its age", func(t *testing.T) {
		w := fixture(t)
		made := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
		var b bytes.Buffer
		x, err := workbook.New(&b, workbook.Table{Name: "criteria", Language: "en", Made: made, Columns: []workbook.Column{{Name: "Contact"}, {Name: "[new] GENRE"}}})
		if err == nil {
			err = x.Write([]string{"#0000001", "JAZZZ"})
		}
		if err == nil {
			err = x.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, b.String())
		again := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, saved(t, errorBook(t, w, imp)))
		if again.Detected.TemplateMadeAt == nil || !again.Detected.TemplateMadeAt.Equal(made) {
			t.Errorf("%+v", again.Detected)
		}
	})
	t.Run("103 a CSV has none, nor what no sheet takes", func(t *testing.T) {
		w := fixture(t)
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[new] GENRE\n#0000001,JAZZZ\n")
		if slices.Contains(imp.Files, flow.ErrorsBook) {
			t.Error(imp.Files)
		}
		long := edited(t, [][]any{{"Contact", "[new] NOTE"}, {"#0000001", "x"}, {"#0000002", ""}}, func(f *excelize.File) error {
			// Guards make it longer than a cell of a workbook may be.
			return f.SetCellStr("Sheet1", "B3", "="+strings.Repeat("x", 32766))
		})
		imp = w.Import(t, demo.Aurora, domain.Criteria, domain.Update, long)
		if imp.Counts.Rejected != 1 || !slices.Contains(imp.Files, "errors") || slices.Contains(imp.Files, flow.ErrorsBook) {
			t.Errorf("%+v %v", imp.Counts, imp.Files)
		}
	})
}

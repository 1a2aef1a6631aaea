package importtest_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// 85: what an address book writes where nobody has a birth date is none, as a
// blank cell; a date that spreadsheets make of nothing stays an error.
func TestInput85(t *testing.T) {
	t.Run("85", func(t *testing.T) {
		w := importtest.New(t, 1)
		const file = "First Name,Last Name,E-mail Address,Birthday\nEva,Xaver,eva@list.example,0/0/00\nMax,Quint,max@list.example,4/25/1985\nIda,Sander,ida@list.example,0/0/0000\nLeo,Rasch,leo@list.example,0000-00-00\n"
		whole(t, w, domain.Contacts, file, func(test, _ domain.Import) {
			if test.Counts != (domain.Counts{Rows: 4, Created: 3, Rejected: 1}) || test.Problems[0].Line != 5 || test.Problems[0].Code != "badDate" {
				t.Fatalf("%+v %+v %+v", test.Counts, test.Problem, test.Problems)
			}
			for email, want := range map[string]domain.Value{"eva@list.example": "", "max@list.example": "1985-04-25", "ida@list.example": ""} {
				found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{email})
				if err != nil || len(found[email]) != 1 {
					t.Fatal(email, found, err)
				}
				if got := w.Value(t, demo.Aurora, found[email][0], domain.ContactBirthDate); got != want {
					t.Errorf("%s was born %q, want %q", email, got, want)
				}
			}
			// What is stored stays where the next file knows none.
			again := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, strings.ReplaceAll(file, "4/25/1985", "0/0/00"))
			if again.Counts.Unchanged != 3 {
				t.Errorf("%+v %+v", again.Counts, again.Fields)
			}
		})
	})
}

// 90: a program that does not calculate writes 0 as the result of each formula, and
// that the workbook is to be calculated when it is opened. A 0 that a spreadsheet
// has calculated is one, and so is a 0 that was typed.
func TestInput90Writers(t *testing.T) {
	rows := [][]any{{"Contact", "[new] NOTE"}, {"#0000001", 0}, {"#0000002", ""}, {"#0000003", "c"}}
	for name, c := range map[string]struct {
		full   bool
		counts domain.Counts
	}{
		"90 the writer's 0":         {true, domain.Counts{Rows: 3, Updated: 2, Rejected: 1}},
		"90 a 0 that is calculated": {false, domain.Counts{Rows: 3, Updated: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			w := fixture(t)
			file := part(t, edited(t, rows, func(f *excelize.File) error {
				if err := f.SetCellFormula("Sheet1", "B3", "1-1"); err != nil {
					return err
				}
				return f.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &c.full})
			}), "xl/worksheets/sheet1.xml", func(s string) string {
				return regexp.MustCompile(`<c r="B3"[^>]*>.*?</c>`).ReplaceAllString(s, `<c r="B3"><f>1-1</f><v>0</v></c>`)
			})
			whole(t, w, domain.Criteria, file, func(_, up domain.Import) {
				if up.Counts != c.counts {
					t.Errorf("%+v; %+v", up.Counts, problems(up))
				}
				if c.full && (len(up.Problems) != 1 || up.Problems[0].Line != 3 || up.Problems[0].Code != "notComputed") {
					t.Errorf("%+v", up.Problems)
				}
				if got := w.Value(t, demo.Aurora, "0000001", note); got != "0" {
					t.Errorf("what was typed is %q", got)
				}
			})
		})
	}
}

// part changes one part of a workbook.
func part(t *testing.T, book, name string, change func(string) string) string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	changed := false
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(in); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if f.Name == name {
			text = change(text)
			changed = text != b.String()
		}
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = to.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !changed {
		t.Fatalf("%s is as it was", name)
	}
	return out.String()
}

// 104: a workbook or a zip that was cut short is called what it is, wherever it was
// cut, and nothing of it is written.
func TestInput104(t *testing.T) {
	book := edited(t, [][]any{{"Contact", "[new] NOTE"}, {"#0000001", "a"}, {"#0000002", "b"}}, func(*excelize.File) error { return nil })
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	in, err := z.Create("list.csv")
	if err == nil {
		for i := range 500 {
			if _, err = fmt.Fprintf(in, "#%07d,%d\n", i, i*i); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, code string }{
		{name: "104 a workbook cut short", file: book, code: "workbookDamaged"},
		{name: "104 a zip cut short", file: b.String(), code: "zipDamaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, left := range []int{100, len(c.file) / 3, len(c.file) / 2, len(c.file) - 200, len(c.file) - 22, len(c.file) - 1} {
				w := fixture(t)
				whole(t, w, domain.Criteria, c.file[:left], func(_, imp domain.Import) {
					if imp.Status != domain.Rejected || string(imp.Problem.Code) != c.code {
						t.Errorf("%d of %d bytes: %s %+v", left, len(c.file), imp.Status, imp.Problem)
					}
				})
			}
		})
	}
}

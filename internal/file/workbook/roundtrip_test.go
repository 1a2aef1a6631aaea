package workbook_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// template makes a template of everybody in aurora and returns its zip.
func template(t testing.TB, w *importtest.World, dt domain.DataType, format string) []byte {
	t.Helper()
	_, z := w.Make(t, w.Ask(t, domain.Template{DataType: dt, Format: format, CreatedAt: noon}, `{"all":[]}`))
	return z
}

// rowsOf are all rows of a file, header first.
func rowsOf(t testing.TB, file []byte) [][]string {
	t.Helper()
	r, err := sheet.Open(bytes.NewReader(file), int64(len(file)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := [][]string{r.Header()}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Fault != nil {
			t.Fatalf("line %d: %+v", row.Line, row.Fault)
		}
		out = append(out, row.Cells)
	}
}

// numberIn is the contact number of a row.
func numberIn(row []string) domain.ContactNumber {
	return domain.ContactNumber(strings.TrimPrefix(row[0], "#"))
}

// place finds the cell of a column in a line, as a spreadsheet names it.
func place(t testing.TB, header []string, column string, line int) string {
	t.Helper()
	i := slices.Index(header, column)
	if i < 0 {
		t.Fatalf("no column %s", column)
	}
	name, err := excelize.CoordinatesToCellName(i+1, line)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// awkward are texts that spreadsheets change, run or trim where they can.
var awkward = []string{
	"=1+1", "=SUM(A1:A9)", "=cmd|' /C calc'!A0", "+41 79", "-", "-12", "@home", "'", "''", "'x", "'=1", "''=1", "'quoted'", `"`, `""`, `Says "hello", then leaves`,
	"comma, semicolon; bar | and no tab", "Empty", "empty", "Vide", `\Empty`, `\\Empty`, `\\server\share`, `\`, "add: JAZZ", "NULL", "N/A", "#N/A", "#REF!", "#NAME?", "#DIV/0!", "Err:502",
	"TRUE", "false", "WAHR", "0012345", "12345678901234567890", "0.10", "1,5", "1.000", "1/2", "1-Mar", "MAR1", "01.02.2026", "2026-11-24", "12:30", "1E5", "1,23457E+15", "50%", "€ 5", "$1", "(5)",
	"🎭 loves opera 🎶", "👩‍👩‍👧 family", "שלום", "مرحبا بكم", "日本語のメモ", "n̈", "e\u0301 composed", "“smart” ‘quotes’ – dashes…", "<b>bold</b> & <script>", "&amp;", "]]>", "a\u00a0b", "two  blanks",
	"_x000D_", "_x0041_", "_x", "{=1}", "{{.Secret}}", "$(id)", "R1C1", "A1", "Sheet1.A1", "http://example.org/?a=1&b=2", "someone@example.org", "tel:+41", strings.Repeat("x", 250), strings.Repeat("é", 250), strings.Repeat("🎭", 120),
}

// notes gives contacts the awkward texts and random ones, and says how many.
func notes(t testing.TB, w *importtest.World, n int) {
	t.Helper()
	texts := slices.Clone(awkward)
	for seed := 1; len(texts) < n; seed++ {
		texts = append(texts, anyText().Example(seed))
	}
	for i, text := range texts {
		v, p := field.Text(text, domain.MaxText)
		if p != nil || strings.Contains(text, "_x005F_") {
			continue // by which a workbook writes _, and LibreOffice forgets to write itself so
		}
		w.Set(t, demo.Aurora, demo.Number(i), map[domain.Field]domain.Value{"criterion:NOTE": v})
	}
}

// pickBook takes the workbook out of a template's zip.
func pickBook(t testing.TB, z []byte, name string) []byte { return []byte(part(t, z, name)) }

// A template opened in LibreOffice shows what we mean, and saved from there as
// workbook or CSV says exactly what it said; what was copied from [old] to [new]
// is no change, whatever texts the contacts have.
func TestSavedByLibreOffice(t *testing.T) {
	const n = 300
	w := importtest.New(t, n)
	notes(t, w, n)
	book := pickBook(t, template(t, w, domain.Criteria, "xlsx"), "criteria.xlsx")
	want := rowsOf(t, book)
	header := want[0]
	if len(want) != n+1 {
		t.Fatalf("%d rows", len(want))
	}

	o := newOffice(t)
	o.file("criteria.xlsx", book)
	o.open("criteria.xlsx")
	for _, what := range []string{"frozen", "protected", "sheets", "end"} {
		o.ask(what, "")
	}
	for _, c := range []string{"Contact", "[info] Email", "[info] Last name", "[old] GENRE", "[new] GENRE", "[new] NOTE"} {
		for _, line := range []int{1, 2, n + 1} {
			o.ask("locked", place(t, header, c, line))
		}
	}
	for _, c := range []string{"[old] GENRE", "[new] GENRE", "[new] INTERESTS", "[new] SUBSCRIBER", "[new] NOTE", "[new] NICKNAME"} {
		o.ask("list", place(t, header, c, n+1))
	}
	o.ask("prompt", place(t, header, "[new] SUBSCRIBER", 2))
	o.ask("text", "A2")
	o.save("saved.xlsx", xlsxFilter, "")
	o.save("saved.csv", csvFilter, "44,34,76,1")
	o.save("semicolon.csv", csvFilter, "59,34,76,1,,0,false,true")
	o.save("saved.ods", odsFilter, "")
	for i, c := range header {
		// Retired values are seen in [old], but can no longer be set.
		if field, ok := strings.CutPrefix(c, "[old] "); ok && field != "SEGMENT" {
			from, to := place(t, header, c, 2), place(t, header, header[i+1], 2)
			o.copy(from+":"+strings.TrimRight(from, "0123456789")+fmt.Sprint(n+1), to+":"+strings.TrimRight(to, "0123456789")+fmt.Sprint(n+1))
		}
	}
	o.save("copied.xlsx", xlsxFilter, "")
	o.save("copied.csv", csvFilter, "44,34,76,1")
	o.open("saved.ods")
	o.save("ods.csv", csvFilter, "44,34,76,1")
	o.open("saved.xlsx")
	o.ask("list", place(t, header, "[new] GENRE", n+1))
	o.ask("locked", place(t, header, "[new] GENRE", n+1))
	o.ask("locked", place(t, header, "[old] GENRE", n+1))
	if d := cmp.Diff([]string{
		"True 1 1", "True", "criteria Values False", fmt.Sprint(n + 1),
		"True", "True", "True", "True", "True", "True", "True", "True", "True", "True", "True", "True",
		"True", "False", "False", "True", "False", "False", // a [new] column but for its header
		"0 1 0 False ",
		"6 1 1 True $Values.$A$2:$A$13",
		"6 1 0 False $Values.$B$2:$B$38",
		"6 1 0 True $Values.$F$2:$F$4",
		"5 1 1 True 250",
		"5 1 1 True 40",
		"Season subscriber TRUE or FALSE. / Blank keeps what is there, Empty clears it.",
		"2 " + want[1][0],
		"6 1 1 True $Values.$A$2:$A$13", "False", "True",
	}, o.run()); d != "" {
		t.Errorf("what LibreOffice shows (-want +got):\n%s", d)
	}
	for _, name := range []string{"saved.xlsx", "saved.csv", "semicolon.csv", "ods.csv"} {
		if d := cmp.Diff(want, rowsOf(t, o.read(name))); d != "" {
			t.Errorf("%s says something else (-want +got):\n%s", name, d)
		}
	}
	for _, name := range []string{"saved.xlsx", "saved.csv"} {
		imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, string(o.read(name)))
		if imp.Status != domain.Rejected || imp.Problem.Code != "nothingToDo" {
			t.Errorf("%s: %s %+v", name, imp.Status, imp.Problem)
		}
	}
	for _, name := range []string{"copied.xlsx", "copied.csv"} {
		for _, a := range []domain.Action{domain.Test, domain.Update} {
			imp := w.Import(t, demo.Aurora, domain.Criteria, a, string(o.read(name)))
			if imp.Status != domain.Done || imp.Counts.Unchanged != n || imp.Counts.Rows != n {
				t.Errorf("%s: %s %+v %+v\n%s", name, imp.Status, imp.Counts, imp.Problem, w.File(t, imp, "errors"))
			}
			for _, warning := range imp.Warnings {
				t.Errorf("%s: %+v", name, warning)
			}
			// It still says of when its template is.
			if at := imp.Detected.TemplateMadeAt; at == nil || !at.Equal(noon) {
				t.Errorf("%s: the template is of %v", name, at)
			}
		}
	}

	// The drop-down lists are in what LibreOffice writes, and the sheet with
	// their values is still out of sight.
	x, err := excelize.OpenReader(bytes.NewReader(o.read("copied.xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	dvs, err := x.GetDataValidations("criteria")
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string]string{}
	for _, v := range dvs {
		lists[v.Sqref] = v.Formula1
	}
	genre := strings.TrimRight(place(t, header, "[new] GENRE", 2), "0123456789")
	if got := lists[genre+"2:"+genre+fmt.Sprint(n+1)]; got != "Values!$A$2:$A$13" || len(dvs) != 12 {
		t.Errorf("%d lists, that of GENRE is %q", len(dvs), got)
	}
	if visible, err := x.GetSheetVisible("Values"); visible || err != nil {
		t.Error("Values is in sight", err)
	}
}

// Values chosen from the lists and typed beside them, saved in every way that
// people save.
func TestEditedInLibreOffice(t *testing.T) {
	o := newOffice(t)
	book := pickBook(t, template(t, importtest.New(t, 120), domain.Criteria, "both"), "criteria.xlsx")
	rows := rowsOf(t, book)
	header := rows[0]
	o.file("criteria.xlsx", book)
	o.open("criteria.xlsx")
	edits := []struct {
		field string
		pick  int
		text  string // what is typed; or what the pick is expected to insert
		from  domain.Value
		want  domain.Value
	}{
		{"GENRE", 1, "CLASSICAL – Classical music", "ROCK", "CLASSICAL"},
		{"GENRE", 11, "OTHER_STAGE – Other", "ROCK", "OTHER_STAGE"}, // a label that two values have
		{"GENRE", 12, "Empty", "ROCK", ""},
		{"GENRE", 0, "jazz", "ROCK", "JAZZ"},
		{"GENRE", 0, "Folk and world", "ROCK", "FOLK"},
		{"GENRE", 0, "Vide", "ROCK", ""},
		{"INTERESTS", 2, "PLAYS", "CINEMA|TALKS", "PLAYS"},
		{"INTERESTS", 17, "add: WORKSHOPS", "CINEMA|TALKS", "WORKSHOPS|TALKS|CINEMA"},
		{"INTERESTS", 31, "remove: CINEMA", "CINEMA|TALKS", "TALKS"},
		{"INTERESTS", 0, "add: PLAYS|concerts", "CINEMA|TALKS", "CONCERTS|PLAYS|TALKS|CINEMA"},
		{"ZONE", 3, "3 – Balcony", "1", "3"},
		{"ZONE", 0, "5", "1", "5"},
		{"SERIES", 1, "MAR1 – March, first series", "SEP1", "MAR1"},
		{"SERIES", 0, "MAR2", "SEP1", "MAR2"},
		{"SUBSCRIBER", 1, "TRUE", "false", "true"},
		{"SUBSCRIBER", 2, "FALSE", "true", "false"},
		{"SUBSCRIBER", 3, "Empty", "true", ""},
		{"NOTE", 0, "=1+1", "x", "=1+1"},
		{"NOTE", 0, "1/2", "x", "1/2"},
		{"NOTE", 0, "0012", "x", "0012"},
		{"NOTE", 0, "Empty", "x", ""},
		{"NICKNAME", 0, "Zoë – “the voice”", "x", "Zoë – “the voice”"},
	}
	var picked []string
	for i, e := range edits {
		at := place(t, header, "[new] "+e.field, i+2)
		if e.pick > 0 {
			o.pick(at, e.pick)
			picked = append(picked, e.text)
		} else {
			o.enter(at, e.text)
		}
	}
	saves := []struct{ name, filter, options, refused, warning string }{
		{"a.xlsx", xlsxFilter, "", "", ""},
		{"a.csv", csvFilter, "44,34,76,1", "", ""},
		{"semicolon.csv", csvFilter, "59,34,76,1", "", ""},
		{"tab.txt", csvFilter, "9,34,76,1", "", ""},
		{"windows.csv", csvFilter, "59,34,1,1", "", sheet.WarnEncodingGuessed},
		{"utf16.csv", csvFilter, "9,34,65535,1", "", ""},
		{"a.ods", odsFilter, "", "an OpenDocument file (.ods)", ""},
		{"a.xls", xlsFilter, "", "an old Excel file (.xls)", ""},
	}
	for _, s := range saves {
		o.save(s.name, s.filter, s.options)
	}
	if d := cmp.Diff(picked, o.run()); d != "" {
		t.Fatalf("what the lists insert (-want +got):\n%s", d)
	}
	for _, s := range saves {
		t.Run(s.name, func(t *testing.T) {
			w := importtest.New(t, 120)
			for i, e := range edits {
				w.Set(t, demo.Aurora, numberIn(rows[i+1]), map[domain.Field]domain.Value{domain.Field("criterion:" + e.field): e.from})
			}
			file := o.read(s.name)
			if s.refused != "" {
				imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, string(file))
				if imp.Status != domain.Rejected || imp.Problem.Code != sheet.CodeNotATable || !strings.Contains(imp.Problem.Message("en"), s.refused) || !strings.Contains(imp.Problem.Message("en"), "CSV UTF-8") {
					t.Errorf("%s %+v", imp.Status, imp.Problem)
				}
				return
			}
			// The template was made of other values: its [old] is not these.
			imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, string(file), importtest.Overwrite)
			if imp.Status != domain.Done || imp.Counts.Updated != len(edits) || imp.Counts.Rows != 120 {
				t.Errorf("%s %+v %+v\n%s", imp.Status, imp.Counts, imp.Problem, w.File(t, imp, "errors"))
			}
			for i, e := range edits {
				got := w.Value(t, demo.Aurora, numberIn(rows[i+1]), domain.Field("criterion:"+e.field))
				if strings.HasPrefix(e.text, "add:") || strings.HasPrefix(e.text, "remove:") {
					continue // about [old], which was another
				}
				if got != e.want {
					t.Errorf("%s %q became %q, want %q", e.field, e.text, got, e.want)
				}
			}
			for _, warning := range imp.Warnings {
				if string(warning.Code) != s.warning && warning.Code != "overwritten" {
					t.Errorf("%+v", warning)
				}
			}
		})
	}
}

// The zip that came by mail, uploaded unopened or packed again by hand.
func TestUnopenedTemplate(t *testing.T) {
	w := importtest.New(t, 50)
	for format, warnings := range map[string][]string{"csv": nil, "xlsx": nil, "both": {sheet.WarnOtherTable}} {
		z := template(t, w, domain.Authorisations, format)
		var again bytes.Buffer
		from, err := zip.NewReader(bytes.NewReader(z), int64(len(z)))
		if err != nil {
			t.Fatal(err)
		}
		to := zip.NewWriter(&again)
		for _, f := range from.File {
			e, err := to.CreateHeader(&zip.FileHeader{Name: "rollbook/" + f.Name, Method: zip.Deflate, Modified: f.Modified})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(e, part(t, z, f.Name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
		for name, file := range map[string][]byte{"unopened": z, "packed again": again.Bytes()} {
			imp := w.Import(t, demo.Aurora, domain.Authorisations, domain.Update, string(file))
			var codes []string
			for _, warning := range imp.Warnings {
				codes = append(codes, string(warning.Code))
			}
			if imp.Status != domain.Rejected || imp.Problem.Code != "nothingToDo" || imp.Detected.Format != "zip" || imp.Detected.Rows != 50 || !slices.Equal(codes, warnings) {
				t.Errorf("%s %s: %s %+v %+v %v", format, name, imp.Status, imp.Problem, imp.Detected, codes)
			}
		}
	}
}

// Another program than LibreOffice that edits a workbook and writes all of it
// anew.
func TestEditedByAnotherProgram(t *testing.T) {
	w := importtest.New(t, 40)
	book := pickBook(t, template(t, w, domain.Authorisations, "xlsx"), "authorisations.xlsx")
	rows := rowsOf(t, book)
	header := rows[0]
	x, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	for line, v := range map[int]any{2: "TRUE", 3: true, 4: false, 5: 1, 6: "Empty", 7: "wahr"} {
		w.Set(t, demo.Aurora, numberIn(rows[line-1]), map[domain.Field]domain.Value{"authorisation:EMAIL": ""})
		if err := x.SetCellValue("authorisations", place(t, header, "[new] EMAIL", line), v); err != nil {
			t.Fatal(err)
		}
	}
	var saved bytes.Buffer
	if err := x.Write(&saved); err != nil {
		t.Fatal(err)
	}
	imp := w.Import(t, demo.Aurora, domain.Authorisations, domain.Update, saved.String(), importtest.Overwrite)
	if imp.Status != domain.Done || imp.Counts.Updated != 5 || imp.Counts.Unchanged != 35 {
		t.Errorf("%s %+v %+v", imp.Status, imp.Counts, imp.Problem)
	}
	for line, want := range map[int]domain.Value{2: "true", 3: "true", 4: "false", 5: "true", 6: "", 7: "true"} {
		if got := w.Value(t, demo.Aurora, numberIn(rows[line-1]), "authorisation:EMAIL"); got != want {
			t.Errorf("line %d: %q, want %q", line, got, want)
		}
	}
}

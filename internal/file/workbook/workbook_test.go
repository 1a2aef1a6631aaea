package workbook_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
	"rollbook/internal/file/workbook"
	"rollbook/internal/local/demo"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// columns are those of a template.
func columns(fields ...domain.FieldDef) []workbook.Column {
	cols := []workbook.Column{{Name: "Contact"}, {Name: "[info] Email"}}
	for _, d := range fields {
		cols = append(cols, workbook.Column{Name: "[old] " + d.Code, Field: &d}, workbook.Column{Name: "[new] " + d.Code, Field: &d, Open: true})
	}
	return cols
}

func table(lang string, fields ...domain.FieldDef) workbook.Table {
	return workbook.Table{Name: "criteria", Language: lang, Columns: columns(fields...), Modified: noon}
}

// written is the workbook with the rows.
func written(t interface {
	Helper()
	Fatal(...any)
}, tab workbook.Table, rows ...[]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := workbook.New(&b, tab)
	for _, r := range rows {
		if err == nil {
			err = w.Write(r)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// part returns one part of a workbook.
func part(t testing.TB, book []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	genre = domain.FieldDef{Code: "GENRE", Label: "Favourite genre", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "ROCK", Label: "Rock & roll"}, {Code: "1", Label: "One"}, {Code: "GOLD", Label: "Gold", Retired: true}}}
	likes = domain.FieldDef{Code: "LIKES", Label: "Likes", Labels: map[string]string{"de": "Mag"}, Kind: domain.MultiChoice, Values: []domain.Choice{{Code: "PLAYS", Label: "Plays"}}}
	club  = domain.FieldDef{Code: "CLUB", Label: "Club", Kind: domain.YesNo}
	note  = domain.FieldDef{Code: "NOTE", Label: "Note", Kind: domain.Text, MaxLength: 40}
	since = domain.FieldDef{Code: "SINCE", Label: "Since", Kind: domain.Date}
	spent = domain.FieldDef{Code: "SPENT", Label: "Spent", Kind: domain.Number, Decimals: 2}
	email = domain.FieldDef{Code: "EMAIL", Label: "By e-mail", Kind: domain.Authorisation}
)

// What a spreadsheet program finds, as another reader than ours sees it.
func TestWorkbook(t *testing.T) {
	book := written(t, table("en", genre, likes, club, note), []string{"#0012345", "a@b.example", "ROCK", "", "", "", "true", "", "=1+1", ""}, make([]string, 10))
	x, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"criteria", "Values"}, x.GetSheetList()); d != "" {
		t.Error(d)
	}
	if visible, err := x.GetSheetVisible("Values"); visible || err != nil {
		t.Error("Values is in sight", err)
	}
	rows, err := x.GetRows("criteria")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{
		{"Contact", "[info] Email", "[old] GENRE", "[new] GENRE", "[old] LIKES", "[new] LIKES", "[old] CLUB", "[new] CLUB", "[old] NOTE", "[new] NOTE"},
		{"#0012345", "a@b.example", "ROCK", "", "", "", "true", "", "'=1+1"},
	}, rows[:2]); d != "" {
		t.Error(d)
	}
	values, err := x.GetCols("Values")
	if err != nil {
		t.Fatal(err)
	}
	for i := range values { // it fills them up
		values[i] = slices.DeleteFunc(values[i], func(s string) bool { return s == "" })
	}
	if d := cmp.Diff([][]string{
		{"GENRE", "ROCK – Rock & roll", "1 – One", "Empty"},
		{"LIKES", "PLAYS", "add: PLAYS", "remove: PLAYS", "Empty"},
		{"CLUB", "TRUE", "FALSE", "Empty"},
	}, values); d != "" {
		t.Error(d)
	}

	dvs, err := x.GetDataValidations("criteria")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, v := range dvs {
		style := "none"
		if v.ErrorStyle != nil {
			style = *v.ErrorStyle
		}
		said = append(said, fmt.Sprintf("%s %s %s %s %v %s", v.Sqref, v.Type, v.Formula1, style, v.ShowErrorMessage, *v.PromptTitle))
	}
	if d := cmp.Diff([]string{
		"D2:D3 list Values!$A$2:$A$4 warning true Favourite genre",
		"F2:F3 list Values!$B$2:$B$5 none false Likes",
		"H2:H3 list Values!$C$2:$C$4 stop true Club",
		"J2:J3 textLength 40 warning true Note",
	}, said); d != "" {
		t.Error(d)
	}

	// A date and a number are checked by what the program itself takes for one.
	x, err = excelize.OpenReader(bytes.NewReader(written(t, table("en", since, spent), make([]string, 6))))
	if err != nil {
		t.Fatal(err)
	}
	dvs, err = x.GetDataValidations("criteria")
	if err != nil || len(dvs) != 2 {
		t.Fatalf("%d checks, %v", len(dvs), err)
	}
	for i, want := range []string{`OR(UPPER(TRIM(D2))="EMPTY",ISNUMBER(DATEVALUE(D2)))`, `OR(UPPER(TRIM(F2))="EMPTY",ISNUMBER(VALUE(F2)))`} {
		if v := dvs[i]; v.Type != "custom" || v.Formula1 != want || *v.ErrorStyle != "warning" || !v.ShowErrorMessage {
			t.Errorf("%s %s %s, want %s", v.Type, v.Formula1, *v.ErrorStyle, want)
		}
	}
	if x, err = excelize.OpenReader(bytes.NewReader(book)); err != nil {
		t.Fatal(err)
	}

	panes, err := x.GetPanes("criteria")
	if err != nil || !panes.Freeze || panes.XSplit != 1 || panes.YSplit != 1 || panes.TopLeftCell != "B2" {
		t.Errorf("%+v %v", panes, err)
	}
	for column, want := range map[string]struct {
		open  bool
		width float64
	}{"A": {false, 22}, "B": {false, 32}, "C": {false, 15}, "D": {true, 20}, "F": {true, 30}, "H": {true, 14}, "I": {false, 30}} {
		id, err := x.GetColStyle("criteria", column)
		if err != nil {
			t.Fatal(err)
		}
		style, err := x.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if open := style.Protection != nil && !style.Protection.Locked; open != want.open || style.NumFmt != 49 {
			t.Errorf("%s: open %v, format %d", column, open, style.NumFmt)
		}
		if w, err := x.GetColWidth("criteria", column); w != want.width || err != nil {
			t.Errorf("%s is %v wide, want %v, %v", column, w, want.width, err)
		}
	}
	for _, want := range []string{
		`<autoFilter ref="A1:J3"/>`,
		`<sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0" formatRows="0" sort="0" autoFilter="0"/>`, // 0 is allowed
	} {
		if s := part(t, book, "xl/worksheets/sheet1.xml"); !strings.Contains(s, want) {
			t.Errorf("no %s", want)
		}
	}
}

// A spreadsheet that follows the standard wants the parts of a sheet in order.
func TestPartsAreInOrder(t *testing.T) {
	for name, book := range map[string][]byte{
		"rows":      written(t, table("en", genre, note), make([]string, 6)),
		"no rows":   written(t, table("en", genre)),
		"no fields": written(t, table("en"), []string{"#1", ""}),
	} {
		for _, p := range []string{"[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} {
			var children []string
			d := xml.NewDecoder(strings.NewReader(part(t, book, p)))
			for depth := 0; ; {
				tok, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s: %s: %v", name, p, err)
				}
				switch e := tok.(type) {
				case xml.StartElement:
					if depth == 1 {
						children = append(children, e.Name.Local)
					}
					depth++
				case xml.EndElement:
					depth--
				}
			}
			if !strings.Contains(p, "worksheets") {
				continue
			}
			order := []string{"sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection", "autoFilter", "dataValidations", "ignoredErrors"}
			if !slices.IsSortedFunc(children, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) }) || slices.ContainsFunc(children, func(c string) bool { return !slices.Contains(order, c) }) {
				t.Errorf("%s: %s has %v", name, p, children)
			}
		}
		r, err := sheet.Open(bytes.NewReader(book), int64(len(book)), sheet.Options{})
		if name == "no rows" {
			if err == nil {
				_, err = r.Read()
			}
			if f, ok := fault.As(err); !ok || f.Code != sheet.CodeNoRows {
				t.Error(err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// anyText draws texts with what XML, formulas and escapes are made of.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
		"=", "+", "-", "@", "'", "''", "_", "_x", "_x000D_", "_x005F_", "x0041_", "&", "<", ">", `"`, "]]>", "&amp;", " ", "  ", "\u00a0", "\n", "\t", "a", "0", "é", "e\u0301", "😀", "\u200b", "𝄞", "TRUE", "1/2", "E5", `\`, "#N/A"}), 0, 8),
		func(s []string) string { return strings.Join(s, "") }))
}

// Whatever value a contact has comes back from the workbook as the same value.
func TestTextsComeBack(t *testing.T) {
	tab := table("en", note)
	rapid.Check(t, func(t *rapid.T) {
		var rows [][]string
		var want []domain.Value
		for i, s := range rapid.SliceOfN(anyText(), 1, 8).Draw(t, "texts") {
			v, p := field.Text(s, domain.MaxText)
			if p != nil || v == "" {
				continue
			}
			want = append(want, v)
			rows = append(rows, []string{fmt.Sprint("#", i), "", field.Format(v, note), ""})
		}
		if want == nil {
			return
		}
		book := written(t, tab, rows...)
		r, err := sheet.Open(bytes.NewReader(book), int64(len(book)), sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []domain.Value
		for {
			row, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil || row.Fault != nil {
				t.Fatal(err, row.Fault)
			}
			v, known := field.ParseOld(sheet.Unguard(row.Cells[2]), note)
			if !known {
				t.Fatalf("%q is not known", row.Cells[2])
			}
			got = append(got, v)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		if r.Warnings() != nil && len(r.Warnings()) > 0 {
			t.Fatal(r.Warnings())
		}
	})
}

// Even what no value has makes no broken file.
func TestAnyBytesMakeXML(t *testing.T) {
	tab := table("en", note)
	tab.Name = "a&b"
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "bytes")) + rapid.SampledFrom([]string{"", "\uFFFE", "\uFFFF", "\uFFFD", "\x00"}).Draw(t, "end")
		book := written(t, tab, []string{s, s, s, s})
		z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			for d := xml.NewDecoder(in); ; {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
			}
		}
	})
}

func TestLimits(t *testing.T) {
	code := func(err error) string {
		if f, ok := fault.As(err); ok && f.Kind == fault.TooLarge {
			return string(f.Code)
		}
		return fmt.Sprint(err)
	}
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		cells []string
		want  string
	}{
		"a cell as long as can be":          {[]string{long(32767), "", "", ""}, "<nil>"},
		"a guard makes it longer":           {[]string{"=" + long(32766), "", "", ""}, workbook.CellTooLong},
		"a cell too long":                   {[]string{"", "", "", long(32768)}, workbook.CellTooLong},
		"letters of several bytes":          {[]string{strings.Repeat("é", 32767), "", "", ""}, "<nil>"},
		"letters that count twice":          {[]string{strings.Repeat("😀", 16384), "", "", ""}, workbook.CellTooLong},
		"a row of another number of cells":  {[]string{""}, "workbook: a row of 1 cells for 4 columns"},
		"a row of too many cells":           {make([]string, 5), "workbook: a row of 5 cells for 4 columns"},
		"the text of the fault has no cell": {[]string{"secret" + long(32767), "", "", ""}, workbook.CellTooLong},
	} {
		w, err := workbook.New(io.Discard, table("en", note))
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(c.cells)
		if code(err) != c.want || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
		if again := w.Close(); again != err {
			t.Errorf("%s: closing says %v", name, again)
		}
	}
	var fields []domain.FieldDef
	for i := range 8192 {
		fields = append(fields, domain.FieldDef{Code: fmt.Sprint("F", i), Kind: domain.YesNo})
	}
	if _, err := workbook.New(io.Discard, table("en", fields...)); code(err) != workbook.TooManyColumns {
		t.Error(err)
	}
	book := written(t, table("en", fields[:8191]...), make([]string, 2+2*8191))
	if s := part(t, book, "xl/worksheets/sheet1.xml"); !strings.Contains(s, ` sqref="XFD2:XFD2"><formula1>Values!$LCA$2:$LCA$4</formula1>`) {
		t.Error("the last column has not its list")
	}
}

// Excel drops messages and lists over these lengths as damage.
func TestMessagesFit(t *testing.T) {
	long := strings.Repeat("😀 long label\n", 20)
	for _, lang := range []string{"en", "fr", "de", "it", "es", "nl", ""} {
		fields := []domain.FieldDef{genre, likes, club, email, note}
		for i := range fields {
			fields[i].Label, fields[i].Labels = long, nil
		}
		s := part(t, written(t, table(lang, fields...), make([]string, 12)), "xl/worksheets/sheet1.xml")
		var data struct {
			Validations []struct {
				PromptTitle string `xml:"promptTitle,attr"`
				Prompt      string `xml:"prompt,attr"`
				ErrorTitle  string `xml:"errorTitle,attr"`
				Error       string `xml:"error,attr"`
				Formula     string `xml:"formula1"`
			} `xml:"dataValidations>dataValidation"`
		}
		if err := xml.Unmarshal([]byte(s), &data); err != nil {
			t.Fatal(err)
		}
		if len(data.Validations) != 5 {
			t.Fatalf("%d validations", len(data.Validations))
		}
		for _, v := range data.Validations {
			for _, text := range []struct {
				s    string
				most int
			}{{v.PromptTitle, 32}, {v.Prompt, 255}, {v.ErrorTitle, 32}, {v.Error, 225}, {v.Formula, 255}} {
				if n := len(utf16.Encode([]rune(text.s))); n > text.most || strings.Contains(text.s, "%!") {
					t.Errorf("%s: %d letters: %q", lang, n, text.s)
				}
			}
			if v.Prompt == "" || strings.HasSuffix(v.Prompt, "…") || strings.HasSuffix(v.Error, "…") || !strings.HasSuffix(v.PromptTitle, "…") {
				t.Errorf("%s: %+v", lang, v)
			}
		}
	}
}

// Messages are in the user's language.
func TestLanguages(t *testing.T) {
	for lang, want := range map[string]string{"en": "clears it", "fr": "efface la valeur", "de": "löscht den Wert", "it": "cancella il valore", "es": "borra el valor", "nl": "clears it"} {
		s := part(t, written(t, table(lang, genre, likes, note), make([]string, 8)), "xl/worksheets/sheet1.xml")
		if !strings.Contains(s, want) {
			t.Errorf("%s: no %q", lang, want)
		}
		if (lang == "de") != strings.Contains(s, `promptTitle="Mag"`) {
			t.Errorf("%s: the label of another language", lang)
		}
	}
}

// Every text a drop-down list inserts is one that the import takes, without a
// guard that would be taken off.
func TestListsHaveWhatIsTaken(t *testing.T) {
	cat := demo.Catalogue(demo.Borealis)
	book := written(t, table("fr", cat.Fields...), make([]string, 2+2*len(cat.Fields)))
	x, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	cols, err := x.GetCols("Values")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, col := range cols {
		i := slices.IndexFunc(cat.Fields, func(d domain.FieldDef) bool { return d.Code == col[0] })
		for _, s := range col[1:] {
			if s == "" {
				continue
			}
			if _, _, p := field.ParseNew(sheet.Unguard(s), cat.Fields[i]); p != nil || sheet.Unguard(s) != s {
				t.Errorf("%s: %q: %+v", col[0], s, p)
			}
			seen++
		}
	}
	if len(cols) != 12 || seen < 80 {
		t.Errorf("%d lists with %d texts", len(cols), seen)
	}
}

func TestSameTableIsTheSameBytes(t *testing.T) {
	a := written(t, table("en", genre), []string{"#1", "", "ROCK", ""})
	b := written(t, table("en", genre), []string{"#1", "", "ROCK", ""})
	if !bytes.Equal(a, b) {
		t.Error("they differ")
	}
}

// held returns what is in use now.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// As many rows as a sheet takes: one more is refused, and memory does not grow.
func TestFullSheetStaysFlat(t *testing.T) {
	var out counter
	before := held()
	w, err := workbook.New(&out, table("en", genre, likes, club, note))
	if err != nil {
		t.Fatal(err)
	}
	row := []string{"", "somebody@example.org", "ROCK", "", "PLAYS", "", "true", "", "=likes it & says so", ""}
	var most uint64
	for i := range workbook.MaxRows {
		row[0] = fmt.Sprintf("#%07d", i)
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		if i%150_000 == 0 {
			most = max(most, held())
		}
	}
	if grown := int64(most) - int64(before); grown > 4<<20 {
		t.Errorf("%d bytes in use", grown)
	}
	err = w.Write(row)
	if f, ok := fault.As(err); !ok || f.Kind != fault.TooLarge || f.Code != workbook.TooManyRows || !strings.Contains(f.Message("en"), "1,048,575") {
		t.Error(err)
	}
	t.Logf("%d MB", out>>20)
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// The underlying writer's error ends the workbook.
func TestWriterThatFails(t *testing.T) {
	for most := range 12 {
		left := most * 400
		w, err := workbook.New(failing{&left}, table("en", genre))
		for i := 0; err == nil && i < 100_000; i++ {
			err = w.Write([]string{fmt.Sprint(i * 7919), fmt.Sprint(i * 104729), "", ""})
		}
		if err == nil {
			err = w.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "full") {
			t.Errorf("after %d bytes: %v", most*400, err)
		}
	}
}

type failing struct{ left *int }

func (f failing) Write(p []byte) (int, error) {
	if *f.left -= len(p); *f.left < 0 {
		return 0, fmt.Errorf("full")
	}
	return len(p), nil
}

package sheet_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollbook/internal/file/sheet"
)

// book makes the parts of a small workbook around the rows of its first sheet.
func book(sheetData string, more ...file) []file {
	parts := map[string]string{
		"[Content_Types].xml":        `<Types/>`,
		"xl/workbook.xml":            `<?xml version="1.0"?><workbook><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="rId3" Type="http://x/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + sheetData + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml":       `<sst><si><t>Contact</t></si><si><t>[old] A</t></si><si><r><t>[new</t></r><r><rPr/><t>] A</t></r><rPh><t>xx</t></rPh></si></sst>`,
		"xl/styles.xml":              `<styleSheet><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>`,
	}
	for _, f := range more {
		parts[f.name] = f.text
	}
	var out []file
	for name, text := range parts {
		if text != "" {
			out = append(out, file{name, text})
		}
	}
	return out
}

const bookHead = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>`

// Workbooks as other programs and no program write them.
func TestWorkbookParts(t *testing.T) {
	twoSheets := []file{
		{"xl/workbook.xml", `<workbook><sheets><sheet name="A" r:id="rId1"/><sheet name="B" r:id="rId4"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<R><Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId4" Type="worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId2" Type="sharedStrings" Target="sharedStrings.xml"/></R>`},
	}
	elsewhere := book(bookHead+`<row r="2"><c><v>1</v></c></row>`, file{"_rels/.rels", `<R><Relationship Id="rId1" Type="http://x/officeDocument" Target="/xl/workbook2.xml"/></R>`})
	for i, f := range elsewhere {
		elsewhere[i].name = strings.ReplaceAll(f.name, "workbook.xml", "workbook2.xml")
	}
	backslashed := book(bookHead + `<row r="2"><c><v>1</v></c></row>`)
	for i, f := range backslashed {
		backslashed[i].name = strings.ToLower(strings.ReplaceAll(f.name, "/", `\`))
	}
	inline := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	for _, c := range []struct {
		name  string
		parts []file
		rows  []string
		code  string
		says  string
		warn  []string
	}{
		{name: "sparse rows and cells", parts: book(bookHead + `<row r="3"><c r="C3" t="str"><f>1</f><v>y</v></c></row><row/><row r="7"><c r="A7"><v>5</v></c></row>`), rows: rows("3:  |  | y", "7: 5 |  | ")},
		{name: "no references", parts: book(bookHead + `<row>` + inline("1") + inline("x") + inline("y") + `</row>`), rows: rows("2: 1 | x | y")},
		{name: "prefixed names, comments, CDATA, entities", parts: book(`<x:row r="1"><!-- <row> --><x:c t="inlineStr"><x:is><x:t>Contact</x:t></x:is></x:c></x:row><row r="2"><c t="str"><v><![CDATA[<a&b>]]></v></c></row><row r="3"><c t="str"><v>&lt;&#65;&#x42;&amp;&quot;&apos;&nope;</v></c></row>`),
			rows: rows("2: <a&b>", `3: <AB&"'&nope;`)},
		{name: "escaped characters", parts: book(bookHead + `<row r="2">` + inline("1") + inline("a_x000D_b") + inline("_x005F_x000D_") + `</row><row r="3">` + inline("2") + inline("x") + inline("_x0007_") + `</row>`),
			rows: rows("2: 1 | a\rb | _x000D_", "3: 2 | x | \a !controlCharacter 2")},
		{name: "booleans and errors", parts: book(bookHead + `<row r="2"><c><v>1</v></c><c t="b"><v>1</v></c><c t="b"><v>0</v></c></row><row r="3"><c><v>2</v></c><c t="e"><v>#N/A</v></c></row>`), rows: rows("2: 1 | TRUE | FALSE", "3: 2 | #N/A | ")},
		{name: "numbers as typed", parts: book(bookHead + `<row r="2"><c><v>0.10000000000000001</v></c><c><v>123456789012345</v></c><c><v>1.2345678901234567E+18</v></c></row><row r="3"><c><v>1E-3</v></c><c><v>-5</v></c><c><v>1.5E3</v></c></row>`),
			rows: rows("2: 0.1 | 123456789012345 | 1.23456789012346E+18", "3: 0.001 | -5 | 1500")},
		{name: "date cells", parts: book(bookHead + `<row r="2"><c t="d"><v>2026-11-24T00:00:00</v></c></row>`), rows: rows("2: 2026-11-24 |  | ")},
		{name: "calendar of 1904", parts: book(bookHead+`<row r="2"><c s="0"><v>0</v></c></row>`,
			file{"xl/workbook.xml", `<workbook><workbookPr date1904="1"/><sheets><sheet name="Data" r:id="rId1"/></sheets></workbook>`},
			file{"xl/styles.xml", `<styleSheet><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`}), rows: rows("2: 1904-01-01 |  | ")},
		{name: "styled empty cells far right", parts: book(bookHead + `<row r="2"><c><v>1</v></c><c r="XFD2" s="0"/></row>`), rows: rows("2: 1 |  | ")},
		{name: "cell beyond the header", parts: book(bookHead + `<row r="2"><c><v>1</v></c><c r="E2"><v>7</v></c></row><row><c><v>1</v></c></row>`), rows: rows("2: 1 |  |  |  | 7 !wrongCellCount", "3: 1 |  | "), says: ""},
		{name: "formula without value", parts: book(bookHead + `<row r="2"><c><v>1</v></c><c><f>A1</f></c></row>`), rows: rows("2: 1 |  |  !notComputed 1")},
		{name: "first visible sheet", parts: book(bookHead+`<row r="2"><c><v>1</v></c></row>`,
			file{"xl/workbook.xml", `<workbook><sheets><sheet name="h" state="hidden" r:id="rId9"/><sheet name="A" r:id="rId1"/><sheet name="B" r:id="rId4"/></sheets></workbook>`},
			file{"xl/_rels/workbook.xml.rels", `<R><Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId4" Type="worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId2" Type="sharedStrings" Target="sharedStrings.xml"/></R>`}),
			rows: rows("2: 1 |  | "), warn: rows("otherSheets")},
		{name: "a workbook of another name", parts: elsewhere, rows: rows("2: 1 |  | ")},
		{name: "names in lower case with backslashes", parts: backslashed, rows: rows("2: 1 |  | ")},
		{name: "table on the second sheet", parts: book("", twoSheets...), code: sheet.CodeNoRows, says: "Only the first of the workbook's 2 sheets is read, \"A\". There are no rows"},
		{name: "notes on the first sheet", parts: book(`<row r="1"><c t="str"><v>Notes</v></c></row>`, twoSheets...), code: sheet.CodeNoHeader, says: "move that sheet to the front"},
		{name: "only a header on the first sheet", parts: book(bookHead, twoSheets...), code: sheet.CodeNoRows, says: "move that sheet to the front"},
		{name: "header again", parts: book(bookHead + strings.ReplaceAll(bookHead, `1"`, `2"`)), rows: rows("2: Contact | [old] A | [new] A !headerAgain"), warn: rows("headerAgain")},
		{name: "no rows", parts: book(bookHead), code: sheet.CodeNoRows},
		{name: "empty sheet", parts: book(""), code: sheet.CodeNoRows},
		{name: "no header", parts: book(`<row r="1"><c><v>1</v></c></row>`), code: sheet.CodeNoHeader},
		{name: "header below a title", parts: book(`<row r="1"><c t="str"><v>Export</v></c></row>` + strings.ReplaceAll(bookHead, `1"`, `3"`) + `<row r="4"><c r="A4"><v>7</v></c></row>`), rows: rows("4: 7 |  | "), warn: rows("linesAbove")},
		{name: "too many columns", parts: book(bookHead + `<row r="2"><c r="XFD2"><v>7</v></c></row>`), code: sheet.CodeTooManyColumns},
		{name: "row too long", parts: book(bookHead + `<row r="2">` + inline(strings.Repeat("x", 1<<21)) + `</row>`), code: sheet.CodeRowTooLong},
		{name: "unknown shared text", parts: book(bookHead + `<row r="2"><c t="s"><v>99</v></c></row>`), code: sheet.CodeWorkbookDamaged},
		{name: "cut XML", parts: book(bookHead + `<row r="2"><c`), code: sheet.CodeWorkbookDamaged},
		{name: "cut between rows", parts: book("", file{"xl/worksheets/sheet1.xml", `<worksheet><sheetData>` + bookHead + `<row r="2"><c><v>1</v></c></row>`}), code: sheet.CodeWorkbookDamaged},
		{name: "entities of its own", parts: book("", file{"xl/worksheets/sheet1.xml", `<!DOCTYPE x [<!ENTITY a "b">]><worksheet>`}), code: sheet.CodeWorkbookDamaged},
		{name: "no sheet", parts: book("", file{"xl/worksheets/sheet1.xml", ""}), code: sheet.CodeWorkbookDamaged},
		{name: "bomb", parts: book(bookHead + strings.Repeat(`<row></row>`+strings.Repeat(" ", 500_000), 150)), code: sheet.CodeZipBomb},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, zipped(t, c.parts...), sheet.Options{KnownColumn: known})
			code, text := "", ""
			if got.err != nil {
				code, text = string(got.err.Code), got.err.Message("en")
			}
			if code != c.code || !strings.Contains(text, c.says) {
				t.Fatalf("code %q, text %q, want %q and %q", code, text, c.code, c.says)
			}
			if diff := cmp.Diff(c.rows, got.rows); diff != "" && c.code == "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.warn, got.codes()); diff != "" && c.code == "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// A workbook as excelize writes it, and a CSV under the wrong name. (36)
func TestWorkbook(t *testing.T) {
	x := excelize.NewFile()
	set := func(cell string, v any) {
		t.Helper()
		if err := x.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	format := func(cell, code string) {
		t.Helper()
		id, err := x.NewStyle(&excelize.Style{CustomNumFmt: &code})
		if err == nil {
			err = x.SetCellStyle("Sheet1", cell, cell, id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"Contact", "[info] Email", "[old] A", "[new] A"} {
		set(fmt.Sprintf("%c2", 'A'+i), name)
	}
	var want []string
	for i, c := range []struct {
		v    any
		code string
		want string
	}{
		{"#0012345", "", "#0012345"},
		{" é\n“x” & <y> ", "", " é\n“x” & <y> "},
		{true, "", "TRUE"},
		{false, "", "FALSE"},
		{12345, "0000000", "0012345"},
		{0.1, "", "0.1"},
		{1234.5, `#,##0.00 "days"`, "1234.5"},
		{0.5, "0%", "0.5"},
		{1e-7, "0.00E+00", "0.0000001"},
		{time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), "dd/mm/yyyy", "2026-11-24"},
		{time.Date(2026, 11, 24, 15, 4, 5, 0, time.UTC), `[$-409]d\.m\.yy h:mm AM/PM;@`, "2026-11-24T15:04:05"},
		{time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), "mmm-yy", "1900-01-01"},
		{0.75, "hh:mm", "18:00:00"},
		{1.5, "[h]:mm", "36:00:00"},
		{60, "yyyy-mm-dd", "1900-02-29"},
		{7, `[Red]General`, "7"},
		{7, `"day" 0`, "7"},
	} {
		row := i + 3
		set(fmt.Sprintf("A%d", row), i)
		set(fmt.Sprintf("D%d", row), c.v)
		if c.code != "" {
			format(fmt.Sprintf("D%d", row), c.code)
		}
		want = append(want, fmt.Sprintf("%d: %d |  |  | %s", row, i, c.want))
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	got := read(t, b.Bytes(), sheet.Options{KnownColumn: known})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sheet.Detected{Format: "xlsx", Columns: 4, FinalLineEnd: true}, got.detected); diff != "" {
		t.Errorf("detected (-want +got):\n%s", diff)
	}

	var locked bytes.Buffer
	if err := x.Write(&locked, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, locked.Bytes(), sheet.Options{}); got.err == nil || got.err.Code != sheet.CodeNotATable || !strings.Contains(got.err.Message("en"), "password") {
		t.Errorf("locked workbook: %v", got.err)
	}
}

func TestWhenATemplateWasMade(t *testing.T) {
	core := func(inner string) file {
		return file{"docProps/core.xml", `<?xml version="1.0"?><cp:coreProperties xmlns:dc="x">` + inner + `</cp:coreProperties>`}
	}
	made := time.Date(2026, 11, 12, 9, 30, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		part file
		want time.Time
	}{
		"ours":                  {core(`<dc:title>Rollbook template</dc:title><dcterms:created xsi:type="dcterms:W3CDTF">2026-11-12T09:30:00Z</dcterms:created>`), made},
		"saved again":           {core(`<dcterms:created>2026-11-12T10:30:00+01:00</dcterms:created><dcterms:modified>2026-11-20T09:30:00Z</dcterms:modified><dc:title>Rollbook template</dc:title>`), made},
		"another's":             {core(`<dc:title>Budget</dc:title><dcterms:created>2026-11-12T09:30:00Z</dcterms:created>`), time.Time{}},
		"without a title":       {core(`<dcterms:created>2026-11-12T09:30:00Z</dcterms:created>`), time.Time{}},
		"with no time":          {core(`<dc:title>Rollbook template</dc:title><dcterms:created>yesterday</dcterms:created>`), time.Time{}},
		"without properties":    {file{"docProps/core.xml", ""}, time.Time{}},
		"properties cut":        {file{"docProps/core.xml", `<cp:coreProperties><dc:title>Rollbook template</dc:title><dcterms:created>2026-11-12T09:30:00Z</dcterms:created`}, time.Time{}},
		"properties no XML":     {file{"docProps/core.xml", "<<<"}, time.Time{}},
		"a title without bound": {core(`<dc:title>` + strings.Repeat("Rollbook template", 100000) + `</dc:title><dcterms:created>2026-11-12T09:30:00Z</dcterms:created>`), time.Time{}},
	} {
		b := zipped(t, book(bookHead+`<row r="2"><c r="A2" t="inlineStr"><is><t>#1</t></is></c></row>`, test.part)...)
		r, err := sheet.Open(bytes.NewReader(b), int64(len(b)), sheet.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := r.Detected().MadeAt; !got.Equal(test.want) {
			t.Errorf("%s: made at %v, want %v", name, got, test.want)
		}
	}
}

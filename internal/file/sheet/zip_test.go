package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/file/sheet"
)

// file is one entry of a zip that a test makes.
type file struct{ name, text string }

func zipped(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = io.WriteString(w, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// later is an entry that is not packed and was saved so many seconds after noon.
type later struct {
	name, text string
	seconds    int
}

func stored(t testing.TB, files ...later) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store, Modified: time.Date(2026, 11, 24, 12, 0, f.seconds, 0, time.UTC)})
		if err == nil {
			_, err = io.WriteString(w, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZip(t *testing.T) {
	const csv = head + "\n1,x,y\n2,x,y\n"
	good := rows("2: 1 | x | y", "3: 2 | x | y")
	latin := "Contact;[new] A\n" + strings.Repeat("1;x\n", 100_000) + "2;caf\xe9\n"
	encrypted := zipped(t, file{"a.csv", csv})
	setFlag(encrypted, 1)
	method := zipped(t, file{"a.csv", csv})
	setMethod(method, 9)
	wrongSum := zipped(t, file{"a.csv", csv + strings.Repeat("3,x,y\n", 1000)})
	binary.LittleEndian.PutUint32(wrongSum[bytes.Index(wrongSum, []byte("PK\x01\x02"))+16:], 7)
	filled := func(more string) string {
		return string(zipped(t, book(bookHead+`<row r="2"><c><v>1</v></c><c t="str"><v>x</v></c><c t="str"><v>y</v></c></row>`+more)...))
	}
	workbook := filled(`<row r="3"><c><v>2</v></c><c t="str"><v>x</v></c><c t="str"><v>y</v></c></row>`)
	otherBook := filled("")
	longer := stored(t, later{"b.xlsx", workbook, 0})
	for _, at := range []int{bytes.LastIndex(longer, []byte("PK\x01\x02")) + 20, bytes.LastIndex(longer, []byte("PK\x01\x02")) + 24} {
		binary.LittleEndian.PutUint32(longer[at:], 0xfffffffe)
	}
	many := make([]file, 30_000)
	for i := range many {
		many[i].name = strings.Repeat("x", 40)
	}
	for _, c := range []struct {
		name string
		in   []byte
		rows []string
		code string
		says string
		warn []string
	}{
		{name: "37 one CSV", in: zipped(t, file{"my data.csv", csv}), rows: good},
		{name: "37 in a folder, with what macOS adds", in: zipped(t, file{"a/", ""}, file{"a/b.CSV", csv}, file{"__MACOSX/a/._b.csv", "\x00\x05"}, file{"a/.DS_Store", "x"}), rows: good},
		{name: "37 path tricks", in: zipped(t, file{"../../etc/passwd.csv", csv}), rows: good},
		{name: "37 path tricks with backslashes", in: zipped(t, file{`C:\x\..\a.csv`, csv}), rows: good},
		{name: "37 a text file", in: zipped(t, file{"unicode.txt", strings.ReplaceAll(csv, ",", "\t")}), rows: good},
		{name: "37 several", in: zipped(t, file{"a.csv", csv}, file{"b.csv", csv}), code: sheet.CodeOneCSVPlease, says: "2 CSV files"},
		{name: "37 none", in: zipped(t, file{"a.docx", "x"}), code: sheet.CodeOneCSVPlease, says: "no CSV"},
		{name: "37 empty", in: zipped(t), code: sheet.CodeOneCSVPlease},
		{name: "37 too many files", in: zipped(t, many...), code: sheet.CodeOneCSVPlease, says: "too many"},
		{name: "37 encrypted", in: encrypted, code: sheet.CodeZipEncrypted},
		{name: "37 packed otherwise", in: method, code: sheet.CodeZipMethod},
		{name: "37 bomb by ratio", in: zipped(t, file{"a.csv", head + "\n1,x,y\n" + strings.Repeat("2,"+strings.Repeat("x", 500_000)+",y\n", 150)}), code: sheet.CodeZipBomb},
		{name: "37 nested", in: zipped(t, file{"a.csv", string(zipped(t, file{"b.csv", csv}))}), code: sheet.CodeZipNested},
		{name: "37 workbook inside", in: zipped(t, file{"a/b.xlsx", workbook}, file{"~$b.xlsx", "lock"}), rows: good},
		{name: "37 workbook inside, not packed again", in: stored(t, later{"b.xlsx", workbook, 0}), rows: good},
		{name: "37 CSV under a workbook's name", in: zipped(t, file{"a.xlsx", csv}), rows: good},
		{name: "37 workbook under a CSV's name", in: zipped(t, file{"a.csv", workbook}), rows: good},
		{name: "37 several workbooks", in: zipped(t, file{"a.xlsx", workbook}, file{"b.xlsx", workbook}), code: sheet.CodeOneCSVPlease, says: "There are 2 workbooks in this zip"},
		{name: "37 CSV and another workbook", in: zipped(t, file{"a.csv", csv}, file{"b.xlsx", workbook}), code: sheet.CodeOneCSVPlease, says: "1 CSV file and 1 workbook"},
		{name: "37 another office file inside", in: zipped(t, file{"a.xlsx", string(zipped(t, file{"word/document.xml", "<x/>"}))}), code: sheet.CodeZipNested},
		{name: "37 large workbook packed again", in: zipped(t, file{"a.xlsx", string(stored(t, later{"xl/workbook.xml", strings.Repeat("x", 65<<20), 0}))}), code: sheet.CodeZipNested, says: "by itself"},
		{name: "37 cut workbook inside", in: stored(t, later{"b.xlsx", workbook[:len(workbook)-30], 0}), code: sheet.CodeZipDamaged},
		{name: "37 workbook beyond the end", in: longer, code: sheet.CodeZipDamaged},
		{name: "37 another type inside", in: zipped(t, file{"a.csv", "%PDF-1.4"}), code: sheet.CodeNotATable},
		{name: "37 cut", in: zipped(t, file{"a.csv", csv})[:100], code: sheet.CodeZipDamaged},
		{name: "37 wrong check sum", in: wrongSum, code: sheet.CodeZipDamaged},
		{name: "25 empty CSV", in: zipped(t, file{"a.csv", ""}), code: sheet.CodeNoRows},
		{name: "38 template", in: zipped(t, file{"criteria.csv", csv}, file{"values.csv", "a,b\n"}, file{"README.txt", "x"}), rows: good},
		{name: "38 template as workbook", in: zipped(t, file{"criteria.xlsx", workbook}, file{"values.csv", "a,b\n"}, file{"README.txt", "x"}), rows: good},
		{name: "38 template as both", in: stored(t, later{"criteria.csv", csv, 0}, later{"criteria.xlsx", otherBook, 0}), rows: good, warn: rows("otherTable")},
		{name: "38 template as both, CSV edited", in: stored(t, later{"criteria.csv", csv, 60}, later{"criteria.xlsx", otherBook, 0}), rows: good, warn: rows("otherTable")},
		{name: "38 template as both, workbook edited", in: stored(t, later{"criteria.csv", csv + "3,x,y\n", 0}, later{"criteria.xlsx", workbook, 60}), rows: good, warn: rows("otherTable")},
		{name: "38 two templates in one", in: zipped(t, file{"criteria.csv", csv}, file{"authorisations.csv", csv}), code: sheet.CodeOneCSVPlease},
		{name: "4 Windows-1252 late in the file", in: zipped(t, file{"a.csv", latin}), warn: rows("encodingGuessed")},
		{name: "36 ods", in: zipped(t, file{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, file{"content.xml", "<x/>"}), code: sheet.CodeNotATable, says: ".ods"},
		{name: "36 numbers", in: zipped(t, file{"Index/Document.iwa", "x"}), code: sheet.CodeNotATable, says: "Numbers"},
		{name: "36 docx", in: zipped(t, file{"[Content_Types].xml", "<x/>"}, file{"word/document.xml", "<x/>"}), code: sheet.CodeNotATable, says: "text document (.docx), not a table. Send the table itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, c.in, sheet.Options{KnownColumn: known})
			code, text := "", ""
			if got.err != nil {
				code, text = string(got.err.Code), got.err.Message("en")
			}
			if code != c.code || !strings.Contains(text, c.says) {
				t.Fatalf("code %q, text %q, want %q and %q", code, text, c.code, c.says)
			}
			if code != "" {
				return
			}
			if diff := cmp.Diff(c.rows, got.rows); diff != "" && c.rows != nil {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.warn, got.codes()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if got.detected.Format != "zip" {
				t.Errorf("format %q", got.detected.Format)
			}
		})
	}
}

// setFlag and setMethod change the first entry, in both of its headers.
func setFlag(z []byte, flag uint16) {
	for _, at := range []int{6, bytes.Index(z, []byte("PK\x01\x02")) + 8} {
		binary.LittleEndian.PutUint16(z[at:], binary.LittleEndian.Uint16(z[at:])|flag)
	}
}

func setMethod(z []byte, method uint16) {
	for _, at := range []int{8, bytes.Index(z, []byte("PK\x01\x02")) + 10} {
		binary.LittleEndian.PutUint16(z[at:], method)
	}
}

package sheet_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/file/sheet"
)

// small limits let short inputs reach them.
var small = sheet.Limits{FileBytes: 1 << 20, RowBytes: 200, Columns: 12, Rows: 60}

// FuzzReader reads any bytes below a good header, whole and in blocks: no
// panic, lines that go up, cells that are valid text, and the same answer.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"1,x,y\n2,x,y\n", "1,\"x\ny\",z\r\n", "1,\"x,y\n2,x,y\n", "1,\"a\"b,c\n2,x,y\n3,\"", "1,x\r2,x,y\r\r\n", "1,caf\xe9,x\n", "1,caf\x8e,x\n2,\xff\xfe",
		"1;x;y\n", head + "\n", ",,\n\n1,x,y,,\n", "1,\"\"\"\",\"\n\"\n", "1,\"x\\\"y\",z", "1,x\x00y,\ufffd", "1," + strings.Repeat("x", 300) + ",y\n", "1,\"" + strings.Repeat("x\n", 200),
	} {
		for _, block := range []byte{1, 64} {
			f.Add(s, block)
		}
	}
	f.Fuzz(func(t *testing.T, body string, block byte) {
		in := head + "\n" + body
		opts := sheet.Options{KnownColumn: known, Limits: small}
		got := read(t, []byte(in), opts)
		for _, row := range got.rows {
			if !utf8.ValidString(row) {
				t.Fatalf("%q is no valid text", row)
			}
		}
		if diff := cmp.Diff(collect(in, opts), collect(in, opts.WithBlock(1+int(block)))); diff != "" {
			t.Fatalf("in blocks of %d (-whole +blocks):\n%s", 1+int(block), diff)
		}
	})
}

// FuzzHeader reads any bytes as a whole file, with each encoding.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		head + "\n1,x,y\n", "sep=;\nContact;City\n1;2\n", "\ufeff\ufeff\"Contact\"|Email\r1|2", utf16Text("Contact\tCity\n1\t2\n", false, true), utf16Text(head, true, false),
		"\n;;\nContact;;City;\n1;;3;\n", "PK\x03\x04", "\xd0\xcf\x11\xe0", "<html>", "a,a", "Contact,contact\n1,2", "sep=\nx", "\"Contact\n", "Contact,\x00", "\xff\xfe\x00", "Contact,\xe9t\xe9\n1,2",
	} {
		f.Add([]byte(s), "")
	}
	f.Add([]byte("Contact,\x8e\n1,\x81\n"), "MacRoman")
	f.Fuzz(func(t *testing.T, in []byte, encoding string) {
		opts := sheet.Options{KnownColumn: known, Limits: small, Encoding: encoding}
		got := read(t, in, opts)
		seen := map[string]bool{}
		for _, n := range got.header {
			if n != strings.TrimSpace(n) || !utf8.ValidString(n) || strings.HasPrefix(n, "[") && seen[strings.ToLower(n)] {
				t.Fatalf("header %q", got.header)
			}
			seen[strings.ToLower(n)] = true
		}
		if len(got.header) > 0 && got.header[len(got.header)-1] == "" {
			t.Fatalf("header %q", got.header)
		}
		if diff := cmp.Diff(collect(string(in), opts), collect(string(in), opts.WithBlock(3))); diff != "" {
			t.Fatalf("in blocks (-whole +blocks):\n%s", diff)
		}
		opts.KnownColumn = nil
		read(t, in, opts)
	})
}

// FuzzZip reads any bytes as a zip.
func FuzzZip(f *testing.F) {
	f.Add(zipped(f, file{"a.csv", head + "\n1,x,y\n"}))
	f.Add(zipped(f, file{"criteria.csv", head + "\n1,x,y\n"}, file{"values.csv", "x"}, file{"README.txt", "x"}))
	f.Add(zipped(f, book(bookHead+`<row r="2"><c><v>1</v></c></row>`)...))
	f.Add(zipped(f, file{"a/b.csv", ""}, file{`..\c.CSV`, "x"}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, in []byte) {
		read(t, append([]byte("PK\x03\x04"), in[min(len(in), 4):]...), sheet.Options{KnownColumn: known, Limits: small})
	})
}

// FuzzWorkbook reads any XML as the parts of a workbook.
func FuzzWorkbook(f *testing.F) {
	f.Add(bookHead+`<row r="2"><c r="C2" s="1" t="n"><v>1.5</v></c></row>`, `<sst><si><t>a_x000D_</t></si></sst>`, `yyyy-mm-dd`)
	f.Add(`<row><c t="inlineStr"><is><r><t>Contact</t></r><rPh><t>x</t></rPh></is></c></row><row r="9"><c t="b"><v>1</v></c></row>`, "<sst/>", `[h]:mm`)
	f.Add(`<!-- - --><row a='>'><c t="str"><v><![CDATA[Contact]]>&#x41;&amp;</v></c><c t="e"/></row><row><c t="d"><v>2026</v></c><c><f/></c></row>`, `<?x?><sst>`, `"d" 0\m[$-1]General`)
	f.Fuzz(func(t *testing.T, rows, shared, format string) {
		styles := `<s><numFmts><numFmt numFmtId="200" formatCode="` + strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;").Replace(format) + `"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="200"/></cellXfs></s>`
		parts := book(rows, file{"xl/sharedStrings.xml", shared}, file{"xl/styles.xml", styles})
		got := read(t, zipped(t, parts...), sheet.Options{KnownColumn: known, Limits: small})
		for _, row := range got.rows {
			if !utf8.ValidString(row) {
				t.Fatalf("%q is no valid text", row)
			}
		}
	})
}

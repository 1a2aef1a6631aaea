package sheet_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"

	"rollbook/internal/file/sheet"
)

// head is a header of three columns, so that good rows have two separators.
const head = "Contact,[old] A,[new] A"

func encode(c *charmap.Charmap, s string) string {
	out, err := c.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

func utf16Text(s string, big, mark bool) string {
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var b strings.Builder
	for _, u := range units {
		if big {
			b.WriteByte(byte(u >> 8))
			b.WriteByte(byte(u))
		} else {
			b.WriteByte(byte(u))
			b.WriteByte(byte(u >> 8))
		}
	}
	return b.String()
}

// random gives bytes without pattern, the same each time.
func random(n int) string {
	x := uint32(12345)
	b := make([]byte, n)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return string(b)
}

// Each case has the number of the list of unusual and bad files that it is about.
func TestInputs(t *testing.T) {
	const two = "1,x,é\n2,y,z\n"
	plain := rows("2: 1 | x | é", "3: 2 | y | z")
	french := "Contact;[old] A;[new] A\r\n1;Müller;été\r\n2;Noël;10 €\r\n3;L’Île;«Ça»\r\n"
	frenchRows := rows("2: 1 | Müller | été", "3: 2 | Noël | 10 €", "4: 3 | L’Île | «Ça»")
	for _, c := range []struct {
		name     string
		in       string
		encoding string
		rows     []string
		code     string   // of the file's fault
		says     []string // in the text of the file's fault, or of the first row's
		warn     []string
		detected string // encoding separator line ends
	}{
		{name: "1 UTF-8", in: head + "\n" + two, rows: plain, detected: "UTF-8 , LF"},
		{name: "1 UTF-8 with BOM", in: "\ufeff" + head + "\n" + two, rows: plain},
		{name: "1 UTF-8 with two BOMs", in: "\ufeff\ufeff" + head + "\n" + two, rows: plain},
		{name: "1 BOM before a quoted header", in: "\ufeff\"Contact\",\"[old] A\",\"[new] A\"\n" + two, rows: plain},
		{name: "2 UTF-16 LE, tabs", in: utf16Text("Contact\t[old] A\t[new] A\r\n1\tx\té😀\r\n", false, true), rows: rows("2: 1 | x | é😀"), detected: "UTF-16LE \t CRLF"},
		{name: "2 UTF-16 BE, tabs", in: utf16Text("Contact\t[old] A\t[new] A\r\n1\tx\té😀\r\n", true, true), rows: rows("2: 1 | x | é😀"), detected: "UTF-16BE \t CRLF"},
		{name: "2 UTF-16 with half a pair", in: utf16Text(head+"\n1,x,y\n2,x,", false, true) + "\x3d\xd8" + utf16Text("\n", false, false),
			rows: rows("2: 1 | x | y", "3: 2 | x | \ufffd !unreadableCharacter 2")},
		{name: "2 UTF-16 cut in a unit", in: utf16Text(head+"\n1,x,y\n2,x,y", false, true) + "z", rows: rows("2: 1 | x | y", "3: 2 | x | y\ufffd !unreadableCharacter 2"), warn: rows("noFinalLineEnd")},
		{name: "3 UTF-16 LE without BOM", in: utf16Text(head+"\n"+two, false, false), rows: plain, detected: "UTF-16LE , LF"},
		{name: "3 UTF-16 BE without BOM", in: utf16Text(head+"\n"+two, true, false), rows: plain, detected: "UTF-16BE , LF"},
		{name: "3 NULs without a clear pattern", in: strings.ReplaceAll(head+"\n"+two, "A", "\x00\x00\x00\x00\x00\x00\x00\x00"), code: sheet.CodeEncodingNotRecognised, says: rows("CSV UTF-8")},
		{name: "3 UTF-32", in: "\xff\xfe\x00\x00C\x00\x00\x00", code: sheet.CodeEncodingNotRecognised, says: rows("UTF-32")},
		{name: "4 Windows-1252", in: encode(charmap.Windows1252, french), rows: frenchRows, warn: rows("encodingGuessed"), detected: "Windows-1252 ; CRLF"},
		{name: "4 Windows-1252, first letter after 3 MB", in: head + "\n" + strings.Repeat("1,x,y\n", 500_000) + "2,x,caf\xe9\n", warn: rows("encodingGuessed"), detected: "Windows-1252 , LF"},
		{name: "4 Windows-1252, chosen", in: head + "\n1,x,\x9a\n", encoding: "Windows-1252", rows: rows("2: 1 | x | š")},
		{name: "4 byte that Windows-1252 has not", in: head + "\n1,x,\x81\n2,x,y\n", encoding: "Windows-1252", rows: rows("2: 1 | x | \ufffd !unreadableCharacter 2", "3: 2 | x | y")},
		{name: "5 MacRoman", in: encode(charmap.Macintosh, french), rows: frenchRows, warn: rows("encodingGuessed"), detected: "MacRoman ; CRLF"},
		{name: "5 MacRoman, one letter", in: head + "\n1,x,caf\x8e\n", rows: rows("2: 1 | x | café"), warn: rows("encodingGuessed")},
		{name: "5 MacRoman or Windows-1252 in doubt", in: head + "\n1,x,\x80rzte\n", code: sheet.CodeEncodingNotRecognised},
		{name: "5 MacRoman, chosen", in: head + "\n1,x,\x80rzte\n", encoding: "MacRoman", rows: rows("2: 1 | x | Ärzte")},
		{name: "5 CP850 is named", in: head + "\n1,x,caf\x82\n", code: sheet.CodeEncodingNotRecognised, says: rows("CP850", "CSV UTF-8")},
		{name: "4 Windows-1250, chosen", in: head + "\n1,x,T\xf5th\n", encoding: "Windows-1250", rows: rows("2: 1 | x | Tőth")},
		{name: "1 a byte order mark, another chosen", in: "\xef\xbb\xbf" + head + "\n1,x,é\n", encoding: "CP850", rows: rows("2: 1 | x | é")},
		{name: "5 CP850, chosen", in: head + "\n1,x,caf\x82\n", encoding: "CP850", rows: rows("2: 1 | x | café")},
		{name: "5 unknown encoding chosen", in: head + "\n1,x,y\n", encoding: "koi8-r", code: sheet.CodeEncodingNotSupported},
		{name: "6 a few broken bytes in UTF-8", in: head + "\n1,x,é\n2,M\xfcller,y\n3,x,ü\n", rows: rows("2: 1 | x | é", "3: 2 | M\ufffdller | y !unreadableCharacter 1", "4: 3 | x | ü"), detected: "UTF-8 , LF"},
		{name: "6 BOM and broken bytes", in: "\ufeff" + head + "\n1,x,y\n2,M\xfcller,y\n", rows: rows("2: 1 | x | y", "3: 2 | M\ufffdller | y !unreadableCharacter 1")},
		{name: "6 U+FFFD in the file", in: head + "\n1,x,a\ufffdb\n2,x,y\n", rows: rows("2: 1 | x | a\ufffdb !unreadableCharacter 2", "3: 2 | x | y")},
		{name: "7 GBK", in: must(simplifiedchinese.GBK.NewEncoder().String(head + "\n1,北京,中文\n2,上海,姓名\n")), code: sheet.CodeEncodingNotRecognised},
		{name: "7 Shift-JIS", in: must(japanese.ShiftJIS.NewEncoder().String(head + "\n1,東京,名前\n2,カタカナ,山田\n")), code: sheet.CodeEncodingNotRecognised},
		{name: "7 Windows-1251", in: encode(charmap.Windows1251, head+"\n1,Москва,Иван\n"), code: sheet.CodeEncodingNotRecognised},
		{name: "7 EBCDIC", in: encode(charmap.CodePage037, head+"\n1,x,y\n"), code: sheet.CodeEncodingNotRecognised},
		{name: "7 random bytes", in: random(5000), code: sheet.CodeEncodingNotRecognised},
		{name: "8 NUL and other control characters", in: head + "\n1,x,a\x00b\n2,x\x07,y\n3,x,\x7f\n4,x,\u0085\n5,x,\ty\n6,x,y\n7,x,y\n8,x,y\n9,x,y\n",
			rows: rows("2: 1 | x | a\x00b !controlCharacter 2", "3: 2 | x\x07 | y !controlCharacter 1", "4: 3 | x | \x7f !controlCharacter 2", "5: 4 | x | \u0085 !controlCharacter 2",
				"6: 5 | x | \ty", "7: 6 | x | y", "8: 7 | x | y", "9: 8 | x | y", "10: 9 | x | y"), says: rows("U+0000", "place 2")},
		{name: "8 end mark of DOS", in: head + "\r\n1,x,y\r\n\x1a", rows: rows("2: 1 | x | y"), warn: rows("noFinalLineEnd")},
		{name: "9 semicolon", in: "Contact;[old] A;[new] A\n1;1,5;y\n", rows: rows("2: 1 | 1,5 | y"), detected: "UTF-8 ; LF"},
		{name: "9 tab", in: "Contact\t[old] A\t[new] A\n1\t\ty\n", rows: rows("2: 1 |  | y"), detected: "UTF-8 \t LF"},
		{name: "9 bar", in: "Contact|[old] A|[new] A\n1|a,b|y\n", rows: rows("2: 1 | a,b | y"), detected: "UTF-8 | LF"},
		{name: "9 one column", in: "Contact\n1\n2\n", rows: rows("2: 1", "3: 2")},
		{name: "10 sep=;", in: "sep=;\nContact;[new] A\n1;x\n", rows: rows("3: 1 | x"), detected: "UTF-8 ; LF sep"},
		{name: "10 quoted sep", in: "\"sep=,\"\r\nContact,[new] A\r\n1,x\r\n", rows: rows("3: 1 | x"), detected: "UTF-8 , CRLF sep"},
		{name: "10 SEP= with a tab and a BOM", in: "\ufeffSEP=\t\nContact\t[new] A\n1\tx\n", rows: rows("3: 1 | x"), detected: "UTF-8 \t LF sep"},
		{name: "10 sep= in UTF-16", in: utf16Text("sep=;\r\nContact;[new] A\r\n1;x\r\n", false, true), rows: rows("3: 1 | x")},
		{name: "10 sep= re-saved with another separator", in: "sep=;,\nContact,[new] A\n1,x\n", rows: rows("3: 1 | x")},
		{name: "10 sep= with another character", in: "sep=:\nContact:[new] A\n1:x\n", code: sheet.CodeSeparatorNotSupported, says: rows("\":\"")},
		{name: "11 header with commas, body with semicolons", in: head + "\n1;x;y\n2;x;y\n", code: sheet.CodeSeparatorChanges, says: rows(`line 2 by ";"`)},
		{name: "11 later in the body", in: head + "\n1,x,y\n2;x;y\n3;x;y\n", rows: rows("2: 1 | x | y", "3: 2;x;y !wrongCellCount", "4: 3;x;y !wrongCellCount"), code: sheet.CodeSeparatorChanges, says: rows("line 3")},
		{name: "11 one line only", in: head + "\n1,x,y\n2;x;y\n3,x,y\n", rows: rows("2: 1 | x | y", "3: 2;x;y !wrongCellCount", "4: 3 | x | y"), says: rows(`separated by ";"`)},
		{name: "12 bars in cells", in: head + "\n1,ROCK|JAZZ,FOLK|POP|ROCK\n2,A|B,C|D\n", rows: rows("2: 1 | ROCK|JAZZ | FOLK|POP|ROCK", "3: 2 | A|B | C|D"), detected: "UTF-8 , LF"},
		{name: "13 CRLF", in: head + "\r\n1,x,y\r\n2,x,y\r\n", rows: rows("2: 1 | x | y", "3: 2 | x | y"), detected: "UTF-8 , CRLF"},
		{name: "13 CR only", in: head + "\r1,x,y\r2,x,y\r", rows: rows("2: 1 | x | y", "3: 2 | x | y"), detected: "UTF-8 , CR"},
		{name: "13 mixed ends", in: head + "\r\n1,x,y\n2,x,y\r3,x,y\r\n", rows: rows("2: 1 | x | y", "3: 2 | x | y", "4: 3 | x | y"), detected: "UTF-8 , mixed"},
		{name: "13 no end on the last line", in: head + "\n1,x,y\n2,x,y", rows: rows("2: 1 | x | y", "3: 2 | x | y"), warn: rows("noFinalLineEnd"), detected: "UTF-8 , LF noend"},
		{name: "14 line breaks in quoted cells", in: lines(
			head,           // line 1
			`1,"x`, `y",z`, // lines 2 and 3
			"2,\"a\r\nb\rc\",", // lines 4 to 6
			"3,x,y",
		), rows: rows("2: 1 | x\ny | z", "4: 2 | a\r\nb\rc | ", "7: 3 | x | y")},
		{name: "14 line break in the header", in: "Contact,\"[old]\nA\",[new] A\n1,x,y\n", rows: rows("3: 1 | x | y")},
		{name: "15 stray quote in an unquoted cell", in: lines(head, `1,O"Neil,y`, `2,5" x,7"`, `3,x,y`),
			rows: rows(`2: 1 | O"Neil | y`, `3: 2 | 5" x | 7"`, "4: 3 | x | y"), warn: rows("strayQuote")},
		{name: "15 quote after a blank", in: lines(head, `1, "x",y`, `2, "a,b",y`, "3,x,y"),
			rows: rows(`2: 1 |  "x" | y`, `3: 2 |  "a | b" | y !wrongCellCount`, "4: 3 | x | y"), warn: rows("strayQuote"), says: rows("4 cells, header has 3", "quote inside cell 2")},
		{name: "16 opened quote never closed", in: lines(head, `1,x,y`, `2,"x,y`, `3,x,y`, `4,x,y`),
			rows: rows("2: 1 | x | y", `3: 2 | "x | y !unclosedQuote 1`, "4: 3 | x | y", "5: 4 | x | y"), says: rows("opens cell 2 in line 3")},
		{name: "16 closed by the next quoted cell", in: lines(head, `1,"x,y`, `2,x,y`, `3,x,"y"`, `4,x,y`, `5,x,y`),
			rows: rows(`2: 1 | "x | y !unclosedQuote 1`, "3: 2 | x | y", "4: 3 | x | y", "5: 4 | x | y", "6: 5 | x | y"), says: rows("opens cell 2 in line 2")},
		{name: "16 all cells quoted, one end missing", in: lines(`"Contact","[old] A","[new] A"`, `"1","x","y`, `"2","x","y"`, `"3","x","y"`),
			rows: rows(`2: 1 | x | "y !unclosedQuote 2`, "3: 2 | x | y", "4: 3 | x | y")},
		{name: "16 closed by a stray quote so that the shape is right", in: lines(head, `1,"x,y`, `2,x,y`, `3,5",y`, `4,x,y`, `5,x,y`),
			rows: rows("2: 1 | x,y\n2,x,y\n3,5 | y !unclosedQuote 1", "5: 4 | x | y", "6: 5 | x | y"), says: rows("opens in line 2", "the first is line 3")},
		{name: "16 rows lost to a wrong shape", in: lines(head, `1,"x,y`, `2,x,y`, `3,x"`, `4,x,y`, `5,x,y`, "6,x,y"),
			rows: rows(`2: 1 | "x | y !unclosedQuote 1`, "3: 2 | x | y", `4: 3 | x" !wrongCellCount`, "5: 4 | x | y", "6: 5 | x | y", "7: 6 | x | y"), says: rows("opens cell 2 in line 2")},
		{name: "16 in the first cell, closed by a stray quote", in: lines(head, `"1,x,y`, `2,x,y`, `3",x,y`, `4,x,y`, `5,x,y`),
			rows: rows("2: 1,x,y\n2,x,y\n3 | x | y !unclosedQuote 0", "5: 4 | x | y", "6: 5 | x | y")},
		{name: "16 in the last line", in: lines(head, `1,x,y`, `2,x,"y`), rows: rows("2: 1 | x | y", `3: 2 | x | "y !unclosedQuote 2`)},
		{name: "16 several lines belong to the row", in: lines(head, `1,"x`, `a"d, b`, `,,`, `c`, `2,x,y`, `3,x,y`),
			rows: rows("2: 1 | \"x\na\"d, b\n,,\nc !textAfterQuote 1", "6: 2 | x | y", "7: 3 | x | y"), says: rows("Lines 3 to 5 belong")},
		{name: "16 in the header", in: lines(`Contact,"[old] A,[new] A`, `1,x,y`), code: sheet.CodeHeaderUnreadable, says: rows("line 1")},
		{name: "17 text after a closed quote", in: lines(head, `1,"abc"d,y`, `2,x,y`, `3,x,y`),
			rows: rows(`2: 1 | "abc"d | y !textAfterQuote 1`, "3: 2 | x | y", "4: 3 | x | y"), says: rows("line 2, character 8")},
		{name: "17 in the second line of a cell", in: lines(head, `1,"a`, `b"c,y`, `2,x,y`, `3,x,y`),
			rows: rows("2: 1 | \"a\nb\"c,y !textAfterQuote 1", "4: 2 | x | y", "5: 3 | x | y"), says: rows("line 3, character 3", "Line 3 belongs to this row")},
		{name: "17 before a row of several lines", in: lines(head, `1,"a"b,y`, `2,"x`, `y",z`, `3,x,y`),
			rows: rows(`2: 1 | "a"b | y !textAfterQuote 1`, "3: 2 | x\ny | z", "5: 3 | x | y")},
		{name: "18 all cells quoted, quotes doubled", in: lines(`"Contact","[old] A","[new] A"`, `"1","say ""hi""",""""`, `"2","","a,b"`),
			rows: rows(`2: 1 | say "hi" | "`, "3: 2 |  | a,b")},
		{name: "19 smart quotes are text", in: lines(head, `1,“x”,„y“`, `2,“a,b”,y`, `3,x,y`), rows: rows("2: 1 | “x” | „y“", "3: 2 | “a | b” | y !wrongCellCount", "4: 3 | x | y")},
		{name: "20 backslash escapes", in: lines(head, `1,"say \"hi\"",y`, `2,a\"b,c\`, `3,x,y`),
			rows: rows(`2: 1 | "say \"hi\"" | y !backslashQuote 1`, `3: 2 | a\"b | c\`, "4: 3 | x | y"), warn: rows("strayQuote"), says: rows(`twice ("")`, "line 2, character 9")},
		{name: "21 blank lines and lines of separators", in: lines("", ",,", head, "", "1,x,y", ",,", "  , ,\u00a0", `"","",""`, "2,x,y", "", ""), rows: rows("5: 1 | x | y", "9: 2 | x | y")},
		{name: "22 trailing empty columns", in: lines(head+",,", "1,x,y,,", "2,x,y, ,", "3,x,y"), rows: rows("2: 1 | x | y", "3: 2 | x | y", "4: 3 | x | y"), warn: rows("trailingColumns")},
		{name: "23 fewer or more cells", in: lines(head, "1,x", "2,x,y,z", "3,x,y", "4,x,y"), rows: rows("2: 1 | x !wrongCellCount", "3: 2 | x | y | z !wrongCellCount", "4: 3 | x | y", "5: 4 | x | y"), says: rows("2 cells, header has 3")},
		{name: "24 most rows have a wrong count", in: head + "\n" + strings.Repeat("1,x\n", 12) + "2,x,y\n",
			code: sheet.CodeMostRowsMisshapen, says: rows("12 of 13 rows", "lines 2, 3, 4, 5, 6, 7, 8, 9, 10 and 11 and 2 more")},
		{name: "25 empty file", in: "", code: sheet.CodeNoRows},
		{name: "25 only BOM", in: "\ufeff", code: sheet.CodeNoRows},
		{name: "25 only BOM of UTF-16", in: "\xff\xfe", code: sheet.CodeNoRows},
		{name: "25 only blank lines", in: "\r\n \r\n;;;\r\n", code: sheet.CodeNoRows},
		{name: "25 only sep=", in: "sep=;\r\n", code: sheet.CodeNoRows},
		{name: "25 only header", in: head + "\n", code: sheet.CodeNoRows},
		{name: "25 only header, no end", in: head, code: sheet.CodeNoRows},
		{name: "26 header missing", in: "1,x,y\n2,x,y\n", code: sheet.CodeNoHeader, says: rows("line 1")},
		{name: "26 title above the header", in: "Export of May\n\n" + head + "\n1,x,y\n", rows: rows("4: 1 | x | y"), warn: rows("linesAbove")},
		{name: "26 a long title above the header", in: strings.Repeat("Export\n", 11) + head + "\n1,x,y\n", code: sheet.CodeNoHeader, says: rows("Line 12 looks like it")},
		{name: "26 each line one cell", in: "\"Contact;[old] A;[new] A\"\n\"1;x;y\"\n", code: sheet.CodeNoHeader, says: rows(`separator than ";"`)},
		{name: "26 separated by colons", in: "Contact:[old] A:[new] A\n1:x:y\n", code: sheet.CodeNoHeader, says: rows("not separated by a comma")},
		{name: "26 separated by colons, quoted", in: "\"Contact\":\"[old] A\":\"[new] A\"\n1:x:y\n", code: sheet.CodeHeaderUnreadable, says: rows("separated by a comma")},
		{name: "26 columns of fixed width", in: "Contact   [old] A   [new] A\n1         x         y\n", code: sheet.CodeNoHeader, says: rows("not separated by a comma")},
		{name: "26 cells in single quotes", in: "'Contact','[old] A','[new] A'\n'1','x','y'\n", code: sheet.CodeNoHeader, says: rows(`with " as the text delimiter`)},
		{name: "31 duplicate column", in: "Contact,[new] A,x,[NEW]  a\n1,x,y,z\n", code: sheet.CodeDuplicateColumn, says: rows("Columns B and D", "[NEW] a")},
		{name: "33 header again", in: head + "\n1,x,y\n\ufeffcontact, [old] A,[NEW] A\n2,x,y\n", rows: rows("2: 1 | x | y", "3: \ufeffcontact |  [old] A | [NEW] A !headerAgain", "4: 2 | x | y"), warn: rows("headerAgain"), says: rows("a header again")},
		{name: "33 another header", in: head + "\n1,x,y\nContact,[new] A,[old] A\n2,x,y\n", rows: rows("2: 1 | x | y"), code: sheet.CodeHeaderChanges, says: rows("Line 3")},
		{name: "36 xls", in: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random(600), code: sheet.CodeNotATable, says: rows(".xls", "CSV UTF-8")},
		{name: "36 xls of Excel 2 to 4", in: "\x09\x04\x06\x00\x00\x00\x10\x00" + random(600), code: sheet.CodeNotATable, says: rows(".xls", "CSV UTF-8")},
		{name: "36 SYLK", in: "ID;PSCALC3\nX;Y1;X1;K\"Contact\"\n", code: sheet.CodeNotATable, says: rows("SYLK", "CSV UTF-8")},
		{name: "36 DIF", in: "TABLE\r\n0,1\r\n\"EXCEL\"\r\n", code: sheet.CodeNotATable, says: rows("DIF", "CSV UTF-8")},
		{name: "36 PDF", in: "%PDF-1.7\n" + random(600), code: sheet.CodeNotATable, says: rows("PDF", "Send the table itself")},
		{name: "36 HTML", in: "\ufeff \r\n<HTML><body><table><tr><td>Contact</td></tr></table></body></html>", code: sheet.CodeNotATable, says: rows("HTML", "CSV UTF-8")},
		{name: "36 HTML in UTF-16", in: utf16Text("<!-- x --><table><tr>", false, true), code: sheet.CodeNotATable, says: rows("HTML")},
		{name: "36 XML", in: "<?xml version=\"1.0\"?><Workbook>", code: sheet.CodeNotATable, says: rows("XML", "CSV UTF-8")},
		{name: "36 image", in: "\x89PNG\r\n\x1a\n" + random(600), code: sheet.CodeNotATable, says: rows("an image", "Send the table itself")},
		{name: "36 gzip", in: "\x1f\x8b\x08\x00" + random(60), code: sheet.CodeNotATable, says: rows(".gz", "Unpack")},
		{name: "36 a name that begins like an image", in: "BMX;Contact;City\n1;2;3\n", rows: rows("2: 1 | 2 | 3")},
		{name: "39 cut in the middle of a row", in: head + "\n1,x,y\n2,x,y\n3,x", rows: rows("2: 1 | x | y", "3: 2 | x | y", "4: 3 | x !cutOff"), warn: rows("noFinalLineEnd"), says: rows("sent completely")},
		{name: "39 cut in a letter", in: "\ufeff" + head + "\n1,x,é\n2,x,y\n3,x,\xc3", rows: rows("2: 1 | x | é", "3: 2 | x | y", "4: 3 | x | \ufffd !unreadableCharacter 2"), warn: rows("noFinalLineEnd")},
		{name: "39 cut in a quoted cell", in: head + "\n1,x,y\n2,x,y\n3,\"x", rows: rows("2: 1 | x | y", "3: 2 | x | y", "4: 3 | \"x !unclosedQuote 1"), warn: rows("noFinalLineEnd")},
		{name: "40 10,000 columns", in: head + strings.Repeat(",[new] B", 10_000) + "\n1,x,y\n", code: sheet.CodeTooManyColumns, says: rows("2,000 columns")},
		{name: "40 10,000 columns in a row", in: head + "\n1,x,y\n2" + strings.Repeat(",x", 10_000) + "\n", rows: rows("2: 1 | x | y"), code: sheet.CodeTooManyColumns, says: rows("Line 3")},
		{name: "40 cell of 5 MB", in: head + "\n1,x,y\n2," + strings.Repeat("x", 5_000_000) + ",y\n", rows: rows("2: 1 | x | y"), code: sheet.CodeRowTooLong, says: rows("Line 3", "1.05 MB")},
		{name: "40 quoted cell of 5 MB", in: head + "\n1,x,y\n2,\"" + strings.Repeat("x", 5_000_000) + "\",y\n", rows: rows("2: 1 | x | y"), code: sheet.CodeRowTooLong, says: rows("Line 3")},
		{name: "40 quoted cell of 5 MB in lines", in: head + "\n1,x,y\n2,\"" + strings.Repeat("xxxxxxxxx\n", 500_000) + "\",y\n", rows: rows("2: 1 | x | y"), code: sheet.CodeQuotesBroken, says: rows("line 3", "1.05 MB")},
		{name: "40 header of 5 MB", in: strings.Repeat("x", 5_000_000), code: sheet.CodeRowTooLong, says: rows("Line 1")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, []byte(c.in), sheet.Options{KnownColumn: known, Encoding: c.encoding})
			code, text := "", ""
			if got.err != nil {
				code, text = string(got.err.Code), got.err.Message("en")
			} else if len(got.faults) > 0 {
				text = got.faults[0].Message("en")
			}
			if code != c.code {
				t.Fatalf("code %q, want %q; text %q", code, c.code, text)
			}
			if diff := cmp.Diff(c.rows, got.rows); diff != "" && (c.rows != nil || c.code == "" && len(got.rows) < 100) {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			for _, s := range c.says {
				if !strings.Contains(text, s) {
					t.Errorf("%q does not say %q", text, s)
				}
			}
			if c.code != "" {
				return
			}
			if diff := cmp.Diff(c.warn, got.codes()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			d := got.detected
			all := fmt.Sprintf("%s %s %s", d.Encoding, d.Separator, d.LineEnds)
			if d.SepLine {
				all += " sep"
			}
			if !d.FinalLineEnd && c.detected != "" {
				all += " noend"
			}
			if c.detected != "" && all != c.detected {
				t.Errorf("detected %q, want %q", all, c.detected)
			}
		})
	}
}

func TestHeaderNames(t *testing.T) {
	in := "\u200bCONTACT\u00a0; [New]\u00a0 Genre ;\"[old]\n Cafe\u0301\";;City;;\n1;2;3;4;5;;\n"
	got := read(t, []byte(in), sheet.Options{KnownColumn: known})
	want := []string{"CONTACT", "[New] Genre", "[old] Café", "", "City"} // 27
	if diff := cmp.Diff(want, got.header); diff != "" {
		t.Fatalf("header (-want +got):\n%s", diff)
	}
	if got.err != nil || len(got.rows) != 1 || got.detected.Columns != 5 {
		t.Fatalf("%+v", got)
	}
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

// The words by which a user sees that an encoding was guessed rightly.
func TestExamples(t *testing.T) {
	in := encode(charmap.Windows1252, "Contact,[new] A\n1,Frau Müller\n2,Müller\n3,x\n4,été ici\n")
	got := read(t, []byte(in), sheet.Options{KnownColumn: known})
	if len(got.warnings) != 1 {
		t.Fatalf("%+v", got.warnings)
	}
	if diff := cmp.Diff([]string{"Müller", "été"}, got.warnings[0].Params["examples"]); diff != "" {
		t.Fatalf("examples (-want +got):\n%s", diff)
	}
}

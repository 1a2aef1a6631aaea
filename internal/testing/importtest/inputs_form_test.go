package importtest_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

func encoded(e encoding.Encoding, s string) string {
	out, err := e.NewEncoder().String(s)
	if err != nil {
		panic(err) // the texts of these tests fit
	}
	return out
}

func utf16Bytes(s string, order binary.AppendByteOrder, mark bool) string {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// noise gives bytes without pattern, the same each time.
func noise(n int) string {
	x, b := uint32(2463534242), make([]byte, n)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return string(b)
}

const head = "Contact,[old] NOTE,[new] NOTE"

// called is a setup in which the contacts 0000001 and so on have these last names.
func called(names ...string) func(*testing.T, *importtest.World) {
	return func(t *testing.T, w *importtest.World) {
		t.Helper()
		for i, n := range names {
			w.Set(t, demo.Aurora, domain.ContactNumber(fmt.Sprintf("%07d", i+1)), map[domain.Field]domain.Value{domain.ContactLastName: domain.Value(n)})
		}
	}
}

func TestInputEncodings(t *testing.T) { runAll(t, inputEncodings()) }

// How a file is encoded.
func inputEncodings() []input {
	const french = "Contact;[old] NOTE;[new] NOTE\r\n#0000001;;Müller, l’été à 10 €\r\n#0000002;;Noël\r\n"
	const holds = "1 NOTE=Müller, l’été à 10 € | 2 NOTE=Noël"
	const hungarian = "Contact,[info] Last name,[old] NOTE,[new] NOTE\n#0000001,Kővári,,erdő\n#0000002,Müller,,é\n"
	tabs := strings.ReplaceAll(french, ";", "\t")
	return []input{
		{name: "1 UTF-8", file: french, counts: "2 updated", holds: holds, detected: "csv UTF-8 ; CRLF 3"},
		{name: "1 UTF-8 with BOM", file: "\ufeff" + french, counts: "2 updated", holds: holds, detected: "csv UTF-8 ; CRLF 3"},
		{name: "1 UTF-8 with two BOMs", file: "\ufeff\ufeff" + french, counts: "2 updated", holds: holds, detected: "csv UTF-8 ; CRLF 3"},
		{name: "1 a BOM before a quoted header", file: "\ufeff\"Contact\";\"[new] NOTE\"\n#1;x\n#0000002;\"ü\"\n", counts: "1 updated, 1 rejected", holds: "2 NOTE=ü",
			problems: []string{"2 leadingZeros Contact “#1” → #0000001"}, warn: []string{"notCompared", "cellsNotCompared"}},
		{name: "2 UTF-16 LE with BOM", file: utf16Bytes(tabs, binary.LittleEndian, true), counts: "2 updated", holds: holds, detected: "csv UTF-16LE tab CRLF 3"},
		{name: "2 UTF-16 BE with BOM", file: utf16Bytes(tabs, binary.BigEndian, true), counts: "2 updated", holds: holds, detected: "csv UTF-16BE tab CRLF 3"},
		{name: "3 UTF-16 LE without BOM", file: utf16Bytes(tabs, binary.LittleEndian, false), counts: "2 updated", holds: holds, detected: "csv UTF-16LE tab CRLF 3"},
		{name: "3 UTF-16 BE without BOM", file: utf16Bytes(tabs, binary.BigEndian, false), counts: "2 updated", holds: holds, detected: "csv UTF-16BE tab CRLF 3"},
		{name: "3 NULs without a clear pattern", file: strings.ReplaceAll(french, "0", "\x00\x00\x00\x00"), code: "encodingNotRecognised", says: []string{"CSV UTF-8"}},
		{name: "4 Windows-1252", file: encoded(charmap.Windows1252, french), counts: "2 updated", holds: holds,
			warn: []string{"encodingGuessed"}, says: []string{"Windows-1252", "These words stand in the file: \"Müller,\" and \"Noël\"."}, detected: "csv Windows-1252 ; CRLF 3"},
		{name: "4 Windows-1252, one letter in the last row", file: head + "\n#0000001,,x\n#0000002,,caf\xe9\n", counts: "2 updated", holds: "2 NOTE=café",
			warn: []string{"encodingGuessed"}, detected: "csv Windows-1252 , LF 3"},
		{name: "5 MacRoman", file: encoded(charmap.Macintosh, french), counts: "2 updated", holds: holds,
			warn: []string{"encodingGuessed"}, says: []string{"MacRoman"}, detected: "csv MacRoman ; CRLF 3"},
		{name: "5 MacRoman or Windows-1252, in doubt", file: head + "\n#0000001,,\x80rzte\n", code: "encodingNotRecognised", says: []string{"CSV UTF-8"}},
		{name: "5 CP850", file: encoded(charmap.CodePage850, "Contact;[new] NOTE\r\n#0000001;café, élève\r\n"), code: "encodingNotRecognised", says: []string{"CP850"}},
		{name: "5 CP850, chosen", as: "CP850", file: encoded(charmap.CodePage850, "Contact;[new] NOTE\r\n#0000001;café, élève\r\n"), counts: "1 updated", holds: "1 NOTE=café, élève",
			warn: []string{"notCompared", "cellsNotCompared"}, detected: "csv CP850 ; CRLF 2"},
		{name: "5 MacRoman, chosen", as: "MacRoman", file: head + "\n#0000001,,\x80rzte\n", counts: "1 updated", holds: "1 NOTE=Ärzte", detected: "csv MacRoman , LF 3"},
		{name: "5 UTF-8 opened as Windows-1252 and saved again", file: encodedTwice(french), code: "encodingMixedUp", says: []string{"Line 1", "é became Ã©"}},
		{name: "5 the same without a BOM", file: head + "\n#0000001,,dÃ©jÃ\u00a0\n#0000002,,MÃ¼ller\n#0000003,,NESCAFÉ®\n#0000004,,M√ºller\n", counts: "1 updated, 3 rejected",
			problems: []string{"2 encodingMixedUp [new] NOTE “dÃ©jÃ\u00a0” → déjà", "3 encodingMixedUp [new] NOTE “MÃ¼ller” → Müller", "5 encodingMixedUp [new] NOTE “M√ºller” → Müller"}, holds: "1 NOTE= | 3 NOTE=NESCAFÉ®"},
		{name: "5 broken before, and only copied", setup: has("1 NOTE=MÃ¼ller | 2 NOTE=MÃ¼ller | 3 NOTE=MÃ¼ller"), file: head + "\n#0000001,MÃ¼ller,MÃ¼ller\n#0000002,MÃ¼ller,Müller\n#0000003,MÃ¼ller,Empty\n",
			counts: "2 updated, 1 unchanged", holds: "1 NOTE=MÃ¼ller | 2 NOTE=Müller | 3 NOTE="},
		{name: "6 a few invalid bytes", file: head + "\n#0000001,,été\n#0000002,,M\xfcller\n#0000003,,Noël\n#0000004,,Zoë\n", counts: "3 updated, 1 rejected",
			problems: []string{"3 unreadableCharacter [new] NOTE “M\ufffdller”"}, holds: "1 NOTE=été | 2 NOTE= | 3 NOTE=Noël", detected: "csv UTF-8 , LF 3"},
		{name: "6 a replacement character", file: head + "\n#0000001,,M\ufffdller\n#0000002,,x\n", counts: "1 updated, 1 rejected",
			problems: []string{"2 unreadableCharacter [new] NOTE “M\ufffdller”"}},
		{name: "7 GBK", file: encoded(simplifiedchinese.GBK, head+"\n#0000001,,北京中文\n#0000002,,上海姓名\n"), code: "encodingNotRecognised", says: []string{"CSV UTF-8"}},
		{name: "7 Shift-JIS", file: encoded(japanese.ShiftJIS, head+"\n#0000001,,東京カタカナ\n#0000002,,名前山田\n"), code: "encodingNotRecognised"},
		{name: "7 Windows-1251", file: encoded(charmap.Windows1251, head+"\n#0000001,,Москва, Иван\n"), code: "encodingNotRecognised"},
		{name: "7 Windows-1250, told by a name", setup: called("Kővári", "Müller"), file: encoded(charmap.Windows1250, hungarian), code: "encodingNotRecognised",
			warn: []string{"encodingGuessed"}, says: []string{"read as Windows-1250 they are (first on line 2)", "CSV UTF-8"}},
		{name: "7 Windows-1250, chosen", as: "Windows-1250", setup: called("Kővári", "Müller"), file: encoded(charmap.Windows1250, hungarian), counts: "2 updated", holds: "1 NOTE=erdő | 2 NOTE=é"},
		{name: "7 Windows-1252, chosen against the names", as: "Windows-1252", setup: called("Kővári", "Müller"), file: encoded(charmap.Windows1250, hungarian), code: "encodingNotRecognised", says: []string{"choose Windows-1250"}},
		{name: "7 Windows-1250, told by [old]", setup: has("2 NOTE=erdő"), file: encoded(charmap.Windows1250, head+"\n#0000001,,x\n#0000002,erdő,y\n"), code: "encodingNotRecognised", warn: []string{"encodingGuessed"}, says: []string{"read as Windows-1250", "line 3"}},
		{name: "7 Windows-1250 in a file of contacts", dt: domain.Contacts, setup: called("Kővári"), file: encoded(charmap.Windows1250, "Contact,Last name,City\n#0000001,Kővári,Győr\n"),
			code: "encodingNotRecognised", warn: []string{"notCompared", "encodingGuessed"}, says: []string{"read as Windows-1250"}},
		{name: "4 Windows-1252, names as they are stored", setup: called("Kõvári", "Müller"), file: encoded(charmap.Windows1252, strings.ReplaceAll(hungarian, "ő", "õ")), counts: "2 updated", warn: []string{"encodingGuessed"}},
		{name: "4 Windows-1252, names that were changed since", setup: called("Kovács", "Meier"), file: encoded(charmap.Windows1252, strings.ReplaceAll(hungarian, "ő", "õ")), counts: "2 updated", warn: []string{"encodingGuessed"}},
		{name: "4 Windows-1252, one name out of three corrected since", setup: called("Kővári", "Sørensen", "Fàbregas"), file: encoded(charmap.Windows1252,
			"Contact,[info] Last name,[new] GENRE,[old] GENRE\n#0000001,Kõvári,JAZZ,\n#0000002,Sørensen,JAZZ,\n#0000003,Fàbregas,JAZZ,\n"), counts: "3 updated", warn: []string{"encodingGuessed"}},
		{name: "7 EBCDIC", file: encoded(charmap.CodePage037, head+"\n#0000001,,x\n"), code: "encodingNotRecognised"},
		{name: "7 random bytes", file: noise(5000), code: "encodingNotRecognised"},
		{name: "8 NUL and other control characters", file: head + "\n#0000001,,a\x00b\n#0000002,,x\x07\n#0000003,,\x7f\n#0000004,,a\u0085b\n#0000005,,a\tb\n#0000006,,x\n",
			counts: "1 updated, 5 rejected", holds: "1 NOTE= | 5 NOTE= | 6 NOTE=x",
			problems: []string{"2 controlCharacter [new] NOTE “a\x00b”", "3 controlCharacter [new] NOTE “x\a”", "4 controlCharacter [new] NOTE “\x7f”",
				"5 controlCharacter [new] NOTE “a\u0085b”", "6 controlCharacter [new] NOTE “a\tb”"}, says: []string{"U+0000", "place 2", "tab at character 2"}},
		{name: "8 control characters in every row", file: head + "\n#0000001,,a\x00b\n#0000002,,\x01\n", counts: "2 rejected",
			problems: []string{"2 controlCharacter [new] NOTE “a\x00b”", "3 controlCharacter [new] NOTE “\x01”"}},
		{name: "8 the end mark of DOS", file: head + "\r\n#0000001,,x\r\n\x1a", counts: "1 updated", warn: []string{"noFinalLineEnd 3"}},
	}
}

// encodedTwice is what becomes of a UTF-8 file with a byte order mark that is
// opened as Windows-1252 and then saved as UTF-8.
func encodedTwice(s string) string {
	var b strings.Builder
	for _, c := range []byte("\ufeff" + s) {
		b.WriteRune(charmap.Windows1252.DecodeByte(c))
	}
	return b.String()
}

func TestInputForm(t *testing.T) { runAll(t, inputForms()) }

// How a table is written down: separators, line ends, quotes, shape.
func inputForms() []input {
	row := "#0000001,,x"
	noteX := "1 NOTE=x"
	return []input{
		{name: "9 semicolon", file: "Contact;[old] NOTE;[new] NOTE\n#0000001;;1,5 or 2\n", counts: "1 updated", holds: "1 NOTE=1,5 or 2", detected: "csv UTF-8 ; LF 3"},
		{name: "9 tab", file: "Contact\t[old] NOTE\t[new] NOTE\n#0000001\t\tx\n", counts: "1 updated", holds: noteX, detected: "csv UTF-8 tab LF 3"},
		{name: "9 bar", file: "Contact|[old] NOTE|[new] NOTE\n#0000001||x, y; z\n", counts: "1 updated", holds: "1 NOTE=x, y; z", detected: "csv UTF-8 | LF 3"},
		{name: "10 sep=;", file: "sep=;\nContact;[old] NOTE;[new] NOTE\n#0000001;;x\n#0000002;y\n#0000003;;z\n", counts: "2 updated, 1 rejected", holds: noteX,
			problems: []string{"4 wrongCellCount"}, detected: "csv UTF-8 ; LF 3"},
		{name: "10 quoted sep=", file: "\"sep=,\"\r\n" + head + "\r\n#0000001,,x\r\n", counts: "1 updated", holds: noteX, detected: "csv UTF-8 , CRLF 3"},
		{name: "10 sep= with another character", file: "sep=:\nContact:[new] NOTE\n#0000001:x\n", code: "separatorNotSupported"},
		{name: "11 the header uses , and the body ;", file: head + "\n#0000001;;x\n#0000002;;y\n", code: "separatorChanges", says: []string{"line 1", "line 2"}},
		{name: "11 from the third line on", file: head + "\n#0000001,,x\n#0000002;;x\n#0000003;;x\n", code: "separatorChanges", says: []string{"line 3"}},
		{name: "12 multi-choice cells with bars", file: "Contact,[old] INTERESTS,[new] INTERESTS\n#0000001,,PLAYS|CONCERTS\n#0000002,,TALKS|CINEMA|PLAYS\n", counts: "2 updated",
			holds: "1 INTERESTS=CONCERTS|PLAYS | 2 INTERESTS=PLAYS|TALKS|CINEMA", detected: "csv UTF-8 , LF 3"},
		{name: "13 LF", file: lines(head, row), counts: "1 updated", holds: noteX, detected: "csv UTF-8 , LF 3"},
		{name: "13 CRLF", file: head + "\r\n" + row + "\r\n", counts: "1 updated", holds: noteX, detected: "csv UTF-8 , CRLF 3"},
		{name: "13 CR only", file: head + "\r" + row + "\r#0000002,,y\r#0000077,,z\r", counts: "2 updated, 1 rejected", holds: noteX + " | 2 NOTE=y",
			problems: []string{"4 unknownContact Contact “#0000077”"}, detected: "csv UTF-8 , CR 3"},
		{name: "13 mixed ends", file: head + "\r\n" + row + "\n#0000002,,y\r#0000077,,z\r\n", counts: "2 updated, 1 rejected",
			problems: []string{"4 unknownContact Contact “#0000077”"}, detected: "csv UTF-8 , mixed 3"},
		{name: "13 no end on the last line", file: head + "\n#0000002,,y\n" + row, counts: "2 updated", holds: noteX, warn: []string{"noFinalLineEnd 3"}},
		{name: "14 line breaks in quoted cells", file: lines(
			head,                         // line 1
			"#0000001,,\"two", "lines\"", // lines 2 and 3
			"#0000002,,y",                      // line 4
			"#0000003,,\"three\r\nlines\rno\"", // lines 5 to 7
			"#0000099,,z",                      // line 8
		), counts: "1 updated, 3 rejected", holds: "2 NOTE=y", problems: []string{
			"2 lineBreak [new] NOTE “two\nlines”", "5 lineBreak [new] NOTE “three\r\nlines\rno”", "8 unknownContact Contact “#0000099”"}},
		{name: "14 line breaks in [info]", file: lines("Contact,[info] Last name,[old] NOTE,[new] NOTE", "#0000001,\"Na", "me\",,x", "#0000099,,,z"),
			counts: "1 updated, 1 rejected", holds: noteX, problems: []string{"4 unknownContact Contact “#0000099”"}},
		{name: "15 a stray quote in an unquoted cell", file: lines(head, `#0000001,,O"Neil`, `#0000002,,5" x 7"`), counts: "2 updated",
			holds: `1 NOTE=O"Neil | 2 NOTE=5" x 7"`, warn: []string{"strayQuote 2"}},
		{name: "15 a stray quote where the shape is wrong", file: lines(head, `#0000001, "a,b",x`, `#0000002,,x`), counts: "1 updated, 1 rejected",
			problems: []string{"2 wrongCellCount"}, says: []string{"4 cells, header has 3", "quote inside cell 2"}},
		{name: "16 a quote never closed", file: lines(head, row, `#0000002,,"y`, "#0000003,,z", "#0000004,,z"), counts: "3 updated, 1 rejected",
			problems: []string{"3 unclosedQuote [new] NOTE “\"y”"}, says: []string{"line 3"}, holds: noteX + " | 2 NOTE= | 3 NOTE=z | 4 NOTE=z"},
		{name: "16 a quote closed by the next quoted cell", file: lines(head, `#0000001,,"x`, "#0000002,,y", `#0000003,,"z"`, "#0000004,,z"), counts: "3 updated, 1 rejected",
			problems: []string{"2 unclosedQuote [new] NOTE “\"x”"}, holds: "1 NOTE= | 2 NOTE=y | 3 NOTE=z | 4 NOTE=z"},
		{name: "16 a quote closed by a stray one", file: lines(head, `#0000001,"x,y`, `#0000002,,y`, `#0000003,5",y`, `#0000004,,x`, `#0000005,,x`), counts: "2 updated, 1 rejected",
			problems: []string{"2 unclosedQuote [old] NOTE “x,y\n#0000002,,y\n#0000003,5”"}, says: []string{"line 3"}, holds: "1 NOTE= | 2 NOTE= | 3 NOTE= | 4 NOTE=x"},
		{name: "16 in the header", file: lines(`Contact,"[new] NOTE`, "#0000001,x"), code: "headerUnreadable", says: []string{"line 1"}},
		{name: "17 quote closed then text", file: lines(head, `#0000001,,"abc"d`, "#0000002,,x"), counts: "1 updated, 1 rejected",
			problems: []string{`2 textAfterQuote [new] NOTE “"abc"d”`}, says: []string{"line 2, character 16"}, holds: "1 NOTE= | 2 NOTE=x"},
		{name: "17 in a column that only informs", file: lines("Contact,[info] Last name,[new] NOTE", `#0000001,"abc"d,x`, "#0000002,,x"), counts: "1 updated, 1 rejected",
			problems: []string{`2 textAfterQuote [info] Last name “"abc"d”`}, warn: []string{"notCompared", "cellsNotCompared"}},
		{name: "18 all cells quoted, quotes doubled", file: lines(`"Contact","[old] NOTE","[new] NOTE"`, `"#0000001","","say ""hi"""`, `"#0000002","",""""`, `"#0000003","","a,b"`),
			counts: "3 updated", holds: `1 NOTE=say "hi" | 2 NOTE=" | 3 NOTE=a,b`},
		{name: "19 smart quotes are text", file: lines(head, "#0000001,,“x”", "#0000002,,„y“", "#0000003,,«z»"), counts: "3 updated", holds: "1 NOTE=“x” | 2 NOTE=„y“ | 3 NOTE=«z»"},
		{name: "19 smart quotes around a separator", file: lines(head, "#0000001,,“a,b”", "#0000002,,y"), counts: "1 updated, 1 rejected", problems: []string{"2 wrongCellCount"}},
		{name: "20 backslash escapes", file: lines(head, `#0000001,,"say \"hi\""`, `#0000002,,a\b\`, `#0000003,,x`), counts: "2 updated, 1 rejected",
			problems: []string{`2 backslashQuote [new] NOTE “"say \"hi\""”`}, says: []string{`twice ("")`}, holds: `1 NOTE= | 2 NOTE=a\b\`},
		{name: "21 blank lines and lines of separators", file: lines("", ",,", head, "", "#0000001,,x", ",,", "  , ,\u00a0", `"","",""`, "#0000099,,y", "#0000002,,y", "", ""),
			counts: "2 updated, 1 rejected", problems: []string{"9 unknownContact Contact “#0000099”"}, holds: noteX + " | 2 NOTE=y"},
		{name: "21 lines of semicolons", file: lines("Contact;[old] NOTE;[new] NOTE", "#0000001;;x", ";;", ";;;;", "#0000099;;y"),
			counts: "1 updated, 1 rejected", problems: []string{"5 unknownContact Contact “#0000099”"}},
		{name: "22 trailing empty columns, header too", file: lines(head+",,", "#0000001,,x,,", "#0000002,,y, ,"), counts: "2 updated", holds: noteX + " | 2 NOTE=y",
			warn: []string{"trailingColumns 2"}, detected: "csv UTF-8 , LF 3"},
		{name: "22 trailing empty columns below the header only", file: lines(head, "#0000001,,x,,", "#0000002,,y,,"), counts: "2 updated", warn: []string{"trailingColumns 2"}},
		{name: "23 fewer or more cells", file: lines(head, "#0000001,x", "#0000002,,x,y", "#0000003,,x", "#0000004,,x"), counts: "2 updated, 2 rejected",
			problems: []string{"2 wrongCellCount", "3 wrongCellCount"}, says: []string{"2 cells, header has 3", "4 cells, header has 3"}, holds: "1 NOTE= | 2 NOTE= | 3 NOTE=x"},
		{name: "24 most rows have a wrong count", file: head + "\n" + strings.Repeat("#0000001,x\n", 12) + "#0000002,,y\n", code: "mostRowsMisshapen",
			says: []string{"12 of 13 rows", "lines 2, 3, 4, 5, 6, 7, 8, 9, 10 and 11 and 2 more"}, holds: "2 NOTE="},
		{name: "25 an empty file", file: "", code: "noRows"},
		{name: "25 only a BOM", file: "\ufeff", code: "noRows"},
		{name: "25 only the header", file: head + "\n", code: "noRows"},
		{name: "25 only the header, without an end", file: head, code: "noRows"},
		{name: "25 only blank lines", file: "\r\n \r\n;;;\r\n", code: "noRows"},
		{name: "25 only sep=", file: "sep=;\r\n", code: "noRows"},
		{name: "26 header missing", file: lines("#0000001,,x", "#0000002,,y"), code: "noHeader", says: []string{"line 1"}},
		{name: "26 a title above the header", file: lines("Export of May", "", head, row), counts: "1 updated", warn: []string{"linesAbove 1"}, says: []string{"The header is line 3", "Export of May"}},
		{name: "26 rows above the header", file: lines("#0000001,x", head, row), code: "noHeader", says: []string{"Line 2 looks like it"}},
		{name: "26 wide rows above the header", file: lines("a,b,c", head, row), code: "noHeader", says: []string{"Line 2 looks like it"}},
		{name: "27 header in other case, with blanks and hidden characters", file: "\u200bCONTACT ,[OLD]\u00a0note, [New]  Note\u200b\n#0000001,,x\n", counts: "1 updated", holds: noteX},
		{name: "27 blanks inside the brackets, label instead of code", file: "contact,[ old ] Favourite\u00a0genre,[ NEW ] favourite GENRE\n#0000001,,jazz\n", counts: "1 updated", holds: "1 GENRE=JAZZ"},
		{name: "28 columns reordered", file: lines("[new] NOTE,[info] Email,[old] GENRE,Contact,[old] NOTE,[new] GENRE", "x,c0000001@example.org,,#0000001,,JAZZ"), counts: "1 updated",
			holds: noteX + " | 1 GENRE=JAZZ"},
		{name: "28 [info] columns deleted", file: lines(head, row), counts: "1 updated", holds: noteX},
		{name: "29 [old] column deleted", setup: has("1 GENRE=ROCK | 3 GENRE=JAZZ"), file: lines("Contact,[new] GENRE", "#0000001,JAZZ", "#0000002,JAZZ", "#0000003,JAZZ", "#0000004,"),
			counts: "2 updated, 2 unchanged", warn: []string{"notCompared", "cellsNotCompared"}, says: []string{"3 cells of GENRE are not compared"}, holds: "1 GENRE=JAZZ | 2 GENRE=JAZZ"},
		{name: "29 [old] column deleted, one cell", file: lines("Contact,[new] GENRE", "#0000001,JAZZ"), counts: "1 updated", warn: []string{"notCompared", "cellsNotCompared"},
			says: []string{"1 cell of GENRE is not compared"}, holds: "1 GENRE=JAZZ"},
		{name: "30 a field that is not known", file: lines("Contact,[old] GENRE,[new] GENER", "#0000001,,JAZZ"), code: "unknownColumn", says: []string{"\"[new] GENER\"", "column 3", "\"[new] GENRE\""}},
		{name: "30 a role that is not known", file: lines("Contact,[neu] GENRE", "#0000001,JAZZ"), code: "unknownColumn", says: []string{"\"[new] GENRE\""}},
		{name: "30 a field renamed by hand", file: lines("Contact,[old] GENRE,[new] Music 2026", "#0000001,,JAZZ"), code: "unknownColumn", says: []string{"\"[new] Music 2026\""}},
		{name: "30 a column of one's own", file: lines(head+",Remarks", row+",call back"), code: "unknownColumn", says: []string{"\"Remarks\"", "column 4"}},
		{name: "30 several columns of one's own", file: lines(head+",Remarks,[info] City,[new] NOTES,Called", row+",call back,Bern,x,no"), code: "unknownColumn",
			says: []string{"\"Remarks\"", "Not known either: \"[new] NOTES\" and \"Called\"."}},
		{name: "30 contacts from another system", dt: domain.Contacts, file: lines("Contact,Nom,Courriel", "#0000001,Müller,m@example.org"), code: "unknownColumn",
			warn: []string{"columnsRecognised"},
			says: []string{"\"Nom\"", "A file of contacts has the columns Contact, Email, Title, First name, Last name", "Courriel → Email"}},
		{name: "30 a column without a name", file: lines("Contact,,[old] NOTE,[new] NOTE", "#0000001,call back,,x"), code: "unknownColumn", says: []string{"column 2"}},
		{name: "31 duplicate column", file: lines("Contact,[new] NOTE,[NEW]  note", "#0000001,x,y"), code: "duplicateColumn", says: []string{"Columns B and C"}},
		{name: "31 duplicate after label and code", file: lines("Contact,[new] GENRE,[new] Favourite genre", "#0000001,JAZZ,ROCK"), code: "duplicateColumn", says: []string{"[new] GENRE", "[new] Favourite genre"}},
		{name: "31 the key twice", file: lines("Contact,contact,[new] NOTE", "#0000001,#0000002,x"), code: "duplicateColumn"},
		{name: "32 no Contact column", file: lines("[info] Email,[old] NOTE,[new] NOTE", "c0000001@example.org,,x"), code: "noKeyColumn", says: []string{"\"Contact\""}},
		{name: "33 header repeated in the middle", file: lines(head, row, head, "#0000002,,y"), counts: "2 updated, 1 rejected", problems: []string{"3 headerAgain"},
			warn: []string{"headerAgain 3"}, says: []string{"a header again"}, holds: noteX + " | 2 NOTE=y"},
		{name: "33 another header in the middle", file: lines(head, row, "Contact,[new] NOTE,[old] NOTE", "#0000002,y,"), code: "headerChanges", says: []string{"Line 3"}, holds: "1 NOTE="},
		{name: "33 header repeated in a file that asks for nothing", file: lines(head, "#0000001,,", head, "#0000002,,"), code: "nothingToDo", warn: []string{"headerAgain 3"}},
	}
}

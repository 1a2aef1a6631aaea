package sheet

import (
	"bytes"
	"fmt"
	"strings"
)

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) || bytes.HasPrefix(head, []byte("PK\x07\x08"))
}

// What to do with a file that is no table, where saving it again does not help.
const (
	sendTable = `Send the table itself, saved as .xlsx or "CSV UTF-8".`
	unpack    = "Unpack it and send the CSV, or pack it as .zip."
)

// magics are the first bytes of files that people send instead of a table.
var magics = []struct{ magic, what, hint string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls) or a workbook with a password", howToSave},
	{"\x09\x00\x04\x00", "an old Excel file (.xls)", howToSave},
	{"\x09\x02\x06\x00", "an old Excel file (.xls)", howToSave},
	{"\x09\x04\x06\x00", "an old Excel file (.xls)", howToSave},
	{"ID;PSCALC", "a SYLK file (.slk)", howToSave},
	{"ID;PWXL;", "a SYLK file (.slk)", howToSave},
	{"TABLE\r\n0,1\r\n", "a DIF file (.dif)", howToSave},
	{"TABLE\n0,1\n", "a DIF file (.dif)", howToSave},
	{"%PDF-", "a PDF", sendTable},
	{"\x89PNG", "an image", sendTable},
	{"\xff\xd8\xff", "an image", sendTable},
	{"GIF8", "an image", sendTable},
	{"II*\x00", "an image", sendTable},
	{"MM\x00*", "an image", sendTable},
	{"BM", "an image", sendTable},
	{"\x1f\x8b", "a .gz archive", unpack},
	{"7z\xbc\xaf\x27\x1c", "a .7z archive", unpack},
	{"Rar!\x1a\x07", "a .rar archive", unpack},
	{"\x28\xb5\x2f\xfd", "a .zst archive", unpack},
	{"BZh", "a .bz2 archive", unpack},
	{"\xfd7zXZ\x00", "an .xz archive", unpack},
	{"{\\rtf", "a text document (.rtf)", sendTable},
	{"SQLite format 3\x00", "a database", sendTable},
	{"PAR1", "a Parquet file", sendTable},
	{"\x7fELF", "a program", sendTable},
	{"MZ", "a program", sendTable},
}

// markups are the first tags of files that show tables but are none.
var markups = []struct{ tag, what, hint string }{
	{"<!doctype html", "a web page (HTML)", howToSave},
	{"<html", "a web page (HTML)", howToSave},
	{"<head", "a web page (HTML)", howToSave},
	{"<body", "a web page (HTML)", howToSave},
	{"<table", "a web page (HTML)", howToSave},
	{"<meta", "a web page (HTML)", howToSave},
	{"<style", "a web page (HTML)", howToSave},
	{"<svg", "an image", sendTable},
	{"<?xml", "an XML file", howToSave},
	{"<workbook", "an XML file", howToSave},
	{"<office:", "an XML file", howToSave},
}

// otherType tells by the first bytes what the file is if it is no text table.
func otherType(head []byte) error {
	for _, m := range magics {
		if !bytes.HasPrefix(head, []byte(m.magic)) {
			continue
		}
		if len(m.magic) == 2 && !bytes.ContainsRune(head, 0) && m.magic != "\x1f\x8b" {
			continue // two letters that a name may begin with
		}
		return errNotATable(m.what, m.hint)
	}
	text := strings.ToLower(strings.TrimLeft(strings.TrimPrefix(asciiHead(head), bom), " \t\r\n"))
	for strings.HasPrefix(text, "<!--") {
		_, rest, ok := strings.Cut(text, "-->")
		if !ok {
			break
		}
		text = strings.TrimLeft(rest, " \t\r\n")
	}
	for _, m := range markups {
		if strings.HasPrefix(text, m.tag) {
			return errNotATable(m.what, m.hint)
		}
	}
	return nil
}

// asciiHead takes the zeros and mark of UTF-16 out, which is enough to see tags.
func asciiHead(head []byte) string {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	return string(head)
}

func errNotATable(what, hint string) error {
	return invalid(CodeNotATable, "%s", fmt.Sprintf("This is %s, not a table. %s", what, hint))
}

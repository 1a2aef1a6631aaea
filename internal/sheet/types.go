package sheet

import (
	"bytes"
	"fmt"
	"strings"
)

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) || bytes.HasPrefix(head, []byte("PK\x07\x08"))
}

// magics are the first bytes of files that people send instead of a table.
var magics = []struct{ magic, what string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls) or a workbook with a password"},
	{"%PDF-", "a PDF"},
	{"\x89PNG", "an image"},
	{"\xff\xd8\xff", "an image"},
	{"GIF8", "an image"},
	{"II*\x00", "an image"},
	{"MM\x00*", "an image"},
	{"BM", "an image"},
	{"\x1f\x8b", "a .gz archive"},
	{"7z\xbc\xaf\x27\x1c", "a .7z archive"},
	{"Rar!\x1a\x07", "a .rar archive"},
	{"\x28\xb5\x2f\xfd", "a .zst archive"},
	{"BZh", "a .bz2 archive"},
	{"\xfd7zXZ\x00", "an .xz archive"},
	{"{\\rtf", "a text document (.rtf)"},
	{"SQLite format 3\x00", "a database"},
	{"PAR1", "a Parquet file"},
	{"\x7fELF", "a program"},
	{"MZ", "a program"},
}

// markups are the first tags of files that show tables but are none.
var markups = []struct{ tag, what string }{
	{"<!doctype html", "a web page (HTML)"},
	{"<html", "a web page (HTML)"},
	{"<head", "a web page (HTML)"},
	{"<body", "a web page (HTML)"},
	{"<table", "a web page (HTML)"},
	{"<meta", "a web page (HTML)"},
	{"<style", "a web page (HTML)"},
	{"<svg", "an image"},
	{"<?xml", "an XML file"},
	{"<workbook", "an XML file"},
	{"<office:", "an XML file"},
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
		return errNotATable(m.what)
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
			return errNotATable(m.what)
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

func errNotATable(what string) error {
	hint := howToSave
	if strings.Contains(what, "archive") {
		hint = "Unpack it and send the CSV, or pack it as .zip."
	}
	return invalid(CodeNotATable, "%s", fmt.Sprintf("This is %s, not a table. %s", what, hint))
}

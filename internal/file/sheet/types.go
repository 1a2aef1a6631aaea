package sheet

import (
	"bytes"
	"strings"
)

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) || bytes.HasPrefix(head, []byte("PK\x07\x08"))
}

// What to do with a file that is no table, where saving it again does not help.
const (
	howToSave = "save"
	sendTable = "send"
	unpack    = "unpack"
)

// magics are the first bytes of files that people send instead of a table.
var magics = []struct{ magic, what, hint string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xlsOrLocked", howToSave},
	{"\x09\x00\x04\x00", "xls", howToSave},
	{"\x09\x02\x06\x00", "xls", howToSave},
	{"\x09\x04\x06\x00", "xls", howToSave},
	{"ID;PSCALC", "slk", howToSave},
	{"ID;PWXL;", "slk", howToSave},
	{"TABLE\r\n0,1\r\n", "dif", howToSave},
	{"TABLE\n0,1\n", "dif", howToSave},
	{"%PDF-", "pdf", sendTable},
	{"\x89PNG", "image", sendTable},
	{"\xff\xd8\xff", "image", sendTable},
	{"GIF8", "image", sendTable},
	{"II*\x00", "image", sendTable},
	{"MM\x00*", "image", sendTable},
	{"BM", "image", sendTable},
	{"\x1f\x8b", "gz", unpack},
	{"7z\xbc\xaf\x27\x1c", "7z", unpack},
	{"Rar!\x1a\x07", "rar", unpack},
	{"\x28\xb5\x2f\xfd", "zst", unpack},
	{"BZh", "bz2", unpack},
	{"\xfd7zXZ\x00", "xz", unpack},
	{"{\\rtf", "rtf", sendTable},
	{"SQLite format 3\x00", "database", sendTable},
	{"PAR1", "parquet", sendTable},
	{"\x7fELF", "program", sendTable},
	{"MZ", "program", sendTable},
}

// markups are the first tags of files that show tables but are none.
var markups = []struct{ tag, what, hint string }{
	{"<!doctype html", "html", howToSave},
	{"<html", "html", howToSave},
	{"<head", "html", howToSave},
	{"<body", "html", howToSave},
	{"<table", "html", howToSave},
	{"<meta", "html", howToSave},
	{"<style", "html", howToSave},
	{"<svg", "image", sendTable},
	{"<?xml", "xml", howToSave},
	{"<workbook", "xml", howToSave},
	{"<office:", "xml", howToSave},
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
	return invalid("notATable", what, hint)
}

package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"

	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
	"rollbook/internal/file/workbook"
	"rollbook/internal/local/demo"
)

var formHeader = []string{"Contact", "[info] Email", "[info] Last name", "[old] GENRE", "[new] GENRE", "[old] SEGMENT", "[new] SEGMENT", "[old] NOTE", "[new] NOTE"}

// makeFiles writes a form of so many contacts as CSV and as workbook, and a file that
// changes the note of each of fewer.
func makeFiles(dir string, rows, booked int) error {
	var form, book, changes bytes.Buffer
	w := csv.NewWriter(&form)
	t := workbook.Table{Name: "Contacts", Language: "en"}
	for _, h := range formHeader {
		t.Columns = append(t.Columns, workbook.Column{Name: h})
	}
	b, err := workbook.New(&book, t)
	if err != nil {
		return err
	}
	if err := w.Write(formHeader); err != nil {
		return err
	}
	for c := range demo.Contacts(demo.Aurora, booked) {
		row := []string{"#" + string(c.Number), sheet.Guard(c.Email()), sheet.Guard(string(c.Get(domain.ContactLastName)))}
		for _, f := range []domain.Field{"criterion:GENRE", "criterion:SEGMENT", "criterion:NOTE"} {
			row = append(row, sheet.Guard(string(c.Get(f))), "")
		}
		if err := w.Write(row); err != nil {
			return err
		}
		if err := b.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	if err := b.Close(); err != nil {
		return err
	}
	changes.WriteString("Contact,[old] NOTE,[new] NOTE\n")
	for i := range rows {
		fmt.Fprintf(&changes, "%s,old %d,new %d\n", demo.Number(i), i, i)
	}
	for name, file := range map[string]*bytes.Buffer{"form.csv": &form, "form.xlsx": &book, "changes.csv": &changes} {
		if err := os.WriteFile(filepath.Join(dir, name), file.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

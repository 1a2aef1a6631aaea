// Package workbook writes import templates as Excel workbooks (.xlsx): one
// protected sheet with the table, in which only the [new] cells can be edited,
// and a hidden sheet with the values that their drop-down lists offer. Files of
// errors are written likewise, with all cells open and those at fault marked.
//
// A [Writer] is a stream: whatever the number of rows, it holds one block and
// what the compression needs. Every cell is text, so that a spreadsheet changes
// nothing, and begins with the same guard as in our CSV files (see
// [sheet.Guard]): whichever of the two comes back, in whatever form a
// spreadsheet saved it, exactly one apostrophe comes off.
package workbook

import (
	"archive/zip"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
)

// Excel's limits. What is over them makes it "repair" a file by leaving it out.
const (
	// MaxRows is how many rows fit below the header.
	MaxRows = 1<<20 - 1
	// MaxColumns is how many columns a sheet has.
	MaxColumns = 1 << 14

	maxCell   = 32767 // characters, as UTF-16 counts them
	maxTitle  = 32    // of a message
	maxPrompt = 255   // of the text beside a cell
	maxError  = 225   // of the text when a value is not in the list
)

// The codes of what does not fit a workbook.
const (
	TooManyRows    = "tooManyContacts"
	TooManyColumns = "tooManyFields"
	CellTooLong    = "valueTooLong"
)

// A Column is one column of the table.
type Column struct {
	Name string
	// Field is the definition of the column's field, nil for a column without
	// one. Its kind and values decide what the cells of an open column offer.
	Field *domain.FieldDef
	// Options are offered for one of the contact's own fields, which are checked
	// by more than a list: other texts are not called mistakes.
	Options []string
	// Open cells can be edited.
	Open bool
}

// OptionsOf returns what the new value of one of the contact's own fields is chosen
// from, besides what people write.
func OptionsOf(f domain.Field, s domain.Settings) []string {
	switch f {
	case domain.ContactTitle:
		return append(slices.Clone(s.Titles), "Empty")
	case domain.ContactLanguage:
		return append(slices.Clone(domain.Languages), "Empty")
	}
	return nil
}

// A Table is what a workbook holds.
type Table struct {
	Name     string // of its sheet, up to 31 letters
	Language string // en, fr, de, it or es: of the messages; else English
	Columns  []Column
	Modified time.Time // of the parts: the same table is the same bytes
	Made     time.Time // when the template was made, as the workbook says; zero says nothing
	// Loose tables can be edited everywhere, and their rows may have more cells
	// than there are columns.
	Loose bool
}

// A Writer writes one workbook. It keeps the first error and returns it from
// every later call.
type Writer struct {
	table Table
	lists []list
	zip   *zip.Writer
	out   io.Writer // the sheet
	buf   []byte
	start [][]byte // of the cells of each column, up to their row
	rows  int
	err   error
}

// list is what the cells of an open column offer: cells of the second sheet.
type list struct {
	column  int
	field   domain.FieldDef
	options []string
	letters string // of the column on the second sheet
}

// writeBlock is what is gathered before it is compressed.
const writeBlock = 64 << 10

// New begins a workbook: everything up to the table's first row.
func New(w io.Writer, t Table) (*Writer, error) {
	if len(t.Columns) > MaxColumns {
		return nil, fault.New(fault.TooLarge, "tooManyFields", len(t.Columns), MaxColumns)
	}
	out := &Writer{table: t, zip: zip.NewWriter(w), buf: make([]byte, 0, writeBlock+8<<10)}
	// The sheet's XML repeats itself so much that better levels gain little.
	out.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 3) })
	values := 0
	for i, c := range t.Columns {
		if c.Open {
			l := list{column: i, field: *c.Field, options: field.Options(*c.Field, t.Language)}
			for _, s := range c.Options {
				if s != "" && sheet.Guard(s) == s {
					l.options = append(l.options, s)
				}
			}
			if len(l.options) > 0 {
				l.letters = letters(values)
				values++
			}
			out.lists = append(out.lists, l)
		}
		out.start = append(out.start, fmt.Appendf(nil, `<c r="%s`, letters(i)))
	}
	for _, p := range []struct {
		name string
		fill func([]byte) []byte
	}{
		{"[Content_Types].xml", func(b []byte) []byte { return append(b, contentTypes...) }},
		{"_rels/.rels", func(b []byte) []byte { return append(b, rootRels...) }},
		{"docProps/core.xml", out.properties},
		{"xl/_rels/workbook.xml.rels", func(b []byte) []byte { return append(b, bookRels...) }},
		{"xl/styles.xml", func(b []byte) []byte { return append(b, styles...) }},
		{"xl/worksheets/sheet2.xml", out.values},
		{"xl/worksheets/sheet1.xml", out.head},
	} {
		if err := out.part(p.name); err != nil {
			return nil, err
		}
		out.buf = p.fill(out.buf)
		if err := out.flush(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// part begins the next part of the workbook.
func (w *Writer) part(name string) (err error) {
	w.out, err = w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.table.Modified.UTC()})
	return err
}

func (w *Writer) flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.out.Write(w.buf)
		w.buf = w.buf[:0]
	}
	return w.err
}

// Write writes the next row: the cells of all columns, without guards. A row or
// a cell that a workbook cannot take is a *fault.Error of kind TooLarge.
func (w *Writer) Write(cells []string) error { return w.WriteMarked(cells, nil) }

// WriteMarked is Write of a row of which some cells, by their places, are marked
// as wrong.
func (w *Writer) WriteMarked(cells []string, wrong []int) error {
	if w.err != nil {
		return w.err
	}
	if len(cells) != len(w.table.Columns) && !(w.table.Loose && len(cells) > len(w.table.Columns) && len(cells) <= MaxColumns) {
		w.err = fmt.Errorf("workbook: a row of %d cells for %d columns", len(cells), len(w.table.Columns))
		return w.err
	}
	if w.rows == MaxRows {
		w.err = fault.New(fault.TooLarge, "tooManyContacts", MaxRows)
		return w.err
	}
	w.rows++
	w.row(w.rows+1, cells, wrong)
	if w.err == nil && len(w.buf) >= writeBlock {
		return w.flush()
	}
	return w.err
}

func (w *Writer) row(n int, cells []string, wrong []int) {
	w.buf = append(w.buf, `<row r="`...)
	w.buf = strconv.AppendInt(w.buf, int64(n), 10)
	w.buf = append(w.buf, '"', '>')
	for i, s := range cells {
		marked := slices.Contains(wrong, i)
		if s == "" && !marked {
			continue // the column has the style
		}
		if i < len(w.start) {
			w.buf = append(w.buf, w.start[i]...)
		} else {
			w.buf = fmt.Appendf(w.buf, `<c r="%s`, letters(i))
		}
		as := w.style(i, n == 1)
		if marked {
			as = atFault
		}
		w.buf = strconv.AppendInt(w.buf, int64(n), 10)
		w.buf = append(w.buf, `" s="`...)
		w.buf = append(w.buf, '0'+byte(as))
		if s == "" {
			w.buf = append(w.buf, `"/>`...)
			continue
		}
		w.buf = append(w.buf, `" t="inlineStr"><is>`...)
		if s = sheet.Guard(s); len(s) > maxCell && units(s) > maxCell {
			w.err = fault.New(fault.TooLarge, "valueTooLong", w.named(i), maxCell)
			return
		}
		w.buf = appendText(w.buf, s)
		w.buf = append(w.buf, `</is></c>`...)
	}
	w.buf = append(w.buf, `</row>`...)
}

// named is what a column is called, "" for one that has no name.
func (w *Writer) named(column int) string {
	if column >= len(w.table.Columns) {
		return ""
	}
	return w.table.Columns[column].Name
}

func (w *Writer) style(column int, header bool) style {
	switch opened := column < len(w.table.Columns) && w.table.Columns[column].Open; {
	case header && opened:
		return openHeader
	case header:
		return lockedHeader
	case opened:
		return open
	case w.table.Loose:
		return loose
	}
	return locked
}

// Close ends the workbook. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	w.buf = w.tail(w.buf)
	if err := w.flush(); err != nil {
		return err
	}
	// The names know where the table ends.
	if w.err = w.part("xl/workbook.xml"); w.err != nil {
		return w.err
	}
	w.buf = w.book(w.buf)
	if err := w.flush(); err != nil {
		return err
	}
	w.err = w.zip.Close()
	return w.err
}

// letters returns the name of a column: A, B … Z, AA.
func letters(column int) string {
	var b []byte
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		b = append([]byte{'A' + byte((n-1)%26)}, b...)
	}
	return string(b)
}

// units counts the characters as Excel does: in UTF-16.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// cut shortens a text to so many units.
func cut(s string, most int) string {
	if units(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
		if n >= most {
			return s[:i] + "…"
		}
	}
	return s
}

// appendText appends a text as the element that cells hold.
func appendText(b []byte, s string) []byte {
	if c, d := s[0], s[len(s)-1]; c <= ' ' || d <= ' ' {
		b = append(b, `<t xml:space="preserve">`...)
	} else {
		b = append(b, `<t>`...)
	}
	b = escape(b, s)
	return append(b, `</t>`...)
}

// escape appends a text with what XML cannot hold written as _x000D_, and what
// looks like that with its first _ so.
func escape(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		var as string
		size := 1
		switch {
		case c == '&':
			as = "&amp;"
		case c == '<':
			as = "&lt;"
		case c == '>':
			as = "&gt;"
		case c == '_':
			if !looksEscaped(s[i:]) {
				continue
			}
			as = "_x005F_"
		case c == '\t' || c == '\n':
			continue
		case c < ' ':
			as = fmt.Sprintf("_x%04X_", c)
		case c < utf8.RuneSelf:
			continue
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				as = "\uFFFD"
			case r == 0xFFFE || r == 0xFFFF:
				as = fmt.Sprintf("_x%04X_", r)
			default:
				i += n - 1
				continue
			}
			size = n
		}
		b = append(b, s[from:i]...)
		b = append(b, as...)
		from = i + size
		i = from - 1
	}
	return append(b, s[from:]...)
}

func looksEscaped(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}

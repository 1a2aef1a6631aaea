package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// guarded tells the characters that make a spreadsheet run what begins with
// them as a formula, and the apostrophe that takes this away.
var guarded = [256]bool{'=': true, '+': true, '-': true, '@': true, '\t': true, '\r': true, '\n': true, '\'': true}

// separates tells the characters that a spreadsheet may cut a line at: the file
// may be opened with another separator than ours.
var separates = [256]bool{',': true, ';': true, '\t': true, '|': true}

// guards tells whether a spreadsheet may take s[i] for the start of a formula.
func guards(s string, i int) bool {
	return guarded[s[i]] && (i == 0 || separates[s[i-1]])
}

// Guard returns s so that a spreadsheet takes it as text, whatever separator it
// opens the file with: with one apostrophe before each of = + - @ ' tab CR LF
// that stands at the start or after one of , ; tab |.
func Guard(s string) string {
	var out []byte
	from := 0
	for i := range len(s) {
		if guards(s, i) {
			out = append(append(out, s[from:i]...), '\'')
			from = i
		}
	}
	if out == nil {
		return s
	}
	return string(append(out, s[from:]...))
}

// Unmark takes off what other programs put around a number to keep it a text:
// ="01067" and '04101 are 01067 and 04101. What Guard has written has none.
func Unmark(s string) (text string, marked bool) {
	if len(s) < 2 {
		return s, false
	}
	switch s[0] {
	case '=':
		inner := s[1:]
		if len(inner) >= 2 && inner[0] == '"' && inner[len(inner)-1] == '"' && strings.IndexByte(inner[1:len(inner)-1], '"') < 0 {
			return inner[1 : len(inner)-1], true
		}
	case '\'':
		if s[1] >= '0' && s[1] <= '9' && strings.Trim(s[1:], "0123456789 .-/") == "" {
			return s[1:], true
		}
	}
	return s, false
}

// Unguard takes off what Guard has put on: exactly one apostrophe before each
// guarded character, at the start or after a separator. Unguard(Guard(s)) is s
// for every s.
func Unguard(s string) string {
	if strings.IndexByte(s, '\'') < 0 {
		return s
	}
	var out []byte
	from := 0
	for i, start := 0, true; i < len(s); i++ {
		if start && s[i] == '\'' && i+1 < len(s) && guarded[s[i+1]] {
			out = append(out, s[from:i]...)
			from = i + 1
			i++
		}
		start = separates[s[i]]
	}
	if from == 0 {
		return s
	}
	return string(append(out, s[from:]...))
}

// A Writer writes rows as spreadsheets open them rightly: UTF-8 with byte order
// mark, CRLF, RFC 4180 quoting where a cell needs it. It allocates nothing per
// row. It keeps the first error of the underlying writer and returns it from
// every later call.
type Writer struct {
	w     io.Writer
	sep   byte
	quote [256]bool // bytes that make a cell need quotes
	buf   []byte
	err   error
}

// writeBlock is what the Writer gathers before it writes.
const writeBlock = 64 << 10

// NewWriter returns a Writer with the separator, one of , ; | and tab. The byte
// order mark is written even if no row follows.
func NewWriter(w io.Writer, sep rune) *Writer {
	out := &Writer{w: w, buf: make([]byte, 0, writeBlock+4<<10)}
	switch sep {
	case ',', ';', '\t', '|':
		out.sep = byte(sep)
	default:
		out.err = fmt.Errorf("sheet: %q is not a separator", sep)
	}
	for _, c := range []byte{out.sep, '"', '\r', '\n'} {
		out.quote[c] = true
	}
	out.buf = append(out.buf, bom...)
	return out
}

// Write writes one row of our own cells, each guarded (see [Guard]).
func (w *Writer) Write(cells []string) error { return w.row(cells, true) }

// WriteRaw writes one row without guards: for cells that go back exactly as
// they were uploaded.
func (w *Writer) WriteRaw(cells []string) error { return w.row(cells, false) }

func (w *Writer) row(cells []string, guard bool) error {
	if w.err != nil {
		return w.err
	}
	for i, c := range cells {
		if i > 0 {
			w.buf = append(w.buf, w.sep)
		}
		w.cell(c, guard)
	}
	w.buf = append(w.buf, '\r', '\n')
	if len(w.buf) >= writeBlock {
		return w.Flush()
	}
	return nil
}

func (w *Writer) cell(s string, guard bool) {
	if s == "" {
		return
	}
	// Some programs trim blanks around an unquoted cell.
	need := s[0] == ' ' || s[len(s)-1] == ' '
	for i := 0; i < len(s) && !need; i++ {
		need = w.quote[s[i]]
	}
	if need {
		w.buf = append(w.buf, '"')
	}
	from := 0
	for i := range len(s) {
		quote, apostrophe := s[i] == '"', guard && guards(s, i)
		if !quote && !apostrophe {
			continue
		}
		w.buf = append(w.buf, s[from:i]...)
		from = i
		if quote {
			w.buf = append(w.buf, '"')
		}
		if apostrophe {
			w.buf = append(w.buf, '\'')
		}
	}
	w.buf = append(w.buf, s[from:]...)
	if need {
		w.buf = append(w.buf, '"')
	}
}

// Flush writes what is gathered to the underlying writer.
func (w *Writer) Flush() error {
	if w.err != nil || len(w.buf) == 0 {
		return w.err
	}
	n, err := w.w.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	w.buf = w.buf[:0]
	if err != nil {
		w.err = errors.Join(errors.New("sheet: write"), err)
	}
	return w.err
}

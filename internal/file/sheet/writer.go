package sheet

import (
	"errors"
	"fmt"
	"io"
)

// guarded tells the first characters that make a spreadsheet run a cell as a
// formula, and the apostrophe that takes this away.
func guarded(c byte) bool {
	switch c {
	case '=', '+', '-', '@', '\t', '\r', '\n', '\'':
		return true
	}
	return false
}

// Guard returns s so that a spreadsheet takes it as text: with one leading
// apostrophe where it begins with one of = + - @ ' tab CR LF.
func Guard(s string) string {
	if s != "" && guarded(s[0]) {
		return "'" + s
	}
	return s
}

// Unguard takes off what Guard has put on: exactly one leading apostrophe, and
// only where a guarded character follows. Unguard(Guard(s)) is s for every s.
func Unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && guarded(s[1]) {
		return s[1:]
	}
	return s
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
	guard = guard && guarded(s[0])
	// Some programs trim blanks around an unquoted cell.
	need := s[0] == ' ' || s[len(s)-1] == ' '
	for i := 0; i < len(s) && !need; i++ {
		need = w.quote[s[i]]
	}
	if !need {
		if guard {
			w.buf = append(w.buf, '\'')
		}
		w.buf = append(w.buf, s...)
		return
	}
	w.buf = append(w.buf, '"')
	if guard {
		w.buf = append(w.buf, '\'')
	}
	for from := 0; ; {
		i := from
		for i < len(s) && s[i] != '"' {
			i++
		}
		w.buf = append(w.buf, s[from:i]...)
		if i == len(s) {
			break
		}
		w.buf = append(w.buf, '"', '"')
		from = i + 1
	}
	w.buf = append(w.buf, '"')
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

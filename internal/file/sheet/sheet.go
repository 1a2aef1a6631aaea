package sheet

import (
	"io"
	"slices"
	"strings"
	"time"

	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// Options say what Open may rely on. The zero value detects everything.
type Options struct {
	// KnownColumn reports whether a name, as in [Reader.Header], looks like one
	// of our columns. The separator is the one under which the header yields
	// most of them, and a first line without any is no header. When it is nil
	// the separator that yields most columns is taken, and any line is a header.
	KnownColumn func(name string) bool
	// Encoding is "" for detection, or the one of [Encodings] that the user
	// chose. A byte order mark is believed all the same.
	Encoding string
	// Width is how many columns there are at least: those at the right of the header
	// that have no name are columns too. Zero cuts them off.
	Width int
	// Limits that are zero have their default.
	Limits Limits

	block int // bytes read at once; tests make it odd
}

// The usual limits.
const (
	MaxFileBytes = 5_000_000_000
	MaxRowBytes  = 1 << 20
	MaxColumns   = 2000
	MaxRows      = 10_000_000
)

// Limits bound what is read; a zero is the usual one. They hold while reading,
// so that no more memory is used before a file over the limit is refused.
type Limits struct {
	FileBytes int64 // of the file and of what is unpacked from it
	RowBytes  int   // of one row as UTF-8, with its line breaks
	Columns   int
	Rows      int
}

func (l Limits) orDefault() Limits {
	if l.FileBytes == 0 {
		l.FileBytes = MaxFileBytes
	}
	if l.RowBytes == 0 {
		l.RowBytes = MaxRowBytes
	}
	if l.Columns == 0 {
		l.Columns = MaxColumns
	}
	if l.Rows == 0 {
		l.Rows = MaxRows
	}
	return l
}

// Detected is what was found out about a file. Encoding, LineEnds and
// FinalLineEnd are complete after the last row: a file that begins in ASCII
// counts as UTF-8 until the first other byte.
type Detected struct {
	Format       string // csv, xlsx, or zip with one of the two in it
	Encoding     string // UTF-8, UTF-16LE, UTF-16BE, Windows-1252, MacRoman or CP850; empty for a workbook
	Separator    string // one of , ; | and tab; empty for a workbook
	LineEnds     string // LF, CRLF, CR or mixed; empty for a workbook and for one line without end
	Columns      int    // with a name, or before one that has
	SepLine      bool   // the first line was sep=…
	FinalLineEnd bool   // the last line has an end
	// MadeAt is when the template was made that a table is: by its header, or by a
	// workbook's properties, whatever program saved it since; zero for others.
	MadeAt time.Time
}

// TemplateTitle is the title by which a workbook says that it is a template.
const TemplateTitle = "Rollbook template"

// A Row is one row of the file that is not blank.
type Row struct {
	// Line is the number of its first line (CSV) or its row number (xlsx).
	Line int
	// Cells are decoded and otherwise exactly as uploaded: quotes that belong
	// to the format are gone, guards and blanks are not. A good row has as many
	// as the header. The cells of a row share memory with each other.
	Cells []string
	// Fault is nil for a good row.
	Fault *RowFault
	// Displays are the cells of a workbook that are shown otherwise than stored.
	Displays []Display
}

// A RowFault says why a row cannot be taken. Its parameters have no text of the
// row. Column is the index of the cell at fault, or -1.
type RowFault struct {
	reason.Reason
	Column int
}

func rowFault(column int, key string, values ...any) *RowFault {
	return &RowFault{reason.New(key, values...), column}
}

// A Warning tells of what was understood but is worth a look. There is one of
// each code at most.
type Warning struct {
	reason.Reason
	Line int // 0 when it is about no line
}

// source gives the records of one format.
type source interface {
	next(*record) error
}

// A Reader reads the rows of one file. It is for one goroutine.
type Reader struct {
	opts   Options
	rows   source
	parser *parser  // nil for xlsx
	dec    *decoder // nil for xlsx

	rec      record // the last one
	examples []string
	format   string
	madeAt   time.Time
	head     header
	key      int // first column with a name
	count    int
	wrong    []int // lines of the first rows of a wrong shape
	wrongs   int
	below    int // misshapen rows of one cell since the last other row
	others   int // of these, rows with another separator
	other    byte
	otherRow int
	warnings []Warning
	repeats  map[reason.Code]int // further rows for a warning
	err      error
}

// Open finds out what the file is and reads its header. A file that cannot be
// read as a table is a *fault.Error of kind Invalid or TooLarge with one of the
// codes of this package and a text for the user; any other error is one of src.
//
// src is read forward from its start, for a zip or xlsx after its directory,
// and a second time from about the first byte over 127 when the file is not
// UTF-8. A short read of src before size is an error, never the end.
func Open(src io.ReaderAt, size int64, opts Options) (*Reader, error) {
	opts.Limits = opts.Limits.orDefault()
	if opts.block == 0 {
		opts.block = readBlock
	}
	if size > opts.Limits.FileBytes {
		return nil, tooLarge("fileTooLarge", size, opts.Limits.FileBytes)
	}
	if size == 0 {
		return nil, errNoRows()
	}
	head := make([]byte, min(size, 8<<10))
	if _, err := readAt(src, head, 0); err != nil {
		return nil, err
	}
	r := &Reader{opts: opts, format: "csv", repeats: map[reason.Code]int{}}
	if isZip(head) {
		if err := r.openZip(src, size); err != nil {
			if f, ok := fault.As(err); ok && f.Code == CodeZipDamaged && beginsAsWorkbook(head) {
				err = errWorkbook(err)
			}
			return nil, err
		}
		return r, nil
	}
	if err := otherType(head); err != nil {
		return nil, err
	}
	if err := r.openCSV(plain{src, size}); err != nil {
		return nil, err
	}
	return r, nil
}

// openCSV reads the header of the bytes that from gives.
func (r *Reader) openCSV(from origin) error {
	dec, err := newDecoder(from, r.opts.Encoding, r.opts.block)
	if err != nil {
		return err
	}
	p := newParser(dec, r.opts.Limits, r.opts.block)
	h, err := p.header(r.opts.KnownColumn)
	if err != nil {
		return err
	}
	h.widen(r.opts.Width)
	p.width = len(h.names)
	r.rows, r.parser, r.dec = p, p, dec
	r.setHeader(h)
	return nil
}

func (r *Reader) setHeader(h header) {
	r.head = h
	if at := madeAt(h.names); !at.IsZero() {
		r.madeAt = at
	}
	if n := len(h.above); n > 0 {
		r.warn(h.first, "linesAbove", h.line, n, text.Shown(strings.Join(h.above, " / ")))
	}
	for r.key < len(h.names)-1 && h.names[r.key] == "" {
		r.key++
	}
}

// Detected returns what is known so far.
func (r *Reader) Detected() Detected {
	d := Detected{Format: r.format, Columns: len(r.head.names), SepLine: r.head.sepLine, FinalLineEnd: true, MadeAt: r.madeAt}
	if p := r.parser; p != nil {
		d.Encoding = r.dec.encoding
		d.Separator = string(p.sep)
		d.LineEnds = p.ends.String()
		d.FinalLineEnd = p.ends&endNone == 0
	}
	return d
}

// Header returns the names of the columns: blanks trimmed and folded, invisible
// characters taken out, composed (NFC), without the empty ones at the right. A
// column without a name between others is "".
func (r *Reader) Header() []string { return r.head.names }

// HeaderCells returns how many cells the header's line has, with the empty ones at the
// right.
func (r *Reader) HeaderCells() int { return r.head.cells }

// HeaderLine returns the line of the header.
func (r *Reader) HeaderLine() int { return r.head.line }

// Warnings returns what is worth a look, in the order of the file. It is
// complete after Read has returned io.EOF.
func (r *Reader) Warnings() []Warning {
	out := make([]Warning, len(r.warnings))
	for i, w := range r.warnings {
		if n := r.repeats[w.Code]; n > 0 {
			w.Reason = w.With("more", n)
		}
		out[i] = w
	}
	return out
}

func (r *Reader) warn(line int, key string, values ...any) {
	why := reason.New(key, values...)
	if n, ok := r.repeats[why.Code]; ok {
		r.repeats[why.Code] = n + 1
		return
	}
	r.repeats[why.Code] = 0
	r.warnings = append(r.warnings, Warning{why, line})
}

// Read returns the next row that is not blank. It returns io.EOF after the
// last; a *fault.Error of kind Invalid or TooLarge when the file as a whole
// cannot be taken, which may show only at its end; any other error is one of
// the source. Every later call returns the same error.
func (r *Reader) Read() (Row, error) {
	if r.err != nil {
		return Row{}, r.err
	}
	row, err := r.read()
	r.err = err
	return row, err
}

func (r *Reader) read() (Row, error) {
	rec := &r.rec
	if err := r.rows.next(rec); err != nil {
		if err == io.EOF {
			return Row{}, r.end()
		}
		return Row{}, err
	}
	r.count++
	if r.count > r.opts.Limits.Rows {
		return Row{}, tooLarge("tooManyRows", r.opts.Limits.Rows)
	}
	row := Row{Line: rec.line, Cells: rec.cells, Fault: rec.fault, Displays: rec.displays}
	if rec.shape && len(rec.cells) == 1 && rec.other == 0 && len(r.head.names) > 2 {
		r.below++
	} else {
		r.below = 0
	}
	if rec.shape {
		if err := r.misshapen(rec); err != nil {
			return Row{}, err
		}
		return row, nil
	}
	if err := r.headerAgain(&row); err != nil {
		return Row{}, err
	}
	if r.dec != nil && r.dec.guessed && len(r.examples) < 5 {
		r.example(row.Cells)
	}
	if rec.stray {
		r.warn(rec.line, "strayQuote", rec.line, nil)
	}
	if rec.trailing {
		r.warn(rec.line, "trailingColumns", rec.line, nil)
	}
	return row, nil
}

// misshapen counts a row with the wrong number of cells or broken quotes.
func (r *Reader) misshapen(rec *record) error {
	r.wrongs++
	if len(r.wrong) < 10 {
		r.wrong = append(r.wrong, rec.line)
	}
	if rec.other != 0 {
		if r.others == 0 {
			r.other, r.otherRow = rec.other, rec.line
		}
		r.others++
		if r.count == 1 {
			return r.separatorChanges()
		}
	}
	return nil
}

func (r *Reader) separatorChanges() error {
	return invalid("separatorChanges", r.head.line, separatorName(r.parser.sep), r.otherRow, separatorName(r.other))
}

// MostlyMisshapen reports whether a file that was refused as
// [CodeMostRowsMisshapen] is one even if so many of these rows lack nothing but
// blank cells at the end: spreadsheets leave these out, of most rows where the last
// columns are hardly used. A file without any row as wide as its header is one.
func (r *Reader) MostlyMisshapen(blank int) bool {
	return r.wrongs == r.count || 2*(r.wrongs-blank) > r.count
}

// headerAgain finds files that were pasted below each other. The same header
// makes a faulty row; another one would change what the cells below it mean.
func (r *Reader) headerAgain(row *Row) error {
	key := row.Cells[r.key]
	if key == "" || '0' <= key[0] && key[0] <= '9' || key[0] == '#' {
		return nil // the usual row
	}
	key = name(key)
	if sameName(key, r.head.names[r.key]) {
		same := true
		for i, c := range row.Cells {
			same = same && sameName(name(c), r.head.names[i])
		}
		if same {
			row.Fault = rowFault(-1, "headerAgain")
			r.warn(row.Line, "headerAgain.warning", row.Line, nil)
			return nil
		}
	}
	if r.opts.KnownColumn == nil || slices.ContainsFunc(row.Cells, isValue) || !r.opts.KnownColumn(key) {
		return nil
	}
	cells := 0
	for _, c := range row.Cells {
		if n := name(c); n != "" {
			if !r.opts.KnownColumn(n) {
				return nil
			}
			cells++
		}
	}
	if cells < 2 {
		return nil
	}
	return invalid("headerChanges", row.Line, r.head.line)
}

// isValue reports whether a cell is surely no name of a column: it has digits and signs
// alone, or an address. Looking names up costs more than reading a row.
func isValue(cell string) bool {
	if cell == "" || cell[0] == '[' {
		return false
	}
	letters, digits := false, false
	for i := range len(cell) {
		switch b := cell[i]; {
		case b == '@':
			return true
		case b >= '0' && b <= '9':
			digits = true
		case b >= 'A' && b <= 'Z', b >= 'a' && b <= 'z', b >= 0x80:
			letters = true
		}
	}
	return digits && !letters
}

// example keeps the first word that shows how the encoding was read.
func (r *Reader) example(cells []string) {
	for _, c := range cells {
		for word := range strings.FieldsSeq(c) {
			if firstHigh([]byte(word)) < len(word) && len(word) <= 60 && !slices.Contains(r.examples, word) {
				r.examples = append(r.examples, word)
				return
			}
		}
	}
}

// end judges the file as a whole.
func (r *Reader) end() error {
	if r.count == 0 {
		if w, ok := r.rows.(*workbook); ok {
			return w.elsewhere(errNoRows())
		}
		return errNoRows()
	}
	if w, ok := r.rows.(*workbook); ok {
		r.hidden(w)
	}
	if r.dec != nil && r.dec.guessed {
		r.warn(0, "encodingGuessed", r.dec.encoding, r.examples)
	}
	if r.parser != nil && r.parser.ends&endNone != 0 {
		r.warn(r.parser.line-1, "noFinalLineEnd")
	}
	// Lines at the end that are no rows, as a total and who printed the list, do not
	// make a file of few rows one of wrong rows.
	wrongs, count := r.wrongs-r.below, r.count-r.below
	if count == 0 || r.below > titles {
		wrongs, count = r.wrongs, r.count
	}
	if wrongs*2 > count {
		if r.others*2 > r.count {
			return r.separatorChanges()
		}
		var others any
		if n := r.wrongs - len(r.wrong); n > 0 {
			others = n
		}
		return invalid("mostRowsMisshapen", r.wrongs, r.count, len(r.head.names), r.wrong, others)
	}
	return io.EOF
}

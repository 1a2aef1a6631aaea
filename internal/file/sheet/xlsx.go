package sheet

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rollbook/internal/domain/fault"
)

// sharedBytes bounds the texts of a workbook that cells refer to by number, the
// only part that must be held in memory, with where each of them ends. Tests have
// fewer.
var sharedBytes = 200 << 20

// A workbook reads the first visible sheet of an .xlsx row by row.
type workbook struct {
	rowHidden     bool // the row that is being read
	hiddenRows    int
	hiddenLines   []int // the first of them
	hiddenColumns []int
	merged        []Merged // over several rows

	limits Limits
	sheet  string // name of the sheet that is read
	others int    // visible sheets after it
	x      *markup
	unread *record // was looked at while the header was read
	width  int     // cells of a good row; 0 while the header is read

	shared  []byte
	offsets []int // ends of the shared texts
	styles  []style
	from    int // days between the date systems of 1900 and 1904
	// uncalculated says that its formulas are to be calculated when it is opened:
	// programs that do not calculate write so, and 0 for each result.
	uncalculated bool

	row     int  // number of the row being read
	closed  bool // the end of the rows was seen
	line    []byte
	cells   []span // of line
	missing int    // first cell whose formula has no value, or -1
	// displays are its cells that are shown otherwise than stored.
	displays []Display
}

// errWorkbook tells a damaged workbook from a source that fails.
func errWorkbook(err error) error {
	if f, ok := fault.As(err); passes(err) && !(ok && f.Code == CodeZipDamaged) {
		return err
	}
	e := fault.New(fault.Invalid, "workbookDamaged")
	e.Err = err
	return e
}

// parts are the files of a workbook by lower-case name.
type parts struct {
	files map[string]*zip.File
	limit int64
}

func (p parts) open(name string) (*markup, error) {
	f := p.files[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if f == nil {
		return nil, errXML
	}
	if f.Flags&1 != 0 {
		return nil, invalid("zipEncrypted.workbook")
	}
	in, err := (&entry{f: f, limit: p.limit}).open(0)
	if err != nil {
		return nil, err
	}
	return newMarkup(in), nil
}

// each calls fn for every start tag of a part. A part that is missing has none.
func (p parts) each(name string, fn func(*markup)) error {
	if p.files[strings.ToLower(name)] == nil {
		return nil
	}
	x, err := p.open(name)
	if err != nil {
		return err
	}
	for {
		t, err := x.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if t == tagStart {
			fn(x)
		}
	}
}

func partsOf(z *zip.Reader, limit int64) parts {
	p := parts{map[string]*zip.File{}, limit}
	for _, f := range z.File {
		if key := strings.ToLower(slashed(f.Name)); p.files[key] == nil {
			p.files[key] = f
		}
	}
	return p
}

// workbook returns the name of the part that lists the sheets, "" if there is none.
// Nearly all programs name it alike; some of Microsoft's call it workbook2.xml.
func (p parts) workbook() string {
	name := "xl/workbook.xml"
	if p.files[name] != nil {
		return name
	}
	name = ""
	// A list that cannot be read names nothing.
	_ = p.each("_rels/.rels", func(x *markup) {
		kind, _ := x.attr("Type")
		target, _ := x.attr("Target")
		target = strings.TrimPrefix(path.Clean(target), "/")
		base := strings.ToLower(path.Base(target))
		if path.Base(kind) == "officeDocument" && strings.HasPrefix(base, "workbook") && path.Ext(base) == ".xml" && p.files[strings.ToLower(target)] != nil {
			name = target
		}
	})
	return name
}

func (r *Reader) openWorkbook(p parts, name string) error {
	w := &workbook{limits: r.opts.Limits}
	r.format, r.rows = "xlsx", w
	if err := w.open(p, name, r); err != nil {
		return errWorkbook(err)
	}
	h, err := w.header(r.opts.KnownColumn)
	if err != nil {
		return w.elsewhere(err)
	}
	h.widen(r.opts.Width)
	w.width = len(h.names)
	r.setHeader(h)
	return nil
}

// elsewhere adds to a fault of the first sheet that the table may be on another.
func (w *workbook) elsewhere(err error) error {
	f, ok := fault.As(err)
	if !ok || w.others == 0 || f.Code != CodeNoRows && f.Code != CodeNoHeader {
		return err
	}
	if f.Code == CodeNoRows {
		return invalid("noRows.otherSheets", w.others+1, w.sheet, f.Reason)
	}
	return invalid("noHeader.otherSheets", w.others+1, w.sheet, f.Reason)
}

// Merged are cells of a workbook that were made one over several rows: only the
// first of them has a value. Lines and columns count as everywhere, columns from 0.
type Merged struct{ FirstLine, LastLine, FirstColumn, LastColumn int }

const (
	maxMerged      = 10_000
	maxHiddenLines = 20
)

// Merged returns the merged cells, after the last row.
func (r *Reader) Merged() []Merged {
	if w, ok := r.rows.(*workbook); ok {
		return w.merged
	}
	return nil
}

// hidden warns of rows and columns that the spreadsheet does not show.
func (r *Reader) hidden(w *workbook) {
	if w.hiddenRows > 0 {
		var others any
		if n := w.hiddenRows - len(w.hiddenLines); n > 0 {
			others = n
		}
		r.warn(w.hiddenLines[0], "hiddenRows", w.hiddenRows, w.hiddenLines, others)
	}
	var names []string
	for _, c := range w.hiddenColumns {
		if c < len(r.head.names) && r.head.names[c] != "" {
			names = append(names, r.head.names[c])
		}
	}
	if len(names) > 0 {
		var others any
		if n := len(names) - maxHiddenLines; n > 0 {
			names, others = names[:maxHiddenLines], n
		}
		r.warn(0, "hiddenColumns", names, others)
	}
}

// open reads everything before the rows.
func (w *workbook) open(p parts, name string, r *Reader) error {
	type sheet struct{ name, id, target string }
	var visible, all []sheet
	err := p.each(name, func(x *markup) {
		switch x.name {
		case "sheet":
			s := sheet{}
			s.name, _ = x.attr("name")
			s.id, _ = x.attr("id")
			all = append(all, s)
			if state, _ := x.attr("state"); state == "" || state == "visible" {
				visible = append(visible, s)
			}
		case "workbookPr":
			if v, _ := x.attr("date1904"); v == "1" || v == "true" {
				w.from = 1462
			}
		case "calcPr":
			v, _ := x.attr("fullCalcOnLoad")
			w.uncalculated = v == "1" || v == "true"
		}
	})
	if err != nil {
		return err
	}
	if len(visible) == 0 {
		visible = all
	}
	targets := map[string]string{}
	shared, styles := "", ""
	err = p.each(path.Join(path.Dir(name), "_rels", path.Base(name)+".rels"), func(x *markup) {
		if x.name != "Relationship" {
			return
		}
		id, _ := x.attr("Id")
		kind, _ := x.attr("Type")
		target, _ := x.attr("Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(path.Dir(name), target)
		}
		target = strings.TrimPrefix(path.Clean(target), "/")
		switch path.Base(kind) {
		case "worksheet":
			targets[id] = target
		case "sharedStrings":
			shared = target
		case "styles":
			styles = target
		}
	})
	if err != nil {
		return err
	}
	var tables []sheet
	for _, s := range visible {
		if s.target = targets[s.id]; s.target != "" {
			tables = append(tables, s)
		}
	}
	if len(tables) == 0 {
		return errXML
	}
	w.sheet, w.others = tables[0].name, len(tables)-1
	if w.others > 0 {
		r.warn(0, "otherSheets", len(tables), tables[0].name)
	}
	if shared != "" {
		if err := w.readShared(p, shared); err != nil {
			return err
		}
	}
	if styles != "" {
		if err := w.readStyles(p, styles); err != nil {
			return err
		}
	}
	r.madeAt = p.madeAt()
	w.x, err = p.open(tables[0].target)
	return err
}

// madeAt reads when a template was made from the workbook's properties
// (ECMA-376 part 2, core properties), which spreadsheet programs keep. Damaged
// properties say nothing, and are no fault of the table.
func (p parts) madeAt() time.Time {
	x, err := p.open("docProps/core.xml")
	if err != nil {
		return time.Time{}
	}
	element, said := "", map[string]string{}
	for {
		switch t, err := x.next(); {
		case err == io.EOF:
			at, err := time.Parse(time.RFC3339, said["created"])
			if err != nil || said["title"] != TemplateTitle {
				return time.Time{}
			}
			return at
		case err != nil:
			return time.Time{}
		case t == tagStart:
			element = x.name
		case t == tagText && (element == "title" || element == "created") && len(said[element]) < 100:
			said[element] += string(x.text)
		case t == tagEnd:
			element = ""
		}
	}
}

// readShared gathers the texts that cells refer to.
func (w *workbook) readShared(p parts, name string) error {
	x, err := p.open(name)
	if err != nil {
		return err
	}
	inText, phonetic := false, false
	start := 0
	for {
		t, err := x.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case t == tagText && inText:
			w.shared = append(w.shared, x.text...)
		case t == tagStart && x.name == "t":
			inText = !phonetic
		case t == tagEnd && x.name == "t":
			inText = false
		case x.name == "rPh":
			phonetic = t == tagStart
		case t == tagEnd && x.name == "si":
			w.shared = w.shared[:start+len(unescapeCell(w.shared[start:]))]
			start = len(w.shared)
			w.offsets = append(w.offsets, start)
		}
		if len(w.shared)+8*len(w.offsets) > sharedBytes { // texts may also be empty
			return tooLarge("workbookTooLarge", sharedBytes)
		}
	}
}

// unescapeCell decodes _x000D_ in place, by which a workbook writes characters
// that XML cannot.
func unescapeCell(b []byte) []byte {
	if !bytes.Contains(b, []byte("_x")) {
		return b
	}
	out := b[:0]
	for i := 0; i < len(b); {
		if r, ok := escapeAt(b[i:]); ok {
			// Seven bytes become at most three.
			out = utf8.AppendRune(out, r)
			i += 7
			continue
		}
		out = append(out, b[i])
		i++
	}
	return out
}

func escapeAt(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

// header reads up to the first row that is not blank.
func (w *workbook) header(known func(string) bool) (header, error) {
	var rec record
	if err := w.next(&rec); err != nil {
		if err == io.EOF {
			return header{}, errNoRows()
		}
		return header{}, err
	}
	if f := rec.fault; f != nil {
		return header{}, invalid("headerUnreadable", rec.line, columnLetters(f.Column), f.Reason)
	}
	h := header{names: names(rec.cells), line: rec.line}
	first := h
	for known != nil && knownNames(h.names, known) <= min(1, len(h.above)) {
		if knownNames(h.names, known) > 0 || !h.title(h.names, h.line) || w.next(&rec) != nil || rec.fault != nil {
			return h, noHeader(w, first.names, first.line, known)
		}
		h.names, h.line = names(rec.cells), rec.line
	}
	w.width = len(h.names)
	if known != nil && h.mayBeGroups() {
		var below record
		if err := w.next(&below); err == nil && h.groups(names(below.cells), known) {
			h.line, w.width = below.line, len(h.names)
		} else if err == nil {
			w.unread = &below
		} else if err != io.EOF {
			return h, err
		}
	}
	return h, checkNames(h.names, h.line)
}

// next gives the next row that is not blank, or io.EOF.
func (w *workbook) next(out *record) error {
	if w.unread != nil {
		*out, w.unread = *w.unread, nil
		return nil
	}
	for {
		if err := w.readRow(); err != nil {
			if err == io.EOF {
				return err
			}
			return errWorkbook(err)
		}
		n := len(w.cells)
		for n > 0 && blank(w.line[w.cells[n-1].from:w.cells[n-1].to]) && w.missing < n-1 {
			n--
		}
		if n == 0 {
			continue
		}
		if w.rowHidden && w.width > 0 {
			if w.hiddenRows++; len(w.hiddenLines) < maxHiddenLines {
				w.hiddenLines = append(w.hiddenLines, w.row)
			}
		}
		*out = record{line: w.row, displays: w.displays}
		width := max(n, w.width)
		text := string(w.line)
		cells := make([]string, width)
		for i, s := range w.cells[:min(len(w.cells), width)] {
			cells[i] = text[s.from:s.to]
		}
		out.cells = cells
		switch {
		case w.width > 0 && n > w.width:
			out.shape = true
			out.fault = rowFault(-1, "wrongCellCount", n, w.width, nil)
		case w.missing >= 0:
			out.fault = rowFault(w.missing, "notComputed")
		default:
			out.fault = inspect(cells)
		}
		clean(cells)
		return nil
	}
}

// readRow reads one row element into line and cells.
func (w *workbook) readRow() error {
	for {
		t, err := w.x.next()
		if err == io.EOF && !w.closed {
			return errXML // cut between two rows
		}
		if err != nil {
			return err
		}
		if t == tagStart && w.x.name == "row" {
			break
		}
		w.closed = w.closed || t == tagEnd && w.x.name == "sheetData"
		if t == tagStart {
			w.around()
		}
	}
	w.row++
	if r, ok := w.x.attr("r"); ok {
		n, err := strconv.ParseInt(r, 10, 32)
		if err != nil || n < 1 {
			return errXML
		}
		w.row = int(n)
	}
	w.rowHidden = w.flag("hidden")
	w.line, w.cells, w.missing, w.displays = w.line[:0], w.cells[:0], -1, nil
	for col := 0; ; {
		t, err := w.x.next()
		if err != nil {
			return noEOF(err)
		}
		switch {
		case t == tagEnd && w.x.name == "row":
			return nil
		case t == tagStart && w.x.name == "c":
			if ref, ok := w.x.attr("r"); ok {
				col = columnIndex(ref, col)
			}
			if err := w.readCell(col); err != nil {
				return noEOF(err)
			}
			col++
		}
	}
}

// around looks at what stands before and behind the rows: columns that are hidden,
// and cells that are merged.
func (w *workbook) around() {
	number := func(name string) int {
		s, _ := w.x.attr(name)
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0
		}
		return n
	}
	switch w.x.name {
	case "col":
		if w.flag("hidden") {
			next := 1 // they come in order: none is hidden twice, however often a file says so
			if n := len(w.hiddenColumns); n > 0 {
				next = w.hiddenColumns[n-1] + 2
			}
			for c := max(next, number("min")); c <= min(number("max"), w.limits.Columns); c++ {
				w.hiddenColumns = append(w.hiddenColumns, c-1)
			}
		}
	case "mergeCell":
		ref, _ := w.x.attr("ref")
		from, to, ok := strings.Cut(ref, ":")
		m := Merged{FirstLine: lineOf(from), LastLine: lineOf(to), FirstColumn: columnIndex(from, 0), LastColumn: columnIndex(to, 0)}
		if ok && m.FirstLine > 0 && m.LastLine > m.FirstLine && len(w.merged) < maxMerged {
			w.merged = append(w.merged, m)
		}
	}
}

// flag reads an attribute that is true or false.
func (w *workbook) flag(name string) bool {
	v, _ := w.x.attr(name)
	return v == "1" || v == "true"
}

// lineOf reads the number behind the letters of a cell's name.
func lineOf(ref string) int {
	n, err := strconv.Atoi(strings.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	if err != nil {
		return 0
	}
	return n
}

// noEOF makes an end inside a row a break of the rules.
func noEOF(err error) error {
	if err == io.EOF {
		return errXML
	}
	return err
}

// columnIndex reads the letters of a cell's name.
func columnIndex(ref string, otherwise int) int {
	n, i := 0, 0
	for ; i < len(ref) && i < 4 && ref[i]|0x20 >= 'a' && ref[i]|0x20 <= 'z'; i++ {
		n = n*26 + int(ref[i]|0x20-'a') + 1
	}
	if i == 0 {
		return otherwise
	}
	return n - 1
}

func (w *workbook) readCell(col int) error {
	kind, _ := w.x.attr("t")
	st := style{}
	if s, ok := w.x.attr("s"); ok {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < len(w.styles) {
			st = w.styles[n]
		}
	}
	start := len(w.line)
	inValue, inText, phonetic, formula, valued := false, false, false, false, false
	for {
		t, err := w.x.next()
		if err != nil {
			return err
		}
		if t == tagText {
			if inValue || inText && !phonetic {
				w.line = append(w.line, w.x.text...)
				if len(w.line) > w.limits.RowBytes {
					return w.tooLong()
				}
			}
			continue
		}
		on := t == tagStart
		switch w.x.name {
		case "v":
			inValue, valued = on, true
		case "t":
			inText = on
		case "rPh":
			phonetic = on
		case "f":
			formula = true
		case "c":
			return w.place(col, start, kind, st, formula, valued)
		}
	}
}

func (w *workbook) tooLong() error {
	return tooLarge("rowTooLong", w.row, w.limits.RowBytes)
}

// place puts the cell whose raw value begins at start of the line.
func (w *workbook) place(col, start int, kind string, st style, formula, valued bool) error {
	raw := w.line[start:]
	none := len(raw) == 0 && (kind != "str" || !valued) || w.uncalculated && string(raw) == "0" && (kind == "" || kind == "n")
	if formula && none && w.missing < 0 {
		w.missing = col
	}
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(string(raw)))
		if len(raw) == 0 {
			break
		}
		if err != nil || n < 0 || n >= len(w.offsets) {
			return errXML
		}
		from := 0
		if n > 0 {
			from = w.offsets[n-1]
		}
		w.line = append(w.line[:start], w.shared[from:w.offsets[n]]...)
	case "b":
		if s := strings.TrimSpace(string(raw)); s == "1" || s == "true" {
			w.line = append(w.line[:start], "TRUE"...)
		} else if s == "0" || s == "false" {
			w.line = append(w.line[:start], "FALSE"...)
		}
	case "str", "inlineStr":
		w.line = w.line[:start+len(unescapeCell(raw))]
	case "e":
	case "d":
		w.line = append(w.line[:start], strings.TrimSuffix(string(raw), "T00:00:00")...)
	default:
		raw := strings.TrimSpace(string(raw))
		stored := st.format(raw, w.from)
		w.line = append(w.line[:start], stored...)
		if raw != "" && (st.code != "" || strings.Contains(stored, ".")) && col < w.limits.Columns {
			if d, differs := st.display(raw, w.from, stored); differs {
				d.Column = col
				w.displays = append(w.displays, d)
			}
		}
	}
	if len(w.line) > w.limits.RowBytes {
		return w.tooLong()
	}
	if len(w.line) == start && w.missing != col {
		return nil // styled and empty, perhaps far to the right
	}
	if col >= w.limits.Columns {
		return tooLarge("tooManyColumns", w.row, w.limits.Columns)
	}
	for len(w.cells) <= col {
		w.cells = append(w.cells, span{})
	}
	w.cells[col] = span{start, len(w.line)}
	return nil
}

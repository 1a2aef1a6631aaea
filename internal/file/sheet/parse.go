package sheet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"

	"rollbook/internal/domain/reason"
)

// lookahead bounds the rows that are tried after a fault.
const lookahead = 64 << 10

// A record is one row as a format gives it, before it is held against the header.
type record struct {
	line     int
	cells    []string
	fault    *RowFault
	shape    bool // the fault is one of shape: cells or quotes
	stray    bool // a quote in unquoted text
	trailing bool // empty cells beyond the header were dropped
	other    byte // the separator under which this row would have the header's shape
	displays []Display
}

// A parser cuts decoded bytes into records.
type parser struct {
	in     io.Reader
	limits Limits
	sep    byte
	width  int // cells of a good row; 0 while the header is read

	buf      []byte // with eight spare bytes, see scan
	pos, end int
	eof      bool
	base     int64 // offset of buf[0] in the decoded file
	line     int   // number of the line at pos
	ends     lineEnds
	searched int64 // bytes looked at in search of good rows

	rec, try scanned
	slab     []string
}

type lineEnds uint8

const (
	endLF lineEnds = 1 << iota
	endCRLF
	endCR
	endNone // the last line has none
)

func (e lineEnds) String() string {
	switch e &^ endNone {
	case 0:
		return ""
	case endLF:
		return "LF"
	case endCRLF:
		return "CRLF"
	case endCR:
		return "CR"
	}
	return "mixed"
}

func newParser(in io.Reader, limits Limits, block int) *parser {
	return &parser{in: in, limits: limits, buf: make([]byte, max(block, 64)+8), line: 1}
}

// fill reads more of the file, behind the record at pos.
func (p *parser) fill() error {
	if p.pos > 0 {
		copy(p.buf, p.buf[p.pos:p.end])
		p.base += int64(p.pos)
		p.end -= p.pos
		p.pos = 0
	}
	if p.end > len(p.buf)/2 {
		// Scanning starts again after each fill, so the room doubles.
		p.buf = append(make([]byte, 0, 2*len(p.buf)), p.buf...)
		p.buf = p.buf[:cap(p.buf)]
	}
	for range 100 {
		n, err := p.in.Read(p.buf[p.end : len(p.buf)-8])
		p.end += n
		if err == io.EOF {
			p.eof = true
			return nil
		}
		if err != nil || n > 0 {
			return err
		}
	}
	return io.ErrNoProgress
}

// load makes n bytes from pos on available, or all there are.
func (p *parser) load(n int) error {
	for p.end-p.pos < n && !p.eof {
		if err := p.fill(); err != nil {
			return err
		}
	}
	return nil
}

// scanHere scans the record at pos under the separator, with all bytes that it
// may need. The result does not depend on how the bytes arrive.
func (p *parser) scanHere(sep byte) (status, error) {
	for {
		limit := min(p.end, p.pos+p.limits.RowBytes+1)
		st := p.rec.scan(window{p.buf, limit, p.end, p.eof, sep, p.limits.Columns}, p.pos)
		if st == whole || st == wide || st == afterQuote || limit < p.end || p.eof {
			if st == whole && p.rec.end-p.pos > p.limits.RowBytes {
				st = short
			}
			return st, nil
		}
		if err := p.fill(); err != nil {
			return 0, err
		}
	}
}

// consume goes on behind the record just scanned.
func (p *parser) consume() {
	p.ended(p.rec.end, p.rec.next)
	p.line += 1 + p.rec.breaks
	p.pos = p.rec.next
}

// ended notes how a line ends: its content at end, the next line at next.
func (p *parser) ended(end, next int) {
	switch {
	case next == end:
		p.ends |= endNone
	case next == end+2:
		p.ends |= endCRLF
	case p.buf[end] == '\r':
		p.ends |= endCR
	default:
		p.ends |= endLF
	}
}

// next gives the next record that is not blank, or io.EOF.
func (p *parser) next(out *record) error {
	for {
		if p.pos == p.end {
			if p.eof {
				return io.EOF
			}
			if err := p.fill(); err != nil {
				return err
			}
			continue
		}
		st, err := p.scanHere(p.sep)
		if err != nil {
			return err
		}
		*out = record{line: p.line}
		switch st {
		case short:
			return p.tooLong()
		case wide:
			return p.tooWide()
		case insideQuote, afterQuote:
			return p.broken(out, st)
		}
		r := &p.rec
		if p.blank(r) {
			p.consume()
			continue
		}
		n := len(r.spans)
		if p.width > 0 && n > p.width && p.trims(r) {
			n, out.trailing = p.width, true
		}
		wrong := p.width > 0 && n != p.width
		if r.breaks > 0 && p.width > 1 {
			if wrong {
				// Was it a forgotten quote that swallowed the rows that follow?
				found, err := p.resync(r.next - p.pos)
				if err != nil {
					return err
				}
				if found.ok && p.pos+found.at < p.rec.next {
					r.cell, r.openedIn = p.firstBreak(r), 0
					p.unclosed(out, found, true)
					return nil
				}
			} else if at := p.swallowed(r); at > 0 {
				out.fault = rowFault(p.firstBreak(r), "unclosedQuote.rows", p.line, at)
				out.shape = true
			}
		}
		out.stray = r.stray >= 0
		out.cells = p.cells(r)
		if wrong {
			p.wrongCount(out, r)
		}
		if r.check && (r.ctl || !wanted(p.buf[r.start:r.end])) {
			if out.fault == nil {
				out.fault = inspect(out.cells)
			}
			clean(out.cells)
		}
		p.consume()
		return nil
	}
}

func (p *parser) tooLong() error {
	return tooLarge("rowTooLong", p.line, p.limits.RowBytes)
}

func (p *parser) tooWide() error {
	return tooLarge("tooManyColumns", p.line, p.limits.Columns)
}

// wrongCount says how many cells there are. The row has been scanned whole.
func (p *parser) wrongCount(out *record, r *scanned) {
	n := len(r.spans)
	out.shape = true
	if r.next == r.end && n < p.width {
		out.fault = rowFault(-1, "cutOff", n, p.width)
		return
	}
	if r.breaks == 0 && p.width > 1 {
		for _, sep := range separators {
			if sep != p.sep && len(p.split(p.pos, r.end, sep)) == p.width {
				out.other = sep
				out.fault = rowFault(-1, "wrongCellCount.separator", n, p.width, separatorName(sep), separatorName(p.sep))
				return
			}
		}
	}
	out.fault = rowFault(-1, "wrongCellCount", n, p.width, nil)
	if r.stray >= 0 {
		out.fault.Reason = out.fault.With("cell", r.stray+1)
	}
}

// trims reports whether the cells beyond the header are all blank.
func (p *parser) trims(r *scanned) bool {
	for _, s := range r.spans[p.width:] {
		if !blank(p.buf[s.from:s.to]) {
			return false
		}
	}
	return true
}

// blank reports whether the record has nothing in any cell.
func (p *parser) blank(r *scanned) bool {
	if r.end > r.start && p.buf[r.start] > ' ' && p.buf[r.start] < utf8.RuneSelf && p.buf[r.start] != p.sep && p.buf[r.start] != '"' {
		return false // the usual row
	}
	for _, s := range r.spans {
		if !blank(p.buf[s.from:s.to]) {
			return p.eof && r.next == p.end && r.end-r.start == 1 && p.buf[r.start] == 0x1a // the end mark of DOS
		}
	}
	return true
}

// blank reports whether a cell holds nothing but blanks that no one sees.
func blank(b []byte) bool {
	for len(b) > 0 {
		if b[0] == ' ' || b[0] == '\t' || b[0] == '\r' || b[0] == '\n' {
			b = b[1:]
			continue
		}
		if b[0] < utf8.RuneSelf {
			return false
		}
		r, size := utf8.DecodeRune(b)
		if foldBlank(r) == r {
			return false
		}
		b = b[size:]
	}
	return true
}

// cells makes the strings of a record: one for the row, which its cells share.
func (p *parser) cells(r *scanned) []string {
	for _, c := range r.doubled {
		s := &r.spans[c]
		s.to = s.from + undouble(p.buf[s.from:s.to])
	}
	n := len(r.spans)
	if p.width > 0 && n > p.width && p.trims(r) {
		n = p.width
	}
	if len(p.slab) < n {
		p.slab = make([]string, max(n, 512))
	}
	cells := p.slab[:n:n]
	p.slab = p.slab[n:]
	text := string(p.buf[r.start:r.end])
	for i, s := range r.spans[:n] {
		cells[i] = text[s.from-r.start : s.to-r.start]
	}
	return cells
}

// undouble makes "" to " in place and returns the new length.
func undouble(b []byte) int {
	n := 0
	for i := 0; i < len(b); i++ {
		b[n] = b[i]
		n++
		if b[i] == '"' {
			i++
		}
	}
	return n
}

// wanted reports whether bytes without control characters of ASCII are valid
// UTF-8 without the other unwanted characters.
func wanted(b []byte) bool {
	i := 0
	for i < len(b) {
		if i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			m := (w | (w + ones)) & highs
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
		}
		switch c := b[i]; {
		case c < 0x7f:
			i++
		case c >= 0xc3 && c <= 0xdf && i+1 < len(b) && b[i+1]&0xc0 == 0x80:
			i += 2 // most letters of Europe
		default:
			r, size := utf8.DecodeRune(b[i:])
			if unwanted(r) {
				return false
			}
			i += size
		}
	}
	return true
}

// inspect looks for the first character that a cell may not hold.
func inspect(cells []string) *RowFault {
	for i, c := range cells {
		for at, r := range c {
			switch {
			case r == utf8.RuneError:
				return rowFault(i, "unreadableCharacter")
			case unwanted(r):
				return rowFault(i, "controlCharacter.sheet", fmt.Sprintf("U+%04X", r), 1+utf8.RuneCountInString(c[:at]))
			}
		}
	}
	return nil
}

// unwanted tells the characters that no one types: they come from damaged files
// and copied text. Tabs and line ends are left to the rules of the field.
func unwanted(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError
}

// clean makes broken bytes visible.
func clean(cells []string) {
	for i, c := range cells {
		if !utf8.ValidString(c) {
			cells[i] = strings.ToValidUTF8(c, string(utf8.RuneError))
		}
	}
}

// lineEnd returns where the content of the line at from ends and the next begins.
func (p *parser) lineEnd(from, end int) (int, int) {
	for i := from; i < end; i++ {
		switch p.buf[i] {
		case '\n':
			return i, i + 1
		case '\r':
			if i+1 < end && p.buf[i+1] == '\n' {
				return i, i + 2
			}
			return i, i + 1
		}
	}
	return end, end
}

// split cuts one line into cells where its quotes may be wrong: a quote that
// does not close before a separator is text.
func (p *parser) split(from, to int, sep byte) []string {
	var cells []string
	line := string(p.buf[from:to])
	for {
		if text, rest, ok := cutQuoted(line, sep); ok {
			cells = append(cells, text)
			if rest == "" {
				return cells
			}
			line = rest[1:]
			continue
		}
		text, rest, more := strings.Cut(line, string(sep))
		cells = append(cells, text)
		if !more {
			return cells
		}
		line = rest
	}
}

// cutQuoted takes a rightly quoted cell off the line.
func cutQuoted(line string, sep byte) (text, rest string, ok bool) {
	if line == "" || line[0] != '"' {
		return "", "", false
	}
	for i := 1; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		if i+1 < len(line) && line[i+1] == '"' {
			i++
			continue
		}
		if i+1 == len(line) || line[i+1] == sep {
			return strings.ReplaceAll(line[1:i], `""`, `"`), line[i+1:], true
		}
		return "", "", false
	}
	return "", "", false
}

// A place is where reading can go on after a fault.
type place struct {
	ok    bool
	at    int // where it begins, from pos; -1 for not within the limits
	end   int // where the content of the line before it ends, from pos
	lines int // from the line at pos
}

// resync looks for the first line below the one at pos that is a good row by
// itself. stop, if over 0, is how far from pos it looks.
func (p *parser) resync(stop int) (place, error) {
	startPos := p.pos
	if err := p.load(p.limits.RowBytes + lookahead + 2); err != nil {
		return place{}, err
	}
	if moved := startPos - p.pos; moved != 0 {
		p.rec.shift(-moved)
	}
	limit := min(p.end, p.pos+p.limits.RowBytes+1)
	found := place{}
	for c := p.pos; ; {
		end, next := p.lineEnd(c, limit)
		p.searched += int64(next - c)
		if p.searched > 64<<20+8*(p.base+int64(p.pos)) {
			return place{at: -1}, nil // a file made to be slow
		}
		c = next
		found.lines++
		found.end, found.at = end-p.pos, c-p.pos
		if c >= p.end {
			return found, nil // the end of the file
		}
		if found.at > p.limits.RowBytes {
			return place{at: -1}, nil
		}
		if stop > 0 && found.at >= stop {
			return found, nil
		}
		st := p.try.scan(window{p.buf, min(p.end, c+lookahead), p.end, p.eof, p.sep, p.limits.Columns}, c)
		if st == insideQuote || st == afterQuote {
			p.searched += int64(p.try.trouble - c)
		}
		if st == whole && p.fits(&p.try) && !p.blank(&p.try) && (p.try.stray < 0 || p.harmless(&p.try)) {
			found.ok = true
			return found, nil
		}
	}
}

// harmless reports whether each quote in unquoted text stands between letters,
// digits or behind a backslash, as in O"Neil: any other may be the end of a quoted cell.
func (p *parser) harmless(r *scanned) bool {
	word := func(c byte) bool {
		return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= utf8.RuneSelf || c == '\\'
	}
	for _, s := range r.spans {
		cell := p.buf[s.from:s.to]
		if s.from > r.start && p.buf[s.from-1] == '"' {
			continue // a quoted cell
		}
		for i, c := range cell {
			if c == '"' && (i == 0 || i == len(cell)-1 || !word(cell[i-1]) || !word(cell[i+1])) {
				return false
			}
		}
	}
	return true
}

func (p *parser) fits(r *scanned) bool {
	return len(r.spans) == p.width || len(r.spans) > p.width && p.trims(r)
}

// shift moves the offsets of a scanned record after the buffer was moved.
func (r *scanned) shift(by int) {
	for i := range r.spans {
		r.spans[i].from += by
		r.spans[i].to += by
	}
	r.start += by
	r.end += by
	r.next += by
	r.trouble += by
	r.openedAt += by
}

// firstBreak returns the first cell with a line end in it.
func (p *parser) firstBreak(r *scanned) int {
	for i, s := range r.spans {
		if bytes.ContainsAny(p.buf[s.from:s.to], "\r\n") {
			return i
		}
	}
	return 0
}

// swallowed returns the number of the first line inside a record that looks
// like a row of its own, or 0.
func (p *parser) swallowed(r *scanned) int {
	key := p.buf[r.spans[0].from:r.spans[0].to]
	if i := bytes.IndexAny(key, "\r\n"+string(p.sep)); i >= 0 {
		key = key[:i] // the quote may be missing in this very cell
	}
	first := shape(key)
	if first == "" {
		return 0
	}
	line := p.line
	_, c := p.lineEnd(r.start, r.end)
	for c < r.end {
		line++
		end, next := p.lineEnd(c, r.end)
		cells := p.split(c, end, p.sep)
		if len(cells) == p.width && shape([]byte(cells[0])) == first {
			return line
		}
		c = next
	}
	return 0
}

// shape keeps of a cell what keys have in common: digits become 9, letters a,
// repeated ones are one.
func shape(b []byte) string {
	var out []byte
	for _, c := range b[:min(len(b), 64)] {
		switch {
		case '0' <= c && c <= '9':
			c = '9'
		case 'a' <= c|0x20 && c|0x20 <= 'z' || c >= utf8.RuneSelf:
			c = 'a'
		}
		if len(out) == 0 || out[len(out)-1] != c {
			out = append(out, c)
		}
	}
	return string(out)
}

// broken reports a record whose quotes are wrong and finds where to go on.
func (p *parser) broken(out *record, st status) error {
	if p.width == 0 {
		return invalid("headerUnreadable.quote", p.line, p.rec.cell+1)
	}
	found, err := p.resync(0)
	if err != nil {
		return err
	}
	opened := p.line + p.rec.openedIn
	if found.at < 0 {
		if p.rec.breaks == 0 {
			return p.tooLong()
		}
		return invalid("quotesBroken", p.rec.cell+1, opened, p.limits.RowBytes)
	}
	r := &p.rec
	// Where rows lie between the quote and the trouble, its own end is missing.
	if late := st == afterQuote && found.ok && p.pos+found.at < r.trouble; late || st == insideQuote {
		p.unclosed(out, found, late)
		return nil
	}
	backslash := r.trouble-2 > r.openedAt && p.buf[r.trouble-2] == '\\'
	trouble := r.trouble
	if backslash {
		trouble--
	}
	line, at := p.line, p.pos
	for {
		_, next := p.lineEnd(at, p.end)
		if next > trouble || next == at {
			break
		}
		line, at = line+1, next
	}
	why := reason.New("textAfterQuote", r.cell+1, line, 1+utf8.RuneCount(p.buf[at:trouble]), nil, nil, nil)
	if backslash {
		why = reason.New("backslashQuote", r.cell+1, line, 1+utf8.RuneCount(p.buf[at:trouble]), nil, nil, nil)
	}
	p.region(out, found, r.cell, why)
	return nil
}

// unclosed reports a quote that is closed too late or never.
func (p *parser) unclosed(out *record, found place, late bool) {
	why := reason.New("unclosedQuote", p.rec.cell+1, p.line+p.rec.openedIn, nil, nil, nil)
	if late {
		why = reason.New("unclosedQuote.late", p.rec.cell+1, p.line+p.rec.openedIn, nil, nil, nil)
	}
	p.region(out, found, p.rec.cell, why)
}

// region makes the lines up to the place one row at fault and goes on there.
func (p *parser) region(out *record, found place, cell int, why reason.Reason) {
	end, next := p.lineEnd(p.pos, p.pos+found.at)
	out.cells = p.split(p.pos, end, p.sep)
	if rest := p.buf[next : p.pos+found.at]; len(rest) > 0 {
		if found.lines == 2 {
			why = why.With("also", p.line+1)
		} else {
			why = why.With("from", p.line+1).With("to", p.line+found.lines-1)
		}
		out.cells[len(out.cells)-1] += "\n" + strings.TrimRight(string(rest), "\r\n")
	}
	clean(out.cells)
	if cell >= p.width || cell >= len(out.cells) {
		cell = -1
	}
	out.fault, out.shape = &RowFault{why, cell}, true
	p.ended(p.pos+found.end, p.pos+found.at)
	p.line += found.lines
	p.pos += found.at
}

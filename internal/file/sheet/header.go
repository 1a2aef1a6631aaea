package sheet

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rollbook/internal/domain/text"
)

// separators in the order in which a tie is decided.
var separators = []byte{',', ';', '\t', '|'}

// separatorName is the separator as sentences name it.
func separatorName(sep byte) string {
	if sep == '\t' {
		return "tab"
	}
	return string(sep)
}

// foldBlank makes every blank a space and takes invisible characters out (-1).
func foldBlank(r rune) rune {
	switch {
	case text.Invisible(r):
		return -1
	case unicode.IsSpace(r):
		return ' '
	}
	return r
}

// name is a header cell as it is shown: without blanks around and with single
// ones inside, without invisible characters, composed (NFC).
func name(cell string) string {
	if plainName(cell) {
		return cell
	}
	s := strings.Join(strings.Fields(strings.Map(foldBlank, cell)), " ")
	return norm.NFC.String(s)
}

// plainName reports that name would change nothing, which is so for most cells.
func plainName(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && last == ' ' {
			return false
		}
		last = s[i]
	}
	return s == "" || last != ' '
}

// names are the header's cells without the empty ones at the right.
func names(cells []string) []string {
	out := make([]string, len(cells))
	n := 0
	for i, c := range cells {
		out[i] = name(c)
		if out[i] != "" {
			n = i + 1
		}
	}
	return out[:n]
}

// sameName compares as columns are matched: in any case.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }

// checkNames refuses a header with two columns of the same name, if it is a name
// with a role in brackets, as ours have. Other people's files may have a name
// twice, and mean two things.
func checkNames(names []string, line int) error {
	seen := make(map[string]int, len(names))
	for i, n := range names {
		if !strings.HasPrefix(n, "[") {
			continue
		}
		key := strings.ToLower(n)
		if first, ok := seen[key]; ok {
			return invalid("duplicateColumn.name", columnLetters(first), columnLetters(i), line, n)
		}
		seen[key] = i
	}
	return nil
}

// columnLetters names a column as spreadsheets do: A, B, … Z, AA.
func columnLetters(i int) string {
	var b [8]byte
	at := len(b)
	for i++; i > 0; i = (i - 1) / 26 {
		at--
		b[at] = byte('A' + (i-1)%26)
	}
	return string(b[at:])
}

// A header is what the first lines of the file say.
type header struct {
	names   []string
	cells   int // of its line, also those at the right without a name
	line    int
	sepLine bool
	// above are the lines of a title that stand above it.
	above []string
	first int // the first of these
}

// titles is how many lines of a title may stand above the header.
const titles = 10

// title takes a row for one of a title: it has one or two cells, with no number of a
// contact. It reports false for any other.
func (h *header) title(names []string, line int) bool {
	filled := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" })
	if len(filled) > 2 || len(h.above) == titles || slices.ContainsFunc(filled, numberOrAddress.MatchString) {
		return false
	}
	if len(h.above) == 0 {
		h.first = line
	}
	h.above = append(h.above, strings.Join(filled, " "))
	return true
}

// mayBeGroups reports whether a header may be a line of groups above it: cells are
// blank, or say the same as the one before.
func (h *header) mayBeGroups() bool {
	for i, n := range h.names {
		if n == "" || i > 0 && sameName(n, h.names[i-1]) {
			return true
		}
	}
	return false
}

// groups takes a header for a line of groups above it, with what columns below are
// about, if the next line has a name in each cell and more of them are known.
func (h *header) groups(next []string, known func(string) bool) bool {
	if len(h.above) == titles || slices.Contains(next, "") || len(next) < len(h.names) ||
		knownNames(next, known) <= knownNames(h.names, known) || slices.ContainsFunc(next, numberOrAddress.MatchString) {
		return false
	}
	if len(h.above) == 0 {
		h.first = h.line
	}
	said := slices.DeleteFunc(slices.Clone(h.names), func(n string) bool { return n == "" })
	h.above = append(h.above, strings.Join(slices.CompactFunc(said, sameName), " "))
	h.names = next
	return true
}

// widen adds columns without a name at the right.
func (h *header) widen(width int) {
	for len(h.names) < width {
		h.names = append(h.names, "")
	}
}

// numberOrAddress is what names a contact.
var numberOrAddress = regexp.MustCompile(`^#?[0-9]+$|@`)

// header reads up to the header and chooses the separator.
func (p *parser) header(known func(string) bool) (header, error) {
	var h header
	if err := p.load(3); err != nil {
		return h, err
	}
	for strings.HasPrefix(string(p.buf[p.pos:min(p.end, p.pos+3)]), bom) {
		p.pos += 3
		if err := p.load(3); err != nil {
			return h, err
		}
	}
	line, err := p.skipBlank()
	if err != nil {
		return h, err
	}
	sep, isSep, err := sepLine(line)
	if err != nil {
		return h, err
	}
	if isSep {
		h.sepLine = true
		p.skipLine()
		if _, err := p.skipBlank(); err != nil {
			return h, err
		}
	}
	if p.pos == p.end {
		return h, errNoRows()
	}
	h.line = p.line
	for {
		best, err := p.choose(known, sep)
		if err != nil {
			return h, err
		}
		p.sep = best
		var r record
		if err := p.next(&r); err == io.EOF {
			return h, errNoRows()
		} else if err != nil {
			return h, err
		}
		found := names(r.cells)
		if len(h.above) == 0 {
			h.names = found
			if f := inspect(r.cells); f != nil {
				return h, invalid("headerUnreadable", h.line, columnLetters(f.Column), f.Reason)
			}
		}
		n := len(found)
		if known != nil {
			n = knownNames(found, known)
		}
		if n > min(1, len(h.above)) || known == nil {
			h.names, h.cells, h.line = found, len(r.cells), r.line
			break
		}
		if n > 0 || r.fault != nil || !h.title(found, r.line) {
			return h, noHeader(p, h.names, h.line, known)
		}
		if _, err := p.skipBlank(); err != nil {
			return h, err
		}
		if p.pos == p.end {
			return h, noHeader(p, h.names, h.line, known)
		}
	}
	if err := p.belowGroups(&h, known); err != nil {
		return h, err
	}
	if err := checkNames(h.names, h.line); err != nil {
		return h, err
	}
	p.width = len(h.names)
	return h, nil
}

// belowGroups goes on to the next line where that is the header.
func (p *parser) belowGroups(h *header, known func(string) bool) error {
	if known == nil || !h.mayBeGroups() {
		return nil
	}
	if _, err := p.skipBlank(); err != nil || p.pos == p.end {
		return err
	}
	if st, err := p.scanHere(p.sep); err != nil || st == short || st == insideQuote || st == afterQuote {
		return err
	}
	if !h.groups(names(p.peek()), known) {
		return nil
	}
	var r record
	err := p.next(&r)
	h.cells, h.line = len(r.cells), r.line
	return err
}

func errNoRows() error {
	return invalid("noRows")
}

// choose returns the separator under which the header yields the most known
// names, else the most names. The one of a sep= line goes first.
func (p *parser) choose(known func(string) bool, said byte) (byte, error) {
	order := separators
	if said != 0 {
		order = append([]byte{said}, separators...)
	}
	best, bestKnown, bestNames := order[0], -1, -1
	var broken byte // known names, and then a wrong quote
	for i, sep := range order {
		st, err := p.scanHere(sep)
		if err != nil {
			return 0, err
		}
		if st == short {
			continue
		}
		ns, k := names(p.peek()), 0
		if known != nil {
			k = knownNames(ns, known)
		}
		if st == insideQuote || st == afterQuote {
			if k > 0 && broken == 0 {
				broken = sep
			}
			continue
		}
		if k > bestKnown || k == bestKnown && len(ns) > bestNames {
			best, bestKnown, bestNames = sep, k, len(ns)
		}
		if i == 0 && said != 0 && (k > 0 || known == nil) {
			break
		}
	}
	if bestKnown <= 0 && broken != 0 {
		return broken, nil
	}
	return best, nil
}

func knownNames(names []string, known func(string) bool) int {
	n := 0
	for _, name := range names {
		if name != "" && known(name) {
			n++
		}
	}
	return n
}

// peek gives the cells of the record just scanned and leaves the buffer alone.
func (p *parser) peek() []string {
	cells := make([]string, 0, len(p.rec.spans))
	for _, s := range p.rec.spans {
		cells = append(cells, strings.ReplaceAll(string(p.buf[s.from:s.to]), `""`, `"`))
	}
	return cells
}

// noHeader says that the first line is no header, and whether a later one is.
func noHeader(from source, first []string, line int, known func(string) bool) error {
	for range 20 {
		var r record
		if from.next(&r) != nil {
			break
		}
		if r.fault == nil && knownNames(names(r.cells), known) > 1 {
			return invalid("noHeader.otherLine", line, r.line)
		}
	}
	if len(first) == 1 {
		for _, sep := range separators {
			if knownNames(names(strings.Split(first[0], string(sep))), known) > 1 {
				return invalid("noHeader.separator", separatorName(sep))
			}
		}
		if knownNames(names(otherCuts.Split(strings.ReplaceAll(first[0], " [", ":["), -1)), known) > 1 {
			return invalid("noHeader.oneColumn", line)
		}
	}
	unquoted := make([]string, len(first))
	for i, n := range first {
		unquoted[i] = strings.Trim(n, "'")
	}
	if knownNames(unquoted, known) > 0 {
		return invalid("noHeader.quotes", line)
	}
	return invalid("noHeader", line)
}

// otherCuts are what other programs put between the columns, besides blanks.
var otherCuts = regexp.MustCompile(`[:^~]`)

// skipBlank goes on to the first line that has anything in it under any
// separator, and returns its content, or as much of it as matters.
func (p *parser) skipBlank() ([]byte, error) {
	for {
		for n := 512; ; n *= 2 {
			if err := p.load(n); err != nil {
				return nil, err
			}
			have := p.buf[p.pos:p.end]
			at := strings.IndexFunc(string(have[:min(len(have), n)]), func(r rune) bool {
				return r == '\n' || r == '\r' || !ignorable(r)
			})
			if at < 0 && len(have) < n {
				p.pos = p.end // blank to the end of the file
				return nil, nil
			}
			if at < 0 && n > p.limits.RowBytes {
				return nil, p.tooLong()
			}
			if at < 0 {
				continue
			}
			if c := have[at]; c != '\n' && c != '\r' {
				end, _ := p.lineEnd(p.pos, min(p.end, p.pos+at+512))
				return p.buf[p.pos:end], nil
			}
			break
		}
		p.skipLine()
	}
}

// ignorable tells what a line without content may hold.
func ignorable(r rune) bool {
	return r == ',' || r == ';' || r == '|' || r == '"' || foldBlank(r) != r || r == ' '
}

// skipLine goes behind the line at pos, which is loaded but for its LF.
func (p *parser) skipLine() {
	end, next := p.lineEnd(p.pos, p.end)
	if next == p.end && next > p.pos && p.buf[next-1] == '\r' && !p.eof {
		// An error comes again with the next read.
		_ = p.load(next - p.pos + 1)
		end, next = p.lineEnd(p.pos, p.end)
	}
	p.ended(end, next)
	p.line++
	p.pos = next
}

var sepLinePattern = regexp.MustCompile(`^(?i:"?sep=(.)"?)[,;|\t ]*$`)

// sepLine recognises the first line by which Excel is told the separator.
func sepLine(line []byte) (sep byte, ok bool, err error) {
	m := sepLinePattern.FindSubmatch(line)
	if m == nil {
		return 0, false, nil
	}
	if len(m[1]) > 1 || !bytes.Contains(separators, m[1]) {
		return 0, false, invalid("separatorNotSupported", string(m[1]))
	}
	return m[1][0], true, nil
}

// MadeColumn is the name of the column by which a table says when the template was
// made that it is: to the second, in UTC.
func MadeColumn(at time.Time) string { return "[info] made " + at.UTC().Format(time.RFC3339) }

var madeColumn = regexp.MustCompile(`(?i)^\[\s*info\s*\]\s*made\s+(\S+)$`)

// madeAt is what a header says of when its template was made.
func madeAt(names []string) time.Time {
	for _, n := range names {
		if m := madeColumn.FindStringSubmatch(n); m != nil {
			if at, err := time.Parse(time.RFC3339, strings.ToUpper(m[1])); err == nil {
				return at.UTC()
			}
		}
	}
	return time.Time{}
}

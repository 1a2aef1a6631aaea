package sheet

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes are looked at together. The masks may mark a byte too many above
// a marked one (a borrow), never one too few, so each mark is looked at again.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	// all of a byte below space: line ends, tab, control characters
	spaces = 0x20 * ones
	quotes = '"' * ones
)

// A span is a cell's bytes, without its quotes.
type span struct{ from, to int }

// scanned is one record as scan found it; offsets are into the buffer.
type scanned struct {
	spans   []span
	doubled []int // cells with doubled quotes
	start   int
	end     int  // of the content
	next    int  // where the next record begins
	breaks  int  // line ends inside quoted cells
	check   bool // some byte is not plain ASCII text
	ctl     bool // there are control characters
	stray   int  // first cell with a quote inside unquoted text, or -1

	// For a record that was not read to its end: the cell with the quote that
	// opened it, and where the trouble was seen.
	cell     int
	trouble  int
	openedAt int // offset of the opening quote
	openedIn int // line ends before it
}

type status int

const (
	whole       status = iota // read to the line end
	short                     // no line end before the limit
	insideQuote               // no closing quote before the limit
	afterQuote                // text follows a closing quote
	wide                      // more cells than allowed; the first of them are in spans
)

// scan reads the record at start. Content may reach up to limit; bytes up to
// end may be looked at, and final says that the file ends there. buf has eight
// bytes more than end. No byte is copied.
func (r *scanned) scan(buf []byte, start, limit, end int, final bool, sep byte, maxCells int) status {
	r.spans, r.doubled = r.spans[:0], r.doubled[:0]
	r.start, r.breaks, r.stray = start, 0, -1
	var (
		seps  = uint64(sep) * ones
		seen  uint64 // bytes over 126
		ctl   = false
		cell  = start
		i     = start
		spans = r.spans
	)
	final = final && limit == end
words:
	for i < limit {
		w := binary.LittleEndian.Uint64(buf[i:])
		seen |= w | (w + ones)
		xs, xq := w^seps, w^quotes
		m := ((w-spaces)&^w | (xs-ones)&^xs | (xq-ones)&^xq) & highs
		for ; m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros64(m)>>3
			if j >= limit {
				break words
			}
			switch c := buf[j]; {
			case c == sep:
				spans = append(spans, span{cell, j})
				if len(spans) >= maxCells {
					r.spans = spans
					return wide
				}
				cell = j + 1
			case c == '\n' || c == '\r':
				next := j + 1
				if c == '\r' {
					if next == end && !final && next == limit {
						r.spans = spans
						return short // its LF may be still to come
					}
					if next < end && buf[next] == '\n' {
						next++
					}
				}
				r.spans = append(spans, span{cell, j})
				r.end, r.next = j, next
				r.check, r.ctl = ctl || seen&highs != 0, ctl
				return whole
			case c == '"' && j == cell:
				to, st := r.quoted(buf, j, limit, final, sep, len(spans), &seen, &ctl)
				if st != whole {
					r.spans = spans
					return st
				}
				spans = append(spans, span{j + 1, to - 1})
				if to < limit && buf[to] == sep {
					if len(spans) >= maxCells {
						r.spans = spans
						return wide
					}
					cell, i = to+1, to+1
					continue words
				}
				r.spans = spans
				if to >= limit && !final {
					return short
				}
				r.end, r.next = to, to
				if to < limit {
					r.next = to + 1
					if buf[to] == '\r' {
						if r.next == end && !final && r.next == limit {
							return short
						}
						if r.next < end && buf[r.next] == '\n' {
							r.next++
						}
					}
				}
				r.check, r.ctl = ctl || seen&highs != 0, ctl
				return whole
			case c == '"':
				if r.stray < 0 {
					r.stray = len(spans)
				}
			case c < ' ' && c != '\t':
				ctl = true
			}
		}
		i += 8
	}
	r.spans = spans
	if !final {
		return short
	}
	r.spans = append(spans, span{cell, limit})
	r.end, r.next = limit, limit
	r.check, r.ctl = ctl || seen&highs != 0, ctl
	return whole
}

// quoted reads the cell whose opening quote is at open and returns the offset
// after its closing quote, where a separator, a line end or the limit is.
func (r *scanned) quoted(buf []byte, open, limit int, final bool, sep byte, cell int, seen *uint64, ctl *bool) (int, status) {
	r.cell, r.openedAt, r.openedIn = cell, open, r.breaks
	doubled := false
	i := open + 1
words:
	for i < limit {
		w := binary.LittleEndian.Uint64(buf[i:])
		*seen |= w | (w + ones)
		xq := w ^ quotes
		m := ((w-spaces)&^w | (xq-ones)&^xq) & highs
		for ; m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros64(m)>>3
			if j >= limit {
				break words
			}
			switch c := buf[j]; {
			case c == '"':
				if j+1 < limit {
					switch buf[j+1] {
					case '"':
						doubled = true
						i = j + 2
						continue words
					case sep, '\n', '\r':
					default:
						r.trouble = j + 1
						return 0, afterQuote
					}
				} else if !final {
					// What follows the quote is not known.
					r.trouble = j + 1
					return 0, insideQuote
				}
				if doubled {
					r.doubled = append(r.doubled, cell)
				}
				return j + 1, whole
			case c == '\n':
				r.breaks++
			case c == '\r':
				if j+1 >= limit || buf[j+1] != '\n' {
					r.breaks++
				}
			case c < ' ' && c != '\t':
				*ctl = true
			}
		}
		i += 8
	}
	r.trouble = limit
	return 0, insideQuote
}

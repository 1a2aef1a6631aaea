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

// A window is what scan may see of a file. Content may reach up to limit; bytes up
// to end may be looked at, and final says that the file ends there. buf has eight
// bytes more than end.
type window struct {
	buf        []byte
	limit, end int
	final      bool
	sep        byte
	most       int // cells of a record
}

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

	seen uint64 // all bytes in one another's place, and the same one higher: over 126 if the high bit is set
}

type status int

const (
	whole       status = iota // read to the line end
	short                     // no line end before the limit; spans mean nothing
	insideQuote               // no closing quote before the limit
	afterQuote                // text follows a closing quote
	wide                      // more cells than allowed; the first of them are in spans
)

// scan reads the record at start. No byte is copied.
func (r *scanned) scan(in window, start int) status {
	in.final = in.final && in.limit == in.end
	r.begin(start)
	seps := uint64(in.sep) * ones
	cell, i := start, start
words:
	for i < in.limit {
		w := binary.LittleEndian.Uint64(in.buf[i:])
		r.seen |= w | (w + ones)
		xs, xq := w^seps, w^quotes
		m := ((w-spaces)&^w | (xs-ones)&^xs | (xq-ones)&^xq) & highs
		for ; m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros64(m)>>3
			if j >= in.limit {
				break words
			}
			switch c := in.buf[j]; {
			case c == in.sep:
				if r.spans = append(r.spans, span{cell, j}); len(r.spans) >= in.most {
					return wide
				}
				cell = j + 1
			case c == '\n' || c == '\r':
				r.spans = append(r.spans, span{cell, j})
				return r.ends(in, j)
			case c == '"' && j == cell:
				to, st := r.quoted(in, j)
				if st != whole {
					return st
				}
				r.spans = append(r.spans, span{j + 1, to - 1})
				if to == in.limit || in.buf[to] != in.sep {
					return r.ends(in, to)
				}
				if len(r.spans) >= in.most {
					return wide
				}
				cell, i = to+1, to+1
				continue words
			case c == '"':
				if r.stray < 0 {
					r.stray = len(r.spans)
				}
			case c < ' ' && c != '\t':
				r.ctl = true
			}
		}
		i += 8
	}
	r.spans = append(r.spans, span{cell, in.limit})
	return r.ends(in, in.limit)
}

// begin forgets the record before. What the last record had at fault stays.
func (r *scanned) begin(start int) {
	r.spans, r.doubled = r.spans[:0], r.doubled[:0]
	r.start, r.breaks, r.stray = start, 0, -1
	r.seen, r.ctl = 0, false
}

// ends finishes the record whose content ends at a line end or at the limit.
func (r *scanned) ends(in window, at int) status {
	if at == in.limit && !in.final {
		return short
	}
	next := at
	if at < in.limit {
		next++
		if in.buf[at] == '\r' {
			if next == in.end && next == in.limit && !in.final {
				return short // its LF may be still to come
			}
			if next < in.end && in.buf[next] == '\n' {
				next++
			}
		}
	}
	r.end, r.next = at, next
	r.check = r.ctl || r.seen&highs != 0
	return whole
}

// quoted reads the cell whose opening quote is at open and returns the offset
// after its closing quote, where a separator, a line end or the limit is.
func (r *scanned) quoted(in window, open int) (int, status) {
	r.cell, r.openedAt, r.openedIn = len(r.spans), open, r.breaks
	doubled := false
	i := open + 1
words:
	for i < in.limit {
		w := binary.LittleEndian.Uint64(in.buf[i:])
		r.seen |= w | (w + ones)
		xq := w ^ quotes
		m := ((w-spaces)&^w | (xq-ones)&^xq) & highs
		for ; m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros64(m)>>3
			if j >= in.limit {
				break words
			}
			switch c := in.buf[j]; {
			case c == '"' && j+1 < in.limit && in.buf[j+1] == '"':
				doubled = true
				i = j + 2
				continue words
			case c == '"':
				if doubled {
					r.doubled = append(r.doubled, r.cell)
				}
				return j + 1, r.closes(in, j+1)
			case c == '\n':
				r.breaks++
			case c == '\r':
				if j+1 >= in.limit || in.buf[j+1] != '\n' {
					r.breaks++
				}
			case c < ' ' && c != '\t':
				r.ctl = true
			}
		}
		i += 8
	}
	r.trouble = in.limit
	return 0, insideQuote
}

// closes reports whether what stands at a closing quote's back may stand there.
func (r *scanned) closes(in window, at int) status {
	if at == in.limit {
		if in.final {
			return whole
		}
		r.trouble = at // what follows the quote is not known
		return insideQuote
	}
	switch in.buf[at] {
	case in.sep, '\n', '\r':
		return whole
	}
	r.trouble = at
	return afterQuote
}

package sheet

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

const bom = "\uFEFF"

// Names of encodings as Detected shows them.
const (
	encUTF8    = "UTF-8"
	encUTF16LE = "UTF-16LE"
	encUTF16BE = "UTF-16BE"
	enc1252    = "Windows-1252"
	encMac     = "MacRoman"
	enc850     = "CP850"
)

// A decoder turns the bytes of a file into UTF-8. UTF-8 itself passes as it is,
// broken bytes included: the parser knows best which row they are in.
type decoder struct {
	from     origin
	in       io.Reader
	encoding string
	decided  bool // false while everything so far was ASCII
	guessed  bool // the encoding was found by its letters
	table    *[256]glyph
	order    binary.ByteOrder // for UTF-16

	step int    // bytes read at once
	raw  []byte // bytes read and not yet decoded
	buf  []byte // the memory of raw
	off  int64  // offset in the file of the end of raw
	done bool   // in is at its end
}

// headBytes are looked at for a byte order mark and a pattern of NULs.
const headBytes = 4096

// newDecoder looks at the first bytes. The encoding "" means detect.
func newDecoder(from origin, encoding string, block int) (*decoder, error) {
	d := &decoder{from: from, encoding: encUTF8, step: block, buf: make([]byte, max(block, headBytes))}
	in, err := from.open(0)
	if err != nil {
		return nil, err
	}
	d.in = in
	for len(d.raw) < headBytes && !d.done {
		if err := d.more(); err != nil {
			return nil, err
		}
	}
	switch {
	case bytes.HasPrefix(d.raw, []byte(bom)):
		d.decided = true
		return d, nil
	case bytes.HasPrefix(d.raw, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(d.raw, []byte("\x00\x00\xfe\xff")):
		return nil, invalid("encodingNotRecognised.utf32")
	case bytes.HasPrefix(d.raw, []byte("\xff\xfe")):
		d.use(encUTF16LE)
		d.raw = d.raw[2:]
		return d, nil
	case bytes.HasPrefix(d.raw, []byte("\xfe\xff")):
		d.use(encUTF16BE)
		d.raw = d.raw[2:]
		return d, nil
	}
	if encoding != "" {
		if !slices.Contains(Encodings(), encoding) {
			return nil, invalid("encodingNotSupported", encoding, Encodings())
		}
		d.use(encoding)
		return d, nil
	}
	name, err := byNULs(d.raw)
	if err != nil {
		return nil, err
	}
	if name != "" {
		d.use(name)
	}
	return d, nil
}

// byNULs recognises UTF-16 without a byte order mark: the letters of western
// languages have a zero in one half of each unit.
func byNULs(head []byte) (string, error) {
	head = head[:min(len(head), headBytes)&^1]
	var even, odd int
	for i := 0; i+1 < len(head); i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	units := len(head) / 2
	switch {
	case even+odd == 0:
		return "", nil
	case units >= 3 && odd*10 >= units*7 && even*50 <= units:
		return encUTF16LE, nil
	case units >= 3 && even*10 >= units*7 && odd*50 <= units:
		return encUTF16BE, nil
	case (even+odd)*5 >= len(head):
		return "", errNotText()
	}
	return "", nil
}

func errNotText() error {
	return invalid("encodingNotRecognised")
}

func (d *decoder) use(name string) {
	d.encoding, d.decided = name, true
	switch name {
	case encUTF16LE:
		d.order = binary.LittleEndian
	case encUTF16BE:
		d.order = binary.BigEndian
	default:
		d.table = tableOf(name) // none for UTF-8
	}
}

// more appends bytes of the file to raw.
func (d *decoder) more() error {
	if len(d.raw) == 0 {
		d.raw = d.buf[:0]
	}
	if len(d.raw) == cap(d.raw) {
		d.raw = append(d.buf[:0], d.raw...)
	}
	n, err := d.in.Read(d.raw[len(d.raw):min(cap(d.raw), len(d.raw)+d.step)])
	d.raw = d.raw[:len(d.raw)+n]
	d.off += int64(n)
	if err == io.EOF {
		d.done, err = true, nil
	}
	return err
}

// Read decodes into dst, which must have room for eight bytes or more.
func (d *decoder) Read(dst []byte) (int, error) {
	if d.table == nil && d.order == nil {
		return d.pass(dst)
	}
	for {
		var n int
		if d.table != nil {
			n = d.charmap(dst)
		} else {
			n = d.utf16(dst)
		}
		if n > 0 {
			return n, nil
		}
		if d.done {
			return 0, io.EOF
		}
		if err := d.more(); err != nil {
			return 0, err
		}
	}
}

// pass gives bytes as they are. While all were ASCII it stops before the first
// that is not, and decides when that one is asked for: what can be said about
// the rows before it does not depend on it.
func (d *decoder) pass(dst []byte) (int, error) {
	if !d.decided && len(d.raw) > 0 && d.raw[0] >= utf8.RuneSelf {
		name, err := detect(d.from, d.off-int64(len(d.raw)))
		if err != nil {
			return 0, err
		}
		d.use(name)
		if d.table != nil {
			d.guessed = true
			return d.Read(dst)
		}
	}
	n := copy(dst, d.raw)
	d.raw = d.raw[n:]
	for n == 0 {
		if d.done {
			return 0, io.EOF
		}
		var err error
		n, err = d.in.Read(dst[:min(len(dst), d.step)])
		d.off += int64(n)
		if err == io.EOF {
			d.done = true
		} else if err != nil {
			return n, err
		}
	}
	if d.decided {
		return n, nil
	}
	at := firstHigh(dst[:n])
	if at == n {
		return n, nil
	}
	back := make([]byte, 0, n-at+max(len(d.raw), len(d.buf)))
	back = append(append(back, dst[at:n]...), d.raw...)
	d.buf, d.raw = back[:0], back
	if at > 0 {
		return at, nil
	}
	return d.pass(dst)
}

// firstHigh returns the index of the first byte over 127, or the length.
func firstHigh(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if m := binary.LittleEndian.Uint64(b[i:]) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return i
}

func (d *decoder) charmap(dst []byte) int {
	n, i := 0, 0
	for i < len(d.raw) && n+utf8.UTFMax <= len(dst) {
		k := firstHigh(d.raw[i:min(len(d.raw), i+len(dst)-n)])
		copy(dst[n:], d.raw[i:i+k])
		n, i = n+k, i+k
		if i < len(d.raw) && d.raw[i] >= utf8.RuneSelf && n+utf8.UTFMax <= len(dst) {
			n += utf8.EncodeRune(dst[n:], d.table[d.raw[i]].r)
			i++
		}
	}
	d.raw = d.raw[i:]
	return n
}

// utf16 decodes; half a pair and an odd last byte become U+FFFD, which the
// parser counts as a fault of the row.
func (d *decoder) utf16(dst []byte) int {
	n, i := 0, 0
	raw := d.raw
	for n+utf8.UTFMax <= len(dst) {
		if len(raw)-i < 2 {
			if !d.done || len(raw) == i {
				break
			}
			n += utf8.EncodeRune(dst[n:], utf8.RuneError)
			i++
			continue
		}
		u := rune(d.order.Uint16(raw[i:]))
		size := 2
		if utf16.IsSurrogate(u) {
			if len(raw)-i < 4 && !d.done {
				break
			}
			pair := rune(utf8.RuneError)
			if len(raw)-i >= 4 {
				pair = utf16.DecodeRune(u, rune(d.order.Uint16(raw[i+2:])))
			}
			if pair != utf8.RuneError {
				size = 4
			}
			u = pair
		}
		i += size
		if u < utf8.RuneSelf {
			dst[n] = byte(u)
			n++
		} else {
			n += utf8.EncodeRune(dst[n:], u)
		}
	}
	d.raw = raw[i:]
	return n
}

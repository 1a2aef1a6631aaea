package sheet

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// errXML stands for any break of the rules of XML.
var errXML = errors.New("sheet: not well-formed XML")

// A token of XML. Names are without their prefix: workbooks differ in them.
type token uint8

const (
	tagStart token = iota
	tagEnd
	tagText
)

// tagBytes bounds a tag with its attributes, and the pieces in which text comes.
const tagBytes = 64 << 10

// markup cuts the XML of workbooks into tokens: several times the speed of
// encoding/xml, in constant memory. Entities other than the five of XML and
// character references do not occur without a DTD, and a DTD is refused.
type markup struct {
	in       io.Reader
	buf      []byte
	pos, end int
	eof      bool

	name  string // of the last tag
	attrs []byte
	text  []byte // of the last text, decoded; valid until the next call
	empty bool   // the tag just given closes itself: its end is still to come
	names map[string]string
}

func newMarkup(in io.Reader) *markup {
	return &markup{in: in, buf: make([]byte, 2*tagBytes), names: map[string]string{}}
}

func (x *markup) fill() error {
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		return errXML
	}
	for range 100 {
		n, err := x.in.Read(x.buf[x.end:])
		x.end += n
		if err == io.EOF {
			x.eof = true
			return nil
		}
		if err != nil || n > 0 {
			return err
		}
	}
	return io.ErrNoProgress
}

// find returns the place of what behind pos+from, relative to pos.
func (x *markup) find(from int, what string) (int, error) {
	for {
		if at := bytes.Index(x.buf[min(x.pos+from, x.end):x.end], []byte(what)); at >= 0 {
			return from + at, nil
		}
		if x.eof {
			return 0, errXML
		}
		from = max(from, x.end-x.pos-len(what)+1)
		if err := x.fill(); err != nil {
			return 0, err
		}
	}
}

// next returns the next token, or io.EOF.
func (x *markup) next() (token, error) {
	if x.empty {
		x.empty = false
		return tagEnd, nil
	}
	for {
		if x.pos == x.end {
			if x.eof {
				return 0, io.EOF
			}
			if err := x.fill(); err != nil {
				return 0, err
			}
			continue
		}
		if x.buf[x.pos] != '<' {
			return tagText, x.readText()
		}
		for x.end-x.pos < 9 && !x.eof {
			if err := x.fill(); err != nil {
				return 0, err
			}
		}
		here := x.buf[x.pos:x.end]
		switch {
		case bytes.HasPrefix(here, []byte("<?")):
			if err := x.skip(2, "?>"); err != nil {
				return 0, err
			}
		case bytes.HasPrefix(here, []byte("<!--")):
			if err := x.skip(4, "-->"); err != nil {
				return 0, err
			}
		case bytes.HasPrefix(here, []byte("<![CDATA[")):
			at, err := x.find(9, "]]>")
			if err != nil {
				return 0, err
			}
			x.text = append(x.text[:0], x.buf[x.pos+9:x.pos+at]...)
			x.pos += at + 3
			return tagText, nil
		case bytes.HasPrefix(here, []byte("<!")):
			return 0, errXML
		default:
			return x.readTag()
		}
	}
}

func (x *markup) skip(from int, what string) error {
	for {
		at := bytes.Index(x.buf[min(x.pos+from, x.end):x.end], []byte(what))
		if at >= 0 {
			x.pos += from + at + len(what)
			return nil
		}
		if x.eof {
			return errXML
		}
		// Nothing of it is needed, so it may be longer than the buffer.
		x.pos = max(x.pos+from, x.end-len(what)+1)
		x.pos = min(x.pos, x.end)
		from = 0
		if err := x.fill(); err != nil {
			return err
		}
	}
}

func (x *markup) readTag() (token, error) {
	// A > may stand in an attribute's value.
	var quote byte
	at := 1
	for ; ; at++ {
		if x.pos+at >= x.end {
			if x.eof || at > tagBytes {
				return 0, errXML
			}
			if err := x.fill(); err != nil {
				return 0, err
			}
			at--
			continue
		}
		c := x.buf[x.pos+at]
		if quote != 0 {
			if c == quote {
				quote = 0
			}
			continue
		}
		if c == '>' {
			break
		}
		if c == '"' || c == '\'' {
			quote = c
		}
	}
	tag := x.buf[x.pos+1 : x.pos+at]
	x.pos += at + 1
	kind := tagStart
	switch {
	case len(tag) == 0:
		return 0, errXML
	case tag[0] == '/':
		kind = tagEnd
		tag = tag[1:]
	case tag[len(tag)-1] == '/':
		x.empty = true
		tag = tag[:len(tag)-1]
	}
	n := bytes.IndexAny(tag, " \t\r\n")
	if n < 0 {
		n = len(tag)
	}
	x.attrs = tag[n:]
	x.name = x.intern(local(tag[:n]))
	return kind, nil
}

// intern gives one string per name; real workbooks have few.
func (x *markup) intern(b []byte) string {
	if s, ok := x.names[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(x.names) < 500 {
		x.names[s] = s
	}
	return s
}

func local(b []byte) []byte {
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		return b[i+1:]
	}
	return b
}

func (x *markup) readText() error {
	for {
		have := x.buf[x.pos:x.end]
		n := bytes.IndexByte(have, '<')
		if n < 0 {
			n = len(have)
			if !x.eof {
				if n < tagBytes {
					if err := x.fill(); err != nil {
						return err
					}
					continue
				}
				// A piece, which must not cut an entity.
				if amp := bytes.LastIndexByte(have, '&'); amp > 0 && n-amp < 16 {
					n = amp
				}
			}
		}
		x.text = unescape(x.text[:0], have[:n])
		x.pos += n
		return nil
	}
}

// attr returns the decoded value of an attribute of the last start tag.
func (x *markup) attr(name string) (string, bool) {
	b := x.attrs
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return "", false
		}
		key := bytes.TrimRight(b[:eq], " \t\r\n")
		b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return "", false
		}
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 {
			return "", false
		}
		if string(local(key)) == name {
			value := b[1 : 1+end]
			if bytes.IndexByte(value, '&') >= 0 {
				value = unescape(nil, value)
			}
			return string(value), true
		}
		b = b[end+2:]
	}
}

// unescape appends text with its entities decoded and line ends made LF.
func unescape(dst, text []byte) []byte {
	for {
		i := bytes.IndexAny(text, "&\r")
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		if text[i] == '\r' {
			dst = append(dst, '\n')
			text = text[i+1:]
			if len(text) > 0 && text[0] == '\n' {
				text = text[1:]
			}
			continue
		}
		text = text[i:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if end < 0 {
			dst = append(dst, '&')
			text = text[1:]
			continue
		}
		switch e := string(text[1:end]); e {
		case "lt":
			dst = append(dst, '<')
		case "gt":
			dst = append(dst, '>')
		case "amp":
			dst = append(dst, '&')
		case "quot":
			dst = append(dst, '"')
		case "apos":
			dst = append(dst, '\'')
		default:
			r, ok := reference(e)
			if !ok {
				dst = append(dst, text[:end+1]...)
				break
			}
			dst = utf8.AppendRune(dst, r)
		}
		text = text[end+1:]
	}
}

// reference reads #65 and #x41.
func reference(e string) (rune, bool) {
	base := 10
	var digits string
	switch {
	case len(e) > 2 && e[0] == '#' && (e[1] == 'x' || e[1] == 'X'):
		base, digits = 16, e[2:]
	case len(e) > 1 && e[0] == '#':
		digits = e[1:]
	default:
		return 0, false
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}

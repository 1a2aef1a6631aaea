package reason

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A file with a problem in every row has as many sets of parameters, written and
// read several times on their way. So the usual ones, plain strings, numbers and
// lists of strings, are read and written here without reflection.

// MarshalJSON writes the parameters in the order of their names.
func (p Params) MarshalJSON() ([]byte, error) {
	if p == nil {
		return []byte("null"), nil
	}
	var names [8]string
	sorted := slices.AppendSeq(names[:0], maps.Keys(p))
	slices.Sort(sorted)
	b := append(make([]byte, 0, 256), '{')
	for i, name := range sorted {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		switch v := p[name].(type) {
		case string:
			b = appendString(b, v)
		case int:
			b = strconv.AppendInt(b, int64(v), 10)
		case []string:
			b = append(b, '[')
			for j, s := range v {
				if j > 0 {
					b = append(b, ',')
				}
				b = appendString(b, s)
			}
			b = append(b, ']')
		default:
			other, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			b = append(b, other...)
		}
	}
	return append(b, '}'), nil
}

func appendString(b []byte, s string) []byte {
	plain := utf8.ValidString(s)
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] != '"' && s[i] != '\\'
	}
	if !plain {
		quoted, _ := json.Marshal(s) // a string always can be
		return append(b, quoted...)
	}
	return append(append(append(b, '"'), s...), '"')
}

// UnmarshalJSON reads parameters as New makes them.
func (p *Params) UnmarshalJSON(data []byte) error {
	r := &reader{in: string(data)}
	*p = nil
	if r.in == "null" {
		return nil
	}
	if !r.take('{') {
		return errors.New("parameters are no object")
	}
	for !r.take('}') {
		name := r.text()
		if !r.take(':') {
			return r.fault()
		}
		if *p == nil {
			*p = make(Params, 8)
		}
		(*p)[name] = r.value()
		if !r.take(',') && (r.bad || r.at >= len(r.in) || r.in[r.at] != '}') {
			return r.fault()
		}
	}
	if r.bad {
		return r.fault()
	}
	return nil
}

// reader reads JSON that the decoder has found to be valid.
type reader struct {
	in  string
	at  int
	bad bool
}

func (r *reader) fault() error { return errors.New("parameters cannot be read") }

// blanks passes over what may stand between two tokens.
func (r *reader) blanks() {
	for r.at < len(r.in) && strings.IndexByte(" \t\r\n", r.in[r.at]) >= 0 {
		r.at++
	}
}

func (r *reader) take(c byte) bool {
	r.blanks()
	if r.at < len(r.in) && r.in[r.at] == c {
		r.at++
		return true
	}
	return false
}

// text reads a string; one without escapes is a part of what is read.
func (r *reader) text() string {
	if !r.take('"') {
		r.bad = true
		return ""
	}
	start, escaped := r.at, false
	for r.at < len(r.in) && r.in[r.at] != '"' {
		if r.in[r.at] == '\\' {
			escaped = true
			r.at++
		}
		r.at++
	}
	if r.at >= len(r.in) {
		r.bad = true
		return ""
	}
	s := r.in[start:r.at]
	r.at++
	if escaped {
		var plain string
		if json.Unmarshal([]byte(`"`+s+`"`), &plain) != nil {
			r.bad = true
		}
		return plain
	}
	return s
}

func (r *reader) value() any {
	r.blanks()
	if r.at >= len(r.in) {
		r.bad = true
		return nil
	}
	switch c := r.in[r.at]; {
	case c == '"':
		return r.text()
	case c == '[' && strings.HasPrefix(r.in[r.at:], `["`):
		r.at++
		list := make([]string, 0, 8)
		for !r.take(']') && !r.bad {
			list = append(list, r.text())
			r.take(',')
		}
		return list
	case c == '[' || c == '{':
		d := json.NewDecoder(strings.NewReader(r.in[r.at:]))
		if c == '[' {
			return decoded[[]int](r, d)
		}
		return decoded[Reason](r, d)
	}
	start := r.at
	for r.at < len(r.in) && strings.IndexByte("-0123456789", r.in[r.at]) >= 0 {
		r.at++
	}
	n, err := strconv.Atoi(r.in[start:r.at])
	r.bad = r.bad || err != nil
	return n
}

func decoded[T any](r *reader, d *json.Decoder) T {
	var t T
	r.bad = r.bad || d.Decode(&t) != nil
	r.at += int(d.InputOffset())
	return t
}

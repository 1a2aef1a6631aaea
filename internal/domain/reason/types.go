package reason

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rollbook/internal/domain/text"
)

// paramType is how a parameter is written.
type paramType string

const (
	nameType     paramType = ""         // a field, a code, a column: as it is
	textType     paramType = "text"     // what somebody wrote: in quotation marks, never in the log
	valueType    paramType = "value"    // the same without the marks
	valuesType   paramType = "values"   // a list of those
	cellType     paramType = "cell"     // as text, with a word for an empty one
	numberType   paramType = "number"   // how many
	lineType     paramType = "line"     // the number of a line or character: without separators
	linesType    paramType = "lines"    // a list of those
	listType     paramType = "list"     // a list of names
	textsType    paramType = "texts"    // a list of texts
	bytesType    paramType = "bytes"    // a size
	dateType     paramType = "date"     // yyyy-mm-dd, as the language writes it
	monthType    paramType = "month"    // 1 to 12, by its name
	languageType paramType = "language" // the code of a language, by its name
	countryType  paramType = "country"  // the code of a country, by its name
	reasonType   paramType = "reason"   // another reason
	// A type that begins with "word:" is a word of words/: "word:action" with the
	// value "test" is the word action.test.
	wordType = "word:"
)

// take returns the value as it is stored, nil for an absent one: as much of a
// text as a sentence shows, since cells may be long.
func (t paramType) take(v any) (any, bool) {
	switch t {
	case numberType, lineType, bytesType, monthType:
		switch v := v.(type) {
		case int:
			return v, true
		case int64:
			return int(v), true
		case nil:
			return nil, true
		}
		return nil, false
	case linesType:
		l, ok := v.([]int)
		if len(l) == 0 {
			return nil, ok || v == nil
		}
		return l, ok
	case listType, textsType, valuesType:
		l, ok := v.([]string)
		if len(l) == 0 {
			return nil, ok || v == nil
		}
		if t != valuesType {
			if short := shortened(l); &short[0] != &l[0] {
				return short, ok
			}
		}
		return v, ok
	case reasonType:
		r, ok := v.(Reason)
		if r.Zero() {
			return nil, ok || v == nil
		}
		return r, ok
	}
	s, ok := v.(string)
	if !ok && v != nil {
		if x, is := v.(fmt.Stringer); is {
			s = x.String()
		} else if s, ok = asString(v); !ok {
			return nil, false
		}
	}
	if s == "" && t != cellType {
		return nil, true
	}
	if t != valueType {
		s = text.Shown(s)
	}
	if v == any(s) {
		return v, true
	}
	return s, true
}

// shortened returns the list with each text as short as a sentence shows it: the
// list itself where all are.
func shortened(l []string) []string {
	for i, s := range l {
		short := text.Shown(s)
		if short == s {
			continue
		}
		out := slices.Clone(l)
		for j := i; j < len(l); j++ {
			out[j] = text.Shown(l[j])
		}
		return out
	}
	return l
}

// blank reports whether a value that is always there may say nothing.
func (t paramType) blank() bool { return t == nameType || t == textType || t == valueType }

// private reports whether a value is what somebody wrote, or meant to.
func (t paramType) private() bool {
	switch t {
	case textType, textsType, valueType, valuesType, cellType, dateType:
		return true
	}
	return false
}

// write shows a value. last is the word before the last of a list.
func (t paramType) write(v any, lang, last string, log bool) string {
	if log && t.private() {
		return "…"
	}
	switch v := v.(type) {
	case int:
		switch t {
		case numberType:
			return Number(lang, v)
		case bytesType:
			return Bytes(lang, int64(v))
		case monthType:
			if v >= 1 && v <= 12 {
				return Months(lang)[v-1]
			}
		}
		return strconv.Itoa(v)
	case []int:
		out := make([]string, len(v))
		for i, n := range v {
			out[i] = strconv.Itoa(n)
		}
		return join(lang, out, last)
	case []string:
		if t != textsType {
			return join(lang, v, last)
		}
		out := make([]string, len(v))
		for i, s := range v {
			out[i] = Quote(lang, s)
		}
		return join(lang, out, last)
	case Reason:
		if log {
			return v.Log()
		}
		return v.Message(lang)
	case string:
		switch {
		case t == cellType && v == "":
			return Word(lang, "cell.empty")
		case t == textType, t == cellType:
			return Quote(lang, v)
		case t == languageType:
			return LanguageName(lang, v)
		case t == countryType:
			return CountryName(lang, v)
		case t == dateType:
			return dateOf(lang, v)
		case strings.HasPrefix(string(t), wordType):
			return Word(lang, strings.TrimPrefix(string(t), wordType)+"."+v)
		}
		return v
	}
	return "…"
}

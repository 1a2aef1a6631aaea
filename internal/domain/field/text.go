package field

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rollbook/internal/domain"
)

// textKind is a line of text.
var textKind = &Kind{
	Name: domain.Text, Criterion: true, MaxLength: true, Free: true, Group: "(text)", Check: CheckLength,
	JSON:      "a string",
	Cell:      "up to 250 characters (fewer if the field says so) on one line; stored in the composed form (NFC), without blanks around",
	Operators: textOperators,
	parseNew:  func(text string, x *Index) (Edit, *Warning, *Problem) { return parseText(text, x, "") },
	parseOld:  func(text string, x *Index) (domain.Value, bool) { return parseOldText(text, x, "") },
	format:    func(v domain.Value) string { return escape(string(v)) },
	fromJSON:  textFromJSON,
	toJSON:    textOrNull,
	options:   func(*Index, string) []string { return nil },
	element:   oneText,
	show:      asText,
	compared:  foldedText,
}

var textOperators = []Operator{
	{"is", TakesOne, among}, {"isNot", TakesOne, not(among)}, {"in", TakesList, among},
	{"contains", TakesPart, contains}, {"startsWith", TakesPart, startsWith},
	{"isEmpty", TakesNothing, isEmpty}, {"isNotEmpty", TakesNothing, not(isEmpty)},
}

// foldedText makes texts comparable: without regard to case, to the width of
// blanks and to invisible characters; accents count.
func foldedText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case hidden(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s)
	return norm.NFC.String(strings.ToLower(norm.NFC.String(s)))
}

func textFromJSON(v any, x *Index) (domain.Value, *Problem) {
	text, ok := v.(string)
	if !ok {
		return domain.Empty, no("wrongType.text")
	}
	return Text(text, maxLength(x.FieldDef))
}

// oneText reads a text that a condition names.
func oneText(raw json.RawMessage, o *Operator, x *Index) (string, *Problem) {
	s, ok := jsonString(raw)
	if !ok {
		return "", no("wrongType.string")
	}
	v, p := Text(s, max(x.MaxLength, domain.MaxText))
	switch {
	case p != nil:
		return "", p
	case v == domain.Empty:
		return "", no("wrongType.emptyText")
	case o.Takes == TakesPart:
		return norm.NFC.String(s), nil // blanks at its ends are part of what is sought
	}
	return string(v), nil
}

// clears reports whether the word by its key clears the field: any of the words
// for Empty, or only the one.
func clears(key, only string) bool {
	if only != "" {
		return key == only
	}
	return emptyWord(key)
}

func parseOldText(text string, x *Index, only string) (domain.Value, bool) {
	if clears(key(text), only) {
		return domain.Empty, true
	}
	v, p := Text(unescape(text), maxLength(x.FieldDef))
	return v, p == nil
}

// Text makes a text value: NFC, trimmed, at most max characters (runes after
// NFC), without line breaks, control characters and what is not valid Unicode.
// What shows nothing is Empty. It knows no escapes and no words: "Empty" is the
// text Empty.
func Text(text string, max int) (domain.Value, *Problem) {
	if p := checkUnicode(text); p != nil {
		return domain.Empty, p
	}
	if Blank(text) {
		return domain.Empty, nil
	}
	text = trim(norm.NFC.String(text))
	n := 0
	for _, r := range text {
		n++
		switch {
		case breaksLine(r):
			return domain.Empty, no("lineBreak", n, nil)
		case r == '\t':
			return domain.Empty, no("controlCharacter.tab", n)
		case unicode.IsControl(r):
			return domain.Empty, no("controlCharacter", fmt.Sprintf("U+%04X", r), n)
		}
	}
	if n > max {
		return domain.Empty, no("textTooLong", text, n, max)
	}
	return domain.Value(text), nil
}

// checkUnicode finds what cannot be a character of anybody's text: bytes that
// are not UTF-8 (lone surrogates are none), U+FFFD, which stands where a
// character was lost, and noncharacters.
func checkUnicode(text string) *Problem {
	n := 0
	for i, r := range text {
		n++
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return no("badCharacter", n)
			}
			return no("badCharacter.lost", n)
		}
		if r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF {
			return no("badCharacter.none", n, fmt.Sprintf("U+%04X", r))
		}
	}
	return nil
}

// maxLength is the longest text of the field. The limit of 250 is for criteria;
// a contact's own fields bring theirs.
func maxLength(d domain.FieldDef) int {
	if d.MaxLength <= 0 || d.Kind != domain.ContactText && d.MaxLength > domain.MaxText {
		return domain.MaxText
	}
	return d.MaxLength
}

func parseText(text string, x *Index, only string) (Edit, *Warning, *Problem) {
	k := key(text)
	if clears(k, only) {
		return Edit{}, nil, nil
	}
	if meaning(k) {
		return Edit{}, nil, no("maybeEmpty.text", text, `\`+trim(show(text)))
	}
	v, p := Text(unescape(text), maxLength(x.FieldDef))
	return Edit{Value: v}, nil, p
}

// escape marks a text that would read as something else.
func escape(text string) string {
	if strings.HasPrefix(text, `\`) || meaning(key(text)) {
		return `\` + text
	}
	return text
}

// unescape takes off exactly what escape puts on.
func unescape(text string) string {
	rest, ok := strings.CutPrefix(text, `\`)
	if ok && (strings.HasPrefix(rest, `\`) || meaning(key(rest))) {
		return rest
	}
	return text
}

// OneLine puts the lines of a text on one, with a sign between them. What stands
// after each of them, as a comma, is not doubled.
func OneLine(s, between string) string {
	lines := strings.FieldsFunc(s, breaksLine)
	out := lines[:0]
	for _, l := range lines {
		if l = strings.TrimRight(strings.TrimSpace(l), ",;"); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, between)
}

// breaksLine reports whether a character ends a line.
func breaksLine(r rune) bool {
	return r == '\n' || r == '\r' || r == 0x0B || r == 0x0C || r == 0x85 || r == 0x2028 || r == 0x2029
}

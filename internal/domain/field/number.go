package field

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"rollbook/internal/domain"
)

// numberKind is a number with as many decimals as its definition says; its value
// is the number in digits, with a point and without zeros that say nothing.
var numberKind = &Kind{
	Name: domain.Number, Criterion: true, Decimals: true, Group: "(number)", Check: CheckNumber,
	JSON: "a number",
	Cell: "up to 15 digits with a sign and as many decimals as the field takes, written as five languages write them: `1234.5` `1 234,50` `1'234.50` `1.234,50`. `1.250` may be two numbers: it is read as the others of its column tell, else refused with both, unless one of them has more decimals than the field takes",
	Operators: []Operator{
		{"is", TakesOne, among}, {"isNot", TakesOne, not(among)}, {"in", TakesList, among},
		{"lessThan", TakesOne, compares(func(c int) bool { return c < 0 })}, {"atMost", TakesOne, compares(func(c int) bool { return c <= 0 })},
		{"atLeast", TakesOne, compares(func(c int) bool { return c >= 0 })}, {"moreThan", TakesOne, compares(func(c int) bool { return c > 0 })},
		{"between", TakesRange, betweenNumbers},
		{"isEmpty", TakesNothing, isEmpty}, {"isNotEmpty", TakesNothing, not(isEmpty)},
	},
	parseNew: parseNumber,
	parseOld: func(text string, x *Index) (domain.Value, bool) {
		if emptyWord(key(text)) {
			return domain.Empty, true
		}
		fit := fitting(readings(text), x)
		if len(fit) == 0 { // the field may have taken more decimals then
			fit = fitting(readings(text), &Index{FieldDef: domain.FieldDef{Decimals: domain.MaxDecimals}})
		}
		if len(fit) == 0 {
			return domain.Empty, false
		}
		// Of two readings the one that we write ourselves.
		return domain.Value(fit[0]), true
	},
	format: func(v domain.Value) string { return writtenNumber(string(v)) },
	fromJSON: func(v any, x *Index) (domain.Value, *Problem) {
		n, ok := v.(json.Number)
		if !ok || !jsonNumber.MatchString(n.String()) {
			return domain.Empty, no("wrongType.jsonNumber")
		}
		r, _ := new(big.Rat).SetString(n.String())
		s := decimal(r)
		return domain.Value(s), checkNumber(n.String(), s, x)
	},
	toJSON:  func(v domain.Value) any { return orNull(v, json.Number(v)) },
	options: func(*Index, string) []string { return nil },
	element: func(raw json.RawMessage, _ *Operator, x *Index) (string, *Problem) {
		v, p := x.FromJSON(raw)
		return string(v), p
	},
	show:     func(s string) any { return json.Number(s) },
	compared: asIs,
	less:     func(a, b string) bool { return rat(a).Cmp(rat(b)) < 0 },
}

// MaxDigits is how many digits a number has at most: so many survive in every
// spreadsheet and every JSON reader.
const MaxDigits = 15

// Exponents are bounded so that a short text is no number of a million digits.
var jsonNumber = regexp.MustCompile(`^-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?$`)

func rat(canonical string) *big.Rat {
	r, ok := new(big.Rat).SetString(canonical)
	if !ok {
		return new(big.Rat) // of a value that was stored under another kind
	}
	return r
}

func compares(is func(cmp int) bool) func(domain.Value, *Operand) bool {
	return func(v domain.Value, o *Operand) bool {
		return v != domain.Empty && is(rat(string(v)).Cmp(rat(o.values[0])))
	}
}

func betweenNumbers(v domain.Value, o *Operand) bool {
	if v == domain.Empty {
		return false
	}
	r := rat(string(v))
	return rat(o.values[0]).Cmp(r) <= 0 && r.Cmp(rat(o.values[1])) <= 0
}

// decimal writes a number that has a finite form: -0.5, 1234.
func decimal(r *big.Rat) string {
	n, exact := r.FloatPrec()
	if !exact {
		n = 100
	}
	return r.FloatString(n)
}

// writtenNumber writes a number so that it can be read in one way only: 1.125
// may be more than a thousand, 1.1250 is not.
func writtenNumber(canonical string) string {
	if len(readings(canonical)) > 1 {
		return canonical + "0"
	}
	return canonical
}

var one = big.NewRat(1, 1)

// A Sign parts the decimals of the numbers of a column.
type Sign string

// The signs.
const (
	AnySign Sign = "" // nobody said: a text that may be two numbers is in doubt
	Point   Sign = "point"
	Comma   Sign = "comma"
)

var signChars = map[Sign]string{AnySign: ".", Point: ".", Comma: ","}

// A SignWitness is what a text says of the sign of the column that it stands in.
type SignWitness int

// What a text may say.
const (
	SignSilent SignWitness = iota
	SaysPoint              // only with a point before the decimals it is a number
	SaysComma              // only with a comma
	SaysEither             // it may be two numbers
)

// SignWitnessed returns what a text says of the sign before decimals.
func SignWitnessed(text string) SignWitness {
	at := strings.IndexAny(text, ".,")
	if len(text) > maxNumber || at < 0 {
		return SignSilent
	}
	// Nearly all numbers are digits around one sign.
	if whole, frac := strings.TrimPrefix(text[:at], "-"), text[at+1:]; digits(whole) && digits(frac) {
		switch {
		case len(frac) == 3 && len(whole) <= 3 && whole[0] != '0':
			return SaysEither
		case text[at] == '.':
			return SaysPoint
		}
		return SaysComma
	}
	point, comma := readingsBy(text, Point), readingsBy(text, Comma)
	switch {
	case len(point) > 0 && len(comma) > 0 && point[0] != comma[0]:
		return SaysEither
	case len(point) > 0 && len(comma) == 0:
		return SaysPoint
	case len(comma) > 0 && len(point) == 0:
		return SaysComma
	}
	return SignSilent
}

// WrittenBy writes a canonical number so that it can be read in one way only, by
// the sign.
func WrittenBy(canonical string, s Sign) string {
	return strings.Replace(writtenNumber(canonical), ".", signChars[s], 1)
}

// readings returns the numbers that a text may be: the one with a decimal point
// first.
func readings(text string) []string { return readingsBy(text, AnySign) }

// readingsBy is readings of a text in a column whose sign is known.
func readingsBy(text string, by Sign) []string {
	s := strings.ReplaceAll(key(text), "−", "-")
	sign, s := "", strings.TrimSpace(s)
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.Trim(s[:1], "+"), strings.TrimSpace(s[1:])
	}
	if strings.Contains(s, "e") {
		return nil
	}
	for len(s) > 1 && s[0] == '0' && digits(s[1:2]) {
		s = s[1:]
	}
	var out []string
	for _, r := range numbersBy(s, by) {
		if s[0] == '0' && r.Cmp(one) >= 0 {
			continue // nobody's thousands begin with 0
		}
		n := decimal(r)
		if n != "0" {
			n = sign + n
		}
		out = append(out, n)
	}
	if len(out) == 2 && strings.Contains(out[1], ".") {
		out[0], out[1] = out[1], out[0]
	}
	return out
}

// fitting returns those of the readings that the field takes.
func fitting(readings []string, x *Index) []string {
	var out []string
	for _, n := range readings {
		if checkNumber(n, n, x) == nil {
			out = append(out, n)
		}
	}
	return out
}

// checkNumber checks a number, in its canonical form, against the definition.
func checkNumber(text, n string, x *Index) *Problem {
	whole, frac, _ := strings.Cut(strings.TrimPrefix(n, "-"), ".")
	if whole == "0" {
		whole = ""
	}
	switch {
	case len(whole)+len(frac) > MaxDigits:
		return no("tooManyDigits", text, len(whole)+len(frac), MaxDigits)
	case len(frac) > x.Decimals && x.Decimals == 0:
		return no("tooManyDecimals.whole", text, x.Code)
	case len(frac) > x.Decimals:
		return no("tooManyDecimals", text, len(frac), x.Code, x.Decimals)
	}
	return nil
}

func parseNumber(text string, x *Index) (Edit, *Warning, *Problem) {
	k := key(text)
	if emptyWord(k) {
		return Edit{}, nil, nil
	}
	all := readings(text)
	if len(all) > 1 && x.Sign != AnySign {
		all = readingsBy(text, x.Sign)
	}
	fit := fitting(all, x)
	switch {
	case len(fit) == 1:
		return Edit{Value: domain.Value(fit[0])}, nil, nil
	case len(fit) > 1:
		written := make([]string, len(fit))
		for i, n := range fit {
			written[i] = writtenNumber(n)
		}
		return Edit{}, nil, no("ambiguousNumber", text, written)
	case len(all) > 0:
		return Edit{}, nil, checkNumber(text, all[0], x)
	case suspicious(k):
		return Edit{}, nil, no("maybeEmpty.number", text, "Empty")
	}
	switch inner := fitting(readings(strings.Trim(k, currency)), x); {
	case strings.Contains(k, "e") && numbers(strings.TrimLeft(k, "+-")) != nil:
		return Edit{}, nil, no("spreadsheetNumber.rounded", text)
	case days(text, false) != nil:
		return Edit{}, nil, no("spreadsheetDate.number", text)
	case len(inner) == 1:
		return Edit{}, nil, no("notANumber.more", text, writtenNumber(inner[0]))
	}
	return Edit{}, nil, no("notANumber", text)
}

// currency are the signs of amounts of money, and the letters of CHF, EUR, GBP
// and USD.
const currency = " €$£bcdefghprsu"

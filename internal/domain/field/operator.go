package field

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/domain"
)

// An Operator is one thing that a condition can ask about a field.
type Operator struct {
	Name  string
	Takes Takes
	// match compares what a contact has with what the condition names.
	match func(have domain.Value, o *Operand) bool
}

// Takes is what an operator is given to compare with.
type Takes string

// What operators take.
const (
	TakesNothing Takes = "nothing"
	TakesOne     Takes = "one"
	TakesPart    Takes = "part"  // a part of a text, blanks at its ends included
	TakesList    Takes = "list"  // a list, any of which may be meant
	TakesSet     Takes = "set"   // a list, or one by itself, that is meant as a whole
	TakesRange   Takes = "range" // a list of two: the first and the last that are meant
	TakesDays    Takes = "days"  // how many days
)

// Operator returns the operator of the name.
func (k *Kind) Operator(name string) (*Operator, bool) {
	for i := range k.Operators {
		if k.Operators[i].Name == name {
			return &k.Operators[i], true
		}
	}
	return nil, false
}

// OperatorNames returns the names of the operators in the order in which they
// are offered.
func (k *Kind) OperatorNames() []string {
	out := make([]string, len(k.Operators))
	for i, o := range k.Operators {
		out[i] = o.Name
	}
	return out
}

// Operand is what a condition compares a field with: values read by Element. The
// zero Operand has none.
type Operand struct {
	kind   *Kind
	op     *Operator
	values []string        // canonical
	forms  map[string]bool // as they are compared
	sought string          // the last of them
	days   int
	today  time.Time
}

// NewOperand returns the operand of an operator before it is given its values.
// Days that are counted back are counted from today, in UTC.
func NewOperand(k *Kind, op *Operator, today time.Time) *Operand {
	return &Operand{kind: k, op: op, forms: map[string]bool{}, today: today.UTC()}
}

// Add gives the operand one more value, read from JSON against the definition.
// One that it has already is passed over, save in a range.
func (o *Operand) Add(raw json.RawMessage, x *Index) *Problem {
	if o.op.Takes == TakesDays {
		return o.addDays(raw)
	}
	v, p := o.kind.element(raw, o.op, x)
	if p != nil {
		return p
	}
	if as := o.kind.compared(v); !o.forms[as] || o.op.Takes == TakesRange {
		o.forms[as] = true
		o.values = append(o.values, v)
		o.sought = as
	}
	return nil
}

// mostDays is how far back an operator counts: a hundred years.
const mostDays = 36525

func (o *Operand) addDays(raw json.RawMessage) *Problem {
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < 0 || n > mostDays {
		return no("wrongType.days", mostDays)
	}
	o.days, o.values = n, []string{strconv.Itoa(n)}
	return nil
}

// Finish is called when all values are there.
func (o *Operand) Finish(x *Index) *Problem {
	switch o.op.Takes {
	case TakesSet:
		o.values = x.order(o.values).Codes()
	case TakesRange:
		if len(o.values) != 2 {
			return no("wrongType.pair")
		}
		if o.kind.less(o.values[1], o.values[0]) {
			return no("wrongType.order")
		}
	}
	return nil
}

// Match reports whether the operator says so of a value.
func (o *Operand) Match(have domain.Value) bool { return o.op.match(have, o) }

// Values returns the values as JSON has them.
func (o *Operand) Values() []any {
	out := make([]any, len(o.values))
	for i, v := range o.values {
		if out[i] = o.kind.show(v); o.op.Takes == TakesDays {
			out[i] = o.days
		}
	}
	return out
}

func (o *Operand) has(canonical string) bool { return o.forms[canonical] }

// The comparisons that several kinds share.

func not(match func(domain.Value, *Operand) bool) func(domain.Value, *Operand) bool {
	return func(v domain.Value, o *Operand) bool { return !match(v, o) }
}

func isEmpty(v domain.Value, _ *Operand) bool { return v == domain.Empty }

// among reports whether the value is one of those named.
func among(v domain.Value, o *Operand) bool { return o.forms[o.kind.compared(string(v))] }

func contains(v domain.Value, o *Operand) bool {
	return strings.Contains(o.kind.compared(string(v)), o.sought)
}

func startsWith(v domain.Value, o *Operand) bool {
	return strings.HasPrefix(o.kind.compared(string(v)), o.sought)
}

// Canonical dates follow each other as their texts do.
func before(v domain.Value, o *Operand) bool {
	return v != domain.Empty && string(v) < o.values[0]
}

func after(v domain.Value, o *Operand) bool { return string(v) > o.values[0] }

// oneOperators are those of the kinds whose value is one of a few.
var oneOperators = []Operator{
	{"is", TakesOne, among}, {"isNot", TakesOne, not(among)}, {"in", TakesList, among},
	{"isEmpty", TakesNothing, isEmpty}, {"isNotEmpty", TakesNothing, not(isEmpty)},
}

// The forms that several kinds share.

func asIs(canonical string) string  { return canonical }
func asText(canonical string) any   { return canonical }
func textOrNull(v domain.Value) any { return orNull(v, string(v)) }

func orNull(v domain.Value, shown any) any {
	if v == domain.Empty {
		return nil
	}
	return shown
}

// jsonString reads a JSON string.
func jsonString(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}

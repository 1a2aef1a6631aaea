package condition

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rollbook/internal/domain"
)

// The limits of a condition.
const (
	MaxDepth  = 20        // nodes from the root to a leaf, both counted
	MaxLeaves = 1000      // in the whole tree
	MaxValues = 1000      // in one list
	MaxBytes  = 256 << 10 // of its JSON, so that it fits into one stored item
)

// Number is the field of the contact number itself.
const Number domain.Field = "contact:number"

// Condition is a checked condition tree. It does not change, so it may be used
// by several goroutines at once. Parse makes one.
type Condition struct {
	op    op
	nodes []*Condition // of all and any; one of not

	// of a leaf
	field  domain.Field
	kind   domain.Kind
	values []string        // canonical, as JSON shows them
	list   bool            // the value is a list
	set    map[string]bool // the values in the form in which they are compared
	sought string          // the one value of contains and startsWith in that form
}

type op string

const (
	opAll        op = "all"
	opAny        op = "any"
	opNot        op = "not"
	opIs         op = "is"
	opIsNot      op = "isNot"
	opIn         op = "in"
	opContains   op = "contains"
	opStartsWith op = "startsWith"
	opBefore     op = "before"
	opAfter      op = "after"
	opIsEmpty    op = "isEmpty"
	opIsNotEmpty op = "isNotEmpty"
)

// Match tells whether the condition is true of the contact.
func (c *Condition) Match(contact domain.Contact) bool {
	switch c.op {
	case opAll:
		return !slices.ContainsFunc(c.nodes, func(n *Condition) bool { return !n.Match(contact) })
	case opAny:
		return slices.ContainsFunc(c.nodes, func(n *Condition) bool { return n.Match(contact) })
	case opNot:
		return !c.nodes[0].Match(contact)
	}
	v := contact.Get(c.field)
	if c.field == Number {
		v = domain.Value(contact.Number)
	}
	switch c.op {
	case opIsEmpty:
		return v == domain.Empty
	case opIsNotEmpty:
		return v != domain.Empty
	case opIsNot:
		return !c.is(v)
	case opIs:
		return c.is(v)
	case opBefore:
		return v != domain.Empty && string(v) < c.values[0]
	case opAfter:
		return string(v) > c.values[0]
	case opIn:
		if c.kind == domain.MultiChoice {
			return slices.ContainsFunc(v.Codes(), func(code string) bool { return c.set[code] })
		}
		return c.set[c.compared(string(v))]
	case opContains:
		if c.kind == domain.MultiChoice {
			return slices.Contains(v.Codes(), c.values[0])
		}
		return strings.Contains(c.compared(string(v)), c.sought)
	case opStartsWith:
		return strings.HasPrefix(c.compared(string(v)), c.sought)
	}
	return false
}

// is tells whether the value is the leaf's.
func (c *Condition) is(v domain.Value) bool {
	if c.kind == domain.MultiChoice {
		return v.SameAs(domain.Value(strings.Join(c.values, "|")), c.kind)
	}
	return c.set[c.compared(string(v))]
}

// compared is the form in which values of the leaf's field are compared.
func (c *Condition) compared(s string) string {
	if c.kind == domain.Text || c.kind == domain.ContactText {
		return norm.NFC.String(strings.ToLower(norm.NFC.String(s)))
	}
	return s
}

// Fields returns the fields that the condition asks for, each once, sorted.
func (c *Condition) Fields() []domain.Field {
	var out []domain.Field
	var walk func(*Condition)
	walk = func(c *Condition) {
		if c.field != "" {
			out = append(out, c.field)
		}
		for _, n := range c.nodes {
			walk(n)
		}
	}
	walk(c)
	slices.Sort(out)
	return slices.Compact(out)
}

// JSON returns the condition in its canonical form: Parse reads the same
// condition from it, and equal bytes come from it again.
func (c *Condition) JSON() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		panic("target: a condition that JSON cannot show: " + err.Error()) // only strings and booleans are in it
	}
	return bytes.TrimSpace(b.Bytes())
}

// MarshalJSON returns the canonical form.
func (c *Condition) MarshalJSON() ([]byte, error) {
	var v any
	switch c.op {
	case opAll, opAny:
		v = map[op][]*Condition{c.op: append([]*Condition{}, c.nodes...)}
	case opNot:
		v = map[op]*Condition{c.op: c.nodes[0]}
	default:
		l := leaf{Field: c.field, Op: c.op}
		if len(c.values) > 0 || c.list {
			values := make([]any, len(c.values))
			for i, s := range c.values {
				values[i] = c.shown(s)
			}
			l.Value = values
			if !c.list {
				l.Value = values[0]
			}
		}
		v = l
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

type leaf struct {
	Field domain.Field `json:"field"`
	Op    op           `json:"op"`
	Value any          `json:"value,omitempty"`
}

// shown is the JSON form of a canonical value.
func (c *Condition) shown(s string) any {
	if c.kind == domain.YesNo || c.kind == domain.Authorisation {
		if s == "" {
			return "empty"
		}
		return s == string(domain.True)
	}
	return s
}

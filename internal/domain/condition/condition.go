package condition

import (
	"bytes"
	"encoding/json"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// The limits of a condition.
const (
	MaxDepth  = 20        // nodes from the root to a leaf, both counted
	MaxLeaves = 1000      // in the whole tree
	MaxValues = 1000      // in one list
	MaxBytes  = 256 << 10 // of its JSON, so that it fits into one stored item
)

// Number is the field of the contact number itself.
const Number = field.NumberField

// Condition is a checked condition tree. It does not change, so it may be used
// by several goroutines at once. Parse makes one.
type Condition struct {
	form  form
	nodes []*Condition // of all and any; one of not

	// of a leaf
	field   domain.Field
	op      *field.Operator
	operand *field.Operand
	list    bool // the value is a list
}

// form is what a node is.
type form string

const (
	formAll  form = "all"
	formAny  form = "any"
	formNot  form = "not"
	formLeaf form = "field"
)

// Match reports whether the condition is true of the contact.
func (c *Condition) Match(contact domain.Contact) bool {
	switch c.form {
	case formAll:
		return !slices.ContainsFunc(c.nodes, func(n *Condition) bool { return !n.Match(contact) })
	case formAny:
		return slices.ContainsFunc(c.nodes, func(n *Condition) bool { return n.Match(contact) })
	case formNot:
		return !c.nodes[0].Match(contact)
	}
	if c.field == Number {
		return c.operand.Match(domain.Value(contact.Number))
	}
	return c.operand.Match(contact.Get(c.field))
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
		panic("condition: a tree that JSON cannot show: " + err.Error()) // only strings and booleans are in it
	}
	return bytes.TrimSpace(b.Bytes())
}

// MarshalJSON returns the canonical form.
func (c *Condition) MarshalJSON() ([]byte, error) {
	var v any
	switch c.form {
	case formAll, formAny:
		v = map[form][]*Condition{c.form: append([]*Condition{}, c.nodes...)}
	case formNot:
		v = map[form]*Condition{c.form: c.nodes[0]}
	default:
		l := leaf{Field: c.field, Op: c.op.Name}
		switch values := c.operand.Values(); {
		case c.list:
			l.Value = values
		case len(values) > 0:
			l.Value = values[0]
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
	Op    string       `json:"op"`
	Value any          `json:"value,omitempty"`
}

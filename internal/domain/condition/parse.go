package condition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
)

// The codes of what Parse finds.
const (
	BadCondition = "targetCondition"
	UnknownField = "targetField" // among the faults is a field that the catalogue has not
)

// maxFaults is how many faults are named: a tree of a thousand wrong leaves
// needs no answer of a thousand lines.
const maxFaults = 100

// Ops returns the ops that a leaf with the field may have, in the order in
// which they are shown.
func Ops(f domain.Field, kind domain.Kind) []string {
	var ops []op
	switch {
	case f == Number:
		ops = []op{opIs, opIsNot, opIn, opStartsWith}
	case f == domain.ContactBirthDate:
		ops = []op{opIs, opIsNot, opIn, opBefore, opAfter, opIsEmpty, opIsNotEmpty}
	case kind == domain.MultiChoice:
		ops = []op{opContains, opIn, opIs, opIsNot, opIsEmpty, opIsNotEmpty}
	case kind == domain.Text || kind == domain.ContactText:
		ops = []op{opIs, opIsNot, opIn, opContains, opStartsWith, opIsEmpty, opIsNotEmpty}
	default:
		ops = []op{opIs, opIsNot, opIn, opIsEmpty, opIsNotEmpty}
	}
	out := make([]string, len(ops))
	for i, o := range ops {
		out[i] = string(o)
	}
	return out
}

// Parse reads and checks a condition tree against the catalogue. The error is a
// *fault.Error of kind Invalid that names all faults at once (the first 100),
// each with its place, such as condition.all[1].op.
func Parse(data []byte, cat *domain.Catalogue) (*Condition, error) {
	p := &parser{cat: cat, code: BadCondition}
	var c *Condition
	switch {
	case len(data) > MaxBytes:
		p.fault("condition", "The condition is too long: at most %d KiB are taken.", MaxBytes>>10)
	case len(bytes.TrimSpace(data)) == 0:
		p.fault("condition", "There is no condition. Everyone is {\"all\": []}.")
	case !utf8.Valid(data) || !json.Valid(data):
		p.fault("condition", "The condition is not JSON.")
	default:
		c = p.node("condition", data, 1)
		if p.leaves > MaxLeaves {
			p.fault("condition", "The condition has %d comparisons; at most %d are taken.", p.leaves, MaxLeaves)
		}
	}
	if len(p.faults) > 0 {
		e := fault.New(fault.Invalid, p.code, "%s: %s", p.faults[0].Location, p.faults[0].Message)
		e.Fields = p.faults
		return nil, e
	}
	return c, nil
}

type parser struct {
	cat    *domain.Catalogue
	code   string
	faults []fault.Field
	leaves int
}

// full tells that no more faults are named, so none need be explained.
func (p *parser) full() bool { return len(p.faults) >= maxFaults }

func (p *parser) fault(at, format string, args ...any) {
	if !p.full() {
		p.faults = append(p.faults, fault.Field{Location: at, Message: fmt.Sprintf(format, args...)})
	}
}

type member struct {
	name string
	raw  json.RawMessage
}

// members returns the members of a JSON object in order, duplicates too, which
// json.Unmarshal would drop silently. Raw must be valid JSON.
func members(raw []byte) ([]member, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var out []member
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		m := member{name: name}
		if err != nil || !ok || d.Decode(&m.raw) != nil {
			return nil, false
		}
		out = append(out, m)
	}
	return out, true
}

// elements returns the elements of a JSON list.
func elements(raw []byte) ([]json.RawMessage, bool) {
	var out []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &out) != nil {
		return nil, false
	}
	return out, true
}

var names = []string{"all", "any", "not", "field", "op", "value"}

// node reads one node; nil if something is wrong with it.
func (p *parser) node(at string, raw []byte, depth int) *Condition {
	if depth > MaxDepth {
		p.fault(at, "The condition is too deep: at most %d levels are taken.", MaxDepth)
		return nil
	}
	ms, ok := members(raw)
	if !ok {
		p.fault(at, "A condition is an object with all, any, not or field.")
		return nil
	}
	got := map[string]json.RawMessage{}
	good := true
	for _, m := range ms {
		switch {
		case !slices.Contains(names, m.name):
			p.fault(at+"."+short(m.name), "There is no such member here.%s Taken are all, any, not, or field with op and value.", didYouMean(m.name, names))
			good = false
		case got[m.name] != nil:
			p.fault(at+"."+m.name, "This is here twice.")
			good = false
		default:
			got[m.name] = m.raw
		}
	}
	var forms []string
	for _, name := range []string{"all", "any", "not"} {
		if got[name] != nil {
			forms = append(forms, name)
		}
	}
	isLeaf := got["field"] != nil || got["op"] != nil || got["value"] != nil
	if isLeaf {
		forms = append(forms, "field")
	}
	if len(forms) != 1 {
		if len(forms) > 1 {
			p.fault(at, "Take only one of %s here.", strings.Join(forms, ", "))
		} else if good {
			p.fault(at, "This is empty. Take all, any, not or field; everyone is {\"all\": []}.")
		}
		return nil
	}
	var c *Condition
	switch form := forms[0]; form {
	case "field":
		c = p.leaf(at, got)
	case "not":
		if n := p.node(at+".not", got["not"], depth+1); n != nil {
			c = &Condition{op: opNot, nodes: []*Condition{n}}
		}
	default:
		items, ok := elements(got[form])
		if !ok {
			p.fault(at+"."+form, "This must be a list of conditions.")
			return nil
		}
		c = &Condition{op: op(form)}
		for i, item := range items {
			n := p.node(fmt.Sprintf("%s.%s[%d]", at, form, i), item, depth+1)
			if n == nil {
				good = false
			}
			c.nodes = append(c.nodes, n)
		}
	}
	if !good {
		return nil
	}
	return c
}

func (p *parser) leaf(at string, got map[string]json.RawMessage) *Condition {
	p.leaves++
	d, ok := p.field(at+".field", got["field"])
	if !ok {
		if _, ok := text(got["op"]); !ok {
			p.fault(at+".op", "This must be a string: what is compared, such as is.")
		}
		return nil
	}
	ops := Ops(d.field, d.Kind)
	name, ok := text(got["op"])
	if !ok || !slices.Contains(ops, name) {
		p.fault(at+".op", "%s takes %s.%s", d.field, strings.Join(ops, ", "), didYouMean(name, ops))
		return nil
	}
	c := &Condition{op: op(name), field: d.field, kind: d.Kind}
	raw := got["value"]
	none := len(raw) == 0 || string(raw) == "null"
	at += ".value"
	items := []json.RawMessage{raw}
	switch {
	case c.op == opIsEmpty || c.op == opIsNotEmpty:
		if !none {
			p.fault(at, "%s takes no value.", name)
			return nil
		}
		return c
	case none:
		p.fault(at, "%s needs a value.", name)
		return nil
	case c.op == opIn:
		if items, c.list = elements(raw); !c.list {
			p.fault(at, "in takes a list.")
			return nil
		}
	case c.kind == domain.MultiChoice && c.op != opContains:
		// always shown as a list, given as one or not
		if list, ok := elements(raw); ok {
			items = list
		}
		c.list = true
	}
	if c.list && len(items) == 0 {
		p.fault(at, "The list is empty. Name a value, or take isEmpty.")
		return nil
	}
	if len(items) > MaxValues {
		p.fault(at, "The list has %d values; at most %d are taken.", len(items), MaxValues)
		return nil
	}
	c.set = make(map[string]bool, len(items))
	good := true
	for i, item := range items {
		where := at
		if c.list && len(raw) > 0 && raw[0] == '[' {
			where = fmt.Sprintf("%s[%d]", at, i)
		}
		v, wrong := d.value(item, c.op)
		if wrong != "" {
			p.fault(where, "%s", wrong)
			good = false
			continue
		}
		if k := c.compared(v); !c.set[k] {
			c.set[k] = true
			c.values = append(c.values, v)
			c.sought = k
		}
	}
	if !good {
		return nil
	}
	if c.kind == domain.MultiChoice && c.op != opIn && c.op != opContains {
		c.values = d.Order(c.values).Codes()
	}
	return c
}

// fieldDef is a definition with the name that conditions use; contacts' own
// fields have one here too.
type fieldDef struct {
	field domain.Field
	domain.FieldDef
}

// field looks up a leaf's field.
func (p *parser) field(at string, raw json.RawMessage) (fieldDef, bool) {
	name, ok := text(raw)
	if !ok {
		p.fault(at, "This must be a string: a field such as criterion:CODE, authorisation:CODE or contact:language.")
		return fieldDef{}, false
	}
	f := domain.Field(name)
	if f == Number {
		return fieldDef{f, domain.FieldDef{Code: "number", Kind: domain.ContactText, MaxLength: 20}}, true
	}
	for _, c := range domain.ContactFields {
		if c.Field == f {
			return fieldDef{f, domain.FieldDef{Code: f.Code(), Kind: domain.ContactText, MaxLength: c.Max}}, true
		}
	}
	if d, ok := p.cat.Lookup(f); ok {
		return fieldDef{f, d}, true
	}
	p.code = UnknownField
	if p.full() {
		return fieldDef{}, false
	}
	p.fault(at, "There is no field %q.%s", short(name), didYouMean(name, p.fieldNames()))
	return fieldDef{}, false
}

func (p *parser) fieldNames() []string {
	out := []string{string(Number)}
	for _, c := range domain.ContactFields {
		out = append(out, string(c.Field))
	}
	for _, d := range p.cat.Fields {
		out = append(out, string(d.Field()))
	}
	return out
}

// value reads one value of a leaf; wrong says what is wrong with it.
func (d fieldDef) value(raw json.RawMessage, o op) (v, wrong string) {
	if string(raw) == "null" {
		return "", "This is null. Name a value, or take isEmpty."
	}
	if d.Kind != domain.Text && d.Kind != domain.ContactText {
		if d.Kind == domain.MultiChoice {
			d.Kind = domain.SingleChoice // one of its values
		}
		v, problem := field.FromJSON(raw, d.FieldDef)
		switch {
		case problem != nil:
			return "", problem.Message
		case v == domain.Empty && d.Kind != domain.Authorisation:
			return "", "This is empty. Name a value, or take isEmpty."
		}
		return string(v), ""
	}
	s, ok := text(raw)
	switch {
	case !ok:
		return "", "This must be a string."
	case d.field == Number:
		n, problem := field.ParseNumber(s)
		if problem != nil {
			return "", problem.Message
		}
		return string(n), ""
	case d.field == domain.ContactBirthDate:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return "", "This must be a date such as 1980-12-31."
		}
		return s, ""
	}
	t, problem := field.Text(s, max(d.MaxLength, domain.MaxText))
	switch {
	case problem != nil:
		return "", problem.Message
	case t == domain.Empty:
		return "", "This is empty. Name a text, or take isEmpty."
	case o == opContains || o == opStartsWith:
		return norm.NFC.String(s), "" // blanks at its ends are part of what is sought
	}
	return string(t), ""
}

// text reads a JSON string.
func text(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}

func didYouMean(word string, words []string) string {
	if w, ok := field.Nearest(word, words); ok {
		return " Did you mean " + w + "?"
	}
	return ""
}

// short keeps a name from the request from filling an answer.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

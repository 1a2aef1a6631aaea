package condition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// The codes of what Parse finds.
const (
	BadCondition = "targetCondition"
	UnknownField = "targetField" // among the faults is a field that the catalogue has not
)

// maxFaults is how many faults are named: a tree of a thousand wrong leaves
// needs no answer of a thousand lines.
const maxFaults = 100

// Parse reads and checks a condition tree against the catalogue. The error is a
// *fault.Error of kind Invalid that names all faults at once (the first 100),
// each with its place, such as condition.all[1].op. What a condition says of the
// last days is counted from today, in UTC: parse it when it is used.
func Parse(data []byte, cat *domain.Catalogue, today time.Time) (*Condition, error) {
	p := &parser{cat: cat, today: today, known: map[domain.Field]*field.Index{}}
	var c *Condition
	switch {
	case len(data) > MaxBytes:
		p.fault("condition", "invalid.conditionTooLong", MaxBytes>>10)
	case len(bytes.TrimSpace(data)) == 0:
		p.fault("condition", "invalid.noCondition", everyone)
	case !utf8.Valid(data) || !json.Valid(data):
		p.fault("condition", "invalid.conditionNotJSON")
	default:
		c = p.node("condition", data, 1)
		if p.leaves > MaxLeaves {
			p.fault("condition", "invalid.tooManyComparisons", p.leaves, MaxLeaves)
		}
	}
	if len(p.faults) > 0 {
		e := &fault.Error{Kind: fault.Invalid, Reason: reason.New("targetCondition", p.faults[0].Location, p.faults[0].Reason)}
		if p.strange {
			e.Reason = reason.New("targetField", p.faults[0].Location, p.faults[0].Reason)
		}
		e.Fields = p.faults
		return nil, e
	}
	return c, nil
}

type parser struct {
	cat     *domain.Catalogue
	today   time.Time
	strange bool // among the faults is a field that the catalogue has not
	faults  []fault.Field
	leaves  int
	known   map[domain.Field]*field.Index // the fields that it has met
}

// full tells that no more faults are named, so none need be explained.
func (p *parser) full() bool { return len(p.faults) >= maxFaults }

func (p *parser) fault(at, key string, values ...any) {
	if !p.full() {
		p.faults = append(p.faults, fault.Field{Location: at, Reason: reason.New(key, values...)})
	}
}

// wrong reports a value that the field cannot have.
func (p *parser) wrong(at string, problem *field.Problem) {
	if !p.full() {
		p.faults = append(p.faults, fault.Field{Location: at, Reason: *problem})
	}
}

// everyone is the condition that all contacts meet.
const everyone = `{"all": []}`

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
		p.fault(at, "invalid.tooDeep", MaxDepth)
		return nil
	}
	ms, ok := members(raw)
	if !ok {
		p.fault(at, "invalid.conditionObject")
		return nil
	}
	got := map[string]json.RawMessage{}
	good := true
	for _, m := range ms {
		switch {
		case !slices.Contains(names, m.name):
			p.fault(at+"."+text.Cut(m.name, text.MaxShown), "invalid.conditionMember", near(m.name, names))
			good = false
		case got[m.name] != nil:
			p.fault(at+"."+m.name, "invalid.memberTwice")
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
			p.fault(at, "invalid.oneForm", forms)
		} else if good {
			p.fault(at, "invalid.emptyCondition", everyone)
		}
		return nil
	}
	var c *Condition
	switch name := form(forms[0]); name {
	case formLeaf:
		c = p.leaf(at, got)
	case formNot:
		if n := p.node(at+".not", got["not"], depth+1); n != nil {
			c = &Condition{form: formNot, nodes: []*Condition{n}}
		}
	default:
		items, ok := elements(got[forms[0]])
		if !ok {
			p.fault(at+"."+forms[0], "invalid.conditionList")
			return nil
		}
		c = &Condition{form: name}
		for i, item := range items {
			n := p.node(fmt.Sprintf("%s.%s[%d]", at, name, i), item, depth+1)
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
	f, x, ok := p.field(at+".field", got["field"])
	if !ok {
		if _, ok := textOf(got["op"]); !ok {
			p.fault(at+".op", "invalid.operatorString")
		}
		return nil
	}
	kind := field.InConditions(f, x.FieldDef)
	name, _ := textOf(got["op"])
	op, ok := kind.Operator(name)
	if !ok {
		names := kind.OperatorNames()
		p.fault(at+".op", "invalid.operator", f, names, near(name, names))
		return nil
	}
	c := &Condition{form: formLeaf, field: f, op: op, operand: field.NewOperand(kind, op, p.today)}
	raw := got["value"]
	at += ".value"
	none := len(raw) == 0 || string(raw) == "null"
	if op.Takes == field.TakesNothing {
		if !none {
			p.fault(at, "invalid.noValue", name)
			return nil
		}
		return c
	}
	if none {
		p.fault(at, "invalid.needsValue", name)
		return nil
	}
	items, given := []json.RawMessage{raw}, false
	switch op.Takes {
	case field.TakesList, field.TakesRange:
		if items, given = elements(raw); !given {
			p.fault(at, "invalid.takesList", name)
			return nil
		}
		c.list = true
	case field.TakesSet:
		// always shown as a list, given as one or not
		if list, ok := elements(raw); ok {
			items, given = list, true
		}
		c.list = true
	}
	switch {
	case len(items) == 0:
		p.fault(at, "invalid.emptyList")
		return nil
	case len(items) > MaxValues:
		p.fault(at, "invalid.longList", len(items), MaxValues)
		return nil
	}
	good := true
	for i, item := range items {
		where := at
		if given {
			where = fmt.Sprintf("%s[%d]", at, i)
		}
		if string(item) == "null" {
			p.fault(where, "invalid.null")
			good = false
		} else if wrong := c.operand.Add(item, x); wrong != nil {
			p.wrong(where, wrong)
			good = false
		}
	}
	if !good {
		return nil
	}
	if wrong := c.operand.Finish(x); wrong != nil {
		p.wrong(at, wrong)
		return nil
	}
	return c
}

// field looks up a leaf's field.
func (p *parser) field(at string, raw json.RawMessage) (domain.Field, *field.Index, bool) {
	name, ok := textOf(raw)
	if !ok {
		p.fault(at, "invalid.fieldString")
		return "", nil, false
	}
	f := domain.Field(name)
	if x := p.known[f]; x != nil {
		return f, x, true
	}
	d, ok := p.cat.Lookup(f)
	if f == Number {
		d, ok = domain.FieldDef{Code: f.Code(), Kind: field.ContactNumber}, true
	}
	if ok {
		p.known[f] = field.NewIndex(d)
		return f, p.known[f], true
	}
	p.strange = true
	if !p.full() {
		p.fault(at, "invalid.noField", name, near(name, p.fieldNames()))
	}
	return "", nil, false
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

// textOf reads a JSON string.
func textOf(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}

// near is the one of the words that was probably meant, "" if none is near.
func near(word string, words []string) string {
	w, _ := field.Nearest(word, words)
	return w
}

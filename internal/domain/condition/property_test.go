package condition_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
)

// definitions are all fields that a leaf may have.
var definitions = func() map[domain.Field]domain.FieldDef {
	out := map[domain.Field]domain.FieldDef{condition.Number: {Kind: domain.ContactText}}
	for _, f := range domain.ContactFields {
		out[f.Field] = domain.FieldDef{Kind: domain.ContactText}
	}
	for _, d := range catalogue.Fields {
		out[d.Field()] = d
	}
	return out
}()

var fieldNames = func() []domain.Field {
	out := []domain.Field{condition.Number}
	for _, f := range domain.ContactFields {
		out = append(out, f.Field)
	}
	for _, d := range catalogue.Fields {
		out = append(out, d.Field())
	}
	return out
}()

var (
	texts = []string{"a", "A", "b", "é", "e\u0301", "É", "Straße", "STRASSE", "ab", "x a", "<&>", "İ", "Σας"}
	dates = []string{"1980-05-17", "1980-05-18", "2000-02-29"}
)

// jsonValue draws a value for a leaf as JSON has it.
func jsonValue(t *rapid.T, f domain.Field) any {
	d := definitions[f]
	switch {
	case f == condition.Number:
		return rapid.StringMatching(`#?[0-9]{1,3}`).Draw(t, "number")
	case f == domain.ContactBirthDate || d.Kind == domain.Date:
		return rapid.SampledFrom(dates).Draw(t, "date")
	case d.Kind == domain.Number:
		return json.Number(rapid.SampledFrom([]string{"0", "-1", "12.5", "12.50", "1e2"}).Draw(t, "number"))
	case d.Kind == domain.YesNo:
		return rapid.Bool().Draw(t, "bool")
	case d.Kind == domain.Authorisation:
		return rapid.SampledFrom([]any{true, false, "empty"}).Draw(t, "authorisation")
	case len(d.Values) > 0:
		return rapid.SampledFrom(d.Values).Draw(t, "code").Code
	}
	return rapid.SampledFrom(texts).Draw(t, "text")
}

func tree(t *rapid.T, depth int) map[string]any {
	form := rapid.SampledFrom([]string{"leaf", "leaf", "all", "any", "not"}).Draw(t, "form")
	if depth == 0 {
		form = "leaf"
	}
	switch form {
	case "all", "any":
		nodes := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "n") {
			nodes = append(nodes, tree(t, depth-1))
		}
		return map[string]any{form: nodes}
	case "not":
		return map[string]any{form: tree(t, depth-1)}
	}
	f := rapid.SampledFrom(fieldNames).Draw(t, "field")
	op := rapid.SampledFrom(field.InConditions(f, definitions[f]).OperatorNames()).Draw(t, "op")
	leaf := map[string]any{"field": f, "op": op}
	switch op {
	case "isEmpty", "isNotEmpty":
	case "withinLast":
		leaf["value"] = rapid.IntRange(0, 36525).Draw(t, "days")
	case "between":
		v := jsonValue(t, f)
		leaf["value"] = []any{v, v}
	case "in":
		var values []any
		for range rapid.IntRange(1, 3).Draw(t, "values") {
			values = append(values, jsonValue(t, f))
		}
		leaf["value"] = values
	default:
		leaf["value"] = jsonValue(t, f)
	}
	return leaf
}

func encode(t *rapid.T, tree any) []byte {
	b, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// parsed draws a tree and parses it: every tree built by the table of the
// package's documentation must be taken.
func parsed(t *rapid.T, tree any) *condition.Condition {
	return parse(t, string(encode(t, tree)))
}

func anyContact(t *rapid.T) domain.Contact {
	c := domain.Contact{Number: domain.ContactNumber(rapid.StringMatching(`[0-9]{1,3}`).Draw(t, "own number")), Fields: map[domain.Field]domain.Value{}}
	for _, f := range fieldNames {
		if f == condition.Number || rapid.Bool().Draw(t, "no value") {
			continue
		}
		v := jsonValue(t, f)
		switch {
		case v == "empty":
			continue
		case definitions[f].Kind == domain.MultiChoice:
			other := jsonValue(t, f)
			c.Fields[f] = domain.Value(fmt.Sprint(v))
			if other != v {
				c.Fields[f] += domain.Value(fmt.Sprint("|", other))
			}
		default:
			c.Fields[f] = domain.Value(fmt.Sprint(v))
		}
	}
	return c
}

func TestLogic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := tree(t, 3), tree(t, 2)
		contact := anyContact(t)
		inA, inB := parsed(t, a).Match(contact), parsed(t, b).Match(contact)
		for _, c := range []struct {
			name string
			tree any
			want bool
		}{
			{"not", map[string]any{"not": a}, !inA},
			{"all", map[string]any{"all": []any{a, b}}, inA && inB},
			{"any", map[string]any{"any": []any{a, b}}, inA || inB},
			{"De Morgan", map[string]any{"not": map[string]any{"any": []any{map[string]any{"not": a}, map[string]any{"not": b}}}}, inA && inB},
		} {
			if got := parsed(t, c.tree).Match(contact); got != c.want {
				t.Fatalf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	})
}

// The contrary op is the contrary, and in is an any of is.
func TestOpsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(fieldNames).Draw(t, "field")
		contact := anyContact(t)
		x, y := jsonValue(t, f), jsonValue(t, f)
		leaf := func(op string, value any) bool {
			m := map[string]any{"field": f, "op": op}
			if value != nil {
				m["value"] = value
			}
			return parsed(t, m).Match(contact)
		}
		if leaf("is", x) == leaf("isNot", x) {
			t.Fatalf("is and isNot agree on %v", x)
		}
		if f != condition.Number && leaf("isEmpty", nil) == leaf("isNotEmpty", nil) {
			t.Fatal("isEmpty and isNotEmpty agree")
		}
		single := "is"
		if definitions[f].Kind == domain.MultiChoice {
			single = "contains"
		}
		if leaf("in", []any{x, y}) != (leaf(single, x) || leaf(single, y)) {
			t.Fatalf("in [%v, %v] is not %s one of them", x, y, single)
		}
	})
}

func TestTargetSurvivesEncodeAndDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := parsed(t, tree(t, 4))
		again := parse(t, string(c.JSON()))
		if !bytes.Equal(c.JSON(), again.JSON()) {
			t.Fatalf("%s became %s", c.JSON(), again.JSON())
		}
		contact := anyContact(t)
		if c.Match(contact) != again.Match(contact) {
			t.Fatalf("%s matches differently when read again", c.JSON())
		}
		for _, f := range c.Fields() {
			if _, ok := definitions[f]; !ok {
				t.Fatalf("an unknown field: %s", f)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"all":[]}`, `{"any":[{"not":{"all":[]}}]}`, `null`, `[]`, `{"all":[],"any":[]}`, `{"all":[],"all":[]}`, `{"a\u006cl":[]}`,
		`{"field":"criterion:GENRE","op":"is","value":"ROCK"}`,
		`{"field":"criterion:GENRE","op":"in","value":["ROCK","JAZZ"]}`,
		`{"field":"criterion:STYLES","op":"is","value":["POP","ROCK"]}`,
		`{"field":"criterion:STYLES","op":"contains","value":"POP"}`,
		`{"field":"criterion:CLUB","op":"isNot","value":true}`,
		`{"field":"authorisation:EMAIL","op":"in","value":[true,"empty"]}`,
		`{"field":"criterion:NOTE","op":"startsWith","value":" \u00e9\ud83d\ude00"}`,
		`{"field":"criterion:NOTE","op":"is","value":"\ud800"}`,
		`{"field":"contact:birthDate","op":"before","value":"1980-12-31"}`,
		`{"field":"contact:number","op":"startsWith","value":"# 00"}`,
		`{"field":"contact:language","op":"isEmpty","value":null}`,
		`{"not":{"not":{"not":{"not":{"field":"criterion:GENER","op":"iss","value":{}}}}}}`,
	} {
		f.Add([]byte(s))
	}
	contact := domain.Contact{Number: "0012", Fields: map[domain.Field]domain.Value{
		"criterion:GENRE": "ROCK", "criterion:STYLES": "POP", "criterion:NOTE": "é", "contact:birthDate": "1980-01-01"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := condition.Parse(data, catalogue, today)
		if err != nil {
			e, ok := fault.As(err)
			if !ok || e.Kind != fault.Invalid || len(e.Fields) == 0 || e.Code == "" {
				t.Fatalf("%q: %+v", data, err)
			}
			return
		}
		again, err := condition.Parse(c.JSON(), catalogue, today)
		if err != nil {
			t.Fatalf("%q became %s: %v", data, c.JSON(), err)
		}
		if !bytes.Equal(c.JSON(), again.JSON()) || c.Match(contact) != again.Match(contact) {
			t.Fatalf("%q became %s, then %s", data, c.JSON(), again.JSON())
		}
	})
}

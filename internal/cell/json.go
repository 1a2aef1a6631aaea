package cell

import (
	"encoding/json"
	"fmt"

	"rollbook/internal/roll"
)

// FromJSON reads a value as the API gives it: a code (choice), a list of codes
// (multichoice), a boolean (yesno), a string (text), true, false or "empty"
// (authorisation). Null is Empty, and so are "" and an empty list. Codes are
// taken as they are, retired ones too: see NewlyRetired.
func FromJSON(raw json.RawMessage, d roll.FieldDef) (roll.Value, *Problem) {
	var v any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &v); err != nil {
			return roll.Empty, &Problem{Code: WrongType, Message: "This is not JSON."}
		}
	}
	if v == nil {
		return roll.Empty, nil
	}
	switch d.Kind {
	case roll.YesNo, roll.Authorisation:
		switch v := v.(type) {
		case bool:
			return roll.Value(fmt.Sprint(v)), nil
		case string:
			if d.Kind == roll.Authorisation && v == "empty" {
				return roll.Empty, nil
			}
		}
		if d.Kind == roll.Authorisation {
			return roll.Empty, &Problem{Code: WrongType, Message: `An authorisation is true, false or "empty".`}
		}
		return roll.Empty, &Problem{Code: WrongType, Message: "A yes/no criterion is true, false or null."}
	case roll.SingleChoice:
		code, ok := v.(string)
		if !ok {
			return roll.Empty, &Problem{Code: WrongType, Message: "A choice is a string: the code of its value."}
		}
		if code == "" {
			return roll.Empty, nil
		}
		return roll.Value(code), knownCode(code, d)
	case roll.MultiChoice:
		list, ok := v.([]any)
		codes := make([]string, len(list))
		for i := range list {
			if codes[i], ok = list[i].(string); !ok {
				break
			}
			if p := knownCode(codes[i], d); p != nil {
				return roll.Empty, p
			}
		}
		if !ok {
			return roll.Empty, &Problem{Code: WrongType, Message: "A multichoice is a list of strings: the codes of its values."}
		}
		return d.Order(codes), nil
	default:
		text, ok := v.(string)
		if !ok {
			return roll.Empty, &Problem{Code: WrongType, Message: "A text is a string."}
		}
		return Text(text, maxLength(d))
	}
}

func knownCode(code string, d roll.FieldDef) *Problem {
	if _, ok := d.Choice(code); ok {
		return nil
	}
	p := &Problem{Code: UnknownValue, Message: fmt.Sprintf("%s is not the code of a value of %s. %s", quote(code), d.Code, taken(d))}
	if c, ok := near(code, d); ok && c != "Empty" {
		p.Suggestion = c
		p.Message = fmt.Sprintf("%s is not the code of a value of %s. Did you mean %s?", quote(code), d.Code, c)
	}
	return p
}

// ToJSON returns a value as the API gives it, ready for json.Marshal. Empty is
// "empty" for an authorisation, an empty list for a multichoice, else nil.
func ToJSON(v roll.Value, d roll.FieldDef) any {
	switch {
	case d.Kind == roll.Authorisation && v == roll.Empty:
		return "empty"
	case d.Kind == roll.MultiChoice:
		return append([]string{}, v.Codes()...)
	case v == roll.Empty:
		return nil
	case d.Kind == roll.YesNo || d.Kind == roll.Authorisation:
		return v == roll.True
	}
	return string(v)
}

// NewlyRetired returns the first retired code that the value v of a choice or
// multichoice field has and the value base has not: v may not replace base then.
func NewlyRetired(v, base roll.Value, d roll.FieldDef) (string, bool) {
	if d.Kind != roll.SingleChoice && d.Kind != roll.MultiChoice {
		return "", false
	}
	had := map[string]bool{}
	for _, c := range base.Codes() {
		had[c] = true
	}
	for _, code := range v.Codes() {
		if c, ok := d.Choice(code); ok && c.Retired && !had[code] {
			return code, true
		}
	}
	return "", false
}

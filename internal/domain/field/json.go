package field

import (
	"encoding/json"
	"fmt"

	"rollbook/internal/domain"
)

// FromJSON reads a value as the API gives it: a code (choice), a list of codes
// (multichoice), a boolean (yesno), a string (text), true, false or "empty"
// (authorisation). Null is Empty, and so are "" and an empty list. Codes are
// taken as they are, retired ones too: see NewlyRetired.
func FromJSON(raw json.RawMessage, d domain.FieldDef) (domain.Value, *Problem) {
	var v any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &v); err != nil {
			return domain.Empty, &Problem{Code: WrongType, Message: "This is not JSON."}
		}
	}
	if v == nil {
		return domain.Empty, nil
	}
	switch d.Kind {
	case domain.YesNo, domain.Authorisation:
		switch v := v.(type) {
		case bool:
			return domain.Value(fmt.Sprint(v)), nil
		case string:
			if d.Kind == domain.Authorisation && v == "empty" {
				return domain.Empty, nil
			}
		}
		if d.Kind == domain.Authorisation {
			return domain.Empty, &Problem{Code: WrongType, Message: `An authorisation is true, false or "empty".`}
		}
		return domain.Empty, &Problem{Code: WrongType, Message: "A yes/no criterion is true, false or null."}
	case domain.SingleChoice:
		code, ok := v.(string)
		if !ok {
			return domain.Empty, &Problem{Code: WrongType, Message: "A choice is a string: the code of its value."}
		}
		if code == "" {
			return domain.Empty, nil
		}
		return domain.Value(code), knownCode(code, d)
	case domain.MultiChoice:
		list, ok := v.([]any)
		codes := make([]string, len(list))
		for i := range list {
			if codes[i], ok = list[i].(string); !ok {
				break
			}
			if p := knownCode(codes[i], d); p != nil {
				return domain.Empty, p
			}
		}
		if !ok {
			return domain.Empty, &Problem{Code: WrongType, Message: "A multichoice is a list of strings: the codes of its values."}
		}
		return d.Order(codes), nil
	default:
		text, ok := v.(string)
		if !ok {
			return domain.Empty, &Problem{Code: WrongType, Message: "A text is a string."}
		}
		return Text(text, maxLength(d))
	}
}

func knownCode(code string, d domain.FieldDef) *Problem {
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
func ToJSON(v domain.Value, d domain.FieldDef) any {
	switch {
	case d.Kind == domain.Authorisation && v == domain.Empty:
		return "empty"
	case d.Kind == domain.MultiChoice:
		return append([]string{}, v.Codes()...)
	case v == domain.Empty:
		return nil
	case d.Kind == domain.YesNo || d.Kind == domain.Authorisation:
		return v == domain.True
	}
	return string(v)
}

// NewlyRetired returns the first retired code that the value v of a choice or
// multichoice field has and the value base has not: v may not replace base then.
func NewlyRetired(v, base domain.Value, d domain.FieldDef) (string, bool) {
	if d.Kind != domain.SingleChoice && d.Kind != domain.MultiChoice {
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

package field

import (
	"encoding/json"
	"slices"

	"rollbook/internal/domain"
)

// choiceKind is one of a list of values; its value is the code.
var choiceKind = &Kind{
	Name: domain.SingleChoice, Criterion: true, HasValues: true, Check: CheckList,
	JSON:      "a code",
	Cell:      "a code or a label in any case, with or without accents, that means one value, or `CODE – Label` as the workbook's lists insert it. A retired value can stay or go, not be chosen",
	Operators: oneOperators,
	parseNew:  parseChoice,
	parseOld: func(text string, x *Index) (domain.Value, bool) {
		if emptyWord(key(text)) {
			return domain.Empty, true
		}
		code, ok := x.resolveOld(text)
		return domain.Value(code), ok
	},
	format:   func(v domain.Value) string { return escapeCode(string(v)) },
	fromJSON: codeFromJSON,
	toJSON:   textOrNull,
	options: func(x *Index, lang string) []string {
		var out []string
		for _, c := range x.Values {
			if !c.Retired {
				out = append(out, x.offer("", c, lang))
			}
		}
		return append(out, "Empty")
	},
	element:  oneCode,
	show:     asText,
	compared: asIs,
}

func codeFromJSON(v any, x *Index) (domain.Value, *Problem) {
	code, ok := v.(string)
	if !ok {
		return domain.Empty, no("wrongType.choice")
	}
	if code == "" {
		return domain.Empty, nil
	}
	return domain.Value(code), x.knownCode(code)
}

// oneCode reads the code of a value.
func oneCode(raw json.RawMessage, _ *Operator, x *Index) (string, *Problem) {
	v, p := decode(raw)
	if p != nil {
		return "", p
	}
	code, p := codeFromJSON(v, x)
	if p == nil && code == domain.Empty {
		p = no("wrongType.emptyValue")
	}
	return string(code), p
}

func parseChoice(text string, x *Index) (Edit, *Warning, *Problem) {
	if emptyWord(key(text)) {
		return Edit{}, x.emptyIsValue(text), nil
	}
	code, w, p, unknown := x.resolve(text, false)
	if !unknown {
		return Edit{Value: domain.Value(code)}, w, p
	}
	if parts, ok := x.several(text); ok {
		return Edit{}, nil, no("tooManyValues", text, parts, x.Code)
	}
	if code, ok := x.near(text); ok {
		return Edit{}, nil, no("unknownValue", text, x.Code, code, nil, nil, nil)
	}
	a := x.accepted()
	return Edit{}, nil, no("unknownValue", text, x.Code, nil, a.all, a.some, a.none)
}

// once returns the words without those that were there before.
func once(words []string) []string {
	seen := make(map[string]bool, len(words))
	return slices.DeleteFunc(words, func(w string) bool {
		again := seen[w]
		seen[w] = true
		return again
	})
}

package field

import (
	"encoding/json"
	"fmt"

	"rollbook/internal/domain"
)

// yesNoKind is true or false.
var yesNoKind = &Kind{
	Name: domain.YesNo, Criterion: true, Check: CheckOnly, Listed: trueOrFalse,
	JSON:      "a boolean",
	Cell:      booleanCell,
	Operators: oneOperators,
	parseNew:  parseBool,
	parseOld:  parseOldBool,
	format:    func(v domain.Value) string { return string(v) },
	fromJSON: func(v any, _ *Index) (domain.Value, *Problem) {
		b, ok := v.(bool)
		if !ok {
			return domain.Empty, no("wrongType.yesno")
		}
		return domain.Value(fmt.Sprint(b)), nil
	},
	toJSON:  func(v domain.Value) any { return orNull(v, v == domain.True) },
	options: func(*Index, string) []string { return []string{"TRUE", "FALSE", "Empty"} },
	element: func(raw json.RawMessage, _ *Operator, x *Index) (string, *Problem) {
		v, p := x.FromJSON(raw)
		if p == nil && v == domain.Empty {
			p = no("wrongType.emptyValue")
		}
		return string(v), p
	},
	show:     func(s string) any { return s == string(domain.True) },
	compared: asIs,
}

const booleanCell = "true: `TRUE` `T` `1` `yes` `y` `VRAI` `WAHR` `VERO` `VERDADERO` `oui` `ja` `sì` `sí` `si`; false: `FALSE` `F` `0` `no` `n` `FAUX` `FALSCH` `FALSO` `non` `nein`; in any case, and `1.0`, `0,00` and such"

var trueOrFalse = []domain.Choice{{Code: "true", Label: "True"}, {Code: "false", Label: "False"}, {Code: "Empty", Label: "Empty"}}

// booleans are the words for true and false, by key: ours, and what
// spreadsheets and people write in five languages.
var booleans = map[string]domain.Value{
	"true": domain.True, "t": domain.True, "1": domain.True, "yes": domain.True,
	"vrai": domain.True, "wahr": domain.True, "vero": domain.True, "verdadero": domain.True,
	"oui": domain.True, "ja": domain.True, "sì": domain.True, "sí": domain.True,
	"false": domain.False, "f": domain.False, "0": domain.False, "no": domain.False,
	"faux": domain.False, "falsch": domain.False, "falso": domain.False,
	"non": domain.False, "nein": domain.False,
	// Without their accent, by one letter, and as a spreadsheet shows 1 and 0.
	"si": domain.True, "y": domain.True, "n": domain.False,
	"1.0": domain.True, "1,0": domain.True, "1,00": domain.True, "1.00": domain.True,
	"0.0": domain.False, "0,0": domain.False, "0,00": domain.False, "0.00": domain.False,
}

func parseBool(text string, _ *Index) (Edit, *Warning, *Problem) {
	k := key(text)
	if emptyWord(k) {
		return Edit{}, nil, nil
	}
	if v, ok := booleans[k]; ok && trim(text) != "N" { // which is a code as often as a no
		return Edit{Value: v}, nil, nil
	}
	if suspicious(k) {
		return Edit{}, nil, no("maybeEmpty.boolean", text, "Empty")
	}
	return Edit{}, nil, no("badBoolean", text)
}

func parseOldBool(text string, _ *Index) (domain.Value, bool) {
	k := key(text)
	if emptyWord(k) {
		return domain.Empty, true
	}
	v, known := booleans[k]
	return v, known
}

package field

import (
	"regexp"
	"slices"
	"strings"

	"rollbook/internal/domain"
)

// multichoiceKind is any number of a list of values; its value is their codes in
// catalogue order.
var multichoiceKind = &Kind{
	Name: domain.MultiChoice, Criterion: true, HasValues: true, Check: CheckHint,
	JSON: "a list of codes",
	Cell: "`ROCK\\|JAZZ` replaces; `add: ROCK\\|JAZZ` and `remove: JAZZ` are about the `[old]` value. Blanks around, repeats and empty parts say nothing",
	Operators: []Operator{
		{"contains", TakesOne, anyCode}, {"in", TakesList, anyCode},
		{"is", TakesSet, sameCodes}, {"isNot", TakesSet, not(sameCodes)},
		{"isEmpty", TakesNothing, isEmpty}, {"isNotEmpty", TakesNothing, not(isEmpty)},
	},
	parseNew: parseList,
	parseOld: func(text string, x *Index) (domain.Value, bool) {
		if emptyWord(key(text)) {
			return domain.Empty, true
		}
		var codes []string
		for part := range strings.SplitSeq(text, "|") {
			if Blank(part) {
				continue
			}
			code, ok := x.resolveOld(trim(part))
			if !ok {
				return domain.Empty, false
			}
			codes = append(codes, code)
		}
		return x.order(codes), len(codes) > 0
	},
	format: func(v domain.Value) string {
		codes := v.Codes()
		for i, c := range codes {
			codes[i] = escapeCode(c)
		}
		return strings.Join(codes, "|")
	},
	fromJSON: func(v any, x *Index) (domain.Value, *Problem) {
		list, ok := v.([]any)
		codes := make([]string, len(list))
		for i := range list {
			if codes[i], ok = list[i].(string); !ok {
				break
			}
			if p := x.knownCode(codes[i]); p != nil {
				return domain.Empty, p
			}
		}
		if !ok {
			return domain.Empty, no("wrongType.multichoice")
		}
		return x.order(codes), nil
	},
	toJSON: func(v domain.Value) any { return append([]string{}, v.Codes()...) },
	options: func(x *Index, lang string) []string {
		var out []string
		for _, verb := range []string{"", "add: ", "remove: "} {
			for _, c := range x.Values {
				if !c.Retired || verb == "remove: " {
					out = append(out, x.offer(verb, c, lang))
				}
			}
		}
		return append(out, "Empty")
	},
	element:  oneCode,
	show:     asText,
	compared: asIs,
}

// anyCode reports whether the value has one of the codes.
func anyCode(v domain.Value, o *Operand) bool { return slices.ContainsFunc(v.Codes(), o.has) }

// sameCodes reports whether the value has exactly the codes, in whatever order.
func sameCodes(v domain.Value, o *Operand) bool {
	return v.SameAs(domain.Value(strings.Join(o.values, "|")), domain.MultiChoice)
}

var (
	deltaPrefix = regexp.MustCompile(`(?i)^(add|remove)\s*[:：]`)
	deltaInside = regexp.MustCompile(`(?i)(^|[|,;\s])(add|remove)\s*[:：]`)
)

func parseList(text string, x *Index) (Edit, *Warning, *Problem) {
	if emptyWord(key(text)) {
		return Edit{}, x.emptyIsValue(text), nil
	}
	verb, rest := "", strings.TrimLeftFunc(text, hidden)
	if m := deltaPrefix.FindStringSubmatch(rest); m != nil {
		verb, rest = strings.ToLower(m[1]), rest[len(m[0]):]
	}
	if deltaInside.MatchString(rest) {
		return Edit{}, nil, no("mixedList", text)
	}
	words := once(split(rest, "|"))
	if words == nil {
		return Edit{}, nil, no("blankList", text)
	}
	var codes, unknown []string
	var warning *Warning
	var problem *Problem
	fixed, fixable := make([]string, len(words)), true
	for i, word := range words {
		if emptyWord(key(word)) {
			return Edit{}, nil, no("emptyInList", text)
		}
		code, w, p, absent := x.resolve(word, verb == "remove")
		switch {
		case p != nil:
			if problem == nil {
				problem = p
			}
			code = p.Fix()
		case absent && len(unknown) == maxUnknown:
			return Edit{}, nil, x.unknownInList("", words, unknown, "")
		case absent:
			unknown = append(unknown, word)
			code, _ = x.near(word)
		case w != nil:
			warning = w
		}
		if absent || p != nil {
			fixable = fixable && code != "" && code != "Empty"
		}
		fixed[i] = escapeCode(code)
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if verb != "" {
		verb += ": "
	}
	suggestion := ""
	if fixable {
		suggestion = verb + strings.Join(fixed, "|")
	}
	if unknown != nil {
		return Edit{}, nil, x.unknownInList(verb, words, unknown, suggestion)
	}
	if problem != nil {
		if len(words) > 1 || verb != "" || problem.Fix() != "Empty" {
			fixed := problem.WithFix(suggestion)
			problem = &fixed
		}
		return Edit{}, nil, problem
	}
	switch verb {
	case "add: ":
		return Edit{Add: codes}, warning, nil
	case "remove: ":
		return Edit{Remove: codes}, warning, nil
	}
	return Edit{Value: x.order(codes)}, warning, nil
}

// maxUnknown is how many unknown parts of one list are named.
const maxUnknown = 8

// unknownInList names the parts of a list that are no values.
func (x *Index) unknownInList(verb string, words, unknown []string, suggestion string) *Problem {
	if _, ok := x.several(words[0]); ok && len(words) == 1 {
		var codes []string
		for _, w := range split(words[0], signs) {
			code, problem := x.pick(w, x.find(w), verb == "remove: ")
			if problem != nil {
				return no("unknownValue.parted", words[0], x.Code, nil)
			}
			codes = append(codes, escapeCode(code))
		}
		return no("unknownValue.parted", words[0], x.Code, verb+strings.Join(codes, "|"))
	}
	if suggestion != "" {
		return no("unknownValue.several", unknown, x.Code, suggestion, nil, nil, nil)
	}
	a := x.accepted()
	return no("unknownValue.several", unknown, x.Code, nil, a.all, a.some, a.none)
}

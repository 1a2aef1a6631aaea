package reason

import (
	"fmt"
	"maps"
	"strings"
)

// Code is a stable word in camelCase, listed in docs/codes.md.
type Code string

// Reason is a code and the parameters of its sentence.
type Reason struct {
	Code   Code   `json:"code"`
	Params Params `json:"params,omitempty"`
}

// Params are the parameters by name. A value is a string, an int, a []string, a
// []int or a Reason. An absent one is not there.
type Params map[string]any

// New makes the reason of a code, or of a case of it ("code.case"), with a
// value for each of its parameters in the order of the registry. "" or an empty
// list leaves out a parameter that may be absent. It panics when code and values
// are none of the registry's; a test looks at every call.
func New(key string, values ...any) Reason {
	f, ok := forms()[key]
	if !ok {
		panic("reason: there is no " + key)
	}
	if len(values) != len(f.params) {
		panic(fmt.Sprintf("reason: %s has %d parameters, not %d", key, len(f.params), len(values)))
	}
	r := Reason{Code: f.code}
	if f.kase != "" || len(values) > 0 {
		r.Params = make(Params, len(values)+1)
	}
	if f.kase != "" {
		r.Params["case"] = f.kase
	}
	for i, p := range f.params {
		v, ok := p.typ.take(values[i])
		if !ok {
			panic(fmt.Sprintf("reason: %s of %s cannot be %#v", p.name, key, values[i]))
		}
		if v != nil {
			r.Params[p.name] = v
		} else if !p.optional && !p.typ.blank() {
			panic(fmt.Sprintf("reason: %s lacks %s", key, p.name))
		} else if !p.optional {
			r.Params[p.name] = ""
		}
	}
	return r
}

// With returns the reason with one parameter more, or another value of it. It
// must be one that the registry lists for the reason.
func (r Reason) With(name string, value any) Reason {
	f := r.form()
	for _, p := range f.params {
		if p.name != name {
			continue
		}
		v, ok := p.typ.take(value)
		if !ok {
			break
		}
		r.Params = maps.Clone(r.Params)
		if r.Params == nil {
			r.Params = Params{}
		}
		if v == nil {
			delete(r.Params, name)
		} else {
			r.Params[name] = v
		}
		return r
	}
	panic(fmt.Sprintf("reason: %s of %s cannot be %#v", name, r.key(), value))
}

// Anonymous returns the reason without what people wrote, for an answer that
// may be logged on its way. Its sentence says "This" and "something" instead.
func (r Reason) Anonymous() Reason {
	out := Reason{Code: r.Code}
	for name, v := range r.Params {
		if f := r.form(); f.typeOf(name).private() {
			continue
		}
		if inner, ok := v.(Reason); ok {
			v = inner.Anonymous()
		}
		if out.Params == nil {
			out.Params = Params{}
		}
		out.Params[name] = v
	}
	return out
}

// Is reports whether the reason is of the code.
func (r Reason) Is(code Code) bool { return r.Code == code }

// Shown reports whether the reason is one for people, not only for the log.
func (r Reason) Shown() bool {
	e, ok := Find(r.Code)
	return ok && e.Kind != Log
}

// Zero reports whether there is no reason.
func (r Reason) Zero() bool { return r.Code == "" }

// Message says in the language what happened. It is "" for a code that only the
// log has. Languages that are none of ours get English, as everywhere here.
func (r Reason) Message(lang string) string {
	return r.say(langOf(lang), sentencesOf(lang).Messages, false)
}

// Suggestion says in the language what to do: what the cell should say, if that
// is clear, else a sentence, if there is one.
func (r Reason) Suggestion(lang string) string {
	if s := r.Fix(); s != "" {
		return s
	}
	return r.say(langOf(lang), sentencesOf(lang).Suggestions, false)
}

// Fix is what the cell should say, "" if that is not clear.
func (r Reason) Fix() string {
	s, _ := r.Params[suggestion].(string)
	return s
}

// WithFix returns the reason with what the cell should say, "" for nothing. Only
// reasons that may have it can be given it.
func (r Reason) WithFix(s string) Reason {
	if s == r.Fix() {
		return r
	}
	return r.With(suggestion, s)
}

// Log is the English sentence without what people wrote into their files.
func (r Reason) Log() string {
	return r.say(English, sentencesOf(English).Messages, true)
}

func (r Reason) key() string {
	if c, ok := r.Params["case"].(string); ok {
		return string(r.Code) + "." + c
	}
	return string(r.Code)
}

// form is what the registry says of the reason. One of another version may have
// none; then it has no parameters.
func (r Reason) form() form { return forms()[r.key()] }

func (r Reason) say(lang string, from map[string]sentence, log bool) string {
	s, ok := from[r.key()]
	if !ok {
		if s, ok = from[string(r.Code)]; !ok {
			return ""
		}
	}
	var b strings.Builder
	b.Grow(256)
	s.write(&b, r, lang, log)
	return b.String()
}

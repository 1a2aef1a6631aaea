package reason

import (
	"slices"
	"strings"
	"sync"
)

// Kind is what a reason is about.
type Kind string

// The kinds, in the order of docs/codes.md.
const (
	File     Kind = "file"     // the file is rejected
	Job      Kind = "job"      // an import did not run to its end
	Row      Kind = "row"      // a row did not go in
	Person   Kind = "person"   // a row of a contacts file did not
	Warning  Kind = "warning"  // the file is taken all the same
	Template Kind = "template" // a template could not be made
	API      Kind = "api"      // a request cannot be done
	Mail     Kind = "mail"     // what became of a mail
	Webhook  Kind = "webhook"  // what became of a message to a webhook
	Log      Kind = "log"      // for the log only: nobody else is shown it
)

// Entry is one code of the registry.
type Entry struct {
	Code   Code
	Kind   Kind
	Status string // of the API, where the code has one
	Means  string // in English, for docs/codes.md
	Do     string
	forms  []string
}

// form is one sentence's parameters: of the code, or of a case of it.
type form struct {
	code   Code
	kase   string
	params []param
}

type param struct {
	name     string
	typ      paramType
	optional bool
}

func (f form) typeOf(name string) paramType {
	for _, p := range f.params {
		if p.name == name {
			return p.typ
		}
	}
	return nameType
}

// suggestion is the parameter that says what the cell should say.
const suggestion = "suggestion"

// Registry returns all codes in the order of docs/codes.md.
func Registry() []Entry { return slices.Clone(table) }

// Find returns what the registry says of a code.
func Find(code Code) (Entry, bool) {
	i := slices.IndexFunc(table, func(e Entry) bool { return e.Code == code })
	if i < 0 {
		return Entry{}, false
	}
	return table[i], true
}

// forms are all sentences by "code" or "code.case".
var forms = sync.OnceValue(func() map[string]form {
	all := map[string]form{}
	for _, e := range table {
		for _, line := range e.forms {
			f := form{code: e.Code}
			for i, word := range strings.Fields(line) {
				if kase, ok := strings.CutPrefix(word, "."); ok && i == 0 {
					f.kase = kase
					continue
				}
				name, typ, _ := strings.Cut(word, ":")
				name, optional := strings.CutSuffix(name, "?")
				if name == suggestion && typ == "" {
					typ = string(valueType)
				}
				f.params = append(f.params, param{name, paramType(typ), optional})
			}
			key := string(e.Code)
			if f.kase != "" {
				key += "." + f.kase
			}
			all[key] = f
		}
	}
	return all
})

// Forms returns how many values each sentence of the code takes, by the key that
// New has: the code, or code.case.
func (e Entry) Forms() map[string]int {
	all := map[string]int{}
	for key, f := range forms() {
		if f.code == e.Code {
			all[key] = len(f.params)
		}
	}
	return all
}

// Parameters lists the parameters of the code's sentences, for docs/codes.md.
func (e Entry) Parameters() string {
	var out []string
	for _, line := range e.forms {
		kase, names := "", []string{}
		for i, word := range strings.Fields(line) {
			if c, ok := strings.CutPrefix(word, "."); ok && i == 0 {
				kase = c
				continue
			}
			name, _, _ := strings.Cut(word, ":")
			names = append(names, name)
		}
		text := strings.Join(names, ", ")
		switch {
		case kase != "" && text != "":
			text = "`" + kase + "`: " + text
		case kase != "":
			text = "`" + kase + "`"
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, "; ")
}

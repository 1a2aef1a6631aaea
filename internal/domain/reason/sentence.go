package reason

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed words
var files embed.FS

// sentences are a language's words.
type sentences struct {
	Messages    map[string]sentence `json:"messages"`    // by code or code.case
	Suggestions map[string]sentence `json:"suggestions"` // what to do, where there is something to say
	Words       map[string]string   `json:"words"`       // by what they are of and value: action.test
}

// languages are read when first used: most functions say nothing, or one language.
var languages = func() map[string]func() *sentences {
	all := map[string]func() *sentences{}
	for _, lang := range Languages {
		all[lang] = sync.OnceValue(func() *sentences {
			b, err := files.ReadFile("words/" + lang + ".json")
			if err != nil {
				panic(err) // embedded
			}
			s := new(sentences)
			if err := json.Unmarshal(b, s); err != nil {
				panic(fmt.Sprintf("reason: words/%s.json: %v", lang, err)) // the tests read them
			}
			return s
		})
	}
	return all
}()

func sentencesOf(lang string) *sentences { return languages[langOf(lang)]() }

// Word returns a word of the language, such as that of outcome.created; its
// last part if there is none.
func Word(lang, name string) string {
	if w, ok := sentencesOf(lang).Words[name]; ok {
		return w
	}
	return name[strings.LastIndexByte(name, '.')+1:]
}

// A sentence is read once into its parts.
type sentence []part

type part struct {
	text  string
	param string
	last  string   // "or": how a list is joined
	forms []string // of one and of many
	maybe sentence // left out when a parameter in it is absent
}

// UnmarshalJSON reads a sentence.
func (s *sentence) UnmarshalJSON(data []byte) error {
	var raw string
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	parsed, rest, err := parse(raw, false)
	if err == nil && rest != "" {
		err = fmt.Errorf("> without < in %q", raw)
	}
	*s = parsed
	return err
}

func parse(in string, inside bool) (s sentence, rest string, err error) {
	for in != "" {
		i := strings.IndexAny(in, "{<>")
		if i < 0 {
			i = len(in)
		}
		if i > 0 {
			s, in = append(s, part{text: in[:i]}), in[i:]
			continue
		}
		switch in[0] {
		case '>':
			if inside {
				return s, in[1:], nil
			}
			return s, in, nil
		case '<':
			maybe, rest, err := parse(in[1:], true)
			if err != nil {
				return nil, "", err
			}
			s, in = append(s, part{maybe: maybe}), rest
		case '{':
			body, after, ok := strings.Cut(in[1:], "}")
			if !ok {
				return nil, "", fmt.Errorf("{ without } in %q", in)
			}
			p := part{}
			if name, forms, ok := strings.Cut(body, ":"); ok {
				p.param, p.forms = name, strings.Split(forms, "|")
				if len(p.forms) != 2 {
					return nil, "", fmt.Errorf("not two forms in %q", body)
				}
			} else {
				p.param, p.last, _ = strings.Cut(body, "|")
				if p.last != "" && p.last != "or" {
					return nil, "", fmt.Errorf("neither or nor a number in %q", body)
				}
			}
			s, in = append(s, p), after
		}
	}
	if inside {
		return nil, "", fmt.Errorf("< without >")
	}
	return s, "", nil
}

// params returns the parameters that the sentence names, and whether each
// stands only where it may be absent.
func (s sentence) params(maybe bool, yield func(name string, maybe bool)) {
	for _, p := range s {
		if p.param != "" {
			yield(p.param, maybe)
		}
		p.maybe.params(true, yield)
	}
}

// absent reports whether a parameter that the part names is not there; what it
// may leave out itself does not count.
func (s sentence) absent(r Reason) bool {
	return slices.ContainsFunc(s, func(p part) bool {
		_, ok := r.Params[p.param]
		return p.param != "" && !ok
	})
}

func (s sentence) write(b *strings.Builder, r Reason, lang string, log bool) {
	for _, p := range s {
		switch {
		case p.maybe != nil:
			if !p.maybe.absent(r) {
				p.maybe.write(b, r, lang, log)
			}
		case p.forms != nil:
			n, _ := r.Params[p.param].(int)
			if l, ok := r.Params[p.param].([]string); ok {
				n = len(l)
			} else if l, ok := r.Params[p.param].([]int); ok {
				n = len(l)
			}
			f := p.forms[1]
			if one(lang, n) {
				f = p.forms[0]
			}
			b.WriteString(strings.ReplaceAll(f, "#", Number(lang, n)))
		case p.param != "":
			typ := r.form().typeOf(p.param)
			v, there := r.Params[p.param]
			switch {
			case there || !typ.private():
				b.WriteString(typ.write(v, lang, p.last, log))
			case b.Len() == 0:
				b.WriteString(Word(lang, "value.start"))
			default:
				b.WriteString(Word(lang, "value.inside"))
			}
		default:
			b.WriteString(p.text)
		}
	}
}

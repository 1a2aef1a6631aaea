package reason

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Every sentence of the registry is there in every language, names every
// parameter that it has and none that it has not; one that may be absent only
// where it may be left out.
func TestEveryLanguageSaysEverything(t *testing.T) {
	if len(forms()) < 50 {
		t.Fatalf("only %d sentences", len(forms()))
	}
	for _, lang := range Languages {
		s := sentencesOf(lang)
		for key, f := range forms() {
			t.Run(lang+" "+key, func(t *testing.T) {
				m, ok := s.Messages[key]
				entry, _ := Find(f.code)
				if !ok {
					if entry.Kind != Log {
						t.Error("no sentence")
					}
					return
				}
				sure, maybe := map[string]bool{}, map[string]bool{}
				note := func(name string, may bool) {
					if may {
						maybe[name] = true
					} else {
						sure[name] = true
					}
					if !slices.ContainsFunc(f.params, func(p param) bool { return p.name == name }) {
						t.Errorf("it names %s, which the code has not", name)
					}
				}
				m.params(false, note)
				s.Suggestions[key].params(false, note)
				for _, p := range f.params {
					switch {
					case p.optional && sure[p.name]:
						t.Errorf("%s may be absent", p.name)
					case p.name == "suggestion":
						// It stands beside the message.
					case !sure[p.name] && !maybe[p.name]:
						t.Errorf("it does not name %s", p.name)
					case !p.optional && !sure[p.name]:
						t.Errorf("%s is always there", p.name)
					}
				}
			})
		}
		for _, in := range []map[string]sentence{s.Messages, s.Suggestions} {
			for key := range in {
				if _, ok := forms()[key]; !ok {
					t.Errorf("%s: %s is not in the registry", lang, key)
				}
			}
		}
	}
}

// A language has what English has, in words of its own.
func TestWordsOfEveryLanguage(t *testing.T) {
	en := sentencesOf(English)
	for _, lang := range Languages[1:] {
		s := sentencesOf(lang)
		for name, of := range map[string][2][]string{
			"suggestions": {slices.Sorted(maps.Keys(en.Suggestions)), slices.Sorted(maps.Keys(s.Suggestions))},
			"words":       {slices.Sorted(maps.Keys(en.Words)), slices.Sorted(maps.Keys(s.Words))},
		} {
			if !slices.Equal(of[0], of[1]) {
				t.Errorf("%s: other %s than in English", lang, name)
			}
		}
		var same []string
		for key := range en.Messages {
			if text := raw(en.Messages[key]); strings.ContainsFunc(outside.ReplaceAllString(text, ""), unicode.IsLetter) && text == raw(s.Messages[key]) {
				same = append(same, key)
			}
		}
		if len(same) > 0 {
			t.Errorf("%s: in English still: %s", lang, strings.Join(same, ", "))
		}
	}
}

// A word parameter has a word for the types that name one.
func TestTypesAreKnown(t *testing.T) {
	known := []paramType{nameType, textType, valueType, valuesType, cellType, numberType, lineType, linesType, listType, textsType, bytesType, dateType, monthType, languageType, countryType, reasonType}
	for key, f := range forms() {
		names := map[string]bool{"case": true}
		for _, p := range f.params {
			if names[p.name] {
				t.Errorf("%s: %s is there twice", key, p.name)
			}
			names[p.name] = true
			if of, ok := strings.CutPrefix(string(p.typ), wordType); ok {
				if !slices.ContainsFunc(slices.Collect(maps.Keys(sentencesOf(English).Words)), func(w string) bool { return strings.HasPrefix(w, of+".") }) {
					t.Errorf("%s: there are no words %s", key, of)
				}
			} else if !slices.Contains(known, p.typ) {
				t.Errorf("%s: %s has the type %q", key, p.name, p.typ)
			}
		}
	}
}

func TestFaultySentences(t *testing.T) {
	for _, in := range []string{"a {b", "a <b", "a> b", "{a:one}", "{a:one|two|three}", "{a|and}"} {
		if err := new(sentence).UnmarshalJSON([]byte(`"` + in + `"`)); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
}

// outside is what a sentence has besides its own words.
var outside = regexp.MustCompile(`\{[^}]*\}`)

func raw(s sentence) string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(p.text + "{" + p.param + strings.Join(p.forms, "|") + raw(p.maybe) + "}")
	}
	return b.String()
}

// French sets signs of two parts off by a space at which no line breaks, here as
// on the screen.
func TestFrenchSpacesDoNotBreak(t *testing.T) {
	b, err := files.ReadFile("words/fr.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range regexp.MustCompile(`.{0,30}( [;:?!»]|« ).{0,30}`).FindAll(b, -1) {
		t.Errorf("a space that breaks: %s", at)
	}
}

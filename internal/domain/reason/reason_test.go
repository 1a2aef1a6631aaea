package reason_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain/reason"
)

func TestSentences(t *testing.T) {
	list := []string{"ROCK", "JAZZ", "IRISH"}
	for _, c := range []struct {
		r    reason.Reason
		want map[string]string
	}{
		{reason.New("tooManyValues", "A|B", 2, "GENRE"), map[string]string{
			"en": `"A|B" has 2 values, but GENRE takes one.`,
			"fr": "«\u00a0A|B\u00a0» contient 2 valeurs, mais GENRE n’en accepte qu’une.",
			"de": "„A|B“ enthält 2 Werte, aber GENRE nimmt nur einen.",
			"it": "«A|B» contiene 2 valori, ma GENRE ne accetta uno solo.",
			"es": "«A|B» contiene 2 valores, pero GENRE solo acepta uno.",
			"nl": `"A|B" has 2 values, but GENRE takes one.`,
		}},
		{reason.New("textTooLong", "x", 12345, 250), map[string]string{
			"en": `The text "x" has 12,345 characters. At most 250 are taken.`,
			"de": "Der Text „x“ hat 12.345 Zeichen. Möglich sind höchstens 250.",
			"fr": "Le texte «\u00a0x\u00a0» a 12\u202f345 caractères. Le maximum est de 250.",
		}},
		{reason.New("unknownValue.several", []string{"a"}, "GENRE", "", list, nil, ""), map[string]string{
			"en": `"a" is not a value of GENRE. Taken are ROCK, JAZZ and IRISH, and their labels.`,
			"es": "«a» no es un valor de GENRE. Se aceptan ROCK, JAZZ e IRISH y sus etiquetas.",
		}},
		{reason.New("unknownValue.several", []string{"a", "b"}, "GENRE", "ROCK|JAZZ", nil, nil, ""), map[string]string{
			"en": `"a" and "b" are not values of GENRE. Did you mean "ROCK|JAZZ"?`,
			"de": "„a“ und „b“ sind keine Werte von GENRE. Meinten Sie „ROCK|JAZZ“?",
		}},
		{reason.New("ambiguousValue", "pop", list, "GENRE"), map[string]string{
			"en": `"pop" may be ROCK, JAZZ or IRISH of GENRE. Write the code.`,
			"de": "„pop“ kann in GENRE ROCK, JAZZ oder IRISH sein. Schreiben Sie den Code.",
		}},
	} {
		b, err := json.Marshal(c.r)
		if err != nil {
			t.Fatal(err)
		}
		var again reason.Reason
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.r, again); d != "" {
			t.Errorf("%s stored and read again: %s", c.r.Code, d)
		}
		for lang, want := range c.want {
			t.Run(string(c.r.Code)+" "+lang, func(t *testing.T) {
				if got := again.Message(lang); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		}
	}
}

func TestSuggestion(t *testing.T) {
	if got := reason.New("unknownValue", "Rokc", "GENRE", "ROCK", nil, nil, "").Suggestion("fr"); got != "ROCK" {
		t.Errorf("got %q", got)
	}
	if got := reason.New("unknownValue", "x", "GENRE", "", nil, nil, "").Suggestion("fr"); got != "" {
		t.Errorf("got %q", got)
	}
}

// What people wrote into their files stays out of the log.
func TestLogHasNoValues(t *testing.T) {
	for _, r := range []reason.Reason{
		reason.New("unknownValue", "Anna Meier", "GENRE", "ROCK", nil, nil, ""),
		reason.New("unknownValue.several", []string{"Anna Meier", "b"}, "GENRE", "Anna Meier|b", nil, nil, ""),
	} {
		if got := r.Log(); got == "" || cmp.Equal(got, r.Message("en")) || strings.Contains(got, "Anna") {
			t.Errorf("the log says %s", got)
		}
	}
}

func TestMistakesAreSeen(t *testing.T) {
	for name, f := range map[string]func(){
		"no such code":  func() { reason.New("noSuchCode") },
		"no such case":  func() { reason.New("wrongType.noSuchCase") },
		"too few":       func() { reason.New("tooManyValues", "a", 2) },
		"too many":      func() { reason.New("tooManyValues", "a", 2, "F", "G") },
		"another type":  func() { reason.New("tooManyValues", "a", "2", "F") },
		"not of a code": func() { reason.New("lineBreak", 1).With("suggestion", "b") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("not seen")
				}
			}()
			f()
		})
	}
}

// A reason of a newer version has a code that is not known here.
func TestUnknownReason(t *testing.T) {
	var r reason.Reason
	if err := json.Unmarshal([]byte(`{"code":"ofTomorrow","params":{"n":3,"lines":[1,2],"names":["a"],"inner":{"code":"badNumber","params":{"value":"x"}}}}`), &r); err != nil {
		t.Fatal(err)
	}
	if got := r.Message("de"); got != "" {
		t.Errorf("got %q", got)
	}
	if d := cmp.Diff(reason.Params{"n": 3, "lines": []int{1, 2}, "names": []string{"a"}, "inner": reason.New("badNumber", "x", "")}, r.Params); d != "" {
		t.Error(d)
	}
}

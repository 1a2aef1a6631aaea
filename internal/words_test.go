package internal_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
)

// languageWords is what one language says: in reasons, on the screen, in mails
// and in the guides, in the zip and of the screen.
type languageWords struct {
	reasons struct {
		Messages, Suggestions, Words map[string]string
	}
	screen      map[string]string // a plural's forms as key.one, key.other
	mail, guide string
}

func wordsOf(t *testing.T, lang string) languageWords {
	t.Helper()
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	w := languageWords{screen: map[string]string{}, mail: string(read("mail/words/" + lang + ".tmpl")), guide: string(read("file/guide/words/"+lang+".txt")) + string(read("../docs/guide/"+lang+".md"))}
	if err := json.Unmarshal(read("domain/reason/words/"+lang+".json"), &w.reasons); err != nil {
		t.Fatal(err)
	}
	var screen map[string]any
	for _, file := range []string{lang, "more-" + lang} {
		if err := json.Unmarshal(read("web/src/lang/"+file+".json"), &screen); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range screen {
		switch v := v.(type) {
		case string:
			w.screen[k] = v
		case map[string]any:
			for form, text := range v {
				w.screen[k+"."+form], _ = text.(string)
			}
		}
	}
	return w
}

// A thing has one word in a language, wherever it is named.
func TestAThingHasOneWord(t *testing.T) {
	for _, lang := range domain.Languages {
		t.Run(lang, func(t *testing.T) {
			w := wordsOf(t, lang)
			alike := map[string]int{}
			for key, word := range w.reasons.Words {
				of, _, _ := strings.Cut(key, ".")
				var screen string
				switch of {
				case "kind", "status", "dataType":
					screen = w.screen[key]
				case "outcome":
					if screen = w.screen[key+".row.one"]; screen == "" && key != "outcome.unprocessed" {
						// The screen counts these, so it has the plural.
						screen = w.screen[key]
						if n := min(4, len([]rune(word))); n > 0 && len([]rune(screen)) > n && strings.EqualFold(string([]rune(word)[:n]), string([]rune(screen)[:n])) {
							screen = word
						}
					}
				}
				if screen == "" {
					continue
				}
				alike[of]++
				if !strings.EqualFold(screen, word) {
					t.Errorf("%s: a reason says %q, the screen %q", key, word, screen)
				}
			}
			for of, least := range map[string]int{"kind": 7, "status": 7, "dataType": 3, "outcome": 6} {
				if alike[of] < least {
					t.Errorf("only %d words of %s were compared", alike[of], of)
				}
			}
			for what, of := range map[string][2]string{
				"the way out of the same person twice": {w.reasons.Suggestions["samePerson"], w.screen["new.samePerson"]},
				"the button of an undo":                {w.mail, w.screen["result.undo"]},
				"the action of a test":                 {w.guide, w.screen["action.test"]},
				"our own fault":                        {w.reasons.Messages["internal"], w.screen["problem.internal"]},
			} {
				plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
				if of[1] == "" || !strings.Contains(plain(of[0]), plain(of[1])) {
					t.Errorf("%s is not said as the screen says it: %q", what, of[1])
				}
			}
		})
	}
}

// Nobody is spoken to as a friend in one sentence and as a stranger in the next:
// all five languages have the polite form, and the words of the other are in none.
func TestPeopleAreSpokenToPolitely(t *testing.T) {
	familiar := map[string]*regexp.Regexp{
		"de": regexp.MustCompile(`(?i)\b(du|dir|dich|deine?[mnrs]?|euch|eure?[mnrs]?)\b`),
		"fr": regexp.MustCompile(`(?i)(^|[^\p{L}])(tu|toi|tes|ton|ta)([^\p{L}]|$)`),
		"it": regexp.MustCompile(`(?i)\b(tuo|tua|tuoi|tue|tu|voi|vostr[aeio])\b|(?i)\b(verificate che|scegliete|scrivete|correggete)\b`),
		"es": regexp.MustCompile(`(?i)(^|[^\p{L}])(tú|tus?|ti|vosotros|vuestr[ao]s?)([^\p{L}]|$)`),
	}
	if len(familiar) != len(domain.Languages)-1 {
		t.Fatal("a language is not looked at")
	}
	for lang, re := range familiar {
		w := wordsOf(t, lang)
		seen := 0
		look := func(where, text string) {
			seen++
			for _, m := range re.FindAllString(text, -1) {
				t.Errorf("%s, %s: %q in %q", lang, where, m, text)
			}
		}
		for _, of := range []map[string]string{w.reasons.Messages, w.reasons.Suggestions, w.reasons.Words, w.screen} {
			for _, k := range slices.Sorted(maps.Keys(of)) {
				look(k, of[k])
			}
		}
		for _, line := range strings.Split(w.mail+w.guide, "\n") {
			look("mail or guide", line)
		}
		if seen < 1000 {
			t.Errorf("%s: only %d texts", lang, seen)
		}
	}
}

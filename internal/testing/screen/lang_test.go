package screen_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var languages = []string{"en", "fr", "de", "it", "es"}

// words are those of a language, in its files: a text, or texts by plural
// category.
func words(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	for _, file := range []string{lang + ".json", "more-" + lang + ".json"} {
		for k, texts := range wordsIn(t, file) {
			if out[k] != nil {
				t.Errorf("%s has %s, which another file of the language has", file, k)
			}
			out[k] = texts
		}
	}
	return out
}

func wordsIn(t *testing.T, file string) map[string]map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../web/src", "lang", file))
	if err != nil {
		t.Fatal(err)
	}
	// A key that is there twice would hide one of its texts.
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  "([^"]+)":`).FindAllSubmatch(b, -1) {
		if seen[string(m[1])] {
			t.Errorf("%s has %s twice", file, m[1])
		}
		seen[string(m[1])] = true
	}
	var raw map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	out := map[string]map[string]string{}
	for k, v := range raw {
		switch v := v.(type) {
		case string:
			out[k] = map[string]string{"": v}
		case map[string]any:
			out[k] = map[string]string{}
			for category, text := range v {
				out[k][category], _ = text.(string)
			}
		}
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func placeholders(texts map[string]string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, placeholder.FindAllString(text, -1)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestEveryLanguageIsComplete(t *testing.T) {
	for _, lang := range languages {
		words(t, lang)
		for _, part := range []string{"", "more-"} {
			compare(t, lang, wordsIn(t, part+"en.json"), wordsIn(t, part+lang+".json"))
		}
	}
}

func compare(t *testing.T, lang string, want, got map[string]map[string]string) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		texts, ok := got[key]
		if !ok {
			t.Errorf("%s lacks %s", lang, key)
			continue
		}
		if w, g := slices.Sorted(maps.Keys(want[key])), slices.Sorted(maps.Keys(texts)); !slices.Equal(w, g) {
			t.Errorf("%s: %s has the forms %v, not %v", lang, key, g, w)
		}
		if w, g := placeholders(want[key]), placeholders(texts); !slices.Equal(w, g) {
			t.Errorf("%s: %s has the places %v, not %v", lang, key, g, w)
		}
		for _, text := range texts {
			if strings.TrimSpace(text) == "" || strings.TrimSpace(text) != text {
				t.Errorf("%s: %s is %q", lang, key, text)
			}
			if lang[:2] == "fr" && regexp.MustCompile(` [:;?!»]|« `).MatchString(text) {
				t.Errorf("%s: %s may break before a mark: %q", lang, key, text)
			}
			if strings.ContainsAny(text, "'\"") || strings.Contains(text, "...") {
				t.Errorf("%s: %s has typewriter marks: %q", lang, key, text)
			}
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s has %s, which nothing uses", lang, key)
		}
	}
}

// Every key that the sources name is there, and every key is used.
func TestKeysAndTextsBelongTogether(t *testing.T) {
	english := words(t, "en")
	named := map[string]bool{}
	var patterns []*regexp.Regexp
	// A key is a word, or words joined by dots, in t('…'), has('…') or a choice
	// between two; a key made of parts matches by its constant ones.
	plain := regexp.MustCompile(`'([a-zA-Z]+(?:\.[a-zA-Z0-9]+)*)'`)
	call := regexp.MustCompile(`\bt\(([^()]*(?:\([^()]*\))?[^()]*)`)
	made := regexp.MustCompile("`([a-zA-Z]+\\.[^`]*)`")
	part := regexp.MustCompile(`\$\{[^}]*\}`)
	err := fs.WalkDir(os.DirFS("../../web/src"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, "vendor/") || !strings.Contains(".js.jsx", filepath.Ext(path)) {
			return err
		}
		b, err := os.ReadFile(filepath.Join("../../web/src", path))
		if err != nil {
			return err
		}
		text := string(b)
		for _, m := range call.FindAllStringSubmatch(text, -1) {
			for _, k := range plain.FindAllStringSubmatch(m[1], -1) {
				if strings.Contains(k[1], ".") || k[1] == "new" || k[1] == "loading" {
					named[k[1]] = true
					if _, ok := english[k[1]]; !ok {
						t.Errorf("%s names %s, which has no text", path, k[1])
					}
				}
			}
		}
		for _, m := range made.FindAllStringSubmatch(text, -1) {
			quoted := regexp.QuoteMeta(part.ReplaceAllString(m[1], "\x00"))
			patterns = append(patterns, regexp.MustCompile("^"+strings.ReplaceAll(quoted, "\x00", `[^.]+`)+"$"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range english {
		if named[key] || slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(key) }) {
			continue
		}
		t.Errorf("nothing uses %s", key)
	}
}

// What an import came to is said in sentences, which end as sentences do.
func TestResultsAreSentences(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "fr", "de", "it", "es"} {
		texts := words(t, lang)
		for _, k := range []string{"test", "updated", "undone", "undoTest", "same", "none.test", "none", "rejected", "failed", "incomplete", "cancelled", "created", "created.test", "nothing", "preview"} {
			if len(texts["result."+k]) == 0 {
				t.Errorf("%s has no result.%s", lang, k)
			}
			for _, s := range texts["result."+k] {
				if !strings.HasSuffix(s, ".") {
					t.Errorf("%s result.%s: %q", lang, k, s)
				}
			}
		}
	}
}

package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostPlaces is how many files of Go and of the screen may name a kind of field:
// the list of names, its definition, the registry, and on the screen its words
// and its input. What else wants to know asks the definition.
const mostPlaces = 5

// TestAKindIsInFewPlaces counts the files that must be touched for a kind. Words,
// tests, tables written from the registry and demo data are not counted.
func TestAKindIsInFewPlaces(t *testing.T) {
	names, err := os.ReadFile("domain/catalogue.go")
	if err != nil {
		t.Fatal(err)
	}
	type kind struct{ constant, name string }
	var kinds []kind
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+) +Kind = "(\w+)"`).FindAllStringSubmatch(string(names), -1) {
		kinds = append(kinds, kind{m[1], m[2]})
	}
	if len(kinds) < 8 {
		t.Fatalf("found only the kinds %v", kinds)
	}
	places := map[string][]string{}
	err = filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{"testing", "tools", "dist", "lang", "vendor", "testdata", "local/demo"}, d.Name()) || path == "local/demo" {
				return filepath.SkipDir
			}
			return nil
		}
		isGo, isScreen := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".js") || strings.HasSuffix(path, ".jsx")
		if !isGo && !(isScreen && strings.HasPrefix(path, "web/src/")) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, k := range kinds {
			in := regexp.MustCompile(`kind\w* ?[!=]==? ?'` + k.name + `'|kind: '` + k.name + `'|(?m)^  ` + k.name + `: `)
			if isGo {
				in = regexp.MustCompile(`\bdomain\.` + k.constant + `\b|\b` + k.constant + ` +Kind = |\b` + k.name + `Kind\b`)
			}
			if in.Match(text) {
				places[k.name] = append(places[k.name], path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		if k.name == "contact" || k.name == "authorisation" {
			continue // which are no kinds of criteria: whole packages and routes are about them
		}
		if n := len(places[k.name]); n > mostPlaces {
			t.Errorf("%s is named in %d files: %s", k.name, n, strings.Join(places[k.name], ", "))
		} else if n < 3 {
			t.Errorf("%s is found only in %v", k.name, places[k.name])
		}
	}
}

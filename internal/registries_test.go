package internal_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
)

// The languages are listed once for the domain and once for the sentences below
// it, and nowhere else.
func TestLanguagesAreListedOnce(t *testing.T) {
	if d := cmp.Diff(domain.Languages, reason.Languages); d != "" {
		t.Errorf("the domain's and the sentences' languages: %s", d)
	}
	list := regexp.MustCompile(`\{"en", "fr"`)
	var in []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "testing/") || strings.HasPrefix(path, "local/demo/") {
			return err
		}
		b, err := os.ReadFile(path)
		if list.Match(b) {
			in = append(in, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"domain/catalogue.go"}, in); d != "" {
		t.Errorf("languages are listed in (-want +got): %s", d)
	}
}

// What the API's description lists is what the domain lists.
func TestTheDescriptionListsWhatTheDomainDoes(t *testing.T) {
	b, err := os.ReadFile("api/testdata/openapi.golden")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	types := make([]string, len(domain.DataTypes))
	for i, dt := range domain.DataTypes {
		types[i] = string(dt)
	}
	found := map[string]int{}
	for name, want := range map[string][]string{"dataType": types, "language": domain.Languages, "encoding": sheet.Encodings()} {
		enums(doc, name, func(got []string) {
			found[name]++
			slices.Sort(got)
			if d := cmp.Diff(slices.Sorted(slices.Values(want)), got); d != "" {
				t.Errorf("%s (-want +got): %s", name, d)
			}
		})
		if found[name] == 0 {
			t.Errorf("no %s is described", name)
		}
	}
}

// enums calls f with the list of each property of the name.
func enums(node any, name string, f func([]string)) {
	switch node := node.(type) {
	case []any:
		for _, n := range node {
			enums(n, name, f)
		}
	case map[string]any:
		for k, n := range node {
			if p, ok := n.(map[string]any); ok && k == name {
				if list, ok := p["enum"].([]any); ok {
					var out []string
					for _, v := range list {
						if s, ok := v.(string); ok {
							out = append(out, s)
						}
					}
					f(out)
				}
			}
			enums(n, name, f)
		}
	}
}

package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rollbook/internal/domain"
)

// The glossary quotes names of Go, of the API and of the screen: all of them are
// there, and each word in a language is the screen's.
func TestGlossary(t *testing.T) {
	b, err := os.ReadFile("../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	description, err := os.ReadFile("api/testdata/openapi.golden")
	if err != nil {
		t.Fatal(err)
	}
	screen := map[string]languageWords{}
	for _, lang := range domain.Languages {
		screen[lang] = wordsOf(t, lang)
	}
	exported := exportedNames(t)
	seen := map[string]bool{}
	var columns []string
	for _, line := range strings.Split(string(b), "\n") {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|-") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if columns == nil {
			columns = cells
			continue
		}
		if len(cells) != len(columns) || len(cells) != 5+len(domain.Languages) {
			t.Fatalf("%d cells in %s", len(cells), line)
		}
		word, name, api, key := cells[0], strings.Trim(cells[2], "`"), strings.Trim(cells[3], "`"), strings.Trim(cells[4], "`")
		t.Run(word, func(t *testing.T) {
			if seen[word] {
				t.Error("it is there twice")
			}
			seen[word] = true
			if !exported[name] {
				t.Errorf("Go has no %s", name)
			}
			if api != "" && !strings.Contains(string(description), `"`+api+`"`) {
				t.Errorf("the API has no %s", api)
			}
			for i, lang := range domain.Languages {
				if got, want := cells[5+i], screen[lang].screen[key]; got != want {
					t.Errorf("in %s (%s) the screen says %q, the page %q", columns[5+i], lang, want, got)
				}
			}
		})
	}
	if len(seen) < 30 {
		t.Errorf("only %d words", len(seen))
	}
	for _, of := range []string{"../README.md", "../CONTRIBUTING.md"} {
		if b, err := os.ReadFile(of); err != nil || !strings.Contains(string(b), "docs/glossary.md") {
			t.Errorf("%s does not name the glossary (%v)", of, err)
		}
	}
}

// exportedNames are the exported types, functions and constants of all packages,
// as package.Name.
func exportedNames(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	files := token.NewFileSet()
	test := regexp.MustCompile(`_test\.go$`)
	for _, room := range []string{"domain", "domain/*", "importing/*"} {
		dirs, err := filepath.Glob(room)
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			sources, err := filepath.Glob(path.Join(dir, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, source := range sources {
				if test.MatchString(source) {
					continue
				}
				f, err := parser.ParseFile(files, source, nil, parser.SkipObjectResolution)
				if err != nil {
					t.Fatal(err)
				}
				add := func(id *ast.Ident) {
					if id.IsExported() {
						out[f.Name.Name+"."+id.Name] = true
					}
				}
				for _, d := range f.Decls {
					switch d := d.(type) {
					case *ast.FuncDecl:
						if d.Recv == nil {
							add(d.Name)
						}
					case *ast.GenDecl:
						for _, s := range d.Specs {
							switch s := s.(type) {
							case *ast.TypeSpec:
								add(s.Name)
							case *ast.ValueSpec:
								for _, id := range s.Names {
									add(id)
								}
							}
						}
					}
				}
			}
		}
	}
	return out
}

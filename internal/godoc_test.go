package internal_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The first thing that a reader meets is go doc: each package says in two
// sentences or more what it is for and what its callers may rely on, and each
// exported name has its own comment, save methods that a known interface names.
func TestEverythingExportedIsExplained(t *testing.T) {
	known := []string{"String", "Error", "Unwrap", "Is", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "ServeHTTP", "LogAttributes"}
	packages := 0
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if slices.Contains([]string{"testing", "tools", "testdata", "src", "dist"}, d.Name()) {
			return fs.SkipDir
		}
		files := token.NewFileSet()
		sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return err
		}
		var parsed []*ast.File
		for _, source := range sources {
			if strings.HasSuffix(source, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(files, source, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			parsed = append(parsed, f)
		}
		if len(parsed) == 0 || parsed[0].Name.Name == "main" {
			return nil
		}
		p, err := doc.NewFromFiles(files, parsed, "rollbook/internal/"+dir)
		if err != nil {
			return err
		}
		packages++
		t.Run(dir, func(t *testing.T) {
			if n := strings.Count(strings.ReplaceAll(p.Doc+" ", "\n", " "), ". "); n < 2 {
				t.Errorf("its comment has %d sentences", n)
			}
			said := func(name, comment string) {
				if strings.TrimSpace(comment) == "" {
					t.Errorf("%s has no comment", name)
				}
			}
			functions := func(prefix string, fs []*doc.Func) {
				for _, f := range fs {
					if !slices.Contains(known, f.Name) {
						said(prefix+f.Name, f.Doc)
					}
				}
			}
			functions("", p.Funcs)
			for _, x := range p.Types {
				said(x.Name, x.Doc)
				functions("", x.Funcs)
				functions(x.Name+".", x.Methods)
			}
			for _, v := range append(p.Consts, p.Vars...) {
				if v.Doc == "" {
					for _, s := range v.Decl.Specs {
						if s := s.(*ast.ValueSpec); s.Doc == nil && s.Comment == nil {
							t.Errorf("%v has no comment", s.Names)
						}
					}
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if packages < 30 {
		t.Errorf("only %d packages", packages)
	}
}

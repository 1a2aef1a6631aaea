package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What is drawn by chance in a test begins at a seed, so that a failure can be
// had again: nothing draws from the generator that is shared and has none.
func TestChanceHasASeed(t *testing.T) {
	set, files := token.NewFileSet(), 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "testing/") {
			return err
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		drawn := ""
		for _, i := range f.Imports {
			if p, _ := strconv.Unquote(i.Path.Value); p == "math/rand" || p == "math/rand/v2" {
				drawn = "rand"
				if i.Name != nil {
					drawn = i.Name.Name
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := fun.X.(*ast.Ident); ok && drawn != "" && x.Name == drawn && !strings.HasPrefix(fun.Sel.Name, "New") {
				t.Errorf("%s: rand.%s has no seed", set.Position(call.Pos()), fun.Sel.Name)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files looked at", files)
	}
}

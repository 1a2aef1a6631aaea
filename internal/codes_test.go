package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollbook/internal/domain/reason"
)

// maker is a function that makes a reason: the place of its parameter key and,
// unless it has none, that of its values.
type maker struct{ key, values int }

// everywhere are the makers that other packages call.
var everywhere = map[string]maker{
	"reason.New": {0, 1}, "fault.New": {1, 2}, "fault.At": {1, 2}, "fault.Wrap": {1, -1}, "domain.Because": {0, 1}, "domain.NewMailState": {1, -1},
}

// Every reason that the source makes is in the registry and has as many values
// as that has parameters, and every one of the registry is made somewhere.
func TestReasonsAreRegistered(t *testing.T) {
	params := map[string]int{}
	for _, e := range reason.Registry() {
		for key, n := range e.Forms() {
			params[key] = n
		}
	}
	keyed := regexp.MustCompile(`^[a-z][A-Za-z]*(\.[A-Za-z0-9]+)?$`)
	set := token.NewFileSet()
	packages := map[string][]*ast.File{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{"testdata", "node_modules", "tools", "reason"}, d.Name()) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	made, calls := map[string]bool{}, 0
	for _, files := range packages {
		own := map[string]maker{}
		for _, f := range files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					if m, ok := makerOf(fn); ok {
						own[fn.Name.Name] = m
					}
				}
			}
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if s, err := strconv.Unquote(l.Value); err == nil {
						made[s] = true
					}
				}
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				m, ok := makerCalled(call, own)
				if !ok || m.key >= len(call.Args) {
					return true
				}
				lit, ok := call.Args[m.key].(*ast.BasicLit)
				if !ok {
					return true // handed on by a maker
				}
				calls++
				key, err := strconv.Unquote(lit.Value)
				want, known := params[key]
				switch at := set.Position(call.Pos()); {
				case err != nil || !keyed.MatchString(key) || !known:
					t.Errorf("%s: %s is no reason", at, lit.Value)
				case call.Ellipsis.IsValid():
				case m.values < 0 && want != 0, m.values >= 0 && len(call.Args)-m.values != want:
					t.Errorf("%s: %s has %d parameters", at, key, want)
				}
				return true
			})
		}
	}
	if calls < 300 {
		t.Errorf("found only %d places where reasons are made", calls)
	}
	for key := range params {
		if !made[key] {
			t.Errorf("%s is never made", key)
		}
	}
}

// makerOf recognises a maker by its parameters: key string, then values ...any.
func makerOf(fn *ast.FuncDecl) (maker, bool) {
	m, i := maker{-1, -1}, 0
	for _, p := range fn.Type.Params.List {
		for _, n := range p.Names {
			_, variadic := p.Type.(*ast.Ellipsis)
			switch {
			case n.Name == "key":
				m.key = i
			case n.Name == "values" && variadic:
				m.values = i
			}
			i++
		}
	}
	return m, m.key >= 0 && m.values >= 0
}

func makerCalled(call *ast.CallExpr, own map[string]maker) (maker, bool) {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		m, ok := own[fun.Name]
		return m, ok
	case *ast.SelectorExpr:
		if x, ok := fun.X.(*ast.Ident); ok {
			if m, ok := everywhere[x.Name+"."+fun.Sel.Name]; ok {
				return m, true
			}
		}
		m, ok := own[fun.Sel.Name]
		return m, ok
	}
	return maker{}, false
}

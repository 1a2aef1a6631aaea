package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCodes: docs/codes.md lists exactly the stable codes of faults, problems
// and warnings that the source has.
func TestCodes(t *testing.T) {
	doc, err := os.ReadFile("../docs/codes.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-zA-Z]+)` \\|").FindAllStringSubmatch(string(doc), -1) {
		if listed[m[1]] {
			t.Errorf("docs/codes.md lists %s twice", m[1])
		}
		listed[m[1]] = true
	}
	found := codes(t)
	if len(found) < 100 {
		t.Fatalf("found only %d codes", len(found))
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(listed))); d != "" {
		t.Errorf("codes (-in the source +in docs/codes.md): %s", d)
	}
}

// codes finds the code of every fault, problem and warning: in a call the
// argument of a parameter named code, in a literal the element Code, in an
// assignment what goes into a field Code or a variable code. Constants are followed.
func codes(t *testing.T) map[string]bool {
	t.Helper()
	type pkg struct {
		name  string
		files []*ast.File
	}
	pkgs := map[string]*pkg{} // by folder
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && slices.Contains([]string{"testdata", "node_modules", "local", "tools", "storetest", "importtest", "browser", "screen", "bench", "chaos", "dev"}, d.Name()) {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		if pkgs[dir] == nil {
			pkgs[dir] = &pkg{name: f.Name.Name}
		}
		pkgs[dir].files = append(pkgs[dir].files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	consts := map[string]string{} // "package.Name" → text
	at := map[string]int{}        // "package.function" → place of its parameter code
	for _, p := range pkgs {
		for _, f := range p.files {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.GenDecl:
					for _, s := range d.Specs {
						if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.CONST {
							for i, n := range v.Names {
								if i < len(v.Values) {
									if s, ok := text(v.Values[i]); ok {
										consts[p.name+"."+n.Name] = s
									}
								}
							}
						}
					}
				case *ast.FuncDecl:
					i := 0
					for _, param := range d.Type.Params.List {
						for _, n := range param.Names {
							if n.Name == "code" {
								at[p.name+"."+d.Name.Name] = i
							}
							i++
						}
					}
				}
			}
		}
	}

	found := map[string]bool{}
	for _, p := range pkgs {
		take := func(e ast.Expr) {
			name := ""
			switch e := e.(type) {
			case *ast.BasicLit:
				if s, ok := text(e); ok {
					found[s] = true
				}
				return
			case *ast.Ident:
				name = p.name + "." + e.Name
			case *ast.SelectorExpr:
				if x, ok := e.X.(*ast.Ident); ok {
					name = x.Name + "." + e.Sel.Name
				}
			}
			if s, ok := consts[name]; ok {
				found[s] = true
			}
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					name := ""
					switch fun := n.Fun.(type) {
					case *ast.Ident:
						name = p.name + "." + fun.Name
					case *ast.SelectorExpr:
						name = p.name + "." + fun.Sel.Name // a method of this package
						if x, ok := fun.X.(*ast.Ident); ok {
							if _, ok := at[x.Name+"."+fun.Sel.Name]; ok {
								name = x.Name + "." + fun.Sel.Name
							}
						}
						if fun.Sel.Name == "AddNote" {
							name = "flow.AddNote"
						}
					}
					if i, ok := at[name]; ok && i < len(n.Args) {
						take(n.Args[i])
					}
				case *ast.CompositeLit:
					if m, ok := n.Type.(*ast.MapType); ok {
						// {"code", "text"} by status
						if st, ok := m.Value.(*ast.StructType); ok && len(st.Fields.List) > 0 && st.Fields.List[0].Names[0].Name == "code" {
							for _, e := range n.Elts {
								take(e.(*ast.KeyValueExpr).Value.(*ast.CompositeLit).Elts[0])
							}
						}
					}
					if a, ok := n.Type.(*ast.ArrayType); ok {
						if x, ok := a.Elt.(*ast.SelectorExpr); ok && x.Sel.Name == "Choice" {
							return false // the codes of values
						}
					}
					// Elements of lists may leave their type out.
					name := ""
					switch x := n.Type.(type) {
					case *ast.Ident:
						name = x.Name
					case *ast.SelectorExpr:
						name = x.Sel.Name
					}
					if n.Type != nil && !slices.Contains([]string{"Problem", "FileProblem", "RowProblem", "Warning", "RowFault", "Error", "Result", "MailState"}, name) {
						return true
					}
					for _, e := range n.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok {
							if k, ok := kv.Key.(*ast.Ident); ok && k.Name == "Code" {
								take(kv.Value)
							}
						}
					}
				case *ast.AssignStmt:
					for i, l := range n.Lhs {
						field, _ := l.(*ast.SelectorExpr)
						name, _ := l.(*ast.Ident)
						if i < len(n.Rhs) && (field != nil && field.Sel.Name == "Code" || name != nil && name.Name == "code") {
							take(n.Rhs[i])
						}
					}
				}
				return true
			})
		}
	}
	for code := range found {
		if !regexp.MustCompile(`^[a-z]+[a-zA-Z]*$`).MatchString(code) {
			delete(found, code) // the code of a criterion or of a language
		}
	}
	return found
}

func text(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

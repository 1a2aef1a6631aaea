package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// change is one thing that can be changed in a file.
type change struct {
	id   int // from 1 in the test program that has all
	file string
	at   token.Position
	says string
	// alone makes the change; asked makes the program ask whether to make it.
	alone []edit
	asked func(id int) []edit
}

func (c *change) String() string {
	return fmt.Sprintf("  %s:%d:%d: %s", filepath.Base(c.file), c.at.Line, c.at.Column, c.says)
}

// edit replaces what is from one offset to another. Of edits at the same place
// those that close something come first, the innermost before the others.
type edit struct {
	from, to int
	text     string
	closes   bool
	change   *change // for whom
	end      int     // in the text that has all edits: where this one's ends
}

// helpers is what the program asks by. mutantOn is the change to make.
const helpers = `package %s

import (
	"cmp"
	"os"
	"strconv"
)

var mutantOn = func() int { n, _ := strconv.Atoi(os.Getenv("MUTANT")); return n }()

func mutant(id int) bool { return mutantOn == id }

type mutantNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

func mutantInt[T mutantNumber](id int, n T) T {
	if mutant(id) {
		return n + 1
	}
	return n
}

func mutantAdd[T mutantNumber](id int, a, b T) T {
	if mutant(id) {
		return a - b
	}
	return a + b
}

func mutantSub[T mutantNumber](id int, a, b T) T {
	if mutant(id) {
		return a + b
	}
	return a - b
}

func mutantLess[T cmp.Ordered](id int, a, b T) bool { return a < b || mutant(id) && a == b }

func mutantMost[T cmp.Ordered](id int, a, b T) bool { return a < b || !mutant(id) && a == b }

func mutantMore[T cmp.Ordered](id int, a, b T) bool { return a > b || mutant(id) && a == b }

func mutantLeast[T cmp.Ordered](id int, a, b T) bool { return a > b || !mutant(id) && a == b }

func mutantAnd(id int, a bool, b func() bool) bool {
	if mutant(id) {
		return a || b()
	}
	return a && b()
}

func mutantOr(id int, a bool, b func() bool) bool {
	if mutant(id) {
		return a && b()
	}
	return a || b()
}
`

// operators are what each operator becomes, and the helper that asks for it, ""
// where the result only has to be turned round.
var operators = map[token.Token]struct {
	becomes token.Token
	helper  string
}{
	token.EQL: {token.NEQ, ""}, token.NEQ: {token.EQL, ""},
	token.LSS: {token.LEQ, "mutantLess"}, token.LEQ: {token.LSS, "mutantMost"},
	token.GTR: {token.GEQ, "mutantMore"}, token.GEQ: {token.GTR, "mutantLeast"},
	token.LAND: {token.LOR, "mutantAnd"}, token.LOR: {token.LAND, "mutantOr"},
	token.ADD: {token.SUB, "mutantAdd"}, token.SUB: {token.ADD, "mutantSub"},
}

func changes(file string) ([]*change, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &finder{file: file, set: set}
	ast.Inspect(tree, f.look)
	return f.found, nil
}

type finder struct {
	file  string
	set   *token.FileSet
	found []*change
}

func (f *finder) offset(p token.Pos) int { return f.set.Position(p).Offset }

// around adds a change that puts something before and after a node.
func (f *finder) around(n ast.Node, says string, alone [2]string, asked [2]string) {
	from, to := f.offset(n.Pos()), f.offset(n.End())
	put := func(texts [2]string, id int) []edit {
		before := texts[0]
		after := texts[1]
		if id > 0 {
			before, after = strings.ReplaceAll(before, "ID", fmt.Sprint(id)), strings.ReplaceAll(after, "ID", fmt.Sprint(id))
		}
		return []edit{{from: from, to: from, text: before}, {from: to, to: to, text: after, closes: true}}
	}
	f.found = append(f.found, &change{file: f.file, at: f.set.Position(n.Pos()), says: says,
		alone: put(alone, 0), asked: func(id int) []edit { return put(asked, id) }})
}

func (f *finder) look(n ast.Node) bool {
	turned := [2]string{"((", ") != mutant(ID))"}
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok != token.IMPORT
	case *ast.BinaryExpr:
		f.operator(n, turned)
	case *ast.BasicLit:
		if n.Kind == token.INT {
			f.around(n, n.Value+" becomes "+n.Value+" + 1", [2]string{"(", " + 1)"}, [2]string{"mutantInt(ID, ", ")"})
		}
	case *ast.Ident:
		if n.Name == "true" || n.Name == "false" {
			f.around(n, n.Name+" is turned round", [2]string{"(!", ")"}, turned)
		}
	case *ast.IfStmt:
		f.around(n.Cond, "the condition is negated", [2]string{"!(", ")"}, turned)
	case *ast.SwitchStmt:
		for _, s := range n.Body.List {
			if c := s.(*ast.CaseClause); n.Tag == nil {
				for _, e := range c.List {
					f.around(e, "the case is negated", [2]string{"!(", ")"}, turned)
				}
			}
		}
	case *ast.BlockStmt:
		f.leaveOut(n.List)
	case *ast.CaseClause:
		f.leaveOut(n.Body)
	case *ast.CommClause:
		f.leaveOut(n.Body)
	}
	return true
}

func (f *finder) operator(n *ast.BinaryExpr, turned [2]string) {
	op, ok := operators[n.Op]
	if !ok || n.Op == token.ADD && (isText(n.X) || isText(n.Y)) {
		return
	}
	from, at, to := f.offset(n.Pos()), f.offset(n.OpPos), f.offset(n.End())
	c := &change{file: f.file, at: f.set.Position(n.Pos()), says: n.Op.String() + " becomes " + op.becomes.String(),
		alone: []edit{{from: at, to: at + len(n.Op.String()), text: op.becomes.String()}}}
	c.asked = func(id int) []edit {
		if op.helper == "" {
			return []edit{{from: from, to: from, text: turned[0]}, {from: to, to: to, text: strings.ReplaceAll(turned[1], "ID", fmt.Sprint(id)), closes: true}}
		}
		between, after := ", ", ")"
		if n.Op == token.LAND || n.Op == token.LOR {
			between, after = ", func() bool { return (", ") })"
		}
		return []edit{{from: from, to: from, text: fmt.Sprintf("%s(%d, ", op.helper, id)}, {from: at, to: at + len(n.Op.String()), text: between}, {from: to, to: to, text: after, closes: true}}
	}
	f.found = append(f.found, c)
}

// isText reports whether an operand is a text as one can see; others are found by
// the compiler.
func isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return isText(e.X) || isText(e.Y)
	}
	return false
}

// leaveOut adds the statements that a program may lack and still compile.
func (f *finder) leaveOut(list []ast.Stmt) {
	for _, s := range list {
		what := ""
		switch s := s.(type) {
		case *ast.ExprStmt:
			what = "a call is left out"
		case *ast.IncDecStmt:
			what = "a step is left out"
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				what = "an assignment is left out"
			}
		}
		if what != "" {
			f.around(s, what, [2]string{"if false { ", " }"}, [2]string{"if !mutant(ID) { ", " }"})
		}
	}
}

// apply makes edits in a file, and notes where their texts end.
func apply(file string, edits []*edit) ([]byte, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(edits, func(a, b *edit) int {
		if c := cmp.Compare(a.from, b.from); c != 0 {
			return c
		}
		if a.closes != b.closes {
			return map[bool]int{true: -1, false: 1}[a.closes]
		}
		if a.closes {
			return cmp.Compare(b.change.id, a.change.id)
		}
		return cmp.Compare(a.change.id, b.change.id)
	})
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, source[at:e.from]...), e.text...)
		at, e.end = e.to, len(out)
	}
	return append(out, source[at:]...), nil
}

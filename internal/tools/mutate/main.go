// Command mutate changes one thing at a time in a package and reports the
// changes that its tests do not see. The tree is untouched: each change is an
// overlay that the go command builds instead of the file.
//
//	go -C internal/tools run ./mutate -root ../.. ./internal/importing/compare
//
// Comparisons and logical operators are turned round, numbers and booleans
// changed, conditions of ifs negated, calls and assignments left out. A change that
// does not compile is counted apart, one that hangs counts as seen.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	root := flag.String("root", ".", "folder of the module")
	most := flag.Int("most", 0, "how many changes a package, drawn by -seed; 0 for all")
	seed := flag.Uint64("seed", 1, "of what is drawn")
	limit := flag.Duration("limit", 2*time.Minute, "of the tests of one change")
	tests := flag.String("tests", "", "packages whose tests are run besides the package's own, separated by blanks")
	only := flag.String("files", ".", "expression that the names of the files fit that are changed")
	run := flag.String("run", "", "of go test: the tests that are run, all unless given")
	flag.Parse()
	for _, pkg := range flag.Args() {
		if err := mutate(*root, pkg, *only, *run, *most, *seed, *limit, strings.Fields(*tests)); err != nil {
			fmt.Fprintln(os.Stderr, "mutate:", err)
			os.Exit(1)
		}
	}
}

// change is one thing that can be changed in a file and put back.
type change struct {
	file string
	at   token.Position
	says string
	do   func()
	undo func()
	tree *ast.File
	set  *token.FileSet
}

func mutate(root, pkg, only, run string, most int, seed uint64, limit time.Duration, more []string) error {
	files, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
	if err != nil {
		return err
	}
	names, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var all []change
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || !names.MatchString(filepath.Base(file)) {
			continue
		}
		found, err := changes(file)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	if most > 0 && len(all) > most {
		rand.New(rand.NewPCG(seed, seed)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:most]
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	seen, broken := 0, 0
	var survived []string
	for _, c := range all {
		switch result, err := try(root, dir, append([]string{"-run", run, pkg}, more...), c, limit); {
		case err != nil:
			return err
		case result == broke:
			broken++
		case result == unseen:
			survived = append(survived, fmt.Sprintf("%s:%d:%d: %s", filepath.Base(c.file), c.at.Line, c.at.Column, c.says))
			fmt.Println("  " + survived[len(survived)-1])
		default:
			seen++
		}
	}
	fmt.Printf("%s: %d changes, %d seen, %d not seen, %d that do not compile\n", pkg, len(all), seen, len(survived), broken)
	return nil
}

type result int

const (
	saw result = iota
	unseen
	broke
)

func try(root, dir string, args []string, c change, limit time.Duration) (result, error) {
	c.do()
	var b bytes.Buffer
	err := format.Node(&b, c.set, c.tree)
	c.undo()
	if err != nil {
		return broke, nil
	}
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, b.Bytes(), 0o600); err != nil {
		return saw, err
	}
	path, err := filepath.Abs(c.file)
	if err != nil {
		return saw, err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return saw, err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		return saw, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-failfast"}, args...)...)
	cmd.Dir = root
	// A change that hangs would run on without its whole group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	switch _, failed := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return unseen, nil
	case bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")):
		return broke, nil
	case failed || ctx.Err() != nil:
		return saw, nil
	default:
		return saw, err
	}
}

var turned = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD,
}

func changes(file string) ([]change, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []change
	add := func(n ast.Node, says string, do, undo func()) {
		out = append(out, change{file, set.Position(n.Pos()), says, do, undo, tree, set})
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok != token.IMPORT
		case *ast.BinaryExpr:
			if to, ok := turned[n.Op]; ok {
				from := n.Op
				add(n, from.String()+" becomes "+to.String(), func() { n.Op = to }, func() { n.Op = from })
			}
		case *ast.BasicLit:
			if n.Kind == token.INT {
				from := n.Value
				add(n, from+" becomes "+from+" + 1", func() { n.Value = "(" + from + " + 1)" }, func() { n.Value = from })
			}
		case *ast.Ident:
			if n.Name == "true" || n.Name == "false" {
				from, to := n.Name, map[string]string{"true": "false", "false": "true"}[n.Name]
				add(n, from+" becomes "+to, func() { n.Name = to }, func() { n.Name = from })
			}
		case *ast.IfStmt:
			from := n.Cond
			add(n, "the condition is negated", func() { n.Cond = &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: from}} }, func() { n.Cond = from })
		case *ast.BlockStmt:
			for i, s := range n.List {
				leaveOut(s, func(says string) {
					add(s, says, func() { n.List[i] = &ast.EmptyStmt{Semicolon: s.Pos()} }, func() { n.List[i] = s })
				})
			}
		}
		return true
	})
	return out, nil
}

// leaveOut calls add for a statement that a program may lack and still compile.
func leaveOut(s ast.Stmt, add func(says string)) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		add("a call is left out")
	case *ast.IncDecStmt:
		add("a step is left out")
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			add("an assignment is left out")
		}
	}
}

// Command mutate changes one thing at a time in a package and reports the
// changes that its tests do not see. The tree is untouched: what is built
// instead of the files is an overlay of the go command.
//
//	go -C internal/tools run ./mutate -root ../.. ./internal/importing/compare
//
// Comparisons and logical operators are turned round, numbers and booleans
// changed, conditions of ifs and cases negated, calls, steps and assignments left
// out. All changes are built into one test program, which an environment variable
// tells the one to make, so that each costs a run of the tests and no build. Those
// that cannot be told so (constants, numbers of other types) are built alone. A
// change that does not compile is counted apart, one that hangs counts as seen.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	var o options
	flag.StringVar(&o.root, "root", ".", "folder of the module")
	flag.IntVar(&o.most, "most", 0, "how many changes a package, drawn by -seed; 0 for all")
	flag.Uint64Var(&o.seed, "seed", 1, "of what is drawn and of the tests' own chance")
	tests := flag.String("tests", "", "packages whose tests are run besides the package's own, separated by blanks")
	flag.StringVar(&o.only, "files", ".", "expression that the names of the files fit that are changed")
	flag.StringVar(&o.run, "run", "", "of go test: the tests that are run, all unless given")
	flag.StringVar(&o.again, "again", "", "what an earlier run printed: only the changes that it names are tried")
	flag.Parse()
	o.tests = strings.Fields(*tests)
	for _, pkg := range flag.Args() {
		if err := mutate(o, pkg); err != nil {
			fmt.Fprintln(os.Stderr, "mutate:", err)
			os.Exit(1)
		}
	}
}

type options struct {
	root      string
	most      int
	seed      uint64
	only, run string
	again     string
	tests     []string
}

func mutate(o options, pkg string) error {
	files, err := filepath.Glob(filepath.Join(o.root, pkg, "*.go"))
	if err != nil {
		return err
	}
	names, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	var all []*change
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
	if o.again != "" {
		before, err := os.ReadFile(o.again)
		if err != nil {
			return err
		}
		lines := strings.Split(string(before), "\n")
		all = slices.DeleteFunc(all, func(c *change) bool { return !slices.Contains(lines, c.String()) })
	}
	if o.most > 0 && len(all) > o.most {
		rand.New(rand.NewPCG(o.seed, o.seed)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:o.most]
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := &trial{options: o, pkg: pkg, dir: dir}
	together, alone, err := t.build(all)
	if err != nil {
		return err
	}
	seen, broken, survived := 0, 0, 0
	count := func(c *change, r result) {
		switch r {
		case broke:
			broken++
		case unseen:
			survived++
			fmt.Println(c)
		default:
			seen++
		}
	}
	for _, c := range together {
		r, err := t.run(c.id)
		if err != nil {
			return err
		}
		count(c, r)
	}
	for _, c := range alone {
		r, err := t.alone(c)
		if err != nil {
			return err
		}
		count(c, r)
	}
	fmt.Printf("%s: %d changes, %d seen, %d not seen, %d that do not compile\n", pkg, len(all), seen, survived, broken)
	return nil
}

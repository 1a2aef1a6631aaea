package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type result int

const (
	saw result = iota
	unseen
	broke
)

// trial is the changes of one package and the tests that try them.
type trial struct {
	options
	pkg, dir string
	programs []program
	limit    time.Duration // of the tests of one change
}

// program is a built test program, with the folder that its tests run in.
type program struct{ path, in string }

// build makes the test programs that have all changes that can be asked for, and
// returns these and the others.
func (t *trial) build(all []*change) (together, alone []*change, err error) {
	together = slices.Clone(all)
	for i, c := range together {
		c.id = i + 1
	}
	for {
		edits, err := t.overlay(together, func(c *change) []edit { return c.asked(c.id) }, true)
		if err != nil {
			return nil, nil, err
		}
		out, err := t.command("go", "build", "-gcflags=-e", "-overlay", filepath.Join(t.dir, "overlay.json"), t.pkg).CombinedOutput()
		if err == nil {
			break
		}
		bad := t.refused(out, edits, together)
		if len(bad) == 0 {
			return nil, nil, fmt.Errorf("%s does not compile: %s", t.pkg, out)
		}
		together = slices.DeleteFunc(together, func(c *change) bool { return bad[c] })
		alone = slices.DeleteFunc(slices.Clone(all), func(c *change) bool { return slices.Contains(together, c) })
	}
	if t.programs, err = t.compile("together"); err != nil {
		return nil, nil, err
	}
	begin := time.Now()
	t.limit = 10 * time.Minute
	if r, err := t.run(0); err != nil || r != unseen {
		return nil, nil, errors.Join(err, fmt.Errorf("%s: the tests fail without a change", t.pkg))
	}
	t.limit = max(10*time.Second, 5*time.Since(begin))
	return together, alone, nil
}

var complaint = regexp.MustCompile(`(?m)^(\S+\.go):(\d+):(\d+): `)

// refused returns the changes that the compiler complains of: for each complaint
// the innermost one around its place, or else all on its line.
func (t *trial) refused(out []byte, edits map[string][]*edit, all []*change) map[*change]bool {
	bad := map[*change]bool{}
	for _, m := range complaint.FindAllSubmatch(out, -1) {
		name := filepath.Base(string(m[1]))
		line, _ := strconv.Atoi(string(m[2]))
		column, _ := strconv.Atoi(string(m[3]))
		for file, es := range edits {
			if filepath.Base(file) != name {
				continue
			}
			if c := innermost(filepath.Join(t.dir, name), line, column, es); c != nil {
				bad[c] = true
				continue
			}
			for _, c := range all {
				if c.file == file && c.at.Line == line {
					bad[c] = true
				}
			}
		}
	}
	return bad
}

// innermost returns the change with the shortest text around a place.
func innermost(path string, line, column int, edits []*edit) *change {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	place := column - 1
	for range line - 1 {
		n := bytes.IndexByte(text, '\n') + 1
		place += n
		text = text[n:]
	}
	first := map[*change]int{}
	var best *change
	size := 0
	for _, e := range edits {
		from, ok := first[e.change]
		if !ok {
			first[e.change] = e.end - len(e.text)
			continue
		}
		if e.closes && from <= place && place < e.end && (best == nil || e.end-from < size) {
			best, size = e.change, e.end-from
		}
	}
	return best
}

// overlay writes the files as they are with the changes.
func (t *trial) overlay(cs []*change, how func(*change) []edit, ask bool) (map[string][]*edit, error) {
	edits := map[string][]*edit{}
	for _, c := range cs {
		for _, e := range how(c) {
			e.change = c
			edits[c.file] = append(edits[c.file], &e)
		}
	}
	replace := map[string]string{}
	put := func(file string, text []byte) error {
		path, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		replace[path] = filepath.Join(t.dir, filepath.Base(file))
		return os.WriteFile(replace[path], text, 0o600)
	}
	for file, es := range edits {
		text, err := apply(file, es)
		if err != nil {
			return nil, err
		}
		if err := put(file, text); err != nil {
			return nil, err
		}
	}
	if ask {
		name, err := t.command("go", "list", "-f", "{{.Name}}", t.pkg).Output()
		if err != nil {
			return nil, err
		}
		if err := put(filepath.Join(t.root, t.pkg, "mutant.go"), fmt.Appendf(nil, helpers, strings.TrimSpace(string(name)))); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return nil, err
	}
	return edits, os.WriteFile(filepath.Join(t.dir, "overlay.json"), text, 0o600)
}

func (t *trial) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Dir = t.root
	return cmd
}

var errCompile = errors.New("does not compile")

func (t *trial) compile(as string) ([]program, error) {
	var out []program
	for i, pkg := range append([]string{t.pkg}, t.tests...) {
		path := filepath.Join(t.dir, fmt.Sprintf("%s%d.test", as, i))
		said, err := t.command("go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", filepath.Join(t.dir, "overlay.json"), "-o", path, pkg).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %s", pkg, errCompile, said)
		}
		out = append(out, program{path, filepath.Join(t.root, pkg)})
	}
	return out, nil
}

// run runs the tests with a change.
func (t *trial) run(id int) (result, error) {
	for _, p := range t.programs {
		r, err := t.tried(p, id)
		if r == saw || err != nil {
			return r, err
		}
	}
	return unseen, nil
}

// alone builds a change without the others and runs the tests.
func (t *trial) alone(c *change) (result, error) {
	if _, err := t.overlay([]*change{c}, func(c *change) []edit { return c.alone }, false); err != nil {
		return saw, err
	}
	programs, err := t.compile("alone")
	if errors.Is(err, errCompile) {
		return broke, nil
	}
	if err != nil {
		return saw, err
	}
	t.programs = programs
	return t.run(0)
}

// memory is what a program may use, in kilobytes: a change that hangs may collect
// without end.
const memory = 8 << 20

func (t *trial) tried(p program, id int) (result, error) {
	args := []string{"-test.failfast", "-test.run", t.options.run}
	// A failed property is neither made smaller nor kept.
	if text, err := os.ReadFile(p.path); err != nil {
		return saw, err
	} else if bytes.Contains(text, []byte("rapid.shrinktime")) {
		args = append(args, "-rapid.shrinktime=0s", "-rapid.nofailfile", "-rapid.seed="+strconv.FormatUint(t.seed, 10))
	}
	path, err := filepath.Abs(p.path)
	if err != nil {
		return saw, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, memory), path}, args...)...)
	cmd.Dir = p.in
	cmd.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(id))
	// A change that hangs would run on without its whole group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	switch _, failed := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return unseen, nil
	case failed || ctx.Err() != nil:
		return saw, nil
	}
	return saw, err
}

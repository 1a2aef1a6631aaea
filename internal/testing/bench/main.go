// Command bench measures what docs/performance.md claims and prints it: ratios
// of things done side by side in one run, counted requests and counted capacity
// units. Bare seconds of a shared machine mean little and are shown only as the
// base of the ratios.
//
//	go run ./internal/testing/bench [-only costs] [-counted 10000] [-file 64] [-plan 1000000]
//
// The lead figures are microseconds of CPU a row and counted requests and units.
// They are kept in results.json beside this and compared with what the last run
// kept there; -keep=false only compares.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rollbook/internal/local/emulator"
)

func main() {
	file := flag.Int("file", 64, "size of the file that is read, in MB")
	booked := flag.Int("books", 50_000, "rows of the workbooks")
	planned := flag.Int("plan", 1_000_000, "rows that go through the plan step")
	people := flag.Int("contacts", 1_000_000, "contacts that are created from one file")
	counted := flag.Int("counted", 10_000, "rows that costs are counted with")
	only := flag.String("only", "", "the names of those to run, else all: costs, functions, reading, books, memory, planning, importing")
	keep := flag.Bool("keep", true, "keep the results as what the next run is compared with")
	flag.Parse()
	ctx := context.Background()
	if err := run(*only, *keep, []part{
		{"costs", func(r *report) error { return costs(ctx, *counted, r) }},
		{"functions", functions},
		{"reading", func(r *report) error { return reading(*file<<20, r) }},
		{"books", func(r *report) error { return books(*booked, r) }},
		{"memory", func(*report) error { return flat() }},
		{"planning", func(*report) error { return planning(ctx, *planned) }},
		{"importing", func(*report) error { return importing(ctx, *people) }},
	}); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

type part struct {
	name string
	run  func(*report) error
}

// run runs the parts, says what they found and what of it moved, and keeps it.
// What does not run keeps what it was.
func run(only string, keep bool, parts []part) error {
	root, err := emulator.Root()
	if err != nil {
		return err
	}
	path := filepath.Join(root, "internal", "testing", "bench", "results.json")
	last, err := readReport(path)
	if err != nil {
		return err
	}
	now, err := readReport(path)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(only, ",") {
		if name != "" && !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("there is no %s to run", name)
		}
	}
	for _, p := range parts {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		if err := p.run(&now); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if err := moved(last, now); err != nil || !keep {
		return err
	}
	return now.write(path)
}

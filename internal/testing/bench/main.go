// Command bench measures what docs/performance.md claims and prints it: ratios
// of things done side by side in one run, counted requests and counted capacity
// units. Bare seconds of a shared machine mean little and are shown only as the
// base of the ratios.
//
//	go run ./internal/testing/bench [-only costs] [-rows 20000] [-file 64] [-plan 1000000]
//
// What costs comes to is kept in results.json beside this and compared with what
// the last run kept there; -keep=false only compares.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rollbook/internal/local/emulator"
)

func main() {
	rows := flag.Int("rows", 20_000, "rows that are written in each way")
	file := flag.Int("file", 64, "size of the file that is read, in MB")
	planned := flag.Int("plan", 1_000_000, "rows that go through the plan step")
	people := flag.Int("contacts", 1_000_000, "contacts that are created from one file")
	counted := flag.Int("counted", 10_000, "rows that costs are counted with")
	only := flag.String("only", "", "the names of those to run, else all: reading, memory, planning, importing, writing, costs")
	keep := flag.Bool("keep", true, "keep the results as what the next run is compared with")
	flag.Parse()
	ctx := context.Background()
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"reading", func() error { return reading(*file << 20) }},
		{"memory", flat},
		{"planning", func() error { return planning(ctx, *planned) }},
		{"importing", func() error { return importing(ctx, *people) }},
		{"writing", func() error { return writing(ctx, *rows) }},
		{"costs", func() error { return compared(ctx, *counted, *keep) }},
	} {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), part.name) {
			continue
		}
		if err := part.run(); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", part.name, err)
			os.Exit(1)
		}
	}
}

// compared counts costs and says what they were the last time.
func compared(ctx context.Context, rows int, keep bool) error {
	root, err := emulator.Root()
	if err != nil {
		return err
	}
	path := filepath.Join(root, "internal", "testing", "bench", "results.json")
	var last report
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &last)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	now, err := costs(ctx, rows)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(now.Costs)) {
		if was, ok := last.Costs[name]; ok {
			fmt.Printf("  %-10s %6.2f $ now, %6.2f $ the last time (%+.1f of 100)\n", name, now.Costs[name].Sum, was.Sum, 100*(now.Costs[name].Sum/was.Sum-1))
		}
	}
	if !keep {
		return nil
	}
	if b, err = json.MarshalIndent(now, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

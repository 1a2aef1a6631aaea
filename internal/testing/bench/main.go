// Command bench measures what docs/performance.md claims and prints it: ratios
// of things done side by side in one run, counted requests and counted capacity
// units. Bare seconds of a shared machine mean little and are shown only as the
// base of the ratios.
//
//	go run ./internal/testing/bench [-rows 20000] [-file 64] [-plan 1000000]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	rows := flag.Int("rows", 20_000, "rows that are written in each way")
	file := flag.Int("file", 64, "size of the file that is read, in MB")
	planned := flag.Int("plan", 1_000_000, "rows that go through the plan step")
	people := flag.Int("contacts", 1_000_000, "contacts that are created from one file")
	flag.Parse()
	if err := run(context.Background(), *rows, *file<<20, *planned, *people); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rows, size, planned, people int) error {
	if err := reading(size); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	if err := flat(); err != nil {
		return fmt.Errorf("memory of reading: %w", err)
	}
	if err := planning(ctx, planned); err != nil {
		return fmt.Errorf("planning: %w", err)
	}
	if err := importing(ctx, people); err != nil {
		return fmt.Errorf("importing: %w", err)
	}
	if err := writing(ctx, rows); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

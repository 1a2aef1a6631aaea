// Command peers measures Rollbook beside other programs, each in a process of its
// own on the same files: CPU, the most memory, rows a second, and what becomes of
// odd files. make bench-peers installs them and runs it.
//
//	go run ./internal/testing/bench/peers [-rows 20000] [-cells 100000] [-listmonk]
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"rollbook/internal/local/emulator"
)

func main() {
	rows := flag.Int("rows", 20_000, "rows of the imports")
	booked := flag.Int("cells", 100_000, "rows of the files that are only read or written")
	mailer := flag.Bool("listmonk", false, "listmonk as well, a program under the AGPL that needs PostgreSQL")
	do := flag.String("do", "", "the work of one process, for this command's own use")
	flag.Parse()
	run := func(ctx context.Context) error { return all(ctx, *rows, *booked, *mailer) }
	if *do != "" {
		run = func(ctx context.Context) error { return work(ctx, *do, flag.Args()) }
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// work does one thing and prints what it saw, as peers.py does.
func work(ctx context.Context, name string, args []string) error {
	do, ok := ours[name]
	if !ok {
		return fmt.Errorf("no work %q", name)
	}
	seen, err := do(ctx, args)
	if err != nil {
		return err
	}
	seen.Peak = peakOf(os.Getpid())
	return json.NewEncoder(os.Stdout).Encode(seen)
}

type seen struct {
	Rows  int `json:"rows"`
	Asked int `json:"asked,omitempty"` // requests to DynamoDB
	Peak  int `json:"peak,omitempty"`  // kB of memory, on Linux
}

// A runner starts the processes.
type runner struct {
	self, python, script string
	result               result
}

// result is kept as JSON.
type result struct {
	Machine string
	Work    map[string]map[string]figure
	Odd     map[string]map[string]string
}

type figure struct {
	CPU      float64 // seconds
	PeakMB   float64
	PerSec   float64 // rows a second of CPU
	Requests float64 `json:",omitempty"` // of DynamoDB, a row
}

// measured runs the command in a process of its own and returns what it used.
func measured(ctx context.Context, command []string, rows int) (figure, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return figure{}, fmt.Errorf("%s: %w: %.2000s", strings.Join(command, " "), err, said.String())
	}
	var s seen
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		return figure{}, fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	if s.Rows != rows {
		return figure{}, fmt.Errorf("%s saw %d rows of %d", strings.Join(command, " "), s.Rows, rows)
	}
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return figure{}, errors.New("this system does not say what a process used")
	}
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
	// What the system says of a child may be what its parent had.
	peak := float64(s.Peak) * 1024
	if peak == 0 {
		peak = float64(used.Maxrss)
	}
	return figure{CPU: cpu, PeakMB: peak / 1e6, PerSec: float64(rows) / cpu, Requests: float64(s.Asked) / float64(rows)}, nil
}

type contender struct {
	name    string
	prepare []string // what is done before and not counted
	command []string
}

// side runs all on the same work; the first is ours, and the others' CPU is told
// as times of it.
func (r *runner) side(ctx context.Context, what string, rows int, all []contender) error {
	fmt.Printf("%s: %d rows\n", what, rows)
	kept := map[string]figure{}
	var first figure
	for i, c := range all {
		if c.prepare != nil {
			if _, err := measured(ctx, c.prepare, rows); err != nil {
				return err
			}
		}
		// The better of two: what else the machine does only ever adds.
		f, err := measured(ctx, c.command, rows)
		if err == nil && c.prepare == nil {
			var again figure
			if again, err = measured(ctx, c.command, rows); again.CPU < f.CPU {
				f = again
			}
		}
		if err != nil {
			return err
		}
		if i == 0 {
			first = f
		}
		kept[c.name] = f
		fmt.Printf("  %-46s %7.2f s of CPU (%5.2f times) %9.0f rows a second of it %6.0f MB", c.name, f.CPU, f.CPU/first.CPU, f.PerSec, f.PeakMB)
		if f.Requests > 0 {
			fmt.Printf("  %.3f requests a row", f.Requests)
		}
		fmt.Println()
	}
	r.result.Work[what] = kept
	fmt.Println()
	return nil
}

func (r *runner) us(name string, args ...string) []string {
	return append([]string{r.self, "-do", name}, args...)
}

func (r *runner) them(name string, args ...string) []string {
	return append([]string{r.python, r.script, name}, args...)
}

func all(ctx context.Context, rows, booked int, mailer bool) error {
	root, err := emulator.Root()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r := &runner{self: self, python: filepath.Join(root, ".local", "peers", "bin", "python"), script: filepath.Join(root, "internal", "testing", "bench", "peers", "peers.py"),
		result: result{Machine: fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()), Work: map[string]map[string]figure{}}}
	if _, err := os.Stat(r.python); err != nil {
		return errors.New("the peers are not installed: run make bench-peers")
	}
	dir, err := os.MkdirTemp("", "rollbook-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := makeFiles(dir, rows, booked); err != nil {
		return err
	}
	form, book, changes := at("form.csv"), at("form.xlsx"), at("changes.csv")
	if err := r.side(ctx, "reading a CSV form of nine columns", booked, []contender{
		{"Rollbook (sheet.Reader)", nil, r.us("read", form)},
		{"Go, encoding/csv", nil, r.us("read-csv", form)},
		{"Python, csv", nil, r.them("read-csv", form)},
	}); err != nil {
		return err
	}
	if err := r.side(ctx, "reading the same as a workbook", booked, []contender{
		{"Rollbook (sheet.Reader)", nil, r.us("read", book)},
		{"excelize, Rows", nil, r.us("read-excelize", book)},
		{"python-calamine", nil, r.them("read-calamine", book)},
		{"fastexcel", nil, r.them("read-fastexcel", book)},
		{"openpyxl, read_only", nil, r.them("read-openpyxl", book)},
	}); err != nil {
		return err
	}
	if err := r.side(ctx, "writing the form as a workbook", booked, []contender{
		{"Rollbook (workbook.Writer)", nil, r.us("write", form, at("rollbook.xlsx"))},
		{"excelize, StreamWriter", nil, r.us("write-excelize", form, at("excelize.xlsx"))},
		{"XlsxWriter, constant_memory", nil, r.them("write-xlsxwriter", form, at("xlsxwriter.xlsx"))},
		{"rustpy-xlsxwriter", nil, r.them("write-rustpy", form, at("rustpy.xlsx"))},
		{"openpyxl, write_only", nil, r.them("write-openpyxl", form, at("openpyxl.xlsx"))},
	}); err != nil {
		return err
	}
	state, err := os.MkdirTemp("", "rollbook-peers-")
	if err != nil {
		return err
	}
	e, err := emulator.Start(ctx, emulator.Options{Dir: state, Remove: true})
	if err != nil {
		return err
	}
	defer e.Stop()
	// The emulator's own CPU is nobody's.
	if err := r.side(ctx, "importing a file that changes one cell a row", rows, []contender{
		{"Rollbook, stores in memory", nil, r.us("import", changes)},
		{"Rollbook, on DynamoDB (client alone)", r.us("prepare-dynamodb", changes, e.Endpoint), r.us("import-dynamodb", changes, e.Endpoint)},
		{"as ddbimport: BatchWriteItem (client alone)", r.us("prepare-batch", changes, e.Endpoint), r.us("import-batch", changes, e.Endpoint)},
		{"django-import-export, SQLite", r.them("prepare-django", changes, at("a.sqlite")), r.them("import-django", changes, at("a.sqlite"))},
		{"django-import-export, bulk, no report", r.them("prepare-django", changes, at("b.sqlite")), r.them("import-django-bulk", changes, at("b.sqlite"))},
	}); err != nil {
		return err
	}
	if err := r.withListmonk(ctx, root, changes, rows, mailer); err != nil {
		return fmt.Errorf("listmonk: %w", err)
	}
	if r.result.Odd, err = r.odd(ctx, dir, e.Endpoint); err != nil {
		return err
	}
	b, err := json.MarshalIndent(r.result, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "internal", "testing", "bench", "peers", "results.json"), append(b, '\n'), 0o644)
}

// withListmonk measures listmonk beside the other imports, if it is asked for; if not,
// its last figures stay.
func (r *runner) withListmonk(ctx context.Context, root, changes string, rows int, asked bool) error {
	const imports, alone, whole = "importing a file that changes one cell a row", "listmonk 1.1.0 (client alone)", "listmonk 1.1.0, with PostgreSQL"
	if !asked {
		b, err := os.ReadFile(filepath.Join(root, "internal", "testing", "bench", "peers", "results.json"))
		if err != nil {
			return err
		}
		var last result
		if err := json.Unmarshal(b, &last); err != nil {
			return err
		}
		for _, name := range []string{alone, whole} {
			if f, ok := last.Work[imports][name]; ok {
				r.result.Work[imports][name] = f
			}
		}
		return nil
	}
	dir, err := os.MkdirTemp("", "rollbook-listmonk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := getListmonk(ctx, root, dir)
	if err != nil {
		return err
	}
	itself, all, err := l.changes(ctx, changes)
	if err != nil {
		return err
	}
	r.result.Work[imports][alone], r.result.Work[imports][whole] = itself, all
	fmt.Printf("  %-46s %7.2f s of CPU, %.2f s with PostgreSQL, %6.0f MB\n\n", "listmonk 1.1.0", itself.CPU, all.CPU, itself.PeakMB)
	return nil
}

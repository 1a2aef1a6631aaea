package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"rollbook/internal/local/emulator"
)

// function is what a cold start spends before the first line of main.
type function struct {
	MB       float64 // of the stripped binary
	Start    float64 // milliseconds from its start to its end at that line
	StartCPU float64 // milliseconds of the processor
}

// functions starts each function as it is deployed, without its environment, so
// that it ends at its first line: the median of 15 starts. A program that does
// nothing, started likewise, is what the machine takes of it.
func functions(r *report) error {
	root, err := emulator.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rollbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil || len(mains) == 0 {
		return errors.Join(err, errors.New("there are no functions"))
	}
	nothing := filepath.Join(dir, "nothing.go")
	if err := os.WriteFile(nothing, []byte("package main\n\nimport \"os\"\n\nfunc main() { os.Exit(1) }\n"), 0o600); err != nil {
		return err
	}
	r.Functions = map[string]function{}
	fmt.Println("starting the functions as deployed, to their first line")
	for _, source := range append([]string{nothing}, mains...) {
		name, what := filepath.Base(filepath.Dir(source)), filepath.Dir(source)
		if source == nothing {
			name, what = "(nothing)", nothing
		}
		binary := filepath.Join(dir, "binary")
		build := exec.Command("go", "build", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w", "-o", binary, what)
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		size, err := os.Stat(binary)
		if err != nil {
			return err
		}
		var took, cpu []time.Duration
		for range 15 {
			start := exec.Command(binary)
			start.Env = []string{"NOTHING=1"}
			at := time.Now()
			if err := start.Run(); err == nil {
				return fmt.Errorf("%s runs without its environment", name)
			} else if _, ended := errors.AsType[*exec.ExitError](err); !ended {
				return err
			}
			took = append(took, time.Since(at))
			cpu = append(cpu, start.ProcessState.UserTime()+start.ProcessState.SystemTime())
		}
		f := function{float64(size.Size()) / 1e6, median(took).Seconds() * 1e3, median(cpu).Seconds() * 1e3}
		r.Functions[name] = f
		fmt.Printf("  %-12s %5.1f MB %6.1f ms %6.1f ms of CPU\n", name, f.MB, f.Start, f.StartCPU)
	}
	fmt.Println()
	return nil
}

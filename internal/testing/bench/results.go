package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
)

// A report is what a run found, kept as JSON and compared with the last.
type report struct {
	Counted   int             // rows that Costs and Steps are of
	Costs     map[string]cost // by what becomes of the rows
	Idle      float64         // dollars a month
	Steps     map[string]step
	Functions map[string]function
	Beside    map[string]map[string]beside // by what is done and who does it
}

func readReport(path string) (report, error) {
	var r report
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	return r, err
}

func (r report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// figures are all numbers of a report, by their path in it.
func (r report) figures() (map[string]float64, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		return nil, err
	}
	out := map[string]float64{}
	var walk func(path string, x any)
	walk = func(path string, x any) {
		switch x := x.(type) {
		case map[string]any:
			for k, v := range x {
				walk(strings.TrimPrefix(path+" / "+k, " / "), v)
			}
		case float64:
			out[path] = x
		}
	}
	walk("", tree)
	return out, nil
}

// timed are the figures that the machine and its neighbours move.
func timed(path string) bool {
	for _, s := range []string{"/ CPU", "/ Start", "/ StartCPU", "/ Times", "/ functions"} {
		if strings.HasSuffix(path, s) {
			return true
		}
	}
	return false
}

// moved says what differs from the last run: what is counted by more than a
// hundredth, what is timed by more than a quarter.
func moved(last, now report) error {
	was, err := last.figures()
	if err != nil {
		return err
	}
	is, err := now.figures()
	if err != nil {
		return err
	}
	fmt.Println("what moved since the last run")
	n := 0
	for _, path := range slices.Sorted(maps.Keys(is)) {
		before, known := was[path]
		bound := 0.01
		if timed(path) {
			bound = 0.25
		}
		if !known || math.Abs(is[path]-before) <= bound*math.Abs(before) {
			continue
		}
		n++
		fmt.Printf("  %-60s %12.4g, was %12.4g\n", path, is[path], before)
	}
	if n == 0 {
		fmt.Println("  nothing")
	}
	return nil
}

package local_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rollbook/internal/domain/reason"
	"rollbook/internal/local/emulator"
)

var update = flag.Bool("update", false, "write the tables of docs/scale.md and docs/performance.md anew")

// A fanOut is many institutions that begin to import at once: each has its share
// of chunks at a time, all have one table and one account. It is a model in whole
// seconds on what AWS publishes and the bench counts, without chance.
type fanOut struct {
	institutions, rows float64 // rows of each institution
	atOnce             float64 // MapConcurrency
	quota              float64 // concurrent functions of the account
	table              float64 // writes a second that the table takes at the beginning
	most               float64 // writes a second that it may come to, the account's quota for a table
	chunkRate          float64 // rows a second that a chunk manages where nothing holds it up
	children           float64 // executions that the account may start a second
}

const (
	chunkRows = 10_000
	// On-demand tables take twice the peak of the last half hour.
	doubling  = 1800
	planRate  = 300_000 // rows a second, a third of what the bench measures with a core for itself
	mergeRate = 60_000  // rows a second of finish
	fileRows  = 10_000_000
	ofDay     = 86_400
)

// usual is a new account whose quotas were raised to what everybody gets on asking.
func usual(institutions, rows float64) fanOut {
	return fanOut{institutions: institutions, rows: rows, atOnce: 4, quota: 1000, table: 4000, most: 40_000, chunkRate: 2000, children: 300}
}

// run returns the seconds until all rows are written and accounted for, and what
// held them up for most of that time.
func (f fanOut) run() (seconds float64, because string) {
	plan, merge := min(f.rows, fileRows)/planRate, min(f.rows, fileRows)/mergeRate
	left, table, held := f.institutions*f.rows, f.table, map[string]float64{}
	at, full := plan, 0.0
	for left > 0 {
		// At most as many chunks as there are, of each institution and of all.
		chunks := min(f.institutions*min(f.atOnce, math.Ceil(f.rows/chunkRows)), f.quota)
		why := "MapConcurrency"
		if f.rows <= chunkRows {
			why = "one chunk"
		}
		if chunks == f.quota {
			why = "functions at once"
		}
		rate := chunks * f.chunkRate
		if started := f.children * chunkRows; f.rows > chunkRows && started < rate {
			rate, why = started, "executions a second"
		}
		if table < rate {
			rate, why = table, "the table's writes"
			if full++; full >= doubling {
				table, full = min(2*table, f.most), 0
			}
		}
		step := min(1, left/rate)
		left -= rate * step
		at += step
		held[why] += step
	}
	for why, s := range held {
		if because == "" || s > held[because] {
			because = why
		}
	}
	return at + merge, because
}

// The model of whole seconds agrees with the one of single invocations and their
// retries, where both can be asked: chunks of 20 seconds on a small account.
func TestTheModelsAgree(t *testing.T) {
	for _, institutions := range []int{1, 2, 5} {
		var shares []int
		for range institutions {
			shares = append(shares, 4)
		}
		a := &account{quota: 10, random: rand.New(rand.NewPCG(7, uint64(institutions)))}
		_, _, _, took := a.imports(t, shares)
		f := fanOut{institutions: float64(institutions), rows: 100 * chunkRows, atOnce: 4, quota: 10, table: 1e9, most: 1e9, chunkRate: chunkRows / 20, children: 1e9}
		got, _ := f.run()
		got -= f.rows/planRate + f.rows/mergeRate
		if got < 0.75*took || got > 1.1*took {
			t.Errorf("%d institutions: %.0f s by the seconds, %.0f s by the invocations", institutions, got, took)
		}
	}
}

func duration(s float64) string {
	switch {
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	case s < 7200:
		return fmt.Sprintf("%.0f min", s/60)
	}
	return fmt.Sprintf("%.1f h", s/3600)
}

// docs/scale.md has what the model says today.
func TestScale(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	var counted struct {
		Costs map[string]struct{ Sum float64 }
	}
	b, err := os.ReadFile(filepath.Join(root, "internal", "testing", "bench", "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &counted); err != nil || counted.Costs["changed"].Sum == 0 {
		t.Fatalf("the bench has no costs: %v", err)
	}
	var w strings.Builder
	w.WriteString("| institutions at once | rows of each | new table | bound by | warm table (40,000) | bound by | 10 functions at once | changed rows cost |\n|---|---|---|---|---|---|---|---|\n")
	for _, c := range []struct{ institutions, rows float64 }{
		{1, 1e4}, {1, 1e5}, {1, 1e6}, {1, 1e7}, {10, 1e5}, {10, 1e6}, {100, 1e4}, {100, 1e6}, {1000, 1e4}, {1000, 1e6}, {10_000, 1e4}, {10_000, 1e5},
	} {
		cold, why := usual(c.institutions, c.rows).run()
		warm := usual(c.institutions, c.rows)
		warm.table = 40_000
		hot, because := warm.run()
		small := usual(c.institutions, c.rows)
		small.quota = 10
		slow, _ := small.run()
		if hot > cold || cold > slow+1 {
			t.Errorf("%+v: %v with a warm table, %v with a new one, %v in a small account", c, hot, cold, slow)
		}
		s := duration(slow)
		if slow > ofDay {
			s += " (more than the day that an import has)"
		}
		fmt.Fprintf(&w, "| %.0f | %.0f | %s | %s | %s | %s | %s | %.2f $ |\n", c.institutions, c.rows, duration(cold), why, duration(hot), because, s, c.institutions*c.rows/1e6*counted.Costs["changed"].Sum)
	}
	keepTable(t, "scale.md", "<!-- table -->\n", "<!-- end -->", w.String(), "Scale")
}

// keepTable sees that what stands between the marks of a document in docs is the
// table, and puts it there with -update.
func keepTable(t *testing.T, document, from, to, table, test string) {
	t.Helper()
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "docs", document)
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), from)
	_, after, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("docs/%s has no place for the table of %s", document, test)
	}
	want := before + from + table + to + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(doc) {
		t.Errorf("docs/%s says otherwise: go test ./internal/local -run %s -update", document, test)
	}
}

// docs/performance.md has what the bench and the peers measured last.
func TestThePerformanceSaysWhatTheBenchMeasured(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	var bench struct {
		Steps     map[string]struct{ CPU, Requests, ReadUnits, WriteUnits float64 }
		Functions map[string]struct{ MB, Start, StartCPU float64 }
		Costs     map[string]struct {
			Dollars  map[string]float64
			Sum, CPU float64
		}
	}
	var peers struct {
		Work map[string]map[string]struct{ CPU, PeakMB float64 }
		Odd  map[string]map[string]string
	}
	for path, into := range map[string]any{"results.json": &bench, "peers/results.json": &peers} {
		b, err := os.ReadFile(filepath.Join(root, "internal", "testing", "bench", filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	if len(bench.Steps) < 20 || len(bench.Functions) < 8 || len(peers.Work) < 4 || len(peers.Odd) < 8 {
		t.Fatalf("the bench has %d steps and %d functions, the peers %d works and %d odd files", len(bench.Steps), len(bench.Functions), len(peers.Work), len(peers.Odd))
	}
	has := func(line string) {
		t.Helper()
		if !strings.Contains(string(doc), line) {
			t.Errorf("docs/performance.md lacks %q", line)
		}
	}
	// A row of the table is known by its beginning.
	row := func(begin, end string) {
		t.Helper()
		if *update {
			doc = regexp.MustCompile("(?m)^("+regexp.QuoteMeta(begin)+").*$").ReplaceAll(doc, []byte("${1}"+end))
		}
		has(begin + end)
	}
	for name, s := range bench.Steps {
		cpu := fmt.Sprintf("%.1f", s.CPU)
		if s.CPU >= 1000 {
			cpu = reason.Number("en", int(math.Round(s.CPU)))
		}
		row("| "+name+" |", fmt.Sprintf(" %s | %.3f | %.3f | %.3f |", cpu, s.Requests, s.ReadUnits, s.WriteUnits))
	}
	costs := func(begin, format string, of func(kind string) float64) {
		t.Helper()
		end := ""
		for _, kind := range []string{"tested", "changed", "unchanged", "created"} {
			end += fmt.Sprintf(" "+format+" |", of(kind))
		}
		row("| "+begin+" |", end)
	}
	for what := range bench.Costs["changed"].Dollars {
		costs(what, "%.4f", func(kind string) float64 { return bench.Costs[kind].Dollars[what] })
	}
	costs("all", "%.2f", func(kind string) float64 { return bench.Costs[kind].Sum })
	costs("µs of CPU a row, all steps", "%.0f", func(kind string) float64 { return bench.Costs[kind].CPU })
	for name, f := range bench.Functions {
		if name == "(nothing)" {
			continue
		}
		has(fmt.Sprintf("| %.1f ms | %.1f ms |", f.Start, f.StartCPU))
	}
	for _, who := range peers.Work {
		for _, f := range who {
			has(fmt.Sprintf("| %.2f s |", f.CPU))
			has(fmt.Sprintf("| %.0f MB |", f.PeakMB))
		}
	}
	for what, who := range peers.Odd {
		row("| "+what+" |", fmt.Sprintf(" %s | %s | %s |", who["Rollbook"], who["django-import-export"], who["as ddbimport"]))
	}
	if *update {
		if err := os.WriteFile(filepath.Join(root, "docs", "performance.md"), doc, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The README's figures are those that the bench counted last.
func TestTheReadmeSaysWhatTheBenchCounted(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	var counted struct {
		Costs map[string]struct{ Sum, WriteUnits, ReadUnits, Requests, Bytes float64 }
		Idle  float64
	}
	b, err := os.ReadFile(filepath.Join(root, "internal", "testing", "bench", "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &counted); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprintf("costs %.2f $ a month", counted.Idle)}
	for _, name := range []string{"tested", "changed", "unchanged", "created"} {
		c := counted.Costs[name]
		want = append(want, fmt.Sprintf("| %s | %.2f $ | %.3f | %.3f | %.3f | %.0f |", name, c.Sum, c.WriteUnits, c.ReadUnits, c.Requests, c.Bytes))
	}
	for _, line := range want {
		if !strings.Contains(string(readme), line) {
			t.Errorf("README.md lacks %q", line)
		}
	}
	// What the figures may come to.
	for name, most := range map[string]float64{"changed": 1.10, "tested": 0.16} {
		if got := counted.Costs[name].Sum; got > most {
			t.Errorf("a million %s rows cost %.2f $, more than %.2f", name, got, most)
		}
	}
	if counted.Idle > 2 {
		t.Errorf("an idle stack costs %.2f $ a month", counted.Idle)
	}
}

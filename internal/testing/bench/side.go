package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
	"rollbook/internal/file/workbook"
	"rollbook/internal/local/demo"
)

// A way does the same work as the others beside it and returns how many rows it saw.
type way struct {
	name string
	run  func() (int, error)
}

// beside is what one way took, against the first of them.
type beside struct {
	CPU   float64 // microseconds a row
	Times float64 // the CPU of the first one
	Bytes float64 // allocated a row
}

// side runs the ways in turns, five times each, and keeps the median of the CPU.
func side(what string, rows, size int, r *report, ways []way) error {
	cpu, allocated := make([][]time.Duration, len(ways)), make([]uint64, len(ways))
	for range 5 {
		for k, w := range ways {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			at := cpuTime()
			n, err := w.run()
			cpu[k] = append(cpu[k], cpuTime()-at)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if n != rows {
				return fmt.Errorf("%s saw %d rows of %d", w.name, n, rows)
			}
			runtime.ReadMemStats(&after)
			allocated[k] = after.TotalAlloc - before.TotalAlloc
		}
	}
	fmt.Printf("%s %d rows, %d MB\n", what, rows, size>>20)
	if r.Beside == nil {
		r.Beside = map[string]map[string]beside{}
	}
	r.Beside[what] = map[string]beside{}
	for k, w := range ways {
		b := beside{median(cpu[k]).Seconds() * 1e6 / float64(rows), median(cpu[k]).Seconds() / median(cpu[0]).Seconds(), float64(allocated[k]) / float64(rows)}
		r.Beside[what][w.name] = b
		fmt.Printf("  %-28s %8.2f µs of CPU a row, %5.2f times that of the first, %7.0f bytes allocated\n", w.name, b.CPU, b.Times, b.Bytes)
	}
	fmt.Println()
	return nil
}

// books compares our workbooks with excelize's streams: a form of nine columns
// written, and what we wrote read back.
func books(rows int, r *report) error {
	var cells [][]string
	for c := range demo.Contacts(demo.Aurora, rows) {
		row := []string{"#" + string(c.Number), sheet.Guard(c.Email()), sheet.Guard(string(c.Get(domain.ContactLastName)))}
		for _, f := range []domain.Field{"criterion:GENRE", "criterion:SEGMENT", "criterion:NOTE"} {
			row = append(row, sheet.Guard(string(c.Get(f))), "")
		}
		cells = append(cells, row)
	}
	header := []string{"Contact", "[info] Email", "[info] Last name", "[old] GENRE", "[new] GENRE", "[old] SEGMENT", "[new] SEGMENT", "[old] NOTE", "[new] NOTE"}
	var file bytes.Buffer
	ours := func() (int, error) {
		file.Reset()
		t := workbook.Table{Name: "Contacts", Language: "en"}
		for _, h := range header {
			t.Columns = append(t.Columns, workbook.Column{Name: h})
		}
		w, err := workbook.New(&file, t)
		if err != nil {
			return 0, err
		}
		for _, row := range cells {
			if err := w.Write(row); err != nil {
				return 0, err
			}
		}
		return len(cells), w.Close()
	}
	theirs := func() (int, error) {
		f := excelize.NewFile()
		defer f.Close()
		w, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			return 0, err
		}
		row := make([]any, len(header))
		for i, r := range append([][]string{header}, cells...) {
			for k, c := range r {
				row[k] = c
			}
			at, err := excelize.CoordinatesToCellName(1, i+1)
			if err != nil {
				return 0, err
			}
			if err := w.SetRow(at, row); err != nil {
				return 0, err
			}
		}
		if err := w.Flush(); err != nil {
			return 0, err
		}
		return len(cells), f.Write(io.Discard)
	}
	if err := side("writing a workbook", rows, 0, r, []way{{"workbook.Writer", ours}, {"excelize, StreamWriter", theirs}}); err != nil {
		return err
	}
	data := bytes.Clone(file.Bytes())
	return side("reading a workbook", rows, len(data), r, []way{
		{"sheet.Reader", func() (int, error) {
			r, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{KnownColumn: func(s string) bool { return s == "Contact" || s[:1] == "[" }})
			if err != nil {
				return 0, err
			}
			for n := 0; ; n++ {
				row, err := r.Read()
				if err == io.EOF {
					return n, nil
				}
				if err != nil {
					return n, err
				}
				if row.Fault != nil {
					return n, fmt.Errorf("line %d: %s", row.Line, row.Fault.Log())
				}
			}
		}},
		{"excelize, Rows", func() (int, error) {
			f, err := excelize.OpenReader(bytes.NewReader(data))
			if err != nil {
				return 0, err
			}
			defer f.Close()
			rs, err := f.Rows(f.GetSheetName(0))
			if err != nil {
				return 0, err
			}
			n := -1
			for ; rs.Next(); n++ {
				if _, err := rs.Columns(); err != nil {
					return n, err
				}
			}
			return n, rs.Close()
		}},
	})
}

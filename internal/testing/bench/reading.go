package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
	"rollbook/internal/local/demo"
)

// reading compares our reader with bare encoding/csv on the same bytes: the
// median of five turns each, taken in turns.
func reading(size int) error {
	var file bytes.Buffer
	w := sheet.NewWriter(&file, ',')
	header := []string{"Contact", "[info] Email", "[info] Last name", "[info] First name"}
	for _, c := range []string{"GENRE", "SEGMENT", "SUBSCRIBER", "NOTE", "ZONE"} {
		header = append(header, "[old] "+c, "[new] "+c)
	}
	if err := w.Write(header); err != nil {
		return err
	}
	rows := 0
	for file.Len() < size {
		for c := range demo.Contacts(demo.Aurora, 1000) {
			cells := []string{"#" + string(c.Number), c.Email(), string(c.Get(domain.ContactLastName)), string(c.Get(domain.ContactFirstName))}
			for _, f := range []domain.Field{"criterion:GENRE", "criterion:SEGMENT", "criterion:SUBSCRIBER", "criterion:NOTE", "criterion:ZONE"} {
				cells = append(cells, string(c.Get(f)), "")
			}
			if err := w.Write(cells); err != nil {
				return err
			}
			rows++
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	data := file.Bytes()
	known := func(s string) bool { return s == "Contact" || strings.HasPrefix(s, "[") }
	ours := func() (int, error) {
		r, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{KnownColumn: known})
		if err != nil {
			return 0, err
		}
		n := 0
		for {
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
			n++
		}
	}
	bare := func() (int, error) {
		r := csv.NewReader(bytes.NewReader(data))
		n := -1
		for {
			if _, err := r.Read(); err == io.EOF {
				return n, nil
			} else if err != nil {
				return n, err
			}
			n++
		}
	}
	var times [2][]time.Duration
	var bytesOf [2]uint64
	for range 5 {
		for k, read := range []func() (int, error){ours, bare} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			at := time.Now()
			n, err := read()
			times[k] = append(times[k], time.Since(at))
			if err != nil {
				return err
			}
			if n != rows {
				return fmt.Errorf("%d rows read of %d", n, rows)
			}
			runtime.ReadMemStats(&after)
			bytesOf[k] = after.TotalAlloc - before.TotalAlloc
		}
	}
	o, b := median(times[0]), median(times[1])
	fmt.Printf("reading %d rows, %d MB\n", rows, len(data)>>20)
	fmt.Printf("  %-28s %12.0f rows/s  %6.0f MB allocated\n", "bare encoding/csv", float64(rows)/b.Seconds(), float64(bytesOf[1])/1e6)
	fmt.Printf("  %-28s %12.0f rows/s  %6.0f MB allocated\n", "sheet.Reader", float64(rows)/o.Seconds(), float64(bytesOf[0])/1e6)
	fmt.Printf("  ratio sheet / encoding/csv   %12.2f\n\n", b.Seconds()/o.Seconds())
	return nil
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

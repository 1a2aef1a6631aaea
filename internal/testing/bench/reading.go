package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
	"rollbook/internal/local/demo"
)

// reading compares our reader with encoding/csv on the same bytes, as it is and
// with ReuseRecord: the median of five turns each, taken in turns.
func reading(size int, r *report) error {
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
	bare := func(reuse bool) func() (int, error) {
		return func() (int, error) {
			r := csv.NewReader(bytes.NewReader(data))
			r.ReuseRecord = reuse
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
	}
	return side("reading", rows, len(data), r, []way{{"sheet.Reader", ours}, {"encoding/csv", bare(false)}, {"encoding/csv, ReuseRecord", bare(true)}})
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

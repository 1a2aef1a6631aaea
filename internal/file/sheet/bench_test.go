package sheet_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/file/sheet"
)

// tables are what the benchmarks read: a template as it comes back.
var tables = []struct {
	name string
	make func(rows int) []byte
}{
	{"plain", func(rows int) []byte { return template(rows, ',', false, "Mueller", false) }},
	{"accents", func(rows int) []byte { return template(rows, ';', false, "Müller-Lüdenscheidt", false) }},
	{"quoted", func(rows int) []byte { return template(rows, ',', true, "Müller", false) }},
	{"wide", func(rows int) []byte { return template(rows/8, ',', false, "Müller", true) }},
}

func template(rows int, sep byte, quoted bool, name string, wide bool) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	fields := 3
	if wide {
		fields = 60
	}
	var b bytes.Buffer
	row := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteByte(sep)
			}
			if quoted {
				c = `"` + c + `"`
			}
			b.WriteString(c)
		}
		b.WriteString("\r\n")
	}
	cells := []string{"Contact", "[info] Email", "[info] Last name", "[info] First name"}
	for f := range fields {
		cells = append(cells, fmt.Sprintf("[old] FIELD_%d", f), fmt.Sprintf("[new] FIELD_%d", f))
	}
	row(cells)
	for i := range rows {
		cells = append(cells[:0], fmt.Sprintf("#%07d", i), fmt.Sprintf("person%d@example.org", rng.IntN(1e6)), name, "Anna")
		for range fields {
			cells = append(cells, []string{"ROCK", "JAZZ|FOLK", "", "TRUE"}[rng.IntN(4)], []string{"", "", "OPERA"}[rng.IntN(3)])
		}
		row(cells)
	}
	return b.Bytes()
}

// BenchmarkRead reads the same bytes with this package and with encoding/csv.
func BenchmarkRead(b *testing.B) {
	for _, t := range tables {
		data := t.make(200_000)
		b.Run(t.name+"/sheet", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{KnownColumn: known})
				if err != nil {
					b.Fatal(err)
				}
				for {
					row, err := r.Read()
					if err == io.EOF {
						break
					}
					if err != nil || row.Fault != nil {
						b.Fatal(err, row.Fault)
					}
				}
			}
		})
		b.Run(t.name+"/encoding-csv", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r := csv.NewReader(bytes.NewReader(data))
				if bytes.IndexByte(data[:100], ';') > 0 {
					r.Comma = ';'
				}
				for {
					_, err := r.Read()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkWorkbook reads the same .xlsx with this package and with excelize.
func BenchmarkWorkbook(b *testing.B) {
	x := excelize.NewFile()
	w, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	row := []any{"Contact", "[info] Email", "[old] A", "[new] A"}
	for i := range 50_000 {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			b.Fatal(err)
		}
		row = []any{fmt.Sprintf("#%07d", i), fmt.Sprintf("person%d@example.org", i), "ROCK", i}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := x.Write(&out); err != nil {
		b.Fatal(err)
	}
	data := out.Bytes()
	b.Run("sheet", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{KnownColumn: known})
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for ; ; n++ {
				if _, err = r.Read(); err != nil {
					break
				}
			}
			if err != io.EOF || n != 49_999 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("excelize", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := excelize.OpenReader(bytes.NewReader(data))
			if err != nil {
				b.Fatal(err)
			}
			rows, err := f.Rows("Sheet1")
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for rows.Next() {
				if _, err := rows.Columns(); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 50_000 {
				b.Fatal(n)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	cells := strings.Split("#0012345,anna.meier@example.org,Müller,Anna,ROCK,,JAZZ|FOLK,OPERA,,TRUE", ",")
	b.Run("sheet", func(b *testing.B) {
		b.ReportAllocs()
		w := sheet.NewWriter(io.Discard, ',')
		for b.Loop() {
			_ = w.Write(cells)
		}
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.ReportAllocs()
		w := csv.NewWriter(io.Discard)
		for b.Loop() {
			_ = w.Write(cells)
		}
	})
}

// known is what the plan step takes for one of our columns.
func known(name string) bool {
	n := strings.ToLower(name)
	for _, p := range []string{"[info] ", "[old] ", "[new] ", "[error] "} {
		if strings.HasPrefix(n, p) {
			return true
		}
	}
	switch n {
	case "contact", "email", "title", "first name", "last name", "language", "birth date", "phone", "street", "postcode", "city", "country":
		return true
	}
	return false
}

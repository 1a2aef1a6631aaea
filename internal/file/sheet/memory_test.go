package sheet_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"rollbook/internal/domain/fault"
	"rollbook/internal/file/sheet"
)

// generated is a file that exists nowhere: line answers for the numbered line,
// all have the same length.
type generated struct {
	head  string
	width int
	line  func(n int64) string
}

func (g generated) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := off + int64(n) - int64(len(g.head))
		if at < 0 {
			n += copy(p[n:], g.head[len(g.head)+int(at):])
			continue
		}
		n += copy(p[n:], g.line(at / int64(g.width))[at%int64(g.width):])
	}
	return n, nil
}

// held returns what is in use now, bytes and allocations so far.
func held() (inUse, total uint64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, m.TotalAlloc
}

func TestMemoryStaysFlat(t *testing.T) {
	const size = 64 << 20
	row := func(n int64) string {
		return fmt.Sprintf("#%08d,ROCK|JAZZ,OPERA and some more words to make it sixty 4\n", n%1e8)
	}
	for _, c := range []struct {
		name string
		file generated
	}{
		{"rows", generated{head + "\n", len(row(0)), row}},
		{"all quoted", generated{head + "\n", 40, func(n int64) string { return fmt.Sprintf("\"#%08d\",\"a,b\",\"OPERA \"\" more words\"\n", n%1e8) }}},
		{"broken rows", generated{head + "\n", 20, func(n int64) string {
			if n%4 == 0 {
				return "#" + fmt.Sprintf("%08d", n%1e8) + ",\"a,456789\n"
			}
			return "#" + fmt.Sprintf("%08d", n%1e8) + ",a,4567890\n"
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			length := int64(len(c.file.head)) + size/int64(c.file.width)*int64(c.file.width)
			before, _ := held()
			r, err := sheet.Open(c.file, length, sheet.Options{KnownColumn: known})
			if err != nil {
				t.Fatal(err)
			}
			var most uint64
			n := int64(0)
			for ; ; n++ {
				_, err := r.Read()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if n%200_000 == 0 {
					now, _ := held()
					most = max(most, now)
				}
			}
			if want := size / int64(c.file.width); n != want {
				t.Errorf("%d rows, want %d", n, want)
			}
			if grown := int64(most) - int64(before); grown > 6<<20 {
				t.Errorf("%d bytes in use for %d bytes of file", grown, length)
			}
			runtime.KeepAlive(r)
		})
	}
}

// A monstrous file is refused after about as much as one row may have.
func TestMonstersCostNoMemory(t *testing.T) {
	const size = 1 << 30
	for name, c := range map[string]struct{ head, code string }{
		"one line":                {head + "\n1,", sheet.CodeRowTooLong},
		"one line of header":      {"Contact,", sheet.CodeRowTooLong},
		"one quoted cell":         {head + "\n1,\"", sheet.CodeRowTooLong},
		"text after one cell":     {head + "\n1,\"a\"", sheet.CodeRowTooLong},
		"a quoted cell in lines":  {head + "\n1,\"a\n", sheet.CodeRowTooLong},
		"line after a zip's mark": {"PK\x03\x04", sheet.CodeZipDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			_, before := held()
			g := generated{c.head, 1024, func(int64) string { return strings.Repeat("x", 1024) }}
			r, err := sheet.Open(g, size, sheet.Options{KnownColumn: known})
			for err == nil {
				_, err = r.Read()
			}
			f, ok := fault.As(err)
			if !ok || string(f.Code) != c.code && !(name == "a quoted cell in lines" && f.Code == sheet.CodeQuotesBroken) {
				t.Errorf("%v, want %s", err, c.code)
			}
			if _, after := held(); after-before > 24<<20 {
				t.Errorf("%d bytes allocated", after-before)
			}
		})
	}
}

// A workbook's rows pass by as well.
func TestWorkbookMemoryStaysFlat(t *testing.T) {
	var b strings.Builder
	b.WriteString(bookHead)
	for i := range 300_000 {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d"><v>%d</v></c><c r="B%d" t="inlineStr"><is><t>ROCK %d</t></is></c></row>`, i+2, i+2, i, i+2, i)
	}
	data := zipped(t, book(b.String())...)
	b.Reset()
	before, _ := held()
	r, err := sheet.Open(strings.NewReader(string(data)), int64(len(data)), sheet.Options{KnownColumn: known})
	if err != nil {
		t.Fatal(err)
	}
	var most uint64
	n := 0
	for ; ; n++ {
		_, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n%100_000 == 0 {
			now, _ := held()
			most = max(most, now)
		}
	}
	if n != 300_000 {
		t.Errorf("%d rows", n)
	}
	if grown := int64(most) - int64(before); grown > int64(len(data))+4<<20 {
		t.Errorf("%d bytes in use", grown)
	}
	runtime.KeepAlive(r)
}

// What a workbook says in few bytes again and again is bounded like the rest: texts
// without a letter, and the same columns as hidden ones.
func TestWorkbooksThatRepeatThemselves(t *testing.T) {
	defer sheet.WithSharedBytes(1 << 20)()
	many := zipped(t, book(bookHead, file{"xl/sharedStrings.xml", "<sst>" + strings.Repeat("<si/>", 200_000) + "</sst>"})...)
	if got := read(t, many, sheet.Options{KnownColumn: known}); got.err == nil || got.err.Code != sheet.CodeWorkbookTooLarge {
		t.Errorf("empty texts: %v", got.err)
	}

	hidden := zipped(t, book("", file{"xl/worksheets/sheet1.xml", `<worksheet><cols>` + strings.Repeat(`<col min="2" max="2000" hidden="1"/>`, 5000) + `</cols><sheetData>` + bookHead + `<row r="2"><c><v>1</v></c></row></sheetData></worksheet>`})...)
	_, before := held()
	got := read(t, hidden, sheet.Options{KnownColumn: known})
	if _, after := held(); got.err != nil || after-before > 8<<20 {
		t.Errorf("hidden columns: %d bytes allocated, %v", after-before, got.err)
	}
	if len(got.warnings) != 1 || got.warnings[0].Code != "hiddenColumns" {
		t.Errorf("%+v", got.warnings)
	}
}

// A source that ends early is an error of ours, never the end of the file.
func TestShortReadIsNoEnd(t *testing.T) {
	in := head + "\n" + strings.Repeat("1,x,y\n", 100_000)
	for _, have := range []int{0, 100, 10_000, len(in) - 1} {
		r, err := sheet.Open(strings.NewReader(in[:have]), int64(len(in)), sheet.Options{KnownColumn: known})
		for err == nil {
			_, err = r.Read()
		}
		if _, ok := fault.As(err); ok || err == io.EOF {
			t.Errorf("%d of %d bytes: %v", have, len(in), err)
		}
	}
}

func TestLimits(t *testing.T) {
	in := head + "\n1,x,y\n2,x,y\n3,x,y\n"
	for _, c := range []struct {
		limits sheet.Limits
		code   string
	}{
		{sheet.Limits{FileBytes: int64(len(in))}, ""},
		{sheet.Limits{FileBytes: int64(len(in)) - 1}, sheet.CodeFileTooLarge},
		{sheet.Limits{RowBytes: len(head)}, ""},
		{sheet.Limits{RowBytes: len(head) - 1}, sheet.CodeRowTooLong},
		{sheet.Limits{Columns: 3}, ""},
		{sheet.Limits{Columns: 2}, sheet.CodeTooManyColumns},
		{sheet.Limits{Rows: 3}, ""},
		{sheet.Limits{Rows: 2}, sheet.CodeTooManyRows},
	} {
		got := read(t, []byte(in), sheet.Options{KnownColumn: known, Limits: c.limits})
		code := ""
		if got.err != nil {
			code = string(got.err.Code)
			if got.err.Kind != fault.TooLarge {
				t.Errorf("%+v: kind %v", c.limits, got.err.Kind)
			}
		}
		if code != c.code {
			t.Errorf("%+v: %q, want %q", c.limits, code, c.code)
		}
	}
	packed := zipped(t, file{"a.csv", head + "\n" + strings.Repeat("1,x,y\n", 10_000)})
	if got := read(t, packed, sheet.Options{KnownColumn: known, Limits: sheet.Limits{FileBytes: 50_000}}); got.err == nil || got.err.Code != sheet.CodeFileTooLarge {
		t.Errorf("zip: %v", got.err)
	}
}

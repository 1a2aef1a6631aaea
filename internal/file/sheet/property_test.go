package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"rollbook/internal/file/sheet"
)

// text draws cells that people and spreadsheets write, with a liking for what
// is special.
func text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringOfN(rapid.OneOf(
			rapid.SampledFrom([]rune("=+-@'\t\r\n\",;| aA1é€’“#\\")),
			rapid.Rune(),
		), 0, 12, -1).Draw(t, "cell")
		return strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\t' && r != '\r' && r != '\n' || r == utf8.RuneError {
				return 'x'
			}
			return r
		}, s)
	})
}

func TestGuardRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), text()).Draw(t, "s")
		g := sheet.Guard(s)
		if back := sheet.Unguard(g); back != s {
			t.Fatalf("%q guarded is %q, unguarded %q", s, g, back)
		}
		for i := range len(g) {
			// An inserted apostrophe leaves nothing else at the start of a cell.
			if strings.IndexByte("=+-@\r\n", g[i]) >= 0 && (i == 0 || strings.IndexByte(",;\t|", g[i-1]) >= 0) {
				t.Fatalf("%q has a formula where a separator may be", g)
			}
		}
	})
}

// A name in a file of ours with one separator is no formula when the file is
// opened with another.
func TestGuardAfterEachSeparator(t *testing.T) {
	for in, want := range map[string]string{
		`Meier;=HYPERLINK("http://x")`: `Meier;'=HYPERLINK("http://x")`,
		"a,+1":                         "a,'+1", "a|-1": "a|'-1", "a\t@x": "a\t'@x", "=1;=2": "'=1;'=2",
		"a; =1": "a; =1", "a=1": "a=1", "a,b": "a,b", "\t=1": "'\t'=1",
	} {
		if got := sheet.Guard(in); got != want {
			t.Errorf("Guard(%q) = %q, want %q", in, got, want)
		}
		var b bytes.Buffer
		w := sheet.NewWriter(&b, ',')
		if err := errors.Join(w.Write([]string{in}), w.Flush()); err != nil {
			t.Fatal(err)
		}
		if written := strings.ReplaceAll(strings.Trim(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\r\n"), "\ufeff"), `"`), `""`, `"`); written != strings.Trim(want, `"`) {
			t.Errorf("written %q, want %q", written, want)
		}
	}
}

func TestUnguardLeavesTheRest(t *testing.T) {
	for in, want := range map[string]string{
		"'=x": "=x", "''": "'", "''=x": "'=x", "'x": "'x", "'": "'", "": "", "x": "x", "=x": "=x", "'\tx": "\tx",
		"a;'=x": "a;=x", "a;'x": "a;'x", "a;''=x": "a;'=x", "a'=x": "a'=x", "'\t'=x": "\t=x", "a,'": "a,'",
	} {
		if got := sheet.Unguard(in); got != want {
			t.Errorf("Unguard(%q) = %q, want %q", in, got, want)
		}
	}
}

// What we write we read back: the same cells in the same lines.
func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sep := rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "sep")
		raw := rapid.Bool().Draw(t, "raw")
		table := [][]string{{"Contact", "[old] A", "[new] A"}}
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			// The key makes the row neither blank nor a header.
			table = append(table, []string{fmt.Sprintf("#%d", rapid.IntRange(0, 99).Draw(t, "key")), text().Draw(t, "old"), text().Draw(t, "new")})
		}
		var b bytes.Buffer
		w := sheet.NewWriter(&b, sep)
		lines := map[int]int{}
		for i, row := range table {
			lines[1+breaks(b.String())] = i
			write := w.Write
			if raw {
				write = w.WriteRaw
			}
			if err := write(row); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		r, err := sheet.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), sheet.Options{KnownColumn: known})
		if err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		for range table[1:] {
			row, err := r.Read()
			if err != nil {
				t.Fatalf("%q: %v", b.String(), err)
			}
			// A cell that holds lines like rows is doubted, but its text is whole.
			if row.Fault != nil && row.Fault.Code != sheet.CodeUnclosedQuote {
				t.Fatalf("%q: line %d: %+v", b.String(), row.Line, row.Fault)
			}
			cells := append([]string(nil), row.Cells...)
			for i := range cells {
				if !raw {
					cells[i] = sheet.Unguard(cells[i])
				}
			}
			i, ok := lines[row.Line]
			if !ok {
				t.Fatalf("%q: no row begins in line %d", b.String(), row.Line)
			}
			if diff := cmp.Diff(table[i], cells); diff != "" {
				t.Fatalf("%q: line %d (-written +read):\n%s", b.String(), row.Line, diff)
			}
		}
	})
}

// breaks counts line ends as an editor does.
func breaks(s string) int {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Count(s, "\n") + strings.Count(s, "\r")
}

// messy draws files with all kinds of structural trouble.
func messy() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "\ufeff", "\n", "sep=,\r\n"}).Draw(t, "start"))
		b.WriteString(head)
		b.WriteString(rapid.SampledFrom([]string{"\n", "\r\n", "\r", ",\n"}).Draw(t, "end"))
		for range rapid.IntRange(0, 25).Draw(t, "n") {
			b.WriteString(rapid.SampledFrom([]string{
				"1,x,y\n", "2,\"x\",y\r\n", "#3,\"a\nb\",y\n", "4,\"x,y\n", "5,x\"y,z\n", "6,\"x\"y,z\n", "7,x\n", "8,x,y,z\n", "9;x;y\n",
				"\n", ",,\n", "\"", ",", "\n", "\r", "\r\n", "x", "é", "\xe9", "\x00", "\"\"", head + "\n", "1,x,y,,\n", "'", "\\\"", "\u00a0", "\ufeff",
				strings.Repeat("z", 30), "3,x,y",
			}).Draw(t, "piece"))
		}
		return b.String()
	})
}

// How the bytes arrive makes no difference, even where limits are met.
func TestBlocksMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := messy().Draw(t, "in")
		opts := sheet.Options{KnownColumn: known}
		if rapid.Bool().Draw(t, "small limits") {
			opts.Limits = sheet.Limits{RowBytes: rapid.IntRange(24, 80).Draw(t, "row"), Columns: 6, Rows: 12}
		}
		want := collect(in, opts)
		for _, n := range []int{1, 2, 3, 7, 64, 65, 100, rapid.IntRange(1, 300).Draw(t, "block")} {
			if diff := cmp.Diff(want, collect(in, opts.WithBlock(n))); diff != "" {
				t.Fatalf("%q in blocks of %d (-whole +blocks):\n%s", in, n, diff)
			}
		}
	})
}

// Being packed makes no difference either.
func TestZipMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := messy().Draw(t, "in")
		opts := sheet.Options{KnownColumn: known}
		want := collect(in, opts)
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("a.csv")
		if err == nil {
			_, err = w.Write([]byte(in))
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		got := collect(b.String(), opts)
		for i := range got {
			got[i] = strings.Replace(got[i], "{Format:zip ", "{Format:csv ", 1)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-plain +zip):\n%s", in, diff)
		}
	})
}

// collect tells all that a reader says, as text.
func collect(in string, opts sheet.Options) []string {
	r, err := sheet.Open(strings.NewReader(in), int64(len(in)), opts)
	if err != nil {
		return []string{err.Error()}
	}
	out := []string{fmt.Sprintf("%q %d", r.Header(), r.HeaderLine())}
	for {
		row, err := r.Read()
		if err != nil {
			return append(out, err.Error(), fmt.Sprintf("%+v", r.Detected()), fmt.Sprintf("%+v", r.Warnings()))
		}
		text := fmt.Sprintf("%d %q", row.Line, row.Cells)
		if row.Fault != nil {
			text += fmt.Sprintf(" %+v", *row.Fault)
		}
		out = append(out, text)
	}
}

// Whatever the quotes do, the text of every line comes back in some row.
func TestNoLineIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := messy().Draw(t, "in")
		r, err := sheet.Open(strings.NewReader(in), int64(len(in)), sheet.Options{KnownColumn: known, Encoding: "UTF-8"})
		if err != nil {
			return // nothing of a file that is rejected is used
		}
		// Marks that depend on how a cell is quoted are left out on both sides.
		strip := func(s string) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune("\"\ufffd,\r\n \u00a0\ufeff", r) {
					return -1
				}
				return r
			}, strings.ToValidUTF8(s, ""))
		}
		var got strings.Builder
		for {
			row, err := r.Read()
			if err != nil {
				break
			}
			got.WriteString(strip(strings.Join(row.Cells, "")))
		}
		_, body, _ := strings.Cut(in, head)
		want := strip(body)
		if !strings.HasPrefix(want, got.String()) {
			t.Fatalf("%q: rows hold %q, file %q", in, got.String(), want)
		}
		if _, err := r.Read(); err.Error() == "EOF" && got.String() != want {
			t.Fatalf("%q: rows hold %q, file %q", in, got.String(), want)
		}
	})
}

// What encoding/csv reads without complaint is read the same.
func TestAgreesWithEncodingCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := head + "\n" + rapid.StringOfN(rapid.SampledFrom([]rune("1x,,\"\"\n\n é;")), 0, 60, -1).Draw(t, "body")
		want, err := csv.NewReader(strings.NewReader(in)).ReadAll()
		if err != nil {
			return
		}
		var rows [][]string
		for _, row := range want[1:] {
			if strings.TrimSpace(strings.Join(row, "")) != "" {
				rows = append(rows, row)
			}
		}
		r, err := sheet.Open(strings.NewReader(in), int64(len(in)), sheet.Options{KnownColumn: known})
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		for _, cells := range rows {
			row, err := r.Read()
			if err != nil {
				t.Fatalf("%q: %v, want %q", in, err, cells)
			}
			if row.Fault != nil && row.Fault.Code == sheet.CodeUnclosedQuote {
				continue
			}
			if diff := cmp.Diff(cells, row.Cells); diff != "" || row.Fault != nil {
				t.Fatalf("%q: %+v (-encoding/csv +sheet):\n%s", in, row.Fault, diff)
			}
		}
	})
}

// The encoding changes nothing in the rows.
func TestEncodingsAgree(t *testing.T) {
	letters := []rune("abcdefghi éèüöäßñçàêî")
	rapid.Check(t, func(t *rapid.T) {
		in := head + "\r\n1,café,x\r\n"
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			word := rapid.StringOfN(rapid.SampledFrom(letters), 1, 10, -1)
			in += "2,a" + word.Draw(t, "old") + "," + word.Draw(t, "new") + "b\r\n"
		}
		want := collect(in, sheet.Options{KnownColumn: known})
		n := len(want) - 2 // without what was detected
		block := rapid.SampledFrom([]int{1, 3, 64, 1 << 18}).Draw(t, "block")
		for name, bytes := range map[string]string{
			"UTF-16LE":               utf16Text(in, false, true),
			"UTF-16BE":               utf16Text(in, true, true),
			"Windows-1252 (chosen)":  encode(charmap.Windows1252, in),
			"MacRoman (chosen)":      encode(charmap.Macintosh, in),
			"UTF-16LE without a BOM": utf16Text(in, false, false),
		} {
			opts := sheet.Options{KnownColumn: known}.WithBlock(block)
			switch name {
			case "Windows-1252 (chosen)":
				opts.Encoding = "Windows-1252"
			case "MacRoman (chosen)":
				opts.Encoding = "MacRoman"
			}
			got := collect(bytes, opts)
			if diff := cmp.Diff(want[:n], got[:len(got)-2]); diff != "" {
				t.Fatalf("%q in %s (-UTF-8 +this):\n%s", in, name, diff)
			}
		}
	})
}

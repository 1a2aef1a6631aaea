package flow_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// rowsOf and resultsOf are objects long enough to be read in several pieces.
func rowsOf(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flow.NewRowWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		r := flow.Row{Line: i + 2, Cells: []string{fmt.Sprintf("#%07d", i*7919), "", "é\n"}}
		if i%10 == 3 {
			r.Fault = &domain.Problem{Line: r.Line, Reason: reason.Reason{Code: "columns"}}
		}
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func resultsOf(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flow.NewResultWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Write(flow.Result{Line: i + 2, Number: domain.ContactNumber(fmt.Sprint(i * 7919)), Outcome: domain.Updated}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(flow.Summary{Counts: domain.Counts{Rows: n, Updated: n}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An object between steps is read whole, or it is told apart whether it is
// damaged, which nothing mends, or could only not be read, which a retry does.
func TestObjectsAreWholeOrNot(t *testing.T) {
	const n = 5000
	busy := fault.New(fault.Busy, "busy")
	mine := errors.New("the caller's own")
	for what, object := range map[string]struct {
		data []byte
		read func(r io.Reader, yield func(line int) error) error
	}{
		"rows": {rowsOf(t, n), func(r io.Reader, yield func(int) error) error {
			return flow.ReadRows(r, func(row flow.Row) error { return yield(row.Line) })
		}},
		"results": {resultsOf(t, n), func(r io.Reader, yield func(int) error) error {
			sum, err := flow.ReadResults(r, func(res flow.Result) error { return yield(res.Line) })
			if err == nil && sum.Counts.Rows != n {
				t.Errorf("the summary is %+v", sum)
			}
			return err
		}},
	} {
		flipped := bytes.Clone(object.data)
		flipped[len(flipped)/2] ^= 0x10
		for _, c := range []struct {
			name string
			from io.Reader
			want error
		}{
			{"whole", bytes.NewReader(object.data), nil},
			{"byte by byte", iotest.OneByteReader(bytes.NewReader(object.data)), nil},
			{"empty", bytes.NewReader(nil), flow.ErrCut},
			{"cut in the middle", bytes.NewReader(object.data[:len(object.data)/2]), flow.ErrCut},
			{"last byte missing", bytes.NewReader(object.data[:len(object.data)-1]), flow.ErrCut},
			{"a bit flipped", bytes.NewReader(flipped), flow.ErrCut},
			{"cannot be opened", iotest.ErrReader(busy), busy},
			{"cannot be read on", io.MultiReader(bytes.NewReader(object.data[:len(object.data)/2]), iotest.ErrReader(busy)), busy},
		} {
			next := 2
			err := object.read(c.from, func(line int) error {
				if line != next {
					t.Fatalf("%s, %s: line %d, want %d", what, c.name, line, next)
				}
				next++
				return nil
			})
			if !errors.Is(err, c.want) || c.want == nil && next != n+2 {
				t.Errorf("%s, %s: %v after line %d, want %v", what, c.name, err, next-1, c.want)
			}
		}
		if err := object.read(bytes.NewReader(object.data), func(int) error { return mine }); err != mine {
			t.Errorf("%s: the caller's error came back as %v", what, err)
		}
	}
}

func TestRowsComeBack(t *testing.T) {
	var got []flow.Row
	if err := flow.ReadRows(bytes.NewReader(rowsOf(t, 5)), func(r flow.Row) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []flow.Row{
		{Line: 2, Cells: []string{"#0000000", "", "é\n"}},
		{Line: 3, Cells: []string{"#0007919", "", "é\n"}},
		{Line: 4, Cells: []string{"#0015838", "", "é\n"}},
		{Line: 5, Cells: []string{"#0023757", "", "é\n"}, Fault: &domain.Problem{Line: 5, Reason: reason.Reason{Code: "columns"}}},
		{Line: 6, Cells: []string{"#0031676", "", "é\n"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What another version wrote is refused, though it can be read, and so is an
// object whose last line says another number of rows than it has.
func TestObjectsOfOthers(t *testing.T) {
	packed := func(text string) io.Reader {
		var b bytes.Buffer
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return &b
	}
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"results of this version", fmt.Sprintf(`{"summary":{"version":%d}}`, flow.Version), nil},
		{"results of the next version", fmt.Sprintf(`{"summary":{"version":%d}}`, flow.Version+1), flow.ErrCut},
		{"results without a version", `{"summary":{}}`, flow.ErrCut},
		{"results without a summary", `{"l":2,"o":"updated"}`, flow.ErrCut},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := flow.ReadResults(packed(c.text), func(flow.Result) error { return nil }); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	const row = "\x02\x01\x01a\x00" // line 2 with the cell "a" and no fault
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"two rows, as said", row + row + "\x00\x02", nil},
		{"one row fewer than said", row + "\x00\x02", flow.ErrCut},
		{"one row more than said", row + row + "\x00\x01", flow.ErrCut},
		{"rows without an end", row + row, flow.ErrCut},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := flow.ReadRows(packed(c.text), func(flow.Row) error { return nil }); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"rollbook/internal/domain/fault"
	"rollbook/internal/file/sheet"
)

// read returns everything a file says, one line of text for each row:
//
//	3: #1 | ROCK                       row in line 3
//	4: #2 | x !textAfterQuote 1        with its fault and the fault's column
type outcome struct {
	header   []string
	rows     []string
	faults   []sheet.RowFault
	err      *fault.Error // nil after io.EOF
	warnings []sheet.Warning
	detected sheet.Detected
}

func read(t testing.TB, data []byte, opts sheet.Options) outcome {
	t.Helper()
	var out outcome
	r, err := sheet.Open(bytes.NewReader(data), int64(len(data)), opts)
	if err != nil {
		if !errors.As(err, &out.err) {
			t.Fatalf("Open: %v is no fault", err)
		}
		return out
	}
	out.header = r.Header()
	last := r.HeaderLine()
	for {
		row, err := r.Read()
		if err != nil {
			if err != io.EOF && !errors.As(err, &out.err) {
				t.Fatalf("Read: %v is no fault", err)
			}
			if _, again := r.Read(); again != err {
				t.Fatalf("Read after its end: %v, was %v", again, err)
			}
			break
		}
		if row.Line <= last {
			t.Fatalf("line %d after line %d", row.Line, last)
		}
		last = row.Line
		if row.Fault == nil && len(row.Cells) != len(out.header) {
			t.Fatalf("line %d: %d cells without a fault, header has %d", row.Line, len(row.Cells), len(out.header))
		}
		text := fmt.Sprintf("%d: %s", row.Line, strings.Join(row.Cells, " | "))
		if f := row.Fault; f != nil {
			if f.Message("en") == "" || f.Column < -1 || f.Column >= len(row.Cells) {
				t.Fatalf("line %d: fault %+v of %d cells", row.Line, *f, len(row.Cells))
			}
			text += " !" + string(f.Code)
			if f.Column >= 0 {
				text += fmt.Sprintf(" %d", f.Column)
			}
			out.faults = append(out.faults, *f)
		}
		out.rows = append(out.rows, text)
	}
	out.warnings = r.Warnings()
	out.detected = r.Detected()
	return out
}

func (o outcome) codes() []string {
	var codes []string
	for _, w := range o.warnings {
		codes = append(codes, string(w.Code))
	}
	return codes
}

// lines joins lines of text with LF, the last one too.
func lines(ls ...string) string { return strings.Join(ls, "\n") + "\n" }

func rows(rs ...string) []string { return rs }

package finish_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/memory"
)

// book returns the rows of errors.xlsx and its parts, nil if it is not there.
func (d *desk) book(t *testing.T) ([]string, map[string]string) {
	t.Helper()
	imp, err := d.jobs.Import(t.Context(), house, id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.files.Get(t.Context(), flow.FileOf(imp, flow.ErrorsBook))
	if err != nil {
		return nil, nil
	}
	r, err := sheet.Open(bytes.NewReader(b), int64(len(b)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := []string{strings.Join(r.Header(), ",")}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, strings.Join(row.Cells, ","))
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(text)
	}
	return rows, parts
}

func ofBook(i *domain.Import) { i.Detected = &domain.Detected{Format: "xlsx"} }

// Who sent a workbook gets the errors as a workbook too, with the cells at fault
// marked and the lists of the template; who sent anything else does not.
func TestErrorsBook(t *testing.T) {
	rows := []flow.Result{changed(2, "1", "ROCK", "JAZZ"), not(3, domain.RowConflicted), not(4, domain.RowRejected)}
	made := time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
	d := newDesk(t, ofBook, func(i *domain.Import) { i.Detected.TemplateMadeAt = &made })
	d.chunks(t, columns, rows)
	if got := strings.Join(d.run(t, run).Files, " "); got != "original errors changes undo errors.xlsx" {
		t.Errorf("files %s", got)
	}
	got, parts := d.book(t)
	if want := d.file(t, "errors"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	style := func(cell string) string {
		m := regexp.MustCompile(`<c r="` + cell + `" s="(\d)"`).FindStringSubmatch(parts["xl/worksheets/sheet1.xml"])
		if m == nil {
			t.Fatalf("there is no cell %s", cell)
		}
		return m[1]
	}
	if style("C2") == style("B2") || style("C2") != style("C3") || style("A2") != style("A3") {
		t.Errorf("A2 %s, B2 %s, C2 %s", style("A2"), style("B2"), style("C2"))
	}
	if s := parts["xl/worksheets/sheet1.xml"]; !strings.Contains(s, `sqref="C2:`) || strings.Contains(s, `sqref="B2:`) || strings.Contains(s, `sqref="D2:`) {
		t.Error("not the new values, and they alone, have a list")
	}
	if s := parts["xl/worksheets/sheet2.xml"]; !strings.Contains(s, "JAZZ") {
		t.Error("the list has no JAZZ")
	}
	if s := parts["docProps/core.xml"]; !strings.Contains(s, "2026-10-01") {
		t.Errorf("it does not say when the template was made: %s", s)
	}
	for name, c := range map[string]struct {
		detected *domain.Detected
		rows     []flow.Result
	}{
		"a text":               {&domain.Detected{Format: "csv", Separator: ","}, rows},
		"it is not known what": {&domain.Detected{}, rows},
		"no file was read":     {nil, rows},
		"nothing is at fault":  {&domain.Detected{Format: "xlsx"}, rows[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(i *domain.Import) { i.Detected = c.detected })
			d.chunks(t, columns, c.rows)
			imp := d.run(t, run)
			if book, _ := d.book(t); book != nil || slices.Contains(imp.Files, flow.ErrorsBook) || imp.Status != domain.Done {
				t.Errorf("%s, files %v", imp.Status, imp.Files)
			}
		})
	}
	t.Run("no template of ours", func(t *testing.T) {
		d := newDesk(t, ofBook)
		d.chunks(t, columns, rows)
		d.run(t, run)
		if _, parts := d.book(t); strings.Contains(parts["docProps/core.xml"], "2026-10-01") {
			t.Error("it says when a template was made")
		}
	})
	t.Run("a field that is gone", func(t *testing.T) {
		d := newDesk(t, ofBook)
		r := not(2, domain.RowRejected)
		r.Cells = r.Cells[:2]
		d.chunks(t, []flow.Column{{Name: "Contact", Role: flow.KeyRole}, {Name: "[new] GONE", Role: flow.NewRole, Field: "criterion:GONE"}}, []flow.Result{r})
		d.run(t, run)
		if got, _ := d.book(t); len(got) != 2 {
			t.Errorf("%q", got)
		}
	})
}

// Where a workbook cannot take the errors there are only those in errors.csv.
func TestErrorsBookTooLarge(t *testing.T) {
	for _, c := range []struct {
		name string
		cell string
		cols int
		book bool
	}{
		{"as much as it takes", strings.Repeat("x", 32_767), 0, true},
		{"a cell too long", strings.Repeat("x", 32_768), 0, false},
		{"too many columns", "x", 16_400, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, ofBook)
			r := not(3, domain.RowRejected)
			r.Cells[1] = c.cell
			cols := slices.Clone(columns)
			for i := range c.cols {
				cols = append(cols, flow.Column{Name: fmt.Sprint("more ", i), Role: flow.InfoRole})
			}
			d.chunks(t, cols, []flow.Result{not(2, domain.RowRejected), r, not(4, domain.RowRejected)})
			imp := d.run(t, run)
			book, _ := d.book(t)
			if (book != nil) != c.book || slices.Contains(imp.Files, flow.ErrorsBook) != c.book {
				t.Errorf("files %v", imp.Files)
			}
			if got := len(d.file(t, "errors")); got != 4 || imp.Counts.Rejected != 3 {
				t.Errorf("errors.csv has %d lines", got)
			}
		})
	}
}

// full refuses to keep one of the result files.
type full struct {
	*memory.Blobs
	name string
	read int // bytes that it takes before it refuses
}

func (f full) Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error) {
	if strings.HasSuffix(key, f.name) {
		_, err := io.CopyN(io.Discard, r, int64(f.read))
		return domain.Object{}, errors.Join(fault.New(fault.Busy, "busy"), err)
	}
	return f.Blobs.Put(ctx, key, r, contentType)
}

// An import ends only when its files are kept: finish is tried again, and does not
// wait for a store that has given up.
func TestFilesAreNotKept(t *testing.T) {
	many := []flow.Result{}
	for i := range 600 {
		r := changed(i+2, domain.ContactNumber(fmt.Sprint(i+1)), "ROCK", "JAZZ")
		if i%2 == 0 {
			r = not(i+2, domain.RowRejected)
		}
		many = append(many, r)
	}
	for _, name := range []string{flow.FileName("errors"), flow.FileName("changes"), flow.FileName("undo"), flow.ErrorsBook} {
		for _, read := range []int{0, 1000} {
			t.Run(fmt.Sprint(name, " after ", read), func(t *testing.T) {
				d := newDesk(t, ofBook)
				d.chunks(t, columns, many)
				d.Files = full{d.files, name, read}
				if err := d.Run(t.Context(), run); fault.KindOf(err) != fault.Busy {
					t.Errorf("got %v", err)
				}
				imp, err := d.jobs.Import(t.Context(), house, id)
				if err != nil || imp.Status != domain.Running {
					t.Errorf("%s %v", imp.Status, err)
				}
			})
		}
	}
}

// What errors.csv says of a row with several problems.
func TestErrorCells(t *testing.T) {
	gone := reason.New("fieldGone")
	for _, c := range []struct {
		name          string
		ps            []domain.Problem
		columns, says string
	}{
		{"one", []domain.Problem{{Column: "[new] GENRE", Reason: gone}}, "[new] GENRE", "This field is no longer in the catalogue. Leave the cell empty."},
		{"two columns", []domain.Problem{{Column: "[new] GENRE", Reason: gone}, {Column: "Contact", Reason: reason.New("unknownContact")}}, "[new] GENRE, Contact",
			"[new] GENRE: This field is no longer in the catalogue. Leave the cell empty. / Contact: " + sentence("unknownContact")},
		{"one column twice", []domain.Problem{{Column: "Contact", Reason: gone}, {Column: "Contact", Reason: gone}}, "Contact",
			"Contact: This field is no longer in the catalogue. Leave the cell empty. / Contact: This field is no longer in the catalogue. Leave the cell empty."},
		{"the whole row", []domain.Problem{{Reason: reason.New("nobodyNamed")}, {Column: "Contact", Reason: gone}}, "Contact",
			sentence("nobodyNamed") + " / Contact: This field is no longer in the catalogue. Leave the cell empty."},
		{"a suggestion that is said", []domain.Problem{{Column: "Contact", Reason: reason.New("leadingZeros", "#007")}}, "Contact", reason.New("leadingZeros", "#007").Message("en")},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			r := not(2, domain.RowRejected)
			r.Cells, r.Problems = []string{"a", "b", "c", "d"}, c.ps
			d.chunks(t, []flow.Column{{Name: "x", Role: flow.KeyRole}}, []flow.Result{r})
			d.run(t, run)
			got := d.file(t, "errors")[1]
			want := "a,2,rejected," + quoted(c.columns) + "," + quoted(c.says) + ",b,c,d"
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// sentence is a message with its suggestion.
func sentence(key string) string {
	r := reason.New(key)
	return strings.TrimSpace(r.Message("en") + " " + r.Suggestion("en"))
}

func quoted(s string) string {
	if strings.Contains(s, ",") {
		return `"` + s + `"`
	}
	return s
}

// Changes of a field that was deleted since are told by its code.
func TestChangesOfAGoneField(t *testing.T) {
	d := newDesk(t)
	r := changed(2, "1", "ROCK", "JAZZ")
	r.Changes = append(r.Changes, flow.Change{Field: "criterion:GONE", Before: "a", After: "b"})
	d.chunks(t, columns, []flow.Result{r})
	d.run(t, run)
	if got, want := strings.Join(d.file(t, "changes")[1:], " "), "#1,2,GENRE,ROCK,JAZZ #1,2,GONE,a,b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

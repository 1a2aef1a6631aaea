package importtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/plan"
	"rollbook/internal/steps/start"
	"rollbook/internal/testing/importtest"
)

// wide is a criterion with as many values as there may be.
func wide() domain.FieldDef {
	d := domain.FieldDef{Code: "WIDE", Label: "Wide", Kind: domain.SingleChoice}
	for i := range domain.MaxValues {
		d.Values = append(d.Values, domain.Choice{Code: fmt.Sprintf("CODE_%d", i), Label: fmt.Sprintf("Libellé numéro %d", i)})
	}
	return d
}

// wideFile asks for a value for each of the contacts.
func wideFile(contacts int, cell func(i int) string) string {
	var b strings.Builder
	b.WriteString("Contact;[new] WIDE\n")
	for i := range contacts {
		fmt.Fprintf(&b, "#%s;%s\n", demo.Number(i), cell(i))
	}
	return b.String()
}

func rightCell(i int) string { return fmt.Sprintf("CODE_%d", i%domain.MaxValues) }
func wrongCell(i int) string { return fmt.Sprintf("Musterstraße %d, Zürich", i) }

// BenchmarkWideColumn is a test of a column of 500 values: right and wrong cells.
func BenchmarkWideColumn(b *testing.B) {
	const contacts = 10_000
	for name, cell := range map[string]func(int) string{"right": rightCell, "wrong": wrongCell} {
		b.Run(name, func(b *testing.B) {
			w := importtest.New(b, contacts)
			if err := w.Catalogue.PutField(b.Context(), demo.Aurora, wide()); err != nil {
				b.Fatal(err)
			}
			file := wideFile(contacts, cell)
			for b.Loop() {
				w.Import(b, demo.Aurora, domain.Criteria, domain.Test, file)
			}
		})
	}
}

// A wrong column costs at most twice what a right one does, by what is allocated
// for it: folding names and searching them is what would cost more.
func TestAWrongColumnCostsNoMoreThanTwiceARightOne(t *testing.T) {
	const contacts = 500
	cost := func(cell func(int) string, want domain.Counts) float64 {
		file := wideFile(contacts, cell)
		// Each in a world of its own: the day's earlier imports are looked at too.
		// AllocsPerRun runs once more before it counts, in the first.
		var worlds []*importtest.World
		for range 4 {
			w := importtest.New(t, contacts)
			if err := w.Catalogue.PutField(t.Context(), demo.Aurora, wide()); err != nil {
				t.Fatal(err)
			}
			worlds = append(worlds, w)
		}
		return testing.AllocsPerRun(3, func() {
			w := worlds[0]
			worlds = worlds[1:]
			if got := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file); got.Counts != want {
				t.Fatalf("%+v %+v", got.Counts, got.Problem)
			}
		})
	}
	right := cost(rightCell, domain.Counts{Rows: contacts, Updated: contacts})
	wrong := cost(wrongCell, domain.Counts{Rows: contacts, Rejected: contacts})
	if wrong > 2*right {
		t.Errorf("%v allocations for a right column, %v for a wrong one", right, wrong)
	}
}

// counted is a store whose files count how many of their bytes are read.
type counted struct {
	plan.Opener
	read *int
}

type countedFile struct {
	domain.File
	read *int
}

func (c counted) Open(ctx context.Context, o domain.Object) (domain.File, error) {
	f, err := c.Opener.Open(ctx, o)
	return countedFile{f, c.read}, err
}

func (c countedFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.File.ReadAt(p, at)
	*c.read += n
	return n, err
}

// What the cells of a column tell costs no second reading of the file, but where the
// first rows mislead about birth dates by which persons are told apart.
func TestEvidenceCostsNoSecondReading(t *testing.T) {
	const rows = 17_000
	for name, c := range map[string]struct {
		head  string
		cell  func(i int) string
		twice bool
	}{
		"texts":                         {"Last name,First name,[new] NOTE", func(i int) string { return "x" }, false},
		"numbers":                       {"Last name,First name,[new] SPENT", func(i int) string { return "1,250" }, false},
		"telephones":                    {"Last name,First name,Phone", func(i int) string { return "442079460018" }, false},
		"days that the first row tells": {"Last name,First name,Birth date", func(i int) string { return fmt.Sprintf("%d/12/1985", 13+i%15) }, false},
		"days that the last row tells": {"Last name,First name,Birth date", func(i int) string {
			if i == rows-1 {
				return "12/25/1985"
			}
			return "03/04/1985"
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var file strings.Builder
			file.WriteString(c.head + "\n")
			for i := range rows {
				fmt.Fprintf(&file, "Muster%c%c%c,Anna,%s\n", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, c.cell(i))
			}
			w := importtest.New(t, 0)
			read := 0
			store := w.Plan.Source
			w.Plan.Source = func(bucket string) plan.Opener { return counted{store(bucket), &read} }
			w.AfterPlan = func(flow.Run) error { return fault.Wrap(fault.Conflict, "interrupted", errors.New("planned")) }
			imp := w.Create(t, demo.Aurora, domain.Contacts, domain.Test)
			o, err := w.Uploads.Put(t.Context(), flow.UploadKey(imp.Institution, imp.ID), strings.NewReader(file.String()), "text/csv")
			if err != nil {
				t.Fatal(err)
			}
			_ = w.Start.Run(t.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: w.Now()})
			times := float64(read) / float64(file.Len())
			// The encoding is told from the first block.
			if c.twice != (times > 1.5) || times < 1 || times > 2.5 {
				t.Errorf("%.2f times the file was read", times)
			}
		})
	}
}

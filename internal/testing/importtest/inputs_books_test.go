package importtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
)

// edited makes a workbook of one sheet and has it edited.
func edited(t *testing.T, rows [][]any, edit func(f *excelize.File) error) string {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetSheetRow("Sheet1", at, &row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := edit(f); err != nil {
		t.Fatal(err)
	}
	return saved(t, f)
}

// What a workbook hides is read and said; what it merges is nobody's.
func TestInputBooks(t *testing.T) {
	rows := [][]any{{"Contact", "[info] Email", "[new] GENRE", "[new] NOTE"}, {"#0000001", "", "JAZZ", "a"}, {"#0000002", "", "ROCK", "b"}, {"#0000003", "", "FOLK", "c"}, {"#0000004", "", "JAZZ", "d"}}
	for _, c := range []struct {
		name     string
		edit     func(f *excelize.File) error
		counts   domain.Counts
		problems []string
		says     []string
		silent   []string
	}{
		{name: "88 hidden rows", edit: func(f *excelize.File) error {
			if err := f.SetRowVisible("Sheet1", 3, false); err != nil {
				return err
			}
			return f.SetRowVisible("Sheet1", 5, false)
		}, counts: domain.Counts{Rows: 4, Updated: 4}, says: []string{"hides 2 rows (lines 3 and 5)"}, silent: []string{"hides the columns"}},
		{name: "88 hidden columns", edit: func(f *excelize.File) error { return f.SetColVisible("Sheet1", "D", false) },
			counts: domain.Counts{Rows: 4, Updated: 4}, says: []string{"hides the columns [new] NOTE"}, silent: []string{"rows (lines"}},
		{name: "89 merged cells", edit: func(f *excelize.File) error { return f.MergeCell("Sheet1", "C3", "C4") },
			counts: domain.Counts{Rows: 4, Updated: 2, Rejected: 2}, problems: []string{"3 rejected mergedCells Contact", "4 rejected mergedCells Contact"}},
		{name: "89 merged where nothing is asked", edit: func(f *excelize.File) error { return f.MergeCell("Sheet1", "B3", "B4") },
			counts: domain.Counts{Rows: 4, Updated: 4}},
		{name: "89 merged in one row", edit: func(f *excelize.File) error { return f.MergeCell("Sheet1", "C3", "D3") },
			counts: domain.Counts{Rows: 4, Updated: 4}},
		{name: "90 a formula that was never computed", edit: func(f *excelize.File) error {
			if err := f.SetSheetRow("Sheet1", "A6", &[]any{"#0000005", "", "JAZZ"}); err != nil {
				return err
			}
			return f.SetCellFormula("Sheet1", "D6", "A1&A2")
		},
			counts: domain.Counts{Rows: 5, Updated: 4, Rejected: 1}, problems: []string{"6 rejected notComputed [new] NOTE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := fixture(t)
			whole(t, w, domain.Criteria, edited(t, rows, c.edit), func(_, up domain.Import) {
				if up.Counts != c.counts {
					t.Errorf("%+v; %+v", up.Counts, up.Problem)
				}
				if d := cmp.Diff(c.problems, problems(up)); d != "" {
					t.Error(d)
				}
				var said []string
				for _, x := range up.Warnings {
					said = append(said, x.Message("en"))
				}
				all := strings.Join(said, "\n")
				for _, s := range c.says {
					if !strings.Contains(all, s) {
						t.Errorf("nothing says %q: %s", s, all)
					}
				}
				if slices.ContainsFunc(c.silent, func(s string) bool { return strings.Contains(all, s) }) {
					t.Error(all)
				}
			})
		})
	}
}

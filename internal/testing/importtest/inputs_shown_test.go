package importtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// cell is a value of a workbook with the format in which it is shown.
type cell struct {
	value  any
	format string // "" for General
}

// bookOf makes a workbook of one column of cells, for the contacts 0000001 and so on.
func bookOf(t *testing.T, header string, cells ...cell) string {
	t.Helper()
	rows := [][]any{{"Contact", header}}
	for i, c := range cells {
		rows = append(rows, []any{fmt.Sprintf("#%07d", i+1), c.value})
	}
	return edited(t, rows, func(f *excelize.File) error {
		for i, c := range cells {
			at := fmt.Sprintf("B%d", i+2)
			style := &excelize.Style{}
			if c.format != "" {
				style.CustomNumFmt = &c.format
			}
			if c.format == "short date" {
				style = &excelize.Style{NumFmt: 14}
			}
			id, err := f.NewStyle(style)
			if err == nil {
				err = f.SetCellStyle("Sheet1", at, at, id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// 91: what a workbook shows otherwise than it stores is what it shows where a text
// is meant, and the number or day that is stored if one sees it.
func TestInput91(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	runAll(t, []input{
		{name: "91 texts as they are shown", file: bookOf(t, "[new] NOTE", cell{0.5, "0%"}, cell{0.8125, "hh:mm"}, cell{day, "dd.mm.yyyy"}, cell{1234.5, "#,##0.00"}, cell{12.5, ""}, cell{612345678, `0#\ ##\ ##\ ##\ ##`}, cell{1.125, ""}),
			counts: "7 updated", holds: holdingAll("NOTE", "50%", "19:30", "01.03.2026", "1,234.50", "12.5", "06 12 34 56 78", "1.125"), warn: []string{"notCompared", "cellsNotCompared"}},
		{name: "91 texts of which each spreadsheet shows another", file: bookOf(t, "[new] NOTE", cell{day, "short date"}, cell{day, "mmm yyyy"}, cell{"right", ""}, cell{1234567, "0.00E+00"}), counts: "1 updated, 3 rejected",
			problems: []string{"2 shownOtherwise [new] NOTE “2026-03-01”", "3 shownOtherwise [new] NOTE “Mar 2026”", "5 shownOtherwise [new] NOTE “1234567”"},
			says:     []string{`stores "2026-03-01" here, and each spreadsheet shows that in its own way`, `shows "Mar 2026", but the workbook stores "2026-03-01"`}, warn: []string{"notCompared", "cellsNotCompared"}},
		{name: "91 a text of 16 digits", file: bookOf(t, "[new] NOTE", cell{1234567890123450.0, ""}), counts: "1 rejected", problems: []string{"2 spreadsheetNumber [new] NOTE “1.23456789012345E+15”"}, warn: []string{"notCompared"}},
		{name: "91 numbers as they are stored", file: bookOf(t, "[new] SPENT", cell{1234.5, "#,##0.00"}, cell{12, `0" km"`}, cell{1.25, ""}, cell{-3, "0.00"}), counts: "4 updated", holds: holdingAll("SPENT", "1234.5", "12", "1.25", "-3"), warn: []string{"notCompared", "cellsNotCompared"}},
		{name: "91 numbers that are shown as others", file: bookOf(t, "[new] SPENT", cell{0.5, "0%"}, cell{3.3333, "0.00"}, cell{12000, "0,"}, cell{7, ""}), counts: "1 updated, 3 rejected",
			problems: []string{"2 shownOtherwise [new] SPENT “50%”", "3 shownOtherwise [new] SPENT “3.33”", "4 shownOtherwise [new] SPENT “12”"}, says: []string{`shows "50%", but the workbook stores "0.5"`}, warn: []string{"notCompared", "cellsNotCompared"}},
		{name: "91 a text beside stored numbers is no other number for their point", file: bookOf(t, "[new] SPENT", cell{12.5, ""}, cell{"1.250", ""}, cell{"12,5", ""}), counts: "3 updated", holds: holdingAll("SPENT", "12.5", "1250", "12.5"),
			warn: []string{"notCompared", "decimalSign", "cellsNotCompared"}},
		{name: "91 days in any form that shows the day", file: bookOf(t, "[new] LAST_VISIT", cell{day, "short date"}, cell{day, "d. mmmm yyyy"}, cell{day, "yyyy/mm/dd"}), counts: "3 updated", holds: holdingAll("LAST_VISIT", "2026-03-01", "2026-03-01", "2026-03-01"), warn: []string{"notCompared", "cellsNotCompared"}},
		{name: "91 days of which a part is shown", file: bookOf(t, "[new] LAST_VISIT", cell{day, "mmm yyyy"}, cell{day, "dd/mm"}, cell{day, "yyyy"}), counts: "3 rejected",
			problems: []string{"2 shownOtherwise [new] LAST_VISIT “Mar 2026”", "3 shownOtherwise [new] LAST_VISIT “01/03”", "4 shownOtherwise [new] LAST_VISIT “2026”"}, warn: []string{"notCompared"}},
		{name: "91 a code that a format completes", file: bookOf(t, "[new] ZONE", cell{1, "0.00"}, cell{2, `"Zone "0`}), counts: "1 updated, 1 rejected", problems: []string{"3 unknownValue [new] ZONE “Zone 2”"}, warn: []string{"notCompared", "cellsNotCompared", "numberFormat 2"}},
		{name: "91 a telephone number of a contact with its zero", dt: domain.Contacts, file: bookOf(t, "Phone", cell{612345678, `0#" "##" "##" "##" "##`}), recipe: func(r *domain.Recipe) { r.Country = "FR" }, counts: "1 updated",
			warn: []string{"notCompared", "cellsNotCompared", "phoneCountry 2"}},
	})
}

// A cell that is shown otherwise is mended on the page, and comes in again from
// errors.csv only as what is written there.
func TestInput91Mended(t *testing.T) {
	t.Run("91 corrected", func(t *testing.T) {
		w := fixture(t)
		file := bookOf(t, "[new] SPENT", cell{0.5, "0%"}, cell{7, ""})
		test := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file, corrected(t, w, []domain.Correction{{Line: 2, Column: "[new] SPENT", To: new("50")}}))
		up := w.Follow(t, test, domain.UpdateOf)
		if v := w.Value(t, demo.Aurora, "0000001", "criterion:SPENT"); up.Counts.Updated != 2 || v != "50" {
			t.Errorf("%+v %v %q", up.Counts, problems(up), v)
		}
		first := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
		again := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, w.File(t, first, "errors"))
		if again.Counts.Rejected != 1 || again.Problems[0].Code != "notANumber" {
			t.Errorf("%+v %v", again.Counts, problems(again))
		}
	})
}

package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
)

// A cell of a workbook is what people see where a text is meant, what is stored
// where a number or a day is, and rejected where nobody can know which.
func TestDisplayed(t *testing.T) {
	day := time.Date(1985, 4, 30, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		header string
		value  any
		format string
		want   string // the cell, with the code and the parameters of what is wrong
	}{
		{"a text with zeros", "[new] NOTE", 7, "000", "007"},
		{"a text in percent", "[new] NOTE", 0.5, "0%", "50%"},
		{"a text that each spreadsheet shows in its way", "[new] NOTE", day, "mmmm d", "April 30!shownOtherwise [shown:April 30 stored:1985-04-30] NOTE=April 30"},
		{"a text that one cannot tell", "[new] NOTE", 7, "[Red]0.0E+0", "7!shownOtherwise [case:unseen stored:7] NOTE=7"},
		{"a code with zeros", "[new] ROOM", 7, "000", "007"},
		{"what was a text", "[old] NOTE", 7, "000", "007"},
		{"what was a text, in doubt", "[old] NOTE", day, "mmmm d", "1985-04-30"},
		{"a number with decimals", "[new] SIZE", 2.5, "0.00", "2.5"},
		{"a number that is rounded", "[new] SIZE", 2.345, "0.00", "2.35!shownOtherwise [shown:2.35 stored:2.345] SIZE=2.35"},
		{"a number that is rounded, in [old]", "[old] SIZE", 2.345, "0.00", "2.3450"},
		{"a number in a column of days", "[new] BORN", 7.5, "0", "7.5"},
		{"a day", "[new] BORN", day, "d.m.yyyy", "1985-04-30"},
		{"a day without its year", "[new] BORN", day, "d.m.", "30.4.!shownOtherwise [shown:30.4. stored:1985-04-30] BORN=30.4."},
		{"a day in a column of numbers", "[new] SIZE", day, "d.m.", "1985-04-30"},
		{"what nobody reads", "[info] x", 2.345, "0.00", "2.345"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.contact(t, "1")
			for _, f := range []domain.FieldDef{{Code: "BORN", Label: "Born", Kind: domain.Date}, {Code: "SIZE", Label: "Size", Kind: domain.Number, Decimals: 3},
				{Code: "ROOM", Label: "Rooms", Kind: domain.SingleChoice, Values: []domain.Choice{{Code: "007", Label: "Seven"}}}} {
				if err := d.catalogue.PutField(t.Context(), house, f); err != nil {
					t.Fatal(err)
				}
			}
			book := excelize.NewFile()
			style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &c.format})
			if err != nil {
				t.Fatal(err)
			}
			for cell, v := range map[string]any{"A1": "Contact", "B1": c.header, "C1": "[new] HALL", "A2": "1", "B2": c.value, "C2": "h"} {
				if err := book.SetCellValue("Sheet1", cell, v); err != nil {
					t.Fatal(err)
				}
			}
			if err := book.SetCellStyle("Sheet1", "B2", "B2", style); err != nil {
				t.Fatal(err)
			}
			b, err := book.WriteToBuffer()
			if err != nil {
				t.Fatal(err)
			}
			p := d.plan(t, domain.Criteria, b.String())
			if p.Problem != nil {
				t.Fatalf("%+v", p.Problem)
			}
			r := d.rows(t, 0)[0]
			got := r.Cells[1]
			if f := r.Fault; f != nil {
				got += fmt.Sprintf("!%s %s %s=%s", f.Code, strings.TrimPrefix(fmt.Sprint(f.Params), "map"), f.Field, f.Value)
				if f.Line != 2 || f.Column != c.header || f.Outcome != domain.RowRejected {
					t.Errorf("%+v", f)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

package sheet_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/file/sheet"
)

// A cell is shown as its number format says; excelize, which knows them too, agrees
// where the format leaves nothing to the country.
func TestDisplay(t *testing.T) {
	for _, c := range []struct {
		code         string
		builtIn      int
		value        float64
		stored       string
		shown        string
		told, part   bool
		none, differ bool // no display; excelize sees it otherwise
	}{
		{code: "General", value: 12, stored: "12", none: true},
		{code: "General", value: 12.5, stored: "12.5", shown: "12.5", told: true},
		{code: "@", value: 12, stored: "12", none: true},
		{code: "0", value: 7, stored: "7", none: true},
		{code: "0.00", value: 12.5, stored: "12.5", shown: "12.50", told: true},
		{code: "0.00", value: 1.0 / 3, stored: "0.333333333333333", shown: "0.33", told: true, part: true},
		{code: "0.0#", value: 2, stored: "2", shown: "2.0", told: true},
		{code: "#.##", value: 0.5, stored: "0.5", shown: ".5", told: true, differ: true},
		{builtIn: 9, value: 0.5, stored: "0.5", shown: "50%", told: true, part: true},
		{builtIn: 10, value: 0.1234, stored: "0.1234", shown: "12.34%", told: true, part: true},
		{builtIn: 3, value: 1234567, stored: "1234567", shown: "1,234,567", told: true},
		{builtIn: 4, value: 1234.5, stored: "1234.5", shown: "1,234.50", told: true},
		{builtIn: 4, value: -1234.5, stored: "-1234.5", shown: "-1,234.50", told: true},
		{builtIn: 38, value: -1234, stored: "-1234", shown: "(1,234)", told: true},
		{code: "000,000", value: 42, stored: "42", shown: "000,042", told: true},
		{code: "0,", value: 12000, stored: "12000", shown: "12", told: true, part: true},
		{code: `0" km"`, value: 12, stored: "12", shown: "12 km", told: true},
		{code: `[$€-407] #,##0.00`, value: 1250, stored: "1250", shown: "€ 1,250.00", told: true},
		{code: `0#\ ##\ ##\ ##\ ##`, value: 612345678, stored: "612345678", shown: "06 12 34 56 78", told: true},
		{code: `000\-000\-0000`, value: 5551234567, stored: "5551234567", shown: "555-123-4567", told: true},
		{code: "00000", value: 1067, stored: "01067", none: true},
		{code: "00000", value: 1067.5, stored: "1067.5", shown: "01068", told: true, part: true},
		{code: "0.00E+00", value: 1234567, stored: "1234567"},
		{builtIn: 12, value: 0.5, stored: "0.5"},
		{code: `[>100]"many";0`, value: 120, stored: "120"},
		{code: `"closed"`, value: 1, stored: "1"},
		{builtIn: 14, value: 46082, stored: "2026-03-01"},
		{builtIn: 22, value: 46082.5, stored: "2026-03-01T12:00:00"},
		{code: "dd.mm.yyyy", value: 46082, stored: "2026-03-01", shown: "01.03.2026", told: true},
		{code: "d/m/yy", value: 46082, stored: "2026-03-01", shown: "1/3/26", told: true},
		{code: "yyyy-mm-dd", value: 46082, stored: "2026-03-01", none: true},
		{code: "mm/yyyy", value: 46082, stored: "2026-03-01", shown: "03/2026", told: true, part: true},
		{builtIn: 16, value: 46082, stored: "2026-03-01", shown: "1-Mar", part: true},
		{code: "mmmm yyyy", value: 46082, stored: "2026-03-01", shown: "March 2026", part: true},
		{code: "ddd d mmm yyyy", value: 46082, stored: "2026-03-01", shown: "Sun 1 Mar 2026"},
		{builtIn: 20, value: 0.8125, stored: "19:30:00", shown: "19:30", told: true},
		{code: "hh:mm:ss", value: 0.25, stored: "06:00:00", none: true},
		{builtIn: 18, value: 0.8125, stored: "19:30:00", shown: "7:30 PM", told: true},
		{code: `hh"h"mm`, value: 0.8125, stored: "19:30:00", shown: "19h30", told: true},
		{code: "d.m.yyyy h:mm", value: 46082.8125, stored: "2026-03-01T19:30:00", shown: "1.3.2026 19:30", told: true},
		{builtIn: 46, value: 1.5, stored: "36:00:00"},
	} {
		x := excelize.NewFile()
		style := &excelize.Style{NumFmt: c.builtIn}
		if c.builtIn == 0 {
			style.CustomNumFmt = &c.code
		}
		id, err := x.NewStyle(style)
		for cell, v := range map[string]any{"A1": "Contact", "B1": "[new] A", "A2": "#1", "B2": c.value} {
			if err == nil {
				err = x.SetCellValue("Sheet1", cell, v)
			}
		}
		if err == nil {
			err = x.SetCellStyle("Sheet1", "B2", "B2", id)
		}
		if err != nil {
			t.Fatal(err)
		}
		seen, err := x.GetCellValue("Sheet1", "B2")
		var b bytes.Buffer
		if err != nil || x.Write(&b) != nil {
			t.Fatal(err)
		}
		r, err := sheet.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		row, err := r.Read()
		if err != nil || row.Cells[1] != c.stored {
			t.Errorf("%s%d: %v %q is stored, want %q", c.code, c.builtIn, err, row.Cells, c.stored)
			continue
		}
		if c.none != (len(row.Displays) == 0) {
			t.Errorf("%s%d: %+v", c.code, c.builtIn, row.Displays)
			continue
		}
		if c.none {
			continue
		}
		d := row.Displays[0]
		if d.Column != 1 || d.Stored != c.stored || d.Shown != c.shown || d.Told != c.told || d.Part != c.part {
			t.Errorf("%s%d: %+v, want %q told %v part %v", c.code, c.builtIn, d, c.shown, c.told, c.part)
		}
		if d.Told && !c.differ && seen != d.Shown {
			t.Errorf("%s%d: excelize shows %q, we %q", c.code, c.builtIn, seen, d.Shown)
		}
	}
}

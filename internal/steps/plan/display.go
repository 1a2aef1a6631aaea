package plan

import (
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// meant is what the cells of a column are to hold.
type meant int

const (
	meantOther  meant = iota // its number says what it is, or nobody reads it
	meantText                // what people see in it
	meantCode                // likewise, where one can tell
	meantNumber              // the number that is stored, if people see that
	meantDay                 // likewise
)

// meantBy tells what each column is to hold by its field.
func meantBy(cols []flow.Column, cat *domain.Catalogue) []meant {
	out := make([]meant, len(cols))
	for i, c := range cols {
		if c.Role != flow.NewRole && c.Role != flow.OldRole {
			continue
		}
		d, _ := cat.Lookup(c.Field)
		switch k := field.Of(d.Kind); {
		case k.Check == field.CheckNumber:
			out[i] = meantNumber
		case k.Check == field.CheckDate || c.Field == domain.ContactBirthDate:
			out[i] = meantDay
		case k.HasValues || c.Role == flow.OldRole && k.Free:
			out[i] = meantCode
		case k.Free || d.Kind == domain.ContactText:
			out[i] = meantText
		}
	}
	return out
}

// displayed makes the cells of a workbook what is meant by them: what they show
// where a text is, what is stored where a number or a day is. It returns the
// problem of a cell whose number or day is another one than people see, or whose
// text nobody can know.
func (rr *rowReader) displayed(r *sheet.Row, out *row) *domain.Problem {
	for _, d := range r.Displays {
		i := slices.Index(rr.kept, d.Column)
		if i < 0 || r.Cells[i] != d.Stored { // it was corrected
			continue
		}
		cell, doubt := d.Stored, false
		switch rr.meant[i] {
		case meantText:
			if doubt = !d.Told; !doubt {
				cell = d.Shown
			}
		case meantCode:
			if d.Told {
				cell = d.Shown
			}
		case meantNumber:
			if doubt = d.Number && d.Part; d.Number {
				cell = field.WrittenBy(d.Stored, field.AnySign)
				out.stored = append(out.stored, i)
			}
		case meantDay:
			doubt = !d.Number && d.Part
		}
		if doubt && rr.cols[i].Role == flow.NewRole {
			p := &domain.Problem{Line: r.Line, Outcome: domain.RowRejected, Column: rr.cols[i].Name, Field: rr.cols[i].Field.Code(), Value: domain.Shown(d.Stored),
				Reason: reason.New("shownOtherwise.unseen", d.Stored)}
			if d.Shown != "" && d.Shown != d.Stored {
				cell = d.Shown // nor is it taken where the row comes in again
				p.Value, p.Reason = domain.Shown(d.Shown), reason.New("shownOtherwise", d.Shown, d.Stored)
			}
			r.Cells[i] = cell
			return p
		}
		r.Cells[i] = cell
	}
	return nil
}

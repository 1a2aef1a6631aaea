package plan

import (
	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// A row is one of the file, as its chunk has it, with the contact that it names.
type row struct {
	flow.Row
	// number is the contact's, if numbered; a row without is of a person, or its
	// number is none, which the chunk step reports.
	number   domain.ContactNumber
	numbered bool
	// blank says that the row has no number at all.
	blank bool
}

// An observer looks at each row of the file in turn. What it concludes is asked
// for by its own method, after the last row. It keeps no text of a row without
// cloning it, for the cells of a row share their memory.
type observer interface {
	see(r *row)
}

// rowReader makes rows of what the sheet gives. The formula guard is taken off
// here and nowhere else.
type rowReader struct {
	cols   []flow.Column
	layout flow.Layout
}

func (rr *rowReader) row(r sheet.Row) row {
	for i, c := range r.Cells {
		r.Cells[i] = sheet.Unguard(c)
	}
	out := row{Row: flow.Row{Line: r.Line, Cells: r.Cells}}
	if r.Fault != nil {
		out.Fault = rr.fault(r)
		return out
	}
	key := rr.layout.Key
	if key < 0 || field.Blank(r.Cells[key]) {
		out.blank = true
		return out
	}
	n, problem := field.ParseNumber(r.Cells[key])
	out.number, out.numbered = n, problem == nil
	return out
}

func (rr *rowReader) fault(r sheet.Row) *domain.Problem {
	p := &domain.Problem{Line: r.Line, Outcome: domain.RowRejected, Code: r.Fault.Code, Message: r.Fault.Message}
	if i := r.Fault.Column; i >= 0 && i < len(r.Cells) && i < len(rr.cols) {
		p.Column, p.Value = rr.cols[i].Name, domain.Shown(r.Cells[i])
		if rr.cols[i].Role != flow.InfoRole {
			p.Field = rr.cols[i].Field.Code()
		}
	}
	return p
}

// asking observes whether any row asks for a change.
type asking struct {
	layout   flow.Layout
	anything bool
}

func (a *asking) see(r *row) {
	if a.anything {
		return
	}
	if r.Fault != nil {
		// Such a row may have asked for something; a header again has not.
		a.anything = r.Fault.Code != sheet.CodeHeaderAgain
		return
	}
	for _, f := range a.layout.Fields {
		a.anything = a.anything || f.New >= 0 && !field.Blank(r.Cells[f.New])
	}
	if u := a.layout.Undo; u >= 0 {
		a.anything = a.anything || !field.Blank(r.Cells[u])
	}
}

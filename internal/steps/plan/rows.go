package plan

import (
	"context"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
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
	// named is what the row says of its contact by a criterion that nobody has.
	named domain.Value
	// stored are the cells that a workbook stores as numbers: the sign in them is
	// ours.
	stored []int
}

// An observer looks at each row of the file in turn. What it concludes is asked
// for by its own method, after the last row. It keeps no text of a row without
// cloning it, for the cells of a row share their memory.
type observer interface {
	see(r *row)
}

// rowReader makes rows of what the sheet gives.
type rowReader struct {
	cols   []flow.Column
	layout flow.Layout
	kept   []int // the file's columns that are cols
	width  int   // how many columns the file has
	// meant is what each of cols is to hold.
	meant []meant
	// whole is the column of full names, -1 for none, and order theirs; unsure counts
	// those that may be split otherwise.
	whole         int
	order         string
	split, unsure tally
	unsureLines   []int
	// found finds contacts by a criterion, nil where rows name them otherwise.
	found *holders
	// corrector is nil where the recipe has no corrections.
	corrector *corrector
	joints    []*joint
	padded    tally
}

// mend makes a row what is read of it: whole, and corrected.
func (rr *rowReader) mend(ctx context.Context, r *sheet.Row) error {
	if rr.pad(r) {
		rr.padded.add(r.Line)
	}
	if rr.corrector != nil {
		rr.corrector.parts(r)
	}
	rr.join(r)
	if rr.corrector == nil {
		return nil
	}
	return rr.corrector.row(ctx, r)
}

// pad gives a row that lacks its last cells blank ones: spreadsheets leave out what
// is blank at the end. A row of a template in which a [new] cell is missing beside
// an [old] value has lost another one.
func (rr *rowReader) pad(r *sheet.Row) bool {
	if r.Fault == nil || r.Fault.Code != sheet.CodeWrongCellCount || r.Fault.Params["case"] != nil || r.Fault.Params["cell"] != nil || len(r.Cells) >= rr.width || len(r.Cells) == 0 {
		return false
	}
	for _, f := range rr.layout.Fields {
		if f.Old < 0 {
			continue
		}
		if old, new := rr.kept[f.Old], rr.kept[f.New]; old < len(r.Cells) && new >= len(r.Cells) && !field.Blank(r.Cells[old]) {
			return false
		}
	}
	cells := make([]string, rr.width)
	copy(cells, r.Cells)
	r.Cells, r.Fault = cells, nil
	return true
}

// project leaves out the cells of columns that are left out. Of a row whose cells
// cannot be told apart it leaves all out, lest one of them is kept.
func (rr *rowReader) project(r *sheet.Row) {
	if len(rr.kept) == rr.width {
		return
	}
	if len(r.Cells) != rr.width {
		r.Cells = nil
		return
	}
	for k, i := range rr.kept {
		r.Cells[k] = r.Cells[i]
	}
	r.Cells = r.Cells[:len(rr.kept)]
	if r.Fault != nil {
		fault := *r.Fault
		fault.Column = slices.Index(rr.kept, fault.Column)
		r.Fault = &fault
	}
}

func (rr *rowReader) row(r sheet.Row) row {
	rr.project(&r)
	out := row{Row: flow.Row{Line: r.Line, Cells: r.Cells}}
	if r.Fault != nil {
		out.Fault = rr.fault(r)
		if n := len(rr.kept); len(r.Cells) >= n {
			out.Cells = slices.Insert(slices.Clone(r.Cells), n, rr.blanks()...)
		}
		return out
	}
	if len(r.Displays) > 0 {
		if out.Fault = rr.displayed(&r, &out); out.Fault != nil {
			out.Cells = append(slices.Clip(out.Cells), rr.blanks()...)
			return out
		}
	}
	if rr.whole >= 0 {
		rr.splitName(&r)
		out.Cells = r.Cells
	}
	if rr.found != nil {
		if out.Fault = rr.found.find(&out, rr.cols); out.Fault != nil {
			return out
		}
		r.Cells = out.Cells
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

// blanks are what the columns have that the file has not, of a row at fault.
func (rr *rowReader) blanks() []string { return make([]string, len(rr.cols)-len(rr.kept)) }

// splitName makes a last name of a full one, and puts the first name behind the
// columns of the file.
func (rr *rowReader) splitName(r *sheet.Row) {
	full := r.Cells[rr.whole]
	first, last, sure := person.SplitName(full, rr.order)
	if edit := strings.TrimSpace(full); strings.EqualFold(edit, "Empty") {
		first, last, sure = edit, edit, true
	}
	r.Cells[rr.whole] = last
	r.Cells = append(slices.Clip(r.Cells), first)
	switch {
	case last == "":
	case sure:
		rr.split.add(r.Line)
	default:
		rr.split.add(r.Line)
		rr.unsure.add(r.Line)
		if len(rr.unsureLines) < shownLines {
			rr.unsureLines = append(rr.unsureLines, r.Line)
		}
	}
}

func (rr *rowReader) fault(r sheet.Row) *domain.Problem {
	p := &domain.Problem{Line: r.Line, Outcome: domain.RowRejected, Reason: r.Fault.Reason}
	if leftOut(r) {
		p.Outcome = domain.Unchanged
		return p
	}
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
		a.anything = r.Fault.Code != sheet.CodeHeaderAgain && r.Fault.Code != codeLeftOut
		return
	}
	for _, f := range a.layout.Fields {
		a.anything = a.anything || f.New >= 0 && !field.Blank(r.Cells[f.New])
	}
	if u := a.layout.Undo; u >= 0 {
		a.anything = a.anything || !field.Blank(r.Cells[u])
	}
}

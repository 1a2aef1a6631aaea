package plan

import (
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
)

// A joint is a column whose cells are made of those of several: of the parts of a
// street, or of a second telephone where the first is blank.
type joint struct {
	at      int // the column that the cells go into
	from    []int
	parts   []*person.Part // of each of from, nil of the field's own column
	ours    string         // what the column is called with us
	instead bool
	used    tally // rows in which another column had a part
	spare   int   // cells that stand behind another one
}

// joints are those of a header, in its order.
func joints(headers []domain.Header) []*joint {
	var out []*joint
	for i, h := range headers {
		p, ok := person.PartOf(h.Column)
		if !ok {
			continue
		}
		ours := person.Def(p.Field).Label
		if slices.ContainsFunc(out, func(j *joint) bool { return j.ours == ours }) {
			continue
		}
		j := &joint{at: i, ours: ours, instead: p.Place == person.Instead}
		for at, x := range headers {
			other, part := person.PartOf(x.Column)
			switch {
			case strings.EqualFold(x.Column, ours):
				j.at = at
				j.from, j.parts = append(j.from, at), append(j.parts, nil)
			case part && other.Field == p.Field:
				j.from, j.parts = append(j.from, at), append(j.parts, &other)
			}
		}
		out = append(out, j)
	}
	return out
}

// join makes the cells of a row's joints.
func (rr *rowReader) join(r *sheet.Row) {
	if r.Fault != nil {
		return
	}
	for _, j := range rr.joints {
		pieces := make([]person.Piece, len(j.from))
		filled := 0
		for k, i := range j.from {
			pieces[k] = person.Piece{Part: j.parts[k], Text: shownIn(r, i)}
			if !field.Blank(pieces[k].Text) {
				filled++
			}
		}
		text, used := person.Join(pieces)
		if used {
			j.used.add(r.Line)
			r.Cells[j.at] = text
		}
		if j.instead && filled > 1 {
			j.spare += filled - 1
		}
	}
}

// shownIn is what people see in a cell, where that is known.
func shownIn(r *sheet.Row, i int) string {
	for _, d := range r.Displays {
		if d.Column == i && d.Told && r.Cells[i] == d.Stored {
			return d.Shown
		}
	}
	return r.Cells[i]
}

// joined says of which columns ours are made, and in how many rows.
func (rr *rowReader) joined(headers []domain.Header) []domain.Warning {
	var out []domain.Warning
	for _, j := range rr.joints {
		names := make([]string, len(j.from))
		for k, i := range j.from {
			names[k] = headers[i].Name
		}
		switch first := headers[j.at].Name; {
		case len(names) == 1: // which stands for the field by itself
		case j.instead && j.used.n+j.spare > 0:
			names = slices.DeleteFunc(names, func(n string) bool { return n == first })
			out = append(out, domain.Warning{Line: j.used.first, Column: first, Reason: reason.New("columnsInstead", j.ours, names, j.used.n, j.spare)})
		case !j.instead && j.used.n > 0:
			out = append(out, domain.Warning{Line: j.used.first, Column: first, Reason: reason.New("columnsJoined", j.ours, names, j.used.n)})
		}
	}
	return out
}

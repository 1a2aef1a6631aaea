package api

import (
	"context"
	"io"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
)

// firstRows is how many rows of a file are shown, so that its columns can be told
// by what is in them.
const firstRows = 10

type rowView struct {
	Line  int      `json:"line"`
	Cells []string `json:"cells" doc:"In the order of headers, each up to 200 characters."`
	// Names are how full names among them would be split.
	Names []nameView `json:"names,omitempty" doc:"How the full names of columns that may be split would be: by each order of first and last name."`
}

type nameView struct {
	Header int    `json:"header" doc:"The place of the column among headers."`
	Column string `json:"column" enum:"First name + Last name,Last name + First name" doc:"The column of ours that the order is."`
	First  string `json:"first"`
	Last   string `json:"last"`
	Sure   bool   `json:"sure" doc:"False where it may be split otherwise."`
}

// splits returns how the full names among a row's cells would be split.
func splits(headers []domain.Header, cells []string) []nameView {
	var out []nameView
	for i, h := range headers {
		whole := func(c string) bool { return person.Whole(c) != "" }
		if !whole(h.Column) && !slices.ContainsFunc(h.Suggestions, whole) {
			continue
		}
		for _, order := range []string{person.FirstLast, person.LastFirst} {
			first, last, sure := person.SplitName(cells[i], order)
			out = append(out, nameView{i, order, first, last, sure})
		}
	}
	return out
}

// listRows reads the first rows of an import's file, also of columns that are left
// out: nothing of these is kept anywhere but in the file.
func (s *server) listRows(ctx context.Context, c Claims, in *IDPath) (*listed[rowView], error) {
	i, err := s.wholeImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	out := &listed[rowView]{page[rowView]{Items: []rowView{}}}
	if len(i.Headers) == 0 || i.OfKind == domain.UndoOf {
		return out, nil
	}
	l, err := s.look(ctx, c, "", firstRows, "")
	if err != nil {
		return nil, err
	}
	if err := s.bytesThere(ctx, i); err != nil {
		return nil, err
	}
	f, err := s.Uploads.Open(ctx, i.Source)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, h := range i.Headers {
		known[text.Normalise(h.Name)] = true
	}
	r, err := sheet.Open(f, f.Size(), sheet.Options{KnownColumn: func(name string) bool { return known[text.Normalise(name)] }, Encoding: i.Encoding, Width: len(i.Headers)})
	for err == nil && len(out.Body.Items) < firstRows {
		var row sheet.Row
		if row, err = r.Read(); err == nil && row.Fault == nil && len(row.Cells) == len(i.Headers) {
			cells := shownCells(row.Cells)
			out.Body.Items = append(out.Body.Items, rowView{row.Line, cells, splits(i.Headers, cells)})
		}
	}
	// What is wrong with the file the import says.
	if err != nil && err != io.EOF && !slices.Contains([]fault.Kind{fault.Invalid, fault.TooLarge}, fault.KindOf(err)) {
		return nil, err
	}
	return out, l.at(ctx, len(out.Body.Items))
}

func shownCells(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		bare := sheet.Unguard(c)
		if bare == c {
			bare, _ = sheet.Unmark(c)
		}
		out[i] = domain.Shown(bare)
	}
	return out
}

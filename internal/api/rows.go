package api

import (
	"context"
	"io"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
)

// firstRows is how many rows of a file are shown, so that its columns can be told
// by what is in them.
const firstRows = 10

type rowView struct {
	Line  int      `json:"line"`
	Cells []string `json:"cells" doc:"In the order of headers, each up to 200 characters."`
}

// listRows reads the first rows of an import's file, also of columns that are left
// out: nothing of these is kept anywhere but in the file.
func (s *server) listRows(ctx context.Context, c Claims, in *IDPath) (*listed[rowView], error) {
	i, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	out := &listed[rowView]{page[rowView]{Items: []rowView{}}}
	if len(i.Headers) == 0 || i.OfKind == domain.UndoOf {
		return out, nil
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
	r, err := sheet.Open(f, f.Size(), sheet.Options{KnownColumn: func(name string) bool { return known[text.Normalise(name)] }, Encoding: i.Encoding})
	for err == nil && len(out.Body.Items) < firstRows {
		var row sheet.Row
		if row, err = r.Read(); err == nil && row.Fault == nil && len(row.Cells) == len(i.Headers) {
			out.Body.Items = append(out.Body.Items, rowView{row.Line, shownCells(row.Cells)})
		}
	}
	// What is wrong with the file the import says.
	if err != nil && err != io.EOF && !slices.Contains([]fault.Kind{fault.Invalid, fault.TooLarge}, fault.KindOf(err)) {
		return nil, err
	}
	return out, nil
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

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
)

// correction changes cells of a file as it is read.
type correction struct {
	Column    string  `json:"column,omitempty" maxLength:"1000" doc:"By its name in headers. With conflicts or conflict, a [new] column: only the conflicts of its cells."`
	From      *string `json:"from,omitempty" maxLength:"10000" doc:"Of every row whose cell is this, blanks around it aside."`
	To        *string `json:"to,omitempty" maxLength:"10000"`
	Line      int     `json:"line,omitempty" minimum:"1"`
	LeaveOut  bool    `json:"leaveOut,omitempty" doc:"The row of the line counts as unchanged."`
	Conflicts string  `json:"conflicts,omitempty" enum:"mine,theirs" doc:"Of all rows, as the test that this one follows showed them. mine compares with the value that it showed as stored, so a third change is a conflict again; theirs empties the cells."`
	Conflict  string  `json:"conflict,omitempty" enum:"mine,theirs" doc:"The same for the row of the line."`
	Cells     *int    `json:"cells,omitempty" doc:"Only shown: how many cells it changed when the file was read; 1 for a row that it left out. Ignored in a request."`
}

// good reports whether it is one of the forms of a correction.
func (c correction) good() bool {
	settles := c.Conflicts != "" || c.Conflict != ""
	switch {
	case c.LeaveOut:
		return c.Line > 0 && c.Column == "" && c.From == nil && c.To == nil && !settles
	case settles:
		return c.From == nil && c.To == nil && (c.Conflict == "" && c.Line == 0 || c.Conflicts == "" && c.Line > 0)
	}
	return c.Column != "" && c.To != nil && (c.From != nil) == (c.Line == 0)
}

// maxTests is how many tests' conflicts one recipe settles.
const maxTests = 50

// corrected is the recipe of a body for the import of the id, whose corrections it
// stores. of is the test whose conflicts they settle, nil for none.
func (s *server) corrected(ctx context.Context, c Claims, id string, b RecipeBody, of *domain.Import) (domain.Recipe, error) {
	r := b.recipe()
	if len(b.Corrections) == 0 {
		return r, nil
	}
	r.Corrections = &domain.Corrections{Key: flow.CorrectionsKey(c.Institution, id), Count: len(b.Corrections)}
	list := make([]domain.Correction, len(b.Corrections))
	for i, x := range b.Corrections {
		list[i] = domain.Correction{Column: x.Column, From: x.From, To: x.To, Line: x.Line, LeaveOut: x.LeaveOut, Conflicts: domain.Side(x.Conflicts), Conflict: domain.Side(x.Conflict)}
	}
	if of != nil && slices.ContainsFunc(list, func(x domain.Correction) bool { return x.Of() != "" }) {
		if of.Corrections != nil {
			r.Corrections.Tests = slices.Clone(of.Corrections.Tests)
		}
		r.Corrections.Tests = append(r.Corrections.Tests, of.AccountID())
		r.Corrections.Tests = r.Corrections.Tests[max(0, len(r.Corrections.Tests)-maxTests):]
		if err := s.since(ctx, list, of); err != nil {
			return r, err
		}
	}
	body, err := json.Marshal(list)
	if err != nil {
		return r, err
	}
	_, err = s.Files.Put(ctx, r.Corrections.Key, bytes.NewReader(body), "application/json")
	return r, err
}

// since notes in the corrections that settle conflicts from which test on they do:
// from of, where they were not in its recipe.
func (s *server) since(ctx context.Context, list []domain.Correction, of *domain.Import) error {
	var before []domain.Correction
	if of.Corrections != nil {
		if err := s.stored(ctx, of.Corrections.Key, &before); err != nil {
			return err
		}
	}
	type settles struct {
		side   domain.Side
		line   int
		column string
	}
	about := func(x domain.Correction) settles { return settles{x.Of(), x.Line, x.Column} }
	known := map[settles][]string{}
	for _, x := range before {
		known[about(x)] = append(known[about(x)], x.Since)
	}
	for i, x := range list {
		if x.Of() == "" {
			continue
		}
		list[i].Since = of.AccountID()
		if since := known[about(x)]; len(since) > 0 {
			list[i].Since, known[about(x)] = since[0], since[1:]
		}
	}
	return nil
}

// showWhole is showImport with the corrections of the recipe.
func (s *server) showWhole(ctx context.Context, c Claims, i domain.Import) (*importAnswer, error) {
	a, err := s.showImport(ctx, c, i)
	if err != nil || i.Corrections == nil {
		return a, err
	}
	if a.Body.Recipe.Corrections, err = s.corrections(ctx, i); err != nil {
		return nil, err
	}
	return a, nil
}

// corrections are those of an import's recipe with what they changed; none once
// they have expired.
func (s *server) corrections(ctx context.Context, i domain.Import) ([]correction, error) {
	var list []domain.Correction
	var cells []int
	if err := s.stored(ctx, i.Corrections.Key, &list); err != nil {
		return nil, err
	}
	if err := s.stored(ctx, flow.CorrectedKey(i.Institution, i.ID), &cells); err != nil {
		return nil, err
	}
	var out []correction
	for k, x := range list {
		c := correction{Column: x.Column, From: x.From, To: x.To, Line: x.Line, LeaveOut: x.LeaveOut, Conflicts: string(x.Conflicts), Conflict: string(x.Conflict)}
		if k < len(cells) {
			c.Cells = &cells[k]
		}
		out = append(out, c)
	}
	return out, nil
}

// stored reads a JSON object of the files bucket; one that is not there is empty.
func (s *server) stored(ctx context.Context, key string, into any) error {
	b, err := s.Files.Get(ctx, key)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	return json.Unmarshal(b, into)
}

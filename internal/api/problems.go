package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/text"
	"rollbook/internal/importing/flow"
)

// ProblemFilter chooses problems of an import.
type ProblemFilter struct {
	Outcome string `query:"outcome" enum:"rejected,conflicted,unprocessed,updated,unchanged,created" doc:"Only of rows with this outcome."`
	Field   string `query:"field" maxLength:"200" doc:"Only of this field: its code or column name."`
	Group   string `query:"group" maxLength:"40" doc:"Only those that are equal: a group of problems/groups."`
}

type problemsInput struct {
	IDPath
	ProblemFilter
	Paging
}

type problemLinesInput struct {
	IDPath
	ProblemFilter
	Cursor string `query:"cursor" maxLength:"2000" doc:"nextCursor of the page before."`
}

func (in ProblemFilter) filter() flow.ProblemFilter {
	return flow.ProblemFilter{Outcome: domain.Outcome(in.Outcome), Field: in.Field, Group: in.Group}
}

// groupView is what equal problems are told as.
type groupView struct {
	Group   string `json:"group" doc:"Names them: as group in a request for problems or their rows."`
	Count   int    `json:"count"`
	Lines   []int  `json:"lines" doc:"The first 20."`
	Column  string `json:"column" doc:"The header's text, empty for the whole row."`
	Field   string `json:"field,omitempty"`
	Value   string `json:"value"`
	Outcome string `json:"outcome"`
	reasonView
	Old     *string `json:"old,omitempty" doc:"Of a conflict: what the file has in [old]."`
	Live    *string `json:"live,omitempty" doc:"What the contact has."`
	New     *string `json:"new,omitempty" doc:"What the file wants."`
	Contact string  `json:"contact,omitempty" doc:"Whom the first one is about, if it is a conflict."`
}

// problemRowView is a row that was not taken.
type problemRowView struct {
	Line     int               `json:"line"`
	Outcome  string            `json:"outcome"`
	Contact  string            `json:"contact,omitempty" doc:"Whom it is about, as far as that is known."`
	Cells    map[string]string `json:"cells" doc:"As they were read, by the names of their columns in headers; none of columns that are left out, or of a row whose cells cannot be told apart. Each up to 2,000 characters."`
	Cut      []string          `json:"cut,omitempty" doc:"The columns whose cells are longer than that."`
	Problems []problemView     `json:"problems"`
}

// shownCell is how much of a cell is shown that can be corrected.
const shownCell = 2000

func (s *server) problemRoutes(one string) {
	route(s, Viewer, huma.Operation{
		OperationID: "listProblems", Method: http.MethodGet, Path: one + "/problems", Tags: []string{tagImports},
		Summary: "List all problems of an import, in the order of the file", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *problemsInput) (*listed[problemView], error) {
		i, err := s.theImport(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		return problemList(ctx, s, c, i, in, flow.Problems, func(p domain.Problem, lang string) problemView { return showProblem(p, lang) })
	})
	route(s, Viewer, huma.Operation{
		OperationID: "listProblemGroups", Method: http.MethodGet, Path: one + "/problems/groups", Tags: []string{tagImports},
		Summary:     "List equal problems of an import as one, the most frequent first",
		Description: "Problems are equal if they differ in nothing but the row. Those that are unlike 200,000 others before them are only in the list of all problems.",
		Errors:      []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *problemsInput) (*listed[groupView], error) {
		i, err := s.theImport(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		return problemList(ctx, s, c, i, in, flow.ProblemGroups, func(g flow.ProblemGroup, lang string) groupView {
			p := showProblem(g.Problem, lang)
			return groupView{g.Group, g.Count, g.Lines, p.Column, p.Field, p.Value, p.Outcome, p.reasonView, p.Old, p.Live, p.New, p.Contact}
		})
	})
	route(s, Viewer, huma.Operation{
		OperationID: "listProblemRows", Method: http.MethodGet, Path: one + "/problems/rows", Tags: []string{tagImports},
		Summary:     "List the rows that were not taken, with their cells and problems, in the order of the file",
		Description: "Rejected and conflicted rows. A filter chooses rows by any of their problems.",
		Errors:      []int{http.StatusNotFound},
	}, s.listProblemRows)
	route(s, Viewer, huma.Operation{
		OperationID: "listProblemLines", Method: http.MethodGet, Path: one + "/problems/lines", Tags: []string{tagImports},
		Summary:     "List the lines that an import's problems are on, in the order of the file",
		Description: "10,000 problems at once, as many as a recipe has corrections. They tell nothing of anybody, and need no right to export.",
		Errors:      []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *problemLinesInput) (*listed[int], error) {
		i, err := s.theImport(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		ps, next, err := flow.Problems(ctx, s.Files, c.Institution, i.AccountID(), in.filter(), domain.MostCorrections, in.Cursor)
		if err != nil {
			return nil, err
		}
		out := &listed[int]{page[int]{Items: []int{}, NextCursor: next}}
		for _, p := range ps {
			out.Body.Items = append(out.Body.Items, p.Line)
		}
		out.Body.Items = slices.Compact(out.Body.Items)
		return out, nil
	})
}

// problemList answers one page of what an import's problems are stored as.
func problemList[S, T any](ctx context.Context, s *server, c Claims, i domain.Import, in *problemsInput,
	read func(ctx context.Context, get flow.Getter, in domain.InstitutionID, id string, f flow.ProblemFilter, limit int, cursor string) ([]S, string, error),
	show func(S, string) T) (*listed[T], error) {
	lang := s.lang(ctx, c)
	return paged(ctx, s, c, "", in.Limit, in.Cursor, func(limit int) (*listed[T], error) {
		return list(limit, func(limit int) ([]S, string, error) {
			return read(ctx, s.Files, c.Institution, i.AccountID(), in.filter(), limit, in.Cursor)
		}, func(of S) T { return show(of, lang) })
	})
}

func (s *server) listProblemRows(ctx context.Context, c Claims, in *problemsInput) (*listed[problemRowView], error) {
	i, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	rounds, err := flow.LoadRounds(ctx, s.Files, i.Institution, i.ID, i.Accounted)
	if err != nil {
		return nil, err
	}
	var columns []flow.Column
	if len(rounds) > 0 {
		columns = rounds[0].Columns
	}
	return problemList(ctx, s, c, i, in, flow.ProblemRows, func(r flow.ProblemRow, lang string) problemRowView {
		v := problemRowView{Line: r.Line, Outcome: string(r.Outcome), Contact: string(r.Number), Cells: map[string]string{}}
		if len(r.Cells) == len(columns) {
			for k, cell := range r.Cells {
				shown := text.Cut(cell, shownCell+1)
				if shown != cell {
					v.Cut = append(v.Cut, columns[k].Name)
				}
				v.Cells[columns[k].Name] = shown
			}
		}
		for _, p := range r.Problems {
			v.Problems = append(v.Problems, showProblem(p, lang))
		}
		return v
	})
}

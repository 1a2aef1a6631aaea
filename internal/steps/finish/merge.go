package finish

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// merged is what the results of all chunks amount to.
type merged struct {
	cols     columns
	sum      flow.Summary
	problems *flow.ProblemWriter
	files    []string // the result files that have rows
}

// merge streams the results of all chunks, in the order of the file, into the
// result files. Memory does not grow with the rows.
func (s *Step) merge(ctx context.Context, imp *domain.Import, plan *flow.Plan) (*merged, error) {
	cat, err := s.Catalogue.Catalogue(ctx, imp.Institution)
	if err != nil {
		return nil, err
	}
	m := &merged{cols: newColumns(imp, plan, cat), problems: flow.NewProblemWriter(s.Files, imp.Institution, imp.ID)}
	m.sum.Fields = flow.FieldChanges{}
	m.sum.NotCompared = map[domain.Field]int{}

	g, gctx := errgroup.WithContext(ctx)
	files := newResultFiles(gctx, g, s.Files, imp, &m.cols, cat.Settings.Separator)
	err = s.chunks(gctx, imp, plan, m, files)
	m.files = files.close(err)
	if werr := g.Wait(); err == nil {
		err = werr
	}
	return m, err
}

// chunks takes the results of every chunk into m and the files.
func (s *Step) chunks(ctx context.Context, imp *domain.Import, plan *flow.Plan, m *merged, files *resultFiles) error {
	for n := range plan.Chunks {
		sum, err := s.results(ctx, imp, plan, n, func(r flow.Result) error {
			for _, p := range r.Problems {
				if err := m.problems.Add(ctx, p); err != nil {
					return err
				}
			}
			return files.row(r)
		})
		if err != nil {
			return err
		}
		m.add(sum)
	}
	return m.problems.Close(ctx)
}

// add adds the summary of one chunk.
func (m *merged) add(sum flow.Summary) {
	m.sum.Counts = m.sum.Counts.Plus(sum.Counts)
	m.sum.Fields.Plus(sum.Fields)
	for f, n := range sum.NotCompared {
		m.sum.NotCompared[f] += n
	}
	for code, n := range sum.Notes {
		if m.sum.Notes == nil {
			m.sum.Notes = map[reason.Code]flow.Note{}
		}
		if have, ok := m.sum.Notes[code]; ok {
			have.Count += n.Count
			have.Lines = append(slices.Clone(have.Lines), n.Lines...)
			have.Lines = have.Lines[:min(len(have.Lines), flow.NotedLines)]
			n = have
		}
		m.sum.Notes[code] = n
	}
}

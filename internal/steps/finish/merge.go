package finish

import (
	"context"

	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
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
func (s *Step) merge(ctx context.Context, imp *domain.Import, rounds []flow.PlannedRound) (*merged, error) {
	cat, err := s.Catalogue.Catalogue(ctx, imp.Institution)
	if err != nil {
		return nil, err
	}
	m := &merged{cols: newColumns(imp, rounds[0].Plan, cat), problems: flow.NewProblemWriter(s.Files, imp.Institution, imp.AccountID())}

	g, gctx := errgroup.WithContext(ctx)
	files := newResultFiles(gctx, g, s.Files, imp, &m.cols, cat.Settings.Comma())
	err = s.chunks(gctx, imp, rounds, m, files)
	m.files = files.close(err)
	if werr := g.Wait(); err == nil {
		err = werr
	}
	return m, err
}

// chunks takes the results of every chunk into m and the files.
func (s *Step) chunks(ctx context.Context, imp *domain.Import, rounds []flow.PlannedRound, m *merged, files *resultFiles) error {
	ahead := s.ahead(ctx, imp, rounds)
	defer ahead.close()
	defer m.problems.Stop()
	for n := range rounds[0].Chunks {
		sum, err := s.results(ctx, imp, rounds, n, ahead.take(n), func(r flow.Result) error {
			if err := m.problems.Row(ctx, r); err != nil {
				return err
			}
			return files.row(r)
		})
		if err != nil {
			return err
		}
		m.sum.Plus(sum)
	}
	return m.problems.Close(ctx)
}

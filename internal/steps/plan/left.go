package plan

import (
	"context"
	"io"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
)

// rows makes the chunks of a round: of the file, or of what earlier rounds left.
func (s *Step) rows(ctx context.Context, imp *domain.Import, cat *domain.Catalogue) (*flow.Plan, error) {
	if !imp.Checked() {
		p, err := s.read(ctx, imp, cat)
		p.Read = imp.Round
		return p, err
	}
	before, err := flow.LoadPlan(ctx, s.Files, imp.Institution, domain.RunID(imp.ID, imp.Accounted))
	if err != nil {
		return &flow.Plan{}, err
	}
	return s.left(ctx, imp, cat, flow.PlannedRound{Round: imp.Accounted, Plan: before})
}

// left makes chunks of the rows that the round before reports as unprocessed. They
// keep the numbers of their chunks, so that a chunk with nothing left is empty.
func (s *Step) left(ctx context.Context, imp *domain.Import, cat *domain.Catalogue, before flow.PlannedRound) (*flow.Plan, error) {
	p := *before.Plan
	p.Chunks = slices.Clone(before.Chunks)
	p.After = append(slices.Clone(before.After), before.Round)
	again := &reread{s: s, imp: *imp, cat: cat, was: before}
	for n := range p.Chunks {
		ref := &p.Chunks[n]
		if ref.Rows == 0 {
			continue
		}
		rows, lost, err := s.unprocessed(ctx, imp, before, n)
		if err != nil {
			return &p, err
		}
		if lost == ref.Rows && before.Round == before.Read {
			if rows, err = again.rows(ctx, n); err != nil {
				return &p, err
			}
		}
		ref.Rows = len(rows)
		if len(rows) == 0 {
			continue
		}
		ref.FirstLine, ref.LastLine = rows[0].Line, rows[len(rows)-1].Line
		if err := flow.PutRows(ctx, s.Files, flow.ChunkKey(imp.Institution, imp.RunID(), n), rows); err != nil {
			return &p, err
		}
	}
	return &p, nil
}

// unprocessed returns the rows of chunk n that a round left, and how many more it
// left without their cells, which were lost.
func (s *Step) unprocessed(ctx context.Context, imp *domain.Import, before flow.PlannedRound, n int) (rows []flow.Row, lost int, err error) {
	state, err := s.Jobs.ChunkState(ctx, imp.Institution, imp.ID, before.Round, n)
	if err != nil {
		return nil, 0, err
	}
	sum, err := flow.OpenResults(ctx, s.Files, state.Sealed, func(r flow.Result) error {
		if r.Outcome == domain.Unprocessed {
			rows = append(rows, flow.Row{Line: r.Line, Cells: r.Cells})
		}
		return nil
	})
	return rows, sum.Counts.Unprocessed - len(rows), err
}

// reread reads the file once more for chunks that were lost whole.
type reread struct {
	s    *Step
	imp  domain.Import
	cat  *domain.Catalogue
	was  flow.PlannedRound
	done bool
	same bool // what it says now is what it said then
}

// rows returns the rows of chunk n, none if the file or what is known of its
// columns is no longer what it was.
func (a *reread) rows(ctx context.Context, n int) ([]flow.Row, error) {
	if !a.done {
		a.done = true
		a.imp.Round = a.was.Read
		now, err := a.s.read(ctx, &a.imp, a.cat)
		switch f, ok := fault.As(err); {
		case ok && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge):
		case err != nil:
			return nil, err
		default:
			a.same = slices.Equal(now.Columns, a.was.Columns) && slices.Equal(now.Chunks, a.was.Chunks)
		}
	}
	if !a.same {
		return nil, nil
	}
	f, err := a.s.Files.Open(ctx, domain.Object{Key: flow.ChunkKey(a.imp.Institution, a.imp.RunID(), n)})
	if err != nil {
		return nil, err
	}
	var rows []flow.Row
	err = flow.ReadRows(io.NewSectionReader(f, 0, f.Size()), func(r flow.Row) error { rows = append(rows, r); return nil })
	return rows, err
}

package finish

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"rollbook/internal/domain"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/flow"
)

// results yields what became of the rows of chunk n, in the order of the file:
// each row as the last round that had it says. It settles the chunk of the present
// round if it has no sealed results, and keeps its history if nobody has. there is
// what was fetched of it, by round.
func (s *Step) results(ctx context.Context, imp *domain.Import, rounds []flow.PlannedRound, n int, there []sealed, yield func(flow.Result) error) (flow.Summary, error) {
	var parts []*part
	defer func() {
		for _, p := range parts {
			p.stop()
		}
	}()
	var es account.Entries
	ledger, keep := s.ledger(imp), false
	for i, r := range rounds {
		if r.Chunks[n].Rows == 0 {
			continue // an earlier round left nothing of this chunk
		}
		got := there[i]
		var err error
		switch {
		case got.file != nil:
		case r.Round != imp.Round:
			if got.state, err = s.Jobs.ChunkState(ctx, imp.Institution, imp.ID, r.Round, n); err != nil {
				return flow.Summary{}, err
			}
			if got.file, err = s.Files.Open(ctx, domain.Object{Key: got.state.Sealed}); err != nil {
				return flow.Summary{}, fmt.Errorf("results of round %d, chunk %d: %w", r.Round, n, err)
			}
		default:
			got.state, got.file, err = ledger.Settle(ctx, imp, r.Plan, n, func() {
				s.Log.WarnContext(ctx, "settling a chunk without results", "institution", imp.Institution, "import", imp.ID, "chunk", n)
				s.Count("SettledChunks", 1)
			})
			if err != nil {
				return flow.Summary{}, err
			}
		}
		p := newPart(got.file, r.Chunks[n].Rows, nil)
		if r.Round == imp.Round {
			if keep = !got.state.History && ledger.Histories != nil; keep {
				p.see = es.Add
			}
		}
		parts = append(parts, p)
	}
	if err := inOrder(parts, yield); err != nil {
		return flow.Summary{}, err
	}
	var sum flow.Summary
	for _, p := range parts {
		if p.err != nil {
			return sum, fmt.Errorf("results of chunk %d: %w", n, p.err)
		}
		if p.rows == sum.Counts.Rows {
			sum = flow.Summary{} // the round had all rows again
		} else {
			sum.Counts.Rows, sum.Counts.Unprocessed = sum.Counts.Rows-min(p.rows, sum.Counts.Rows), sum.Counts.Unprocessed-min(p.rows, sum.Counts.Unprocessed)
		}
		sum.Plus(p.sum)
		sum.At = p.sum.At
	}
	if keep {
		return sum, ledger.Keep(ctx, imp, n, es, sum)
	}
	return sum, nil
}

// part is what one round has to say of a chunk.
type part struct {
	rows int                 // that the round had
	see  func(r flow.Result) // nil or told of every result
	next func() (flow.Result, bool)
	stop func()
	// Once next is at its end:
	sum flow.Summary
	err error
}

var errStopped = errors.New("no more is wanted")

func newPart(f domain.File, rows int, see func(flow.Result)) *part {
	p := &part{rows: rows, see: see}
	p.next, p.stop = iter.Pull(func(yield func(flow.Result) bool) {
		p.sum, p.err = account.Results(f, func(r flow.Result) error {
			if !yield(r) {
				return errStopped
			}
			return nil
		})
	})
	return p
}

// inOrder yields the results of all parts by their lines. What an earlier part
// has as unprocessed, a later one has again.
func inOrder(parts []*part, yield func(flow.Result) error) error {
	heads := make([]*flow.Result, len(parts))
	advance := func(i int) {
		for heads[i] = nil; heads[i] == nil; {
			r, ok := parts[i].next()
			if !ok {
				return
			}
			if parts[i].see != nil {
				parts[i].see(r)
			}
			if i == len(parts)-1 || r.Outcome != domain.Unprocessed {
				heads[i] = &r
			}
		}
	}
	for i := range parts {
		advance(i)
	}
	for {
		first := -1
		for i, h := range heads {
			if h != nil && (first < 0 || h.Line < heads[first].Line) {
				first = i
			}
		}
		if first < 0 {
			return nil
		}
		if err := yield(*heads[first]); err != nil {
			return err
		}
		advance(first)
	}
}

package account

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

// Chunk makes one try of chunk n, which ends with sealed results: its own or
// another try's. While it is the only try, rows that it reports as not written are
// so because nobody else could write them. Once there is another one, it has them
// burnt, so that none is written afterwards.
func (l *Ledger) Chunk(ctx context.Context, imp *domain.Import, plan *flow.Plan, n int) error {
	try, err := l.Chunks.BeginTry(ctx, imp.Institution, imp.ID, imp.Round, n)
	if f, ok := fault.As(err); ok && f.Code == "sealed" {
		return nil
	}
	if err != nil {
		return err
	}
	for thorough := try > 1; ; thorough = true {
		l.Engine.Thorough = thorough
		object, err := l.object(ctx, imp, plan, n)
		if err != nil {
			return err
		}
		seal := domain.Seal{By: try, Tries: -1, Key: flow.ResultKey(imp.Institution, imp.ID, imp.Round, n, fmt.Sprintf("%d-burnt", try))}
		if !thorough {
			seal.Tries, seal.Key = 1, flow.ResultKey(imp.Institution, imp.ID, imp.Round, n, fmt.Sprint(try))
		}
		if err := l.put(ctx, seal.Key, object); err != nil {
			return err
		}
		state, err := l.Chunks.Seal(ctx, imp.Institution, imp.ID, imp.Round, n, seal)
		switch {
		case err != nil:
			return err
		case state.Sealed == seal.Key:
			return l.history(ctx, imp, n, object)
		case state.Sealed != "":
			return nil // another one accounts for the chunk
		case thorough:
			return fault.New(fault.Internal, "notSealed", n)
		}
	}
}

// Settle makes sure that chunk n has sealed results that are there, and returns
// the chunk's state and the object. Whatever tries still run, they end by it. A
// chunk of which no try began is all unprocessed. The Engine's mode must be
// compare.Settle.
func (l *Ledger) Settle(ctx context.Context, imp *domain.Import, plan *flow.Plan, n int, settling func()) (domain.ChunkState, domain.File, error) {
	state, err := l.Chunks.ChunkState(ctx, imp.Institution, imp.ID, imp.Round, n)
	for err == nil {
		if state.Sealed != "" {
			f, err := l.Files.Open(ctx, domain.Object{Key: state.Sealed})
			if err == nil || fault.KindOf(err) != fault.NotFound {
				return state, f, err
			}
		}
		settling()
		never := state.Sealed == "" && state.Tries == 0
		l.Engine.Thorough = !never
		object, oerr := l.object(ctx, imp, plan, n)
		if oerr != nil {
			return state, nil, fmt.Errorf("settle chunk %d: %w", n, oerr)
		}
		seal := domain.Seal{Key: flow.ResultKey(imp.Institution, imp.ID, imp.Round, n, "finish-"+uuid.NewString()), Tries: -1, Instead: state.Sealed}
		if never {
			seal.Tries = 0
		}
		if err := l.put(ctx, seal.Key, object); err != nil {
			return state, nil, err
		}
		state, err = l.Chunks.Seal(ctx, imp.Institution, imp.ID, imp.Round, n, seal)
	}
	return state, nil, err
}

func (l *Ledger) put(ctx context.Context, key string, object []byte) error {
	_, err := l.Files.Put(ctx, key, bytes.NewReader(object), "application/zstd")
	return err
}

// history keeps what the sealed results of chunk n say that was changed.
func (l *Ledger) history(ctx context.Context, imp *domain.Import, n int, object []byte) error {
	if l.Histories == nil || l.Engine.Mode == compare.Test {
		return nil
	}
	var es Entries
	sum, err := flow.ReadResults(bytes.NewReader(object), func(r flow.Result) error { es.Add(r); return nil })
	if err != nil {
		return err
	}
	return l.Keep(ctx, imp, n, es, sum)
}

// Entries gathers from the sealed results of a chunk what is remembered of them.
type Entries struct {
	History []domain.HistoryEntry
	Changed []domain.ContactNumber
}

// Add takes in one result. What a created contact began with is no change of its
// history.
func (es *Entries) Add(r flow.Result) {
	if r.Outcome != domain.Updated && r.Outcome != domain.Created {
		return
	}
	es.Changed = append(es.Changed, r.Number)
	if r.Outcome == domain.Created || r.Removed {
		return
	}
	for _, c := range r.Changes {
		es.History = append(es.History, domain.HistoryEntry{Number: r.Number, Line: r.Line, Field: c.Field, Before: c.Before, After: c.After})
	}
}

// Keep writes the history of chunk n and notes whom it changed. Whoever keeps it
// says the same.
func (l *Ledger) Keep(ctx context.Context, imp *domain.Import, n int, es Entries, sum flow.Summary) error {
	for i := range es.History {
		es.History[i].At, es.History[i].Import, es.History[i].By = sum.At, imp.ID, imp.CreatedBy
	}
	if len(es.History) > 0 {
		if err := l.Histories.PutHistory(ctx, imp.Institution, imp.ID, imp.Round, n, es.History); err != nil {
			return err
		}
	}
	if len(es.Changed) > 0 {
		if err := l.Histories.NoteChanged(ctx, imp.Institution, es.Changed); err != nil {
			return err
		}
	}
	return l.Chunks.NoteHistory(ctx, imp.Institution, imp.ID, imp.Round, n)
}

// Results reads a results object.
func Results(f domain.File, yield func(flow.Result) error) (flow.Summary, error) {
	return flow.ReadResults(io.NewSectionReader(f, 0, f.Size()), yield)
}

package finish

import (
	"bytes"
	"context"
	"io"
	"sync"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

const (
	// readAhead is how many chunks' results are fetched while those before them are
	// merged: asking for one takes several answers of the stores, one after the other.
	readAhead = 8
	// heldBytes is how much of a chunk is held until it is its turn, of all rounds. What
	// is more is read when it is.
	heldBytes = 8 << 20
)

// sealed is what a round has of a chunk whose results were there when they were
// fetched. Without a file it is yet to be asked for.
type sealed struct {
	state domain.ChunkState
	file  domain.File
}

// ahead fetches sealed results in the order of the chunks, some of them at once.
type ahead struct {
	step    *Step
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	imp     *domain.Import
	rounds  []flow.PlannedRound
	chunks  []chan []sealed
	begun   int
}

func (s *Step) ahead(ctx context.Context, imp *domain.Import, rounds []flow.PlannedRound) *ahead {
	a := &ahead{step: s, imp: imp, rounds: rounds, chunks: make([]chan []sealed, len(rounds[0].Chunks))}
	a.ctx, a.stop = context.WithCancel(ctx)
	return a
}

// close returns once nothing is fetched any more.
func (a *ahead) close() {
	a.stop()
	a.running.Wait()
}

// take returns what there is of chunk n, by round. Chunks are taken in their order.
func (a *ahead) take(n int) []sealed {
	for ; a.begun < min(n+readAhead, len(a.chunks)); a.begun++ {
		at, to := a.begun, make(chan []sealed, 1)
		a.chunks[at] = to
		a.running.Go(func() { to <- a.fetch(at) })
	}
	got := <-a.chunks[n]
	a.chunks[n] = nil
	return got
}

// fetch fails in silence: what it did not get is asked for again in its turn, where a
// chunk without results is settled and an error ends the merge.
func (a *ahead) fetch(n int) []sealed {
	out, held := make([]sealed, len(a.rounds)), int64(0)
	for i, r := range a.rounds {
		if r.Chunks[n].Rows == 0 {
			continue
		}
		state, err := a.step.Jobs.ChunkState(a.ctx, a.imp.Institution, a.imp.ID, r.Round, n)
		if err != nil || state.Sealed == "" {
			continue
		}
		f, err := a.step.Files.Open(a.ctx, domain.Object{Key: state.Sealed})
		if err != nil {
			continue
		}
		if held+f.Size() <= heldBytes {
			b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
			if err != nil {
				continue
			}
			f, held = bytes.NewReader(b), held+f.Size()
		}
		out[i] = sealed{state, f}
	}
	return out
}

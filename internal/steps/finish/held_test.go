package finish

import (
	"bytes"
	"context"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/flow"
)

// large has sealed results of 3 MB of every chunk.
type large struct {
	Jobs
	account.Files
}

func (large) ChunkState(context.Context, domain.InstitutionID, string, int, int) (domain.ChunkState, error) {
	return domain.ChunkState{Sealed: "results"}, nil
}

func (large) Open(context.Context, domain.Object) (domain.File, error) {
	return unread{bytes.NewReader(make([]byte, 3<<20))}, nil
}

// unread is told apart from what is held.
type unread struct{ domain.File }

// What is held of a chunk does not grow with the rounds that have results of it.
func TestWhatIsHeldDoesNotGrowWithTheRounds(t *testing.T) {
	rounds := make([]flow.PlannedRound, 20)
	for i := range rounds {
		rounds[i] = flow.PlannedRound{Round: i, Plan: &flow.Plan{Chunks: []flow.ChunkRef{{Rows: 1}}}}
	}
	s := &Step{Jobs: large{}, Files: large{}}
	a := s.ahead(t.Context(), &domain.Import{}, rounds)
	defer a.close()
	held := int64(0)
	for _, r := range a.take(0) {
		if _, later := r.file.(unread); !later {
			held += r.file.Size()
		}
	}
	if held == 0 || held > heldBytes {
		t.Errorf("%d bytes of one chunk are held", held)
	}
}

package plan

import (
	"context"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// othersLook is how many of the newest imports are looked at for those that run.
const othersLook = 200

// share is how many chunks of the import the map may run at once. The imports of
// one institution that have several chunks share what it may use; each gets one
// at least, and one of a single chunk waits for nobody and takes nothing from
// the others. A share is for the whole run: the import that was there first keeps
// what it has when others come.
func (s *Step) share(ctx context.Context, in flow.Run, chunks int) (int, error) {
	if chunks <= 1 {
		return 1, nil
	}
	most := s.AtOnce
	if most == 0 {
		most = 4
	}
	is, _, err := s.Jobs.Imports(ctx, in.Institution, othersLook, "")
	if err != nil {
		return 0, err
	}
	wide := 1
	for _, i := range is {
		if i.ID != in.Import && i.Status == domain.Running && i.Chunks > 1 {
			wide++
		}
	}
	return max(1, most/wide), nil
}

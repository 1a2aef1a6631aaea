package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/memory"
)

// gets counts the pages that are read.
type gets struct {
	*memory.Blobs
	pages int
}

func (g *gets) Get(ctx context.Context, key string) ([]byte, error) {
	if !strings.HasSuffix(key, "index.json") {
		g.pages++
	}
	return g.Blobs.Get(ctx, key)
}

// Who asks for the problems of one group is answered from the pages that have it,
// however many there are.
func TestAGroupIsReadWhereItIs(t *testing.T) {
	const in, id, rare = domain.InstitutionID("opera"), "i1", 5500
	files := &gets{Blobs: memory.NewBlobs("files", time.Now)}
	w := flow.NewProblemWriter(files, in, id)
	for line := range 9000 {
		value := fmt.Sprintf("Jaz%d", line%7)
		if line >= rare && line < rare+3 {
			value = "Oprea"
		}
		p := domain.Problem{Line: line + 2, Column: "[new] GENRE", Field: "GENRE", Value: value, Outcome: domain.RowRejected, Reason: reason.New("unknownValue", value, "GENRE", nil, nil, nil, nil)}
		if err := w.Row(t.Context(), flow.Result{Line: p.Line, Outcome: domain.RowRejected, Cells: []string{"#1", value}, Problems: []domain.Problem{p}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	groups, _, err := flow.ProblemGroups(t.Context(), files, in, id, flow.ProblemFilter{}, 10, "")
	if err != nil || len(groups) != 8 || groups[7].Value != "Oprea" {
		t.Fatal(groups, err)
	}
	group := groups[7].Group
	for _, c := range []struct {
		group       string
		want, pages int
	}{{group, 3, 1}, {groups[0].Group, 50, 1}, {"none of ours", 0, 0}, {strings.Repeat("A", 16), 0, 9}} {
		files.pages = 0
		ps, _, err := flow.Problems(t.Context(), files, in, id, flow.ProblemFilter{Group: c.group}, 50, "")
		if err != nil || len(ps) != c.want || files.pages > c.pages {
			t.Errorf("%s: %d problems of %d pages, %v; want %d of %d", c.group, len(ps), files.pages, err, c.want, c.pages)
		}
		files.pages = 0
		rows, _, err := flow.ProblemRows(t.Context(), files, in, id, flow.ProblemFilter{Group: c.group}, 50, "")
		if err != nil || len(rows) != c.want || files.pages > c.pages {
			t.Errorf("%s: %d rows of %d pages, %v; want %d of %d", c.group, len(rows), files.pages, err, c.want, c.pages)
		}
	}
	files.pages = 0
	if gs, _, err := flow.ProblemGroups(t.Context(), files, in, id, flow.ProblemFilter{Group: group}, 10, ""); err != nil || len(gs) != 1 || gs[0].Count != 3 {
		t.Error(gs, err)
	}
}

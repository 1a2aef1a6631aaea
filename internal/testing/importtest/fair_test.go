package importtest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
)

// rowsOf is a file of as many rows, ten of which are a chunk.
func rowsOf(n int) string {
	var b strings.Builder
	b.WriteString("Contact,[new] NICKNAME\n")
	for i := range n {
		fmt.Fprintf(&b, "#%s,x\n", demo.Number(i))
	}
	return b.String()
}

// planned runs the plan of a new import and leaves its chunks waiting.
func (w *World) planned(t *testing.T, in domain.InstitutionID, a domain.Action, rows int) (domain.Import, flow.Planned) {
	t.Helper()
	imp := w.Create(t, in, domain.Criteria, a)
	o, err := w.Uploads.Put(t.Context(), flow.UploadKey(in, imp.ID), strings.NewReader(rowsOf(rows)), "text/csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Jobs.ChangeImport(t.Context(), in, imp.ID, func(i *domain.Import) error {
		i.Source, i.Status = o, domain.Checking
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	p, err := w.Plan.Run(t.Context(), flow.Run{Version: flow.Version, Institution: in, Import: imp.ID})
	if err != nil {
		t.Fatal(err)
	}
	return imp, p
}

// What may run at once is an institution's, not an import's (fault 44).
func TestImportsShareWhatTheirInstitutionMayUse(t *testing.T) {
	w := New(t, 100)
	w.Plan.ChunkRows, w.Plan.AtOnce = 10, 8
	share := func(in domain.InstitutionID, a domain.Action, rows, want int) domain.Import {
		t.Helper()
		imp, p := w.planned(t, in, a, rows)
		if p.AtOnce != want {
			t.Errorf("%d rows: %d chunks at once, want %d", rows, p.AtOnce, want)
		}
		return imp
	}
	// However many small ones there are, each runs at once, and they take nothing
	// from a large one.
	for range 49 {
		share(demo.Aurora, domain.Update, 10, 1)
	}
	first := share(demo.Aurora, domain.Update, 100, 8)
	share(demo.Aurora, domain.Update, 100, 4)
	share(demo.Aurora, domain.Test, 11, 2)
	var last domain.Import
	for range 6 {
		last = share(demo.Aurora, domain.Test, 100, max(1, 8/4))
		w.end(t, last)
	}
	for i := range 8 {
		share(demo.Aurora, domain.Test, 100, max(1, 8/(4+i)))
	}
	// Another institution does not notice.
	share(demo.Borealis, domain.Update, 100, 8)
	// A step that is tried again does not count itself.
	p, err := w.Plan.Run(t.Context(), flow.Run{Version: flow.Version, Institution: demo.Borealis, Import: w.newest(t, demo.Borealis).ID})
	if err != nil || p.AtOnce != 8 {
		t.Errorf("again: %d, %v", p.AtOnce, err)
	}
	w.end(t, first)
}

// 49 small imports of one institution are in their chunks at the same time:
// each waits there until all have come.
func TestSmallImportsDoNotWaitForEachOther(t *testing.T) {
	const imports = 49
	w := New(t, imports)
	var come atomic.Int32
	all49, gaveUp := make(chan struct{}), make(chan struct{})
	w.BeforeChunk = func(int, int) error {
		if come.Add(1) == imports {
			close(all49)
		}
		select {
		case <-all49:
		case <-gaveUp:
		}
		return nil
	}
	var once sync.Once
	var all sync.WaitGroup
	for i := range imports {
		imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
		all.Go(func() {
			got := w.Upload(t, imp, fmt.Sprintf("Contact,[new] NICKNAME\n#%s,x\n", demo.Number(i)))
			if got.Status != domain.Done || got.Counts.Updated != 1 {
				t.Errorf("%s %+v %+v", got.Status, got.Counts, got.Problem)
				once.Do(func() { close(gaveUp) })
			}
		})
	}
	all.Wait()
}

func (w *World) end(t *testing.T, imp domain.Import) {
	t.Helper()
	if _, err := w.Jobs.ChangeImport(t.Context(), imp.Institution, imp.ID, func(i *domain.Import) error {
		i.Status = domain.Done
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *World) newest(t *testing.T, in domain.InstitutionID) domain.Import {
	t.Helper()
	is, _, err := w.Jobs.Imports(t.Context(), in, 1, "")
	if err != nil || len(is) != 1 {
		t.Fatalf("%v, %v", is, err)
	}
	return is[0]
}

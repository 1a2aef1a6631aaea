package importtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
)

// What finish settles is in the contacts' history as what a chunk ends itself
// (fault 49).
func TestSettledRowsAreInTheHistory(t *testing.T) {
	w, file := thirty(t)
	w.Plan.ChunkRows = 0
	w.Chunk.Contacts = &killer{Contacts: w.Contacts, at: 4}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if w.Metrics["SettledChunks"] != 1 || imp.Counts.Updated != 4 {
		t.Fatalf("%+v, counted %v", imp.Counts, w.Metrics)
	}
	seen := 0
	for i := range 33 {
		n := domain.ContactNumber(fmt.Sprintf("%07d", i))
		es, err := w.Contacts.History(t.Context(), demo.Aurora, n, 20)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if w.Value(t, demo.Aurora, n, genre) == "JAZZ" {
			want = 1
		}
		got := 0
		for _, e := range es {
			if e.Import == imp.ID {
				got++
			}
		}
		if got != want {
			t.Errorf("contact %s has %d entries of the import, want %d", n, got, want)
		}
		seen += got
	}
	if seen != 4 {
		t.Errorf("%d entries, want 4", seen)
	}
}

// However many chunks there are, what plan hands on stays as small (fault 32: a
// state's input takes 256 KiB), and the manifest is an object.
func TestMessagesDoNotGrowWithTheChunks(t *testing.T) {
	size := func(rows int) (answer, manifest int) {
		w, _ := thirty(t)
		w.Plan.ChunkRows = 1
		var file strings.Builder
		file.WriteString("Contact,[old] GENRE,[new] GENRE\n")
		for i := range rows {
			fmt.Fprintf(&file, "#%07d,FOLK,JAZZ\n", i)
		}
		imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
		o, err := w.Uploads.Put(t.Context(), flow.UploadKey(demo.Aurora, imp.ID), strings.NewReader(file.String()), "text/csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Jobs.ChangeImport(t.Context(), demo.Aurora, imp.ID, func(i *domain.Import) error {
			i.Source, i.Status = o, domain.Checking
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		p, err := w.Plan.Run(t.Context(), flow.Run{Version: flow.Version, Institution: demo.Aurora, Import: imp.ID})
		if err != nil || p.Chunks != rows {
			t.Fatalf("%+v, %v", p, err)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		m, err := w.Files.Get(t.Context(), p.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		return len(b), len(m)
	}
	few, _ := size(10)
	many, manifest := size(2000)
	if many > few+10 {
		t.Errorf("plan's answer has %d bytes for 10 chunks and %d for 2,000", few, many)
	}
	if manifest < 100_000 {
		t.Errorf("the manifest of 2,000 chunks has %d bytes: it is not the list of them", manifest)
	}
}

// The clock of the tables goes back by a day between two imports of the same
// contacts: the second one writes all the same, and the first one's late rows
// stay out (fault 38).
func TestTimeGoesBackBetweenImports(t *testing.T) {
	w, file := thirty(t)
	var orders []domain.Order
	w.BeforeChunk = func(n, _ int) error {
		held, err := w.Jobs.HeldSlots(t.Context(), demo.Aurora)
		for _, ticket := range held {
			if n == 0 {
				orders = append(orders, ticket.Order)
			}
		}
		return err
	}
	first := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	w.Pass(-24 * time.Hour)
	second := w.Import(t, demo.Aurora, domain.Criteria, domain.Update,
		strings.ReplaceAll(strings.ReplaceAll(file, "FOLK,JAZZ", "JAZZ,ROCK"), "FOLK,bad", "FOLK,"))
	if first.Counts.Updated != 30 || second.Counts.Updated != 30 {
		t.Fatalf("%+v, then %+v %+v", first.Counts, second.Counts, second.Problems)
	}
	if len(orders) != 2 || !(orders[0] < orders[1]) {
		t.Errorf("orders %v", orders)
	}
	w.BeforeChunk = nil
	// A copy of the first one's chunk that comes now changes nothing.
	for n := range 3 {
		if err := w.Chunk.Run(t.Context(), flow.Chunk{Run: flow.Run{Version: flow.Version, Institution: demo.Aurora, Import: first.ID}, Chunk: n}); err != nil {
			t.Error(err)
		}
	}
	if undone := w.Follow(t, second, domain.UndoOf); undone.Counts.Updated != 30 {
		t.Errorf("the undo of the second: %+v", undone.Counts)
	}
	agrees(t, w, ended(t, w, w.Get(t, first)))
}

package chunk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/steps/chunk"
	"rollbook/internal/testing/memory"
)

const (
	house = domain.InstitutionID("house")
	id    = "0199f0aa-0000-7000-8000-000000000001"
	genre = domain.Field("criterion:GENRE")
)

// jobs counts looks at the import and lets something happen at one of them.
type jobs struct {
	*memory.Jobs
	looks int
	at    int
	then  func(*domain.Import)
}

func (j *jobs) BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	if j.looks++; j.looks == j.at {
		if _, err := j.ChangeImport(ctx, in, id, func(i *domain.Import) error { j.then(i); return nil }); err != nil {
			return domain.Import{}, err
		}
	}
	return j.Jobs.BriefImport(ctx, in, id)
}

type desk struct {
	*chunk.Step
	contacts *memory.Contacts
	jobs     *jobs
	files    *memory.Blobs
}

// newDesk is an import of 1,500 rows that make contacts JAZZ that are ROCK.
func newDesk(t *testing.T, action domain.Action) *desk {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }
	d := &desk{contacts: memory.NewContacts(now), jobs: &jobs{Jobs: memory.NewJobs(now)}, files: memory.NewBlobs("files", now)}
	cat := memory.NewCatalogue()
	d.Step = &chunk.Step{Contacts: d.contacts, Catalogue: cat, Jobs: d.jobs, Files: d.files, Now: now}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(cat.PutSettings(t.Context(), house, domain.Settings{}))
	must(cat.PutField(t.Context(), house, domain.FieldDef{Code: "GENRE", Label: "Genre", Kind: domain.SingleChoice,
		Values: []domain.Choice{{Code: "ROCK", Label: "Rock"}, {Code: "JAZZ", Label: "Jazz"}}}))
	_, _, err := d.jobs.CreateImport(t.Context(), domain.Import{ID: id, Institution: house, DataType: domain.Criteria, Action: action,
		Ticket: domain.Ticket{Order: "0000007"}, Recipe: domain.Recipe{OnConflict: domain.Skip}, Status: domain.Running, ExpiresAt: now().Add(time.Hour)}, domain.Once{}, "")
	must(err)
	const rows = 1500
	var b bytes.Buffer
	w, err := flow.NewRowWriter(&b)
	must(err)
	for i := range rows {
		n := domain.ContactNumber(number(i))
		_, err := d.contacts.Put(t.Context(), house, domain.Contact{Number: n, Fields: map[domain.Field]domain.Value{genre: "ROCK"}}, domain.Provenance{})
		must(err)
		must(w.Write(flow.Row{Line: i + 2, Cells: []string{"#" + string(n), "ROCK", "JAZZ"}}))
	}
	must(w.Close())
	_, err = d.files.Put(t.Context(), flow.ChunkKey(house, id, 0), &b, "")
	must(err)
	plan, err := json.Marshal(flow.Plan{Version: flow.Version, Rows: rows, Chunks: []flow.ChunkRef{{Rows: rows, FirstLine: 2, LastLine: rows + 1}},
		Columns: []flow.Column{{Name: "Contact", Role: flow.KeyRole}, {Name: "[old] GENRE", Role: flow.OldRole, Field: genre}, {Name: "[new] GENRE", Role: flow.NewRole, Field: genre}}})
	must(err)
	_, err = d.files.Put(t.Context(), flow.PlanKey(house, id), bytes.NewReader(plan), "")
	must(err)
	return d
}

func number(i int) string {
	return string([]byte{'1', byte('0' + i/1000%10), byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)})
}

func (d *desk) run(t *testing.T, n int) error {
	return d.Run(t.Context(), flow.Chunk{Run: flow.Run{Version: flow.Version, Institution: house, Import: id}, Chunk: n})
}

func (d *desk) written(t *testing.T) int {
	t.Helper()
	n := 0
	for c, err := range d.contacts.All(t.Context(), house) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Get(genre) == "JAZZ" {
			n++
		}
	}
	return n
}

// results returns the chunk's account, and whether there is one.
func (d *desk) results(t *testing.T) (domain.Counts, bool) {
	t.Helper()
	state, err := d.jobs.ChunkState(t.Context(), house, id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.files.Get(t.Context(), state.Sealed)
	if err != nil {
		return domain.Counts{}, false
	}
	sum, err := flow.ReadResults(bytes.NewReader(b), func(flow.Result) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return sum.Counts, true
}

// What happens between two batches of a chunk, and what it leaves.
func TestBetweenBatches(t *testing.T) {
	cancel := func(i *domain.Import) { i.Cancel = true }
	end := func(i *domain.Import) { i.Status = domain.Failed }
	for _, c := range []struct {
		name    string
		action  domain.Action
		look    int // the first is at the start, the second before the first batch
		then    func(*domain.Import)
		written int
		counts  domain.Counts
		none    bool // no results
		fails   string
	}{
		{"nothing", domain.Update, 0, nil, 1500, domain.Counts{Rows: 1500, Updated: 1500}, false, ""},
		{"a test", domain.Test, 0, nil, 0, domain.Counts{Rows: 1500, Updated: 1500}, false, ""},
		{"cancelled before the first", domain.Update, 2, cancel, 0, domain.Counts{Rows: 1500, Unprocessed: 1500}, false, ""},
		{"cancelled after the first", domain.Update, 3, cancel, 1000, domain.Counts{Rows: 1500, Updated: 1000, Unprocessed: 500}, false, ""},
		{"ended before it began", domain.Update, 1, end, 0, domain.Counts{}, true, ""},
		{"ended after the first", domain.Update, 3, end, 1000, domain.Counts{}, true, "alreadyFinal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, c.action)
			d.jobs.at, d.jobs.then = c.look, c.then
			err := d.run(t, 0)
			if f, _ := fault.As(err); c.fails == "" && err != nil || c.fails != "" && (f == nil || string(f.Code) != c.fails) {
				t.Errorf("got %v, want %q", err, c.fails)
			}
			counts, there := d.results(t)
			if counts != c.counts || there == c.none || d.written(t) != c.written {
				t.Errorf("%+v (%t) and %d written, want %+v and %d", counts, there, d.written(t), c.counts, c.written)
			}
		})
	}
}

// What the machine would never send is refused before anything is written.
// A test reads where it costs half, an update where nothing is missed.
func TestWhereContactsAreRead(t *testing.T) {
	for action, want := range map[domain.Action]domain.Counts{
		domain.Test:   {Rows: 1500, Unchanged: 1500},
		domain.Update: {Rows: 1500, Updated: 1500},
	} {
		d := newDesk(t, action)
		late := memory.NewContacts(d.Now) // where somebody has JAZZ already
		for i := range 1500 {
			if _, err := late.Put(t.Context(), house, domain.Contact{Number: domain.ContactNumber(number(i)), Fields: map[domain.Field]domain.Value{genre: "JAZZ"}}, domain.Provenance{}); err != nil {
				t.Fatal(err)
			}
		}
		d.Late = late
		if err := d.run(t, 0); err != nil {
			t.Fatal(err)
		}
		if got, ok := d.results(t); !ok || got != want {
			t.Errorf("%s: %+v", action, got)
		}
	}
}

func TestRefuses(t *testing.T) {
	for name, n := range map[string]int{"a chunk too many": 1, "a negative one": -1} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, domain.Update)
			if f, ok := fault.As(d.run(t, n)); !ok || f.Code != "noSuchChunk" || d.written(t) > 0 {
				t.Errorf("%v, %d written", f, d.written(t))
			}
		})
	}
}

// Doing it again says the same.
func TestAgain(t *testing.T) {
	d := newDesk(t, domain.Update)
	for try := range 2 {
		if err := d.run(t, 0); err != nil {
			t.Fatal(err)
		}
		if counts, _ := d.results(t); counts.Updated != 1500 {
			t.Errorf("try %d: %+v", try, counts)
		}
	}
}

package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/memory"
)

const house = domain.InstitutionID("house")

const genre = domain.Field("criterion:GENRE")

func now() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// desk is what a ledger works on, with a log of what it does to the stores.
type desk struct {
	*memory.Contacts
	catalogue *memory.Catalogue
	files     *memory.Blobs
	jobs      *memory.Jobs
	done      []string // "used", "write" and "history", in order
	hist      []domain.HistoryEntry
}

func (d *desk) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	d.done = append(d.done, "write")
	return d.Contacts.Write(ctx, in, ws)
}

func (d *desk) MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error {
	d.done = append(d.done, "used")
	return d.catalogue.MarkUsed(ctx, in, used)
}

func (d *desk) Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error) {
	return d.catalogue.Catalogue(ctx, in)
}

func (d *desk) PutHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, es []domain.HistoryEntry) error {
	d.done = append(d.done, "history")
	d.hist = append(d.hist, es...)
	return d.Contacts.PutHistory(ctx, in, imp, round, chunk, es)
}

// newDesk has the criterion GENRE and contacts 1 to 9, all of them ROCK.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Contacts: memory.NewContacts(now), catalogue: memory.NewCatalogue(), files: memory.NewBlobs("files", now), jobs: memory.NewJobs(now)}
	if err := d.catalogue.PutSettings(t.Context(), house, domain.Settings{}); err != nil {
		t.Fatal(err)
	}
	d.define(t, false)
	for i := 1; i <= 9; i++ {
		c := domain.Contact{Number: domain.ContactNumber(fmt.Sprint(i)), Fields: map[domain.Field]domain.Value{genre: "ROCK"}}
		if _, err := d.Put(t.Context(), house, c, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// begin has a try of the first chunk begin.
func (d *desk) begin(t *testing.T, imp *domain.Import) {
	t.Helper()
	if _, err := d.jobs.BeginTry(t.Context(), house, imp.ID, 0, 0); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) define(t *testing.T, retired bool) {
	t.Helper()
	cat, err := d.catalogue.Catalogue(t.Context(), house)
	if err != nil {
		t.Fatal(err)
	}
	was, _ := cat.Lookup(genre)
	def := domain.FieldDef{Code: "GENRE", Label: "Genre", Kind: domain.SingleChoice, Version: was.Version,
		Values: []domain.Choice{{Code: "ROCK", Label: "Rock"}, {Code: "JAZZ", Label: "Jazz", Retired: retired}}}
	if err := d.catalogue.PutField(t.Context(), house, def); err != nil {
		t.Fatal(err)
	}
}

// plan stores one chunk of rows: contact, [old], [new] from line 2 on.
func (d *desk) plan(t *testing.T, imp *domain.Import, rows ...[3]string) *flow.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := flow.NewRowWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if err := w.Write(flow.Row{Line: i + 2, Cells: r[:]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d.put(t, flow.ChunkKey(house, imp.ID, 0), b.Bytes())
	return &flow.Plan{Version: flow.Version, Rows: len(rows), Columns: []flow.Column{
		{Name: "Contact", Role: flow.KeyRole}, {Name: "[old] GENRE", Role: flow.OldRole, Field: genre}, {Name: "[new] GENRE", Role: flow.NewRole, Field: genre},
	}, Chunks: []flow.ChunkRef{{Rows: len(rows), FirstLine: 2, LastLine: len(rows) + 1}}}
}

func (d *desk) put(t *testing.T, key string, b []byte) {
	t.Helper()
	if _, err := d.files.Put(t.Context(), key, bytes.NewReader(b), ""); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) ledger(imp *domain.Import, mode compare.Mode) *account.Ledger {
	l := &account.Ledger{Files: d.files, Catalogue: d, Chunks: d.jobs,
		Engine: &compare.Engine{Store: d, Institution: house, Import: imp.ID, Ticket: imp.Ticket, Mode: mode, OnConflict: domain.Skip, Now: now}}
	if mode != compare.Test {
		l.Histories = d
	}
	return l
}

// run accounts for the chunk and returns its results by line.
func run(t *testing.T, d *desk, l *account.Ledger, imp *domain.Import, plan *flow.Plan) (map[int]flow.Result, flow.Summary) {
	t.Helper()
	if err := l.Chunk(t.Context(), imp, plan, 0); err != nil {
		t.Fatal(err)
	}
	return d.sealed(t, imp)
}

// sealed returns the results that count.
func (d *desk) sealed(t *testing.T, imp *domain.Import) (map[int]flow.Result, flow.Summary) {
	t.Helper()
	state, err := d.jobs.ChunkState(t.Context(), house, imp.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.files.Get(t.Context(), state.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	out := map[int]flow.Result{}
	sum, err := flow.ReadResults(bytes.NewReader(b), func(r flow.Result) error { out[r.Line] = r; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

func update() *domain.Import {
	return &domain.Import{ID: "0199f0aa-0000-7000-8000-000000000001", Institution: house, DataType: domain.Criteria, Action: domain.Update, CreatedBy: "olga",
		Ticket: domain.Ticket{Slot: 3, Order: "0000007"}}
}

// unsealing dies before it seals.
type unsealing struct{ *memory.Jobs }

func (unsealing) Seal(context.Context, domain.InstitutionID, string, int, int, domain.Seal) (domain.ChunkState, error) {
	return domain.ChunkState{}, io.ErrUnexpectedEOF
}

// dies makes a try that writes its rows and leaves no results.
func dies(t *testing.T, d *desk, imp *domain.Import, plan *flow.Plan) {
	t.Helper()
	l := d.ledger(imp, compare.Update)
	l.Chunks = unsealing{d.jobs}
	if err := l.Chunk(t.Context(), imp, plan, 0); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
}

// brief is what a test says of a result.
func brief(r flow.Result) string {
	s := fmt.Sprintf("%s %s", r.Number, r.Outcome)
	for _, p := range r.Problems {
		s += " " + string(p.Code)
	}
	for _, c := range r.Changes {
		s += fmt.Sprintf(" %s→%s", c.Before, c.After)
	}
	return s
}

// Every row is counted once, in one place, and its result says why.
func TestRows(t *testing.T) {
	d, imp := newDesk(t), update()
	plan := d.plan(t, imp,
		[3]string{"#1", "ROCK", "JAZZ"},
		[3]string{"#2", "ROCK", "ROCK"},
		[3]string{"#3", "ROCK", ""},
		[3]string{"#4", "JAZZ", "Empty"},
		[3]string{"#5", "ROCK", "no such value"},
		[3]string{"five", "ROCK", "JAZZ"},
		[3]string{"#77", "ROCK", "JAZZ"},
		[3]string{"#6", "ROCK", "JAZZ"},
		[3]string{"#6", "ROCK", "JAZZ"},
		[3]string{"#7", "ROCK", "JAZZ"},
		[3]string{"#7", "ROCK", "Empty"})
	plan.Chunks[0].Duplicates = true
	dups, err := json.Marshal(flow.Duplicates{
		9:  {Others: []int{10}, First: true},
		10: {Others: []int{9}},
		11: {Others: []int{12}, Differ: true, First: true},
		12: {Others: []int{11}, Differ: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.put(t, flow.DuplicatesKey(house, imp.ID, 0), dups)
	results, sum := run(t, d, d.ledger(imp, compare.Update), imp, plan)
	for line, want := range map[int]string{
		2:  "1 updated ROCK→JAZZ",
		5:  "4 conflicted conflict",
		6:  "5 rejected unknownValue",
		7:  " rejected badNumber",
		8:  "77 rejected unknownContact",
		9:  "6 updated ROCK→JAZZ",
		11: "7 rejected differentLines",
		12: "7 rejected differentLines",
	} {
		t.Run(fmt.Sprintf("line %d", line), func(t *testing.T) {
			r := results[line]
			if got := brief(r); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if r.Outcome != domain.Updated && len(r.Cells) != 3 {
				t.Errorf("the cells are lost: %q", r.Cells)
			}
			for _, p := range r.Problems {
				if p.Line != line || p.Outcome != r.Outcome || r.Outcome == domain.RowConflicted && p.Contact != r.Number {
					t.Errorf("the problem is about %d %s %q", p.Line, p.Outcome, p.Contact)
				}
			}
		})
	}
	for _, line := range []int{3, 4, 10} {
		if r, ok := results[line]; ok {
			t.Errorf("line %d is unchanged, but has the result %s", line, brief(r))
		}
	}
	if want := (domain.Counts{Rows: 11, Updated: 2, Unchanged: 3, Rejected: 5, Conflicted: 1}); sum.Counts != want {
		t.Errorf("counts %+v, want %+v", sum.Counts, want)
	}
	if got := sum.Fields[genre]["ROCK"]["JAZZ"]; got != 2 {
		t.Errorf("%d changes ROCK to JAZZ are counted, want 2", got)
	}
}

// A code is known as used before it stands in a contact, so that nobody deletes
// it in between.
func TestUsedBeforeWritten(t *testing.T) {
	d, imp := newDesk(t), update()
	run(t, d, d.ledger(imp, compare.Update), imp, d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}))
	if want := []string{"used", "write", "history"}; !slices.Equal(d.done, want) {
		t.Errorf("did %v, want %v", d.done, want)
	}
	if want := []domain.HistoryEntry{{Number: "1", At: now(), Import: imp.ID, Line: 2, By: "olga", Field: genre, Before: "ROCK", After: "JAZZ"}}; !cmp.Equal(want, d.hist) {
		t.Errorf("history %s", cmp.Diff(want, d.hist))
	}
}

// A test reads, and leaves nothing behind.
func TestTestLeavesNothing(t *testing.T) {
	d, imp := newDesk(t), update()
	l := d.ledger(imp, compare.Test)
	l.Engine.Store = compare.ReadOnly(d.Contacts)
	results, _ := run(t, d, l, imp, d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}))
	if got := brief(results[2]); got != "1 updated ROCK→JAZZ" || len(d.done) > 0 {
		t.Errorf("%s, did %v", got, d.done)
	}
}

// A cancel is heard between two batches: what was written stays in the account,
// and of what is left, what an earlier try wrote.
func TestCancel(t *testing.T) {
	d, imp := newDesk(t), update()
	plan := d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}, [3]string{"#2", "ROCK", "JAZZ"}, [3]string{"#3", "ROCK", "no such value"})
	dies(t, d, imp, plan)
	if err := d.restore(t, "2"); err != nil {
		t.Fatal(err)
	}
	again := d.ledger(imp, compare.Update)
	again.Between = func(context.Context, domain.Counts) (bool, error) { return true, nil }
	d.done = nil
	results, sum := run(t, d, again, imp, plan)
	for line, want := range map[int]string{2: "1 updated ROCK→JAZZ", 3: "2 unprocessed cancelled", 4: "3 rejected unknownValue"} {
		if got := brief(results[line]); got != want {
			t.Errorf("line %d: %s, want %s", line, got, want)
		}
	}
	if want := (domain.Counts{Rows: 3, Updated: 1, Unprocessed: 1, Rejected: 1}); sum.Counts != want || slices.Contains(d.done, "write") {
		t.Errorf("%+v, did %v", sum.Counts, d.done)
	}
}

// restore makes a contact as it was before any import.
func (d *desk) restore(t *testing.T, n domain.ContactNumber) error {
	c := domain.Contact{Number: n, Fields: map[domain.Field]domain.Value{genre: "ROCK"}, Version: 1}
	return d.Load(t.Context(), house, func(yield func(domain.Contact) bool) { yield(c) })
}

// Rows of a chunk object that is damaged or missing are in the account, and a
// store that cannot be read now is tried again.
func TestLostRows(t *testing.T) {
	rows := make([][3]string, 2500)
	for i := range rows {
		rows[i] = [3]string{fmt.Sprintf("#%d", i%9+1), "", ""}
	}
	for _, c := range []struct {
		name string
		harm func(d *desk, key string, b []byte)
		lost bool
	}{
		{"whole", func(*desk, string, []byte) {}, false},
		{"cut", func(d *desk, key string, b []byte) { d.put(t, key, b[:len(b)-20]) }, true},
		{"missing", func(d *desk, key string, _ []byte) { d.files.Remove(key) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := newDesk(t), update()
			plan := d.plan(t, imp, rows...)
			key := flow.ChunkKey(house, imp.ID, 0)
			b, err := d.files.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			c.harm(d, key, b)
			_, sum := run(t, d, d.ledger(imp, compare.Update), imp, plan)
			if _, told := sum.Notes["chunkLost"]; sum.Counts.Rows != len(rows) || (sum.Counts.Unprocessed > 0) != c.lost || told != c.lost {
				t.Errorf("%+v %v", sum.Counts, sum.Notes)
			}
		})
	}
}

// failing cannot read chunk objects now.
type failing struct {
	*memory.Blobs
	err error
}

func (f failing) Open(context.Context, domain.Object) (domain.File, error) { return nil, f.err }

func TestStoreFails(t *testing.T) {
	d, imp := newDesk(t), update()
	plan := d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"})
	l := d.ledger(imp, compare.Update)
	l.Files = failing{d.files, io.ErrUnexpectedEOF}
	if err := l.Chunk(t.Context(), imp, plan, 0); err != io.ErrUnexpectedEOF {
		t.Errorf("got %v", err)
	}
	if state, err := d.jobs.ChunkState(t.Context(), house, imp.ID, 0, 0); err != nil || state.Sealed != "" || state.Tries != 1 {
		t.Errorf("there are results of rows that nobody read: %+v %v", state, err)
	}
}

// A row that an earlier try wrote stays updated when its value is retired before
// the retry. It is read twice for that, and noted once.
func TestRetiredBetweenTries(t *testing.T) {
	d, imp := newDesk(t), update()
	plan := d.plan(t, imp, [3]string{"#1", "ROCK", "JAZZ"}, [3]string{"#2", "ROCK", "JAZZ"})
	plan.Columns = slices.Delete(plan.Columns, 1, 2)
	first := d.plan(t, imp, [3]string{"#1", "JAZZ"})
	first.Columns = plan.Columns
	dies(t, d, imp, first)
	d.define(t, true)
	d.plan(t, imp, [3]string{"#1", "JAZZ"}, [3]string{"#2", "JAZZ"})
	results, sum := run(t, d, d.ledger(imp, compare.Update), imp, plan)
	for line, want := range map[int]string{2: "1 updated ROCK→JAZZ", 3: "2 rejected retiredValue"} {
		if got := brief(results[line]); got != want {
			t.Errorf("line %d: %s, want %s", line, got, want)
		}
	}
	if sum.Counts.Rows != 2 || len(sum.NotCompared) != 0 {
		t.Errorf("%+v, not compared %v", sum.Counts, sum.NotCompared)
	}
}

// sleeping lets something happen after a row's write is made and before it is
// sent.
type sleeping struct {
	*desk
	at    domain.ContactNumber
	until func()
}

func (s *sleeping) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	var out []domain.Written
	for _, w := range ws {
		if w.Number == s.at {
			s.until()
		}
		done, err := s.desk.Write(ctx, in, []domain.Write{w})
		if err != nil {
			return nil, err
		}
		out = append(out, done...)
	}
	return out, nil
}

// A try that sleeps while its chunk is settled, by finish or by another try, writes
// nothing that the account does not have.
func TestStraggler(t *testing.T) {
	rows := [][3]string{{"#1", "ROCK", "JAZZ"}, {"#2", "JAZZ", "ROCK"}, {"#3", "ROCK", "JAZZ"}, {"#88", "", "JAZZ"}}
	settle := func(t *testing.T, d *desk, imp *domain.Import, plan *flow.Plan) {
		l := d.ledger(imp, compare.Settle)
		if _, _, err := l.Settle(t.Context(), imp, plan, 0, func() {}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name      string
		meanwhile func(t *testing.T, d *desk, imp *domain.Import, plan *flow.Plan)
		counts    domain.Counts
		last      domain.Value
	}{
		{"finish settles", settle, domain.Counts{Rows: 4, Updated: 1, Unprocessed: 3}, "ROCK"},
		{"finish settles twice", func(t *testing.T, d *desk, imp *domain.Import, plan *flow.Plan) {
			settle(t, d, imp, plan)
			state, err := d.jobs.ChunkState(t.Context(), house, imp.ID, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			d.files.Remove(state.Sealed)
			settle(t, d, imp, plan)
		}, domain.Counts{Rows: 4, Updated: 1, Unprocessed: 3}, "ROCK"},
		{"another try", func(t *testing.T, d *desk, imp *domain.Import, plan *flow.Plan) {
			if err := d.ledger(imp, compare.Update).Chunk(t.Context(), imp, plan, 0); err != nil {
				t.Fatal(err)
			}
		}, domain.Counts{Rows: 4, Updated: 2, Unchanged: 1, Rejected: 1}, "JAZZ"},
		{"another try that is cancelled", func(t *testing.T, d *desk, imp *domain.Import, plan *flow.Plan) {
			l := d.ledger(imp, compare.Update)
			l.Between = func(context.Context, domain.Counts) (bool, error) { return true, nil }
			if err := l.Chunk(t.Context(), imp, plan, 0); err != nil {
				t.Fatal(err)
			}
		}, domain.Counts{Rows: 4, Updated: 1, Unprocessed: 3}, "ROCK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, imp := newDesk(t), update()
			plan := d.plan(t, imp, rows...)
			l := d.ledger(imp, compare.Update)
			l.Engine.Store = &sleeping{desk: d, at: "3", until: func() { c.meanwhile(t, d, imp, plan) }}
			if err := l.Chunk(t.Context(), imp, plan, 0); err != nil {
				t.Fatal(err)
			}
			results, sum := d.sealed(t, imp)
			if sum.Counts != c.counts {
				t.Errorf("%+v, want %+v", sum.Counts, c.counts)
			}
			last, err := d.Get(t.Context(), house, "3")
			if err != nil {
				t.Fatal(err)
			}
			if last.Get(genre) != c.last || (results[4].Outcome == domain.Updated) != (c.last == "JAZZ") {
				t.Errorf("contact 3 has %q, and its row is %s", last.Get(genre), brief(results[4]))
			}
			history, err := d.History(t.Context(), house, "1", 10)
			if err != nil {
				t.Fatal(err)
			}
			if c.name == "another try" && (len(history) != 2 || history[0].Import != imp.ID) {
				t.Errorf("the history is %+v", history)
			}
		})
	}
	t.Run("before any try", func(t *testing.T) {
		d, imp := newDesk(t), update()
		plan := d.plan(t, imp, rows...)
		settle(t, d, imp, plan)
		if err := d.ledger(imp, compare.Update).Chunk(t.Context(), imp, plan, 0); err != nil {
			t.Fatal(err)
		}
		if _, sum := d.sealed(t, imp); sum.Counts.Unprocessed != 4 || slices.Contains(d.done, "write") {
			t.Errorf("%+v, did %v", sum.Counts, d.done)
		}
	})
}

package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/steps/plan"
)

func (d *desk) job(t *testing.T) domain.Import {
	t.Helper()
	i, err := d.jobs.Import(t.Context(), house, id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// What the step leaves in the import, and what it answers the machine.
func TestRun(t *testing.T) {
	good := lines("Contact,[new] NOTE", "1,a", "2,b", "3,c", "4,d", "5,e")
	for _, c := range []struct {
		name   string
		file   string
		change func(*domain.Import)
		status domain.Status
		chunks int
		code   string
		ticket bool
		fails  string
	}{
		{"a test", good, func(*domain.Import) {}, domain.Running, 3, "", false, ""},
		{"an update holds a slot", good, func(i *domain.Import) { i.Action = domain.Update }, domain.Running, 3, "", true, ""},
		{"a rejected update does not", lines("Contact,[new] NOTE", "1,"), func(i *domain.Import) { i.Action = domain.Update }, domain.Checking, 0, "nothingToDo", false, ""},
		{"cancelled before", good, func(i *domain.Import) { i.Status = domain.Cancelled }, domain.Cancelled, 0, "", false, "alreadyFinal"},
		{"the file is gone", good, func(i *domain.Import) { i.Source.Key = "uploads/house/other" }, domain.Checking, 0, "fileGone", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.ChunkRows = 2
			d.contact(t, "1")
			out, err := d.run(t, domain.Criteria, c.file, c.change)
			if f, _ := fault.As(err); c.fails == "" && err != nil || c.fails != "" && (f == nil || string(f.Code) != c.fails) {
				t.Fatalf("got %v, want %q", err, c.fails)
			}
			i := d.job(t)
			if i.Status != c.status || out.Chunks != c.chunks || out.Rejected != (c.code != "") || i.Ticket.None() == c.ticket {
				t.Errorf("%s, %+v, ticket %+v", i.Status, out, i.Ticket)
			}
			if c.fails != "" {
				return
			}
			var items []flow.Chunk
			b, err := d.files.Get(t.Context(), out.Manifest)
			if err != nil || json.Unmarshal(b, &items) != nil || len(items) != c.chunks {
				t.Fatalf("manifest %s: %v", b, err)
			}
			for n, item := range items {
				if item.Chunk != n || item.Run != (flow.Run{Version: flow.Version, Institution: house, Import: id}) {
					t.Errorf("item %d is %+v", n, item)
				}
			}
			if c.code == "" && (i.Rows != 5 || i.Detected == nil || i.Detected.Rows != 5 || i.Detected.Columns != 2 || i.Detected.Format != "csv" || len(i.Headers) != 2) {
				t.Errorf("the import has %d rows, %+v, %d headers", i.Rows, i.Detected, len(i.Headers))
			}
			p := new(flow.Plan)
			if b, err := d.files.Get(t.Context(), flow.PlanKey(house, id)); err != nil || json.Unmarshal(b, p) != nil || code(p) != c.code || p.Version != flow.Version {
				t.Errorf("plan %s: %v", b, err)
			}
		})
	}
	t.Run("another version's message", func(t *testing.T) {
		if _, err := newDesk(t).Run(t.Context(), flow.Run{Version: flow.Version + 1, Institution: house, Import: id}); err == nil {
			t.Error("was taken")
		}
	})
}

// Rows go into chunks of at most so many rows, and of about so many bytes.
func TestChunks(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, c := range []struct {
		name        string
		rows, bytes int
		cells       []string
		want        [][3]int // rows, first line, last line
	}{
		{"one", 0, 0, []string{"a", "b", "c"}, [][3]int{{3, 2, 4}}},
		{"full", 3, 0, []string{"a", "b", "c"}, [][3]int{{3, 2, 4}}},
		{"one more", 3, 0, []string{"a", "b", "c", "d"}, [][3]int{{3, 2, 4}, {1, 5, 5}}},
		{"by bytes", 0, 100, []string{long, long, long}, [][3]int{{2, 2, 3}, {1, 4, 4}}},
		{"the bytes of a full chunk do not count for the next", 2, 100, []string{"a", long, "b", long, "c"}, [][3]int{{2, 2, 3}, {2, 4, 5}, {1, 6, 6}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.ChunkRows, d.ChunkBytes = c.rows, c.bytes
			d.contact(t, "1")
			file := []string{"Contact,[new] NOTE"}
			for i, cell := range c.cells {
				file = append(file, fmt.Sprintf("%d,%s", i+1, cell))
			}
			p := d.plan(t, domain.Criteria, lines(file...))
			var got [][3]int
			line := 2
			for n, ref := range p.Chunks {
				got = append(got, [3]int{ref.Rows, ref.FirstLine, ref.LastLine})
				for _, r := range d.rows(t, n) {
					if r.Line != line || !slices.Equal(r.Cells, []string{fmt.Sprint(line - 1), c.cells[line-2]}) {
						t.Errorf("chunk %d: %+v", n, r)
					}
					line++
				}
			}
			if !slices.Equal(got, c.want) || line != len(c.cells)+2 {
				t.Errorf("chunks %v, want %v", got, c.want)
			}
		})
	}
}

// The cells of columns that are left out are in no chunk; a row that cannot be
// read says which column is at fault.
func TestLeftOut(t *testing.T) {
	d := newDesk(t)
	p := d.plan(t, domain.Criteria, "Contact,Secret,[new] NOTE\n#1,x,=\"a\"\n2,y,b\x00\n3,y,c,d\n4,z,'=1+1\n",
		func(i *domain.Import) { i.Columns = map[string]string{"Secret": ""} })
	if p.Problem != nil || resolved(p.Columns) != "key new=criterion:NOTE" || len(p.Headers) != 3 || len(p.Headers[1].Samples) != 0 {
		t.Fatalf("%+v %s %+v", p.Problem, resolved(p.Columns), p.Headers)
	}
	for i, r := range d.rows(t, 0) {
		if slices.ContainsFunc(r.Cells, func(c string) bool { return strings.ContainsAny(c, "xyz") }) {
			t.Errorf("row %d has %q", i, r.Cells)
		}
		switch i {
		case 1:
			if r.Fault == nil || r.Fault.Column != "[new] NOTE" || r.Fault.Field != "NOTE" || r.Fault.Line != 3 || r.Fault.Outcome != domain.RowRejected {
				t.Errorf("line 3: %+v", r.Fault)
			}
		case 2:
			if r.Fault == nil || r.Fault.Column != "" || len(r.Cells) != 0 {
				t.Errorf("line 4: %+v %q", r.Fault, r.Cells)
			}
		case 3:
			if r.Cells[1] != "=1+1" {
				t.Errorf("line 5 keeps its guard: %q", r.Cells)
			}
		}
	}
}

// Several imports of an institution share what it may run at once.
func TestShare(t *testing.T) {
	for _, c := range []struct {
		name         string
		atOnce, mine int // chunks of mine
		others       []int
		want         int
	}{
		{"alone", 0, 3, nil, 4},
		{"alone, with another limit", 8, 3, nil, 8},
		{"of one chunk", 0, 1, nil, 1},
		{"beside one", 0, 3, []int{5}, 2},
		{"beside one of one chunk", 0, 3, []int{1}, 4},
		{"beside many", 0, 3, []int{2, 2, 2, 2, 2, 2}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.ChunkRows, d.AtOnce = 1, c.atOnce
			d.contact(t, "1")
			for k, n := range c.others {
				imp := domain.Import{ID: fmt.Sprintf("0199f0aa-0000-7000-8000-1000000000%02d", k), Institution: house, Status: domain.Running, Chunks: n, CreatedAt: now(), ExpiresAt: now().Add(time.Hour)}
				if _, _, err := d.jobs.CreateImport(t.Context(), imp, domain.Once{}, ""); err != nil {
					t.Fatal(err)
				}
			}
			file := []string{"Contact,[new] NOTE"}
			for i := range c.mine {
				file = append(file, fmt.Sprintf("%d,a", i+1))
			}
			out, err := d.run(t, domain.Criteria, lines(file...))
			if err != nil || out.AtOnce != c.want {
				t.Errorf("%d at once, want %d: %v", out.AtOnce, c.want, err)
			}
		})
	}
}

// A slot that an import held when it ended is given to the next one.
func TestSlotsOfTheDead(t *testing.T) {
	d := newDesk(t)
	ended := func(k int) domain.Status {
		if k == 40 {
			return domain.Failed
		}
		return domain.Running
	}
	for k := range 64 {
		imp := domain.Import{ID: fmt.Sprintf("0199f0aa-0000-7000-8000-1000000000%02d", k), Institution: house, Status: ended(k), CreatedAt: now(), ExpiresAt: now().Add(time.Hour)}
		if _, _, err := d.jobs.CreateImport(t.Context(), imp, domain.Once{}, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := d.jobs.TakeSlot(t.Context(), house, imp.ID); err != nil {
			t.Fatal(err)
		}
	}
	update := func(i *domain.Import) { i.Action = domain.Update }
	if _, err := d.run(t, domain.Criteria, lines("Contact,[new] NOTE", "1,a"), update); err != nil || d.job(t).Ticket.Slot != 40 {
		t.Errorf("ticket %+v, %v", d.job(t).Ticket, err)
	}
	other := newDesk(t)
	other.jobs = d.jobs
	other.Jobs = d.jobs
	imp := d.job(t)
	imp.ID, imp.Status, imp.Ticket = "0199f0aa-0000-7000-8000-200000000000", domain.Checking, domain.Ticket{}
	imp.Source, _ = other.uploads.Put(t.Context(), "x", strings.NewReader(lines("Contact,[new] NOTE", "1,a")), "")
	if _, _, err := d.jobs.CreateImport(t.Context(), imp, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	run := flow.Run{Version: flow.Version, Institution: house, Import: imp.ID}
	out, err := other.Run(t.Context(), run)
	if err != nil || !out.Queued || out.Chunks != 1 {
		t.Errorf("with all slots held by imports that run: %+v %v", out, err)
	}
	if imp, err = d.jobs.Import(t.Context(), house, imp.ID); err != nil || imp.Status != domain.Queued || !imp.Ticket.None() {
		t.Errorf("%s %+v %v", imp.Status, imp.Ticket, err)
	}
	// The file is not read again for a slot.
	other.uploads.Remove("x")
	if out, err = other.Run(t.Context(), run); err != nil || !out.Queued {
		t.Errorf("asked again: %+v %v", out, err)
	}
	if err := d.jobs.FreeSlot(t.Context(), house, id, d.job(t).Ticket); err != nil {
		t.Fatal(err)
	}
	if out, err = other.Run(t.Context(), run); err != nil || out.Queued || out.Chunks != 1 || out.AtOnce != 1 {
		t.Errorf("once one is free: %+v %v", out, err)
	}
	if imp, err = d.jobs.Import(t.Context(), house, imp.ID); err != nil || imp.Status != domain.Running || imp.Ticket.Slot != 40 || imp.Rows != 1 {
		t.Errorf("%s %+v %v", imp.Status, imp.Ticket, err)
	}
}

var errAway = errors.New("away")

type away struct{ *desk }

func (a away) Catalogue(context.Context, domain.InstitutionID) (*domain.Catalogue, error) {
	return nil, errAway
}

// What is away is no fault of the file's: the step fails and is tried again.
func TestAway(t *testing.T) {
	d := newDesk(t)
	d.Step.Catalogue = away{d}
	if _, err := d.run(t, domain.Criteria, lines("Contact,[new] NOTE", "1,a")); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
	if i := d.job(t); i.Status != domain.Checking || i.Problem != nil {
		t.Errorf("the import is %s: %+v", i.Status, i.Problem)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d = newDesk(t)
	if _, err := d.run(t, domain.Criteria, lines("Contact,[new] NOTE", "1,a")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Run(ctx, flow.Run{Version: flow.Version, Institution: house, Import: id}); fault.KindOf(err) != fault.Busy {
		t.Errorf("interrupted: %v", err)
	}
}

// asked counts how often the catalogue is read.
type asked struct {
	*desk
	n int
}

func (a *asked) Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error) {
	a.n++
	return a.catalogue.Catalogue(ctx, in)
}

// Limits, columns and cells are judged by one reading of the catalogue, also where the
// file is read a second time because its first dates misled.
func TestTheCatalogueIsReadOnce(t *testing.T) {
	rows := []string{"Email,Birth date"}
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf("m%d@example.org,03/04/1980", i))
	}
	for name, last := range map[string]string{"a file": "04/03/1981", "a file whose first dates mislead": "12/31/1981"} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			a, opened := &asked{desk: d}, 0
			d.Step.Catalogue = a
			d.Source = func(string) plan.Opener { opened++; return d.uploads }
			file := lines(append(slices.Clone(rows), "last@example.org,"+last)...)
			p, err := d.run(t, domain.Contacts, file, func(i *domain.Import) { i.CreatedBy = domain.Inbox })
			if err != nil || p.Rejected || a.n != 1 || (opened == 2) != (last == "12/31/1981") {
				t.Errorf("the catalogue was read %d times, the file %d: %+v %v", a.n, opened, p, err)
			}
		})
	}
}

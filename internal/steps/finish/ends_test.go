package finish_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// The slot is free once the account is closed, and the import knows of it no more.
func TestSlotIsGivenBack(t *testing.T) {
	d := newDesk(t)
	ticket, err := d.jobs.TakeSlot(t.Context(), house, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.jobs.ChangeImport(t.Context(), house, id, func(i *domain.Import) error { i.Ticket = ticket; return nil }); err != nil {
		t.Fatal(err)
	}
	d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	imp := d.run(t, run)
	held, err := d.jobs.HeldSlots(t.Context(), house)
	if err != nil || len(held) != 0 || !imp.Ticket.None() {
		t.Errorf("held %v, ticket %+v, %v", held, imp.Ticket, err)
	}
	if d.count["UnprocessedRows"] != 0 {
		t.Errorf("counted %v", d.count)
	}
}

// What was said of a file's columns is remembered by a done update, and by nothing
// else.
func TestLearns(t *testing.T) {
	learnt := domain.Learnt{Mapping: "m1", Columns: map[string]string{"Nom": "Last name"}}
	for _, c := range []struct {
		name   string
		change func(*domain.Import)
		rows   []flow.Result
		want   bool
	}{
		{"an update", func(*domain.Import) {}, []flow.Result{changed(2, "1", "ROCK", "JAZZ")}, true},
		{"a test", func(i *domain.Import) { i.Action = domain.Test }, []flow.Result{changed(2, "1", "ROCK", "JAZZ")}, false},
		{"an undo", func(i *domain.Import) { i.OfKind = domain.UndoOf }, []flow.Result{changed(2, "1", "ROCK", "JAZZ")}, false},
		{"one with rows left", func(*domain.Import) {}, []flow.Result{changed(2, "1", "ROCK", "JAZZ"), not(3, domain.Unprocessed)}, false},
		{"nothing was said", func(i *domain.Import) { i.Learnt = domain.Learnt{} }, []flow.Result{changed(2, "1", "ROCK", "JAZZ")}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, func(i *domain.Import) { i.Learnt, i.CreatedBy = learnt, "u1 olga@example.org"; c.change(i) })
			d.chunks(t, columns, c.rows)
			imp := d.run(t, run)
			m, err := d.mappings.Get(t.Context(), house, "m1")
			if !c.want {
				if err == nil || fault.KindOf(err) != fault.NotFound {
					t.Errorf("it is remembered: %+v %v", m, err)
				}
				return
			}
			if err != nil || m.ID != "m1" || m.DataType != domain.Criteria || m.Columns["Nom"] != "Last name" || m.Import != id ||
				!m.CreatedAt.Equal(imp.FinishedAt) || !m.UsedAt.Equal(imp.FinishedAt) || m.UsedBy != imp.CreatedBy {
				t.Errorf("%+v %v", m, err)
			}
		})
	}
	t.Run("a later import's word stands", func(t *testing.T) {
		d := newDesk(t, func(i *domain.Import) { i.Learnt = learnt })
		later := domain.Mapping{ID: "m1", Columns: map[string]string{"Nom": "First name"}, CreatedAt: d.Now(), UsedAt: d.Now().Add(time.Hour)}
		if err := d.mappings.Create(t.Context(), house, "m1", later); err != nil {
			t.Fatal(err)
		}
		d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
		d.run(t, run)
		if m, err := d.mappings.Get(t.Context(), house, "m1"); err != nil || m.Columns["Nom"] != "First name" || m.Import != "" {
			t.Errorf("%+v %v", m, err)
		}
	})
}

// A field with the name of a column of contacts is written with its full name in
// files of contacts, and only there.
func TestUndoNamesFieldsInFull(t *testing.T) {
	mail := domain.Field("authorisation:EMAIL")
	for _, c := range []struct {
		dt   domain.DataType
		want string
	}{
		{domain.Contacts, "Contact,[undo] created,[old] Email,[new] Email,[old] authorisation:EMAIL,[new] authorisation:EMAIL,[old] GENRE,[new] GENRE"},
		{domain.Authorisations, "Contact,[old] Email,[new] Email,[old] EMAIL,[new] EMAIL,[old] GENRE,[new] GENRE"},
	} {
		t.Run(string(c.dt), func(t *testing.T) {
			d := newDesk(t, func(i *domain.Import) { i.DataType = c.dt })
			if err := d.catalogue.PutField(t.Context(), house, domain.FieldDef{Code: "EMAIL", Label: "Mail", Kind: domain.Authorisation}); err != nil {
				t.Fatal(err)
			}
			d.chunks(t, []flow.Column{{Name: "Contact", Role: flow.KeyRole}, {Name: "Email", Role: flow.NewRole, Field: domain.ContactEmail},
				{Name: "[new] EMAIL", Role: flow.NewRole, Field: mail}, {Name: "[new] GENRE", Role: flow.NewRole, Field: genre}},
				[]flow.Result{changed(2, "1", "ROCK", "JAZZ")})
			d.run(t, run)
			if got := d.file(t, "undo")[0]; got != c.want {
				t.Errorf("header %q, want %q", got, c.want)
			}
		})
	}
}

// The most frequent changes of a field are listed one by one, the others together.
func TestFieldReportIsBounded(t *testing.T) {
	d := newDesk(t)
	var rows []flow.Result
	for i := range 60 {
		rows = append(rows, changed(i+2, domain.ContactNumber(fmt.Sprint(i+1)), "ROCK", "JAZZ"))
	}
	sum := flow.Summary{Fields: flow.FieldChanges{}}
	for i := range 60 {
		sum.Fields.Add(genre, fmt.Sprintf("V%02d", i), "JAZZ", 60-i)
	}
	d.chunksWith(t, columns, sum, rows)
	report := d.run(t, run).Fields
	if len(report) != 1 || len(report[0].Changes) != 51 {
		t.Fatalf("%d reports, %d changes", len(report), len(report[0].Changes))
	}
	first, last := report[0].Changes[0], report[0].Changes[50]
	if first != (domain.Transition{From: "V00", To: "JAZZ", Count: 60}) || last != (domain.Transition{From: "(other)", To: "(other)", Count: 55}) {
		t.Errorf("first %+v, last %+v", first, last)
	}
	if !slices.IsSortedFunc(report[0].Changes[:50], func(a, b domain.Transition) int { return b.Count - a.Count }) {
		t.Error("not the most frequent first")
	}
	t.Run("in bytes", func(t *testing.T) {
		d := newDesk(t)
		sum := flow.Summary{Fields: flow.FieldChanges{}}
		for i := range 50 {
			sum.Fields.Add(genre, strings.Repeat("V", 10_000)+fmt.Sprint(i), "JAZZ", 1)
		}
		d.chunksWith(t, columns, sum, rows[:50])
		if got := len(d.run(t, run).Fields[0].Changes); got != 13 { // 12 and the others
			t.Errorf("%d changes", got)
		}
	})
}

// Twenty fields whose cells are not compared are named, the others counted.
func TestNotComparedIsBounded(t *testing.T) {
	d := newDesk(t)
	cols := []flow.Column{{Name: "Contact", Role: flow.KeyRole}, {Name: "[new] GENRE", Role: flow.NewRole, Field: genre}} // which is compared
	sum := flow.Summary{NotCompared: map[domain.Field]int{}}
	for i := range 23 {
		code := fmt.Sprintf("F%02d", i)
		if err := d.catalogue.PutField(t.Context(), house, domain.FieldDef{Code: code, Label: code, Kind: domain.Text}); err != nil {
			t.Fatal(err)
		}
		f := domain.Field("criterion:" + code)
		cols = append(cols, flow.Column{Name: "[new] " + code, Role: flow.NewRole, Field: f})
		sum.NotCompared[f] = 2
	}
	d.chunksWith(t, cols, sum, []flow.Result{{Line: 2, Number: "1", Outcome: domain.Updated}})
	named, more := 0, ""
	for _, w := range d.run(t, run).Warnings {
		switch {
		case w.Code != "cellsNotCompared":
		case w.Params["fields"] != nil:
			more = fmt.Sprint(w.Params["cells"], " cells of ", w.Params["fields"])
		default:
			named++
		}
	}
	if named != 20 || more != "6 cells of 3" {
		t.Errorf("%d named, then %s", named, more)
	}
}

// A warning that came up once is told as it is, others with how often and where.
func TestNotesOfChunksAreAdded(t *testing.T) {
	d := newDesk(t)
	once, often := domain.Warning{Reason: reason.New("textMarks", 1), Line: 4}, domain.Warning{Reason: reason.New("rowsPadded", 1), Line: 2}
	sum := flow.Summary{Notes: map[reason.Code]flow.Note{once.Code: {Count: 1, Lines: []int{4}, First: once}, often.Code: {Count: 3, Lines: []int{2, 3, 5}, First: often}}}
	d.chunksWith(t, columns, sum, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	for _, w := range d.run(t, run).Warnings {
		switch {
		case w.Code == once.Code && (w.Times != 0 || w.Lines != nil || w.Line != 4):
			t.Errorf("once: %+v", w)
		case w.Code == often.Code && (w.Times != 3 || !slices.Equal(w.Lines, []int{2, 3, 5}) || w.Line != 2):
			t.Errorf("often: %+v", w)
		}
	}
}

// An authorisation that becomes true is counted, and said to have been refused if
// it was false.
func TestConsents(t *testing.T) {
	d := newDesk(t)
	mail := domain.Field("authorisation:MAIL")
	if err := d.catalogue.PutField(t.Context(), house, domain.FieldDef{Code: "MAIL", Label: "Mail", Kind: domain.Authorisation}); err != nil {
		t.Fatal(err)
	}
	sum := flow.Summary{Fields: flow.FieldChanges{}}
	sum.Fields.Add(mail, "", string(domain.True), 4)
	sum.Fields.Add(mail, string(domain.False), string(domain.True), 3)
	sum.Fields.Add(mail, string(domain.True), string(domain.False), 9)
	d.chunksWith(t, []flow.Column{{Name: "Contact", Role: flow.KeyRole}, {Name: "[new] MAIL", Role: flow.NewRole, Field: mail}}, sum, []flow.Result{{Line: 2, Number: "1", Outcome: domain.Updated}})
	for _, w := range d.run(t, run).Warnings {
		if w.Code == "consents" {
			if got := w.Message("en"); !strings.Contains(got, "7") || !strings.Contains(got, "3") {
				t.Errorf("it says %q", got)
			}
			return
		}
	}
	t.Error("nothing is said")
}

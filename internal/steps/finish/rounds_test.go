package finish_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/memory"
)

// resumed makes the import's present round one that came after the first.
func resumed(i *domain.Import) { i.Round = 1 }

func ofRound(n int) flow.Finish {
	in := run
	in.Round = n
	return in
}

// plan is one of a round that goes on from others.
func plan(cols []flow.Column, after ...int) flow.Plan {
	return flow.Plan{Version: flow.Version, Columns: cols, After: after}
}

// A resumed import is accounted for with what all its rounds did, in the order of
// the file.
func TestRounds(t *testing.T) {
	note := domain.Warning{Reason: reason.New("rowsPadded", 1)}
	noted := flow.Summary{Notes: map[reason.Code]flow.Note{note.Code: {Count: 1, Lines: []int{2}, First: note}}}
	d := newDesk(t, resumed)
	d.round(t, 0, plan(columns), noted,
		[]flow.Result{changed(2, "1", "ROCK", "JAZZ"), not(3, domain.Unprocessed), not(4, domain.RowRejected), not(5, domain.Unprocessed)},
		[]flow.Result{changed(6, "6", "", "JAZZ")},
		[]flow.Result{not(7, domain.Unprocessed), not(8, domain.Unprocessed)})
	d.round(t, 1, plan(columns, 0), noted,
		[]flow.Result{changed(3, "3", "", "JAZZ"), not(5, domain.Unprocessed)},
		nil,
		[]flow.Result{changed(7, "7", "", "JAZZ"), changed(8, "8", "ROCK", "")})
	imp := d.run(t, ofRound(1))
	if want := (domain.Counts{Rows: 7, Updated: 5, Rejected: 1, Unprocessed: 1}); imp.Counts != want || imp.Status != domain.Incomplete || imp.Accounted != 1 {
		t.Errorf("%+v %s, round %d, want %+v", imp.Counts, imp.Status, imp.Accounted, want)
	}
	lines := func(name string, at int) string {
		var out []string
		for _, l := range d.file(t, name)[1:] {
			out = append(out, strings.Split(l, ",")[at])
		}
		return strings.Join(out, " ")
	}
	if got := lines("errors", 3); got != "4 5" {
		t.Errorf("errors.csv has lines %s", got)
	}
	if got := lines("changes", 1); got != "2 3 6 7 8" {
		t.Errorf("changes.csv has lines %s", got)
	}
	// The last chunk was all done again: its first note is not counted twice.
	times := 0
	for _, w := range imp.Warnings {
		if w.Code == note.Code {
			times = w.Times
		}
	}
	if times != 4 {
		t.Errorf("noted %d times, want 4", times)
	}
	// The history of this round is kept, the earlier one's was.
	var kept []string
	for _, n := range []domain.ContactNumber{"1", "3", "6", "7", "8"} {
		es, err := d.Contacts.(*memory.Contacts).History(t.Context(), house, n, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			kept = append(kept, fmt.Sprintf("%d:%s→%s", e.Line, e.Before, e.After))
		}
	}
	if want := []string{"3:→JAZZ", "7:→JAZZ", "8:ROCK→"}; !slices.Equal(kept, want) {
		t.Errorf("history %v, want %v", kept, want)
	}
	state, err := d.jobs.ChunkState(t.Context(), house, id, 1, 0)
	if err != nil || !state.History {
		t.Errorf("%+v %v", state, err)
	}
}

// A test has no history.
func TestNoHistoryOfATest(t *testing.T) {
	d := newDesk(t, func(i *domain.Import) { i.Action = domain.Test })
	d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	d.run(t, run)
	es, err := d.Contacts.(*memory.Contacts).History(t.Context(), house, "1", 10)
	state, serr := d.jobs.ChunkState(t.Context(), house, id, 0, 0)
	if err := errors.Join(err, serr); err != nil || len(es) > 0 || state.History {
		t.Errorf("%v %+v %v", es, state, err)
	}
}

// The results of an earlier round cannot be made again: without them there is no
// account.
func TestRoundIsLost(t *testing.T) {
	d := newDesk(t, resumed)
	d.round(t, 0, plan(columns), flow.Summary{}, []flow.Result{not(2, domain.Unprocessed)})
	d.round(t, 1, plan(columns, 0), flow.Summary{}, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	state, err := d.jobs.ChunkState(t.Context(), house, id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	d.files.Remove(state.Sealed)
	if err := d.Run(t.Context(), ofRound(1)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
}

// A round that ended before its plan was made leaves what the one before accounted
// for.
func TestRoundNeverBegan(t *testing.T) {
	before := domain.Counts{Rows: 3, Updated: 1, Unprocessed: 2}
	d := newDesk(t, resumed, func(i *domain.Import) {
		i.Counts, i.Files, i.Accounted, i.Account = before, []string{"original", "changes"}, 0, "abc"
	})
	d.round(t, 0, plan(columns), flow.Summary{}, []flow.Result{not(2, domain.Unprocessed)})
	imp := d.run(t, ofRound(1))
	if imp.Counts != before || imp.Status != domain.Incomplete || imp.Problem == nil || imp.Problem.Code != "unprocessedRows" ||
		imp.Accounted != 0 || imp.Account != "abc" || !slices.Equal(imp.Files, []string{"original", "changes"}) {
		t.Errorf("%s %+v, %+v, files %v", imp.Status, imp.Problem, imp.Counts, imp.Files)
	}
}

// A round that was resumed since is not ended by what comes late of it.
func TestLateRound(t *testing.T) {
	d := newDesk(t, resumed, func(i *domain.Import) { i.Email = "olga@example.org" })
	d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	if imp := d.run(t, ofRound(0)); imp.Status != domain.Running || len(d.mails.Sent()) > 0 {
		t.Errorf("%s, %d mails", imp.Status, len(d.mails.Sent()))
	}
}

// Chunks that left no results are settled and counted; what became of their rows is
// looked up in the contacts by an update alone.
func TestSettles(t *testing.T) {
	for _, action := range []domain.Action{domain.Update, domain.Test} {
		t.Run(string(action), func(t *testing.T) {
			d := newDesk(t, func(i *domain.Import) { i.Action = action })
			if err := flow.PutRows(t.Context(), d.files, flow.ChunkKey(house, id, 0), []flow.Row{{Line: 2, Cells: []string{"#1", "ROCK", "", "JAZZ"}}}); err != nil {
				t.Fatal(err)
			}
			d.put(t, flow.PlanKey(house, id), []byte(`{"version":2,"columns":[{"name":"Contact","role":"key"},{"name":"[old] GENRE","role":"old","field":"criterion:GENRE"},`+
				`{"name":"x","role":"error"},{"name":"[new] GENRE","role":"new","field":"criterion:GENRE"}],"chunks":[{"rows":1,"firstLine":2,"lastLine":2}],"rows":1}`))
			if _, err := d.jobs.BeginTry(t.Context(), house, id, 0, 0); err != nil {
				t.Fatal(err)
			}
			contacts := d.Contacts.(*memory.Contacts)
			if _, err := contacts.Put(t.Context(), house, domain.Contact{Number: "1", Fields: map[domain.Field]domain.Value{genre: "ROCK"}}, domain.Provenance{}); err != nil {
				t.Fatal(err)
			}
			w := domain.Write{Number: "1", If: map[domain.Field]domain.Value{genre: "ROCK"}, Set: map[domain.Field]domain.Value{genre: "JAZZ"}, Strict: true,
				Applied: domain.Applied{Import: id, Line: 2}, Ticket: domain.Ticket{Order: "0000007"}}
			if _, err := contacts.Write(t.Context(), house, []domain.Write{w}); err != nil {
				t.Fatal(err)
			}
			imp := d.run(t, run)
			want := domain.Counts{Rows: 1, Updated: 1}
			if action == domain.Test {
				want = domain.Counts{Rows: 1, Unprocessed: 1}
			}
			if imp.Counts != want || d.count["SettledChunks"] != 1 {
				t.Errorf("%+v, counted %v", imp.Counts, d.count)
			}
		})
	}
}

// What plan has said of the file is told with the rows' notes, and the corrected
// file is among the files.
func TestWhatPlanSaid(t *testing.T) {
	p := plan(columns)
	p.Warnings, p.Corrected = []domain.Warning{{Reason: reason.New("textMarks", 1), Line: 9}}, true
	later, sooner := domain.Warning{Reason: reason.New("veryOld", "1900-01-01", 120), Line: 8}, domain.Warning{Reason: reason.New("rowsPadded", 1), Line: 3}
	d := newDesk(t)
	d.round(t, 0, p, flow.Summary{Notes: map[reason.Code]flow.Note{later.Code: {Count: 1, First: later}, sooner.Code: {Count: 2, Lines: []int{3, 4}, First: sooner}}},
		[]flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	imp := d.run(t, run)
	var got []string
	for _, w := range imp.Warnings {
		got = append(got, fmt.Sprintf("%s %d×%d", w.Code, w.Line, w.Times))
	}
	if want := []string{"textMarks 9×0", "rowsPadded 3×2", "veryOld 8×0"}; !slices.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if want := []string{"original", "changes", "undo", "corrected"}; !slices.Equal(imp.Files, want) {
		t.Errorf("files %v", imp.Files)
	}
}

// Only an update's contacts have entries of erased ones taken out, and only rows of
// an import that nobody cancelled are counted as left.
func TestErasedAreTakenOut(t *testing.T) {
	for _, c := range []struct {
		action domain.Action
		want   int
	}{{domain.Update, 1}, {domain.Test, 0}} {
		d := newDesk(t, func(i *domain.Import) { i.Action = c.action })
		erased := &erasing{Contacts: d.Contacts.(*memory.Contacts)}
		d.Contacts = erased
		d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
		if d.run(t, run); erased.times != c.want {
			t.Errorf("%s: taken out %d times, want %d", c.action, erased.times, c.want)
		}
	}
	d := newDesk(t, func(i *domain.Import) { i.Cancel = true })
	d.chunks(t, columns, []flow.Result{not(2, domain.Unprocessed)})
	if d.run(t, run); d.count["UnprocessedRows"] != 0 {
		t.Errorf("counted %v", d.count)
	}
}

// The mail goes to the address of the import, and says by which it comes back.
func TestMailIsTheImports(t *testing.T) {
	d := newDesk(t, func(i *domain.Import) { i.Email = "olga@example.org" })
	d.chunks(t, columns, []flow.Result{changed(2, "1", "ROCK", "JAZZ")})
	d.run(t, run)
	if got := d.mails.Sent(); len(got) != 1 || got[0].To != "olga@example.org" || got[0].Job != (domain.Job{Institution: house, Kind: domain.ImportJob, ID: id}) {
		t.Errorf("%+v", got)
	}
}

// erasing counts how often entries of erased contacts are taken out.
type erasing struct {
	*memory.Contacts
	times int
}

func (e *erasing) TakeOutErased(ctx context.Context, in domain.InstitutionID, imp string, round, chunks int) error {
	e.times++
	return e.Contacts.TakeOutErased(ctx, in, imp, round, chunks)
}

package importtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// away is a catalogue that cannot be read.
type away struct{}

func (away) Catalogue(context.Context, domain.InstitutionID) (*domain.Catalogue, error) {
	return nil, errKilled
}

// leftFile is an update of n contacts: lines 2, 5, 8 … are rejected, lines 3, 6,
// 9 … change nothing, the others get another note.
func leftFile(n int) string {
	var b strings.Builder
	b.WriteString("Contact,[new] NOTE\n")
	for i := range n {
		note := []string{strings.Repeat("long ", 60), "", "noted"}[i%3]
		fmt.Fprintf(&b, "#%s,%s\n", demo.Number(i), note)
	}
	return b.String()
}

// An import that was stopped and resumed, once or more, ends with the account, the
// files, the history and the values of one that was not.
func TestResume(t *testing.T) {
	const rows = 30
	whole := importtest.New(t, rows)
	whole.Plan.ChunkRows = 4
	want := whole.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows), importtest.MailTo("ana@aurora.example"))
	for _, c := range []struct {
		name string
		// fails says of a chunk's try in a round that it is killed, before or after
		// it did its work.
		before, after func(round, chunk int) bool
		rounds        int
	}{
		{"a chunk that never began", func(round, n int) bool { return round == 0 && n == 2 }, nil, 1},
		{"chunks that never began, twice", func(round, n int) bool { return round < 2 && n >= 1+round }, nil, 2},
		{"all that never began", func(round, _ int) bool { return round == 0 }, nil, 1},
		{"one in each of four rounds", func(round, n int) bool { return n >= 2*round+1 }, nil, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := importtest.New(t, rows)
			w.Plan.ChunkRows = 4
			round := 0
			w.BeforeChunk = func(n, _ int) error {
				if c.before(round, n) {
					return errKilled
				}
				return nil
			}
			imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows), importtest.MailTo("ana@aurora.example"))
			for imp.Status != domain.Done {
				if !slices.Contains([]domain.Status{domain.Incomplete, domain.Failed}, imp.Status) || round > 4 {
					t.Fatalf("round %d ended as %s: %+v", round, imp.Status, imp.Counts)
				}
				if (imp.Status == domain.Failed) != (imp.Counts.Unprocessed == rows) {
					t.Errorf("%s with %+v", imp.Status, imp.Counts)
				}
				round++
				imp = w.Resume(t, imp)
			}
			if round != c.rounds {
				t.Errorf("it took %d rounds, want %d", round, c.rounds)
			}
			same(t, w, imp, whole, want)
			if n := len(w.Mails.Sent()); n != c.rounds+1 {
				t.Errorf("%d mails for %d rounds", n, c.rounds+1)
			}
			undone := w.Follow(t, imp, domain.UndoOf)
			if undone.Counts.Updated != want.Counts.Updated || undone.Status != domain.Done {
				t.Errorf("the undo puts back %+v", undone.Counts)
			}
		})
	}
}

// same compares what an import left behind with what another one did.
func same(t *testing.T, w *importtest.World, imp domain.Import, whole *importtest.World, want domain.Import) {
	t.Helper()
	if imp.Counts != want.Counts || imp.Status != want.Status || imp.ProblemsAll != want.ProblemsAll || imp.Problem != nil {
		t.Errorf("%s %+v, %d problems, want %s %+v, %d", imp.Status, imp.Counts, imp.ProblemsAll, want.Status, want.Counts, want.ProblemsAll)
	}
	if d := cmp.Diff(want.Problems, imp.Problems); d != "" {
		t.Errorf("problems: %s", d)
	}
	if d := cmp.Diff(want.Warnings, imp.Warnings); d != "" {
		t.Errorf("warnings: %s", d)
	}
	if d := cmp.Diff(want.Fields, imp.Fields); d != "" {
		t.Errorf("fields: %s", d)
	}
	if d := cmp.Diff(want.Files, imp.Files); d != "" {
		t.Errorf("files: %s", d)
	}
	for _, name := range want.Files {
		if name != flow.Original {
			if d := cmp.Diff(whole.File(t, want, name), w.File(t, imp, name)); d != "" {
				t.Errorf("%s.csv: %s", name, d)
			}
		}
	}
	note := domain.Field("criterion:NOTE")
	for i := range want.Counts.Rows {
		n := demo.Number(i)
		if got, want := w.Value(t, demo.Aurora, n, note), whole.Value(t, demo.Aurora, n, note); got != want {
			t.Errorf("contact %s has %q, want %q", n, got, want)
		}
		got, err := w.Contacts.History(t.Context(), demo.Aurora, n, 10)
		then, err2 := whole.Contacts.History(t.Context(), demo.Aurora, n, 10)
		if err != nil || err2 != nil || len(got) != len(then) {
			t.Errorf("contact %s has %d entries of history, want %d: %v %v", n, len(got), len(then), err, err2)
		}
	}
}

// A cancelled import goes on where it was; what was rejected stays so.
func TestResumeCancelled(t *testing.T) {
	const rows = 30
	whole := importtest.New(t, rows)
	want := whole.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows))
	w := importtest.New(t, rows)
	w.Plan.ChunkRows, w.OneByOne = 4, true
	imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
	w.BeforeChunk = func(n, _ int) error {
		if n == 3 {
			_, err := w.Jobs.ChangeImport(t.Context(), imp.Institution, imp.ID, func(i *domain.Import) error { i.Cancel = true; return nil })
			return err
		}
		return nil
	}
	imp = w.Upload(t, imp, leftFile(rows))
	if imp.Status != domain.Cancelled || imp.Counts.Unprocessed == 0 || imp.Counts.Updated == 0 {
		t.Fatalf("%s %+v", imp.Status, imp.Counts)
	}
	w.BeforeChunk = nil
	same(t, w, w.Resume(t, imp), whole, want)
}

// An import that was never checked begins anew, and one that is rejected then is
// rejected.
func TestResumeUnchecked(t *testing.T) {
	w := importtest.New(t, 3)
	w.Plan.Catalogue = away{}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(3))
	if imp.Status != domain.Failed || string(imp.Problem.Code) != "checkFailed" {
		t.Fatalf("%s %+v", imp.Status, imp.Problem)
	}
	w.Plan.Catalogue = w.Catalogue
	if imp = w.Resume(t, imp); imp.Status != domain.Done || imp.Counts.Updated != 1 || imp.Counts.Rejected != 1 {
		t.Errorf("%s %+v", imp.Status, imp.Counts)
	}
	if imp.Resumable() {
		t.Error("it can be resumed again")
	}
}

// A round may be stopped while its plan is being made, and closed before the plan is
// stored. That one counts for nothing, whichever round it was of.
func TestResumeAfterLatePlan(t *testing.T) {
	const rows = 30
	whole := importtest.New(t, rows)
	want := whole.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows))
	for late := range 3 { // the round that is stopped
		t.Run(fmt.Sprintf("round %d", late), func(t *testing.T) {
			w := importtest.New(t, rows)
			w.Plan.ChunkRows = 4
			w.BeforeChunk = func(n, _ int) error {
				if n%(late+1) == 0 && late > 0 {
					return errKilled
				}
				return nil
			}
			var key string
			var plan []byte
			round := 0
			w.AfterPlan = func(run flow.Run) error {
				if round = run.Round; round != late {
					return nil
				}
				key = flow.PlanKey(run.Institution, domain.RunID(run.Import, run.Round))
				var err error
				if plan, err = w.Files.Get(t.Context(), key); err != nil {
					return err
				}
				w.Files.Remove(key)
				return errKilled
			}
			imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows))
			for round < late {
				if imp.Counts.Unprocessed == 0 {
					t.Fatalf("round %d: %s %+v", round, imp.Status, imp.Counts)
				}
				imp = w.Resume(t, imp)
			}
			if imp.Status == domain.Done {
				t.Fatalf("the stopped round: %s %+v", imp.Status, imp.Counts)
			}
			if _, err := w.Files.Put(t.Context(), key, bytes.NewReader(plan), "application/json"); err != nil {
				t.Fatal(err)
			}
			w.AfterPlan, w.BeforeChunk = nil, nil
			same(t, w, w.Resume(t, imp), whole, want)
		})
	}
}

// A resumed round that is stopped before its check says what the round before said.
func TestResumeStoppedBeforeCheck(t *testing.T) {
	w := importtest.New(t, 3)
	w.Plan.Catalogue = away{}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(3))
	if imp = w.Resume(t, imp); imp.Status != domain.Failed || imp.Counts.Rows != 0 || string(imp.Problem.Code) != "checkFailed" || !imp.Resumable() {
		t.Errorf("%s %+v %+v", imp.Status, imp.Counts, imp.Problem)
	}
}

// A chunk whose rows were lost is read again from the file.
func TestResumeLostRows(t *testing.T) {
	const rows = 30
	whole := importtest.New(t, rows)
	want := whole.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows))
	for _, source := range []bool{true, false} {
		t.Run(fmt.Sprintf("the file is there %v", source), func(t *testing.T) {
			w := importtest.New(t, rows)
			w.Plan.ChunkRows = 4
			imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
			w.BeforeChunk = func(n, _ int) error {
				if n == 2 {
					w.Files.Remove(flow.ChunkKey(imp.Institution, imp.ID, n))
				}
				return nil
			}
			imp = w.Upload(t, imp, leftFile(rows))
			if imp.Status != domain.Incomplete || imp.Counts.Unprocessed != 4 {
				t.Fatalf("%s %+v", imp.Status, imp.Counts)
			}
			w.BeforeChunk = nil
			if !source {
				w.Uploads.Remove(imp.Source.Key)
				got := w.Resume(t, imp)
				if got.Status != domain.Incomplete || got.Counts != imp.Counts || string(got.Problem.Code) != "unprocessedRows" {
					t.Errorf("%s %+v %+v", got.Status, got.Counts, got.Problem)
				}
				return
			}
			same(t, w, w.Resume(t, imp), whole, want)
		})
	}
}

// An update waits for a slot, and goes on once one is free; cancelled meanwhile it
// has done nothing.
func TestQueued(t *testing.T) {
	for _, cancel := range []bool{false, true} {
		t.Run(fmt.Sprintf("cancelled %v", cancel), func(t *testing.T) {
			w := importtest.New(t, 3)
			var held []domain.Ticket
			for k := range domain.Slots {
				other := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
				ticket, err := w.Jobs.TakeSlot(t.Context(), demo.Aurora, other.ID)
				if err != nil || ticket.Slot != k {
					t.Fatalf("%+v %v", ticket, err)
				}
				held = append(held, ticket)
			}
			holder := fmt.Sprintf("0199f0aa-0000-7000-8000-%012d", 1)
			imp := w.Create(t, demo.Aurora, domain.Criteria, domain.Update)
			looks := 0
			w.WhileQueued = func() bool {
				now := w.Get(t, imp)
				if now.Status != domain.Queued {
					t.Errorf("it is %s", now.Status)
				}
				if looks++; looks < 3 {
					return true
				}
				if cancel {
					_, err := w.Jobs.ChangeImport(t.Context(), imp.Institution, imp.ID, func(i *domain.Import) error { i.Cancel = true; return nil })
					return err == nil
				}
				return w.Jobs.FreeSlot(t.Context(), demo.Aurora, holder, held[0]) == nil
			}
			imp = w.Upload(t, imp, leftFile(3))
			want := domain.Done
			if cancel {
				want = domain.Cancelled
			}
			if imp.Status != want || cancel == (imp.Counts.Updated == 1) || imp.Counts.Rows != 3 {
				t.Errorf("%s %+v", imp.Status, imp.Counts)
			}
			if !imp.Ticket.None() {
				t.Error("it still holds a slot")
			}
			if cancel && (!imp.Resumable() || imp.Counts.Unprocessed != 1) {
				t.Errorf("cancelled while queued: %+v", imp.Counts)
			}
		})
	}
}

// A message of an earlier round does nothing in a later one.
func TestMessagesOfEarlierRounds(t *testing.T) {
	const rows = 12
	w := importtest.New(t, rows)
	w.Plan.ChunkRows = 4
	first := true
	w.BeforeChunk = func(n, _ int) error {
		if first && n == 1 {
			return errKilled
		}
		return nil
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows))
	old := flow.Run{Version: flow.Version, Institution: imp.Institution, Import: imp.ID}
	first = false
	w.BeforeChunk = func(n, _ int) error {
		for n := range 3 {
			if err := w.Chunk.Run(t.Context(), flow.Chunk{Run: old, Chunk: n}); err != nil {
				return err
			}
		}
		if err := w.Finish.Run(t.Context(), flow.Finish{Run: old}); err != nil {
			return err
		}
		if _, err := w.Plan.Run(t.Context(), old); err == nil {
			return errors.New("planned again")
		}
		if now := w.Get(t, imp); now.Status != domain.Running || now.Round != 1 {
			t.Errorf("round %d is %s", now.Round, now.Status)
		}
		return nil
	}
	if imp = w.Resume(t, imp); imp.Status != domain.Done || imp.Counts.Unprocessed != 0 || imp.Counts.Rows != rows {
		t.Errorf("%s %+v", imp.Status, imp.Counts)
	}
}

// The file as it was corrected is that of all rounds, and a resumed import still
// has it.
func TestResumeWithCorrections(t *testing.T) {
	const rows = 12
	w := importtest.New(t, rows)
	w.Plan.ChunkRows = 4
	w.BeforeChunk = func(n, _ int) error {
		if n == 1 {
			return errKilled
		}
		return nil
	}
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, leftFile(rows),
		corrected(t, w, []domain.Correction{{Column: "[new] NOTE", From: txt("noted"), To: txt("seen")}}))
	before := w.File(t, imp, flow.Corrected)
	w.BeforeChunk = nil
	imp = w.Resume(t, imp)
	if imp.Status != domain.Done || !slices.Contains(imp.Files, flow.Corrected) {
		t.Fatalf("%s with %v", imp.Status, imp.Files)
	}
	if d := cmp.Diff(before, w.File(t, imp, flow.Corrected)); d != "" || !strings.Contains(before, "seen") {
		t.Errorf("the corrected file: %s", d)
	}
	if got := w.Value(t, demo.Aurora, demo.Number(5), "criterion:NOTE"); got != "seen" {
		t.Errorf("a row of the second round has %q", got)
	}
}

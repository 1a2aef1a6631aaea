package importtest_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// told is what an import says of a file.
type told struct {
	Status   domain.Status
	Counts   domain.Counts
	Problem  *domain.FileProblem
	Problems []domain.Problem
	Warnings []domain.Warning
	Fields   []domain.FieldReport
	Headers  []domain.Header
	Detected *domain.Detected
}

func tell(i domain.Import) told {
	return told{i.Status, i.Counts, i.Problem, i.Problems, i.Warnings, i.Fields, i.Headers, i.Detected}
}

// listed is what changes.csv lists: each line's field with the values before and
// after, without the contacts, as those that a test would create have no number.
func listed(t testing.TB, w *importtest.World, imp domain.Import) [][]string {
	t.Helper()
	if !slices.Contains(imp.Files, "changes") {
		return nil
	}
	var out [][]string
	for _, rec := range records(t, w.File(t, imp, "changes"))[1:] {
		out = append(out, rec[1:])
	}
	return out
}

// whole takes a file through all that can be done with it: the test, which is run
// twice and writes nothing, the update of it, and the undo, before which between
// reads back what is stored.
//
// What must hold of every file: both tests say the same; the update says what its
// test said and changes exactly the cells that the test listed; the database is what
// changes.csv says; the undo leaves exactly what was there before.
func whole(t testing.TB, w *importtest.World, dt domain.DataType, file string, between func(test, up domain.Import), opts ...importtest.Option) {
	t.Helper()
	before := stored(t, w, demo.Aurora)
	test := w.Import(t, demo.Aurora, dt, domain.Test, file, opts...)
	accounts(t, w, test, before)
	again := w.Import(t, demo.Aurora, dt, domain.Test, file, opts...)
	accounts(t, w, again, before)
	if d := cmp.Diff(tell(test), tell(again)); d != "" {
		t.Errorf("the same test again says otherwise (-first +second): %s", d)
	}
	for _, name := range test.Files {
		if name != "original" && name != flow.ErrorsBook && !cmp.Equal(w.File(t, test, name), w.File(t, again, name)) {
			t.Errorf("the same test again has another %s.csv", name)
		}
	}
	up := w.Follow(t, test, domain.UpdateOf)
	accounts(t, w, up, before)
	if d := cmp.Diff(tell(test), tell(up)); d != "" {
		t.Errorf("the test did not predict the update (-test +update): %s", d)
	}
	if d := cmp.Diff(listed(t, w, test), listed(t, w, up)); d != "" {
		t.Errorf("the update changes other cells than the test listed (-test +update): %s", d)
	}
	between(test, up)
	changed := up.Counts.Updated + up.Counts.Created
	if slices.Contains(up.Files, "undo") != (changed > 0) {
		t.Fatalf("%d contacts changed, and the files are %q", changed, up.Files)
	}
	if changed == 0 {
		return
	}
	now := stored(t, w, demo.Aurora)
	undo := w.Follow(t, up, domain.UndoOf)
	accounts(t, w, undo, now)
	if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" || undo.Counts.Updated != changed || undo.Counts.Rows != changed {
		t.Errorf("undo %+v %v (-before +after undo): %s", undo.Counts, problems(undo), d)
	}
}

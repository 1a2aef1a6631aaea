package importtest_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// anyList draws a list of contacts as somebody keeps it: columns under names of ours
// and of nobody, cells that are mostly right, and in the column Private a secret.
func anyList(r *rapid.T, name string) (head []string, rows [][]string) {
	kinds := map[string][]string{
		"Email":      {"", "c0000001@example.org", "C0000002@example.org", "neu@list.example", "another@list.example", "bad"},
		"Last name":  {"", "Nowak", "Muster", "Name 0000001", "O&#039;Neil", "MEIER", "P?erov"},
		"Vorname":    {"", "Ann", "Bob", "Ann-Marie", "A."},
		"Birth date": {"", "1985-04-12", "03/04/1985", "25/12/1985", "12/25/1985", "12 avril 1985", "0/0/00", "1985"},
		"Tel":        {"", "+41446681800", "06 12 34 56 78", "020 7946 0018", "44 20 7946 0018", "12"},
		"Postcode":   {"", "3011", "1067", "='01067", "LS1 4AP"},
		"Country":    {"", "CH", "Deutschland", "FR", "Nowhere"},
		"Wer":        {"", "x", "Empty", "\\Empty", "1.250", "4.9E+15"},
		"Was":        {"", "JAZZ", "ROCK", "jaz", "TRUE", "1,5"},
	}
	names := slices.Sorted(maps.Keys(kinds))
	head = append([]string{"Contact", "Private"}, rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, len(names), rapid.ID).Draw(r, name+": columns")...)
	for range rapid.IntRange(1, crowd).Draw(r, name+": rows") {
		row := []string{rapid.SampledFrom([]string{"", "#0000001", "#0000002", "0000003", "4", "#0000999"}).Draw(r, name+": contact"), importtest.Secret}
		for _, h := range head[2:] {
			row = append(row, rapid.SampledFrom(kinds[h]).Draw(r, name+": "+h))
		}
		rows = append(rows, row)
	}
	return head, rows
}

// anyRecipe draws how it is read: Private is left out, the others are for whatever
// is free.
func anyRecipe(r *rapid.T, head []string) domain.Recipe {
	one := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(r, what) }
	free := rapid.Permutation([]string{"[new] NOTE", "[new] GENRE", "[new] PHONE", "[new] SPENT", "City"}).Draw(r, "free")
	columns := map[string]string{"Private": ""}
	for _, h := range head {
		if h == "Wer" || h == "Was" || h != "Private" && h != "Contact" && rapid.IntRange(0, 5).Draw(r, "look at "+h) == 0 {
			columns[h], free = free[0], free[1:]
			if len(free) == 0 {
				free = []string{""}
			}
		}
	}
	return domain.Recipe{Columns: columns, DateOrder: one("date order", "", "dmy", "mdy"), DecimalSign: one("sign", "", "point", "comma"), Country: one("country", "", "FR", "GB"),
		Mode: domain.Mode(one("mode", "", string(domain.CreateOnly), string(domain.UpdateOnly))), Fill: rapid.Bool().Draw(r, "fill"), AllowSamePerson: rapid.Bool().Draw(r, "same person"),
		OnConflict: domain.OnConflict(one("on conflict", string(domain.Skip), string(domain.Overwrite))), Proof: one("proof", "", "form of the fair")}
}

// Bytes and a recipe decide what happens, whatever they are: see whole for what holds
// of them. Nothing of a column that is left out is stored but in the uploaded file.
func TestARecipeDecides(t *testing.T) {
	changed, done := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		tb := both{t, r}
		w, _ := crowded(tb)
		w.Plan.ChunkRows = rapid.SampledFrom([]int{0, 2}).Draw(r, "rows of a chunk")
		head, rows := anyList(r, "list")
		file := asFile(r, tb, append([][]string{head}, rows...))
		recipe := anyRecipe(r, head)
		whole(tb, w, domain.Contacts, file, func(test, up domain.Import) {
			if changed += up.Counts.Created + up.Counts.Updated; up.Status == domain.Done {
				done++
			}
			if b, err := json.Marshal([]domain.Import{test, up}); err != nil || bytes.Contains(b, []byte(importtest.Secret)) {
				r.Errorf("%v: the import has what was left out: %s", err, b)
			}
		}, func(i *domain.Import) { i.Recipe = recipe })
		nowhereBut(tb, w, "no import asked")
	})
	if changed == 0 || done == 0 {
		t.Errorf("%d files came in and changed %d contacts: the property says nothing", done, changed)
	}
}

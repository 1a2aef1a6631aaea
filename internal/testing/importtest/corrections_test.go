package importtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

func txt(s string) *string { return &s }

// corrected makes an import by corrections, as the API stores them.
func corrected(t *testing.T, w *importtest.World, list []domain.Correction, tests ...string) importtest.Option {
	t.Helper()
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	key := flow.CorrectionsKey(demo.Aurora, fmt.Sprintf("made-%d", len(w.Files.Keys())))
	if _, err := w.Files.Put(t.Context(), key, strings.NewReader(string(b)), "application/json"); err != nil {
		t.Fatal(err)
	}
	return func(i *domain.Import) { i.Corrections = &domain.Corrections{Key: key, Count: len(list), Tests: tests} }
}

// changed is how many cells each correction of an import changed.
func changed(t *testing.T, w *importtest.World, imp domain.Import) []int {
	t.Helper()
	b, err := w.Files.Get(t.Context(), flow.CorrectedKey(imp.Institution, imp.ID))
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Corrections are applied in their order by the pass that reads the file: the test
// says what the update then does, the file as it was read is there, and the undo
// knows nothing of them.
func TestCorrections(t *testing.T) {
	const file = "Contact;Email;First name;Last name;City;Notes\n" +
		";eva@list.example;Eva;Xaver;Brn ;x\n" +
		";max@list;Max;Quint;Brn;y\n" +
		";leo@list.example;Leo;Rasch;Genf;z\n" +
		";broken;row\n" +
		";ida@list.example;Ida;Sander\n"
	w := importtest.New(t, 3)
	test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file, mapped(map[string]string{"Notes": ""}), corrected(t, w, []domain.Correction{
		{Column: "city", From: txt("Brn"), To: txt("Bern")},
		{Column: "City", From: txt(" Bern"), To: txt("Bern 3")},
		{Line: 3, Column: "City", To: txt("Basel")},
		{Line: 3, Column: "Email", To: txt("max@list.example")},
		{Line: 4, LeaveOut: true},
		{Line: 5, LeaveOut: true},
		{Line: 6, Column: "City", To: txt("Chur")},
		{Column: "Town", From: txt("Genf"), To: txt("Bern")},
		{Line: 99, LeaveOut: true},
		{Line: 2, Column: "City", To: txt("Bern 3")},
	}))
	if test.Status != domain.Done || test.Counts != (domain.Counts{Rows: 5, Created: 3, Unchanged: 2}) {
		t.Fatalf("%s %+v %+v %+v", test.Status, test.Counts, test.Problem, test.Problems)
	}
	want := []int{2, 2, 1, 1, 1, 1, 1, 0, 0, 0}
	if got := changed(t, w, test); !slices.Equal(got, want) {
		t.Errorf("changed %v, want %v", got, want)
	}
	if got := warned(test, "rowsLeftOut"); !strings.HasPrefix(got, "2 rows are left out") {
		t.Errorf("%q", got)
	}
	if !slices.Contains(test.Files, flow.Corrected) {
		t.Errorf("files %v", test.Files)
	}
	read := w.File(t, test, flow.Corrected)
	if read != "Contact,Email,First name,Last name,City\n,eva@list.example,Eva,Xaver,Bern 3\n,max@list.example,Max,Quint,Basel\n,ida@list.example,Ida,Sander,Chur\n" {
		t.Errorf("the file as it was read:\n%s", read)
	}
	update := w.Follow(t, test, domain.UpdateOf)
	if update.Counts != test.Counts || !slices.Equal(changed(t, w, update), want) {
		t.Errorf("the update is %+v, the test was %+v", update.Counts, test.Counts)
	}
	for email, city := range map[string]domain.Value{"eva@list.example": "Bern 3", "max@list.example": "Basel", "ida@list.example": "Chur"} {
		found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{email})
		if err != nil || len(found[email]) != 1 {
			t.Fatal(email, found, err)
		}
		if got := w.Value(t, demo.Aurora, found[email][0], domain.ContactCity); got != city {
			t.Errorf("%s lives in %q", email, got)
		}
	}
	// The corrected file says the same without corrections.
	if again := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, read); again.Counts.Unchanged != 3 {
		t.Errorf("%+v %+v", again.Counts, again.Problems)
	}
	if undo := w.Follow(t, update, domain.UndoOf); undo.Counts.Updated != 3 || slices.Contains(undo.Files, flow.Corrected) {
		t.Errorf("undo: %+v %v", undo.Counts, undo.Files)
	}
	if asked := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Email\na@list.example\n", corrected(t, w, []domain.Correction{{Line: 2, LeaveOut: true}})); asked.Problem == nil || asked.Problem.Code != "nothingToDo" {
		t.Errorf("%s %+v", asked.Status, asked.Problem)
	}
}

// Conflicts that a test showed are settled for all rows or for one: mine rests on
// what the test showed, so a third change conflicts again, and is settled by the
// next test; theirs leaves what is stored.
func TestCorrectionsOfConflicts(t *testing.T) {
	w := importtest.New(t, 4)
	var ns []domain.ContactNumber
	for c, err := range w.Contacts.All(t.Context(), demo.Aurora) {
		if err != nil {
			t.Fatal(err)
		}
		ns = append(ns, c.Number)
	}
	set := func(n domain.ContactNumber, v domain.Value) {
		w.Set(t, demo.Aurora, n, map[domain.Field]domain.Value{"criterion:GENRE": v})
	}
	file := "Contact,[old] GENRE,[new] GENRE\n"
	for _, n := range ns {
		set(n, "FOLK")
		file += "#" + string(n) + ",ROCK,JAZZ\n"
	}
	first := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file)
	if first.Counts.Conflicted != 4 {
		t.Fatalf("%+v", first.Counts)
	}
	follow := func(of domain.Import, list []domain.Correction, tests ...string) domain.Import {
		return w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file, corrected(t, w, list, tests...), func(i *domain.Import) { i.Of, i.OfKind = of.ID, domain.TestOf })
	}
	set(ns[3], "OPERA") // a third change
	list := []domain.Correction{{Conflicts: domain.Mine}, {Line: 3, Conflict: domain.Theirs}, {Line: 4, Column: "[new] GENRE", To: txt("")}}
	second := follow(first, list, first.AccountID())
	if second.Counts.Updated != 1 || second.Counts.Unchanged != 2 || second.Counts.Conflicted != 1 || second.Problems[0].Line != 5 {
		t.Fatalf("%+v %+v", second.Counts, second.Problems)
	}
	if got := changed(t, w, second); !slices.Equal(got, []int{4, 1, 1}) {
		t.Errorf("changed %v", got)
	}
	third := follow(second, list, first.AccountID(), second.AccountID())
	if third.Counts.Updated != 2 || third.Counts.Conflicted != 0 {
		t.Fatalf("%+v %+v", third.Counts, third.Problems)
	}
	update := w.Follow(t, third, domain.UpdateOf)
	if update.Counts != third.Counts {
		t.Errorf("the update is %+v, the test was %+v", update.Counts, third.Counts)
	}
	for i, want := range []domain.Value{"JAZZ", "FOLK", "FOLK", "JAZZ"} {
		if got := w.Value(t, demo.Aurora, ns[i], "criterion:GENRE"); got != want {
			t.Errorf("contact %d has %q, want %q", i, got, want)
		}
	}
	w.Follow(t, update, domain.UndoOf)
	for i, want := range []domain.Value{"FOLK", "FOLK", "FOLK", "OPERA"} {
		if got := w.Value(t, demo.Aurora, ns[i], "criterion:GENRE"); got != want {
			t.Errorf("after the undo contact %d has %q, want %q", i, got, want)
		}
	}
}

// Conflicts are settled for one field, or for one cell of a row, as well.
func TestCorrectionsOfConflictsByField(t *testing.T) {
	w := importtest.New(t, 3)
	file := "Contact,[old] GENRE,[new] GENRE,[old] SEGMENT,[new] SEGMENT\n"
	var ns []domain.ContactNumber
	for c, err := range w.Contacts.All(t.Context(), demo.Aurora) {
		if err != nil {
			t.Fatal(err)
		}
		ns = append(ns, c.Number)
		w.Set(t, demo.Aurora, c.Number, map[domain.Field]domain.Value{"criterion:GENRE": "FOLK", "criterion:SEGMENT": "REGULAR"})
		file += "#" + string(c.Number) + ",ROCK,JAZZ,PATRON,LAPSED\n"
	}
	first := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file)
	if first.Counts.Conflicted != 3 || first.ProblemsAll != 6 {
		t.Fatalf("%+v %d %+v", first.Counts, first.ProblemsAll, first.Problems)
	}
	second := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file, corrected(t, w, []domain.Correction{
		{Conflicts: domain.Mine, Column: "[new] genre"},
		{Conflicts: domain.Theirs, Column: "[new] SEGMENT"},
		{Line: 3, Conflict: domain.Theirs, Column: "[new] GENRE"},
		{Line: 4, Conflict: domain.Mine, Column: "[new] NOTE"},
	}, first.AccountID()), func(i *domain.Import) { i.Of, i.OfKind = first.ID, domain.TestOf })
	if second.Counts != (domain.Counts{Rows: 3, Updated: 2, Unchanged: 1}) {
		t.Fatalf("%+v %+v", second.Counts, second.Problems)
	}
	if got := changed(t, w, second); !slices.Equal(got, []int{3, 3, 1, 0}) {
		t.Errorf("changed %v", got)
	}
	w.Follow(t, second, domain.UpdateOf)
	for i, n := range ns {
		if genre, segment := w.Value(t, demo.Aurora, n, "criterion:GENRE"), w.Value(t, demo.Aurora, n, "criterion:SEGMENT"); genre != []domain.Value{"JAZZ", "FOLK", "JAZZ"}[i] || segment != "REGULAR" {
			t.Errorf("contact %d has %s, %s", i, genre, segment)
		}
	}
}

// Where every conflict is left to what is stored, nothing is left to do; that [old]
// differs is why they conflicted, and not what the user is told.
func TestCorrectionsMayLeaveNothing(t *testing.T) {
	w := importtest.New(t, 3)
	file := "Contact,[old] GENRE,[new] GENRE\n"
	for c, err := range w.Contacts.All(t.Context(), demo.Aurora) {
		if err != nil {
			t.Fatal(err)
		}
		w.Set(t, demo.Aurora, c.Number, map[domain.Field]domain.Value{"criterion:GENRE": "FOLK"})
		file += "#" + string(c.Number) + ",ROCK,JAZZ\n"
	}
	first := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file)
	if first.Counts.Conflicted != 3 {
		t.Fatalf("%+v", first.Counts)
	}
	second := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file, corrected(t, w, []domain.Correction{{Conflicts: domain.Theirs}}, first.AccountID()), func(i *domain.Import) { i.Of, i.OfKind = first.ID, domain.TestOf })
	if second.Problem == nil || second.Problem.Code != "nothingToDo" {
		t.Errorf("%s %+v", second.Status, second.Problem)
	}
}

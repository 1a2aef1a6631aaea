package importtest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/person"
	"rollbook/internal/local/demo"
)

// A full name is split where the recipe says so: in the test, the update, the file of
// errors that comes in again, next month, and back by the undo.
func TestFullNames(t *testing.T) {
	const file = "Name,Email,[new] NOTE\nAnn Nowak,a@list.example,x\n\"Muster, Max\",b@list.example,x\nAnna Maria Rossi,c@list.example,x\nBäckerei Huber GmbH,d@list.example,x\nEva Falk,not an address,x\nLea Auer,f@list.example,x,beyond\n,c0000001@example.org,x\n"
	w := fixture(t)
	before := stored(t, w, demo.Aurora)
	asked := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file)
	if asked.Status != domain.Rejected || len(header(t, asked, "Name").Suggestions) == 0 || header(t, asked, "Name").Suggestions[0] != person.FirstLast {
		t.Fatalf("%+v %+v", asked.Problem, asked.Headers)
	}
	look := mapped(map[string]string{"Name": "first name + last name"})
	test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file, look)
	accounts(t, w, test, before)
	if want := (domain.Counts{Rows: 7, Created: 4, Updated: 1, Rejected: 2}); test.Counts != want {
		t.Fatalf("%+v %+v %v", test.Counts, test.Problem, problems(test))
	}
	if s := warned(test, "namesSplit"); !strings.Contains(s, "5 full names were split") {
		t.Error(s)
	}
	if s := warned(test, "namesUnsure"); !strings.Contains(s, "2 full names may be split otherwise") || !strings.Contains(s, "lines 4 and 5") {
		t.Error(s)
	}
	up := w.Follow(t, test, domain.UpdateOf)
	accounts(t, w, up, before)
	if d := cmp.Diff(test.Problems, up.Problems); d != "" || up.Counts != test.Counts {
		t.Errorf("%+v %s", up.Counts, d)
	}
	for email, want := range map[string][2]domain.Value{"a@list.example": {"Ann", "Nowak"}, "b@list.example": {"Max", "Muster"}, "c@list.example": {"Anna Maria", "Rossi"}, "d@list.example": {"", "Bäckerei Huber GmbH"}, "c0000001@example.org": {"", "Name 0000001"}} {
		found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{email})
		if err != nil || len(found[email]) != 1 {
			t.Fatal(email, found, err)
		}
		n := found[email][0]
		if got := [2]domain.Value{w.Value(t, demo.Aurora, n, domain.ContactFirstName), w.Value(t, demo.Aurora, n, domain.ContactLastName)}; got != want {
			t.Errorf("%s is %q, want %q", email, got, want)
		}
	}
	// The rows that did not go in have both names, in columns of ours.
	errors := w.File(t, up, "errors")
	rec := records(t, errors)
	if rec[0][0] != "Last name" || rec[0][3] != "First name" || rec[1][0] != "Falk" || rec[1][3] != "Eva" || rec[2][0] != "Lea Auer" {
		t.Error(rec)
	}
	again := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, strings.Replace(errors, "not an address", "e@list.example", 1))
	if again.Counts.Created != 1 {
		t.Errorf("%+v %+v %v", again.Counts, again.Problem, problems(again))
	}
	// Next month it is known.
	next := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Name,Email,[new] NOTE\nOtto Pohl,o@list.example,x\nAnn Nowak,a@list.example,x\n")
	if next.Counts.Created != 1 || next.Counts.Unchanged != 1 || header(t, next, "Name").By != domain.ByMemory {
		t.Errorf("%+v %+v", next.Counts, next.Problem)
	}
	w.Follow(t, up, domain.UndoOf)
	if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
		t.Errorf("after the undo: %s", d)
	}
	// A corrected file has the names as they were read.
	mended := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file, look, corrected(t, w, []domain.Correction{{Line: 6, Column: "Email", To: new("e@list.example")}, {Line: 4, Column: "Name", To: new("Rossi, Anna Maria")}}))
	if mended.Counts.Created != 5 || warned(mended, "namesUnsure") == "" || !strings.Contains(warned(mended, "namesUnsure"), "1 full name") {
		t.Errorf("%+v %v", mended.Counts, problems(mended))
	}
	if rec := records(t, w.File(t, mended, "corrected")); rec[0][0] != "Last name" || rec[0][3] != "First name" || rec[3][0] != "Rossi" || rec[3][3] != "Anna Maria" {
		t.Error(rec)
	}
	// One that stands beside a first name is another column for the same.
	if both := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Name,Vorname,Email\nAnn Nowak,Ann,a@list.example\n", look); both.Problem == nil || both.Problem.Code != "duplicateColumn" {
		t.Errorf("%+v", both.Problem)
	}
}

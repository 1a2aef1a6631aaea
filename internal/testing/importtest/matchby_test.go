package importtest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

const nickname = domain.Field("criterion:NICKNAME")

func matched(by string, columns ...string) importtest.Option {
	return recipe(func(r *domain.Recipe) {
		r.MatchBy, r.Columns = by, map[string]string{}
		for i := 0; i < len(columns); i += 2 {
			r.Columns[columns[i]] = columns[i+1]
		}
	})
}

// Contacts are found by the number that another system gave them, kept in a text
// criterion; test, update, the same file again, and undo.
func TestMatchBy(t *testing.T) {
	w := fixture(t)
	has("1 NICKNAME=X-001 | 2 NICKNAME=X-002 | 3 NICKNAME=X-003 | 4 NICKNAME=twice | 5 NICKNAME=twice | 6 NICKNAME=X-006")(t, w)
	before := stored(t, w, demo.Aurora)
	file := lines("External ID;Email;Last name;City;[new] GENRE",
		"X-001;new@example.org;;Bern;JAZZ",           // found, whatever its address
		" X-002 ;;;Chur;",                            // found, blanks around
		"x-003;;Lower;Bern;",                         // another letter is another number: created
		"twice;;;Bern;",                              // of several
		"X-007;c0000007@example.org;;Bern;",          // nobody's: found by its address, and gets it
		"X-008;c0000006@example.org;;Bern;",          // the address of one who has another number
		"X-009;;Nine;Bern;ROCK",                      // created
		"X-010;a@example.org;Ten;Bern;",              // twice in the file, differing
		"X-010;b@example.org;Ten;Basel;",             //
		"X-011;;Eleven;Bern;", "X-011;;Eleven;Bern;", // twice, the same
		"X-001;;;Basel;",                                            // the first contact again
		";c0000008@example.org;;Bern;",                              // without one: by its address
		"X-012;;;Bern;",                                             // nobody, and no name to create one
		strings.Repeat("x", 300)+";;Long;Bern;",                     // no value of the field
		"X-002;;;Basel;;extra", "Empty;c0000009@example.org;;Bern;", // a cell too many; to be cleared
	)
	by := matched("NICKNAME", "External ID", "[new] NICKNAME")
	test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file, by)
	accounts(t, w, test, before)
	up := w.Follow(t, test, domain.UpdateOf)
	accounts(t, w, up, before)
	if d := cmp.Diff(test.Problems, up.Problems); d != "" || test.Counts != up.Counts {
		t.Errorf("test %+v, update %+v: %s", test.Counts, up.Counts, d)
	}
	if d := cmp.Diff([]string{
		"2 rejected differentLines External ID", "5 rejected severalHave External ID", "7 conflicted conflict External ID", "9 rejected differentLines External ID", "10 rejected differentLines External ID",
		"13 rejected differentLines External ID", "15 rejected nobodyNamed External ID", "16 rejected textTooLong External ID", "17 rejected wrongCellCount ",
	}, problems(up)); d != "" {
		t.Error(d)
	}
	if want := (domain.Counts{Rows: 17, Created: 3, Updated: 4, Unchanged: 1, Rejected: 8, Conflicted: 1}); up.Counts != want {
		t.Errorf("%+v", up.Counts)
	}
	now := stored(t, w, demo.Aurora)
	for key, want := range map[string]domain.Value{"0000002 contact:city": "Chur", "0000007 criterion:NICKNAME": "X-007", "0000007 contact:city": "Bern", "0000006 criterion:NICKNAME": "X-006", "0000008 contact:city": "Bern", "0000009 contact:city": "Bern"} {
		if now[key] != want {
			t.Errorf("%s is %q, want %q", key, now[key], want)
		}
	}
	ids := map[domain.Value]int{}
	for key, v := range now {
		if strings.HasSuffix(key, string(nickname)) {
			ids[v]++
		}
	}
	for id, n := range ids {
		if n > 1 && id != "twice" {
			t.Errorf("%d contacts have %q", n, id)
		}
	}
	errors := records(t, w.File(t, up, "errors"))
	if d := cmp.Diff([]string{"[new] NICKNAME", "Email", "Last name", "City", "[new] GENRE", "[error] line", "[error] outcome", "[error] column", "[error] message"}, errors[0]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"X-001", "new@example.org", "", "Bern", "JAZZ", "2"}, errors[1][:6]); d != "" || len(errors[1]) != 9 {
		t.Error(errors[1], d)
	}
	// Nobody is made twice by the same file, and the rows that came back fare alike.
	again := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file, by)
	if again.Counts.Created != 0 || again.Counts.Updated != 0 || again.Counts.Rejected+again.Counts.Conflicted != up.Counts.Rejected+up.Counts.Conflicted {
		t.Errorf("again %+v %v", again.Counts, problems(again))
	}
	if d := cmp.Diff(now, stored(t, w, demo.Aurora)); d != "" {
		t.Error(d)
	}
	undo := w.Follow(t, up, domain.UndoOf)
	accounts(t, w, undo, now)
	if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
		t.Errorf("after the undo: %s", d)
	}
}

// Files that cannot be matched so are rejected before anything is written.
func TestMatchByFiles(t *testing.T) {
	for _, c := range []struct{ by, file, code, says string }{
		{"GENRE", "Email,[new] NICKNAME\na@example.org,x\n", "matchBy", "no text criterion \"GENRE\""},
		{"NOWHERE", "Email,[new] NICKNAME\na@example.org,x\n", "matchBy", "NOWHERE"},
		{"NICKNAME", "Email,City\na@example.org,Bern\n", "matchBy", "no column has it"},
		{"NICKNAME", "Contact,[new] NICKNAME\n#1,x\n", "matchBy", "names them too"},
		{"NICKNAME", "[new] NICKNAME,[new] GENRE\nX-1,JAZZ\n", "", ""},
	} {
		w := fixture(t)
		imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, c.file, matched(c.by))
		if (imp.Problem == nil) != (c.code == "") || c.code != "" && (string(imp.Problem.Code) != c.code || !strings.Contains(imp.Problem.Message("en"), c.says)) {
			t.Errorf("%s: %s %+v", c.by, imp.Status, imp.Problem)
		}
	}
}

// A contact that gets another number between the look and the write is a conflict,
// and two imports that run at once make one contact of a number.
func TestMatchByAtOnce(t *testing.T) {
	w := fixture(t)
	has("1 NICKNAME=X-001")(t, w)
	by := matched("NICKNAME")
	w.BeforeChunk = func(int, int) error {
		w.BeforeChunk = nil
		w.Set(t, demo.Aurora, "0000001", map[domain.Field]domain.Value{nickname: "Y-001"})
		other := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "[new] NICKNAME,Last name,City\nX-100,Other,Chur\n", by)
		if other.Counts.Created != 1 {
			t.Errorf("%+v %v", other.Counts, problems(other))
		}
		return nil
	}
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "[new] NICKNAME,Last name,City\nX-001,One,Bern\nX-100,Other,Chur\n", by)
	if imp.Counts.Conflicted != 1 || imp.Counts.Unchanged != 1 || w.Value(t, demo.Aurora, "0000001", domain.ContactCity) != "" {
		t.Errorf("%+v %v", imp.Counts, problems(imp))
	}
	n := 0
	for _, v := range stored(t, w, demo.Aurora) {
		if v == "X-100" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d contacts have X-100", n)
	}
}

// What a row was found by is kept over chunks, a lost chunk and a resumed import.
func TestMatchByResumed(t *testing.T) {
	w := fixture(t)
	w.Plan.ChunkRows = 3
	var file strings.Builder
	file.WriteString("[new] NICKNAME,City\n")
	for i := range 9 {
		w.Set(t, demo.Aurora, domain.ContactNumber(fmt.Sprintf("%07d", i+1)), map[domain.Field]domain.Value{nickname: domain.Value(fmt.Sprintf("X-%d", i))})
		fmt.Fprintf(&file, "X-%d,Town %d\n", i, i)
	}
	before := stored(t, w, demo.Aurora)
	w.BeforeChunk = func(n, _ int) error {
		if n == 1 {
			return fmt.Errorf("killed")
		}
		return nil
	}
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file.String(), matched("NICKNAME"))
	if imp.Counts.Updated != 6 || imp.Counts.Unprocessed != 3 {
		t.Fatalf("%+v", imp.Counts)
	}
	w.BeforeChunk = nil
	imp = w.Resume(t, imp)
	accounts(t, w, imp, before)
	if imp.Counts.Updated != 9 || slices.Contains(imp.Files, "errors") {
		t.Fatalf("%+v %v", imp.Counts, problems(imp))
	}
	w.Follow(t, imp, domain.UndoOf)
	if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
		t.Error(d)
	}
}

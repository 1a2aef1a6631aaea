package importtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// Exports of ten systems, each of 200 made-up people, come in with no or one look
// at their columns, and next month's with none. Nothing of a column that is left
// out is stored anywhere but in the uploaded file.
func TestExportsOf200(t *testing.T) {
	for _, x := range importtest.Exports() {
		t.Run(x.Name, func(t *testing.T) {
			w := importtest.New(t, 0)
			if x.Country != "" {
				inCountry(x.Country)(t, w)
			}
			asked := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, x.File(0, 200))
			if (asked.Status == domain.Rejected) != (x.Look != nil) || x.Look != nil && asked.Problem.Code != "unknownColumn" {
				t.Fatalf("%s %+v", asked.Status, asked.Problem)
			}
			if x.Look != nil {
				for _, h := range asked.Headers {
					if _, looked := x.Look[h.Name]; looked != (h.By == domain.ByNone) {
						t.Errorf("%s is recognised by %s as %q", h.Name, h.By, h.Column)
					}
				}
			}
			test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, x.File(0, 200), mapped(x.Look))
			if test.Counts != (domain.Counts{Rows: 200, Created: 200}) {
				t.Fatalf("%s %+v %+v %.600v", test.Status, test.Counts, test.Problem, fmt.Sprint(test.Problems))
			}
			update := w.Follow(t, test, domain.UpdateOf)
			if update.Counts != test.Counts {
				t.Errorf("the update is %+v", update.Counts)
			}
			found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{importtest.Mail(7)})
			if err != nil || len(found[importtest.Mail(7)]) != 1 {
				t.Fatal(found, err)
			}
			for f, want := range x.Holds {
				if got := w.Value(t, demo.Aurora, found[importtest.Mail(7)][0], f); got != want {
					t.Errorf("%s is %q, want %q", f, got, want)
				}
			}
			// The next month: 100 of them again, 100 others.
			next := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, x.File(100, 200))
			if next.Counts != (domain.Counts{Rows: 200, Created: 100, Unchanged: 100}) {
				t.Fatalf("the next file: %s %+v %+v %.600v", next.Status, next.Counts, next.Problem, fmt.Sprint(next.Problems))
			}
			after := w.Follow(t, next, domain.UpdateOf)
			for _, imp := range []domain.Import{test, update, next, after} {
				b, err := json.Marshal(imp)
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(b, []byte(importtest.Secret)) {
					t.Errorf("the import %s has what was left out: %s", imp.Action, b)
				}
			}
			nowhereBut(t, w, asked.ID)
			for _, imp := range []domain.Import{after, update} {
				w.Follow(t, imp, domain.UndoOf)
			}
			if d := cmp.Diff(map[string]domain.Value{}, stored(t, w, demo.Aurora)); d != "" {
				t.Errorf("after the undo: %.600s", d)
			}
		})
	}
}

// nowhereBut looks through all that is stored for what was left out. The import
// that asked for the columns shows their values, as none had been left out yet.
func nowhereBut(t testing.TB, w *importtest.World, asked string) {
	t.Helper()
	for _, key := range w.Files.Keys() {
		b, err := w.Files.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(b), "\x28\xb5\x2f\xfd") {
			z, err := zstd.NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if b, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
			z.Close()
		}
		if bytes.Contains(b, []byte(importtest.Secret)) && !strings.Contains(key, asked) {
			t.Errorf("%s has what was left out", key)
		}
	}
	for at, v := range stored(t, w, demo.Aurora) {
		if strings.Contains(string(v), importtest.Secret) {
			t.Errorf("%s is %q", at, v)
		}
	}
	if strings.Contains(w.Log.String(), importtest.Secret) {
		t.Error("the log has what was left out")
	}
}

// Two mappings of one file differ only in the cells that they map otherwise.
func TestMappingsDifferInTheirCells(t *testing.T) {
	ours := []string{"", "City", "Street", "First name", "Title", "[new] NOTE"}
	of := map[string]domain.Field{"City": domain.ContactCity, "Street": domain.ContactStreet, "First name": domain.ContactFirstName, "Title": domain.ContactTitle, "[new] NOTE": "criterion:NOTE"}
	names := []string{"Alpha", "Beta", "Gamma", "Delta", "Epsilon"}
	r := rand.New(rand.NewPCG(12, 5))
	var file strings.Builder
	file.WriteString("Contact,Last name," + strings.Join(names, ",") + "\n")
	for i := range 20 {
		fmt.Fprintf(&file, "%07d,Falk", 4000+i)
		for k := range names {
			file.WriteString([]string{",", fmt.Sprintf(",Wort%c", 'A'+k), ",Dr"}[r.IntN(3)])
		}
		file.WriteString("\n")
	}
	// run returns the contacts by number and field, and the lines of the rows that
	// did not go in, which a title decides.
	run := func(m map[string]string) (map[string]domain.Value, domain.Import) {
		w := importtest.New(t, 0)
		test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file.String(), mapped(m))
		up := w.Follow(t, test, domain.UpdateOf)
		if up.Status != domain.Done || up.Counts != test.Counts {
			t.Fatalf("%v: %s %+v %+v, the test %+v", m, up.Status, up.Problem, up.Counts, test.Counts)
		}
		return stored(t, w, demo.Aurora), up
	}
	random := func() map[string]string {
		m := map[string]string{}
		for i, at := range r.Perm(len(names)) {
			m[names[at]] = ""
			if r.IntN(3) > 0 {
				m[names[at]] = ours[1+i]
			}
		}
		return m
	}
	seen := 0
	for range 40 {
		a, b := random(), random()
		same := map[domain.Field]bool{domain.ContactLastName: true}
		for _, c := range ours[1:] {
			from := func(m map[string]string) string {
				for name, is := range m {
					if is == c {
						return name
					}
				}
				return ""
			}
			same[of[c]] = from(a) == from(b)
		}
		one, first := run(a)
		two, second := run(b)
		rejected := map[string]bool{}
		for _, imp := range []domain.Import{first, second} {
			for _, p := range imp.Problems {
				rejected[fmt.Sprintf("%07d", 4000+p.Line-2)] = true
			}
		}
		for _, x := range []struct{ from, to map[string]domain.Value }{{one, two}, {two, one}} {
			for at, v := range x.from {
				number, f, _ := strings.Cut(at, " ")
				if !same[domain.Field(f)] || rejected[number] {
					continue
				}
				seen++
				if x.to[at] != v {
					t.Errorf("%v and %v: %s is %q and %q", a, b, at, v, x.to[at])
				}
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d cells were compared", seen)
	}
}

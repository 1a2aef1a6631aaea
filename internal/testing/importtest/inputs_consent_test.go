package importtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

func recipe(f func(r *domain.Recipe)) importtest.Option {
	return func(i *domain.Import) { f(&i.Recipe) }
}

const phoneConsent = domain.Field("authorisation:PHONE")

// 102: an authorisation that was refused is not made true by a file that does not
// say that it knew, unless the recipe overrides it; the test says how many become
// true and how many had been refused.
func TestInput102(t *testing.T) {
	refuse := func(t *testing.T, w *importtest.World) {
		t.Helper()
		c, err := w.Contacts.Get(t.Context(), demo.Aurora, "0000001")
		if err != nil {
			t.Fatal(err)
		}
		c.Fields[phoneConsent] = domain.False
		if _, err := w.Contacts.Put(t.Context(), demo.Aurora, c, domain.Provenance{At: time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC), By: "u2 olga@aurora.example", Proof: "letter of 4 March"}); err != nil {
			t.Fatal(err)
		}
	}
	const file = "Contact,[new] PHONE\n#0000001,TRUE\n#0000002,TRUE\n"
	t.Run("102 kept", func(t *testing.T) {
		w := fixture(t)
		refuse(t, w)
		whole(t, w, domain.Authorisations, file, func(test, up domain.Import) {
			if want := (domain.Counts{Rows: 2, Updated: 1, Conflicted: 1}); test.Counts != want {
				t.Fatalf("%+v %v", test.Counts, problems(test))
			}
			p := test.Problems[0]
			if p.Code != "refused" || p.Outcome != domain.RowConflicted || *p.Live != "false" || *p.New != "true" || p.Old != nil || p.Contact != "0000001" {
				t.Errorf("%+v", p)
			}
			for _, s := range []string{"5 March 2026", "olga@aurora.example", "letter of 4 March"} {
				if !strings.Contains(p.Message("en"), s) {
					t.Errorf("%q does not say %q", p.Message("en"), s)
				}
			}
			if s := warned(test, "consents"); !strings.Contains(s, "1 authorisation becomes TRUE (refused before: 0)") {
				t.Errorf("%q", s)
			}
			c, _ := w.Contacts.Get(t.Context(), demo.Aurora, "0000002")
			if got := c.Provenance[phoneConsent]; got.Proof != "form of the fair" || got.Import != up.ID {
				t.Errorf("%+v", got)
			}
			// The row comes back and can be imported again as it is.
			again := w.Import(t, demo.Aurora, domain.Authorisations, domain.Test, w.File(t, up, "errors"))
			if again.Counts.Conflicted != 1 {
				t.Errorf("%+v %+v", again.Counts, again.Problem)
			}
		}, recipe(func(r *domain.Recipe) { r.Proof = "form of the fair" }))
	})
	t.Run("102 overridden", func(t *testing.T) {
		w := fixture(t)
		refuse(t, w)
		whole(t, w, domain.Authorisations, file, func(test, up domain.Import) {
			if s := warned(test, "consents"); test.Counts.Updated != 2 || !strings.Contains(s, "2 authorisations become TRUE (refused before: 1)") {
				t.Errorf("%+v %q", test.Counts, s)
			}
			if w.Value(t, demo.Aurora, "0000001", phoneConsent) != domain.True {
				t.Errorf("%+v", up.Counts)
			}
		}, recipe(func(r *domain.Recipe) { r.Refusals = domain.OverrideRefusals }))
		if v := w.Value(t, demo.Aurora, "0000001", phoneConsent); v != domain.False {
			t.Errorf("after the undo %q", v)
		}
	})
	for name, c := range map[string]struct {
		file string
		dt   domain.DataType
	}{
		"102 undone, without [old]":   {file, domain.Authorisations},
		"102 undone, with [old]":      {"Contact,[old] PHONE,[new] PHONE\n#0000001,FALSE,TRUE\n#0000002,,TRUE\n", domain.Authorisations},
		"102 undone, among contacts":  {"Contact,City,[new] PHONE\n#0000001,Bern,TRUE\n#0000002,Bern,TRUE\n", domain.Contacts},
		"102 undone, found by e-mail": {"Email,[new] PHONE,[new] NOTE,City\nc0000001@example.org,TRUE,x,Bern\nc0000002@example.org,TRUE,y,Bern\n", domain.Contacts},
	} {
		t.Run(name, func(t *testing.T) {
			w := fixture(t)
			refuse(t, w)
			was, _ := w.Contacts.Get(t.Context(), demo.Aurora, "0000001")
			test := w.Import(t, demo.Aurora, c.dt, domain.Test, c.file, recipe(func(r *domain.Recipe) { r.Refusals, r.Proof = domain.OverrideRefusals, "signed at the desk" }))
			up := w.Follow(t, test, domain.UpdateOf)
			now, _ := w.Contacts.Get(t.Context(), demo.Aurora, "0000001")
			if p := now.Provenance[phoneConsent]; up.Counts.Updated != 2 || now.Get(phoneConsent) != domain.True || p.Proof != "signed at the desk" || p.Import != up.ID {
				t.Fatalf("%+v %+v", up.Counts, p)
			}
			undo := w.Follow(t, up, domain.UndoOf)
			back, _ := w.Contacts.Get(t.Context(), demo.Aurora, "0000001")
			if d := cmp.Diff(was.Provenance, back.Provenance); d != "" || undo.Counts.Updated != 2 || back.Get(phoneConsent) != domain.False {
				t.Errorf("after the undo %+v: %s", undo.Counts, d)
			}
			// What the refusal said is said again.
			again := w.Import(t, demo.Aurora, domain.Authorisations, domain.Test, file)
			if again.Counts.Conflicted != 1 || !strings.Contains(again.Problems[0].Message("en"), "letter of 4 March") {
				t.Errorf("%+v %v", again.Counts, problems(again))
			}
		})
	}
	t.Run("102 undone by hand, and refused anew since", func(t *testing.T) {
		w := fixture(t)
		refuse(t, w)
		override := recipe(func(r *domain.Recipe) { r.Refusals = domain.OverrideRefusals })
		up := w.Import(t, demo.Aurora, domain.Authorisations, domain.Update, file, override)
		c, _ := w.Contacts.Get(t.Context(), demo.Aurora, "0000001")
		c.Fields[phoneConsent] = domain.False
		anew := domain.Provenance{At: w.Now(), By: "u3 paul@aurora.example", Proof: "a call"}
		if _, err := w.Contacts.Put(t.Context(), demo.Aurora, c, anew); err != nil {
			t.Fatal(err)
		}
		w.Follow(t, up, domain.UndoOf)
		c, _ = w.Contacts.Get(t.Context(), demo.Aurora, "0000001")
		if d := cmp.Diff(anew, c.Provenance[phoneConsent]); d != "" {
			t.Error(d)
		}
		// A second import over the first keeps the refusal that it lifts, not the one before.
		second := w.Import(t, demo.Aurora, domain.Authorisations, domain.Update, file, override)
		w.Follow(t, second, domain.UndoOf)
		c, _ = w.Contacts.Get(t.Context(), demo.Aurora, "0000001")
		if d := cmp.Diff(anew, c.Provenance[phoneConsent]); d != "" {
			t.Error(d)
		}
	})
	t.Run("102 a file that says that it knew", func(t *testing.T) {
		w := fixture(t)
		refuse(t, w)
		if imp := w.Import(t, demo.Aurora, domain.Authorisations, domain.Update, "Contact,[old] PHONE,[new] PHONE\n#0000001,FALSE,TRUE\n"); imp.Counts.Updated != 1 {
			t.Errorf("%+v %v", imp.Counts, problems(imp))
		}
	})
	t.Run("102 beside overwriting", func(t *testing.T) {
		w := fixture(t)
		refuse(t, w)
		if imp := w.Import(t, demo.Aurora, domain.Authorisations, domain.Update, file, importtest.Overwrite); imp.Counts.Conflicted != 1 {
			t.Errorf("%+v %v", imp.Counts, problems(imp))
		}
	})
	t.Run("102 in a file of contacts", func(t *testing.T) {
		w := fixture(t)
		refuse(t, w)
		imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, "Email,City,[new] PHONE,[new] NOTE\nc0000001@example.org,Bern,TRUE,x\nnew@example.org,Bern,TRUE,y\n", recipe(func(r *domain.Recipe) { r.Proof = "fair" }))
		if imp.Counts.Conflicted != 1 || imp.Counts.Created != 1 || w.Value(t, demo.Aurora, "0000001", domain.ContactCity) != "" {
			t.Errorf("%+v %v", imp.Counts, problems(imp))
		}
		found, _ := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"new@example.org"})
		c, err := w.Contacts.Get(t.Context(), demo.Aurora, found["new@example.org"][0])
		if err != nil || c.Provenance[phoneConsent].Proof != "fair" || c.Provenance["criterion:NOTE"].Proof != "" {
			t.Errorf("%+v %v", c.Provenance, err)
		}
	})
}

// What is there stays, and only what is empty is filled.
func TestFill(t *testing.T) {
	w := fixture(t)
	has("1 NOTE=mine | 1 GENRE=ROCK")(t, w)
	before := stored(t, w, demo.Aurora)
	fill := recipe(func(r *domain.Recipe) { r.Fill = true })
	test := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, "Contact,[old] NOTE,[new] NOTE,[new] GENRE\n#0000001,mine,theirs,JAZZ\n#0000002,,theirs,JAZZ\n#0000001,mine,theirs,JAZZ\n#0000003,,,Empty\n", fill)
	up := w.Follow(t, test, domain.UpdateOf)
	accounts(t, w, up, before)
	if want := (domain.Counts{Rows: 4, Updated: 1, Unchanged: 3}); test.Counts != want || up.Counts != want {
		t.Errorf("%+v %+v %v", test.Counts, up.Counts, problems(up))
	}
	for _, h := range held(t, w, "1 NOTE=mine | 1 GENRE=ROCK | 2 NOTE=theirs | 2 GENRE=JAZZ") {
		if v := w.Value(t, demo.Aurora, h.number, h.field); v != h.value {
			t.Errorf("%s %s is %q", h.number, h.field, v)
		}
	}
	w.Follow(t, up, domain.UndoOf)
	if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
		t.Error(d)
	}
}

// An import of contacts creates only, or changes only, if its recipe says so.
func TestModes(t *testing.T) {
	const file = "Contact,Email,Last name,City\n#0000001,,,Bern\n,c0000002@example.org,,Bern\n,new@example.org,New,Bern\n#0000999,,Other,Bern\n"
	for mode, want := range map[domain.Mode]domain.Counts{
		"":                     {Rows: 4, Created: 2, Updated: 2},
		domain.CreateAndUpdate: {Rows: 4, Created: 2, Updated: 2},
		domain.CreateOnly:      {Rows: 4, Created: 2, Rejected: 2},
		domain.UpdateOnly:      {Rows: 4, Updated: 2, Rejected: 2},
	} {
		w := fixture(t)
		before := stored(t, w, demo.Aurora)
		test := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file, recipe(func(r *domain.Recipe) { r.Mode = mode }))
		up := w.Follow(t, test, domain.UpdateOf)
		if test.Counts != want || up.Counts != want {
			t.Errorf("%s: %+v %+v %v", mode, test.Counts, up.Counts, problems(up))
		}
		if d := cmp.Diff(test.Problems, up.Problems); d != "" {
			t.Errorf("%s: %s", mode, d)
		}
		for _, p := range up.Problems {
			if p.Code != map[domain.Mode]domain.Problem{domain.CreateOnly: {Reason: domain.Because("contactExists", "#1").Reason}, domain.UpdateOnly: {Reason: domain.Because("contactNotThere").Reason}}[mode].Code {
				t.Errorf("%s: %+v", mode, p)
			}
		}
		w.Follow(t, up, domain.UndoOf)
		if d := cmp.Diff(before, stored(t, w, demo.Aurora)); d != "" {
			t.Errorf("%s: after the undo %s", mode, d)
		}
	}
}

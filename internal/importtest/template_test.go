package importtest_test

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"fmt"
	"iter"
	"slices"
	"testing"

	"rollbook/internal/demo"
	"rollbook/internal/flow"
	"rollbook/internal/importtest"
	"rollbook/internal/memory"
	"rollbook/internal/roll"
)

// restless changes all contacts behind each one that is read.
type restless struct {
	*memory.Contacts
	change func(n int)
}

func (c restless) All(ctx context.Context, in roll.InstitutionID) iter.Seq2[roll.Contact, error] {
	return func(yield func(roll.Contact, error) bool) {
		n := 0
		for contact, err := range c.Contacts.All(ctx, in) {
			if !yield(contact, err) {
				return
			}
			n++
			c.change(n)
		}
	}
}

// Fault 31: contacts change while a template is written. Each line is one
// contact as it was, and the compare finds what changed after.
func TestContactsChangeWhileATemplateIsWritten(t *testing.T) {
	const contacts = 20
	w := importtest.New(t, contacts)
	change := func(n int) {
		for i := range contacts {
			v := roll.Value(fmt.Sprint("state ", n))
			w.Set(t, demo.Aurora, demo.Number(i), map[roll.Field]roll.Value{"criterion:NICKNAME": v, "criterion:NOTE": v})
		}
	}
	change(0)
	w.Template.Contacts = restless{w.Contacts, change}
	if err := w.Catalogue.PutTarget(t.Context(), demo.Aurora, roll.Target{ID: "all", Name: "All", Condition: []byte(`{"all":[]}`)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Jobs.CreateTemplate(t.Context(), roll.Template{ID: "t", Institution: demo.Aurora, DataType: roll.Criteria, TargetID: "all", Fields: []string{"NICKNAME", "NOTE"},
		Status: roll.Preparing, CreatedAt: w.Now(), ExpiresAt: w.Now().AddDate(0, 0, 7)}, roll.Once{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Template.Run(t.Context(), flow.Template{Version: flow.Version, Institution: demo.Aurora, Template: "t"}); err != nil {
		t.Fatal(err)
	}
	made, err := w.Jobs.Template(t.Context(), demo.Aurora, "t")
	if err != nil || made.Status != roll.Ready || made.Contacts != contacts {
		t.Fatalf("%+v %v", made, err)
	}
	f, err := w.Files.Open(t.Context(), made.File)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(f, f.Size())
	if err != nil {
		t.Fatal(err)
	}
	table, err := z.Open("criteria.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	name, note := slices.Index(rows[0], "[old] NICKNAME"), slices.Index(rows[0], "[old] NOTE")
	file, seen := "Contact,[old] NICKNAME,[new] NICKNAME\n", map[string]bool{}
	for _, row := range rows[1:] {
		if row[name] != row[note] {
			t.Errorf("%s is of two moments: %q and %q", row[0], row[name], row[note])
		}
		seen[row[name]] = true
		file += fmt.Sprintf("%s,%s,Zoë\n", row[0], row[name])
	}
	live := w.Value(t, demo.Aurora, demo.Number(0), "criterion:NICKNAME")
	if seen[string(live)] || len(seen) < 2 {
		t.Fatalf("the contacts did not change while they were read: %v, now %q", seen, live)
	}
	got := w.Import(t, demo.Aurora, roll.Criteria, roll.Update, file)
	if want := (roll.Counts{Rows: contacts, Conflicted: contacts}); got.Counts != want {
		t.Errorf("%+v, want %+v", got.Counts, want)
	}
}

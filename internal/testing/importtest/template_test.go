package importtest_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
	"rollbook/internal/testing/memory"
)

// restless changes all contacts behind each one that is read.
type restless struct {
	*memory.Contacts
	change func(n int)
}

func (c restless) Values(ctx context.Context, in domain.InstitutionID) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
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
			v := domain.Value(fmt.Sprint("state ", n))
			w.Set(t, demo.Aurora, demo.Number(i), map[domain.Field]domain.Value{"criterion:NICKNAME": v, "criterion:NOTE": v})
		}
	}
	change(0)
	w.Template.Contacts = restless{w.Contacts, change}
	made, z := w.Make(t, w.Ask(t, domain.Template{DataType: domain.Criteria, Fields: []string{"NICKNAME", "NOTE"}}, `{"all":[]}`))
	if made.Contacts != contacts {
		t.Fatalf("%+v", made)
	}
	rows, err := csv.NewReader(strings.NewReader(tableIn(t, string(z)))).ReadAll()
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
	got := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, file)
	if want := (domain.Counts{Rows: contacts, Conflicted: contacts}); got.Counts != want {
		t.Errorf("%+v, want %+v", got.Counts, want)
	}
}

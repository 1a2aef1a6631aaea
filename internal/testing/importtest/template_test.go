package importtest_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

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

func (c restless) Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error] {
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

// A template says when it was made, as a CSV too; a test of it says which of its
// contacts changed since.
func TestTemplateSaysItsAge(t *testing.T) {
	w := fixture(t)
	at := w.Now()
	w.Set(t, demo.Aurora, "0000002", map[domain.Field]domain.Value{note: "old"})
	w.Pass(time.Hour)
	made := "[info] made " + w.Now().UTC().Format(time.RFC3339)
	for _, n := range []domain.ContactNumber{"0000003", "0000005"} {
		w.Set(t, demo.Aurora, n, map[domain.Field]domain.Value{note: "new"})
	}
	var file strings.Builder
	file.WriteString("Contact," + made + ",[old] GENRE,[new] GENRE\n")
	for i := 1; i <= 5; i++ {
		fmt.Fprintf(&file, "#%07d,,,JAZZ\n", i)
	}
	test := w.Import(t, demo.Aurora, domain.Criteria, domain.Test, file.String())
	if test.Counts.Updated != 5 || test.Detected.TemplateMadeAt == nil || !test.Detected.TemplateMadeAt.After(at) {
		t.Fatalf("%+v %+v %+v", test.Counts, test.Problem, test.Detected)
	}
	i := slices.IndexFunc(test.Warnings, func(x domain.Warning) bool { return x.Code == "changedSinceTemplate" })
	if i < 0 || !slices.Equal(test.Warnings[i].Lines, []int{4, 6}) || !strings.HasPrefix(test.Warnings[i].Message("en"), "2 of these contacts were changed") {
		t.Errorf("%+v", test.Warnings)
	}
	up := w.Follow(t, test, domain.UpdateOf)
	if up.Counts != test.Counts {
		t.Errorf("%+v", up.Counts)
	}
}

package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

func contactsHide(t *testing.T, s Contacts) {
	c := domain.Contact{Number: "5", Fields: map[domain.Field]domain.Value{domain.ContactEmail: "jo@example.org", domain.ContactLastName: "Jones", genre: "ROCK"}}
	_, err := s.Put(t.Context(), opera, c, monday)
	must(t, err)
	read, err := s.Get(t.Context(), opera, "5")
	must(t, err)
	history, err := s.History(t.Context(), opera, "5", 10)
	must(t, err)
	if len(history) == 0 {
		t.Fatal("no history")
	}
	stale := read
	stale.Version--
	refused(t, "one that is not as it was read", s.Hide(t.Context(), opera, stale), fault.Conflict, "changed")
	refused(t, "another institution's", s.Hide(t.Context(), "museum", read), fault.NotFound, "notFound")
	refused(t, "one that is there", s.Restore(t.Context(), opera, read), fault.Conflict, "exists")
	must(t, s.Hide(t.Context(), opera, read))
	_, err = s.Get(t.Context(), opera, "5")
	refused(t, "hidden", err, fault.NotFound, "notFound")
	refused(t, "hidden again", s.Hide(t.Context(), opera, read), fault.NotFound, "notFound")
	for _, q := range []string{"5", "jo@example.org", "jones"} {
		if found, _, err := s.Find(t.Context(), opera, q, 10, ""); err != nil || len(found) > 0 {
			t.Errorf("%s finds %v, %v", q, found, err)
		}
	}
	_, err = s.Put(t.Context(), opera, c, monday)
	refused(t, "its number", err, fault.Conflict, "gone")

	must(t, s.Restore(t.Context(), opera, read))
	got, err := s.Get(t.Context(), opera, "5")
	if d := cmp.Diff(read, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	again, err := s.History(t.Context(), opera, "5", 10)
	if d := cmp.Diff(history, again); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	for _, q := range []string{"5", "jo@example.org", "jones"} {
		if found, _, err := s.Find(t.Context(), opera, q, 10, ""); err != nil || len(found) != 1 {
			t.Errorf("%s finds %v, %v", q, found, err)
		}
	}
	refused(t, "restored again", s.Restore(t.Context(), opera, read), fault.Conflict, "exists")
	never := read
	never.Number = "6"
	refused(t, "one that never was", s.Restore(t.Context(), opera, never), fault.Conflict, "exists")

	must(t, s.Hide(t.Context(), opera, got))
	must(t, s.Forget(t.Context(), opera, "5"))
	if es, err := s.History(t.Context(), opera, "5", 10); err != nil || len(es) > 0 {
		t.Errorf("%v %v", es, err)
	}
}

package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// told turns all pages and returns what was told, "number genre" or "number gone",
// with the time to go on from.
func told(t *testing.T, s Contacts, in domain.InstitutionID, since time.Time, limit int) (out []string, until time.Time) {
	t.Helper()
	var last time.Time
	for cursor := ""; ; {
		page, err := s.Changed(t.Context(), in, since, limit, cursor)
		must(t, err)
		if len(page.Items) > limit {
			t.Fatalf("%d items on a page of %d", len(page.Items), limit)
		}
		for _, c := range page.Items {
			what := "gone"
			if c.Contact != nil {
				what = string(c.Contact.Get(genre))
				if c.Contact.Number != c.Number {
					t.Errorf("%s is told with %s", c.Number, c.Contact.Number)
				}
			}
			if c.At.Before(last) {
				t.Errorf("%s at %v comes after %v", c.Number, c.At, last)
			}
			last = c.At
			out = append(out, string(c.Number)+" "+what)
		}
		if (page.Next == "") == page.Until.IsZero() {
			t.Errorf("next %q, until %v", page.Next, page.Until)
		}
		if cursor = page.Next; cursor == "" {
			return out, page.Until
		}
	}
}

// begun makes an institution's notes begin long enough ago.
func begun(t *testing.T, s Contacts, in domain.InstitutionID) time.Time {
	t.Helper()
	must(t, s.Load(t.Context(), in, slices.Values([]domain.Contact{contact("900", fields{genre: "POP"})})))
	return time.Now()
}

func contactsChanged(t *testing.T, s Contacts) {
	since := begun(t, s, opera)
	begun(t, s, "museum")
	for _, n := range []domain.ContactNumber{"5", "4", "3", "2"} {
		put(t, s, opera, n, fields{genre: "ROCK"})
	}
	put(t, s, "museum", "1", fields{genre: "JAZZ"})
	put(t, s, opera, "4", fields{genre: "JAZZ"})
	must(t, s.Delete(t.Context(), opera, "3"))
	read := get(t, s, opera, "2")
	must(t, s.Hide(t.Context(), opera, read))
	// A page tells each once, as it is now, where it was first noted.
	got, until := told(t, s, opera, since, 100)
	equal(t, "all", []string{"5 ROCK", "4 JAZZ", "3 gone", "2 gone"}, got)
	if now := time.Now(); until.After(now.Add(-domain.ChangeMargin)) || until.Before(since.Add(-domain.ChangeMargin)) {
		t.Errorf("to be asked again from %v, and it is %v", until, now)
	}
	middle := time.Now()
	must(t, s.Restore(t.Context(), opera, read))
	got, _ = told(t, s, opera, middle, 100)
	equal(t, "restored", []string{"2 ROCK"}, got)
	// An import writes first, and notes afterwards.
	later := time.Now()
	w := write(t, s, opera, domain.Write{Number: "5", If: fields{genre: "ROCK"}, Set: fields{genre: "POP"}, Ticket: TicketOf("import-1"), Applied: domain.Applied{Import: "import-1", Line: 2}})
	if !w.Done {
		t.Fatalf("%+v", w)
	}
	got, _ = told(t, s, opera, later, 100)
	equal(t, "written, not noted", []string(nil), got)
	must(t, s.NoteChanged(t.Context(), opera, []domain.ContactNumber{"5", "5", "77"}))
	got, _ = told(t, s, opera, later, 100)
	equal(t, "noted", []string{"5 POP", "77 gone"}, got)
	must(t, s.NoteChanged(t.Context(), opera, nil))
	got, _ = told(t, s, opera, time.Now().Add(time.Hour), 100)
	equal(t, "of the future", []string(nil), got)
	got, _ = told(t, s, "museum", since, 100)
	equal(t, "museum", []string{"1 JAZZ"}, got)

	var form []string
	for c, err := range s.ChangedSince(t.Context(), opera, since) {
		must(t, err)
		form = append(form, string(c.Number)+" "+string(c.Get(genre)))
	}
	equal(t, "since", []string{"2 ROCK", "4 JAZZ", "5 POP"}, form)
	_, err := s.Changed(t.Context(), opera, since, 10, "nonsense")
	refused(t, "a cursor that is none", err, fault.Invalid, "cursorInvalid")
}

func contactsChangedPages(t *testing.T, s Contacts) {
	since := begun(t, s, opera)
	var ns []domain.ContactNumber
	for i := range 2500 { // more than one note has
		ns = append(ns, domain.ContactNumber(fmt.Sprintf("1%04d", i)))
	}
	put(t, s, opera, "7", fields{genre: "ROCK"})
	must(t, s.NoteChanged(t.Context(), opera, ns))
	put(t, s, opera, "8", fields{genre: "ROCK"})
	got, _ := told(t, s, opera, since, 190)
	equal(t, "the first", "7 ROCK", got[0])
	equal(t, "the last", "8 ROCK", got[len(got)-1])
	seen := map[string]bool{}
	for _, line := range got {
		seen[strings.Fields(line)[0]] = true
	}
	equal(t, "how many", []int{2502, 2502}, []int{len(got), len(seen)})

	// Whatever changes while pages are turned is told, with its last value.
	values := map[string]string{}
	page, err := s.Changed(t.Context(), opera, since, 1000, "")
	must(t, err)
	put(t, s, opera, "7", fields{genre: "JAZZ"}) // was on the page that was just read
	put(t, s, opera, "8", fields{genre: "POP"})  // is still to come
	put(t, s, opera, "9", fields{genre: "POP"})
	for {
		for _, c := range page.Items {
			values[string(c.Number)] = "gone"
			if c.Contact != nil {
				values[string(c.Number)] = string(c.Contact.Get(genre))
			}
		}
		if page.Next == "" {
			break
		}
		page, err = s.Changed(t.Context(), opera, since, 1000, page.Next)
		must(t, err)
	}
	equal(t, "told in the end", []string{"JAZZ", "POP", "POP"}, []string{values["7"], values["8"], values["9"]})
	equal(t, "how many in the end", 2503, len(values))
}

// Where notes do not reach back, everybody is told.
func contactsChangedBefore(t *testing.T, s Contacts) {
	began := begun(t, s, opera)
	want := map[string]bool{"900 POP": true, "5 gone": true}
	for i := range 150 {
		n := domain.ContactNumber(fmt.Sprintf("2%03d", i))
		put(t, s, opera, n, fields{genre: "ROCK"})
		want[string(n)+" ROCK"] = true
	}
	put(t, s, opera, "5", fields{genre: "ROCK"})
	must(t, s.Delete(t.Context(), opera, "5"))
	for name, since := range map[string]time.Time{"before contacts were loaded": began.Add(-time.Hour), "longer ago than notes are kept": began.Add(-domain.ChangesReach - time.Hour), "ever": time.Unix(0, 0)} {
		for _, limit := range []int{7, 1000} {
			asked := time.Now()
			got, until := told(t, s, opera, since, limit)
			slices.Sort(got)
			equal(t, name, slices.Sorted(maps.Keys(want)), got)
			if until.After(time.Now().Add(-domain.ChangeMargin)) || until.Before(asked.Add(-domain.ChangeMargin)) {
				t.Errorf("%s: to be asked again from %v, and it was asked at %v", name, until, asked)
			}
		}
		var form []string
		for c, err := range s.ChangedSince(t.Context(), opera, since) {
			must(t, err)
			form = append(form, string(c.Number))
		}
		equal(t, name+", yielded", 151, len(form))
	}
	// One that was deleted before is nobody's news.
	got, _ := told(t, s, "nowhere", time.Unix(0, 0), 10)
	equal(t, "an institution without contacts", []string(nil), got)
}

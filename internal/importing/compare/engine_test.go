package compare_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/compare"
	"rollbook/internal/testing/memory"
)

const house = domain.InstitutionID("house")

func now() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

func engine(s compare.Store, id string, m compare.Mode, rule domain.OnConflict) *compare.Engine {
	return &compare.Engine{Store: s, Institution: house, Import: id, Mode: m, OnConflict: rule, Now: now, Ticket: ticket(id)}
}

// ticket gives every import of a test a slot of its own.
func ticket(id string) domain.Ticket {
	h := fnv.New32a()
	h.Write([]byte(id))
	return domain.Ticket{Slot: int(h.Sum32() % domain.Slots), Order: "0000007"}
}

type contact map[domain.Field]domain.Value

// filled returns a store with the contacts.
func filled(t rapid.TB, cs map[domain.ContactNumber]contact) *memory.Contacts {
	t.Helper()
	s := memory.NewContacts(now)
	for n, c := range cs {
		if _, err := s.Put(context.Background(), house, domain.Contact{Number: n, Fields: maps.Clone(c)}, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func values(t rapid.TB, s *memory.Contacts) map[domain.ContactNumber]contact {
	t.Helper()
	out := map[domain.ContactNumber]contact{}
	for c, err := range s.All(context.Background(), house) {
		if err != nil {
			t.Fatal(err)
		}
		out[c.Number] = c.Fields
	}
	return out
}

// cells draws old, new and live values that often meet.
var cells = rapid.Custom(func(t *rapid.T) [3]string {
	word := rapid.SampledFrom([]string{"", "ROCK", "JAZZ", "FOLK"})
	new := rapid.SampledFrom([]string{"", "ROCK", "JAZZ", "FOLK", "Empty"}).Draw(t, "new")
	old := word.Draw(t, "old")
	live := old
	if rapid.IntRange(0, 3).Draw(t, "moved") == 0 {
		live = word.Draw(t, "live")
	}
	if rapid.IntRange(0, 7).Draw(t, "column") == 0 {
		old = "-"
	}
	return [3]string{old, new, live}
})

var multi = rapid.Custom(func(t *rapid.T) [3]string {
	word := rapid.SampledFrom([]string{"", "ROCK", "ROCK|JAZZ", "JAZZ|FOLK"})
	new := rapid.SampledFrom([]string{"", "ROCK", "JAZZ|ROCK", "add: FOLK", "remove: ROCK", "Empty"}).Draw(t, "new")
	return [3]string{word.Draw(t, "old"), new, word.Draw(t, "live")}
})

// file draws rows for contacts, some of which are not there.
func file(t *rapid.T) ([]compare.Row, map[domain.ContactNumber]contact) {
	live := map[domain.ContactNumber]contact{}
	var rows []compare.Row
	for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
		n := domain.ContactNumber(fmt.Sprintf("%04d", i))
		g, m := cells.Draw(t, "genre"), multi.Draw(t, "tags")
		c := contact{domain.ContactEmail: domain.Value(fmt.Sprintf("c%d@example.org", i))}
		for f, v := range map[domain.Field]string{genre.Field(): g[2], tags.Field(): m[2]} {
			if v != "" {
				c[f] = domain.Value(v)
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "there") > 0 {
			live[n] = c
		}
		r := compare.Row{Line: i + 2, Number: n, Key: "#" + string(n), KeyColumn: "Contact"}
		switch rapid.IntRange(0, 5).Draw(t, "info") {
		case 0:
			r.InfoEmail = fmt.Sprintf("c%d@example.org", (i+1)%12)
		case 1, 2, 3:
			r.InfoEmail = fmt.Sprintf("c%d@example.org", i)
		}
		for _, x := range []struct {
			d domain.FieldDef
			v [3]string
		}{{genre, g}, {tags, m}} {
			if x.v[1] != "" {
				r.Cells = append(r.Cells, asked(t, x.d, x.v[0], x.v[1]))
			}
		}
		rows = append(rows, r)
	}
	return rows, live
}

func run(t rapid.TB, e *compare.Engine, rows []compare.Row) []compare.Result {
	t.Helper()
	out, err := e.Run(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var rules = rapid.SampledFrom([]domain.OnConflict{domain.Skip, domain.Overwrite})

// A test says exactly what the update then does, and writes nothing.
func TestTestPredictsUpdate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, live := file(t)
		rule := rules.Draw(t, "rule")
		s := filled(t, live)
		before := values(t, s)
		said := run(t, engine(compare.ReadOnly(s), "test", compare.Test, rule), rows)
		if d := cmp.Diff(before, values(t, s)); d != "" {
			t.Fatalf("a test wrote: %s", d)
		}
		did := run(t, engine(s, "update", compare.Update, rule), rows)
		if d := cmp.Diff(said, did); d != "" {
			t.Fatalf("test and update differ (-test +update): %s", d)
		}
		// What it reports is what is there, and nothing else changed.
		want := before
		for i, r := range did {
			for _, c := range r.Changes {
				if want[rows[i].Number][c.Field] != c.Before {
					t.Fatalf("line %d %s: before was %q, reported %q", rows[i].Line, c.Field, want[rows[i].Number][c.Field], c.Before)
				}
				if want[rows[i].Number][c.Field] = c.After; c.After == domain.Empty {
					delete(want[rows[i].Number], c.Field)
				}
			}
			if (r.Outcome == domain.Updated) != (len(r.Changes) > 0) {
				t.Fatalf("line %d is %s with %d changes", rows[i].Line, r.Outcome, len(r.Changes))
			}
		}
		if d := cmp.Diff(want, values(t, s)); d != "" {
			t.Fatalf("database and report differ (-report +database): %s", d)
		}
	})
}

// Running an update's rows again, wherever the first run was interrupted, ends
// as one clean run.
func TestAgainIsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, live := file(t)
		rule := rules.Draw(t, "rule")
		clean := filled(t, live)
		want := run(t, engine(clean, "u", compare.Update, rule), rows)

		s := filled(t, live)
		run(t, engine(s, "u", compare.Update, rule), rows[:rapid.IntRange(0, len(rows)).Draw(t, "until")])
		if d := cmp.Diff(want, run(t, engine(s, "u", compare.Update, rule), rows)); d != "" {
			t.Fatalf("(-clean +again): %s", d)
		}
		if d := cmp.Diff(values(t, clean), values(t, s)); d != "" {
			t.Fatal(d)
		}
		// What a settling step reads from the stamps agrees, for what was written.
		settle := engine(s, "u", compare.Settle, rule)
		settle.Thorough = true
		for i, r := range run(t, settle, rows) {
			if (want[i].Outcome == domain.Updated) != (r.Outcome == domain.Updated) || r.Outcome == domain.Updated && cmp.Diff(want[i].Changes, r.Changes) != "" {
				t.Fatalf("line %d: settled as %+v, was %+v", rows[i].Line, r, want[i])
			}
		}
	})
}

// Two copies of one chunk at the same time are as one.
func TestTwoCopies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, live := file(t)
		clean := filled(t, live)
		want := run(t, engine(clean, "u", compare.Update, domain.Skip), rows)
		s := filled(t, live)
		var got [2][]compare.Result
		var errs [2]error
		var both sync.WaitGroup
		for k := range got {
			both.Go(func() {
				got[k], errs[k] = engine(s, "u", compare.Update, domain.Skip).Run(context.Background(), slices.Clone(rows))
			})
		}
		both.Wait()
		for k := range got {
			if errs[k] != nil {
				t.Fatal(errs[k])
			}
			if d := cmp.Diff(want, got[k]); d != "" {
				t.Fatalf("copy %d (-clean +copy): %s", k, d)
			}
		}
		if d := cmp.Diff(values(t, clean), values(t, s)); d != "" {
			t.Fatal(d)
		}
	})
}

// counting counts requests and the rows in them.
type counting struct {
	*memory.Contacts
	reads, writes, creates int
	asks                   int // of addresses, names and lines
	interfere              func(ws []domain.Write)
}

func (c *counting) GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error) {
	c.reads += len(ns)
	return c.Contacts.GetMany(ctx, in, ns)
}

func (c *counting) Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error) {
	c.creates += len(cs)
	return c.Contacts.Create(ctx, in, cs)
}

func (c *counting) Claimed(ctx context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.Pinned, error) {
	c.asks++
	return c.Contacts.Claimed(ctx, in, imp, lines)
}

func (c *counting) ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error) {
	c.asks++
	return c.Contacts.ByEmail(ctx, in, emails)
}

func (c *counting) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	c.writes += len(ws)
	if c.interfere != nil {
		c.interfere(ws)
	}
	return c.Contacts.Write(ctx, in, ws)
}

// A row as the template made it costs one write and no read; a row with nothing
// in [new] costs nothing.
func TestRequests(t *testing.T) {
	live := map[domain.ContactNumber]contact{}
	var rows []compare.Row
	for i := range 100 {
		n := domain.ContactNumber(fmt.Sprintf("%04d", i))
		live[n] = contact{genre.Field(): "ROCK", domain.ContactEmail: "a@example.org"}
		r := compare.Row{Line: i + 2, Number: n, InfoEmail: "a@example.org"}
		if i < 40 {
			r.Cells = []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}
		}
		rows = append(rows, r)
	}
	s := &counting{Contacts: filled(t, live)}
	run(t, engine(s, "u", compare.Update, domain.Skip), rows)
	if s.reads != 0 || s.writes != 40 {
		t.Errorf("%d reads and %d writes for 40 changes in 100 rows, want 0 and 40", s.reads, s.writes)
	}
}

// Somebody who writes between our look and our write is not overwritten, and a
// row that meets others again and again is not decided on stale values.
func TestInterference(t *testing.T) {
	for _, c := range []struct {
		what string
		rule domain.OnConflict
		want domain.Outcome
		ends domain.Value
	}{
		{"skip", domain.Skip, domain.RowConflicted, "FOLK"},
		{"overwrite", domain.Overwrite, domain.Updated, "JAZZ"},
	} {
		s := &counting{Contacts: filled(t, map[domain.ContactNumber]contact{"1": {genre.Field(): "ROCK"}})}
		times := 0
		s.interfere = func([]domain.Write) {
			if times++; times <= 2 {
				v := []domain.Value{"", "OLD", "FOLK"}[times]
				if _, err := s.Put(context.Background(), house, domain.Contact{Number: "1", Fields: contact{genre.Field(): v}}, domain.Provenance{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := run(t, engine(s, "u", compare.Update, c.rule), []compare.Row{{Line: 2, Number: "1", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}}})
		ends := values(t, s.Contacts)["1"][genre.Field()]
		if c.rule == domain.Skip && times == 1 {
			c.ends = "OLD" // decided on the first interference
		}
		if got[0].Outcome != c.want || ends != c.ends {
			t.Errorf("%s: %s with %q, want %s with %q", c.what, got[0].Outcome, ends, c.want, c.ends)
		}
		if c.rule == domain.Overwrite && got[0].Changes[0].Before != "FOLK" {
			t.Errorf("overwrote %q, undo would put back the wrong value", got[0].Changes[0].Before)
		}
	}

	// Somebody who never stops: the chunk is tried again later, not decided.
	s := &counting{Contacts: filled(t, map[domain.ContactNumber]contact{"1": {genre.Field(): "ROCK"}})}
	flip := false
	s.interfere = func([]domain.Write) {
		flip = !flip
		v := domain.Value("FOLK")
		if flip {
			v = "OLD"
		}
		if _, err := s.Put(context.Background(), house, domain.Contact{Number: "1", Fields: contact{genre.Field(): v}}, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := engine(s, "u", compare.Update, domain.Overwrite).Run(context.Background(), []compare.Row{{Line: 2, Number: "1", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}}})
	if fault.KindOf(err) != fault.Busy {
		t.Errorf("got %v, want kind busy", err)
	}
}

// What is wrong with the key.
func TestKeys(t *testing.T) {
	s := filled(t, map[domain.ContactNumber]contact{
		"0012345": {domain.ContactEmail: "a@example.org"},
		"012":     {}, "0012": {},
		"7": {domain.ContactEmail: "b@example.org"},
	})
	row := func(n domain.ContactNumber, email string) compare.Row {
		return compare.Row{Line: 2, Number: n, Key: string(n), KeyColumn: "Contact", InfoEmail: email, InfoColumn: "[info] Email",
			Cells: []compare.Cell{asked(t, genre, "", "JAZZ")}}
	}
	for _, c := range []struct {
		what             string
		r                compare.Row
		code, suggestion string
	}{
		{"zeros lost", row("12345", ""), "leadingZeros", "#0012345"},
		{"zeros lost, two fit", row("12", ""), "unknownContact", ""},
		{"unknown", row("999", ""), "unknownContact", ""},
		{"columns sorted apart", row("7", "a@example.org"), "otherContactsEmail", "Sort whole rows only, or start again from the template."},
		{"e-mail of nobody", row("7", "new@example.org"), "", ""},
		{"e-mail in other case", row("7", "B@Example.org"), "", ""},
	} {
		for _, mode := range []compare.Mode{compare.Test, compare.Update} {
			got := run(t, engine(s, "u"+c.what, mode, domain.Overwrite), []compare.Row{c.r})[0]
			code, suggestion := "", ""
			if len(got.Problems) > 0 {
				code, suggestion = string(got.Problems[0].Code), got.Problems[0].Suggestion("en")
			}
			if code != c.code || suggestion != c.suggestion {
				t.Errorf("%s (mode %d): %q, %q; want %q, %q", c.what, mode, code, suggestion, c.code, c.suggestion)
			}
			if (got.Outcome == domain.RowRejected) != (c.code != "") {
				t.Errorf("%s: %s", c.what, got.Outcome)
			}
		}
	}
}

// answering answers some writes with an error of their own.
type answering struct {
	*memory.Contacts
	errs map[domain.ContactNumber]error
}

func (a *answering) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out, err := a.Contacts.Write(ctx, in, slices.DeleteFunc(slices.Clone(ws), func(w domain.Write) bool { return a.errs[w.Number] != nil }))
	if err != nil {
		return nil, err
	}
	for i, w := range ws {
		if e := a.errs[w.Number]; e != nil {
			out = slices.Insert(out, i, domain.Written{Err: e})
		}
	}
	return out, nil
}

func (a *answering) Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error) {
	return []domain.Made{{Number: cs[0].Number, Err: a.errs[cs[0].Number]}}, nil
}

func (a *answering) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	return []domain.Written{{Err: a.errs[ws[0].Number]}}, nil
}

// What the store says of one row: a row that may be written later has the chunk
// tried again, any other is that row's alone.
func TestStoreRefusesOneRow(t *testing.T) {
	name, _ := domain.ContactDef(domain.ContactLastName)
	for _, c := range []struct {
		err     error
		outcome domain.Outcome
		code    string
	}{
		{fault.New(fault.TooLarge, "contactTooLarge"), domain.RowRejected, "contactTooLarge"},
		{fault.New(fault.Internal, "aws"), domain.Unprocessed, "notWritten"},
		{fault.New(fault.Busy, "busy"), "", ""},
	} {
		for what, r := range map[string]compare.Row{
			"written": {Line: 2, Number: "1", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}},
			"created": {Line: 2, Number: "9", Person: &compare.Person{}, Cells: []compare.Cell{{Def: name, Edit: field.Edit{Value: "Smith"}}}},
			"removed": {Line: 2, Number: "3", Person: &compare.Person{Remove: "before", Values: contact{domain.ContactLastName: "Made"}}},
		} {
			s := &answering{filled(t, map[domain.ContactNumber]contact{"1": {genre.Field(): "ROCK"}, "2": {genre.Field(): "ROCK"}}), map[domain.ContactNumber]error{r.Number: c.err}}
			if _, err := s.Contacts.Create(context.Background(), house, []domain.Creation{{Number: "3", Fields: contact{domain.ContactLastName: "Made"}, Applied: domain.Applied{Import: "before", Line: 2}, Ticket: ticket("before")}}); err != nil {
				t.Fatal(err)
			}
			got, err := engine(s, "u", compare.Update, domain.Skip).Run(context.Background(), []compare.Row{r, {Line: 3, Number: "2", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}}})
			switch {
			case c.outcome == "":
				if fault.KindOf(err) != fault.Busy || err == nil {
					t.Errorf("%s, %v: %v, want it again", what, c.err, err)
				}
			case err != nil:
				t.Errorf("%s, %v: %v", what, c.err, err)
			case got[0].Outcome != c.outcome || len(got[0].Problems) != 1 || string(got[0].Problems[0].Code) != c.code || len(got[0].Changes) > 0 || got[1].Outcome != domain.Updated:
				t.Errorf("%s, %v: %+v", what, c.err, got)
			}
		}
	}
}

// The creation of a contact is taken back only while it is as it was made.
func TestRemoveOnlyUntouched(t *testing.T) {
	name := domain.ContactLastName
	for _, c := range []struct {
		what    string
		touch   func(t *testing.T, s *memory.Contacts)
		values  contact
		outcome domain.Outcome
		code    string
	}{
		{"as made", func(*testing.T, *memory.Contacts) {}, contact{name: "Made"}, domain.Updated, ""},
		{"changed", func(t *testing.T, s *memory.Contacts) { put(t, s, contact{name: "Other"}) }, contact{name: "Made"}, domain.RowConflicted, "changedSince"},
		{"changed and back", func(t *testing.T, s *memory.Contacts) {
			put(t, s, contact{name: "Other"})
			put(t, s, contact{name: "Made"})
		}, contact{name: "Made"}, domain.RowConflicted, "changedSince"},
		{"made with other values", func(*testing.T, *memory.Contacts) {}, contact{name: "Else"}, domain.RowConflicted, "changedSince"},
		{"deleted", func(t *testing.T, s *memory.Contacts) {
			if err := s.Delete(t.Context(), house, "3"); err != nil {
				t.Fatal(err)
			}
		}, contact{name: "Made"}, domain.Unchanged, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := memory.NewContacts(now)
			if _, err := s.Create(t.Context(), house, []domain.Creation{{Number: "3", Fields: contact{name: "Made"}, Applied: domain.Applied{Import: "before", Line: 2}, Ticket: ticket("before")}}); err != nil {
				t.Fatal(err)
			}
			c.touch(t, s)
			rows := []compare.Row{{Line: 2, Number: "3", Person: &compare.Person{Remove: "before", Values: c.values}}}
			for try, mode := range []compare.Mode{compare.Test, compare.Update, compare.Update} {
				store := compare.Store(s)
				if mode == compare.Test {
					store = compare.ReadOnly(s)
				}
				got := run(t, engine(store, "undo", mode, domain.Skip), rows)[0]
				code := ""
				if len(got.Problems) > 0 {
					code = string(got.Problems[0].Code)
				}
				if got.Outcome != c.outcome || code != c.code || got.Removed != (c.outcome == domain.Updated) {
					t.Errorf("run %d: %s %q, removed %t", try, got.Outcome, code, got.Removed)
				}
			}
		})
	}
}

func put(t *testing.T, s *memory.Contacts, c contact) {
	t.Helper()
	if _, err := s.Put(t.Context(), house, domain.Contact{Number: "3", Fields: c}, domain.Provenance{}); err != nil {
		t.Fatal(err)
	}
}

// A row that names a number which was given to another line's new contact
// meanwhile does not change that contact.
func TestNumberTakenMeanwhile(t *testing.T) {
	s := memory.NewContacts(now)
	made := domain.Creation{Number: "3", Fields: contact{domain.ContactLastName: "Made"}, Applied: domain.Applied{Import: "u", Line: 9}, Ticket: ticket("u")}
	if _, err := s.Create(t.Context(), house, []domain.Creation{made}); err != nil {
		t.Fatal(err)
	}
	row := compare.Row{Line: 2, Number: "3", Key: "3", Person: &compare.Person{}, Cells: []compare.Cell{asked(t, genre, "-", "JAZZ")}}
	got := run(t, engine(s, "u", compare.Update, domain.Overwrite), []compare.Row{row})[0]
	if got.Outcome != domain.RowRejected || string(got.Problems[0].Code) != "differentLines" || !slices.Equal(got.Problems[0].OtherLines, []int{9}) ||
		!strings.Contains(got.Problems[0].Suggestion("en"), "another number") {
		t.Errorf("%s %+v", got.Outcome, got.Problems)
	}
	if v := values(t, s)["3"][genre.Field()]; v != "" {
		t.Errorf("the contact of line 9 has become %q", v)
	}
}

package compare_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/compare"
	"rollbook/internal/testing/memory"
)

// thorough is an engine that has every row burnt which it reports as not written.
func thorough(s compare.Store, m compare.Mode) *compare.Engine {
	e := engine(s, "u", m, domain.Skip)
	e.Thorough = true
	return e
}

// later is an engine of the round that holds the slot afterwards.
func later(s compare.Store, m compare.Mode) *compare.Engine {
	e := thorough(s, m)
	e.Ticket.Order = "0000009"
	return e
}

// fates are rows of each kind, with the contacts that they meet.
func fates(t *testing.T) (*memory.Contacts, []compare.Row) {
	t.Helper()
	s := filled(t, map[domain.ContactNumber]contact{
		"1": {genre.Field(): "ROCK"}, "2": {genre.Field(): "ROCK"}, "4": {mail: "four@house.example"}, "5": {genre.Field(): "JAZZ"}, "6": {genre.Field(): "FOLK"},
	})
	made := domain.Creation{Number: "3", Fields: contact{last: "Made"}, Applied: domain.Applied{Import: "before", Line: 2}, Ticket: ticket("before")}
	if _, err := s.Create(t.Context(), house, []domain.Creation{made}); err != nil {
		t.Fatal(err)
	}
	return s, []compare.Row{
		{Line: 2, Number: "1", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}}, // needs no reading
		{Line: 3, Number: "2", Cells: []compare.Cell{asked(t, genre, "-", "JAZZ")}},
		{Line: 4, Number: "3", Person: &compare.Person{Remove: "before", Values: contact{last: "Made"}}},
		someone(5, says(mail, "four@house.example"), says(city, "Bern")),
		someone(6, says(last, "New")),
		numbered(someone(7, says(last, "New")), "77"),
		{Line: 8, Number: "5", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}},
		{Line: 9, Number: "6", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}},
		{Line: 10, Number: "88", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}},
		{Line: 11, Number: "1"},
	}
}

var written = []string{
	"1 updated GENRE:ROCK→JAZZ", "2 updated GENRE:ROCK→JAZZ", "3 updated lastName:Made→ removed", "4 updated city:→Bern", "0000001 created lastName:→New", "77 created lastName:→New",
	"5 unchanged", "6 conflicted [new] GENRE=JAZZ: conflict[live:FOLK new:JAZZ old:ROCK]", "88 rejected =: unknownContact", "1 unchanged",
}

// What was settled is never written: a straggler of the round finds every row
// burnt, and says so of those that it would have written.
func TestSettledIsNeverWritten(t *testing.T) {
	for _, c := range []struct {
		cancelled bool
		code      string
	}{{false, "notProcessed"}, {true, "cancelled[case:row]"}} {
		s, rows := fates(t)
		settle := thorough(s, compare.Settle)
		settle.Cancelled = c.cancelled
		var want []string
		for i, r := range rows {
			number := string(r.Number)
			if number != "" {
				number += " "
			}
			want = append(want, number+"unprocessed =: "+c.code)
			if i == len(rows)-1 {
				want[i] = written[i]
			}
		}
		was := fmt.Sprint(values(t, s))
		for range 2 {
			results := run(t, settle, rows)
			if got := briefs(results); !slices.Equal(got, want) {
				t.Errorf("settled:\n%s", cmp.Diff(want, got))
			}
			if p := results[0].Problems[0]; p.Line != 2 || p.Outcome != domain.Unprocessed {
				t.Errorf("the problem is about %d %s", p.Line, p.Outcome)
			}
		}
		sends := &counting{Contacts: s}
		got := briefs(run(t, engine(sends, "u", compare.Update, domain.Skip), rows))
		if sends.writes != 4 || sends.creates != 1 { // those that are sent without looking
			t.Errorf("%d writes and %d creations are sent", sends.writes, sends.creates)
		}
		for i := range want {
			want[i] = strings.ReplaceAll(want[i], "cancelled[case:row]", "notProcessed")
		}
		want[3] = "unprocessed =: notProcessed"
		want[6], want[7], want[8] = written[6], written[7], written[8]
		got[3] = strings.TrimPrefix(got[3], "4 ") // whom it was about is found all the same
		if !slices.Equal(got, want) {
			t.Errorf("the straggler:\n%s", cmp.Diff(want, got))
		}
		if now := fmt.Sprint(values(t, s)); now != was {
			t.Errorf("written: %s, was %s", now, was)
		}
	}
}

// What was written is reported as written, whoever asks, and not written again.
func TestWrittenStaysWritten(t *testing.T) {
	s, rows := fates(t)
	if got := briefs(run(t, engine(s, "u", compare.Update, domain.Skip), rows)); !slices.Equal(got, written) {
		t.Fatal(cmp.Diff(written, got))
	}
	was := fmt.Sprint(values(t, s))
	for name, e := range map[string]*compare.Engine{"another try": engine(s, "u", compare.Update, domain.Skip), "a thorough try": thorough(s, compare.Update), "settled": thorough(s, compare.Settle)} {
		t.Run(name, func(t *testing.T) {
			got := briefs(run(t, e, rows))
			want := slices.Clone(written)
			if e.Mode == compare.Settle {
				for i, n := range map[int]string{6: "5", 7: "6", 8: "88"} {
					want[i] = n + " unprocessed =: notProcessed"
				}
			}
			if !slices.Equal(got, want) {
				t.Error(cmp.Diff(want, got))
			}
			if now := fmt.Sprint(values(t, s)); now != was {
				t.Errorf("written: %s, was %s", now, was)
			}
		})
	}
}

// Without Thorough nothing is burnt of which no request may be on its way.
func TestBurnsOnlyDoubt(t *testing.T) {
	s, rows := fates(t)
	burning := &burns{Contacts: s}
	run(t, engine(burning, "u", compare.Settle, domain.Skip), rows)
	run(t, engine(burning, "u", compare.Test, domain.Skip), rows)
	run(t, engine(burning, "u", compare.Update, domain.Skip), rows)
	if len(burning.lines) > 0 {
		t.Errorf("burnt lines %v", burning.lines)
	}
	run(t, thorough(burning, compare.Test), rows)
	if len(burning.lines) > 0 {
		t.Errorf("a test burnt lines %v", burning.lines)
	}
	run(t, thorough(burning, compare.Update), rows)
	if want := []int{8, 9, 10}; !slices.Equal(burning.lines, want) {
		t.Errorf("burnt lines %v, want %v", burning.lines, want)
	}
}

// burns notes which lines are burnt.
type burns struct {
	*memory.Contacts
	lines []int
}

func (b *burns) Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error) {
	for _, x := range bs {
		b.lines = append(b.lines, x.Line)
	}
	return b.Contacts.Burn(ctx, in, bs)
}

// doubtful does what it is asked, or not, and gives no answer.
type doubtful struct {
	*burns
	does bool
}

var errDoubt = fault.New(fault.Internal, "aws")

func (d *doubtful) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	if d.does {
		if _, err := d.Contacts.Write(ctx, in, ws); err != nil {
			return nil, err
		}
	}
	for i := range out {
		out[i] = domain.Written{Err: errDoubt, Doubt: true}
	}
	return out, nil
}

func (d *doubtful) Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error) {
	out := make([]domain.Made, len(cs))
	if d.does {
		if _, err := d.Contacts.Create(ctx, in, cs); err != nil {
			return nil, err
		}
	}
	for i := range out {
		out[i] = domain.Made{Err: errDoubt, Doubt: true}
	}
	return out, nil
}

func (d *doubtful) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	if d.does {
		if _, err := d.Contacts.Remove(ctx, in, ws); err != nil {
			return nil, err
		}
	}
	for i := range out {
		out[i] = domain.Written{Err: errDoubt, Doubt: true}
	}
	return out, nil
}

// A row whose request got no answer is burnt, so that it is not written later; if
// it was written, that is what is reported.
func TestDoubt(t *testing.T) {
	for _, does := range []bool{false, true} {
		t.Run(fmt.Sprint(does), func(t *testing.T) {
			s, rows := fates(t)
			d := &doubtful{&burns{Contacts: s}, does}
			got := briefs(run(t, engine(d, "u", compare.Update, domain.Skip), rows))
			for i := range 6 {
				if unwritten := strings.HasSuffix(got[i], "unprocessed =: notWritten"); unwritten == does || does && got[i] != written[i] {
					t.Errorf("line %d: %s", rows[i].Line, got[i])
				}
			}
			slices.Sort(d.lines)
			if want := []int{2, 3, 4, 5, 5, 6, 7, 8, 9, 10}; !slices.Equal(d.lines, want) {
				t.Errorf("burnt lines %v, want %v", d.lines, want)
			}
			if does {
				return
			}
			was := fmt.Sprint(values(t, s))
			run(t, engine(s, "u", compare.Update, domain.Skip), rows)
			if now := fmt.Sprint(values(t, s)); now != was {
				t.Errorf("written after all: %s, was %s", now, was)
			}
		})
	}
}

// An import that is over, because a later round holds its slot, writes nothing and
// says so.
func TestOver(t *testing.T) {
	_, rows := fates(t)
	for i, r := range rows[:6] {
		t.Run(fmt.Sprintf("line %d", r.Line), func(t *testing.T) {
			s, _ := fates(t)
			run(t, later(s, compare.Settle), rows)
			was := fmt.Sprint(values(t, s))
			for _, m := range []compare.Mode{compare.Update, compare.Settle} {
				if _, err := thorough(s, m).Run(t.Context(), []compare.Row{r}); !over(err) {
					t.Errorf("mode %d: %v", m, err)
				}
			}
			if now := fmt.Sprint(values(t, s)); now != was {
				t.Errorf("written: %s, was %s", now, was)
			}
			// It ends between the look and the write.
			if i != 0 && i != 4 && i != 5 {
				s, _ := fates(t)
				ends := func() { run(t, later(s, compare.Settle), rows) }
				if _, err := engine(&before{Contacts: s, write: ends, remove: ends}, "u", compare.Update, domain.Skip).Run(t.Context(), []compare.Row{r}); !over(err) {
					t.Errorf("between: %v", err)
				}
			}
		})
	}
}

// A row that is settled between the look and the write is compared once more, to
// say why it was not written.
func TestBurntMeanwhile(t *testing.T) {
	_, rows := fates(t)
	for i, want := range map[int]string{0: "1 unprocessed =: notProcessed", 1: "2 unprocessed =: notProcessed", 2: "3 unprocessed =: notProcessed", 3: "4 unprocessed =: notProcessed"} {
		t.Run(fmt.Sprintf("line %d", rows[i].Line), func(t *testing.T) {
			s, _ := fates(t)
			settles := func() { run(t, thorough(s, compare.Settle), rows) }
			got := run(t, engine(&before{Contacts: s, write: settles, remove: settles}, "u", compare.Update, domain.Skip), rows[i:i+1])
			if brief(got[0]) != want {
				t.Errorf("got %s, want %s", brief(got[0]), want)
			}
		})
	}
	t.Run("in conflict by now", func(t *testing.T) {
		s, _ := fates(t)
		settles := func() {
			run(t, thorough(s, compare.Settle), rows)
			if _, err := s.Put(t.Context(), house, domain.Contact{Number: "1", Fields: contact{genre.Field(): "FOLK"}}, domain.Provenance{}); err != nil {
				t.Fatal(err)
			}
		}
		got := run(t, engine(&before{Contacts: s, write: settles}, "u", compare.Update, domain.Skip), rows[:1])
		if want := "1 conflicted [new] GENRE=JAZZ: conflict[live:FOLK new:JAZZ old:ROCK]"; brief(got[0]) != want {
			t.Errorf("got %s, want %s", brief(got[0]), want)
		}
	})
	t.Run("and deleted", func(t *testing.T) {
		s, _ := fates(t)
		settles := func() {
			run(t, thorough(s, compare.Settle), rows)
			if err := s.Delete(t.Context(), house, "2"); err != nil {
				t.Fatal(err)
			}
		}
		got := run(t, engine(&before{Contacts: s, write: settles}, "u", compare.Update, domain.Skip), rows[1:2])
		if want := "2 unprocessed =: notProcessed"; brief(got[0]) != want {
			t.Errorf("got %s, want %s", brief(got[0]), want)
		}
	})
	t.Run("deleted by now", func(t *testing.T) {
		s, _ := fates(t)
		deletes := func() {
			if err := s.Delete(t.Context(), house, "2"); err != nil {
				t.Fatal(err)
			}
		}
		got := run(t, engine(&before{Contacts: s, write: deletes}, "u", compare.Update, domain.Skip), rows[1:2])
		if want := "2 rejected =: unknownContact"; brief(got[0]) != want {
			t.Errorf("got %s, want %s", brief(got[0]), want)
		}
	})
	t.Run("by another line", func(t *testing.T) {
		s, _ := fates(t)
		other := someone(30, says(mail, "four@house.example"), says(city, "Basel"))
		changes := func() { run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{other}) }
		got := run(t, engine(&before{Contacts: s, write: changes}, "u", compare.Update, domain.Skip), rows[3:4])
		if want := "4 rejected Contact=: differentLines[case:sameContact] with[30]"; brief(got[0]) != want {
			t.Errorf("got %s, want %s", brief(got[0]), want)
		}
	})
}

// Creations that are taken back: what happened to the contact meanwhile.
func TestRemovals(t *testing.T) {
	_, rows := fates(t)
	row := rows[2]
	update := func(id string, cell compare.Cell) func(t *testing.T, s *memory.Contacts) {
		return func(t *testing.T, s *memory.Contacts) {
			run(t, engine(s, id, compare.Update, domain.Overwrite), []compare.Row{{Line: 2, Number: "3", Cells: []compare.Cell{cell}}})
		}
	}
	deleted := func(t *testing.T, s *memory.Contacts) {
		if err := s.Delete(t.Context(), house, "3"); err != nil {
			t.Fatal(err)
		}
	}
	changed := "3 conflicted =: changedSince"
	for _, c := range []struct {
		what    string
		happens func(t *testing.T, s *memory.Contacts)
		first   string // when it happened before
		between string // when it happens between look and removal
	}{
		{"an import has written there and back", func(t *testing.T, s *memory.Contacts) {
			update("x", asked(t, genre, "", "JAZZ"))(t, s)
			update("y", asked(t, genre, "JAZZ", "Empty"))(t, s)
		}, changed, changed},
		{"an import has written without [old]", update("x", asked(t, genre, "-", "JAZZ")), changed, changed},
		{"deleted", deleted, "3 unchanged", "3 unchanged"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s, _ := fates(t)
			c.happens(t, s)
			for _, e := range []*compare.Engine{engine(compare.ReadOnly(s), "t", compare.Test, domain.Skip), engine(s, "u", compare.Update, domain.Skip)} {
				if got := brief(run(t, e, []compare.Row{row})[0]); got != c.first {
					t.Errorf("before, mode %d: got %s, want %s", e.Mode, got, c.first)
				}
			}
			s, _ = fates(t)
			got := brief(run(t, engine(&before{Contacts: s, remove: func() { c.happens(t, s) }}, "u", compare.Update, domain.Skip), []compare.Row{row})[0])
			if got != c.between {
				t.Errorf("between: got %s, want %s", got, c.between)
			}
		})
	}
	t.Run("no such contact", func(t *testing.T) {
		got := brief(run(t, engine(memory.NewContacts(now), "u", compare.Update, domain.Skip), []compare.Row{row})[0])
		if want := "3 rejected =: unknownContact"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("another copy of the undo", func(t *testing.T) {
		s, _ := fates(t)
		copies := func() { run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row}) }
		got := brief(run(t, engine(&before{Contacts: s, remove: copies}, "u", compare.Update, domain.Skip), []compare.Row{row})[0])
		if got != written[2] {
			t.Errorf("got %s, want %s", got, written[2])
		}
	})
	t.Run("burnt and changed", func(t *testing.T) {
		s, _ := fates(t)
		run(t, thorough(s, compare.Settle), []compare.Row{row})
		put(t, s, contact{last: "Other"})
		if got := brief(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row})[0]); got != changed {
			t.Errorf("got %s, want %s", got, changed)
		}
	})
}

// A refusal that an import lifts is kept with its proof, and comes back with it
// when the import is taken back.
func TestRefusalComesBack(t *testing.T) {
	f := email.Field()
	refused := domain.Provenance{At: now().AddDate(-1, 0, 0), By: "olga", Proof: "letter 7"}
	start := func(t *testing.T) *memory.Contacts {
		t.Helper()
		s := memory.NewContacts(now)
		if _, err := s.Put(t.Context(), house, domain.Contact{Number: "1", Fields: contact{f: domain.False, genre.Field(): "ROCK"}}, refused); err != nil {
			t.Fatal(err)
		}
		return s
	}
	provenance := func(t *testing.T, s *memory.Contacts) domain.Provenance {
		t.Helper()
		c, err := s.Get(t.Context(), house, "1")
		if err != nil {
			t.Fatal(err)
		}
		return c.Provenance[f]
	}
	lift := func(t *testing.T, s *memory.Contacts, id, old string) {
		t.Helper()
		e := engine(s, id, compare.Update, domain.Skip)
		e.Proof = "form 9"
		row := compare.Row{Line: 2, Number: "1", Cells: []compare.Cell{asked(t, email, old, "TRUE"), asked(t, genre, "ROCK", "JAZZ")}}
		if got := run(t, e, []compare.Row{row})[0]; got.Outcome != domain.Updated {
			t.Fatal(brief(got))
		}
	}
	back := func(t *testing.T, s *memory.Contacts, undoes string) {
		t.Helper()
		e := engine(s, "undo", compare.Update, domain.Skip)
		e.Undoes = undoes
		row := compare.Row{Line: 2, Number: "1", How: compare.How{Undo: true}, Cells: []compare.Cell{asked(t, email, "TRUE", "FALSE"), asked(t, genre, "JAZZ", "ROCK")}}
		if got := run(t, e, []compare.Row{row})[0]; got.Outcome != domain.Updated {
			t.Fatal(brief(got))
		}
	}
	for _, old := range []string{"FALSE", "-"} {
		t.Run("[old] "+old, func(t *testing.T) {
			s := start(t)
			lift(t, s, "u", old)
			want := domain.Provenance{At: now(), Import: "u", Proof: "form 9", Was: &refused}
			if d := cmp.Diff(want, provenance(t, s)); d != "" {
				t.Errorf("lifted (-want +got): %s", d)
			}
			c, _ := s.Get(t.Context(), house, "1")
			if d := cmp.Diff(domain.Provenance{At: now(), Import: "u"}, c.Provenance[genre.Field()]); d != "" {
				t.Errorf("beside it (-want +got): %s", d)
			}
			back(t, s, "u")
			if d := cmp.Diff(refused, provenance(t, s)); d != "" {
				t.Errorf("taken back (-want +got): %s", d)
			}
		})
	}
	own := domain.Provenance{At: now(), Import: "undo"}
	t.Run("lifted by another import", func(t *testing.T) {
		s := start(t)
		lift(t, s, "u", "FALSE")
		back(t, s, "v")
		if d := cmp.Diff(own, provenance(t, s)); d != "" {
			t.Errorf("(-want +got): %s", d)
		}
	})
	t.Run("no refusal was lifted", func(t *testing.T) {
		s := memory.NewContacts(now)
		if _, err := s.Put(t.Context(), house, domain.Contact{Number: "1", Fields: contact{genre.Field(): "ROCK"}}, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
		lift(t, s, "u", "-")
		if d := cmp.Diff(domain.Provenance{At: now(), Import: "u", Proof: "form 9"}, provenance(t, s)); d != "" {
			t.Errorf("granted (-want +got): %s", d)
		}
		back(t, s, "u")
		if d := cmp.Diff(own, provenance(t, s)); d != "" {
			t.Errorf("(-want +got): %s", d)
		}
	})
	t.Run("lifted, refused and lifted", func(t *testing.T) {
		s := start(t)
		lift(t, s, "u", "FALSE")
		back(t, s, "v")
		lift(t, s, "w", "FALSE")
		if p := provenance(t, s); p.Was == nil || p.Was.Was != nil || p.Was.Import != "undo" {
			t.Errorf("%+v", p)
		}
	})
	// What no import did is not what an import of no id did.
	t.Run("no import is taken back", func(t *testing.T) {
		s := start(t)
		lift(t, s, "", "FALSE")
		back(t, s, "")
		if d := cmp.Diff(own, provenance(t, s)); d != "" {
			t.Errorf("(-want +got): %s", d)
		}
	})
}

// Which rows are written without being read: those whose [old] says all.
func TestReads(t *testing.T) {
	for _, c := range []struct {
		what  string
		row   compare.Row
		reads int
	}{
		{"[old] of every cell", compare.Row{Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ"), asked(t, note, "", "x")}}, 0},
		{"a cell without [old]", compare.Row{Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ"), asked(t, note, "-", "x")}}, 1},
		{"[old] is no value", compare.Row{Cells: []compare.Cell{asked(t, genre, "1-Mar", "JAZZ")}}, 1},
		{"nothing would change", compare.Row{Cells: []compare.Cell{asked(t, genre, "ROCK", "ROCK")}}, 1},
		{"only what is empty is filled", compare.Row{How: compare.How{Fill: true}, Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}}, 1},
		{"a consent after a refusal", compare.Row{Cells: []compare.Cell{asked(t, email, "FALSE", "TRUE")}}, 1},
		{"a first consent", compare.Row{Cells: []compare.Cell{asked(t, email, "", "TRUE")}}, 0},
		{"a refusal", compare.Row{Cells: []compare.Cell{asked(t, email, "", "FALSE")}}, 0},
		{"a refusal that stays", compare.Row{Cells: []compare.Cell{asked(t, email, "FALSE", "FALSE"), asked(t, genre, "ROCK", "JAZZ")}}, 0},
		{"a text that becomes true", compare.Row{Cells: []compare.Cell{asked(t, note, "false", "true")}}, 0},
		{"an authorisation in an undo", compare.Row{How: compare.How{Undo: true}, Cells: []compare.Cell{asked(t, email, "", "FALSE")}}, 1},
		{"found by its address", someone(2, says(mail, "one@house.example"), says(city, "Bern")), 1},
		{"a criterion in an undo", compare.Row{How: compare.How{Undo: true}, Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ")}}, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			live := contact{mail: "one@house.example"}
			for _, x := range c.row.Cells {
				if x.Known {
					live[x.Def.Field()] = x.Old
				}
			}
			s := &counting{Contacts: filled(t, map[domain.ContactNumber]contact{"1": live})}
			if c.row.Line = 2; c.row.Person == nil {
				c.row.Number = "1"
			}
			run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{c.row})
			if s.reads != c.reads || c.row.Person == nil && s.asks > 0 {
				t.Errorf("%d reads, want %d; %d questions", s.reads, c.reads, s.asks)
			}
		})
	}
}

// A retry of a row that changed the contact's address is not taken for a row of
// somebody else, one that was burnt is.
func TestOwnAddressOnRetry(t *testing.T) {
	row := compare.Row{Line: 2, Number: "1", Key: "1", Person: &compare.Person{}, InfoEmail: "anna@house.example", InfoColumn: "[info] Email", Cells: []compare.Cell{says(mail, "new@house.example")}}
	s := filled(t, map[domain.ContactNumber]contact{"1": {mail: "anna@house.example"}, "2": {}})
	want := "1 updated email:anna@house.example→new@house.example"
	for try := range 2 {
		if got := brief(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row})[0]); got != want {
			t.Errorf("try %d: got %s, want %s", try, got, want)
		}
		if _, err := s.Put(t.Context(), house, domain.Contact{Number: "2", Fields: contact{mail: "anna@house.example"}}, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	s = filled(t, map[domain.ContactNumber]contact{"1": {mail: "else@house.example"}, "2": {mail: "anna@house.example"}})
	run(t, thorough(s, compare.Settle), []compare.Row{row})
	if got, want := brief(run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{row})[0]), "1 rejected [info] Email=anna@house.example: otherContactsEmail"; got != want {
		t.Errorf("burnt: got %s, want %s", got, want)
	}
}

// Rows that are rejected now are looked up for what an earlier try did to their
// contacts, and are never written from then on.
func TestEarlier(t *testing.T) {
	s, rows := fates(t)
	withUnread := compare.Row{Line: 2, Number: "1", Cells: []compare.Cell{asked(t, genre, "ROCK", "JAZZ"), asked(t, note, "-", "x")}}
	made := someone(6, says(last, "New"), says(city, "Bern"))
	run(t, engine(s, "u", compare.Update, domain.Skip), []compare.Row{withUnread, made, rows[2]})

	// By now NOTE and City cannot be read any more.
	withUnread.Cells, withUnread.Unread = withUnread.Cells[:1], []domain.Field{note.Field(), genre.Field() + "2"}
	made.Cells, made.Unread = made.Cells[:1], []domain.Field{city, first}
	ask := []compare.Row{withUnread, made, rows[1], rows[2]}
	none, err := engine(s, "u", compare.Update, domain.Skip).Earlier(t.Context(), ask)
	if err != nil || !slices.Equal(briefs(none), []string{"", "", "", ""}) {
		t.Errorf("the only try asked what others did: %q %v", briefs(none), err)
	}
	got, err := thorough(s, compare.Update).Earlier(t.Context(), ask)
	want := []string{"1 updated GENRE:ROCK→JAZZ NOTE:→x", "0000001 created lastName:→New city:→Bern", "", written[2]}
	if err != nil || !slices.Equal(briefs(got), want) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, briefs(got)))
	}
	if got := brief(run(t, engine(s, "u", compare.Update, domain.Skip), rows[1:2])[0]); got != "2 unprocessed =: notProcessed" {
		t.Errorf("written afterwards: %s", got)
	}
	if _, err := thorough(s, compare.Update).Earlier(t.Context(), nil); err != nil {
		t.Error(err)
	}
	run(t, later(s, compare.Settle), rows[3:4])
	if _, err := thorough(s, compare.Update).Earlier(t.Context(), rows[3:4]); !over(err) {
		t.Errorf("over: %v", err)
	}
}

// failingStore fails one request.
type failingStore struct {
	*memory.Contacts
	at string
}

var errDown = fault.New(fault.Busy, "busy")

func (f failingStore) err(at string) error {
	if f.at == at {
		return errDown
	}
	return nil
}

func (f failingStore) Claimed(ctx context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.Pinned, error) {
	out, _ := f.Contacts.Claimed(ctx, in, imp, lines)
	return out, f.err("Claimed")
}

func (f failingStore) Remains(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Remains, error) {
	out, _ := f.Contacts.Remains(ctx, in, ns)
	return out, f.err("Remains")
}

func (f failingStore) GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error) {
	out, _ := f.Contacts.GetMany(ctx, in, ns)
	return out, f.err("GetMany")
}

func (f failingStore) ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error) {
	out, _ := f.Contacts.ByEmail(ctx, in, emails)
	return out, f.err("ByEmail")
}

func (f failingStore) ByName(ctx context.Context, in domain.InstitutionID, names []string) (map[string][]domain.Contact, error) {
	out, _ := f.Contacts.ByName(ctx, in, names)
	return out, f.err("ByName")
}

func (f failingStore) Pin(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket, lines map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error) {
	out, _ := f.Contacts.Pin(ctx, in, imp, t, lines)
	return out, f.err("Pin")
}

func (f failingStore) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	if f.at == "Write" {
		return nil, errDown
	}
	return f.Contacts.Write(ctx, in, ws)
}

func (f failingStore) Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error) {
	if f.at == "Create" {
		return nil, errDown
	}
	return f.Contacts.Create(ctx, in, cs)
}

func (f failingStore) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	if f.at == "Remove" {
		return nil, errDown
	}
	return f.Contacts.Remove(ctx, in, ws)
}

func (f failingStore) Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error) {
	if f.at == "Burn" {
		return nil, errDown
	}
	return f.Contacts.Burn(ctx, in, bs)
}

// A store that fails ends the run: nothing is reported of rows that nobody knows
// of, and the rows can be run again.
func TestStoreFails(t *testing.T) {
	named := named(someone(20, says(last, "Kern")), "kern eva", "1990-01-01")
	for _, at := range []string{"Claimed", "Remains", "GetMany", "ByEmail", "ByName", "Pin", "Write", "Create", "Remove", "Burn"} {
		t.Run(at, func(t *testing.T) {
			s, rows := fates(t)
			rows = append(rows, named)
			if _, err := thorough(failingStore{s, at}, compare.Update).Run(t.Context(), rows); fault.KindOf(err) != fault.Busy {
				t.Errorf("got %v", err)
			}
			got := briefs(run(t, engine(s, "u", compare.Update, domain.Skip), rows))[:6]
			slices.Sort(got)
			want := slices.Sorted(slices.Values(written[:6]))
			if at == "Claimed" {
				if _, err := thorough(failingStore{s, at}, compare.Update).Run(t.Context(), rows); fault.KindOf(err) != fault.Busy {
					t.Errorf("again: %v", err)
				}
			}
			for i := range got { // numbers go to whoever comes first
				got[i] = strings.Replace(got[i], "0000002 created", "0000001 created", 1)
			}
			if !slices.Equal(got, want) {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
	for _, at := range []string{"ByEmail", "GetMany"} {
		s, _ := fates(t)
		info := compare.Row{Line: 2, Number: "1", InfoEmail: "four@house.example", Cells: []compare.Cell{asked(t, genre, "-", "JAZZ")}}
		if _, err := engine(failingStore{s, at}, "u", compare.Test, domain.Skip).Run(t.Context(), []compare.Row{info}); fault.KindOf(err) != fault.Busy {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, at := range []string{"Burn", "GetMany"} {
		s, rows := fates(t)
		if _, err := thorough(failingStore{s, at}, compare.Update).Earlier(t.Context(), rows[:1]); fault.KindOf(err) != fault.Busy {
			t.Errorf("Earlier, %s: %v", at, err)
		}
		if _, err := thorough(failingStore{s, "Burn"}, compare.Settle).Run(t.Context(), rows[:1]); fault.KindOf(err) != fault.Busy {
			t.Errorf("settle: %v", err)
		}
	}
}

// A Reader is enough for a test, and nothing is written through it.
func TestReadOnly(t *testing.T) {
	s, _ := fates(t)
	r := compare.ReadOnly(s)
	_, w := r.Write(t.Context(), house, nil)
	_, c := r.Create(t.Context(), house, nil)
	_, p := r.Pin(t.Context(), house, "u", ticket("u"), nil)
	_, d := r.Remove(t.Context(), house, nil)
	for i, err := range []error{w, c, p, d} {
		if err == nil {
			t.Errorf("request %d is answered", i)
		}
	}
	// What a test's tries have left is settled all the same.
	_, rows := fates(t)
	for i, got := range run(t, thorough(r, compare.Settle), rows[:9]) {
		if got.Outcome != domain.Unprocessed {
			t.Errorf("line %d: %s", rows[i].Line, brief(got))
		}
	}
}

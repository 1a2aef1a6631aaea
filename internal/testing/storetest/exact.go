package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Decisions keeps contacts in which the fate of each row is decided once: the
// first of its write and its burn wins, and every later one is told which.
type Decisions interface {
	Contacts
	Remains(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Remains, error)
	Pin(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket, lines map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error)
	Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error)
	PutHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, es []domain.HistoryEntry) error
	TakeOutErased(ctx context.Context, in domain.InstitutionID, imp string, round, chunks int) error
}

// TestDecisions checks an implementation; new returns an empty store.
func TestDecisions(t *testing.T, new func(t *testing.T) Decisions) {
	for name, test := range map[string]func(*testing.T, Decisions){
		"WriteOnce":         decisionsWriteOnce,
		"WriteOfName":       decisionsWriteOfName,
		"Burn":              decisionsBurn,
		"BurnOrWrite":       decisionsBurnOrWrite,
		"Hold":              decisionsHold,
		"HoldOfAName":       decisionsHoldNamed,
		"Gone":              decisionsGone,
		"EditKeepsStamps":   decisionsEdit,
		"HigherOrder":       decisionsHigherOrder,
		"Claims":            decisionsClaims,
		"ManySlots":         decisionsManySlots,
		"Undo":              decisionsUndo,
		"Pins":              decisionsPins,
		"Met":               decisionsMet,
		"ClosedLine":        decisionsClosedLine,
		"BurnsOfOneContact": decisionsBurnsOfOne,
		"Races":             decisionsRaces,
		"HistoryPacked":     decisionsHistory,
		"HistoryErased":     decisionsErased,
		"HistoryBig":        decisionsHistoryBig,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, new(t))
		})
	}
}

// ticket returns an order of the suite in a slot.
func ticket(slot, order int) domain.Ticket {
	return domain.Ticket{Slot: slot, Order: domain.Order(fmt.Sprintf("t%06d", order))}
}

const house domain.InstitutionID = "house"

// stampedWrite is a write of a line by a ticket, strict unless before says otherwise.
func stampedWrite(n domain.ContactNumber, t domain.Ticket, line int, f domain.Field, from, to domain.Value) domain.Write {
	return domain.Write{Number: n, If: fields{f: from}, Set: fields{f: to}, Ticket: t, Strict: true,
		Applied: domain.Applied{Import: "import-" + string(t.Order), Line: line, Before: fields{f: from}}}
}

// stampedCreation is one by a line of a ticket's import.
func stampedCreation(n domain.ContactNumber, t domain.Ticket, line int, values fields) domain.Creation {
	return domain.Creation{Number: n, Fields: values, Ticket: t, Applied: domain.Applied{Import: "import-" + string(t.Order), Line: line}}
}

func decisionsPut(t *testing.T, s Decisions, n domain.ContactNumber, v fields) {
	t.Helper()
	if _, err := s.Put(t.Context(), house, domain.Contact{Number: n, Fields: v}, domain.Provenance{}); err != nil {
		t.Fatal(err)
	}
}

func writeAll(t *testing.T, s Decisions, ws ...domain.Write) []domain.Written {
	t.Helper()
	out, err := s.Write(t.Context(), house, ws)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range out {
		if w.Err != nil {
			t.Fatalf("write %d: %v", i, w.Err)
		}
	}
	return out
}

func burnAll(t *testing.T, s Decisions, bs ...domain.Burn) []domain.Burned {
	t.Helper()
	out, err := s.Burn(t.Context(), house, bs)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range out {
		if b.Err != nil {
			t.Fatalf("burn %d: %v", i, b.Err)
		}
	}
	return out
}

func createAll(t *testing.T, s Decisions, crs ...domain.Creation) []domain.Made {
	t.Helper()
	out, err := s.Create(t.Context(), house, crs)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range out {
		if m.Err != nil {
			t.Fatalf("creation %d: %v", i, m.Err)
		}
	}
	return out
}

func theContact(t *testing.T, s Decisions, n domain.ContactNumber) domain.Contact {
	t.Helper()
	c, err := s.Get(t.Context(), house, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func decisionsWriteOnce(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{genre: "ROCK"})
	a, b := ticket(0, 1), ticket(1, 2)
	w := stampedWrite("1", a, 7, genre, "ROCK", "POP")
	equal(t, "first", []domain.Written{{Done: true}}, writeAll(t, s, w))
	// Another import changes another field, and sets the first one back.
	other := stampedWrite("1", b, 3, genre, "POP", "ROCK")
	other.Strict, other.Set[note], other.Applied.Before = false, "x", fields{genre: "POP", note: ""}
	equal(t, "other import", []domain.Written{{Done: true}}, writeAll(t, s, other))
	// The values are as they were, but the decision stands.
	own := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Strict}
	equal(t, "again", []domain.Written{{Own: &own}}, writeAll(t, s, w))
	equal(t, "burn", []domain.Burned{{Number: "1", Own: own}}, burnAll(t, s, domain.Burn{Number: "1", Ticket: a, Line: 7}))
	c := theContact(t, s, "1")
	equal(t, "values", fields{genre: "ROCK", note: "x"}, c.Fields)
	equal(t, "mark", b.Order, c.Mark)
	equal(t, "stamps", map[int]domain.Stamp{0: own, 1: {Order: b.Order, Line: 3, Kind: domain.Found, Before: fields{genre: "POP", note: ""}}}, c.Stamps)
	// Another line of the same round finds it too.
	equal(t, "other line", []domain.Written{{Own: &own}}, writeAll(t, s, stampedWrite("1", a, 9, genre, "ROCK", "JAZZ")))
	// A condition on values that fails shows the contact.
	out := writeAll(t, s, stampedWrite("1", ticket(2, 3), 4, genre, "JAZZ", "POP"))
	if out[0].Live == nil || out[0].Live.Get(genre) != "ROCK" || out[0].Own != nil || out[0].Done {
		t.Errorf("%+v", out[0])
	}
	if out := writeAll(t, s, stampedWrite("404", ticket(2, 3), 4, genre, "JAZZ", "POP")); !cmp.Equal(out, []domain.Written{{}}) {
		t.Errorf("nobody: %+v", out[0])
	}
}

func decisionsWriteOfName(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{domain.ContactLastName: "Abel", domain.ContactEmail: "a@example.org"})
	a := ticket(5, 1)
	w := stampedWrite("1", a, 7, domain.ContactEmail, "a@example.org", "b@example.org")
	equal(t, "first", []domain.Written{{Done: true}}, writeAll(t, s, w))
	own := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Strict}
	equal(t, "again", []domain.Written{{Own: &own}}, writeAll(t, s, w))
	c := theContact(t, s, "1")
	equal(t, "stamps", map[int]domain.Stamp{5: own}, c.Stamps)
	equal(t, "mark", a.Order, c.Mark)
	burnAll(t, s, domain.Burn{Number: "1", Ticket: ticket(6, 2), Line: 2})
	out := writeAll(t, s, stampedWrite("1", ticket(6, 2), 2, domain.ContactLastName, "Abel", "Babel"))
	equal(t, "burnt", []domain.Written{{Own: &domain.Stamp{Order: ticket(6, 2).Order, Line: 2, Kind: domain.Burnt}}}, out)
	if out := writeAll(t, s, stampedWrite("1", ticket(6, 1), 2, domain.ContactLastName, "Abel", "Babel")); !out[0].Later {
		t.Errorf("a round that is over: %+v", out[0])
	}
	if err := s.Delete(t.Context(), house, "1"); err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted", []domain.Written{{Own: &own}}, writeAll(t, s, w))
	equal(t, "deleted, undecided", []domain.Written{{}}, writeAll(t, s, stampedWrite("1", ticket(7, 9), 2, domain.ContactLastName, "Abel", "Babel")))
}

func decisionsBurn(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{genre: "ROCK"})
	before := theContact(t, s, "1")
	a := ticket(0, 1)
	own := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Burnt}
	for range 2 {
		equal(t, "burn", []domain.Burned{{Number: "1", Own: own}}, burnAll(t, s, domain.Burn{Number: "1", Ticket: a, Line: 7}))
	}
	equal(t, "write", []domain.Written{{Own: &own}}, writeAll(t, s, stampedWrite("1", a, 7, genre, "ROCK", "POP")))
	c := theContact(t, s, "1")
	equal(t, "values", before.Fields, c.Fields)
	equal(t, "version", before.Version, c.Version)
	equal(t, "stamps", map[int]domain.Stamp{0: own}, c.Stamps)
	// Other imports write on.
	equal(t, "other", []domain.Written{{Done: true}}, writeAll(t, s, stampedWrite("1", ticket(1, 2), 7, genre, "ROCK", "POP")))
}

func decisionsBurnOrWrite(t *testing.T, s Decisions) {
	// Each of many contacts is written and burnt at once: one of the two wins, and
	// both know which.
	a := ticket(3, 1)
	var ws []domain.Write
	var bs []domain.Burn
	for i := range 60 {
		n := domain.ContactNumber(fmt.Sprint(1000 + i))
		decisionsPut(t, s, n, fields{genre: "ROCK"})
		ws = append(ws, stampedWrite(n, a, i, genre, "ROCK", "POP"))
		bs = append(bs, domain.Burn{Number: n, Ticket: a, Line: i})
	}
	var written []domain.Written
	var burned []domain.Burned
	var both sync.WaitGroup
	both.Go(func() { written, _ = s.Write(t.Context(), house, ws) })
	both.Go(func() { burned, _ = s.Burn(t.Context(), house, bs) })
	both.Wait()
	if len(written) != len(ws) || len(burned) != len(bs) {
		t.Fatalf("%d and %d answers", len(written), len(burned))
	}
	for i := range ws {
		c := theContact(t, s, ws[i].Number)
		did := c.Get(genre) == "POP"
		own := c.Stamps[3]
		if did != (own.Kind == domain.Strict) || burned[i].Own.Kind != own.Kind || written[i].Done != did || !did && (written[i].Own == nil || written[i].Own.Kind != domain.Burnt) {
			t.Errorf("contact %s has %q and %+v; written %+v, burnt %+v", ws[i].Number, c.Get(genre), own, written[i], burned[i])
		}
	}
}

func decisionsHold(t *testing.T, s Decisions) {
	a, b := ticket(0, 1), ticket(1, 2)
	own := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Burnt}
	for range 2 {
		equal(t, "burn", []domain.Burned{{Number: "5", Own: own}}, burnAll(t, s, domain.Burn{Number: "5", Ticket: a, Line: 7}))
	}
	// Nobody is there.
	if _, err := s.Get(t.Context(), house, "5"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Get: %v", err)
	}
	if cs, err := s.GetMany(t.Context(), house, []domain.ContactNumber{"5"}); err != nil || len(cs) > 0 {
		t.Errorf("GetMany: %v %v", cs, err)
	}
	for c, err := range s.All(t.Context(), house) {
		t.Errorf("All: %v %v", c, err)
	}
	if cs, _, err := s.Find(t.Context(), house, "5", 10, ""); err != nil || len(cs) > 0 {
		t.Errorf("Find: %v %v", cs, err)
	}
	if err := s.Delete(t.Context(), house, "5"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Delete: %v", err)
	}
	remains, err := s.Remains(t.Context(), house, []domain.ContactNumber{"5", "6"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "remains", map[domain.ContactNumber]domain.Remains{"5": {Stamps: map[int]domain.Stamp{0: own}}}, remains)
	equal(t, "write", []domain.Written{{Own: &own}}, writeAll(t, s, stampedWrite("5", a, 7, genre, "", "POP")))
	equal(t, "write of another", []domain.Written{{}}, writeAll(t, s, stampedWrite("5", b, 7, genre, "", "POP")))
	// The round itself never creates there; another one does, and the decision stays.
	equal(t, "own creation", []domain.Made{{Number: "5", Own: &own}}, createAll(t, s, stampedCreation("5", a, 7, fields{genre: "POP"})))
	for range 2 {
		equal(t, "creation", []domain.Made{{Number: "5", Done: true}}, createAll(t, s, stampedCreation("5", b, 3, fields{genre: "ROCK", domain.ContactLastName: "Abel"})))
	}
	c := theContact(t, s, "5")
	equal(t, "stamps", map[int]domain.Stamp{0: own, 1: {Order: b.Order, Line: 3, Kind: domain.Maker}}, c.Stamps)
	equal(t, "version", 1, c.Version)
	equal(t, "write again", []domain.Written{{Own: &own}}, writeAll(t, s, stampedWrite("5", a, 7, genre, "ROCK", "POP")))
	equal(t, "own creation again", []domain.Made{{Number: "5", Own: &own}}, createAll(t, s, stampedCreation("5", a, 7, fields{genre: "POP"})))

	// A person creates over a hold too.
	burnAll(t, s, domain.Burn{Number: "6", Ticket: a, Line: 8})
	decisionsPut(t, s, "6", fields{genre: "JAZZ"})
	c = theContact(t, s, "6")
	equal(t, "stamps under a person's contact", map[int]domain.Stamp{0: {Order: a.Order, Line: 8, Kind: domain.Burnt}}, c.Stamps)
	if out := writeAll(t, s, stampedWrite("6", a, 8, genre, "JAZZ", "POP")); out[0].Own == nil || out[0].Own.Kind != domain.Burnt {
		t.Errorf("%+v", out[0])
	}
}

func decisionsHoldNamed(t *testing.T, s Decisions) {
	// A number that was asked for, with an identity.
	a, b := ticket(0, 1), ticket(1, 2)
	burnAll(t, s, domain.Burn{Number: "5", Ticket: a, Line: 7})
	own := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Burnt}
	cr := stampedCreation("5", b, 3, fields{domain.ContactEmail: "a@example.org"})
	cr.Identity = "email:a@example.org"
	mine := cr
	mine.Ticket, mine.Applied = a, domain.Applied{Import: "import-" + string(a.Order), Line: 7}
	equal(t, "own", []domain.Made{{Number: "5", Own: &own}}, createAll(t, s, mine))
	for range 2 {
		equal(t, "another's", []domain.Made{{Number: "5", Done: true}}, createAll(t, s, cr))
	}
	equal(t, "stamps", map[int]domain.Stamp{0: own, 1: {Order: b.Order, Line: 3, Kind: domain.Maker}}, theContact(t, s, "5").Stamps)
}

func decisionsGone(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{genre: "ROCK"})
	a, b := ticket(0, 1), ticket(1, 2)
	w := stampedWrite("1", a, 7, genre, "ROCK", "POP")
	w.Strict = false
	writeAll(t, s, w)
	if err := s.Delete(t.Context(), house, "1"); err != nil {
		t.Fatal(err)
	}
	// Who wrote stays known, what it was is erased.
	own := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Found}
	equal(t, "write", []domain.Written{{Own: &own}}, writeAll(t, s, w))
	equal(t, "burn", []domain.Burned{{Number: "1", Own: own}}, burnAll(t, s, domain.Burn{Number: "1", Ticket: a, Line: 7}))
	// Where nothing was decided, nothing can be written.
	equal(t, "another's burn", []domain.Burned{{Number: "1"}}, burnAll(t, s, domain.Burn{Number: "1", Ticket: b, Line: 7}))
	equal(t, "another's write", []domain.Written{{}}, writeAll(t, s, stampedWrite("1", b, 7, genre, "ROCK", "POP")))
	equal(t, "another's creation", []domain.Made{{Number: "1", Gone: true}}, createAll(t, s, stampedCreation("1", b, 7, fields{genre: "POP"})))
	remains, err := s.Remains(t.Context(), house, []domain.ContactNumber{"1"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "remains", map[domain.ContactNumber]domain.Remains{"1": {Deleted: true, Stamps: map[int]domain.Stamp{0: own}}}, remains)
	// A creation that was deleted is still this round's.
	made := createAll(t, s, stampedCreation("2", b, 8, fields{genre: "POP"}))
	if err := s.Delete(t.Context(), house, "2"); err != nil {
		t.Fatal(err)
	}
	equal(t, "creation again", made, createAll(t, s, stampedCreation("2", b, 8, fields{genre: "POP"})))
	equal(t, "its burn", []domain.Burned{{Number: "2", Own: domain.Stamp{Order: b.Order, Line: 8, Kind: domain.Maker}}}, burnAll(t, s, domain.Burn{Number: "2", Ticket: b, Line: 8}))
}

func decisionsEdit(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{genre: "ROCK"})
	a := ticket(0, 1)
	writeAll(t, s, stampedWrite("1", a, 7, genre, "ROCK", "POP"))
	c := theContact(t, s, "1")
	c.Fields[genre], c.Fields[domain.ContactLastName] = "ROCK", "Abel"
	if _, err := s.Put(t.Context(), house, c, domain.Provenance{By: "anna"}); err != nil {
		t.Fatal(err)
	}
	own := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Strict}
	equal(t, "stamps", map[int]domain.Stamp{0: own}, theContact(t, s, "1").Stamps)
	equal(t, "write again", []domain.Written{{Own: &own}}, writeAll(t, s, stampedWrite("1", a, 7, genre, "ROCK", "POP")))
}

func decisionsHigherOrder(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{genre: "ROCK"})
	older, newer := ticket(0, 1), ticket(0, 2)
	equal(t, "older", []domain.Written{{Done: true}}, writeAll(t, s, stampedWrite("1", older, 7, genre, "ROCK", "POP")))
	equal(t, "newer", []domain.Written{{Done: true}}, writeAll(t, s, stampedWrite("1", newer, 3, genre, "POP", "ROCK")))
	equal(t, "late write", []domain.Written{{Later: true}}, writeAll(t, s, stampedWrite("1", older, 7, genre, "ROCK", "POP")))
	equal(t, "late burn", []domain.Burned{{Number: "1", Later: true}}, burnAll(t, s, domain.Burn{Number: "1", Ticket: older, Line: 7}))
	equal(t, "stamps", map[int]domain.Stamp{0: {Order: newer.Order, Line: 3, Kind: domain.Strict}}, theContact(t, s, "1").Stamps)
	burnAll(t, s, domain.Burn{Number: "2", Ticket: newer, Line: 4})
	equal(t, "late creation", []domain.Made{{Number: "2", Later: true}}, createAll(t, s, stampedCreation("2", older, 7, fields{genre: "POP"})))
	equal(t, "late burn of nobody", []domain.Burned{{Number: "2", Later: true}}, burnAll(t, s, domain.Burn{Number: "2", Ticket: older, Line: 7}))
}

// Who comes late is told of the contact that its identity was claimed for, also when
// that is gone and when the number that it would have is kept by a later round too.
func decisionsClaims(t *testing.T, s Decisions) {
	older, newer := ticket(0, 1), ticket(0, 2)
	const id = domain.Field("criterion:OTHER_ID")
	with := func(t domain.Ticket, line int, v domain.Value) domain.Creation {
		cr := stampedCreation("", t, line, fields{id: v})
		cr.Digits, cr.Identity = 1, domain.ValueIdentity(id, v)
		return cr
	}
	other := ticket(1, 9)
	equal(t, "made", []domain.Made{{Number: "1", Done: true}}, createAll(t, s, with(other, 2, "X")))
	removed, err := s.Remove(t.Context(), house, []domain.Write{{Number: "1", Ticket: newer, Applied: domain.Applied{Import: "import-" + string(other.Order)}}})
	if err != nil || !removed[0].Done {
		t.Fatalf("%+v %v", removed, err)
	}
	equal(t, "late creation", []domain.Made{{Number: "1", Later: true}}, createAll(t, s, with(older, 3, "X")))
	equal(t, "made", []domain.Made{{Number: "3", Done: true}}, createAll(t, s, with(newer, 4, "Y")))
	burnAll(t, s, domain.Burn{Number: "4", Ticket: newer, Line: 5})
	equal(t, "late creation", []domain.Made{{Number: "3", Later: true}}, createAll(t, s, with(older, 6, "Y")))
}

func decisionsManySlots(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{genre: "0"})
	want := map[int]domain.Stamp{}
	for slot := range domain.Slots {
		w := stampedWrite("1", ticket(slot, slot+1), slot+2, genre, domain.Value(fmt.Sprint(slot)), domain.Value(fmt.Sprint(slot+1)))
		want[slot] = domain.Stamp{Order: ticket(slot, slot+1).Order, Line: slot + 2, Kind: domain.Strict}
		// An answer of the emulator that is cut on its way, one of some thousand, has
		// the write tried again, which then meets its own stamp.
		if out := writeAll(t, s, w); !cmp.Equal(out, []domain.Written{{Done: true}}) {
			equal(t, fmt.Sprint("slot ", slot), []domain.Written{{Own: new(want[slot])}}, out)
		}
	}
	equal(t, "stamps", want, theContact(t, s, "1").Stamps)
	for slot := range domain.Slots {
		if out := writeAll(t, s, stampedWrite("1", ticket(slot, slot+1), slot+2, genre, "64", "x")); !cmp.Equal(out, []domain.Written{{Own: new(want[slot])}}) {
			t.Errorf("slot %d: %+v", slot, out[0])
		}
	}
}

func decisionsUndo(t *testing.T, s Decisions) {
	a, b, undo := ticket(0, 1), ticket(1, 2), ticket(2, 3)
	remove := func(n domain.ContactNumber) domain.Write {
		return domain.Write{Number: n, If: fields{genre: "ROCK"}, Applied: domain.Applied{Import: "import-" + string(a.Order), Line: 9}, Ticket: undo, Provenance: domain.Provenance{Import: "undo"}}
	}
	for _, n := range []domain.ContactNumber{"1", "2", "3", "4"} {
		equal(t, "creation", []domain.Made{{Number: n, Done: true}}, createAll(t, s, stampedCreation(n, a, 7, fields{genre: "ROCK"})))
	}
	// 1: burnt by others, 2: changed by another import, 3: burnt by the undo, 4: edited.
	burnAll(t, s, domain.Burn{Number: "1", Ticket: b, Line: 2})
	writeAll(t, s, stampedWrite("2", b, 3, genre, "ROCK", "ROCK"))
	burnAll(t, s, domain.Burn{Number: "3", Ticket: undo, Line: 9})
	c := theContact(t, s, "4")
	if _, err := s.Put(t.Context(), house, c, domain.Provenance{}); err != nil {
		t.Fatal(err)
	}
	for try := range 2 {
		out, err := s.Remove(t.Context(), house, []domain.Write{remove("1"), remove("2"), remove("3"), remove("4")})
		if err != nil {
			t.Fatal(err)
		}
		if !out[0].Done || out[1].Live == nil || out[2].Own == nil || out[2].Own.Kind != domain.Burnt || out[3].Live == nil {
			t.Errorf("try %d: %+v", try, out)
		}
	}
	remains, err := s.Remains(t.Context(), house, []domain.ContactNumber{"1"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "remains", map[domain.ContactNumber]domain.Remains{"1": {Deleted: true, By: "undo", Origin: domain.Origin{Import: "import-" + string(a.Order), Line: 7},
		Stamps: map[int]domain.Stamp{0: {Order: a.Order, Line: 7, Kind: domain.Maker}, 1: {Order: b.Order, Line: 2, Kind: domain.Burnt}, 2: {Order: undo.Order, Line: 9, Kind: domain.Strict}}}}, remains)
	equal(t, "burn of a removal", []domain.Burned{{Number: "1", Own: domain.Stamp{Order: undo.Order, Line: 9, Kind: domain.Strict}}}, burnAll(t, s, domain.Burn{Number: "1", Ticket: undo, Line: 9}))
}

func decisionsPins(t *testing.T, s Decisions) {
	a := ticket(0, 1)
	imp := "import-" + string(a.Order)
	lines := map[int]domain.ContactNumber{}
	for i := range 250 {
		lines[i] = domain.ContactNumber(fmt.Sprint(5000 + i))
	}
	got, err := s.Pin(t.Context(), house, imp, a, lines)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "pins", lines, got)
	got, err = s.Pin(t.Context(), house, imp, a, map[int]domain.ContactNumber{3: "9", 400: "8"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "again", map[int]domain.ContactNumber{3: "5003", 400: "8"}, got)
	claimed, err := s.Claimed(t.Context(), house, imp, []int{3, 249, 300, 400})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "claimed", map[int]domain.Pinned{3: {Number: "5003", Found: true}, 249: {Number: "5249", Found: true}, 400: {Number: "8", Found: true}}, claimed)
	// A line that was given a number to create is pinned to it.
	made := createAll(t, s, stampedCreation("", a, 500, fields{genre: "ROCK"}))
	got, err = s.Pin(t.Context(), house, imp, a, map[int]domain.ContactNumber{500: "77"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "created", map[int]domain.ContactNumber{500: made[0].Number}, got)
}

// A line that met somebody else's contact stays with it: whatever becomes of its
// address, nothing else is made for the line, and its burn is that contact's.
func decisionsMet(t *testing.T, s Decisions) {
	a := ticket(0, 1)
	imp := "import-" + string(a.Order)
	of := func(line int, email string) domain.Creation {
		cr := stampedCreation("", a, line, fields{genre: "ROCK", domain.ContactEmail: domain.Value(email)})
		cr.Applied.Import, cr.Identity = imp, "email:"+email
		return cr
	}
	theirs := stampedCreation("", ticket(1, 1), 1, fields{domain.ContactEmail: "jo@example.org"})
	theirs.Identity = "email:jo@example.org"
	jo := createAll(t, s, theirs)[0]
	for range 2 {
		if made := createAll(t, s, of(7, "jo@example.org"))[0]; made.Live == nil || made.Live.Number != jo.Number {
			t.Fatalf("met %+v", made)
		}
	}
	// Jo has another address now.
	c, err := s.Get(t.Context(), house, jo.Number)
	if err != nil {
		t.Fatal(err)
	}
	c.Fields[domain.ContactEmail] = "else@example.org"
	if _, err := s.Put(t.Context(), house, c, domain.Provenance{By: "ana"}); err != nil {
		t.Fatal(err)
	}
	if made := createAll(t, s, of(7, "jo@example.org"))[0]; made.Live == nil || made.Live.Number != jo.Number {
		t.Errorf("with another address: %+v", made)
	}
	burnt := domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Burnt}
	equal(t, "burn of the line", []domain.Burned{{Number: jo.Number, Own: burnt}}, burnAll(t, s, domain.Burn{Import: imp, Ticket: a, Line: 7}))
	if made := createAll(t, s, of(7, "jo@example.org"))[0]; made.Own == nil || made.Own.Kind != domain.Burnt || made.Own.Line != 7 {
		t.Errorf("burnt: %+v", made)
	}
	if err := s.Delete(t.Context(), house, jo.Number); err != nil {
		t.Fatal(err)
	}
	if made := createAll(t, s, of(7, "jo@example.org"))[0]; made.Done || made.Live != nil {
		t.Errorf("deleted: %+v", made)
	}
}

func decisionsClosedLine(t *testing.T, s Decisions) {
	a, next := ticket(0, 1), ticket(0, 9)
	imp := "import-" + string(a.Order)
	of := func(t domain.Ticket, line int) domain.Creation {
		cr := stampedCreation("", t, line, fields{genre: "ROCK", domain.ContactEmail: domain.Value(fmt.Sprintf("l%d@example.org", line))})
		cr.Applied.Import, cr.Identity = imp, fmt.Sprintf("email:l%d@example.org", line)
		return cr
	}
	// A line that never had a number.
	equal(t, "burn", []domain.Burned{{}}, burnAll(t, s, domain.Burn{Import: imp, Ticket: a, Line: 7}))
	made := createAll(t, s, of(a, 7), of(a, 8))
	if made[0].Own == nil || made[0].Own.Kind != domain.Burnt || !made[1].Done {
		t.Fatalf("%+v", made)
	}
	pinned, err := s.Pin(t.Context(), house, imp, a, map[int]domain.ContactNumber{7: "1", 9: "2"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "pins of a closed line", map[int]domain.ContactNumber{9: "2"}, pinned)
	// One that has a number, and a contact.
	equal(t, "burn of a made one", []domain.Burned{{Number: made[1].Number, Own: domain.Stamp{Order: a.Order, Line: 8, Kind: domain.Maker}}},
		burnAll(t, s, domain.Burn{Import: imp, Ticket: a, Line: 8}))
	// One that has a number, and no contact yet.
	equal(t, "burn of a number", []domain.Burned{{Number: "2", Own: domain.Stamp{Order: a.Order, Line: 9, Kind: domain.Burnt}}},
		burnAll(t, s, domain.Burn{Import: imp, Ticket: a, Line: 9}))
	if made := createAll(t, s, of(a, 9)); made[0].Own == nil || made[0].Own.Kind != domain.Burnt {
		t.Errorf("%+v", made)
	}
	// A further round of the import may.
	if made := createAll(t, s, of(next, 7)); !made[0].Done {
		t.Errorf("next round: %+v", made)
	}
	// And the round before is over.
	burnAll(t, s, domain.Burn{Import: imp, Ticket: next, Line: 20})
	if out := burnAll(t, s, domain.Burn{Import: imp, Ticket: a, Line: 21}); !out[0].Later {
		t.Errorf("the round before: %+v", out)
	}
}

func decisionsBurnsOfOne(t *testing.T, s Decisions) {
	decisionsPut(t, s, "1", fields{genre: "ROCK"})
	a, b := ticket(0, 1), ticket(1, 2)
	out := burnAll(t, s, domain.Burn{Number: "1", Ticket: a, Line: 7}, domain.Burn{Number: "1", Ticket: b, Line: 8}, domain.Burn{Number: "2", Ticket: a, Line: 9}, domain.Burn{Number: "2", Ticket: b, Line: 10})
	equal(t, "burns", []domain.Burned{
		{Number: "1", Own: domain.Stamp{Order: a.Order, Line: 7, Kind: domain.Burnt}}, {Number: "1", Own: domain.Stamp{Order: b.Order, Line: 8, Kind: domain.Burnt}},
		{Number: "2", Own: domain.Stamp{Order: a.Order, Line: 9, Kind: domain.Burnt}}, {Number: "2", Own: domain.Stamp{Order: b.Order, Line: 10, Kind: domain.Burnt}}}, out)
}

// decisionsRaces has many writers, burners, people who edit and one who deletes
// at each contact at once. Afterwards what each import was told agrees with the
// stamps, and stamps with values.
func decisionsRaces(t *testing.T, s Decisions) {
	const contacts, imports = 15, 4 // the contacts: a third edited, a third deleted, a third left
	var ns []domain.ContactNumber
	for i := range contacts {
		n := domain.ContactNumber(fmt.Sprint(100 + i))
		decisionsPut(t, s, n, fields{genre: "ROCK", domain.ContactLastName: "Abel"})
		ns = append(ns, n)
	}
	field := func(k int) domain.Field { return domain.Field(fmt.Sprintf("criterion:F%d", k)) }
	var mu sync.Mutex
	told := map[domain.ContactNumber]map[int][]domain.StampKind{}
	note := func(n domain.ContactNumber, k int, kind domain.StampKind) {
		mu.Lock()
		defer mu.Unlock()
		if told[n] == nil {
			told[n] = map[int][]domain.StampKind{}
		}
		told[n][k] = append(told[n][k], kind)
	}
	var all sync.WaitGroup
	for k := range imports {
		for range 2 { // two copies of each
			all.Go(func() {
				var ws []domain.Write
				for i, n := range ns {
					w := stampedWrite(n, ticket(k, k+1), i, field(k), "", "x")
					if k == 0 {
						w.Set[domain.ContactLastName] = "Babel"
					}
					ws = append(ws, w)
				}
				out, err := s.Write(t.Context(), house, ws)
				if err != nil {
					t.Error(err)
					return
				}
				for i, w := range out {
					switch {
					case w.Err != nil:
						t.Error(w.Err)
					case w.Done:
						note(ns[i], k, domain.Strict)
					case w.Own != nil:
						note(ns[i], k, w.Own.Kind)
					}
				}
			})
			all.Go(func() {
				var bs []domain.Burn
				for i, n := range ns {
					bs = append(bs, domain.Burn{Number: n, Ticket: ticket(k, k+1), Line: i})
				}
				slices.Reverse(bs)
				out, err := s.Burn(t.Context(), house, bs)
				if err != nil {
					t.Error(err)
					return
				}
				for i, b := range out {
					if b.Err != nil {
						t.Error(b.Err)
					}
					if b.Own.Order != "" {
						note(bs[i].Number, k, b.Own.Kind)
					}
				}
			})
		}
	}
	all.Go(func() {
		for _, n := range ns[:contacts/3] {
			c, err := s.Get(t.Context(), house, n)
			if err != nil {
				t.Error(err)
				continue
			}
			c.Fields[genre] = "JAZZ"
			if _, err := s.Put(t.Context(), house, c, domain.Provenance{}); err != nil && fault.KindOf(err) != fault.Conflict {
				t.Error(err)
			}
		}
		for _, n := range ns[contacts/3 : contacts/3*2] {
			if err := s.Delete(t.Context(), house, n); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	remains, err := s.Remains(t.Context(), house, ns)
	if err != nil {
		t.Fatal(err)
	}
	live, err := s.GetMany(t.Context(), house, ns)
	if err != nil {
		t.Fatal(err)
	}
	if len(live) != contacts/3*2 || len(remains) != contacts/3 {
		t.Fatalf("%d contacts and %d remains", len(live), len(remains))
	}
	for i, n := range ns {
		stamps := remains[n].Stamps
		if c, ok := live[n]; ok {
			stamps = c.Stamps
			// A person replaces what came after their look; the others' values are
			// as the stamps say.
			for k := range imports {
				if i < contacts/3 {
					break
				}
				if wrote := stamps[k].Kind == domain.Strict; wrote != (c.Get(field(k)) == "x") {
					t.Errorf("contact %s has %q and the stamp %+v of import %d", n, c.Get(field(k)), stamps[k], k)
				}
			}
		}
		for k, kinds := range told[n] {
			for _, kind := range kinds {
				if kind != stamps[k].Kind {
					t.Errorf("contact %s: import %d was told %q and the stamp is %+v", n, k, string(kinds), stamps[k])
				}
			}
		}
	}
}

// changesOf are changes of lines by one import, line i in contact 100+i.
func changesOf(imp string, n int, at time.Time) (es []domain.HistoryEntry) {
	for i := range n {
		for _, f := range []domain.Field{genre, note} {
			es = append(es, domain.HistoryEntry{Number: domain.ContactNumber(fmt.Sprint(100 + i)), At: at, Import: imp, Line: i, By: "anna", Field: f, Before: "ROCK", After: domain.Value(fmt.Sprint("v", i))})
		}
	}
	return es
}

func historyOf(t *testing.T, s Decisions, n domain.ContactNumber) []domain.HistoryEntry {
	t.Helper()
	es, err := s.History(t.Context(), house, n, 100)
	if err != nil {
		t.Fatal(err)
	}
	return es
}

func putHistory(t *testing.T, s Decisions, imp string, chunk int, es []domain.HistoryEntry) {
	t.Helper()
	if err := s.PutHistory(t.Context(), house, imp, 1, chunk, es); err != nil {
		t.Fatal(err)
	}
}

func decisionsHistory(t *testing.T, s Decisions) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 5, time.UTC)
	first, second := changesOf("i1", 600, at), changesOf("i2", 40, at.Add(time.Hour))
	putHistory(t, s, "i1", 0, first[:800])
	putHistory(t, s, "i1", 1, first[800:])
	putHistory(t, s, "i2", 0, second)
	putHistory(t, s, "i2", 0, second) // the same again
	putHistory(t, s, "i2", 1, nil)
	decisionsPut(t, s, "103", fields{genre: "JAZZ"}) // a person's, which has no time here
	equal(t, "103", []domain.HistoryEntry{second[6], second[7], first[6], first[7], {Number: "103", Field: genre, After: "JAZZ"}}, historyOf(t, s, "103"))
	equal(t, "699", first[1198:], historyOf(t, s, "699"))
	equal(t, "nobody", []domain.HistoryEntry{}, historyOf(t, s, "7"))
	if es, err := s.History(t.Context(), "other", "103", 10); err != nil || len(es) > 0 {
		t.Errorf("another institution: %v %v", es, err)
	}
}

func decisionsErased(t *testing.T, s Decisions) {
	// Both writers of a chunk's history and a deletion in every order: nothing
	// that was erased comes back.
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	n := 0
	for _, order := range [][]string{
		{"put", "put", "delete", "finish"}, {"put", "delete", "put", "finish"}, {"delete", "put", "put", "finish"},
		{"put", "put", "finish", "delete"}, {"put", "finish", "put", "delete"}, {"put", "delete", "finish", "put"},
	} {
		imp := fmt.Sprintf("imp-%d", n)
		n++
		gone, kept := domain.ContactNumber(fmt.Sprintf("10%d", 2*n)), domain.ContactNumber(fmt.Sprintf("10%d", 2*n+1))
		decisionsPut(t, s, gone, fields{genre: "ROCK"})
		decisionsPut(t, s, kept, fields{genre: "ROCK"})
		var es []domain.HistoryEntry
		for i, n := range []domain.ContactNumber{gone, kept} {
			es = append(es, domain.HistoryEntry{Number: n, At: at, Import: imp, Line: i + 1, Field: genre, Before: "ROCK", After: "POP"})
		}
		for _, step := range order {
			switch step {
			case "put":
				putHistory(t, s, imp, 0, es)
			case "delete":
				if err := s.Delete(t.Context(), house, gone); err != nil {
					t.Fatal(err)
				}
			case "finish":
				if err := s.TakeOutErased(t.Context(), house, imp, 1, 1); err != nil {
					t.Fatal(err)
				}
			}
		}
		if es := historyOf(t, s, gone); len(es) > 0 {
			t.Errorf("%v: %v came back", order, es)
		}
		if es := historyOf(t, s, kept); len(es) != 2 { // the person's creation, and the import's
			t.Errorf("%v: %v is left of who stays", order, es)
		}
	}
	// The undo of a creation erases too.
	a, undo := ticket(0, 1), ticket(2, 3)
	made := createAll(t, s, stampedCreation("", a, 7, fields{genre: "ROCK"}))
	es := []domain.HistoryEntry{{Number: made[0].Number, At: at, Import: "import-" + string(a.Order), Line: 7, Field: genre, After: "ROCK"}}
	putHistory(t, s, es[0].Import, 0, es)
	if out, err := s.Remove(t.Context(), house, []domain.Write{{Number: made[0].Number, Applied: domain.Applied{Import: es[0].Import, Line: 2}, Ticket: undo}}); err != nil || !out[0].Done {
		t.Fatalf("%+v, %v", out, err)
	}
	equal(t, "undone creation", []domain.HistoryEntry{}, historyOf(t, s, made[0].Number))
	putHistory(t, s, es[0].Import, 0, es)
	equal(t, "put again", []domain.HistoryEntry{}, historyOf(t, s, made[0].Number))
}

func decisionsHistoryBig(t *testing.T, s Decisions) {
	// Values that no single item would hold.
	var es []domain.HistoryEntry
	big := make([]byte, 150_000)
	for i := range big {
		big[i] = byte('a' + (i*i+i/7)%26)
	}
	for i := range 6 {
		es = append(es, domain.HistoryEntry{Number: "1", Import: "i1", Line: i + 2, Field: genre, Before: domain.Value(big), After: domain.Value(fmt.Sprint(i))})
	}
	putHistory(t, s, "i1", 0, es)
	putHistory(t, s, "i1", 0, es)
	got := historyOf(t, s, "1")
	slices.SortFunc(got, func(a, b domain.HistoryEntry) int { return a.Line - b.Line })
	if !cmp.Equal(es, got) {
		t.Errorf("%d entries of %d, or others", len(got), len(es))
	}
}

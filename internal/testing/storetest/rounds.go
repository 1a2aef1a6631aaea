package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Rounds keeps how far the chunks of an import's rounds are, and which imports
// may write.
type Rounds interface {
	BeginTry(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (int, error)
	ChunkState(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (domain.ChunkState, error)
	Seal(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, s domain.Seal) (domain.ChunkState, error)
	NoteHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) error
	TakeSlot(ctx context.Context, in domain.InstitutionID, imp string) (domain.Ticket, error)
	FreeSlot(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket) error
	HeldSlots(ctx context.Context, in domain.InstitutionID) (map[string]domain.Ticket, error)
}

// TestRounds checks an implementation; new returns an empty store that asks now
// for the time.
func TestRounds(t *testing.T, new func(t *testing.T, now func() time.Time) Rounds) {
	for name, test := range map[string]func(*testing.T, Rounds, *Clock){
		"Tries":        roundsTries,
		"Seal":         roundsSeal,
		"SealUnbegun":  roundsSealUnbegun,
		"SealRaces":    roundsSealRaces,
		"LostObject":   roundsLostObject,
		"Slots":        roundsSlots,
		"SlotsRace":    roundsSlotsRace,
		"SlotsAreFull": roundsSlotsFull,
		"OrdersRise":   roundsOrdersRise,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &Clock{at: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
			test(t, new(t, clock.Now), clock)
		})
	}
}

func beginTry(t *testing.T, s Rounds, round, chunk, want int) {
	t.Helper()
	n, err := s.BeginTry(t.Context(), house, "i1", round, chunk)
	if err != nil || n != want {
		t.Fatalf("try %d, %v; want %d", n, err, want)
	}
}

func seal(t *testing.T, s Rounds, chunk int, with domain.Seal, want domain.ChunkState) {
	t.Helper()
	got, err := s.Seal(t.Context(), house, "i1", 1, chunk, with)
	must(t, err)
	equal(t, "sealed", want, got)
	got, err = s.ChunkState(t.Context(), house, "i1", 1, chunk)
	must(t, err)
	equal(t, "state", want, got)
}

func roundsTries(t *testing.T, s Rounds, _ *Clock) {
	state, err := s.ChunkState(t.Context(), house, "i1", 1, 0)
	must(t, err)
	equal(t, "unbegun", domain.ChunkState{}, state)
	beginTry(t, s, 1, 0, 1)
	beginTry(t, s, 1, 0, 2)
	beginTry(t, s, 1, 1, 1) // another chunk
	beginTry(t, s, 2, 0, 1) // another round
	if n, err := s.BeginTry(t.Context(), "other", "i1", 1, 0); n != 1 || err != nil {
		t.Errorf("another institution: %d, %v", n, err)
	}
	seal(t, s, 0, domain.Seal{Key: "k2", By: 2, Tries: 2}, domain.ChunkState{Tries: 2, Sealed: "k2", By: 2})
	_, err = s.BeginTry(t.Context(), house, "i1", 1, 0)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Conflict || f.Code != "sealed" {
		t.Errorf("a try of a sealed chunk: %v", err)
	}
	state, err = s.ChunkState(t.Context(), house, "i1", 1, 0)
	must(t, err)
	equal(t, "after a refused try", domain.ChunkState{Tries: 2, Sealed: "k2", By: 2}, state)
	must(t, s.NoteHistory(t.Context(), house, "i1", 1, 0))
	state, err = s.ChunkState(t.Context(), house, "i1", 1, 0)
	must(t, err)
	equal(t, "with history", domain.ChunkState{Tries: 2, Sealed: "k2", By: 2, History: true}, state)
}

func roundsSeal(t *testing.T, s Rounds, _ *Clock) {
	beginTry(t, s, 1, 0, 1)
	beginTry(t, s, 1, 0, 2)
	// Another try began: this one may not seal what it did not burn.
	seal(t, s, 0, domain.Seal{Key: "k1", By: 1, Tries: 1}, domain.ChunkState{Tries: 2})
	seal(t, s, 0, domain.Seal{Key: "k1", By: 1, Tries: -1}, domain.ChunkState{Tries: 2, Sealed: "k1", By: 1})
	// Sealed is sealed; saying it again finds one's own key.
	seal(t, s, 0, domain.Seal{Key: "k2", By: 2, Tries: -1}, domain.ChunkState{Tries: 2, Sealed: "k1", By: 1})
	seal(t, s, 0, domain.Seal{Key: "k1", By: 1, Tries: -1}, domain.ChunkState{Tries: 2, Sealed: "k1", By: 1})
}

func roundsSealUnbegun(t *testing.T, s Rounds, _ *Clock) {
	seal(t, s, 0, domain.Seal{Key: "f", Tries: 0}, domain.ChunkState{Sealed: "f"})
	if _, err := s.BeginTry(t.Context(), house, "i1", 1, 0); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a try of a sealed chunk: %v", err)
	}
	beginTry(t, s, 1, 1, 1)
	seal(t, s, 1, domain.Seal{Key: "f", Tries: 0}, domain.ChunkState{Tries: 1})
}

func roundsSealRaces(t *testing.T, s Rounds, _ *Clock) {
	// A try and finish at once: both know afterwards which object counts.
	for chunk := range 10 {
		beginTry(t, s, 1, chunk, 1)
		var states [6]domain.ChunkState
		var all sync.WaitGroup
		for i := range states {
			all.Go(func() {
				var err error
				states[i], err = s.Seal(t.Context(), house, "i1", 1, chunk, domain.Seal{Key: fmt.Sprint("k", i), By: i, Tries: -1})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, state := range states {
			if state.Sealed == "" || state != states[0] {
				t.Fatalf("chunk %d: %+v", chunk, states)
			}
		}
	}
}

func roundsLostObject(t *testing.T, s Rounds, _ *Clock) {
	beginTry(t, s, 1, 0, 1)
	seal(t, s, 0, domain.Seal{Key: "k1", By: 1, Tries: 1}, domain.ChunkState{Tries: 1, Sealed: "k1", By: 1})
	seal(t, s, 0, domain.Seal{Key: "f1", Tries: -1, Instead: "other"}, domain.ChunkState{Tries: 1, Sealed: "k1", By: 1})
	seal(t, s, 0, domain.Seal{Key: "f1", Tries: -1, Instead: "k1"}, domain.ChunkState{Tries: 1, Sealed: "f1"})
	seal(t, s, 0, domain.Seal{Key: "f2", Tries: -1, Instead: "k1"}, domain.ChunkState{Tries: 1, Sealed: "f1"})
}

func takeSlot(t *testing.T, s Rounds, imp string) domain.Ticket {
	t.Helper()
	ticket, err := s.TakeSlot(t.Context(), house, imp)
	must(t, err)
	if ticket.None() || len(ticket.Order) != 7 {
		t.Fatalf("the ticket is %+v", ticket)
	}
	return ticket
}

func held(t *testing.T, s Rounds, want map[string]domain.Ticket) {
	t.Helper()
	got, err := s.HeldSlots(t.Context(), house)
	must(t, err)
	equal(t, "held", want, got)
}

func roundsSlots(t *testing.T, s Rounds, _ *Clock) {
	held(t, s, nil)
	a, b := takeSlot(t, s, "a"), takeSlot(t, s, "b")
	if a.Slot != 0 || b.Slot != 1 || b.Order <= a.Order {
		t.Errorf("%+v, %+v", a, b)
	}
	equal(t, "again", a, takeSlot(t, s, "a"))
	held(t, s, map[string]domain.Ticket{"a": a, "b": b})
	// What it does not hold, nobody gives back.
	must(t, s.FreeSlot(t.Context(), house, "b", domain.Ticket{Slot: 0, Order: a.Order}))
	must(t, s.FreeSlot(t.Context(), house, "a", domain.Ticket{Slot: 0, Order: b.Order}))
	must(t, s.FreeSlot(t.Context(), house, "a", domain.Ticket{Slot: 7, Order: a.Order}))
	held(t, s, map[string]domain.Ticket{"a": a, "b": b})
	must(t, s.FreeSlot(t.Context(), house, "a", a))
	must(t, s.FreeSlot(t.Context(), house, "a", a))
	held(t, s, map[string]domain.Ticket{"b": b})
	c := takeSlot(t, s, "c")
	if c.Slot != 0 || c.Order <= b.Order {
		t.Errorf("%+v after %+v", c, b)
	}
	must(t, s.FreeSlot(t.Context(), house, "a", a)) // late
	held(t, s, map[string]domain.Ticket{"b": b, "c": c})
	if other, err := s.TakeSlot(t.Context(), "other", "a"); err != nil || other.Slot != 0 {
		t.Errorf("another institution: %+v, %v", other, err)
	}
}

func roundsSlotsRace(t *testing.T, s Rounds, _ *Clock) {
	// Three copies of each plan at once.
	const imports = 8
	var mu sync.Mutex
	got := map[string][]domain.Ticket{}
	var all sync.WaitGroup
	for i := range 3 * imports {
		all.Go(func() {
			imp := fmt.Sprint("i", i%imports)
			ticket, err := s.TakeSlot(t.Context(), house, imp)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got[imp] = append(got[imp], ticket)
		})
	}
	all.Wait()
	want := map[string]domain.Ticket{}
	var slots []int
	for imp, tickets := range got {
		if len(slices.Compact(tickets)) != 1 {
			t.Errorf("%s has %+v", imp, tickets)
		}
		want[imp] = tickets[0]
		slots = append(slots, tickets[0].Slot)
	}
	held(t, s, want)
	slices.Sort(slots)
	equal(t, "slots", []int{0, 1, 2, 3, 4, 5, 6, 7}, slots)
}

func roundsSlotsFull(t *testing.T, s Rounds, _ *Clock) {
	var last domain.Ticket
	for i := range domain.Slots {
		last = takeSlot(t, s, fmt.Sprint("i", i))
	}
	_, err := s.TakeSlot(t.Context(), house, "one more")
	if f, ok := fault.As(err); !ok || f.Kind != fault.Busy || f.Code != "slotsTaken" {
		t.Errorf("the 65th: %v", err)
	}
	takeSlot(t, s, "i3") // who has one, has it
	must(t, s.FreeSlot(t.Context(), house, "i63", last))
	if next := takeSlot(t, s, "one more"); next.Slot != last.Slot || next.Order <= last.Order {
		t.Errorf("%+v after %+v", next, last)
	}
}

func roundsOrdersRise(t *testing.T, s Rounds, clock *Clock) {
	// By more than one where the time has gone on, and by one where it has not or
	// goes back.
	a := takeSlot(t, s, "a")
	clock.pass(time.Hour)
	b := takeSlot(t, s, "b")
	clock.pass(-24 * time.Hour)
	c := takeSlot(t, s, "c")
	if !(a.Order < b.Order && b.Order < c.Order) {
		t.Errorf("%s, %s, %s", a.Order, b.Order, c.Order)
	}
}

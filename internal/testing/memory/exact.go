package memory

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// linesTogether is how many lines of an import share one item of their numbers:
// a burn of one of them by a later round ends the round before for all.
const linesTogether = 100

// hold is what is decided under a number where no contact is.
type hold struct {
	mark   domain.Order
	stamps map[int]domain.Stamp
}

// closing says which round closed lines of an import.
type closing struct {
	imp  string
	item int
}

// decided returns what the ticket's round decided under a number, or that a later
// one has the slot.
func (s *Contacts) decided(in domain.InstitutionID, n domain.ContactNumber, t domain.Ticket) (*domain.Stamp, bool) {
	stamps := s.stamps(in, n)
	if own, ok := t.Own(stamps); ok {
		return copyStamp(own), false
	}
	return nil, t.Later(stamps)
}

// stamps are those of the contact with the number, or of what remains there.
func (s *Contacts) stamps(in domain.InstitutionID, n domain.ContactNumber) map[int]domain.Stamp {
	if c, ok := s.of[in][n]; ok {
		return c.Stamps
	}
	if g, ok := s.rest(in).gone[n]; ok {
		return g.stamps
	}
	return s.rest(in).holds[n].stamps
}

func copyStamp(s domain.Stamp) *domain.Stamp {
	s.Before = maps.Clone(s.Before)
	return &s
}

// with adds a stamp to stamps that are shared with nobody afterwards.
func with(stamps map[int]domain.Stamp, t domain.Ticket, s domain.Stamp) map[int]domain.Stamp {
	out := maps.Clone(stamps)
	if out == nil {
		out = map[int]domain.Stamp{}
	}
	s.Order = t.Order
	out[t.Slot] = *copyStamp(s)
	return out
}

// bare is the stamps without values.
func bare(stamps map[int]domain.Stamp) map[int]domain.Stamp {
	out := maps.Clone(stamps)
	for slot, s := range out {
		s.Before = nil
		out[slot] = s
	}
	return out
}

// Remains returns what is kept under numbers that have no contact.
func (s *Contacts) Remains(_ context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Remains, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[domain.ContactNumber]domain.Remains{}
	for _, n := range ns {
		if _, ok := s.of[in][n]; ok {
			continue
		}
		if g, ok := s.rest(in).gone[n]; ok {
			out[n] = domain.Remains{Deleted: true, By: g.by, Origin: g.origin, Stamps: bare(g.stamps)}
		} else if h, ok := s.rest(in).holds[n]; ok {
			out[n] = domain.Remains{Stamps: bare(h.stamps)}
		}
	}
	return out, nil
}

// Pin notes which contacts lines without numbers are about.
func (s *Contacts) Pin(_ context.Context, in domain.InstitutionID, imp string, t domain.Ticket, lines map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rest(in)
	out := map[int]domain.ContactNumber{}
	for line, n := range lines {
		o := domain.Origin{Import: imp, Line: line}
		if r.assigned[o].Number == "" {
			if closed := r.closed[o]; closed != "" && closed >= t.Order {
				continue
			}
			r.assigned[o] = domain.Pinned{Number: n, Found: true}
		}
		out[line] = r.assigned[o].Number
	}
	return out, nil
}

// Burn decides that rounds of imports never write contacts.
func (s *Contacts) Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error) {
	out := make([]domain.Burned, len(bs))
	for i, b := range bs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = s.burn(in, b)
	}
	return out, nil
}

func (s *Contacts) burn(in domain.InstitutionID, b domain.Burn) domain.Burned {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, n := s.rest(in), b.Number
	if n == "" {
		o, together := domain.Origin{Import: b.Import, Line: b.Line}, closing{b.Import, b.Line / linesTogether}
		if r.rounds[together] > b.Ticket.Order {
			return domain.Burned{Later: true}
		}
		r.rounds[together], r.closed[o] = b.Ticket.Order, b.Ticket.Order
		if n = r.assigned[o].Number; n == "" {
			return domain.Burned{}
		}
	}
	own, later := s.decided(in, n, b.Ticket)
	if later {
		return domain.Burned{Number: n, Later: true}
	}
	if own != nil {
		return domain.Burned{Number: n, Own: *own}
	}
	burnt := domain.Stamp{Order: b.Ticket.Order, Line: b.Line, Kind: domain.Burnt}
	if c, ok := s.of[in][n]; ok {
		c.Mark, c.Stamps = b.Ticket.Order, with(c.Stamps, b.Ticket, burnt)
		s.of[in][n] = c
	} else if r.isGone(n) {
		return domain.Burned{Number: n}
	} else {
		r.holds[n] = hold{b.Ticket.Order, with(r.holds[n].stamps, b.Ticket, burnt)}
	}
	return domain.Burned{Number: n, Own: burnt}
}

func packedKey(imp string, round, chunk int) string {
	return fmt.Sprintf("%s#%d#%d", imp, round, chunk)
}

// PutHistory keeps what a sealed chunk changed, unless it is kept already.
func (s *Contacts) PutHistory(_ context.Context, in domain.InstitutionID, imp string, round, chunk int, es []domain.HistoryEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, key := s.rest(in), packedKey(imp, round, chunk)
	if _, ok := r.packed[key]; !ok {
		r.packed[key] = append([]domain.HistoryEntry{}, es...)
	}
	return nil
}

// TakeOutErased takes the entries of deleted contacts out of a round's histories.
func (s *Contacts) TakeOutErased(_ context.Context, in domain.InstitutionID, imp string, round, chunks int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rest(in)
	for chunk := range chunks {
		key := packedKey(imp, round, chunk)
		if es, ok := r.packed[key]; ok {
			r.packed[key] = without(es, r.isGone)
		}
	}
	return nil
}

// erase takes a contact's entries out of all histories.
func (r *rest) erase(n domain.ContactNumber) {
	for key, es := range r.packed {
		r.packed[key] = without(es, func(m domain.ContactNumber) bool { return m == n })
	}
}

func without(es []domain.HistoryEntry, of func(domain.ContactNumber) bool) []domain.HistoryEntry {
	out := []domain.HistoryEntry{}
	for _, e := range es {
		if !of(e.Number) {
			out = append(out, e)
		}
	}
	return out
}

// chunkID is one chunk of an import's round.
type chunkID struct {
	job          jobID
	round, chunk int
}

// BeginTry counts a try of a chunk.
func (s *Jobs) BeginTry(_ context.Context, in domain.InstitutionID, imp string, round, chunk int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := chunkID{jobID{in, imp}, round, chunk}
	st := s.chunks[id]
	if st.Sealed != "" {
		return 0, fault.New(fault.Conflict, "sealed")
	}
	st.Tries++
	s.chunks[id] = st
	return st.Tries, nil
}

// ChunkState returns how far a chunk is.
func (s *Jobs) ChunkState(_ context.Context, in domain.InstitutionID, imp string, round, chunk int) (domain.ChunkState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chunks[chunkID{jobID{in, imp}, round, chunk}], nil
}

// Seal makes a results object the one that counts, if the state is as asked for.
func (s *Jobs) Seal(_ context.Context, in domain.InstitutionID, imp string, round, chunk int, seal domain.Seal) (domain.ChunkState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := chunkID{jobID{in, imp}, round, chunk}
	st := s.chunks[id]
	if st.Sealed == seal.Instead && (seal.Tries < 0 || st.Tries == seal.Tries) {
		st.Sealed, st.By = seal.Key, seal.By
		s.chunks[id] = st
	}
	return st, nil
}

// NoteHistory notes that a chunk's history is written.
func (s *Jobs) NoteHistory(_ context.Context, in domain.InstitutionID, imp string, round, chunk int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := chunkID{jobID{in, imp}, round, chunk}
	st := s.chunks[id]
	st.History = true
	s.chunks[id] = st
	return nil
}

// slots are an institution's, with the last order that was given.
type slots struct {
	last uint64
	held [domain.Slots]heldSlot
}

type heldSlot struct {
	imp   string
	order domain.Order
}

// TakeSlot gives an import the lowest free slot and the next order.
func (s *Jobs) TakeSlot(_ context.Context, in domain.InstitutionID, imp string) (domain.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots[in] == nil {
		s.slots[in] = &slots{}
	}
	all, free := s.slots[in], -1
	for slot, h := range all.held {
		if h.imp == imp {
			return domain.Ticket{Slot: slot, Order: h.order}, nil
		}
		if h.imp == "" && free < 0 {
			free = slot
		}
	}
	if free < 0 {
		return domain.Ticket{}, fault.New(fault.Busy, "slotsTaken")
	}
	all.last = max(all.last+1, uint64(s.now().Unix()))
	order := strconv.FormatUint(all.last, 36)
	order = "0000000"[:7-len(order)] + order
	all.held[free] = heldSlot{imp, domain.Order(order)}
	return domain.Ticket{Slot: free, Order: domain.Order(order)}, nil
}

// FreeSlot frees a slot if that import still holds it by that order.
func (s *Jobs) FreeSlot(_ context.Context, in domain.InstitutionID, imp string, t domain.Ticket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if all := s.slots[in]; all != nil && t.Slot >= 0 && t.Slot < len(all.held) && all.held[t.Slot] == (heldSlot{imp, t.Order}) {
		all.held[t.Slot] = heldSlot{}
	}
	return nil
}

// HeldSlots returns the tickets that imports hold.
func (s *Jobs) HeldSlots(_ context.Context, in domain.InstitutionID) (map[string]domain.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]domain.Ticket{}
	if all := s.slots[in]; all != nil {
		for slot, h := range all.held {
			if h.imp != "" {
				out[h.imp] = domain.Ticket{Slot: slot, Order: h.order}
			}
		}
	}
	return out, nil
}

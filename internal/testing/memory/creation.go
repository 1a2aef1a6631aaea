package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// gone is what stays of a deleted contact.
type gone struct {
	by     string // the import whose undo removed it
	at     time.Time
	origin domain.Origin
	stamps map[int]domain.Stamp
}

func (s *Contacts) rest(in domain.InstitutionID) *rest {
	if s.rests[in] == nil {
		s.rests[in] = &rest{gone: map[domain.ContactNumber]gone{}, claims: map[string]domain.ContactNumber{},
			assigned: map[domain.Origin]domain.Pinned{}, next: map[int]uint64{}, history: map[domain.ContactNumber]map[string][]domain.HistoryEntry{},
			holds: map[domain.ContactNumber]hold{}, closed: map[domain.Origin]domain.Order{}, rounds: map[closing]domain.Order{}, packed: map[string][]domain.HistoryEntry{}}
	}
	return s.rests[in]
}

func (r *rest) isGone(n domain.ContactNumber) bool {
	_, ok := r.gone[n]
	return ok
}

// follow keeps a contact; an address that it no longer has is claimed no more.
func (s *Contacts) follow(in domain.InstitutionID, old, next domain.Contact) {
	if text.NormaliseEmail(old.Email()) != text.NormaliseEmail(next.Email()) {
		s.rest(in).giveUp(domain.Contact{Number: next.Number, Fields: old.Fields})
	}
	s.keep(in, next)
}

// giveUp gives up the claim of a contact's address, if it has one.
func (r *rest) giveUp(c domain.Contact) {
	if id := domain.EmailIdentity + text.NormaliseEmail(c.Email()); r.claims[id] == c.Number {
		delete(r.claims, id)
	}
}

// remove takes a contact away, with its history and the claim of its address. What
// else was claimed for it goes on naming somebody who is gone.
func (s *Contacts) remove(in domain.InstitutionID, c domain.Contact, by string) {
	r := s.rest(in)
	s.lookUp(in, s.of[in][c.Number], false)
	delete(r.history, c.Number)
	r.giveUp(c)
	r.gone[c.Number] = gone{by, s.now(), c.Origin, bare(s.of[in][c.Number].Stamps)}
	r.erase(c.Number)
	delete(s.of[in], c.Number)
}

// Create makes contacts and answers in the same order.
func (s *Contacts) Create(ctx context.Context, in domain.InstitutionID, crs []domain.Creation) ([]domain.Made, error) {
	out := make([]domain.Made, len(crs))
	for i, cr := range crs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = s.create(in, cr)
	}
	return out, nil
}

func (s *Contacts) create(in domain.InstitutionID, cr domain.Creation) domain.Made {
	if cr.Ticket.None() {
		return domain.Made{Number: cr.Number, Err: fault.New(fault.Internal, "noTicket")}
	}
	if cr.Number != "" && !cr.Number.Valid() {
		return domain.Made{Number: cr.Number, Err: fault.New(fault.Internal, "numberInvalid")}
	}
	origin := domain.Origin{Import: cr.Applied.Import, Line: cr.Applied.Line}
	c := domain.Contact{Fields: map[domain.Field]domain.Value{}, Provenance: map[domain.Field]domain.Provenance{},
		Origin: origin, Version: 1}
	for f, v := range cr.Fields {
		if !known(f) {
			return domain.Made{Number: cr.Number, Err: fault.New(fault.Internal, "fieldUnknown")}
		}
		if v == domain.Empty {
			continue
		}
		c.Fields[f] = v
		if hasProvenance(f) {
			c.Provenance[f] = cr.Provenance.Of(f)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rest(in)
	n := cr.Number
	if closed := r.closed[origin]; n == "" && r.assigned[origin].Number == "" && closed >= cr.Ticket.Order {
		if closed > cr.Ticket.Order {
			return domain.Made{Later: true}
		}
		return domain.Made{Own: &domain.Stamp{Order: cr.Ticket.Order, Line: cr.Applied.Line, Kind: domain.Burnt}}
	}
	fresh := false // nobody can have looked under the number yet
	if n == "" {
		if n = r.assigned[origin].Number; n == "" {
			n, fresh = s.take(in, cr.Digits), true
			r.assigned[origin] = domain.Pinned{Number: n}
		}
	}
	if stored, ok := s.of[in][n]; ok && stored.Origin == origin {
		return domain.Made{Number: n, Done: true}
	}
	if was, ok := r.gone[n]; ok && was.origin == origin {
		return domain.Made{Number: n, Done: true}
	}
	refuses := func(n domain.ContactNumber) (domain.Made, bool) {
		own, later := s.decided(in, n, cr.Ticket)
		return domain.Made{Number: n, Own: own, Later: later}, later || own != nil && own.Kind == domain.Burnt
	}
	if made, refused := refuses(n); refused && !fresh {
		return made
	}
	// A contact that stands in the way is the line's from now on.
	meet := func(n domain.ContactNumber) domain.Made {
		if cr.Number == "" {
			r.assigned[origin] = domain.Pinned{Number: n, Found: true}
		}
		live := clone(s.of[in][n])
		return domain.Made{Number: n, Live: &live}
	}
	if r.assigned[origin].Found && cr.Number == "" {
		own, _ := s.decided(in, n, cr.Ticket)
		switch _, ok := s.of[in][n]; {
		case own != nil:
			return domain.Made{Number: n, Own: own}
		case ok:
			return meet(n)
		}
		return domain.Made{Number: n, Gone: true}
	}
	id := identity(cr.Identity)
	if claimed, ok := r.claims[id]; ok && id != "" {
		stored, ok := s.of[in][claimed]
		if ok && stored.Origin == origin || r.gone[claimed].origin == origin {
			return domain.Made{Number: claimed, Done: true}
		}
		if made, refused := refuses(claimed); refused && claimed != n {
			return made
		}
		if ok && has(stored, id) {
			return meet(claimed)
		}
		// Whoever claimed it got no further: it goes on under that number.
		if !ok && !r.isGone(claimed) && cr.Number == "" {
			n, fresh = claimed, true
			r.assigned[origin] = domain.Pinned{Number: n}
		}
	}
	if cr.Number == "" && id != "" {
		r.claims[id] = n
	}
	if made, refused := refuses(n); refused && fresh {
		return made
	}
	if cr.Number != "" {
		if r.isGone(n) {
			return domain.Made{Number: n, Gone: true}
		}
		if _, ok := s.of[in][n]; ok {
			return meet(n)
		}
	}
	if size(c) > maxContact {
		return domain.Made{Number: cr.Number, Err: tooLarge()}
	}
	for cr.Number == "" {
		taken, ok := s.of[in][n]
		if !ok && !r.isGone(n) {
			break
		}
		if ok && shows(taken, id) {
			r.claims[id] = n
			return meet(n)
		}
		s.raise(in, cr.Digits)
		n = s.take(in, cr.Digits)
		r.assigned[origin] = domain.Pinned{Number: n}
	}
	c.Number = n
	if h, ok := r.holds[n]; ok {
		c.Mark, c.Stamps = h.mark, h.stamps
		delete(r.holds, n)
	}
	c.Mark = cr.Ticket.Order
	c.Stamps = with(c.Stamps, cr.Ticket, domain.Stamp{Line: origin.Line, Kind: domain.Maker})
	if id != "" {
		r.claims[id] = n
	}
	s.keep(in, c)
	return domain.Made{Number: n, Done: true}
}

// known tells whether a contact may have such a field.
func known(f domain.Field) bool {
	switch room, code := f.Split(); room {
	case domain.CriterionRoom, domain.AuthorisationRoom:
		return domain.ValidCode(code)
	}
	return slices.ContainsFunc(domain.ContactFields, func(c domain.ContactField) bool { return c.Field == f })
}

// identity folds an identity that is an e-mail address.
func identity(id string) string {
	if email := domain.IdentityEmail(id); email != "" {
		return domain.EmailIdentity + text.NormaliseEmail(email)
	}
	return id
}

// has tells whether the contact still is who the identity says. Where it does not
// show, the claim's word is taken.
func has(c domain.Contact, id string) bool {
	is, _ := domain.HasIdentity(c, id)
	return is
}

// shows is has of an identity that shows in a contact.
func shows(c domain.Contact, id string) bool {
	is, checked := domain.HasIdentity(c, id)
	return is && checked
}

func digits(d int) int {
	if d <= 0 || d > domain.MaxDigits {
		return domain.DefaultDigits
	}
	return d
}

// take gives out the next number of the width.
func (s *Contacts) take(in domain.InstitutionID, d int) domain.ContactNumber {
	d = digits(d)
	if _, known := s.rest(in).next[d]; !known {
		s.raise(in, d)
	}
	s.rest(in).next[d]++
	return domain.ContactNumber(fmt.Sprintf("%0*d", d, s.rest(in).next[d]))
}

// NextNumber returns a number of the width that nobody has, had or is given.
func (s *Contacts) NextNumber(_ context.Context, in domain.InstitutionID, digits int) (domain.ContactNumber, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		n := s.take(in, digits)
		_, there := s.of[in][n]
		_, gone := s.rest(in).gone[n]
		if !there && !gone {
			return n, nil
		}
		s.raise(in, digits)
	}
}

// raise makes the next number at least one above the highest of the width.
func (s *Contacts) raise(in domain.InstitutionID, d int) {
	d = digits(d)
	r := s.rest(in)
	highest := func(n domain.ContactNumber) {
		if v, err := strconv.ParseUint(string(n), 10, 64); err == nil && len(n) == d {
			r.next[d] = max(r.next[d], v)
		}
	}
	r.next[d] += 0 // known from now on
	for n := range s.of[in] {
		highest(n)
	}
	for n := range r.gone {
		highest(n)
	}
	for n := range r.holds {
		highest(n)
	}
}

// Gone tells which of the numbers belonged to contacts that were deleted.
func (s *Contacts) Gone(_ context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[domain.ContactNumber]string{}
	for _, n := range ns {
		if s.rest(in).isGone(n) {
			out[n] = s.rest(in).gone[n].by
		}
	}
	return out, nil
}

// Remove takes away contacts that nobody changed since an import made them.
func (s *Contacts) Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	for i, w := range ws {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = s.removeMade(in, w)
	}
	return out, nil
}

func (s *Contacts) removeMade(in domain.InstitutionID, w domain.Write) domain.Written {
	if w.Ticket.None() {
		return domain.Written{Err: fault.New(fault.Internal, "noTicket")}
	}
	by := cmp.Or(w.Provenance.Import, w.Applied.Import)
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.of[in][w.Number]
	own, later := s.decided(in, w.Number, w.Ticket)
	if later || own != nil && (ok || own.Kind == domain.Burnt) {
		return domain.Written{Own: own, Later: later}
	}
	if !ok {
		was, ok := s.rest(in).gone[w.Number]
		return domain.Written{Done: ok && was.by == by}
	}
	fits := c.Origin.Import == w.Applied.Import && c.Version == 1
	for _, st := range c.Stamps {
		fits = fits && st.Kind != domain.Strict && st.Kind != domain.Found
	}
	for f, v := range w.If {
		fits = fits && c.Fields[f] == v
	}
	if !fits {
		live := clone(c)
		return domain.Written{Live: &live}
	}
	s.remove(in, c, by)
	was := s.rest(in).gone[w.Number]
	was.stamps = with(was.stamps, w.Ticket, domain.Stamp{Line: w.Applied.Line, Kind: domain.Strict})
	s.rest(in).gone[w.Number] = was
	return domain.Written{Done: true}
}

// differences are the entries of a person's change.
func differences(old, next domain.Contact, p domain.Provenance) []domain.HistoryEntry {
	var out []domain.HistoryEntry
	entry := func(f domain.Field) {
		if old.Fields[f] != next.Fields[f] {
			out = append(out, domain.HistoryEntry{Number: next.Number, At: p.At, Import: p.Import, By: p.By, Field: f, Before: old.Fields[f], After: next.Fields[f]})
		}
	}
	for f := range next.Fields {
		entry(f)
	}
	for f := range old.Fields {
		if _, ok := next.Fields[f]; !ok {
			entry(f)
		}
	}
	return out
}

func (r *rest) remember(n domain.ContactNumber, key string, es []domain.HistoryEntry) {
	if len(es) == 0 {
		return
	}
	if r.history[n] == nil {
		r.history[n] = map[string][]domain.HistoryEntry{}
	}
	r.history[n][key] = es
}

// AddHistory remembers changes. Those of one contact by one line come together.
func (s *Contacts) AddHistory(_ context.Context, in domain.InstitutionID, es []domain.HistoryEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := map[domain.ContactNumber]map[string][]domain.HistoryEntry{}
	for _, e := range es {
		key := e.Import + ":" + strconv.Itoa(e.Line)
		if e.Import == "" {
			key = "@" + e.At.UTC().Format(time.RFC3339Nano)
		}
		if by[e.Number] == nil {
			by[e.Number] = map[string][]domain.HistoryEntry{}
		}
		by[e.Number][key] = append(by[e.Number][key], e)
	}
	for n, keys := range by {
		for key, es := range keys {
			s.rest(in).remember(n, key, es)
		}
	}
	return nil
}

// History returns the last changes of a contact, newest first.
func (s *Contacts) History(_ context.Context, in domain.InstitutionID, n domain.ContactNumber, limit int) ([]domain.HistoryEntry, error) {
	if limit <= 0 {
		limit = 50
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	type keyed struct {
		key string
		domain.HistoryEntry
	}
	var all []keyed
	for key, es := range s.rest(in).packed {
		for _, e := range es {
			if e.Number == n {
				all = append(all, keyed{key + ":" + strconv.Itoa(e.Line), e})
			}
		}
	}
	for key, es := range s.rest(in).history[n] {
		for _, e := range es {
			all = append(all, keyed{key, e})
		}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.key, a.key), strings.Compare(string(a.Field), string(b.Field)))
	})
	var out []domain.HistoryEntry
	for _, e := range all[:min(limit, len(all))] {
		out = append(out, e.HistoryEntry)
	}
	return out, nil
}

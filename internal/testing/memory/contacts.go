package memory

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// maxContact is the size that the database refuses a contact at, in bytes.
const maxContact = 400 << 10

// Contacts keeps contacts.
type Contacts struct {
	now    func() time.Time
	mu     sync.RWMutex
	of     map[domain.InstitutionID]map[domain.ContactNumber]domain.Contact
	emails map[domain.InstitutionID]map[string]map[domain.ContactNumber]bool // by folded address
	rests  map[domain.InstitutionID]*rest
}

// rest is what an institution's contacts leave beside them.
type rest struct {
	gone     map[domain.ContactNumber]gone
	claims   map[string]domain.ContactNumber // by identity
	assigned map[domain.Origin]domain.Pinned // whom lines without numbers are about
	next     map[int]uint64                  // the highest number given out, by width
	history  map[domain.ContactNumber]map[string][]domain.HistoryEntry
	holds    map[domain.ContactNumber]hold
	closed   map[domain.Origin]domain.Order   // lines without a number, by which round
	rounds   map[closing]domain.Order         // the last round that closed some of them
	packed   map[string][]domain.HistoryEntry // by import, round and chunk
	notes    []note
	start    *time.Time // since when all changes are noted
}

// NewContacts returns an empty store that notes by now's clock when what changed.
func NewContacts(now func() time.Time) *Contacts {
	return &Contacts{now: now, of: map[domain.InstitutionID]map[domain.ContactNumber]domain.Contact{}, rests: map[domain.InstitutionID]*rest{}}
}

// Get returns one contact, or fault kind NotFound.
func (s *Contacts) Get(_ context.Context, in domain.InstitutionID, n domain.ContactNumber) (domain.Contact, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.of[in][n]
	if !ok {
		return domain.Contact{}, fault.Missing()
	}
	return clone(c), nil
}

// GetMany returns those that exist.
func (s *Contacts) GetMany(_ context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make(map[domain.ContactNumber]domain.Contact, len(ns))
	for _, n := range ns {
		if c, ok := s.of[in][n]; ok {
			out[n] = clone(c)
		}
	}
	return out, nil
}

// Put creates or replaces a contact's fields.
func (s *Contacts) Put(_ context.Context, in domain.InstitutionID, c domain.Contact, p domain.Provenance) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rest(in)
	if _, ok := r.gone[c.Number]; ok {
		return false, fault.New(fault.Conflict, "gone")
	}
	stored, exists := s.of[in][c.Number]
	if c.Version != 0 && c.Version != stored.Version {
		return false, fault.New(fault.Conflict, "changed.contact")
	}
	next := domain.Contact{
		Number: c.Number, Fields: map[domain.Field]domain.Value{}, Provenance: map[domain.Field]domain.Provenance{},
		Origin: stored.Origin, Version: stored.Version + 1,
		Mark: stored.Mark, Stamps: stored.Stamps,
	}
	if h, ok := r.holds[c.Number]; ok {
		next.Mark, next.Stamps = h.mark, h.stamps
		defer delete(r.holds, c.Number)
	}
	for f, v := range c.Fields {
		if v == domain.Empty {
			continue
		}
		next.Fields[f] = v
		if !hasProvenance(f) {
			continue
		}
		if old, ok := stored.Provenance[f]; ok && stored.Fields[f] == v {
			next.Provenance[f] = old
		} else if stored.Fields[f] != v {
			next.Provenance[f] = p
		}
	}
	if size(next) > maxContact {
		return false, tooLarge()
	}
	s.follow(in, stored, next)
	r.remember(c.Number, fmt.Sprintf("v%09d", next.Version), differences(stored, next, p))
	s.note(in, c.Number)
	return !exists, nil
}

// Delete removes a contact with its history, or returns kind NotFound.
func (s *Contacts) Delete(_ context.Context, in domain.InstitutionID, n domain.ContactNumber) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.of[in][n]
	if !ok {
		return fault.Missing()
	}
	s.remove(in, c, "")
	s.note(in, n)
	return nil
}

// Find looks up by exact number, exact e-mail, or start of "last name first name".
func (s *Contacts) Find(_ context.Context, in domain.InstitutionID, q string, limit int, from string) ([]domain.Contact, string, error) {
	q = strings.TrimSpace(q)
	list, match, key := "all", func(domain.Contact) bool { return true }, func(c domain.Contact) string { return string(c.Number) }
	switch {
	case q == "":
	case domain.ContactNumber(q).Valid():
		list, match = "number", func(c domain.Contact) bool { return string(c.Number) == q }
	case strings.Contains(q, "@"):
		list, match = "email", func(c domain.Contact) bool { return text.NormaliseEmail(c.Email()) == text.NormaliseEmail(q) }
	default:
		q = text.Normalise(q)
		list = "name"
		match = func(c domain.Contact) bool { return q != "" && strings.HasPrefix(name(c), q) }
		key = func(c domain.Contact) string { return name(c) + "\t" + string(c.Number) }
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []domain.Contact
	for _, c := range s.of[in] {
		if match(c) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b domain.Contact) int { return strings.Compare(key(a), key(b)) })
	found, next, err := page(found, key, list, from, limit)
	for i := range found {
		found[i] = clone(found[i])
	}
	return found, next, err
}

// Search pages through all contacts by number and returns those that match, until it
// has looked at enough.
func (s *Contacts) Search(_ context.Context, in domain.InstitutionID, match func(domain.Contact) bool, limit int, enough func(seen int) bool, from string) ([]domain.Contact, string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var rest []domain.Contact
	for _, c := range s.of[in] {
		rest = append(rest, c)
	}
	key := func(c domain.Contact) string { return string(c.Number) }
	slices.SortFunc(rest, func(a, b domain.Contact) int { return strings.Compare(key(a), key(b)) })
	rest, _, err := page(rest, key, "search", from, len(rest)+1)
	if err != nil {
		return nil, "", err
	}
	if limit <= 0 {
		limit = 50
	}
	var found []domain.Contact
	for i, c := range rest {
		if len(found) == limit || i > 0 && enough(i) {
			return found, cursor("search", key(rest[i-1])), nil
		}
		if match(c) {
			found = append(found, clone(c))
		}
	}
	return found, "", nil
}

// name is what a search by name compares with.
func name(c domain.Contact) string {
	last := text.Normalise(string(c.Get(domain.ContactLastName)))
	if last == "" {
		return ""
	}
	return strings.TrimSpace(last + " " + text.Normalise(string(c.Get(domain.ContactFirstName))))
}

// ByEmail returns the numbers that have each address.
func (s *Contacts) ByEmail(_ context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := map[string][]domain.ContactNumber{}
	for _, e := range emails {
		if ns := s.emails[in][text.NormaliseEmail(e)]; len(ns) > 0 {
			out[e] = slices.Sorted(maps.Keys(ns))
		}
	}
	return out, nil
}

// ByName returns the contacts that have each name.
func (s *Contacts) ByName(_ context.Context, in domain.InstitutionID, names []string) (map[string][]domain.Contact, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := map[string][]domain.Contact{}
	for _, c := range s.of[in] {
		if n := name(c); n != "" && slices.Contains(names, n) {
			out[n] = append(out[n], clone(c))
		}
	}
	for _, cs := range out {
		slices.SortFunc(cs, func(a, b domain.Contact) int { return strings.Compare(string(a.Number), string(b.Number)) })
	}
	return out, nil
}

// Values yields the number and the fields of contacts, ordered by number.
func (s *Contacts) Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		for c, err := range s.All(ctx, in) {
			if err == nil && c.Number <= of.After {
				continue
			}
			if of.Fields != nil {
				maps.DeleteFunc(c.Fields, func(f domain.Field, _ domain.Value) bool { return !slices.Contains(of.Fields, f) })
			}
			if !yield(domain.Contact{Number: c.Number, Fields: c.Fields}, err) {
				return
			}
		}
	}
}

// All yields every contact ordered by number.
func (s *Contacts) All(ctx context.Context, in domain.InstitutionID) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		s.mu.RLock()
		ns := slices.Sorted(maps.Keys(s.of[in]))
		s.mu.RUnlock()
		for _, n := range ns {
			if err := ctx.Err(); err != nil {
				yield(domain.Contact{}, err)
				return
			}
			s.mu.RLock()
			c, ok := s.of[in][n]
			s.mu.RUnlock()
			if ok && !yield(clone(c), nil) {
				return
			}
		}
	}
}

// Write does conditional writes and answers in the same order.
func (s *Contacts) Write(_ context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	for i, w := range ws {
		out[i] = s.write(in, w)
	}
	return out, nil
}

func (s *Contacts) write(in domain.InstitutionID, w domain.Write) domain.Written {
	if w.Ticket.None() {
		return domain.Written{Err: fault.New(fault.Internal, "noTicket")}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own, later := s.decided(in, w.Number, w.Ticket)
	if own != nil || later {
		return domain.Written{Own: own, Later: later}
	}
	stored, ok := s.of[in][w.Number]
	if !ok {
		return domain.Written{}
	}
	fits := true
	for f, v := range w.If {
		fits = fits && stored.Fields[f] == v
	}
	if !fits {
		live := clone(stored)
		return domain.Written{Live: &live}
	}
	next := clone(stored)
	for f, v := range w.Set {
		delete(next.Provenance, f)
		if v == domain.Empty {
			delete(next.Fields, f)
			continue
		}
		next.Fields[f] = v
		if hasProvenance(f) {
			next.Provenance[f] = w.ProvenanceOf(f)
		}
	}
	st := domain.Stamp{Line: w.Applied.Line, Kind: domain.Strict}
	if !w.Strict {
		st.Kind, st.Before = domain.Found, w.Applied.Before
	}
	next.Mark, next.Stamps = w.Ticket.Order, with(stored.Stamps, w.Ticket, st)
	if size(next) > maxContact {
		return domain.Written{Err: tooLarge()}
	}
	s.follow(in, stored, next)
	return domain.Written{Done: true}
}

// Load stores contacts without reading. A Version of 0 becomes 1.
func (s *Contacts) Load(ctx context.Context, in domain.InstitutionID, cs iter.Seq[domain.Contact]) error {
	for c := range cs {
		if err := ctx.Err(); err != nil {
			return err
		}
		c = clone(c)
		maps.DeleteFunc(c.Fields, func(_ domain.Field, v domain.Value) bool { return v == domain.Empty })
		c.Version = max(c.Version, 1)
		s.mu.Lock()
		delete(s.rest(in).gone, c.Number)
		s.keep(in, c)
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(in, s.now().Add(-domain.ChangeMargin))
	return nil
}

func (s *Contacts) keep(in domain.InstitutionID, c domain.Contact) {
	if s.of[in] == nil {
		s.of[in] = map[domain.ContactNumber]domain.Contact{}
	}
	s.lookUp(in, s.of[in][c.Number], false)
	s.of[in][c.Number] = c
	s.lookUp(in, c, true)
}

// lookUp keeps which contacts have an address.
func (s *Contacts) lookUp(in domain.InstitutionID, c domain.Contact, there bool) {
	e := text.NormaliseEmail(c.Email())
	if e == "" {
		return
	}
	if s.emails == nil {
		s.emails = map[domain.InstitutionID]map[string]map[domain.ContactNumber]bool{}
	}
	if s.emails[in] == nil {
		s.emails[in] = map[string]map[domain.ContactNumber]bool{}
	}
	ns := s.emails[in][e]
	switch {
	case there && ns == nil:
		s.emails[in][e] = map[domain.ContactNumber]bool{c.Number: true}
	case there:
		ns[c.Number] = true
	default:
		delete(ns, c.Number)
	}
}

// hasProvenance tells whether values of the field remember where they came
// from: a contact's own data do not.
func hasProvenance(f domain.Field) bool {
	room, _ := f.Split()
	return room != domain.ContactRoom
}

// clone copies a contact; its maps are never nil.
func clone(c domain.Contact) domain.Contact {
	c.Fields, c.Provenance = maps.Clone(c.Fields), maps.Clone(c.Provenance)
	if c.Fields == nil {
		c.Fields = map[domain.Field]domain.Value{}
	}
	if c.Provenance == nil {
		c.Provenance = map[domain.Field]domain.Provenance{}
	}
	c.Stamps = maps.Clone(c.Stamps)
	for slot, st := range c.Stamps {
		c.Stamps[slot] = *copyStamp(st)
	}
	return c
}

// size is about what the database counts: names and values.
func size(c domain.Contact) int {
	n := 100
	for f, v := range c.Fields {
		n += len(f.Code()) + len(v) + 4
	}
	for f, p := range c.Provenance {
		n += len(f.Code()) + len(p.Import) + len(p.By) + len(p.Proof) + 16
	}
	return n
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "contactTooLarge")
}

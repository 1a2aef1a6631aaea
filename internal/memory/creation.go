package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/fault"
	"rollbook/internal/fold"
	"rollbook/internal/roll"
)

// gone is what stays of a deleted contact.
type gone struct {
	by     string // the import whose undo removed it
	origin roll.Origin
}

func (s *Contacts) rest(in roll.InstitutionID) *rest {
	if s.rests[in] == nil {
		s.rests[in] = &rest{gone: map[roll.ContactNumber]gone{}, claims: map[string]roll.ContactNumber{},
			assigned: map[roll.Origin]roll.ContactNumber{}, next: map[int]uint64{}, history: map[roll.ContactNumber]map[string][]roll.HistoryEntry{}}
	}
	return s.rests[in]
}

func (r *rest) isGone(n roll.ContactNumber) bool {
	_, ok := r.gone[n]
	return ok
}

// follow keeps a contact; an address that it no longer has is claimed no more.
func (s *Contacts) follow(in roll.InstitutionID, old, next roll.Contact) {
	if was := roll.EmailIdentity + fold.Email(old.Email()); fold.Email(old.Email()) != fold.Email(next.Email()) && s.rest(in).claims[was] == next.Number {
		delete(s.rest(in).claims, was)
	}
	s.keep(in, next)
}

// remove takes a contact away, with its history and what it claimed.
func (s *Contacts) remove(in roll.InstitutionID, c roll.Contact, by string) {
	r := s.rest(in)
	s.lookUp(in, s.of[in][c.Number], false)
	delete(s.of[in], c.Number)
	delete(r.history, c.Number)
	maps.DeleteFunc(r.claims, func(_ string, n roll.ContactNumber) bool { return n == c.Number })
	r.gone[c.Number] = gone{by, c.Origin}
}

// Create makes contacts and answers in the same order.
func (s *Contacts) Create(ctx context.Context, in roll.InstitutionID, crs []roll.Creation) ([]roll.Made, error) {
	out := make([]roll.Made, len(crs))
	for i, cr := range crs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = s.create(in, cr)
	}
	return out, nil
}

func (s *Contacts) create(in roll.InstitutionID, cr roll.Creation) roll.Made {
	if cr.Applied.Import == "" {
		return roll.Made{Number: cr.Number, Err: fault.New(fault.Internal, "markMissing", "")}
	}
	if cr.Number != "" && !cr.Number.Valid() {
		return roll.Made{Number: cr.Number, Err: fault.New(fault.Internal, "numberInvalid", "")}
	}
	origin := roll.Origin{Import: cr.Applied.Import, Line: cr.Applied.Line}
	c := roll.Contact{Fields: map[roll.Field]roll.Value{}, Provenance: map[roll.Field]roll.Provenance{},
		Applied: roll.Applied{Import: origin.Import, Line: origin.Line}, Origin: origin, Version: 1}
	for f, v := range cr.Fields {
		if !known(f) {
			return roll.Made{Number: cr.Number, Err: fault.New(fault.Internal, "fieldUnknown", "")}
		}
		if v == roll.Empty {
			continue
		}
		c.Fields[f] = v
		if hasProvenance(f) {
			c.Provenance[f] = cr.Provenance
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rest(in)
	n := cr.Number
	if n == "" {
		if n = r.assigned[origin]; n == "" {
			n = s.take(in, cr.Digits)
			r.assigned[origin] = n
		}
	}
	if stored, ok := s.of[in][n]; ok && stored.Origin == origin {
		return roll.Made{Number: n, Done: true}
	}
	if was, ok := r.gone[n]; ok && was.origin == origin {
		return roll.Made{Number: n, Done: true}
	}
	id := identity(cr.Identity)
	if claimed, ok := r.claims[id]; ok && id != "" {
		stored, ok := s.of[in][claimed]
		if ok && stored.Origin == origin {
			return roll.Made{Number: claimed, Done: true}
		}
		if ok && has(stored, id) {
			live := clone(stored)
			return roll.Made{Number: claimed, Live: &live}
		}
	}
	if cr.Number != "" {
		if r.isGone(n) {
			return roll.Made{Number: n, Gone: true}
		}
		if stored, ok := s.of[in][n]; ok {
			live := clone(stored)
			return roll.Made{Number: n, Live: &live}
		}
	}
	if size(c) > maxContact {
		return roll.Made{Number: cr.Number, Err: tooLarge()}
	}
	for cr.Number == "" {
		taken, ok := s.of[in][n]
		if !ok && !r.isGone(n) {
			break
		}
		if ok && roll.IdentityEmail(id) != "" && has(taken, id) {
			r.claims[id] = n
			live := clone(taken)
			return roll.Made{Number: n, Live: &live}
		}
		s.raise(in, cr.Digits)
		n = s.take(in, cr.Digits)
		r.assigned[origin] = n
	}
	c.Number = n
	if id != "" {
		r.claims[id] = n
	}
	s.keep(in, c)
	return roll.Made{Number: n, Done: true}
}

// known tells whether a contact may have such a field.
func known(f roll.Field) bool {
	switch room, code := f.Split(); room {
	case roll.CriterionRoom, roll.AuthorisationRoom:
		return roll.ValidCode(code)
	}
	return slices.ContainsFunc(roll.ContactFields, func(c roll.ContactField) bool { return c.Field == f })
}

// identity folds an identity that is an e-mail address.
func identity(id string) string {
	if email := roll.IdentityEmail(id); email != "" {
		return roll.EmailIdentity + fold.Email(email)
	}
	return id
}

// has tells whether the contact still is who the identity says. Of what is not
// an e-mail address the claim's word is taken.
func has(c roll.Contact, id string) bool {
	email := roll.IdentityEmail(id)
	return email == "" || fold.Email(c.Email()) == email
}

func digits(d int) int {
	if d <= 0 || d > roll.MaxDigits {
		return roll.DefaultDigits
	}
	return d
}

// take gives out the next number of the width.
func (s *Contacts) take(in roll.InstitutionID, d int) roll.ContactNumber {
	d = digits(d)
	if _, known := s.rest(in).next[d]; !known {
		s.raise(in, d)
	}
	s.rest(in).next[d]++
	return roll.ContactNumber(fmt.Sprintf("%0*d", d, s.rest(in).next[d]))
}

// raise makes the next number at least one above the highest of the width.
func (s *Contacts) raise(in roll.InstitutionID, d int) {
	d = digits(d)
	r := s.rest(in)
	highest := func(n roll.ContactNumber) {
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
}

// Gone tells which of the numbers belonged to contacts that were deleted.
func (s *Contacts) Gone(_ context.Context, in roll.InstitutionID, ns []roll.ContactNumber) (map[roll.ContactNumber]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[roll.ContactNumber]string{}
	for _, n := range ns {
		if s.rest(in).isGone(n) {
			out[n] = s.rest(in).gone[n].by
		}
	}
	return out, nil
}

// Remove takes away contacts that nobody changed since an import made them.
func (s *Contacts) Remove(ctx context.Context, in roll.InstitutionID, ws []roll.Write) ([]roll.Written, error) {
	out := make([]roll.Written, len(ws))
	for i, w := range ws {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = s.removeMade(in, w)
	}
	return out, nil
}

func (s *Contacts) removeMade(in roll.InstitutionID, w roll.Write) roll.Written {
	if w.Applied.Import == "" {
		return roll.Written{Err: fault.New(fault.Internal, "markMissing", "")}
	}
	by := cmp.Or(w.Provenance.Import, w.Applied.Import)
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.of[in][w.Number]
	if !ok {
		was, ok := s.rest(in).gone[w.Number]
		return roll.Written{Done: ok && was.by == by}
	}
	fits := c.Applied.Import == w.Applied.Import && c.Origin.Import == w.Applied.Import && c.Version == 1
	for f, v := range w.If {
		fits = fits && c.Fields[f] == v
	}
	if !fits {
		live := clone(c)
		return roll.Written{Live: &live}
	}
	s.remove(in, c, by)
	return roll.Written{Done: true}
}

// differences are the entries of a person's change.
func differences(old, next roll.Contact, p roll.Provenance) []roll.HistoryEntry {
	var out []roll.HistoryEntry
	entry := func(f roll.Field) {
		if old.Fields[f] != next.Fields[f] {
			out = append(out, roll.HistoryEntry{Number: next.Number, At: p.At, Import: p.Import, By: p.By, Field: f, Before: old.Fields[f], After: next.Fields[f]})
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

func (r *rest) remember(n roll.ContactNumber, key string, es []roll.HistoryEntry) {
	if len(es) == 0 {
		return
	}
	if r.history[n] == nil {
		r.history[n] = map[string][]roll.HistoryEntry{}
	}
	r.history[n][key] = es
}

// AddHistory remembers changes. Those of one contact by one line come together.
func (s *Contacts) AddHistory(_ context.Context, in roll.InstitutionID, es []roll.HistoryEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := map[roll.ContactNumber]map[string][]roll.HistoryEntry{}
	for _, e := range es {
		key := e.Import + ":" + strconv.Itoa(e.Line)
		if e.Import == "" {
			key = "@" + e.At.UTC().Format(time.RFC3339Nano)
		}
		if by[e.Number] == nil {
			by[e.Number] = map[string][]roll.HistoryEntry{}
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
func (s *Contacts) History(_ context.Context, in roll.InstitutionID, n roll.ContactNumber, limit int) ([]roll.HistoryEntry, error) {
	if limit <= 0 {
		limit = 50
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	type keyed struct {
		key string
		roll.HistoryEntry
	}
	var all []keyed
	for key, es := range s.rest(in).history[n] {
		for _, e := range es {
			all = append(all, keyed{key, e})
		}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.key, a.key), strings.Compare(string(a.Field), string(b.Field)))
	})
	var out []roll.HistoryEntry
	for _, e := range all[:min(limit, len(all))] {
		out = append(out, e.HistoryEntry)
	}
	return out, nil
}

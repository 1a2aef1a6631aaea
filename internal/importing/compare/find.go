package compare

import (
	"context"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// find fills in the numbers of rows that name their contact by its e-mail
// address, and returns the rows that are not settled by that: a row whose
// address nobody has will create its contact, one whose address several have is
// rejected. all are the rows of the run, whose numbers are taken.
func (e *Engine) find(ctx context.Context, todo, all []*item) ([]*item, error) {
	if err := e.made(ctx, todo); err != nil {
		return nil, err
	}
	var emails []string
	for _, x := range todo {
		if x.byEmail() {
			emails = append(emails, x.Person.Email)
		}
	}
	numbered := map[domain.ContactNumber]int{}
	for _, x := range all {
		numbered[x.Number] = x.Line
	}
	todo, found, err := e.findByName(ctx, todo, numbered)
	if err != nil {
		return nil, err
	}
	if len(emails) == 0 {
		return e.pin(ctx, todo, found)
	}
	holders, err := e.holders(ctx, emails)
	if err != nil {
		return nil, err
	}
	if err := e.drop(ctx, todo, holders); err != nil {
		return nil, err
	}
	var rest []*item
	for _, x := range todo {
		if x.byEmail() {
			ns := holders[text.NormaliseEmail(x.Person.Email)]
			switch {
			case len(ns) == 0: // it will be created
			case len(ns) > 1:
				x.reject(x.severalContacts(ns))
				continue
			case len(x.Person.Shared) > 0:
				x.reject(x.sharedAddress(ns[0]))
				continue
			case numbered[ns[0]] != 0:
				// Since plan looked, its contact was given this address.
				x.reject(x.sameContact(numbered[ns[0]]))
				continue
			default:
				x.Number = ns[0]
				found = append(found, x)
			}
		}
		rest = append(rest, x)
	}
	return e.pin(ctx, rest, found)
}

// pin notes whom the rows were found to be about before anything is sent, so that
// every other try of them, whatever addresses have become, is about the same
// contacts. Those that a burn has closed are not written any more.
func (e *Engine) pin(ctx context.Context, rest, found []*item) ([]*item, error) {
	if e.Mode != Update || len(found) == 0 {
		return rest, nil
	}
	lines := map[int]domain.ContactNumber{}
	for _, x := range found {
		lines[x.Line] = x.Number
	}
	pinned, err := e.Store.Pin(ctx, e.Institution, e.Import, e.Ticket, lines)
	if err != nil {
		return nil, err
	}
	for _, x := range found {
		if n, ok := pinned[x.Line]; ok {
			x.Number = n
		} else {
			x.burnt = true
		}
	}
	return rest, nil
}

// findByName fills in the numbers of rows that have neither number nor address, and
// whose contact is the one with their name and birth date. It returns the rows that
// are not settled by that, and those that it found. numbered are the lines of the
// contacts that other rows are about.
func (e *Engine) findByName(ctx context.Context, todo []*item, numbered map[domain.ContactNumber]int) (rest, found []*item, err error) {
	var names []string
	for _, x := range todo {
		if x.byName() {
			names = append(names, x.Person.Name)
		}
	}
	if len(names) == 0 {
		return todo, nil, nil
	}
	slices.Sort(names)
	called, err := e.Store.ByName(ctx, e.Institution, slices.Compact(names))
	if err != nil {
		return nil, nil, err
	}
	for _, x := range todo {
		if !x.byName() {
			rest = append(rest, x)
			continue
		}
		var ns []domain.ContactNumber
		for _, c := range called[x.Person.Name] {
			if string(c.Get(domain.ContactBirthDate)) == x.Person.Born {
				ns = append(ns, c.Number)
			}
		}
		switch {
		case len(ns) == 0: // it will be created
		case len(ns) > 1:
			x.reject(x.severalNamed(ns))
			continue
		case numbered[ns[0]] != 0:
			x.reject(x.sameContact(numbered[ns[0]]))
			continue
		default:
			x.Number = ns[0]
			numbered[x.Number] = x.Line
			found = append(found, x)
		}
		rest = append(rest, x)
	}
	return rest, found, nil
}

// byName reports whether the row names its contact by name and birth date.
func (x *item) byName() bool {
	return x.Number == "" && x.Person != nil && x.Person.Email == "" && x.Person.Name != ""
}

// foundByName is said of a row that its contact was found so, by whichever try.
func (x *item) foundByName() []domain.Warning {
	o := x.result.Outcome
	if x.named != "" || x.Person == nil || x.Person.Email != "" || x.Person.Name == "" || x.Number == "" || o != domain.Updated && o != domain.Unchanged && o != domain.RowConflicted {
		return nil
	}
	return []domain.Warning{{Reason: reason.New("foundByName", "#"+string(x.Number))}}
}

// byEmail reports whether the row names its contact by the address.
func (x *item) byEmail() bool { return x.Number == "" && x.Person != nil && x.Person.Email != "" }

// made fills in the numbers of rows without one whose contact an earlier try of
// this import created, changed, or found by the address that it still has: a line
// stays with its contact, whatever becomes of addresses. A number that was given
// to a line and is somebody else's by now is none.
func (e *Engine) made(ctx context.Context, todo []*item) error {
	var lines []int
	for _, x := range todo {
		if x.Number == "" {
			lines = append(lines, x.Line)
		}
	}
	if e.Mode == Test || len(lines) == 0 {
		return nil
	}
	claimed, err := e.Store.Claimed(ctx, e.Institution, e.Import, lines)
	if err != nil || len(claimed) == 0 {
		return err
	}
	var ask []domain.ContactNumber
	for _, p := range claimed {
		ask = append(ask, p.Number)
	}
	there, err := e.Store.GetMany(ctx, e.Institution, ask)
	if err != nil {
		return err
	}
	for _, x := range todo {
		p := claimed[x.Line]
		c, ok := there[p.Number]
		switch {
		case x.Number != "":
			continue
		case p.Found: // also if it was deleted since
			x.Number = p.Number
			continue
		case !ok:
			continue
		}
		own, decided := e.Ticket.Own(c.Stamps)
		if e.madeFor(x, &c) || decided && own.Line == x.Line || x.Person != nil && x.Person.Email != "" && sameEmail(x.Person.Email, c.Email()) {
			x.Number = c.Number
		}
	}
	return nil
}

// drop leaves out of the holders of an address who stands there by this import's
// own doing, so that a row finds what it would have found before: of those that
// share an address, the contacts that the others created; of several, all but
// the one that an earlier try of the row changed.
func (e *Engine) drop(ctx context.Context, todo []*item, holders map[string][]domain.ContactNumber) error {
	if e.Mode == Test {
		return nil
	}
	var doubtful []*item
	var ask []domain.ContactNumber
	for _, x := range todo {
		if !x.byEmail() {
			continue
		}
		if ns := holders[text.NormaliseEmail(x.Person.Email)]; len(ns) > 1 || len(x.Person.Shared) > 0 {
			doubtful, ask = append(doubtful, x), append(ask, ns...)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	slices.Sort(ask)
	there, err := e.Store.GetMany(ctx, e.Institution, slices.Compact(ask))
	if err != nil {
		return err
	}
	for _, x := range doubtful {
		email := text.NormaliseEmail(x.Person.Email)
		if len(x.Person.Shared) > 0 {
			holders[email] = slices.DeleteFunc(holders[email], func(n domain.ContactNumber) bool { return there[n].Origin.Import == e.Import })
			continue
		}
		for _, n := range holders[email] {
			if own, ok := e.Ticket.Own(there[n].Stamps); ok && own.Line == x.Line && own.Kind != domain.Burnt {
				holders[email] = []domain.ContactNumber{n}
				break
			}
		}
	}
	return nil
}

// holders returns who has the addresses, by folded address.
func (e *Engine) holders(ctx context.Context, emails []string) (map[string][]domain.ContactNumber, error) {
	found, err := e.Store.ByEmail(ctx, e.Institution, emails)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]domain.ContactNumber, len(found))
	for address, ns := range found {
		out[text.NormaliseEmail(address)] = ns
	}
	return out, nil
}

// owners rejects rows whose [info] Email is another contact's: then a part of the
// columns was sorted without the rest and the row's values are somebody else's.
// It returns the others.
func (e *Engine) owners(ctx context.Context, todo []*item) ([]*item, error) {
	var emails []string
	for _, x := range todo {
		if e.foreignEmail(x) {
			emails = append(emails, x.InfoEmail)
		}
	}
	if len(emails) == 0 {
		return todo, nil
	}
	holders, err := e.holders(ctx, emails)
	if err != nil {
		return nil, err
	}
	var rest []*item
	for _, x := range todo {
		another := func(n domain.ContactNumber) bool { return n != x.Number }
		if e.foreignEmail(x) && slices.ContainsFunc(holders[text.NormaliseEmail(x.InfoEmail)], another) {
			x.reject(x.otherContactsEmail())
			continue
		}
		rest = append(rest, x)
	}
	return rest, nil
}

// foreignEmail reports whether the file names an address that the row's contact
// does not have, unless this import itself has changed the contact.
func (e *Engine) foreignEmail(x *item) bool {
	own, ok := e.Ticket.Own(x.live.Stamps)
	return x.InfoEmail != "" && !sameEmail(x.InfoEmail, x.live.Email()) && (!ok || own.Kind == domain.Burnt)
}

// absent rejects rows whose contact is not there and cannot be created. A
// spreadsheet drops leading zeros: when exactly one contact has the number with
// zeros before it, it is named. A number that belonged to a deleted contact is
// not used again. It returns the rows that may create their contact.
func (e *Engine) absent(ctx context.Context, missing []*item) ([]*item, error) {
	if len(missing) == 0 {
		return nil, nil
	}
	longer, err := e.longer(ctx, missing)
	if err != nil {
		return nil, err
	}
	remains, err := e.Store.Remains(ctx, e.Institution, numbers(missing))
	if err != nil {
		return nil, err
	}
	var create []*item
	for _, x := range missing {
		was := remains[x.Number]
		own, decided := e.Ticket.Own(was.Stamps)
		x.burnt = x.burnt || decided
		switch hits := longer[x.Number]; {
		case decided && own.Kind != domain.Burnt:
			e.fate(x, own)
		case x.Number == "":
			create = append(create, x)
		case was.Deleted:
			x.reject(x.contactDeleted())
		case len(hits) == 1:
			x.reject(x.leadingZeros(hits[0]))
		case x.Person != nil:
			create = append(create, x)
		default:
			x.reject(x.unknown())
		}
	}
	return create, nil
}

// longer returns the contacts that have the numbers of the rows with zeros before
// them.
func (e *Engine) longer(ctx context.Context, todo []*item) (map[domain.ContactNumber][]domain.ContactNumber, error) {
	var ask []domain.ContactNumber
	with := func(n domain.ContactNumber, yield func(domain.ContactNumber)) {
		for m := "0" + n; n != "" && len(m) <= 20; m = "0" + m {
			yield(m)
		}
	}
	for _, x := range todo {
		with(x.Number, func(m domain.ContactNumber) { ask = append(ask, m) })
	}
	if len(ask) == 0 {
		return nil, nil
	}
	found, err := e.Store.GetMany(ctx, e.Institution, ask)
	if err != nil {
		return nil, err
	}
	out := map[domain.ContactNumber][]domain.ContactNumber{}
	for _, x := range todo {
		out[x.Number] = nil
		with(x.Number, func(m domain.ContactNumber) {
			if _, ok := found[m]; ok {
				out[x.Number] = append(out[x.Number], m)
			}
		})
	}
	return out, nil
}

package compare

import (
	"context"
	"maps"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// Reader is what a test needs of the contacts.
type Reader interface {
	// Claimed returns the numbers of the contacts that an import's lines without
	// a number are about: those that it found, created, or was about to create.
	Claimed(ctx context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.Pinned, error)
	// Remains returns what is kept under those of the numbers that have no
	// contact but had one, or a burn.
	Remains(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Remains, error)
	GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error)
	ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error)
	// ByName returns the contacts that have each name: last and first name, folded
	// and with a blank between them.
	ByName(ctx context.Context, in domain.InstitutionID, names []string) (map[string][]domain.Contact, error)
}

// Store is what an update needs of them as well.
type Store interface {
	Reader
	Decider
	Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error)
	Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error)
	Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error)
}

// Mode is what the engine does once it has decided.
type Mode int

// The modes.
const (
	// Test reads and reports what an update would do.
	Test Mode = iota
	// Update writes.
	Update
	// Settle writes nothing: it decides that rows which are not written never
	// will be, and reports which are.
	Settle
)

// Engine applies rows of one import. Each row's fate is decided in its contact,
// by its write or a burn, so several engines of the same round may run on the same
// rows, one after the other or at once, and none contradicts what another one
// reported with Thorough.
type Engine struct {
	Store       Store // for Test a Reader is enough: see ReadOnly
	Institution domain.InstitutionID
	Import      string
	Mode        Mode
	Ticket      domain.Ticket // what Update and Settle write by
	// Thorough has every row burnt that is reported as not written, because
	// another engine may still write it. Without it only those are whose own
	// write got no answer, and Settle reports rows as unprocessed that nobody
	// ever tried.
	Thorough   bool
	OnConflict domain.OnConflict
	Proof      string // kept with each authorisation that is set
	// Undoes is the import that this one takes back, "" for none: refusals that it
	// made true come back as they were.
	Undoes string
	// MadeAt is when the template was made that the rows come of, zero where nobody
	// knows: a test warns of contacts that changed since.
	MadeAt    time.Time
	Digits    int  // the width of new contact numbers
	Cancelled bool // for Settle: why rows were not tried
	Now       func() time.Time
}

// ReadOnly makes a Store of a Reader for an import that writes nothing: Test and,
// for what its tries have left, Settle.
func ReadOnly(r Reader) Store { return readOnly{r} }

type readOnly struct{ Reader }

var errReadOnly = fault.New(fault.Internal, "readOnly")

func (readOnly) Write(context.Context, domain.InstitutionID, []domain.Write) ([]domain.Written, error) {
	return nil, errReadOnly
}

func (readOnly) Create(context.Context, domain.InstitutionID, []domain.Creation) ([]domain.Made, error) {
	return nil, errReadOnly
}

func (readOnly) Pin(context.Context, domain.InstitutionID, string, domain.Ticket, map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error) {
	return nil, errReadOnly
}

// Burn answers that nothing is ever written here, and nothing was.
func (readOnly) Burn(_ context.Context, _ domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error) {
	return make([]domain.Burned, len(bs)), nil
}

func (readOnly) Remove(context.Context, domain.InstitutionID, []domain.Write) ([]domain.Written, error) {
	return nil, errReadOnly
}

// Result is what became of a row.
type Result struct {
	// Number is the contact's, also where the row had none; "" in a test for a
	// contact that would be created with the next free number.
	Number   domain.ContactNumber
	Outcome  domain.Outcome
	Changes  []flow.Change
	Problems []domain.Problem
	Warnings []domain.Warning
	Removed  bool // the contact was deleted, or in a test would be
}

// item is one row on its way through the stages, with what is known of it.
type item struct {
	Row
	live   *domain.Contact // its contact as last seen, nil for none
	result Result          // valid once its Outcome is set
	// sent is the write, creation or removal that is on its way.
	sent domain.Write
	// named is the row's own number, "" if it has none.
	named domain.ContactNumber
	doubt bool // a request about it may still be on its way
	// burnt says that this round never writes the row: it is only compared, to
	// say why not.
	burnt bool
}

// end settles the row.
func (x *item) end(r Result) {
	r.Warnings = append(x.result.Warnings, r.Warnings...)
	x.result = r
}

// reject settles the row as rejected for one reason.
func (x *item) reject(p domain.Problem) {
	p.Line, p.Outcome = x.Line, domain.RowRejected
	x.result = Result{Outcome: domain.RowRejected, Problems: []domain.Problem{p}}
}

// Run applies the rows, at most one for a contact, and returns their results in
// the same order. An error means that some rows were not tried; running the same
// rows again is safe.
func (e *Engine) Run(ctx context.Context, rows []Row) ([]Result, error) {
	items := itemsOf(rows)
	var asking, removals []*item
	for _, x := range items {
		switch {
		case x.Person != nil && x.Person.Remove != "":
			removals = append(removals, x)
		case len(x.Cells) == 0:
			// Nothing asked: no reason to ask the database, in a test neither,
			// so that it predicts exactly what the update says.
			x.end(Result{Outcome: domain.Unchanged})
		default:
			asking = append(asking, x)
		}
	}
	if e.Mode == Settle {
		if err := e.settle(ctx, append(asking, removals...)); err != nil {
			return nil, err
		}
		return resultsOf(items), nil
	}
	found, err := e.find(ctx, asking, items)
	if err != nil {
		return nil, err
	}
	if err := e.remove(ctx, removals); err != nil {
		return nil, err
	}
	if err := e.apply(ctx, found); err != nil {
		return nil, err
	}
	if err := e.burnRest(ctx, append(asking, removals...)); err != nil {
		return nil, err
	}
	out := resultsOf(items)
	for i, x := range items {
		if e.changedSince(x.live) {
			out[i].Warnings = append(out[i].Warnings, domain.Warning{Reason: reason.New("changedSinceTemplate", 1)})
		}
	}
	return out, nil
}

// changedSince reports whether a test's contact was changed after the template was
// made.
func (e *Engine) changedSince(c *domain.Contact) bool {
	if e.Mode != Test || e.MadeAt.IsZero() || c == nil {
		return false
	}
	for _, p := range c.Provenance {
		if p.At.After(e.MadeAt) {
			return true
		}
	}
	return false
}

func itemsOf(rows []Row) []*item {
	items := make([]*item, len(rows))
	for i := range rows {
		items[i] = &item{Row: rows[i], named: rows[i].Number}
	}
	return items
}

func resultsOf(items []*item) []Result {
	out := make([]Result, len(items))
	for i, x := range items {
		out[i] = x.result
		out[i].Warnings = append(x.foundByName(), x.result.Warnings...)
		if out[i].Number == "" {
			out[i].Number = x.Number
		}
	}
	return out
}

// apply settles rows whose contact is known by its number, or is to be created.
func (e *Engine) apply(ctx context.Context, todo []*item) error {
	var failed, unread []*item
	if e.Mode == Test {
		unread = todo
	} else {
		var err error
		if failed, unread, err = e.strict(ctx, todo); err != nil {
			return err
		}
	}
	if err := e.read(ctx, unread); err != nil {
		return err
	}
	return e.compare(ctx, append(failed, unread...))
}

// strict does the writes that need no reading: what the file says of the old
// values is their condition. It returns the rows whose condition failed, with
// the contact that the answer brought along, and those that must be compared
// with what is there first.
func (e *Engine) strict(ctx context.Context, todo []*item) (failed, unread []*item, err error) {
	var writes []*item
	for _, x := range todo {
		ifs, set, ok := x.strict()
		if !ok || x.Person != nil {
			unread = append(unread, x)
			continue
		}
		x.sent = e.write(x, ifs, set)
		x.sent.Strict = true
		writes = append(writes, x)
	}
	failed, err = e.send(ctx, writes)
	return failed, unread, err
}

// read fetches the contacts of the rows.
func (e *Engine) read(ctx context.Context, todo []*item) error {
	ns := numbers(todo)
	if len(ns) == 0 {
		return nil
	}
	found, err := e.Store.GetMany(ctx, e.Institution, ns)
	if err != nil {
		return err
	}
	for _, x := range todo {
		if c, ok := found[x.Number]; ok {
			x.live = &c
		}
	}
	return nil
}

// write makes the conditional write of a decision. What it remembers of the
// values before is what the condition has proved.
func (e *Engine) write(x *item, ifs, set map[domain.Field]domain.Value) domain.Write {
	before := make(map[domain.Field]domain.Value, len(set))
	for f := range set {
		before[f] = ifs[f]
	}
	return domain.Write{
		Number:     x.Number,
		If:         ifs,
		Set:        set,
		Applied:    domain.Applied{Import: e.Import, Line: x.Line, Before: before},
		Provenance: e.provenance(),
		Ticket:     e.Ticket,
	}
}

// refusals returns the provenance of authorisations in set whose refusal is not to be
// lost: of one that becomes true, with what it was; of one that was made true by the
// import that is taken back, as it was.
func (e *Engine) refusals(live *domain.Contact, set map[domain.Field]domain.Value) map[domain.Field]domain.Provenance {
	var own map[domain.Field]domain.Provenance
	for f, v := range set {
		if room, _ := f.Split(); room != domain.AuthorisationRoom {
			continue
		}
		p, is := live.Provenance[f], live.Get(f)
		switch {
		case is == domain.False && v == domain.True:
			was := p
			p = e.provenance().Of(f)
			p.Was = &was
		case v == domain.False && e.Undoes != "" && p.Import == e.Undoes && p.Was != nil:
			p = *p.Was
		default:
			continue
		}
		if own == nil {
			own = map[domain.Field]domain.Provenance{}
		}
		own[f] = p
	}
	return own
}

func (e *Engine) provenance() domain.Provenance {
	return domain.Provenance{At: e.Now().UTC().Truncate(time.Second), Import: e.Import, Proof: e.Proof}
}

// send does the writes of the rows and settles those that were done or cannot
// be. It returns the others, whose condition failed, with their contact as it is
// now.
func (e *Engine) send(ctx context.Context, todo []*item) (failed []*item, err error) {
	if len(todo) == 0 {
		return nil, nil
	}
	writes := make([]domain.Write, len(todo))
	for i, x := range todo {
		writes[i] = x.sent
	}
	answers, err := e.Store.Write(ctx, e.Institution, writes)
	if err != nil {
		return nil, err
	}
	var burnt []*item
	for i, x := range todo {
		a := answers[i]
		x.doubt = x.doubt || a.Doubt
		switch {
		case a.Done:
			x.end(Result{Outcome: domain.Updated, Changes: changes(&x.Row, x.sent.Applied.Before, x.sent.Set)})
		case a.Later:
			return nil, errOver
		case a.Own != nil && a.Own.Kind == domain.Burnt:
			x.burnt = true
			burnt = append(burnt, x)
		case a.Own != nil:
			e.fate(x, *a.Own)
		case a.Err != nil:
			if err := e.unwritten(x, a.Err); err != nil {
				return nil, err
			}
		default:
			x.live = a.Live
			failed = append(failed, x)
		}
	}
	return append(failed, burnt...), e.read(ctx, burnt)
}

// unwritten settles a row that the store could not write, or returns an error if
// it may be written later.
func (e *Engine) unwritten(x *item, err error) error {
	switch fault.KindOf(err) {
	case fault.Busy:
		return err
	case fault.TooLarge:
		x.reject(x.tooLarge())
	default:
		x.result = Result{Outcome: domain.Unprocessed, Problems: []domain.Problem{x.notWritten()}}
	}
	return nil
}

// races bounds how often a row is compared again because somebody else wrote in
// between. Each time the other one made progress.
const races = 8

// compare settles rows by their live contacts: it decides, and writes what the
// decisions say under the condition they rest on, until nobody writes in between.
func (e *Engine) compare(ctx context.Context, todo []*item) error {
	todo, err := e.there(ctx, todo)
	if err != nil {
		return err
	}
	if todo, err = e.owners(ctx, todo); err != nil {
		return err
	}
	for range races {
		var writes []*item
		for _, x := range todo {
			write, err := e.decide(x)
			if err != nil {
				return err
			}
			if write {
				writes = append(writes, x)
			}
		}
		if todo, err = e.send(ctx, writes); err != nil || len(todo) == 0 {
			return err
		}
	}
	return fault.New(fault.Busy, "contended")
}

// decide settles a row by its live contact, or reports that a write must be sent.
func (e *Engine) decide(x *item) (write bool, err error) {
	if x.live == nil { // deleted while we were at it
		x.reject(x.unknown())
		return false, nil
	}
	if e.Mode == Update {
		if e.Ticket.Later(x.live.Stamps) {
			return false, errOver
		}
		// An earlier try of this import did it, or its answer was lost.
		own, ok := e.own(x)
		if ok && own.Kind != domain.Burnt {
			e.fate(x, own)
			return false, nil
		}
		x.burnt = x.burnt || ok
	}
	d := Decide(&x.Row, *x.live, e.OnConflict)
	if d.Outcome == domain.Updated {
		if !x.fits(x.live.Fields, d.Set) {
			return false, nil
		}
		if x.burnt {
			x.end(e.notDone(x))
			return false, nil
		}
		if e.Mode == Update {
			x.sent = e.write(x, d.If, d.Set)
			x.sent.Own = e.refusals(x.live, d.Set)
			return true, nil
		}
	}
	r := Result{Outcome: d.Outcome, Problems: d.Problems}
	if d.Outcome == domain.Updated {
		r.Changes = changes(&x.Row, d.If, d.Set)
	}
	x.end(r)
	return false, nil
}

// errOver ends a run whose import has ended while it slept: a later one holds the
// slot, and nothing is written any more.
var errOver = fault.New(fault.Conflict, "alreadyFinal", nil)

// fits has the row's own check look at a contact as it would be. What it finds
// wrong rejects the row.
func (x *item) fits(live, set map[domain.Field]domain.Value) bool {
	if x.Person == nil || x.Person.Check == nil {
		return true
	}
	after := map[domain.Field]domain.Value{}
	maps.Copy(after, live)
	maps.Copy(after, set)
	warnings, p := x.Person.Check(after)
	if p != nil {
		x.reject(*p)
		return false
	}
	x.result.Warnings = warnings
	return true
}

// there creates the contacts of rows that have none, or rejects those rows. It
// returns the rows whose contact is there.
func (e *Engine) there(ctx context.Context, todo []*item) ([]*item, error) {
	var rest, missing []*item
	for _, x := range todo {
		if x.live == nil {
			missing = append(missing, x)
		} else {
			rest = append(rest, x)
		}
	}
	missing, err := e.absent(ctx, missing)
	if err != nil {
		return nil, err
	}
	met, err := e.create(ctx, missing)
	return append(rest, met...), err
}

func numbers(todo []*item) []domain.ContactNumber {
	ns := make([]domain.ContactNumber, 0, len(todo))
	for _, x := range todo {
		if x.Number != "" {
			ns = append(ns, x.Number)
		}
	}
	return ns
}

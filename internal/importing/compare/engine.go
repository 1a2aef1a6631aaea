package compare

import (
	"context"
	"slices"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
	"rollbook/internal/importing/flow"
)

// Reader is what a test needs of the contacts.
type Reader interface {
	// Claimed returns the numbers of the contacts that an import created, or
	// was about to, for lines without a number.
	Claimed(ctx context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.ContactNumber, error)
	// Gone tells which numbers belonged to contacts that were deleted, with the
	// import whose undo removed them, "" if a person did.
	Gone(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]string, error)
	GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error)
	ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error)
}

// Store is what an update needs of them as well.
type Store interface {
	Reader
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
	// Settle neither writes nor decides: it reports which rows an import that
	// can no longer go on has written, by the mark that each write left.
	Settle
)

// Engine applies rows of one import. Two engines of the same import may run on
// the same rows, one after the other or at once: each reports what one clean run
// would have.
type Engine struct {
	Store       Store // for Test a Reader is enough: see ReadOnly
	Institution domain.InstitutionID
	Import      string
	Mode        Mode
	OnConflict  domain.OnConflict
	Digits      int  // the width of new contact numbers
	Cancelled   bool // for Settle: why rows were not tried
	Now         func() time.Time
}

// ReadOnly makes a Store of a Reader for the modes that never write.
func ReadOnly(r Reader) Store { return readOnly{r} }

type readOnly struct{ Reader }

var errReadOnly = fault.New(fault.Internal, "readOnly", "A test writes nothing.")

func (readOnly) Write(context.Context, domain.InstitutionID, []domain.Write) ([]domain.Written, error) {
	return nil, errReadOnly
}

func (readOnly) Create(context.Context, domain.InstitutionID, []domain.Creation) ([]domain.Made, error) {
	return nil, errReadOnly
}

func (readOnly) Remove(context.Context, domain.InstitutionID, []domain.Write) ([]domain.Written, error) {
	return nil, errReadOnly
}

// races bounds how often a row is compared again because somebody else wrote in
// between. Each time the other one made progress.
const races = 8

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

// Run applies the rows, at most one for a contact, and returns their results in
// the same order. It fills in the numbers of rows that have none. An error means
// that some rows were not tried; running the same rows again is safe.
func (e *Engine) Run(ctx context.Context, rows []Row) ([]Result, error) {
	out := make([]Result, len(rows))
	all := make([]int, 0, len(rows))
	var removals []int
	for i := range rows {
		switch r := &rows[i]; {
		case r.Person != nil && r.Person.Remove != "":
			removals = append(removals, i)
		case len(r.Cells) == 0:
			// Nothing asked: no reason to ask the database, in a test neither,
			// so that it predicts exactly what the update says.
			out[i].Outcome = domain.Unchanged
		default:
			all = append(all, i)
		}
	}
	all, err := e.find(ctx, rows, all, out)
	if err == nil {
		err = e.remove(ctx, rows, removals, out)
	}
	if err == nil {
		err = e.apply(ctx, rows, all, out)
	}
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Number == "" {
			out[i].Number = rows[i].Number
		}
	}
	return out, nil
}

func (e *Engine) apply(ctx context.Context, rows []Row, all []int, out []Result) error {
	live := map[int]*domain.Contact{}
	switch e.Mode {
	case Test:
		if err := e.read(ctx, rows, all, live); err != nil {
			return err
		}
		return e.compare(ctx, rows, all, out, live)
	case Settle:
		return e.settle(ctx, rows, all, out)
	}

	// First pass: what the file says of the old values is the condition, so a
	// success needs no reading. The rest must be compared with what is there.
	var writes []domain.Write
	var at, rest []int
	for _, i := range all {
		ifs, set, ok := rows[i].strict()
		if !ok || rows[i].Person != nil {
			rest = append(rest, i)
			continue
		}
		writes = append(writes, e.write(&rows[i], ifs, set))
		at = append(at, i)
	}
	failed, err := e.send(ctx, rows, writes, at, out, live)
	if err != nil {
		return err
	}
	if err := e.read(ctx, rows, rest, live); err != nil {
		return err
	}
	return e.compare(ctx, rows, append(failed, rest...), out, live)
}

// read puts the live contacts of the rows into live; those not there are left
// out.
func (e *Engine) read(ctx context.Context, rows []Row, at []int, live map[int]*domain.Contact) error {
	ns := numbers(rows, at)
	if len(ns) == 0 {
		return nil
	}
	found, err := e.Store.GetMany(ctx, e.Institution, ns)
	if err != nil {
		return err
	}
	for _, i := range at {
		if c, ok := found[rows[i].Number]; ok {
			live[i] = &c
		}
	}
	return nil
}

// write makes the conditional write of a decision. What it remembers of the
// values before is what the condition has proved.
func (e *Engine) write(r *Row, ifs, set map[domain.Field]domain.Value) domain.Write {
	before := make(map[domain.Field]domain.Value, len(set))
	for f := range set {
		before[f] = ifs[f]
	}
	return domain.Write{
		Number:     r.Number,
		If:         ifs,
		Set:        set,
		Applied:    domain.Applied{Import: e.Import, Line: r.Line, Before: before},
		Provenance: domain.Provenance{At: e.Now().UTC().Truncate(time.Second), Import: e.Import},
	}
}

// send does the writes of the rows at, fills in the results of those that are
// settled, puts the live contact of the others into live and returns them.
func (e *Engine) send(ctx context.Context, rows []Row, writes []domain.Write, at []int, out []Result, live map[int]*domain.Contact) ([]int, error) {
	if len(writes) == 0 {
		return nil, nil
	}
	answers, err := e.Store.Write(ctx, e.Institution, writes)
	if err != nil {
		return nil, err
	}
	var failed []int
	for k, i := range at {
		r, w := &rows[i], answers[k]
		switch {
		case w.Done:
			out[i] = Result{Outcome: domain.Updated, Changes: changes(r, writes[k].Applied.Before, writes[k].Set), Warnings: out[i].Warnings}
		case w.Err != nil:
			res, err := e.unwritten(r, w.Err)
			if err != nil {
				return nil, err
			}
			out[i] = res
		default:
			live[i] = w.Live
			failed = append(failed, i)
		}
	}
	return failed, nil
}

// unwritten is the result of a row that the store could not write, or an error
// if it may be written later.
func (e *Engine) unwritten(r *Row, err error) (Result, error) {
	switch fault.KindOf(err) {
	case fault.Busy:
		return Result{}, err
	case fault.TooLarge:
		return e.reject(r, "contactTooLarge", "This contact would become too large to store.", "Shorten a text, or remove values."), nil
	}
	return Result{Outcome: domain.Unprocessed, Problems: []domain.Problem{{
		Line: r.Line, Outcome: domain.Unprocessed, Code: "notWritten",
		Message: "This row could not be written, through no fault of the file.", Suggestion: "Import the error file again."}}}, nil
}

// mine tells whether this import changed the contact last, or created it for
// the row.
func (e *Engine) mine(r *Row, c *domain.Contact) bool {
	return c.Applied.Import == e.Import || c.Origin == domain.Origin{Import: e.Import, Line: r.Line}
}

// again is the result of a row whose contact carries this import's mark: what
// an earlier try of the row did. Another line's mark says that two lines found
// the same contact, by its number and by its e-mail.
func (e *Engine) again(r *Row, c *domain.Contact) Result {
	created := c.Origin == domain.Origin{Import: e.Import, Line: r.Line}
	switch {
	case created:
		return Result{Number: c.Number, Outcome: domain.Created, Changes: creation(r)}
	case r.Person != nil && c.Applied.Line != r.Line && c.Origin.Import == e.Import && r.Key != "":
		res := e.reject(r, "differentLines", "While the import ran, this number was given to the new contact of a line without one.",
			"Give this row another number: with this one it would change that contact.")
		res.Problems[0].OtherLines = []int{c.Applied.Line}
		return res
	case r.Person != nil && c.Applied.Line != r.Line:
		return e.sameContact(r, c.Applied.Line)
	}
	return Result{Outcome: domain.Updated, Changes: again(r, c.Applied, e.OnConflict)}
}

// compare decides on rows by their live contacts, and writes what the decisions
// say under the condition they rest on.
func (e *Engine) compare(ctx context.Context, rows []Row, todo []int, out []Result, live map[int]*domain.Contact) error {
	if len(todo) == 0 {
		return nil
	}
	todo, err := e.own(ctx, rows, todo, out, live)
	if err != nil {
		return err
	}
	for range races {
		var writes []domain.Write
		var at []int
		for _, i := range todo {
			r, c := &rows[i], live[i]
			switch {
			case c == nil: // deleted while we were at it
				out[i] = e.reject(r, "unknownContact", unknownText, "")
				continue
			case e.Mode == Update && e.mine(r, c):
				// An earlier try of this import did it, or its answer was lost.
				out[i] = e.again(r, c)
				continue
			}
			d := Decide(r, *c, e.OnConflict)
			if d.Outcome == domain.Updated && !r.fits(c.Fields, d.Set, &out[i]) {
				continue
			}
			if d.Outcome == domain.Updated && e.Mode == Update {
				writes = append(writes, e.write(r, d.If, d.Set))
				at = append(at, i)
				continue
			}
			out[i] = Result{Outcome: d.Outcome, Problems: d.Problems, Warnings: out[i].Warnings}
			if d.Outcome == domain.Updated {
				out[i].Changes = changes(r, d.If, d.Set)
			}
		}
		if todo, err = e.send(ctx, rows, writes, at, out, live); err != nil || len(todo) == 0 {
			return err
		}
	}
	return fault.New(fault.Busy, "contended", "Others keep writing to the same contacts.")
}

const unknownText = "There is no contact with this number in your institution."

// own settles rows whose contact is not there, and rows whose [info] Email is
// another contact's: then a part of the columns was sorted and the row's values
// are somebody else's. It returns the others.
func (e *Engine) own(ctx context.Context, rows []Row, todo []int, out []Result, live map[int]*domain.Contact) ([]int, error) {
	var rest, missing []int
	var emails []string
	for _, i := range todo {
		switch r := &rows[i]; {
		case live[i] == nil:
			missing = append(missing, i)
		case r.InfoEmail != "" && !sameEmail(r.InfoEmail, live[i].Email()) && live[i].Applied.Import != e.Import:
			emails = append(emails, r.InfoEmail)
			rest = append(rest, i)
		default:
			rest = append(rest, i)
		}
	}
	missing, err := e.suggest(ctx, rows, missing, out)
	if err != nil {
		return nil, err
	}
	there, err := e.create(ctx, rows, missing, out, live)
	if err != nil {
		return nil, err
	}
	rest = append(rest, there...)
	if len(emails) == 0 {
		return rest, nil
	}
	holders, err := e.holders(ctx, emails)
	if err != nil {
		return nil, err
	}
	keep := rest[:0]
	for _, i := range rest {
		r := &rows[i]
		if sameEmail(r.InfoEmail, live[i].Email()) || live[i].Applied.Import == e.Import || !another(holders[text.NormaliseEmail(r.InfoEmail)], r.Number) {
			keep = append(keep, i)
			continue
		}
		out[i] = Result{Outcome: domain.RowRejected, Problems: []domain.Problem{{
			Line: r.Line, Column: r.InfoColumn, Value: r.InfoEmail, Outcome: domain.RowRejected, Code: "otherContactsEmail",
			Message:    "The e-mail address in this row is that of another contact: a part of the columns was probably sorted without the rest.",
			Suggestion: "Sort whole rows only, or start again from the template."}}}
	}
	return keep, nil
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

// another tells whether one of the contacts is not the one with the number.
func another(ns []domain.ContactNumber, n domain.ContactNumber) bool {
	return slices.ContainsFunc(ns, func(m domain.ContactNumber) bool { return m != n })
}

// suggest rejects rows whose contact is not there. A spreadsheet drops leading
// zeros: when exactly one contact has the number with zeros before it, it is
// named. A number that belonged to a deleted contact is not used again. What is left
// are rows that may create their contact.
func (e *Engine) suggest(ctx context.Context, rows []Row, missing []int, out []Result) ([]int, error) {
	if len(missing) == 0 {
		return nil, nil
	}
	var ask []domain.ContactNumber
	for _, i := range missing {
		if rows[i].Number == "" {
			continue
		}
		for n := "0" + rows[i].Number; len(n) <= 20; n = "0" + n {
			ask = append(ask, n)
		}
	}
	found := map[domain.ContactNumber]domain.Contact{}
	if len(ask) > 0 {
		var err error
		if found, err = e.Store.GetMany(ctx, e.Institution, ask); err != nil {
			return nil, err
		}
	}
	gone, err := e.Store.Gone(ctx, e.Institution, numbers(rows, missing))
	if err != nil {
		return nil, err
	}
	var create []int
	for _, i := range missing {
		if rows[i].Number == "" {
			create = append(create, i)
			continue
		}
		if _, was := gone[rows[i].Number]; was {
			out[i] = e.reject(&rows[i], "contactDeleted", "This contact was deleted. A deleted contact is not created again.", "Remove the line.")
			continue
		}
		var hits []string
		for n := "0" + rows[i].Number; len(n) <= 20; n = "0" + n {
			if _, ok := found[n]; ok {
				hits = append(hits, "#"+string(n))
			}
		}
		if len(hits) == 1 {
			out[i] = e.reject(&rows[i], "leadingZeros", unknownText+" Did you mean "+hits[0]+"?", hits[0])
			continue
		}
		if rows[i].Person != nil {
			create = append(create, i)
			continue
		}
		out[i] = e.reject(&rows[i], "unknownContact", unknownText, "")
	}
	return create, nil
}

func (e *Engine) reject(r *Row, code, message, suggestion string) Result {
	return Result{Outcome: domain.RowRejected, Problems: []domain.Problem{{
		Line: r.Line, Column: r.KeyColumn, Value: strings.TrimSpace(r.Key), Outcome: domain.RowRejected,
		Code: code, Message: message, Suggestion: suggestion}}}
}

// settle reports rows by the marks alone.
func (e *Engine) settle(ctx context.Context, rows []Row, todo []int, out []Result) error {
	found, err := e.Store.GetMany(ctx, e.Institution, numbers(rows, todo))
	if err != nil {
		return err
	}
	for _, i := range todo {
		r := &rows[i]
		if c, ok := found[r.Number]; ok && e.mine(r, &c) {
			out[i] = e.again(r, &c)
			continue
		}
		out[i] = Result{Outcome: domain.Unprocessed, Problems: []domain.Problem{notDone(r.Line, e.Cancelled)}}
	}
	return nil
}

// Earlier returns the results of rows that an earlier try of this import wrote
// though they are rejected now, because the catalogue changed in between; the
// zero Result for the others. What such a row gave to its Unread fields is taken
// to be what its contact has.
func (e *Engine) Earlier(ctx context.Context, rows []Row) ([]Result, error) {
	out := make([]Result, len(rows))
	all := make([]int, len(rows))
	for i := range rows {
		all[i] = i
	}
	settle := *e
	settle.Mode = Settle
	if _, err := settle.find(ctx, rows, all, make([]Result, len(rows))); err != nil {
		return nil, err
	}
	found, err := e.Store.GetMany(ctx, e.Institution, numbers(rows, all))
	if err != nil {
		return nil, err
	}
	for i := range rows {
		r := &rows[i]
		c, there := found[r.Number]
		switch {
		case !there:
		case c.Origin == domain.Origin{Import: e.Import, Line: r.Line}:
			out[i] = Result{Number: r.Number, Outcome: domain.Created, Changes: creation(r)}
			for _, f := range r.Unread {
				if v := c.Get(f); v != domain.Empty {
					out[i].Changes = append(out[i].Changes, flow.Change{Field: f, After: v})
				}
			}
		case c.Applied.Import == e.Import && c.Applied.Line == r.Line:
			out[i] = Result{Number: r.Number, Outcome: domain.Updated, Changes: again(r, c.Applied, e.OnConflict)}
			for _, f := range r.Unread {
				if before, ok := c.Applied.Before[f]; ok {
					out[i].Changes = append(out[i].Changes, flow.Change{Field: f, Before: before, After: c.Get(f)})
				}
			}
		}
	}
	return out, nil
}

// notDone is the problem of a row that was not tried.
func notDone(line int, cancelled bool) domain.Problem {
	p := domain.Problem{Line: line, Outcome: domain.Unprocessed, Code: "notProcessed",
		Message: "This row was not processed, through no fault of the file.", Suggestion: "Import the error file again."}
	if cancelled {
		p.Code, p.Message = "cancelled", "The import was cancelled before this row."
	}
	return p
}

func numbers(rows []Row, at []int) []domain.ContactNumber {
	ns := make([]domain.ContactNumber, 0, len(at))
	for _, i := range at {
		if n := rows[i].Number; n != "" {
			ns = append(ns, n)
		}
	}
	return ns
}

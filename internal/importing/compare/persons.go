package compare

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/text"
	"rollbook/internal/importing/flow"
)

// find fills in the numbers of rows that name their contact by its e-mail
// address, and returns the rows that are not settled by that: a row whose
// address nobody has will create its contact, one whose address several have is
// rejected.
func (e *Engine) find(ctx context.Context, rows []Row, todo []int, out []Result) ([]int, error) {
	if err := e.made(ctx, rows, todo); err != nil {
		return nil, err
	}
	var emails []string
	for _, i := range todo {
		if r := &rows[i]; r.Number == "" && r.Person != nil && r.Person.Email != "" {
			emails = append(emails, r.Person.Email)
		}
	}
	if len(emails) == 0 {
		return todo, nil
	}
	holders, err := e.holders(ctx, emails)
	if err != nil {
		return nil, err
	}
	if err := e.drop(ctx, rows, todo, holders); err != nil {
		return nil, err
	}
	numbered := map[domain.ContactNumber]int{}
	for i := range rows {
		numbered[rows[i].Number] = rows[i].Line
	}
	rest := todo[:0]
	for _, i := range todo {
		r := &rows[i]
		if r.Number != "" || r.Person == nil || r.Person.Email == "" {
			rest = append(rest, i)
			continue
		}
		switch ns := holders[text.NormaliseEmail(r.Person.Email)]; {
		case len(ns) == 0:
			rest = append(rest, i)
		case len(ns) > 1:
			names := make([]string, 0, 5)
			for _, n := range ns[:min(len(ns), 5)] {
				names = append(names, "#"+string(n))
			}
			out[i] = e.reject(r, "severalContacts", "Several contacts have this e-mail address: "+strings.Join(names, ", ")+".",
				"Write the number of the one that is meant into the column Contact.")
			out[i].Problems[0].Column, out[i].Problems[0].Value = r.Person.EmailColumn, r.Person.Email
		case len(r.Person.Shared) > 0:
			out[i] = e.reject(r, "differentLines", "The contact #"+string(ns[0])+" has this e-mail address, and other lines have it too.",
				"Write the number of the one that is meant into the column Contact.")
			out[i].Problems[0].OtherLines = r.Person.Shared
		case numbered[ns[0]] != 0 && e.Mode != Settle:
			// Since plan looked, its contact was given this address.
			out[i] = e.sameContact(r, numbered[ns[0]])
		default:
			r.Number = ns[0]
			rest = append(rest, i)
		}
	}
	return rest, nil
}

// made fills in the numbers of rows without one whose contact an earlier try of
// this import created: a number is given to a line, whatever address its contact
// has by now.
func (e *Engine) made(ctx context.Context, rows []Row, todo []int) error {
	var lines []int
	for _, i := range todo {
		if rows[i].Number == "" {
			lines = append(lines, rows[i].Line)
		}
	}
	if e.Mode == Test || len(lines) == 0 {
		return nil
	}
	claimed, err := e.Store.Claimed(ctx, e.Institution, e.Import, lines)
	if err != nil || len(claimed) == 0 {
		return err
	}
	there, err := e.Store.GetMany(ctx, e.Institution, slices.Collect(maps.Values(claimed)))
	if err != nil {
		return err
	}
	for _, i := range todo {
		r := &rows[i]
		if c, ok := there[claimed[r.Line]]; r.Number == "" && ok && c.Origin == (domain.Origin{Import: e.Import, Line: r.Line}) {
			r.Number = c.Number
		}
	}
	return nil
}

// drop leaves out of the holders of an address who stands there by this import's
// own doing, so that a row finds what it would have found before: of those that
// share an address, the contacts that the others created; of several, all but
// the one that an earlier try of the row changed.
func (e *Engine) drop(ctx context.Context, rows []Row, todo []int, holders map[string][]domain.ContactNumber) error {
	if e.Mode == Test {
		return nil
	}
	var doubtful []int
	var ask []domain.ContactNumber
	for _, i := range todo {
		r := &rows[i]
		if r.Number != "" || r.Person == nil {
			continue
		}
		if ns := holders[text.NormaliseEmail(r.Person.Email)]; len(ns) > 1 || len(ns) == 1 && len(r.Person.Shared) > 0 {
			doubtful, ask = append(doubtful, i), append(ask, ns...)
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
	for _, i := range doubtful {
		r := &rows[i]
		email := text.NormaliseEmail(r.Person.Email)
		if len(r.Person.Shared) > 0 {
			holders[email] = slices.DeleteFunc(holders[email], func(n domain.ContactNumber) bool { return there[n].Origin.Import == e.Import })
			continue
		}
		for _, n := range holders[email] {
			if m := there[n].Applied; m.Import == e.Import && m.Line == r.Line {
				holders[email] = []domain.ContactNumber{n}
				break
			}
		}
	}
	return nil
}

// creation lists the values that a row gives a new contact.
func creation(r *Row) []flow.Change {
	after := map[domain.Field]domain.Value{}
	for i := range r.Cells {
		c := &r.Cells[i]
		if v := c.Edit.Apply(domain.Empty, c.Def); v != domain.Empty {
			after[c.Def.Field()] = v
		}
	}
	return changes(r, nil, after)
}

// create creates the contacts of rows, or in a test says that it would. Rows
// whose contact somebody else made in the meantime are returned, with that one
// in live.
func (e *Engine) create(ctx context.Context, rows []Row, at []int, out []Result, live map[int]*domain.Contact) ([]int, error) {
	var asked []domain.Creation
	var of []int
	for _, i := range at {
		r := &rows[i]
		if slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Compared && (!c.Known || c.Old != domain.Empty) }) {
			out[i] = e.reject(r, "unknownContact", "There is no such contact, though [old] says what it had. A new contact has nothing in [old].", "")
			continue
		}
		made := creation(r)
		fields := make(map[domain.Field]domain.Value, len(made))
		for _, c := range made {
			fields[c.Field] = c.After
		}
		if fields[domain.ContactEmail] == domain.Empty && fields[domain.ContactLastName] == domain.Empty {
			out[i] = e.reject(r, "nobodyNamed", "This row would create a contact with neither an e-mail address nor a last name.", "Fill in one of them.")
			continue
		}
		if !r.fits(nil, fields, &out[i]) {
			continue
		}
		out[i] = Result{Outcome: domain.Created, Changes: made, Warnings: out[i].Warnings}
		asked = append(asked, domain.Creation{
			Number: r.Number, Digits: e.Digits, Fields: fields, Identity: r.Person.Identity,
			Applied:    domain.Applied{Import: e.Import, Line: r.Line},
			Provenance: domain.Provenance{At: e.Now().UTC().Truncate(time.Second), Import: e.Import},
		})
		of = append(of, i)
	}
	if e.Mode != Update || len(asked) == 0 {
		return nil, nil
	}
	answers, err := e.Store.Create(ctx, e.Institution, asked)
	if err != nil {
		return nil, err
	}
	var there []int
	for k, i := range of {
		switch m := answers[k]; {
		case m.Done:
			out[i].Number = m.Number
		case m.Err != nil:
			if out[i], err = e.unwritten(&rows[i], m.Err); err != nil {
				return nil, err
			}
		case m.Gone:
			out[i] = e.reject(&rows[i], "contactDeleted", "This contact was deleted. A deleted contact is not created again.", "Remove the line.")
		default:
			rows[i].Number, live[i] = m.Live.Number, m.Live
			there = append(there, i)
		}
	}
	return there, nil
}

// sameContact rejects a row whose contact another line of the same file is about,
// or has changed already.
func (e *Engine) sameContact(r *Row, line int) Result {
	res := e.reject(r, "differentLines", "Another line of this file is about the same contact.", "Keep one line for each contact.")
	res.Problems[0].OtherLines = []int{line}
	return res
}

// remove takes back the creation of contacts that nobody has touched since.
func (e *Engine) remove(ctx context.Context, rows []Row, at []int, out []Result) error {
	if len(at) == 0 {
		return nil
	}
	live := make(map[int]*domain.Contact, len(at))
	if err := e.read(ctx, rows, at, live); err != nil {
		return err
	}
	gone, err := e.Store.Gone(ctx, e.Institution, numbers(rows, at))
	if err != nil {
		return err
	}
	var writes []domain.Write
	var of []int
	for _, i := range at {
		r, c := &rows[i], live[i]
		by, was := gone[r.Number]
		switch {
		case was && by == e.Import:
			// An earlier try of this undo did it.
			out[i] = Result{Outcome: domain.Updated, Changes: removal(r.Person.Values), Removed: true}
		case was:
			out[i] = Result{Outcome: domain.Unchanged}
		case c == nil:
			out[i] = e.reject(r, "unknownContact", unknownText, "")
		case c.Applied.Import != r.Person.Remove || c.Origin.Import != r.Person.Remove || c.Version != 1 || !maps.Equal(c.Fields, r.Person.Values):
			out[i] = touched(r)
		case e.Mode == Settle:
			out[i] = Result{Outcome: domain.Unprocessed, Problems: []domain.Problem{notDone(r.Line, e.Cancelled)}}
		default:
			out[i] = Result{Outcome: domain.Updated, Changes: removal(c.Fields), Removed: true}
			writes = append(writes, domain.Write{Number: r.Number, If: c.Fields, Applied: c.Applied,
				Provenance: domain.Provenance{At: e.Now().UTC().Truncate(time.Second), Import: e.Import}})
			of = append(of, i)
		}
	}
	if e.Mode != Update || len(writes) == 0 {
		return nil
	}
	answers, err := e.Store.Remove(ctx, e.Institution, writes)
	if err != nil {
		return err
	}
	for k, i := range of {
		switch w := answers[k]; {
		case w.Done:
		case w.Err != nil:
			if out[i], err = e.unwritten(&rows[i], w.Err); err != nil {
				return err
			}
		case w.Live == nil:
			out[i] = Result{Outcome: domain.Unchanged}
		default:
			out[i] = touched(&rows[i])
		}
	}
	return nil
}

func touched(r *Row) Result {
	return Result{Outcome: domain.RowConflicted, Problems: []domain.Problem{{
		Line: r.Line, Column: r.KeyColumn, Value: r.Key, Outcome: domain.RowConflicted, Code: "changedSince",
		Message:    "This contact was changed since it was created, so it stays.",
		Suggestion: "Delete it on the screen if it is not wanted."}}}
}

// removal lists the values that a removed contact had.
func removal(fields map[domain.Field]domain.Value) []flow.Change {
	var out []flow.Change
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, flow.Change{Field: f, Before: fields[f]})
	}
	return out
}

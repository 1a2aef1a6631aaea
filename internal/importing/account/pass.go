package account

import (
	"context"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/phone"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

// item is one row on its way through a pass: as it was uploaded, what it asks
// for, and what became of it.
type item struct {
	row    flow.Row
	read   reading
	result compare.Result
}

// pass takes the rows of one chunk through reading, applying and recording, a
// batch at a time.
type pass struct {
	l    *Ledger
	imp  *domain.Import
	plan *flow.Plan
	cat  *domain.Catalogue

	reader *reader
	// earlier reads rows as if no value had ever been retired: so an earlier try
	// of this chunk may have read them.
	earlier *reader

	batch   []item
	record  recorder
	stopped bool // the import was cancelled: nothing more is written
}

func newPass(l *Ledger, imp *domain.Import, plan *flow.Plan, cat *domain.Catalogue, results *flow.ResultWriter) *pass {
	persons := &person.Checker{Settings: cat.Settings, Now: l.Engine.Now, Phone: phone.Parse, Undo: imp.OfKind == domain.UndoOf}
	p := &pass{l: l, imp: imp, plan: plan, cat: cat,
		// In an undo a value that was retired since may come back: putting back
		// is not choosing it anew.
		reader:  newReader(imp, plan, cat, persons, imp.OfKind == domain.UndoOf),
		earlier: newReader(imp, plan, cat, persons, true)}
	p.record = newRecorder(results, p.reader.fields)
	return p
}

// run takes all rows of chunk n through the pass. What of the chunk cannot be
// read any more is counted as unprocessed, though its cells are lost here: the
// user's own file still has them.
func (p *pass) run(ctx context.Context, n int) error {
	if err := p.between(ctx); err != nil {
		return err
	}
	dups, err := p.l.duplicates(ctx, p.imp, p.plan, n)
	var failed error
	if err == nil {
		p.reader.dups, p.earlier.dups = dups, dups
		err = p.l.rows(ctx, p.imp, n, func(r flow.Row) error {
			failed = p.add(ctx, r)
			return failed
		})
	}
	if failed != nil {
		return failed
	}
	if err != nil && !lost(err) {
		return err
	}
	if ferr := p.flush(ctx); ferr != nil {
		return ferr
	}
	if err != nil {
		p.record.lost(p.plan.Chunks[n])
	}
	return nil
}

// between tells the account so far and hears of a cancel.
func (p *pass) between(ctx context.Context) error {
	if p.l.Between == nil || p.stopped {
		return nil
	}
	stop, err := p.l.Between(ctx, p.record.sum.Counts)
	p.stopped = p.stopped || stop
	return err
}

func (p *pass) add(ctx context.Context, r flow.Row) error {
	p.batch = append(p.batch, item{row: r, read: p.reader.read(r)})
	if len(p.batch) < batch {
		return nil
	}
	return p.flush(ctx)
}

// flush applies the batch and records its results.
func (p *pass) flush(ctx context.Context) error {
	if len(p.batch) == 0 {
		return nil
	}
	if err := p.apply(ctx); err != nil {
		return err
	}
	for i := range p.batch {
		if err := p.record.row(&p.batch[i]); err != nil {
			return err
		}
	}
	p.batch = p.batch[:0]
	return p.between(ctx)
}

// apply gives every row of the batch its result.
func (p *pass) apply(ctx context.Context) error {
	engine := *p.l.Engine
	engine.Digits, engine.Proof = p.cat.Settings.Digits(), p.imp.Proof
	if p.imp.OfKind == domain.UndoOf {
		engine.Undoes = p.imp.Of
	}
	if p.stopped {
		// Another try of this chunk may have written some of these rows before
		// the cancel, or still do: a thorough engine finds out.
		engine.Mode, engine.Cancelled = compare.Settle, true
	}
	if err := p.telephones(ctx); err != nil {
		return err
	}
	var asking, rejected []*item
	for i := range p.batch {
		switch x := &p.batch[i]; {
		case x.read.settled == nil:
			asking = append(asking, x)
		default:
			x.result = *x.read.settled
			x.result.Number = x.read.asks.Number
			if x.read.badValues && engine.Mode != compare.Test { // which has no earlier try
				rejected = append(rejected, x)
			}
		}
	}
	if engine.Mode == compare.Update {
		if err := p.markUsed(ctx, asking); err != nil {
			return err
		}
	}
	rows := make([]compare.Row, len(asking))
	for i, x := range asking {
		rows[i] = x.read.asks
	}
	results, err := engine.Run(ctx, rows)
	if err != nil {
		return err
	}
	for i, x := range asking {
		x.result = results[i]
	}
	return p.writtenBefore(ctx, &engine, rejected)
}

// telephones reads the numbers of rows that name no country by the country of their
// contacts, which are looked up only for these rows.
func (p *pass) telephones(ctx context.Context) error {
	var late []*item
	var emails []string
	for i := range p.batch {
		x := &p.batch[i]
		if x.read.settled != nil || !x.read.late {
			continue
		}
		late = append(late, x)
		if e := x.read.email(); e != "" {
			emails = append(emails, e)
		}
	}
	if len(late) == 0 {
		return nil
	}
	holders, err := p.l.Engine.Store.ByEmail(ctx, p.imp.Institution, emails)
	if err != nil {
		return err
	}
	number := func(x *item) domain.ContactNumber {
		if ns := holders[x.read.email()]; len(ns) == 1 {
			return ns[0]
		}
		return x.read.asks.Number
	}
	var ask []domain.ContactNumber
	for _, x := range late {
		if n := number(x); n != "" {
			ask = append(ask, n)
		}
	}
	there, err := p.l.Engine.Store.GetMany(ctx, p.imp.Institution, ask)
	if err != nil {
		return err
	}
	for _, x := range late {
		country := ""
		if c, ok := there[number(x)]; ok {
			country = string(c.Get(domain.ContactCountry))
		}
		p.reader.telephone(x.row, &x.read, country)
	}
	return nil
}

// email is the address by which a row without a number finds its contact, "" for
// none.
func (r *reading) email() string {
	if r.asks.Number != "" || r.asks.Person == nil {
		return ""
	}
	return r.asks.Person.Email
}

// writtenBefore corrects the results of rows whose values are rejected now, but
// were written by an earlier try of this chunk.
func (p *pass) writtenBefore(ctx context.Context, engine *compare.Engine, rejected []*item) error {
	if len(rejected) == 0 {
		return nil
	}
	rows := make([]compare.Row, len(rejected))
	for i, x := range rejected {
		rows[i] = p.earlier.unretired(x.row)
	}
	results, err := engine.Earlier(ctx, rows)
	if err != nil {
		return err
	}
	for i, x := range rejected {
		if results[i].Outcome != "" {
			x.result = results[i]
		}
	}
	return nil
}

// markUsed remembers which codes the rows may write, before they are written.
func (p *pass) markUsed(ctx context.Context, asking []*item) error {
	used := map[domain.Field][]string{}
	for _, x := range asking {
		for _, c := range x.read.asks.Cells {
			f := c.Def.Field()
			if c.Def.Kind == domain.ContactText {
				continue
			}
			if _, ok := used[f]; !ok {
				used[f] = nil
			}
			for _, code := range append(field.Codes(c.Edit.Value, c.Def.Kind), c.Edit.Add...) {
				if !slices.Contains(used[f], code) {
					used[f] = append(used[f], code)
				}
			}
		}
	}
	if len(used) == 0 {
		return nil
	}
	return p.l.Catalogue.MarkUsed(ctx, p.imp.Institution, used)
}

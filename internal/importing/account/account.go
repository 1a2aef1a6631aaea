// Package account accounts for one chunk of an import: it checks the values of
// its rows, has them compared and applied, and writes what became of each row
// as one results object.
package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/phone"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

// Files is what it needs of the files bucket.
type Files interface {
	Open(ctx context.Context, o domain.Object) (domain.File, error)
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
}

// Catalogue is what it needs of the catalogue.
type Catalogue interface {
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
	MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error
}

// batch is how many rows go to the engine at once: enough to fill its requests,
// and between two batches progress is told and a cancel is seen.
const batch = 1000

// maxProblems is how many problems of one row are told: a spreadsheet's cell must
// hold them all.
const maxProblems = 50

// maxSuggestion is the longest suggestion, in bytes: a list of hundreds of codes
// helps nobody.
const maxSuggestion = 1000

// Ledger accounts for chunks of one import.
type Ledger struct {
	Files     Files
	Catalogue Catalogue
	Engine    *compare.Engine
	// Between is called before the first batch and after each one with the
	// account so far. Once it says stop, the rows left are unprocessed.
	Between func(ctx context.Context, c domain.Counts) (stop bool, err error)
	// History remembers what was changed, nil for nothing. Saying it again adds
	// nothing.
	History func(ctx context.Context, in domain.InstitutionID, es []domain.HistoryEntry) error
}

// LoadPlan reads what plan found out about an import's file.
func LoadPlan(ctx context.Context, get flow.Getter, in domain.InstitutionID, id string) (*flow.Plan, error) {
	b, err := get.Get(ctx, flow.PlanKey(in, id))
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	p := new(flow.Plan)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	return p, flow.Run{Version: p.Version}.Check()
}

// Chunk processes chunk n and stores its results. Doing it again stores the
// same. Rows of a chunk object that is missing or damaged are unprocessed.
func (l *Ledger) Chunk(ctx context.Context, imp *domain.Import, plan *flow.Plan, n int) error {
	cat, err := l.Catalogue.Catalogue(ctx, imp.Institution)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	w, err := flow.NewResultWriter(&buf)
	if err != nil {
		return err
	}
	a := &account{l: l, imp: imp,
		persons: &person.Checker{Settings: cat.Settings, Now: l.Engine.Now, Phone: phone.Parse, Undo: imp.OfKind == domain.UndoOf},
		cols:    columns(plan, cat, imp.OfKind == domain.UndoOf), unretired: columns(plan, cat, true), w: w}
	a.sum.Fields = flow.FieldChanges{}
	if err := a.between(ctx); err != nil {
		return err
	}
	if a.dups, err = l.duplicates(ctx, imp, plan, n); err == nil {
		var stop error
		err = l.rows(ctx, imp, n, func(r flow.Row) error {
			stop = a.add(ctx, r)
			return stop
		})
		if stop != nil {
			return stop
		}
	}
	if errors.Is(err, flow.ErrCut) || fault.KindOf(err) == fault.NotFound && err != nil {
		// What could be read is dealt with; the rest is counted, though its
		// cells are lost here. The user's own file still has them.
		if err := a.flush(ctx); err != nil {
			return err
		}
		for range plan.Chunks[n].Rows - a.sum.Counts.Rows {
			a.sum.Counts.Add(domain.Unprocessed)
		}
		ref := plan.Chunks[n]
		a.sum.AddNote("chunkLost", fmt.Sprintf("Some rows of lines %d to %d could not be read again and were not processed. Take them from your own file.", ref.FirstLine, ref.LastLine), ref.FirstLine)
		err = nil
	}
	if err != nil {
		return err
	}
	if err := a.flush(ctx); err != nil {
		return err
	}
	if err := w.Close(a.sum); err != nil {
		return err
	}
	_, err = l.Files.Put(ctx, flow.ResultKey(imp.Institution, imp.ID, n), &buf, "application/zstd")
	return err
}

// duplicates reads which rows of chunk n share their contact with others.
func (l *Ledger) duplicates(ctx context.Context, imp *domain.Import, plan *flow.Plan, n int) (flow.Duplicates, error) {
	if !plan.Chunks[n].Duplicates {
		return nil, nil
	}
	b, err := l.Files.Get(ctx, flow.DuplicatesKey(imp.Institution, imp.ID, n))
	if err != nil {
		return nil, fmt.Errorf("read duplicates: %w", err)
	}
	var dups flow.Duplicates
	if json.Unmarshal(b, &dups) != nil {
		return nil, flow.ErrCut
	}
	return dups, nil
}

func (l *Ledger) rows(ctx context.Context, imp *domain.Import, n int, yield func(flow.Row) error) error {
	f, err := l.Files.Open(ctx, domain.Object{Key: flow.ChunkKey(imp.Institution, imp.ID, n)})
	if err != nil {
		return err
	}
	return flow.ReadRows(io.NewSectionReader(f, 0, f.Size()), yield)
}

// layout is the file's columns, resolved against today's catalogue.
type layout struct {
	undo     int // -1: no such column
	key      int // -1: rows of contacts may be without numbers
	keyName  string
	email    int
	emailCol string
	fields   []fieldColumn
}

type fieldColumn struct {
	field    domain.Field
	def      domain.FieldDef
	index    *field.Index
	known    bool // the catalogue still has it
	name     string
	new, old int // -1: no such column
}

// In an undo a value that was retired since may come back: putting back is not
// choosing it anew.
func columns(plan *flow.Plan, cat *domain.Catalogue, undo bool) layout {
	l := layout{key: -1, email: -1, undo: -1}
	old := map[domain.Field]int{}
	for i, c := range plan.Columns {
		switch c.Role {
		case flow.KeyRole:
			l.key, l.keyName = i, c.Name
		case flow.InfoRole:
			if c.Field == domain.ContactEmail {
				l.email, l.emailCol = i, c.Name
			}
		case flow.UndoRole:
			l.undo = i
		case flow.OldRole:
			old[c.Field] = i
		}
	}
	for i, c := range plan.Columns {
		if c.Role != flow.NewRole {
			continue
		}
		fc := fieldColumn{field: c.Field, name: c.Name, new: i, old: -1}
		fc.def, fc.known = cat.Lookup(c.Field)
		if o, ok := old[c.Field]; ok {
			fc.old = o
		}
		if undo {
			fc.def.Values = slices.Clone(fc.def.Values)
			for i := range fc.def.Values {
				fc.def.Values[i].Retired = false
			}
		}
		fc.index = field.NewIndex(fc.def)
		l.fields = append(l.fields, fc)
	}
	return l
}

// account is the state of one chunk's pass.
type account struct {
	l    *Ledger
	imp  *domain.Import
	cols layout
	// unretired is cols as it was before any value was retired.
	unretired layout
	dups      flow.Duplicates
	w         *flow.ResultWriter
	sum       flow.Summary
	stopped   bool
	persons   *person.Checker

	// The batch: every row in order, those that go to the engine, and those
	// whose values are rejected.
	rows     []pending
	apply    []compare.Row
	rejected []compare.Row
}

type pending struct {
	row    flow.Row
	number domain.ContactNumber
	at     int // its place in apply, or -1
	was    int // its place in rejected, or -1
	result compare.Result
}

func (a *account) between(ctx context.Context) error {
	if a.l.Between == nil || a.stopped {
		return nil
	}
	stop, err := a.l.Between(ctx, a.sum.Counts)
	a.stopped = a.stopped || stop
	return err
}

// add takes one row into the batch.
func (a *account) add(ctx context.Context, r flow.Row) error {
	p := pending{row: r, at: -1, was: -1}
	cr, result := a.about(r)
	p.number = cr.Number
	if result != nil {
		p.result = *result
	} else if problems := a.cells(r, &cr); len(problems) > 0 {
		p.result = *rejected(r, problems...)
		if a.l.Engine.Mode != compare.Test { // which has no earlier try
			p.was = len(a.rejected)
			a.rejected = append(a.rejected, a.asked(r))
		}
	} else {
		p.at = len(a.apply)
		a.apply = append(a.apply, cr)
	}
	a.rows = append(a.rows, p)
	if len(a.rows) < batch {
		return nil
	}
	return a.flush(ctx)
}

// flush has the batch applied and writes its results.
func (a *account) flush(ctx context.Context) error {
	if len(a.rows) == 0 {
		return nil
	}
	engine := *a.l.Engine
	engine.Digits = a.persons.Settings.Digits()
	if a.stopped {
		// An earlier try of this chunk may have written some of these rows
		// before the cancel: their marks tell.
		engine.Mode, engine.Cancelled = compare.Settle, true
	} else if err := a.markUsed(ctx); err != nil {
		return err
	}
	done, err := engine.Run(ctx, a.apply)
	if err != nil {
		return err
	}
	var earlier []compare.Result
	if engine.Mode != compare.Test && len(a.rejected) > 0 {
		if earlier, err = engine.Earlier(ctx, a.rejected); err != nil {
			return err
		}
	}
	for i := range a.rows {
		p := &a.rows[i]
		if p.at >= 0 {
			p.result = done[p.at]
			p.number = p.result.Number
		} else if p.was >= 0 && earlier != nil && earlier[p.was].Outcome != "" {
			p.result = earlier[p.was]
			p.number = p.result.Number
		}
		if err := a.record(p); err != nil {
			return err
		}
	}
	if err := a.remember(ctx); err != nil {
		return err
	}
	a.rows, a.apply, a.rejected = a.rows[:0], a.apply[:0], a.rejected[:0]
	return a.between(ctx)
}

// remember adds the batch's changes to the histories of the contacts. What a
// created contact began with is no change.
func (a *account) remember(ctx context.Context) error {
	if a.l.History == nil || a.l.Engine.Mode != compare.Update {
		return nil
	}
	var es []domain.HistoryEntry
	now := a.l.Engine.Now().UTC()
	for i := range a.rows {
		p := &a.rows[i]
		if p.result.Outcome != domain.Updated || p.result.Removed {
			continue
		}
		for _, c := range p.result.Changes {
			es = append(es, domain.HistoryEntry{Number: p.number, At: now, Import: a.imp.ID, Line: p.row.Line, By: a.imp.CreatedBy,
				Field: c.Field, Before: c.Before, After: c.After})
		}
	}
	if len(es) == 0 {
		return nil
	}
	return a.l.History(ctx, a.imp.Institution, es)
}

// record counts one row and writes its result.
func (a *account) record(p *pending) error {
	a.sum.Counts.Add(p.result.Outcome)
	res := flow.Result{Line: p.row.Line, Number: p.number, Outcome: p.result.Outcome,
		Changes: p.result.Changes, Problems: p.result.Problems, Removed: p.result.Removed}
	for _, w := range p.result.Warnings {
		a.sum.AddNote(w.Code, w.Message, p.row.Line)
	}
	switch p.result.Outcome {
	case domain.Unchanged:
		return nil
	case domain.RowRejected, domain.RowConflicted, domain.Unprocessed:
		res.Cells = p.row.Cells
	}
	for i := range res.Problems {
		q := &res.Problems[i]
		q.Value = domain.Shown(q.Value)
		if p.result.Outcome == domain.RowConflicted {
			q.Contact = p.number
		}
		if len(q.Suggestion) > maxSuggestion {
			q.Suggestion = ""
		}
	}
	for _, c := range res.Changes {
		for i := range a.cols.fields {
			if fc := &a.cols.fields[i]; fc.known && fc.def.Field() == c.Field {
				a.sum.Fields.Add(c.Field, field.Group(c.Before, fc.def.Kind), field.Group(c.After, fc.def.Kind), 1)
			}
		}
	}
	return a.w.Write(res)
}

// markUsed remembers which codes the batch may write, before it does.
func (a *account) markUsed(ctx context.Context) error {
	if a.l.Engine.Mode != compare.Update {
		return nil
	}
	used := map[domain.Field][]string{}
	for _, r := range a.apply {
		for _, c := range r.Cells {
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
	return a.l.Catalogue.MarkUsed(ctx, a.imp.Institution, used)
}

func rejected(r flow.Row, ps ...domain.Problem) *compare.Result {
	for i := range ps {
		ps[i].Line, ps[i].Outcome = r.Line, domain.RowRejected
	}
	return &compare.Result{Outcome: domain.RowRejected, Problems: ps}
}

// about says which contact a row of the file is about, or at once what becomes of
// the row, by what plan found out about it.
func (a *account) about(r flow.Row) (compare.Row, *compare.Result) {
	out := compare.Row{Line: r.Line, KeyColumn: a.cols.keyName, InfoColumn: a.cols.emailCol}
	if r.Fault != nil {
		return out, rejected(r, *r.Fault)
	}
	if a.cols.key >= 0 {
		out.Key = sheet.Unguard(r.Cells[a.cols.key])
	}
	if a.imp.DataType == domain.Contacts {
		out.Person = &compare.Person{}
	}
	if out.Person == nil || !field.Blank(out.Key) {
		n, problem := field.ParseNumber(out.Key)
		if problem != nil {
			return out, rejected(r, domain.Problem{Column: a.cols.keyName, Value: out.Key,
				Code: problem.Code, Message: problem.Message, Suggestion: problem.Suggestion})
		}
		out.Number = n
	}
	if d, ok := a.dups[r.Line]; ok && d.Person && a.imp.AllowSamePerson {
		out.Person.Shared = d.Others
	} else if ok {
		if d.Differ && d.Person {
			return out, rejected(r, domain.Problem{Column: a.cols.keyName, Value: out.Key, Code: "samePerson", OtherLines: d.Others,
				Message:    "This row would create the same person as others (" + lines(d.Others) + "): the e-mail address, or name and birth date, are the same.",
				Suggestion: "Keep one line for each person, or import with “allow the same person twice”."})
		}
		if d.Differ {
			return out, rejected(r, domain.Problem{Column: a.cols.keyName, Value: out.Key, Code: "differentLines", OtherLines: d.Others,
				Message:    "This contact stands on other lines too (" + lines(d.Others) + "), and they do not ask for the same.",
				Suggestion: "Keep one line for each contact."})
		}
		if !d.First {
			return out, &compare.Result{Outcome: domain.Unchanged}
		}
	}
	if a.cols.email >= 0 {
		out.InfoEmail = strings.TrimSpace(sheet.Unguard(r.Cells[a.cols.email]))
	}
	return out, nil
}

// cells checks what a row asks for and notes it in out. A row with problems is
// rejected.
func (a *account) cells(r flow.Row, out *compare.Row) []domain.Problem {
	var problems []domain.Problem
	for i := range a.cols.fields {
		fc := &a.cols.fields[i]
		text := sheet.Unguard(r.Cells[fc.new])
		if !fc.known {
			if strings.TrimSpace(text) != "" {
				problems = append(problems, domain.Problem{Column: fc.name, Field: fc.name, Value: text, Code: "fieldGone",
					Message: "This field is no longer in the catalogue.", Suggestion: "Leave the cell empty."})
			}
			continue
		}
		edit, warning, problem := a.parseNew(text, fc.index)
		if problem == nil && !edit.Keep && field.Of(fc.def.Kind).Free &&
			a.imp.OfKind != domain.UndoOf && (fc.old < 0 || r.Cells[fc.old] != r.Cells[fc.new]) {
			problem = field.MixedUp(edit.Value, fc.def)
		}
		if problem != nil {
			if len(problems) == maxProblems {
				problems[maxProblems-1].Message += " More cells of this row are at fault."
				break
			}
			problems = append(problems, domain.Problem{Column: fc.name, Field: fc.def.Name(), Value: text,
				Code: problem.Code, Message: problem.Message, Suggestion: problem.Suggestion})
			continue
		}
		if edit.Keep {
			continue
		}
		if warning != nil {
			a.sum.AddNote(warning.Code, fc.name+": "+warning.Message, r.Line)
		}
		c := compare.Cell{Def: fc.def, Column: fc.name, Text: text, Edit: edit}
		if fc.old >= 0 {
			c.Compared = true
			c.OldText = sheet.Unguard(r.Cells[fc.old])
			c.Old, c.Known = a.parseOld(c.OldText, fc.index)
		} else {
			if a.sum.NotCompared == nil {
				a.sum.NotCompared = map[domain.Field]int{}
			}
			a.sum.NotCompared[fc.def.Field()]++
		}
		out.Cells = append(out.Cells, c)
	}
	if out.Person != nil {
		a.person(r, out)
	}
	return problems
}

// asked is what a row that is rejected asked for when none of its values was
// retired: an earlier try may have written that.
func (a *account) asked(r flow.Row) compare.Row {
	b := *a
	b.cols, b.sum = a.unretired, flow.Summary{} // what a row is noted for was noted
	out, _ := b.about(r)
	b.cells(r, &out)
	for _, fc := range b.cols.fields {
		read := slices.ContainsFunc(out.Cells, func(c compare.Cell) bool { return c.Def.Field() == fc.field })
		if !read && !field.Blank(sheet.Unguard(r.Cells[fc.new])) {
			out.Unread = append(out.Unread, fc.field)
		}
	}
	return out
}

func (a *account) parseNew(text string, x *field.Index) (field.Edit, *field.Warning, *field.Problem) {
	if x.Kind == domain.ContactText {
		return a.persons.Parse(x.Field(), text)
	}
	return x.ParseNew(text)
}

func (a *account) parseOld(text string, x *field.Index) (domain.Value, bool) {
	if x.Kind == domain.ContactText {
		return a.persons.ParseOld(x.Field(), text)
	}
	return x.ParseOld(text)
}

// person fills in what a row of contacts has beyond its cells.
func (a *account) person(r flow.Row, out *compare.Row) {
	p := out.Person
	values := map[domain.Field]domain.Value{}
	column := map[domain.Field]string{}
	for i := range out.Cells {
		c := &out.Cells[i]
		f := c.Def.Field()
		values[f], column[f] = c.Edit.Value, c.Column
	}
	if e := values[domain.ContactEmail]; e != domain.Empty {
		p.Email, p.EmailColumn = string(e), column[domain.ContactEmail]
		if out.Number == "" && !a.imp.AllowSamePerson {
			p.Identity = "email:" + text.NormaliseEmail(p.Email)
		}
	}
	p.Check = func(after map[domain.Field]domain.Value) ([]domain.Warning, *domain.Problem) {
		warnings, problem := person.Row(after)
		if problem == nil {
			return warnings, nil
		}
		d, _ := domain.ContactDef(problem.Field)
		return warnings, &domain.Problem{Column: column[problem.Field], Field: d.Name(), Value: string(after[problem.Field]),
			Code: problem.Code, Message: problem.Message, Suggestion: problem.Suggestion}
	}
	if a.cols.undo >= 0 {
		p.Remove = strings.TrimSpace(r.Cells[a.cols.undo])
	}
	if p.Remove == "" {
		return
	}
	p.Values = map[domain.Field]domain.Value{}
	for _, fc := range a.cols.fields {
		if fc.old < 0 || !fc.known {
			continue
		}
		if v, known := a.parseOld(sheet.Unguard(r.Cells[fc.old]), fc.index); known && v != domain.Empty {
			p.Values[fc.def.Field()] = v
		}
	}
}

func lines(ns []int) string {
	var b strings.Builder
	for i, n := range ns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "line %d", n)
	}
	return b.String()
}

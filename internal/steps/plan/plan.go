// Package plan is the step that reads the user's file, the only one that ever
// does: one streaming pass that checks its form, numbers its lines, finds
// contacts that stand on several lines, and writes chunk objects. A file that
// cannot be taken is not an error of the step: its answer says that it is
// rejected, and finish tells the user why. Memory does not grow with the file,
// and a second run overwrites what the first one left.
package plan

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// Jobs is what the step needs of the imports.
type Jobs interface {
	Slots
	ChunkState(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (domain.ChunkState, error)
	BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error)
	// Imports lists the newest first, without their reports.
	Imports(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Import, string, error)
}

// Slots gives imports the right to write.
type Slots interface {
	// TakeSlot gives an import the lowest free slot and the next order, or the
	// ones that it holds. When none is free it fails with kind Busy and code
	// "slotsTaken".
	TakeSlot(ctx context.Context, in domain.InstitutionID, imp string) (domain.Ticket, error)
	// FreeSlot frees a slot if that import still holds it by that order.
	FreeSlot(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket) error
	// HeldSlots returns the tickets that imports hold.
	HeldSlots(ctx context.Context, in domain.InstitutionID) (map[string]domain.Ticket, error)
}

// Catalogue is what the step needs of the catalogue.
type Catalogue interface {
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
}

// Contacts lets the step look whether a file fits the institution at all.
type Contacts interface {
	GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error)
	ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error)
	// Values yields every contact, for files that name them by a criterion.
	Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error]
}

// Mappings is what the step needs of what was said of the columns of files.
type Mappings interface {
	Get(ctx context.Context, in domain.InstitutionID, id string) (domain.Mapping, error)
}

// Opener opens the user's file at its pinned version.
type Opener interface {
	Open(ctx context.Context, o domain.Object) (domain.File, error)
}

// Files is where chunks go, and where corrections and earlier tests' problems are.
type Files interface {
	flow.Getter
	flow.Opener
	flow.Putter
}

// Step plans imports.
type Step struct {
	Contacts  Contacts
	Catalogue Catalogue
	Jobs      Jobs
	Mappings  Mappings
	Source    func(bucket string) Opener // by the bucket that the import pinned
	// Metadata is what whoever put an object into the drop folder said of it.
	Metadata func(ctx context.Context, o domain.Object) (map[string]string, error)
	Files    Files
	Limits   sheet.Limits
	// ChunkRows and ChunkBytes bound a chunk; 0 means 10,000 rows and 16 MB.
	ChunkRows, ChunkBytes int
	// AtOnce is how many chunks of one institution's imports run at the same
	// time; 0 means 4.
	AtOnce int
}

// Run plans one round of an import. Running it again overwrites what an earlier
// try left, but for an import that is queued: it only asks for a slot again.
func (s *Step) Run(ctx context.Context, in flow.Run) (flow.Planned, error) {
	if err := in.Check(); err != nil {
		return flow.Planned{}, err
	}
	out := flow.Planned{Run: in, Manifest: flow.ManifestKey(in.Institution, domain.RunID(in.Import, in.Round))}
	imp, err := s.Jobs.ChangeImport(ctx, in.Institution, in.Import, func(i *domain.Import) error {
		if in.Over(i) {
			return fault.New(fault.Conflict, "alreadyFinal", nil)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	if imp.Status == domain.Queued {
		p, err := flow.LoadPlan(ctx, s.Files, in.Institution, imp.RunID())
		if err != nil || imp.Cancel {
			return out, err // without chunks there is nothing to wait for
		}
		return s.begin(ctx, &imp, p, out)
	}
	cat, err := s.Catalogue.Catalogue(ctx, in.Institution)
	if err != nil {
		return out, err
	}
	p := &flow.Plan{}
	if err = s.admitted(ctx, &imp, cat.Settings); err == nil {
		err = s.dropped(ctx, &imp)
	}
	if err == nil {
		p, err = s.rows(ctx, &imp, cat)
	}
	if err == nil && !imp.Checked() {
		err = s.within(ctx, &imp, cat.Settings, p)
	}
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge) {
		// The file is at fault: that is an answer, not an error of ours.
		p.Problem = &domain.FileProblem{Reason: f.Reason}
		p.Chunks = nil
	} else if err != nil {
		return out, err
	}
	p.Version = flow.Version
	manifest := []flow.Chunk{}
	for n, ref := range p.Chunks {
		if ref.Rows > 0 {
			manifest = append(manifest, flow.Chunk{Run: in, Chunk: n})
		}
	}
	if err := s.put(ctx, out.Manifest, manifest); err != nil {
		return out, err
	}
	if err := s.put(ctx, flow.PlanKey(in.Institution, imp.RunID()), p); err != nil {
		return out, err
	}
	return s.begin(ctx, &imp, p, out)
}

// begin takes the slot by which an update writes, and says in the import that it
// runs, or while none is free that it is queued.
func (s *Step) begin(ctx context.Context, imp *domain.Import, p *flow.Plan, out flow.Planned) (flow.Planned, error) {
	in := out.Run
	out.Rejected = p.Problem != nil
	for n, ref := range p.Chunks {
		if ref.Rows > 0 {
			out.Chunks++
			out.Only = &flow.Chunk{Run: in, Chunk: n}
		}
	}
	if out.Chunks > 1 {
		out.Only = nil
	}
	ticket, err := s.ticket(ctx, imp, p)
	f, ok := fault.As(err)
	out.Queued = ok && f.Code == "slotsTaken"
	if err != nil && !out.Queued {
		return out, err
	}
	taken := ticket
	_, err = s.Jobs.ChangeImport(ctx, in.Institution, in.Import, func(i *domain.Import) error {
		if in.Over(i) {
			return nil
		}
		i.Chunks = out.Chunks
		if i.Ticket.None() {
			i.Ticket = ticket
		}
		taken = i.Ticket
		i.Rows, i.Detected, i.Warnings, i.Headers = p.Rows, &p.Detected, p.Warnings, p.Headers
		i.Learnt = imp.Learnt
		i.DateOrder, i.DecimalSign, i.Country, i.MatchBy = imp.DateOrder, imp.DecimalSign, imp.Country, imp.MatchBy
		switch {
		case out.Queued:
			i.Status = domain.Queued
		case p.Problem == nil:
			i.Status = domain.Running
		}
		return nil
	})
	if err == nil && taken != ticket {
		// Another copy of this step has taken one before.
		err = s.Jobs.FreeSlot(ctx, in.Institution, in.Import, ticket)
	}
	if err != nil || out.Queued {
		return out, err
	}
	out.AtOnce, err = s.share(ctx, in, out.Chunks)
	return out, err
}

// ticket takes the slot by which an update writes.
func (s *Step) ticket(ctx context.Context, imp *domain.Import, p *flow.Plan) (domain.Ticket, error) {
	if imp.Action != domain.Update || p.Problem != nil {
		return domain.Ticket{}, nil
	}
	t, err := s.Jobs.TakeSlot(ctx, imp.Institution, imp.ID)
	if f, ok := fault.As(err); !ok || f.Code != "slotsTaken" {
		return t, err
	}
	// Some may be held by imports that ended without giving them back.
	held, herr := s.Jobs.HeldSlots(ctx, imp.Institution)
	if herr != nil {
		return t, herr
	}
	for id, t := range held {
		i, err := s.Jobs.BriefImport(ctx, imp.Institution, id)
		if err == nil && i.Status.Final() || err != nil && fault.KindOf(err) == fault.NotFound {
			err = s.Jobs.FreeSlot(ctx, imp.Institution, id, t)
		}
		if err != nil {
			return t, err
		}
	}
	return s.Jobs.TakeSlot(ctx, imp.Institution, imp.ID)
}

func (s *Step) put(ctx context.Context, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = s.Files.Put(ctx, key, bytes.NewReader(b), "application/json")
	return err
}

// read makes the pass. The plan it returns holds what was found even when the
// file is rejected. Persons are told apart by their birth dates while the rows go
// by; only a file whose first rows mislead about the order of day and month is
// read a second time.
func (s *Step) read(ctx context.Context, imp *domain.Import, cat *domain.Catalogue) (*flow.Plan, error) {
	p, err := s.readAs(ctx, imp, cat, nil)
	if again, ok := errors.AsType[errOrder](err); ok {
		p, err = s.readAs(ctx, imp, cat, &again.order)
	}
	return p, err
}

// errOrder says that birth dates are in another order than their first ones told.
type errOrder struct{ order day.Order }

func (errOrder) Error() string { return "the first rows mislead about the order of day and month" }

// readAs is read with the order of birth dates, nil for what the first rows tell.
func (s *Step) readAs(ctx context.Context, imp *domain.Import, cat *domain.Catalogue, order *day.Order) (*flow.Plan, error) {
	p := &flow.Plan{}
	if imp.DataType == "" || imp.Action == "" {
		return p, fault.New(fault.Invalid, "badInboxPath")
	}
	if most := cat.Settings.Limits.Within(domain.InstitutionLimits).FileBytes(); imp.Source.Size > most {
		return p, fault.New(fault.TooLarge, "fileTooLarge", imp.Source.Size, most)
	}
	f, err := s.Source(imp.Source.Bucket).Open(ctx, imp.Source)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return p, fault.New(fault.Invalid, "fileGone")
		}
		return p, err
	}
	names := newResolver(cat, imp.DataType, imp.Columns)
	names.year = imp.CreatedAt.Year()
	r, rows, err := s.open(ctx, imp, f, names)
	if err != nil {
		return p, err
	}
	p.Detected = detected(r)
	defer func() {
		p.Detected = detected(r)
		p.Detected.Rows = p.Rows
		p.Warnings = append(p.Warnings, warnings(r)...)
	}()
	was, err := s.remembered(ctx, imp, r.Header())
	if err != nil {
		return p, err
	}
	names.before = normalised(was.Columns)
	reread := rereads(imp, was, cat)
	if names.matchBy, err = matchBy(imp, cat); err != nil {
		return p, err
	}
	m := names.match(r.Header(), rows)
	others, err := s.elsewhere(ctx, imp, &m, rows)
	if err != nil {
		return p, err
	}
	p.Headers, imp.Learnt = m.headers, names.learn(r.Header(), m.headers, was, imp.Reading())
	imp.Learnt.Elsewhere = len(m.elsewhere) > 0
	joined := joints(m.headers)
	at := kept(m.headers, joined)
	header, ours := make([]string, len(at)), make([]string, len(at))
	for k, i := range at {
		header[k] = m.headers[i].Name
		ours[k] = m.headers[i].Column
		if bracketed.MatchString(header[k]) {
			ours[k] = cmp.Or(ours[k], header[k]) // what is in brackets says what is wrong with it
		}
		if j := slices.IndexFunc(joined, func(j *joint) bool { return j.at == i }); j >= 0 {
			ours[k] = joined[j].ours
		}
	}
	cols, notes, err := names.columns(header, ours, at, r.HeaderLine())
	p.Columns, p.Warnings = cols, slices.Concat(recognised(m.headers, slices.Concat(m.spare, m.elsewhere), was.At), others, reread, notes)
	if err != nil {
		return p, err
	}
	reader := &rowReader{cols: cols, layout: flow.NewLayout(cols), kept: at, width: len(m.headers), meant: meantBy(cols, cat), whole: -1, joints: joined}
	for i, o := range ours {
		if order := person.Whole(o); order != "" {
			reader.whole, reader.order = i, order
		}
	}
	if reader.corrector, err = s.corrector(ctx, imp, r.Header(), m.headers, reader); err != nil {
		return p, err
	}
	if reader.found, err = s.holders(ctx, imp, names.matchBy, cat, reader.layout); err != nil {
		return p, err
	}
	for i := range rows.rows {
		if err := reader.mend(ctx, &rows.rows[i]); err != nil {
			return p, err
		}
	}
	rows.mended = len(rows.rows)
	corrected := s.correctedFile(ctx, imp, cat.Settings, reader)
	err = s.pass(ctx, imp, p, cat, rows, reader, corrected, m, order)
	if p.Rows == 0 || imp.Mode == domain.CreateOnly {
		// Nothing that is there can be overwritten.
		p.Warnings = slices.DeleteFunc(p.Warnings, func(w domain.Warning) bool { return w.Code == "notCompared" })
	}
	if cerr := corrected.close(err); err == nil {
		err = cerr
	}
	if err == nil && reader.corrector != nil {
		p.Corrected = true
		err = s.put(ctx, flow.CorrectedKey(imp.Institution, imp.ID), reader.corrector.cells)
	}
	return p, err
}

// pass reads the rows: it writes them into chunks, shows them to the observers,
// and has these judge the file at its end.
func (s *Step) pass(ctx context.Context, imp *domain.Import, p *flow.Plan, cat *domain.Catalogue, r *ahead, rows *rowReader, corrected *correctedFile, m matched, order *day.Order) error {
	layout := rows.layout
	chunks := &chunkWriter{s: s, imp: imp, plan: p}
	asked := &asking{layout: layout}
	texts := newAccents(p.Columns, cat)
	first := newSample(p.Columns, layout, cat)
	same := newRepeats(p.Columns, layout)
	if imp.DataType == domain.Contacts {
		same.persons = &person.Checker{Settings: cat.Settings, Now: time.Now, Order: firstOrder(imp, layout, cat, r, rows, order)}
	}
	told := newEvidence(layout, cat)
	rows.split, rows.unsure, rows.unsureLines = tally{}, tally{}, nil // of the rows that were looked at
	observers := []observer{asked, texts, first, same, told}
	spareCells := 0
	var left tally
	for {
		row, err := r.Read()
		if x, ok := fault.As(err); err == io.EOF || ok && x.Code == sheet.CodeMostRowsMisshapen && !r.MostlyMisshapen(rows.padded.n) {
			break
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return fault.Wrap(fault.Busy, "interrupted", err)
		}
		p.Rows++
		if r.mended--; r.mended < 0 {
			if err := rows.mend(ctx, &row); err != nil {
				return err
			}
		}
		if leftOut(row) {
			left.add(row.Line)
		}
		if row.Fault == nil {
			for _, i := range m.blank {
				if !field.Blank(row.Cells[i]) {
					return notBlank(p.Headers[i], i, r.HeaderLine(), row.Line)
				}
			}
			for _, i := range m.spare {
				if !field.Blank(row.Cells[i]) {
					spareCells++
				}
			}
		}
		seen := rows.row(row)
		for _, o := range observers {
			o.see(&seen)
		}
		if err := corrected.add(seen.Row); err != nil {
			return err
		}
		if err := chunks.add(ctx, seen.Row); err != nil {
			return err
		}
	}
	if err := chunks.close(ctx); err != nil {
		return err
	}
	if same.persons != nil && len(told.days) > 0 && order == nil && told.of(domain.ContactBirthDate, imp, cat.Settings.Country) != same.persons.Order {
		return errOrder{told.of(domain.ContactBirthDate, imp, cat.Settings.Country)}
	}
	p.Warnings = append(p.Warnings, told.concluded(imp, cat.Settings.Country, p.Columns)...)
	if n := rows.padded.n; n > 0 {
		p.Warnings = append(p.Warnings, domain.Warning{Line: rows.padded.first, Reason: reason.New("rowsPadded", n)})
	}
	if n := rows.split.n; n > 0 {
		p.Warnings = append(p.Warnings, domain.Warning{Column: p.Columns[rows.whole].Name, Reason: reason.New("namesSplit", n)})
	}
	if n := rows.unsure.n; n > 0 {
		var others any
		if more := n - len(rows.unsureLines); more > 0 {
			others = more
		}
		p.Warnings = append(p.Warnings, domain.Warning{Line: rows.unsure.first, Column: p.Columns[rows.whole].Name, Reason: reason.New("namesUnsure", n, rows.unsureLines, others)})
	}
	if left.n > 0 {
		p.Warnings = append(p.Warnings, domain.Warning{Line: left.first, Reason: reason.New("rowsLeftOut", left.n)})
	}
	if r.marked.n > 0 {
		p.Warnings = append(p.Warnings, domain.Warning{Line: r.marked.first, Reason: reason.New("textMarks", r.marked.n)})
	}
	p.Warnings = append(p.Warnings, rows.joined(m.headers)...)
	p.Warnings = append(p.Warnings, alsoThere(m.headers, m.spare, spareCells)...)
	if err := s.encoding(ctx, imp, texts.found, r.Detected().Encoding); err != nil {
		return err
	}
	if err := s.fits(ctx, imp, first, asked.anything, same); err != nil {
		return err
	}
	last := 0
	if n := len(p.Chunks); n > 0 {
		last = p.Chunks[n-1].LastLine
	}
	return s.duplicates(ctx, imp, p, same, mergedLines(r.Merged(), layout, rows.kept, last))
}

// firstOrder is the order of birth dates as the first rows tell it, if it is not
// known.
func firstOrder(imp *domain.Import, l flow.Layout, cat *domain.Catalogue, r *ahead, rows *rowReader, known *day.Order) day.Order {
	if known != nil {
		return *known
	}
	e := newEvidence(l, cat)
	for _, raw := range r.rows {
		if raw.Fault == nil {
			raw.Cells = slices.Clone(raw.Cells)
			seen := rows.row(raw)
			e.see(&seen)
		}
	}
	return e.of(domain.ContactBirthDate, imp, cat.Settings.Country)
}

func detected(r *sheet.Reader) domain.Detected {
	d := r.Detected()
	out := domain.Detected{Format: d.Format, Encoding: d.Encoding, Separator: d.Separator, LineEnds: d.LineEnds, Columns: len(r.Header())}
	if !d.MadeAt.IsZero() {
		out.TemplateMadeAt = &d.MadeAt
	}
	return out
}

func warnings(r *sheet.Reader) []domain.Warning {
	var out []domain.Warning
	for _, w := range r.Warnings() {
		out = append(out, domain.Warning{Reason: w.Reason, Line: w.Line})
	}
	return out
}

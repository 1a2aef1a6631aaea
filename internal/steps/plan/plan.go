// Package plan is the step that reads the user's file, the only one that ever
// does: one streaming pass that checks its form, numbers its lines, finds
// contacts that stand on several lines, and writes chunk objects.
package plan

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// Jobs is what the step needs of the imports.
type Jobs interface {
	ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error)
}

// Catalogue is what the step needs of the catalogue.
type Catalogue interface {
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
}

// Contacts lets the step look whether a file fits the institution at all.
type Contacts interface {
	GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error)
	ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error)
}

// Opener opens the user's file at its pinned version.
type Opener interface {
	Open(ctx context.Context, o domain.Object) (domain.File, error)
}

// Files is where chunks go.
type Files interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
}

// Step plans imports.
type Step struct {
	Contacts  Contacts
	Catalogue Catalogue
	Jobs      Jobs
	Source    func(bucket string) Opener // by the bucket that the import pinned
	Files     Files
	Limits    sheet.Limits
	// ChunkRows and ChunkBytes bound a chunk; 0 means 10,000 rows and 16 MB.
	ChunkRows, ChunkBytes int
}

// Run plans one import. Running it again overwrites what an earlier try left.
func (s *Step) Run(ctx context.Context, in flow.Run) (flow.Planned, error) {
	if err := in.Check(); err != nil {
		return flow.Planned{}, err
	}
	out := flow.Planned{Run: in, Manifest: flow.ManifestKey(in.Institution, in.Import)}
	imp, err := s.Jobs.ChangeImport(ctx, in.Institution, in.Import, func(i *domain.Import) error {
		if i.Status.Final() {
			return fault.New(fault.Conflict, "alreadyFinal", "The import has ended.")
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	p, err := s.read(ctx, &imp)
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge) {
		// The file is at fault: that is an answer, not an error of ours.
		p.Problem = &domain.FileProblem{Code: f.Code, Message: f.Text}
		p.Chunks = nil
	} else if err != nil {
		return out, err
	}
	p.Version = flow.Version
	manifest := make([]flow.Chunk, len(p.Chunks))
	for n := range manifest {
		manifest[n] = flow.Chunk{Run: in, Chunk: n}
	}
	if err := s.put(ctx, out.Manifest, manifest); err != nil {
		return out, err
	}
	if err := s.put(ctx, flow.PlanKey(in.Institution, in.Import), p); err != nil {
		return out, err
	}
	out.Chunks, out.Rejected = len(p.Chunks), p.Problem != nil
	_, err = s.Jobs.ChangeImport(ctx, in.Institution, in.Import, func(i *domain.Import) error {
		if i.Status.Final() {
			return nil
		}
		i.Rows, i.Detected, i.Warnings = p.Rows, &p.Detected, p.Warnings
		if p.Problem == nil {
			i.Status = domain.Running
		}
		return nil
	})
	return out, err
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
// file is rejected.
func (s *Step) read(ctx context.Context, imp *domain.Import) (*flow.Plan, error) {
	p := &flow.Plan{}
	cat, err := s.Catalogue.Catalogue(ctx, imp.Institution)
	if err != nil {
		return p, err
	}
	f, err := s.Source(imp.Source.Bucket).Open(ctx, imp.Source)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return p, fault.New(fault.Invalid, "fileGone", "The file that was uploaded is no longer there. Upload it again.")
		}
		return p, err
	}
	names := newResolver(cat, imp.DataType)
	r, err := sheet.Open(f, f.Size(), sheet.Options{KnownColumn: names.known, Encoding: imp.Encoding, Limits: s.Limits})
	if err != nil {
		return p, err
	}
	found := func() {
		d := r.Detected()
		p.Detected = domain.Detected{Format: d.Format, Encoding: d.Encoding, Separator: d.Separator, LineEnds: d.LineEnds,
			Rows: p.Rows, Columns: len(r.Header())}
		if !d.MadeAt.IsZero() {
			p.Detected.TemplateMadeAt = &d.MadeAt
		}
	}
	found()
	defer func() {
		found()
		for _, w := range r.Warnings() {
			if len(w.Examples) > 0 {
				w.Message += " These words stand in the file: “" + strings.Join(w.Examples, "”, “") + "”."
			}
			p.Warnings = append(p.Warnings, domain.Warning{Code: w.Code, Message: w.Message, Line: w.Line})
		}
	}()
	cols, warnings, err := names.columns(r.Header(), r.HeaderLine())
	p.Columns, p.Warnings = cols, warnings
	if err != nil {
		return p, err
	}
	w := &writer{s: s, imp: imp, plan: p}
	pass := newPass(cols, cat)
	if imp.DataType == domain.Contacts {
		pass.persons = &person.Checker{Settings: cat.Settings, Now: time.Now}
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return p, err
		}
		if err := ctx.Err(); err != nil {
			return p, fault.Wrap(fault.Busy, "interrupted", err)
		}
		p.Rows++
		if err := w.add(ctx, pass.row(row)); err != nil {
			return p, err
		}
	}
	if err := w.close(ctx); err != nil {
		return p, err
	}
	if err := s.encoding(ctx, imp, pass, r.Detected().Encoding); err != nil {
		return p, err
	}
	if err := s.fits(ctx, imp, pass); err != nil {
		return p, err
	}
	return p, s.duplicates(ctx, imp, p, pass)
}

// together joins groups of lines with numbers, of lines that name one contact by
// its number and by its address, and of persons without numbers, ordered by line.
// A line that is in two groups differs if it does in one of them.
func together(numbered, twice []duplicate, persons ...[]duplicate) []duplicate {
	byLine := map[int]duplicate{}
	for _, ds := range persons {
		for _, d := range ds {
			d.Person = true
			if have, ok := byLine[d.line]; !ok || d.Differ || !have.Differ && have.First {
				byLine[d.line] = d
			}
		}
	}
	for _, d := range twice {
		byLine[d.line] = d
	}
	if len(byLine) == 0 {
		return numbered
	}
	out := slices.DeleteFunc(numbered, func(d duplicate) bool { _, ok := byLine[d.line]; return ok })
	out = slices.AppendSeq(out, maps.Values(byLine))
	slices.SortFunc(out, func(a, b duplicate) int { return cmp.Compare(a.line, b.line) })
	return out
}

// writer cuts the rows into chunk objects.
type writer struct {
	s     *Step
	imp   *domain.Import
	plan  *flow.Plan
	buf   bytes.Buffer
	rows  *flow.RowWriter
	bytes int
}

func (w *writer) add(ctx context.Context, r flow.Row) error {
	if w.rows == nil {
		w.buf.Reset()
		rows, err := flow.NewRowWriter(&w.buf)
		if err != nil {
			return err
		}
		w.rows, w.bytes = rows, 0
		w.plan.Chunks = append(w.plan.Chunks, flow.ChunkRef{FirstLine: r.Line})
	}
	if err := w.rows.Write(r); err != nil {
		return err
	}
	ref := &w.plan.Chunks[len(w.plan.Chunks)-1]
	ref.Rows++
	ref.LastLine = r.Line
	for _, c := range r.Cells {
		w.bytes += len(c)
	}
	most, size := w.s.ChunkRows, w.s.ChunkBytes
	if most == 0 {
		most = 10_000
	}
	if size == 0 {
		size = 16 << 20
	}
	if ref.Rows < most && w.bytes < size {
		return nil
	}
	return w.close(ctx)
}

func (w *writer) close(ctx context.Context) error {
	if w.rows == nil {
		return nil
	}
	if err := w.rows.Close(); err != nil {
		return err
	}
	w.rows = nil
	n := len(w.plan.Chunks) - 1
	_, err := w.s.Files.Put(ctx, flow.ChunkKey(w.imp.Institution, w.imp.ID, n), bytes.NewReader(w.buf.Bytes()), "application/zstd")
	return err
}

// pass is what plan remembers of the rows it has seen.
type pass struct {
	cols       []flow.Column
	key, email int
	compared   []comparedColumn
	matter     []int // columns that make two lines the same
	lines      lines
	asked      bool // some [new] cell is not blank
	sample     []sampled
	sampled    int // bytes of the rows so far
	texts      []textColumn
	accents    []accented // texts by which the encoding shows
	seed       maphash.Seed

	// Of files of contacts: how values are read, where the columns are that
	// make a person, the persons that rows without a number would create, and
	// the rows with one that give an address, by line.
	persons        *person.Checker
	own            map[domain.Field]int
	undo           int
	emails, people lines
	given          []seen // its hash is the address
}

type comparedColumn struct {
	def      domain.FieldDef
	index    *field.Index
	old, new int // -1: none
}

// textColumn is one whose cells say again what is stored.
type textColumn struct {
	at    int
	field domain.Field
}

// accented is such a cell with letters that depend on the encoding.
type accented struct {
	line   int
	number domain.ContactNumber
	field  domain.Field
	cell   string
}

// sampled is a row of the first ones, kept to see whether the file fits the
// institution's contacts.
type sampled struct {
	line   int
	number domain.ContactNumber
	email  string
	old    []string
}

const (
	sampleRows  = 1000
	sampleBytes = 16 << 20
)

func newPass(cols []flow.Column, cat *domain.Catalogue) *pass {
	p := &pass{cols: cols, key: -1, email: -1, undo: -1, own: map[domain.Field]int{}, seed: maphash.MakeSeed()}
	at := map[domain.Field]int{}
	for i, c := range cols {
		if f, ok := stored(c, cat); ok {
			p.texts = append(p.texts, textColumn{i, f})
		}
		switch c.Role {
		case flow.KeyRole:
			p.key = i
		case flow.InfoRole:
			if c.Field == domain.ContactEmail {
				p.email = i
			}
		case flow.UndoRole:
			p.undo = i
			p.matter = append(p.matter, i)
		case flow.OldRole, flow.NewRole:
			p.matter = append(p.matter, i)
			if c.Role == flow.NewRole {
				p.own[c.Field] = i
			}
			k, ok := at[c.Field]
			if !ok {
				k = len(p.compared)
				at[c.Field] = k
				d, _ := cat.Lookup(c.Field)
				p.compared = append(p.compared, comparedColumn{def: d, index: field.NewIndex(d), old: -1, new: -1})
			}
			if c.Role == flow.OldRole {
				p.compared[k].old = i
			} else {
				p.compared[k].new = i
			}
		}
	}
	return p
}

// row notes what matters of a row and returns it as the chunk object has it: from
// here on its cells are without the guard that a spreadsheet needs.
func (p *pass) row(r sheet.Row) flow.Row {
	for i, c := range r.Cells {
		r.Cells[i] = sheet.Unguard(c)
	}
	out := flow.Row{Line: r.Line, Cells: r.Cells}
	if r.Fault != nil {
		out.Fault = &domain.Problem{Line: r.Line, Outcome: domain.RowRejected, Code: r.Fault.Code, Message: r.Fault.Message}
		if i := r.Fault.Column; i >= 0 && i < len(r.Cells) && i < len(p.cols) {
			out.Fault.Column, out.Fault.Value = p.cols[i].Name, domain.Shown(r.Cells[i])
			if p.cols[i].Role != flow.InfoRole {
				out.Fault.Field = p.cols[i].Field.Code()
			}
		}
		// Such a row may have asked for something; a header again has not.
		p.asked = p.asked || r.Fault.Code != sheet.CodeHeaderAgain
		return out
	}
	for _, c := range p.compared {
		if c.new >= 0 && !p.asked && !field.Blank(r.Cells[c.new]) {
			p.asked = true
		}
	}
	if p.undo >= 0 && !field.Blank(r.Cells[p.undo]) {
		p.asked = true
	}
	var h maphash.Hash
	h.SetSeed(p.seed)
	for _, i := range p.matter {
		h.WriteString(strings.TrimSpace(r.Cells[i]))
		h.WriteByte(0)
	}
	if p.persons != nil && (p.key < 0 || field.Blank(r.Cells[p.key])) {
		p.person(r, h.Sum64())
		return out
	}
	n, problem := field.ParseNumber(r.Cells[p.key])
	if problem != nil {
		return out // the chunk step reports it, in its place
	}
	p.lines.add(n, h.Sum64(), r.Line)
	for _, c := range p.texts {
		if text := r.Cells[c.at]; len(p.accents) < sampleRows && len(text) < 1000 && strings.ContainsFunc(text, notASCII) {
			p.accents = append(p.accents, accented{r.Line, n, c.field, strings.Clone(text)})
		}
	}
	if i, ok := p.own[domain.ContactEmail]; ok && p.persons != nil {
		if e, _, problem := p.persons.Parse(domain.ContactEmail, r.Cells[i]); problem == nil && !e.Keep {
			p.given = append(p.given, seen{p.lines.code(n), p.address(e.Value), r.Line})
		}
	}
	for _, c := range r.Cells {
		p.sampled += len(c) // which the sample keeps: the cells of a row share memory
	}
	if len(p.sample) < sampleRows && p.sampled < sampleBytes {
		s := sampled{line: r.Line, number: n}
		if p.email >= 0 {
			s.email = strings.TrimSpace(r.Cells[p.email])
		}
		for _, c := range p.compared {
			if c.old >= 0 {
				s.old = append(s.old, r.Cells[c.old])
			}
		}
		p.sample = append(p.sample, s)
	}
	return out
}

// person notes a row of contacts without a number, by what makes it one person.
func (p *pass) person(r sheet.Row, hash uint64) {
	fields := map[domain.Field]domain.Value{}
	for _, f := range []domain.Field{domain.ContactEmail, domain.ContactLastName, domain.ContactFirstName, domain.ContactBirthDate} {
		if i, ok := p.own[f]; ok {
			if e, _, problem := p.persons.Parse(f, r.Cells[i]); problem == nil {
				fields[f] = e.Value
			}
		}
	}
	for _, k := range person.Key(fields) {
		of := &p.people
		if strings.HasPrefix(k, "email:") {
			of = &p.emails
		}
		of.addPerson(maphash.String(p.seed, k), hash, r.Line)
	}
}

// duplicates writes, for each chunk, which of its rows share their contact with
// other rows.
func (s *Step) duplicates(ctx context.Context, imp *domain.Import, p *flow.Plan, pass *pass) error {
	numbered := pass.lines.duplicates()
	persons := [][]duplicate{pass.emails.duplicates()}
	if !imp.AllowSamePerson {
		persons = append(persons, pass.people.duplicates())
	}
	twice, err := s.namedTwice(ctx, imp, pass)
	if err != nil {
		return err
	}
	groups := together(numbered, twice, persons...)
	if len(groups) == 0 {
		return nil
	}
	var same, differ, firstSame, firstDiffer, alike, firstPerson int
	n, ofChunk := 0, flow.Duplicates{}
	put := func() error {
		if len(ofChunk) == 0 {
			return nil
		}
		p.Chunks[n].Duplicates = true
		err := s.put(ctx, flow.DuplicatesKey(imp.Institution, imp.ID, n), ofChunk)
		ofChunk = flow.Duplicates{}
		return err
	}
	for _, d := range groups { // in the order of lines
		for n < len(p.Chunks)-1 && d.line > p.Chunks[n].LastLine {
			if err := put(); err != nil {
				return err
			}
			n++
		}
		ofChunk[d.line] = d.Duplicate
		switch {
		case d.Person && imp.AllowSamePerson:
		case d.Differ && d.Person:
			if alike++; firstPerson == 0 {
				firstPerson = d.line
			}
		case d.Differ:
			if differ++; firstDiffer == 0 {
				firstDiffer = d.line
			}
		case !d.First:
			if same++; firstSame == 0 {
				firstSame = d.line
			}
		}
	}
	if err := put(); err != nil {
		return err
	}
	if same > 0 {
		p.Warnings = append(p.Warnings, domain.Warning{Code: "identicalLines", Line: firstSame,
			Message: repeats(same) + " an earlier line with the same contact and the same values; each contact is changed once."})
	}
	if alike > 0 {
		p.Warnings = append(p.Warnings, domain.Warning{Code: "samePerson", Line: firstPerson,
			Message: fmt.Sprintf("%d lines would create a person that another line creates too; all of them are rejected.", alike)})
	}
	if differ > 0 {
		p.Warnings = append(p.Warnings, domain.Warning{Code: "differentLines", Line: firstDiffer,
			Message: fmt.Sprintf("%d lines name a contact that stands on another line with other values; all of them are rejected.", differ)})
	}
	return nil
}

func repeats(n int) string {
	if n == 1 {
		return "1 line repeats"
	}
	return strconv.Itoa(n) + " lines repeat"
}

package finish

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// merged is what the results of all chunks amount to.
type merged struct {
	imp      *domain.Import
	plan     *flow.Plan
	cat      *domain.Catalogue
	sum      flow.Summary
	problems *flow.ProblemWriter
	files    []string
}

// merge streams the results of all chunks, in the order of the file, into the
// result files. Memory does not grow with the rows.
func (s *Step) merge(ctx context.Context, imp *domain.Import, plan *flow.Plan) (*merged, error) {
	cat, err := s.Catalogue.Catalogue(ctx, imp.Institution)
	if err != nil {
		return nil, err
	}
	m := &merged{imp: imp, plan: plan, cat: cat, problems: flow.NewProblemWriter(s.Files, imp.Institution, imp.ID)}
	m.sum.Fields = flow.FieldChanges{}
	m.sum.NotCompared = map[domain.Field]int{}

	g, gctx := errgroup.WithContext(ctx)
	sep := ','
	if cat.Settings.Separator == ";" {
		sep = ';'
	}
	open := func(name string) *out {
		return newOut(gctx, g, s.Files, flow.FileKey(imp.Institution, imp.ID, name), name, sep)
	}
	errs, changes := open("errors"), open("changes")
	outs := []*out{errs, changes}
	if imp.Action == domain.Update {
		outs = append(outs, open("undo"))
	}
	write := func() error {
		for n := range plan.Chunks {
			sum, err := s.results(gctx, imp, plan, n, func(r flow.Result) error {
				for _, p := range r.Problems {
					if err := m.problems.Add(gctx, p); err != nil {
						return err
					}
				}
				if err := m.failed(errs, r); err != nil {
					return err
				}
				if err := m.changed(changes, r); err != nil {
					return err
				}
				if len(outs) > 2 {
					return m.undo(outs[2], r)
				}
				return nil
			})
			if err != nil {
				return err
			}
			m.add(sum)
		}
		return m.problems.Close(gctx)
	}
	err = write()
	for _, o := range outs {
		o.close(err)
		if o.rows > 0 {
			m.files = append(m.files, o.name)
		}
	}
	if werr := g.Wait(); err == nil {
		err = werr
	}
	return m, err
}

func (m *merged) add(sum flow.Summary) {
	m.sum.Counts = m.sum.Counts.Plus(sum.Counts)
	m.sum.Fields.Plus(sum.Fields)
	for f, n := range sum.NotCompared {
		m.sum.NotCompared[f] += n
	}
	for code, n := range sum.Notes {
		if m.sum.Notes == nil {
			m.sum.Notes = map[string]flow.Note{}
		}
		if have, ok := m.sum.Notes[code]; ok {
			have.Count += n.Count
			n = have
		}
		m.sum.Notes[code] = n
	}
}

// out is one result file on its way to the store. It is begun with its first
// row: a file without rows is not stored.
type out struct {
	name  string
	rows  int
	start func() *sheet.Writer
	w     *sheet.Writer
	pipe  *io.PipeWriter
}

func newOut(ctx context.Context, g *errgroup.Group, files interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
}, key, name string, sep rune) *out {
	o := &out{name: name}
	o.start = func() *sheet.Writer {
		r, w := io.Pipe()
		o.pipe = w
		g.Go(func() error {
			_, err := files.Put(ctx, key, r, "text/csv; charset=utf-8")
			r.CloseWithError(err) // so that a writer never waits for a reader that left
			return err
		})
		return sheet.NewWriter(w, sep)
	}
	return o
}

func (o *out) row(header func() []string, cells []string) error {
	if o.w == nil {
		o.w = o.start()
		if err := o.w.Write(header()); err != nil {
			return err
		}
	}
	o.rows++
	return o.w.Write(cells)
}

func (o *out) close(err error) {
	if o.pipe == nil {
		return
	}
	if err == nil {
		err = o.w.Flush()
	}
	o.pipe.CloseWithError(err) // nil ends the file
}

// failed writes a row that did not go in to errors.csv, as it was uploaded.
// Guard and Unguard leave a cell's meaning as it is and keep a spreadsheet from
// running it.
func (m *merged) failed(o *out, r flow.Result) error {
	if r.Outcome != domain.RowRejected && r.Outcome != domain.RowConflicted && r.Outcome != domain.Unprocessed {
		return nil
	}
	keep := func(i int) bool {
		return i >= len(m.plan.Columns) || m.plan.Columns[i].Role != flow.ErrorRole
	}
	var cells []string
	for i, c := range r.Cells {
		if keep(i) {
			cells = append(cells, sheet.Unguard(c))
		}
	}
	width := 0
	for i := range m.plan.Columns {
		if keep(i) {
			width++
		}
	}
	for len(cells) < width {
		cells = append(cells, "")
	}
	if len(cells) > width {
		// A row with too many cells keeps them all, behind the columns.
		cells = slices.Concat(cells[:width], errorCells(r), cells[width:])
	} else {
		cells = append(cells, errorCells(r)...)
	}
	return o.row(func() []string {
		var h []string
		for i, c := range m.plan.Columns {
			if keep(i) {
				h = append(h, c.Name)
			}
		}
		return append(h, "[error] line", "[error] outcome", "[error] column", "[error] message")
	}, cells)
}

func errorCells(r flow.Result) []string {
	var cols, texts []string
	for _, p := range r.Problems {
		if p.Column != "" && !slices.Contains(cols, p.Column) {
			cols = append(cols, p.Column)
		}
		text := p.Message
		// A message that asks "Did you mean …?" has said it.
		if p.Suggestion != "" && !strings.HasSuffix(text, p.Suggestion+"?") {
			text += " " + p.Suggestion
		}
		if len(r.Problems) > 1 && p.Column != "" {
			text = p.Column + ": " + text
		}
		texts = append(texts, text)
	}
	return []string{strconv.Itoa(r.Line), string(r.Outcome), strings.Join(cols, ", "), strings.Join(texts, " / ")}
}

// changed writes what a row changed to changes.csv, a line a value.
func (m *merged) changed(o *out, r flow.Result) error {
	for _, c := range r.Changes {
		d, ok := m.cat.Lookup(c.Field)
		if !ok {
			d = domain.FieldDef{Code: c.Field.Code(), Kind: domain.Text}
		}
		err := o.row(func() []string { return []string{"Contact", "Line", "Field", "Before", "After"} },
			[]string{key(r.Number), strconv.Itoa(r.Line), d.Name(), field.Format(c.Before, d), field.Format(c.After, d)})
		if err != nil {
			return err
		}
	}
	return nil
}

// key is how a contact's number stands in a file: "" where a test cannot know
// it yet.
func key(n domain.ContactNumber) string {
	if n == "" {
		return ""
	}
	return "#" + string(n)
}

// undo writes the row that puts back what a row changed to undo.csv.
func (m *merged) undo(o *out, r flow.Result) error {
	if len(r.Changes) == 0 || r.Removed {
		return nil // a number is never used again, so what was removed stays so
	}
	cells := []string{key(r.Number)}
	header := []string{flow.KeyColumn}
	created := r.Outcome == domain.Created
	if m.imp.DataType == domain.Contacts {
		header = append(header, flow.UndoColumn)
		by := ""
		if created {
			by = m.imp.ID
		}
		cells = append(cells, by)
	}
	for _, col := range m.plan.Columns {
		if col.Role != flow.NewRole {
			continue
		}
		d, ok := m.cat.Lookup(col.Field)
		if !ok {
			continue // deleted since: nothing of it can be put back
		}
		name := m.columnName(d)
		header = append(header, "[old] "+name, "[new] "+name)
		old, back := "", ""
		for _, c := range r.Changes {
			if c.Field == col.Field {
				if old = field.Format(c.After, d); !created {
					back = field.FormatNew(c.Before, d)
				}
			}
		}
		cells = append(cells, old, back)
	}
	return o.row(func() []string { return header }, cells)
}

// columnName is how a result file calls a field: where a code is the name of a
// column of contacts but for its case, as EMAIL is, by its full name.
func (m *merged) columnName(d domain.FieldDef) string {
	if m.imp.DataType == domain.Contacts && d.Kind != domain.ContactText {
		for _, c := range domain.ContactFields {
			if strings.EqualFold(c.Column, d.Code) {
				return string(d.Field())
			}
		}
	}
	return d.Name()
}

const (
	// listed bounds how many transitions of a field are reported one by one, and
	// reportBytes what the reports of all fields may take in the stored import.
	listed      = 50
	reportBytes = 200 << 10
)

// fields reports the changes by field, in the order of the file's columns, with
// fewer single transitions where there would be too many in all.
func (m *merged) fields() ([]domain.FieldReport, error) {
	for most := listed; ; most /= 2 {
		out := m.fieldsUpTo(most)
		b, err := json.Marshal(out)
		if err != nil || len(b) <= reportBytes || most == 0 {
			return out, err
		}
	}
}

func (m *merged) fieldsUpTo(listed int) []domain.FieldReport {
	var out []domain.FieldReport
	for _, col := range m.plan.Columns {
		if col.Role != flow.NewRole {
			continue
		}
		d, ok := m.cat.Lookup(col.Field)
		if !ok {
			continue
		}
		r := domain.FieldReport{Field: d.Name(), Label: d.Label, Kind: d.Kind, Changes: []domain.Transition{}, NotCompared: m.sum.NotCompared[col.Field]}
		for from, tos := range m.sum.Fields[col.Field] {
			for to, n := range tos {
				r.Changes = append(r.Changes, domain.Transition{From: from, To: to, Count: n})
			}
		}
		slices.SortFunc(r.Changes, func(a, b domain.Transition) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
		})
		if len(r.Changes) > listed {
			rest := 0
			for _, t := range r.Changes[listed:] {
				rest += t.Count
			}
			r.Changes = append(r.Changes[:listed], domain.Transition{From: "(other)", To: "(other)", Count: rest})
		}
		out = append(out, r)
	}
	return out
}

// namedFields is how many fields the warnings of one code name.
const namedFields = 20

func notCompared(n int, of string) string {
	if n == 1 {
		return "1 cell of " + of + " is not compared"
	}
	return strconv.Itoa(n) + " cells of " + of + " are not compared"
}

// warnings are the notes of all rows, one of each code.
func (m *merged) warnings() []domain.Warning {
	var out []domain.Warning
	others, cells := 0, 0
	for _, col := range m.plan.Columns {
		if n := m.sum.NotCompared[col.Field]; col.Role == flow.NewRole && n > 0 {
			if len(out) == namedFields {
				others, cells = others+1, cells+n
				continue
			}
			d, _ := m.cat.Lookup(col.Field)
			out = append(out, domain.Warning{Code: "cellsNotCompared",
				Message: notCompared(n, d.Name()) + ", because there is no [old] column."})
		}
	}
	if others > 0 {
		out = append(out, domain.Warning{Code: "cellsNotCompared",
			Message: notCompared(cells, strconv.Itoa(others)+" more fields") + "."})
	}
	for code, n := range m.sum.Notes {
		w := domain.Warning{Code: code, Message: n.Message, Line: n.Line}
		if n.Count > 1 {
			w.Message += " (" + strconv.Itoa(n.Count) + " times)"
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b domain.Warning) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Code, b.Code)) })
	return out
}

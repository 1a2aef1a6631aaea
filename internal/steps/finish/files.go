package finish

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// columns are the file's columns as the result files have them, resolved once.
type columns struct {
	imp    *domain.Import
	cat    *domain.Catalogue
	file   []flow.Column
	kept   []int // places of the columns that errors.csv repeats
	width  int   // of the uploaded file
	errors []string
	undo   []string
	fields []fieldColumn // with a [new] column and still in the catalogue
}

type fieldColumn struct {
	field domain.Field
	def   domain.FieldDef
}

func newColumns(imp *domain.Import, plan *flow.Plan, cat *domain.Catalogue) columns {
	c := columns{imp: imp, cat: cat, file: plan.Columns, width: len(plan.Columns), undo: []string{flow.KeyColumn}}
	for i, col := range plan.Columns {
		if col.Role != flow.ErrorRole && !col.Found {
			c.kept = append(c.kept, i)
			c.errors = append(c.errors, cmp.Or(col.Ours, col.Name)) // so that it comes in again as it is
		}
	}
	c.errors = append(c.errors, "[error] line", "[error] outcome", "[error] column", "[error] message")
	if imp.DataType == domain.Contacts {
		c.undo = append(c.undo, flow.UndoColumn)
	}
	for _, f := range flow.NewLayout(plan.Columns).Fields {
		d, ok := cat.Lookup(f.Field)
		if !ok {
			continue // deleted since: nothing of it can be put back
		}
		c.fields = append(c.fields, fieldColumn{f.Field, d})
		name := d.NameIn(imp.DataType)
		c.undo = append(c.undo, "[old] "+name, "[new] "+name)
	}
	return c
}

// resultFiles are the files that the user fetches.
type resultFiles struct {
	cols                  *columns
	errors, changes, undo *out  // undo is nil for a test
	book                  *book // of the errors, nil unless a workbook came in
}

func newResultFiles(ctx context.Context, g *errgroup.Group, files flow.Putter, imp *domain.Import, cols *columns, sep rune) *resultFiles {
	open := func(name string) *out {
		return newOut(ctx, g, files, flow.FileKey(imp.Institution, imp.AccountID(), name), name, sep)
	}
	f := &resultFiles{cols: cols, errors: open("errors"), changes: open("changes")}
	if imp.Action == domain.Update {
		f.undo = open("undo")
	}
	if d := imp.Detected; d != nil && d.Format != "" && d.Separator == "" {
		f.book = newBook(ctx, g, files, cols)
	}
	return f
}

// row writes what the files have to say of one row.
func (f *resultFiles) row(r flow.Result) error {
	if cells := f.cols.failed(r); cells != nil {
		if err := f.errors.row(f.cols.errors, cells); err != nil {
			return err
		}
		if err := f.book.row(cells, f.cols.wrong(r)); err != nil {
			return err
		}
	}
	for _, cells := range f.cols.changed(r) {
		if err := f.changes.row(changesHeader, cells); err != nil {
			return err
		}
	}
	if f.undo == nil {
		return nil
	}
	if cells := f.cols.back(r); cells != nil {
		return f.undo.row(f.cols.undo, cells)
	}
	return nil
}

// close ends the files, or abandons them for an error, and returns the names of
// those that have rows.
func (f *resultFiles) close(err error) []string {
	var names []string
	for _, o := range []*out{f.errors, f.changes, f.undo} {
		if o == nil {
			continue
		}
		o.close(err)
		if o.rows > 0 {
			names = append(names, o.name)
		}
	}
	if f.book.close(err) {
		names = append(names, flow.ErrorsBook)
	}
	return names
}

// failed is the line of errors.csv for a row that did not go in, as it was
// uploaded; nil for any other. A row with too many cells keeps them all, behind
// the columns.
func (c *columns) failed(r flow.Result) []string {
	if r.Outcome != domain.RowRejected && r.Outcome != domain.RowConflicted && r.Outcome != domain.Unprocessed {
		return nil
	}
	cells := make([]string, 0, len(c.errors))
	for _, i := range c.kept {
		cell := ""
		if i < len(r.Cells) {
			cell = r.Cells[i]
		}
		cells = append(cells, cell)
	}
	cells = append(cells, errorCells(r, c.imp.Language)...)
	if len(r.Cells) > c.width {
		cells = append(cells, r.Cells[c.width:]...)
	}
	return cells
}

// errorCells say in the language what became of a row and why.
func errorCells(r flow.Result, lang string) []string {
	var cols, texts []string
	for _, p := range r.Problems {
		if p.Column != "" && !slices.Contains(cols, p.Column) {
			cols = append(cols, p.Column)
		}
		text := p.Message(lang)
		// A message that asks "Did you mean …?" has said it.
		if s := p.Suggestion(lang); s != "" && (p.Fix() == "" || !strings.Contains(text, s)) {
			text += " " + s
		}
		if len(r.Problems) > 1 && p.Column != "" {
			text = p.Column + reason.Colon(lang) + " " + text
		}
		texts = append(texts, text)
	}
	return []string{strconv.Itoa(r.Line), reason.Word(lang, "outcome."+string(r.Outcome)), strings.Join(cols, ", "), strings.Join(texts, " / ")}
}

var changesHeader = []string{"Contact", "Line", "Field", "Before", "After"}

// changed are the lines of changes.csv for a row, one a value.
func (c *columns) changed(r flow.Result) [][]string {
	out := make([][]string, 0, len(r.Changes))
	for _, ch := range r.Changes {
		d, ok := c.cat.Lookup(ch.Field)
		if !ok {
			d = domain.FieldDef{Code: ch.Field.Code(), Kind: domain.Text}
		}
		out = append(out, []string{key(r.Number), strconv.Itoa(r.Line), d.Name(), field.Format(ch.Before, d), field.Format(ch.After, d)})
	}
	return out
}

// back is the line of undo.csv that puts back what a row changed; nil where there
// is nothing to put back. A number is never used again, so what was removed stays
// so.
func (c *columns) back(r flow.Result) []string {
	if len(r.Changes) == 0 || r.Removed {
		return nil
	}
	cells := append(make([]string, 0, len(c.undo)), key(r.Number))
	created := r.Outcome == domain.Created
	if c.imp.DataType == domain.Contacts {
		by := ""
		if created {
			by = c.imp.ID
		}
		cells = append(cells, by)
	}
	for _, f := range c.fields {
		old, back := "", ""
		for _, ch := range r.Changes {
			if ch.Field == f.field {
				if old = field.Format(ch.After, f.def); !created {
					back = field.FormatNew(ch.Before, f.def)
				}
			}
		}
		cells = append(cells, old, back)
	}
	return cells
}

// key is how a contact's number stands in a file: "" where a test cannot know
// it yet.
func key(n domain.ContactNumber) string {
	if n == "" {
		return ""
	}
	return "#" + string(n)
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

func newOut(ctx context.Context, g *errgroup.Group, files flow.Putter, key, name string, sep rune) *out {
	o := &out{name: name}
	o.start = func() *sheet.Writer {
		r, w := io.Pipe()
		o.pipe = w
		g.Go(func() error {
			_, err := files.Put(ctx, key, r, flow.FileType(name))
			r.CloseWithError(err) // so that a writer never waits for a reader that left
			return err
		})
		return sheet.NewWriter(w, sep)
	}
	return o
}

func (o *out) row(header, cells []string) error {
	if o.w == nil {
		o.w = o.start()
		if err := o.w.Write(header); err != nil {
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

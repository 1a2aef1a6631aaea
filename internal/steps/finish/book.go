package finish

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/file/workbook"
	"rollbook/internal/importing/flow"
)

// A book is errors.csv as a workbook on its way to the store, for those who sent
// one: with the lists of the template, and the cells at fault marked. Where a
// workbook cannot take what is in errors.csv, there is only that.
type book struct {
	start func() error
	w     *workbook.Writer
	pipe  *io.PipeWriter
	// given up says that a workbook cannot take the rows.
	givenUp atomic.Bool
}

var errGivenUp = errors.New("more than a workbook takes")

func newBook(ctx context.Context, g *errgroup.Group, files flow.Putter, cols *columns) *book {
	b := &book{}
	b.start = func() error {
		r, w := io.Pipe()
		b.pipe = w
		g.Go(func() error {
			_, err := files.Put(ctx, flow.FileKey(cols.imp.Institution, cols.imp.AccountID(), flow.ErrorsBook), r, flow.FileType(flow.ErrorsBook))
			r.CloseWithError(err)
			if b.givenUp.Load() {
				return nil
			}
			return err
		})
		var err error
		b.w, err = workbook.New(w, cols.table())
		return err
	}
	return b
}

// row writes the cells of a line of errors.csv.
func (b *book) row(cells []string, wrong []int) error {
	if b == nil || b.givenUp.Load() {
		return nil
	}
	if b.pipe == nil {
		if err := b.start(); err != nil {
			return b.failed(err)
		}
	}
	return b.failed(b.w.WriteMarked(cells, wrong))
}

// failed gives the workbook up for what it cannot take.
func (b *book) failed(err error) error {
	if f, ok := fault.As(err); !ok || f.Kind != fault.TooLarge {
		return err
	}
	b.givenUp.Store(true)
	b.pipe.CloseWithError(errGivenUp)
	return nil
}

// close ends the workbook, or abandons it for an error, and reports whether there
// is one.
func (b *book) close(err error) bool {
	if b == nil || b.pipe == nil || b.givenUp.Load() {
		return false
	}
	if err == nil {
		err = b.w.Close()
	}
	b.pipe.CloseWithError(err)
	return err == nil
}

// table is that of the errors as a workbook. A template's says when the template
// was made, so that it is known of the corrected file too.
func (c *columns) table() workbook.Table {
	t := workbook.Table{Name: string(c.imp.DataType), Language: c.imp.Language, Loose: true}
	if c.imp.Detected.TemplateMadeAt != nil {
		t.Made = *c.imp.Detected.TemplateMadeAt
	}
	for k, name := range c.errors {
		col := workbook.Column{Name: name}
		if k < len(c.kept) {
			of := c.file[c.kept[k]]
			if d, ok := c.cat.Lookup(of.Field); ok && of.Role == flow.NewRole {
				col.Field, col.Open, col.Options = &d, true, workbook.OptionsOf(of.Field, c.cat.Settings)
			}
		}
		t.Columns = append(t.Columns, col)
	}
	return t
}

// wrong are the places of a row's cells that are at fault, among those of
// errors.csv.
func (c *columns) wrong(r flow.Result) []int {
	var out []int
	for k, i := range c.kept {
		at := slices.ContainsFunc(r.Problems, func(p domain.Problem) bool { return p.Column == c.file[i].Name })
		if at {
			out = append(out, k)
		}
	}
	return out
}

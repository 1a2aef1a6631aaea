package plan

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// codeLeftOut is that of a row that a correction leaves out.
const codeLeftOut reason.Code = "rowsLeftOut"

func leftOut(r sheet.Row) bool { return r.Fault != nil && r.Fault.Code == codeLeftOut }

// A corrector applies a recipe's corrections to rows, in the order of the file. A
// correction that comes later in the list sees what the earlier ones made of a cell.
type corrector struct {
	list  []domain.Correction
	cells []int // how many cells each has changed, or whether it left its row out
	// columns have the corrections of each column of the file, by what its cells
	// say and by line; left and settle are the others, by line, 0 for all.
	columns map[int]*columnCorrections
	left    map[int]int
	settle  map[int][]int
	// ofParts are the columns that others are made of, corrected before that.
	ofParts map[int]*columnCorrections

	pairs map[string]pair // of [new] columns, by their names
	tests []*conflicts
	since []int // the first of the tests that each correction is about
}

type columnCorrections struct {
	from map[string][]int // places in the list, the first one first
	line map[int][]int
}

// pair is where a [new] column and its [old] one are in the file; -1 for none.
type pair struct{ new, old int }

// step is one correction of a cell.
type step struct {
	at int // place in the list
	to string
}

// corrector makes that of an import, nil if its recipe has no corrections.
func (s *Step) corrector(ctx context.Context, imp *domain.Import, raw []string, headers []domain.Header, rr *rowReader) (*corrector, error) {
	if imp.Corrections == nil {
		return nil, nil
	}
	b, err := s.Files.Get(ctx, imp.Corrections.Key)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil, fault.New(fault.Invalid, "fileGone")
		}
		return nil, err
	}
	c := &corrector{columns: map[int]*columnCorrections{}, left: map[int]int{}, settle: map[int][]int{}, pairs: map[string]pair{}}
	if err := json.Unmarshal(b, &c.list); err != nil {
		return nil, err
	}
	c.cells = make([]int, len(c.list))
	at := map[string]int{}
	for i := len(headers) - 1; i >= 0; i-- {
		at[text.Normalise(raw[i])] = i
	}
	for i, h := range headers {
		at[text.Normalise(h.Name)] = i
	}
	for k, x := range c.list {
		switch {
		case x.LeaveOut:
			c.left[x.Line] = k
		case x.Of() != "":
			c.settle[x.Line] = append(c.settle[x.Line], k)
		default:
			i, there := at[text.Normalise(x.Column)]
			if !there || x.To == nil {
				continue
			}
			of := c.columns[i]
			if of == nil {
				of = &columnCorrections{map[string][]int{}, map[int][]int{}}
				c.columns[i] = of
			}
			if x.From != nil {
				from := strings.TrimSpace(*x.From)
				of.from[from] = append(of.from[from], k)
			} else {
				of.line[x.Line] = append(of.line[x.Line], k)
			}
		}
	}
	c.ofParts = map[int]*columnCorrections{}
	for _, j := range rr.joints {
		for _, i := range j.from {
			if i != j.at && c.columns[i] != nil {
				c.ofParts[i] = c.columns[i]
				delete(c.columns, i)
			}
		}
	}
	if len(c.settle) > 0 {
		for _, id := range imp.Corrections.Tests {
			c.tests = append(c.tests, &conflicts{get: s.Files, in: imp.Institution, id: id})
		}
		c.since = make([]int, len(c.list))
		for k, x := range c.list {
			c.since[k] = max(0, slices.Index(imp.Corrections.Tests, x.Since))
		}
		for _, f := range rr.layout.Fields {
			p := pair{rr.kept[f.New], -1}
			if f.Old >= 0 {
				p.old = rr.kept[f.Old]
			}
			c.pairs[rr.cols[f.New].Name] = p
		}
	}
	return c, nil
}

// parts corrects the cells of a row that others are made of.
func (c *corrector) parts(r *sheet.Row) {
	if _, left := c.left[r.Line]; left || r.Fault != nil {
		return
	}
	for i, of := range c.ofParts {
		c.cell(r, i, of, nil)
	}
}

// row corrects one row.
func (c *corrector) row(ctx context.Context, r *sheet.Row) error {
	if k, ok := c.left[r.Line]; ok {
		c.cells[k] = 1
		r.Cells, r.Fault = nil, &sheet.RowFault{Reason: reason.New(string(codeLeftOut), 1), Column: -1}
	}
	more, err := c.settled(ctx, r.Line)
	if err != nil || r.Fault != nil {
		return err
	}
	for i, of := range c.columns {
		c.cell(r, i, of, more[i])
		delete(more, i)
	}
	for i, steps := range more {
		c.cell(r, i, &columnCorrections{}, steps)
	}
	return nil
}

// cell takes a cell through the corrections that meet it.
func (c *corrector) cell(r *sheet.Row, i int, of *columnCorrections, more []step) {
	next := func(list []int, after int) int {
		n, found := slices.BinarySearch(list, after)
		if found {
			n++
		}
		if n < len(list) {
			return list[n]
		}
		return len(c.list)
	}
	for at := -1; ; {
		s := step{at: min(next(of.from[strings.TrimSpace(r.Cells[i])], at), next(of.line[r.Line], at))}
		if s.at < len(c.list) {
			s.to = *c.list[s.at].To
		}
		for _, m := range more {
			if m.at > at && m.at < s.at {
				s = m
			}
		}
		if s.at == len(c.list) {
			return
		}
		if r.Cells[i] != s.to {
			r.Cells[i] = s.to
			c.cells[s.at]++
		}
		at = s.at
	}
}

// settled returns what the corrections of conflicts make of the cells of a line, by
// column and in their order.
func (c *corrector) settled(ctx context.Context, line int) (map[int][]step, error) {
	if len(c.tests) == 0 {
		return nil, nil
	}
	live := map[string]shown{}
	for n, t := range c.tests {
		if err := t.of(ctx, line, n, live); err != nil {
			return nil, err
		}
	}
	if len(live) == 0 {
		return nil, nil
	}
	out := map[int][]step{}
	all := append(slices.Clone(c.settle[0]), c.settle[line]...)
	slices.Sort(all)
	for _, k := range all {
		for column, is := range live {
			p, ok := c.pairs[column]
			of := c.list[k].Column
			switch {
			case !ok, is.test < c.since[k], of != "" && text.Normalise(of) != text.Normalise(column):
			case c.list[k].Of() == domain.Theirs:
				out[p.new] = append(out[p.new], step{k, ""})
			case p.old >= 0:
				out[p.old] = append(out[p.old], step{k, is.live})
			}
		}
	}
	return out, nil
}

// conflicts are those that a test showed, in the order of the file.
type conflicts struct {
	get    flow.Getter
	in     domain.InstitutionID
	id     string
	page   []domain.Problem
	cursor string
	ended  bool
}

// shown is what the last test that showed a cell as a conflict had as stored.
type shown struct {
	test int
	live string
}

// of adds to live what the test, the nth, showed as stored for the cells of a line,
// by their columns. Lines are asked for in rising order.
func (c *conflicts) of(ctx context.Context, line, n int, live map[string]shown) error {
	for {
		for len(c.page) > 0 && c.page[0].Line <= line {
			if p := c.page[0]; p.Line == line && p.Code == "conflict" && p.Live != nil {
				live[p.Column] = shown{n, *p.Live}
			}
			c.page = c.page[1:]
		}
		if len(c.page) > 0 || c.ended {
			return nil
		}
		var err error
		c.page, c.cursor, err = flow.Problems(ctx, c.get, c.in, c.id, flow.ProblemFilter{Outcome: domain.RowConflicted}, 1000, c.cursor)
		if err != nil {
			return err
		}
		c.ended = c.cursor == ""
	}
}

// correctedFile writes the file as it is read, nil where it is read as it came.
type correctedFile struct {
	w    *sheet.Writer
	pipe *io.PipeWriter
	done chan error
	// columns is how many the file has; behind them is what was found.
	columns int
}

func (s *Step) correctedFile(ctx context.Context, imp *domain.Import, settings domain.Settings, rr *rowReader) *correctedFile {
	if rr.corrector == nil {
		return nil
	}
	r, w := io.Pipe()
	f := &correctedFile{w: sheet.NewWriter(w, rune(cmp.Or(settings.Separator, ",")[0])), pipe: w, done: make(chan error, 1)}
	go func() {
		_, err := s.Files.Put(ctx, flow.FileKey(imp.Institution, imp.ID, flow.Corrected), r, "text/csv; charset=utf-8")
		r.CloseWithError(cmp.Or(err, io.ErrClosedPipe))
		f.done <- err
	}()
	names := make([]string, 0, len(rr.cols))
	for _, c := range rr.cols[:len(rr.kept)] {
		names = append(names, c.Name)
	}
	if rr.whole >= 0 { // a name is in two columns now
		first := rr.cols[len(rr.kept)]
		names[rr.whole] = rr.cols[rr.whole].Ours
		names = append(names, first.Ours)
	}
	f.columns = len(names)
	_ = f.w.Write(names) // an error comes again with the next row
	return f
}

// add writes a row that is not left out.
func (f *correctedFile) add(r flow.Row) error {
	if f == nil || r.Fault != nil && r.Fault.Code == codeLeftOut {
		return nil
	}
	cells := r.Cells
	if r.Fault == nil {
		cells = cells[:f.columns]
	}
	return f.w.Write(cells)
}

// close ends the file, or gives it up for an error.
func (f *correctedFile) close(err error) error {
	if f == nil {
		return nil
	}
	if err == nil {
		err = f.w.Flush()
	}
	f.pipe.CloseWithError(err)
	if perr := <-f.done; err == nil {
		err = perr
	}
	return err
}

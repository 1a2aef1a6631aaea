package flow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"rollbook/internal/domain"
)

const (
	// firstProblems and firstBytes bound what an import itself holds.
	firstProblems = 100
	firstBytes    = 80 << 10
)

// Getter reads a whole small object, or fails with kind NotFound.
type Getter interface {
	Get(ctx context.Context, key string) ([]byte, error)
}

// Putter stores an object.
type Putter interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
}

// ProblemRow is a row that was not taken, with what is wrong with it.
type ProblemRow struct {
	Line     int                  `json:"line"`
	Number   domain.ContactNumber `json:"number,omitempty"`
	Outcome  domain.Outcome       `json:"outcome"`
	Cells    []string             `json:"cells"` // in the order of the plan's columns
	Problems []domain.Problem     `json:"problems"`
}

// ProblemWriter stores an import's problems in pages with an index: one by one, the
// equal ones as one, and the rows that have them.
type ProblemWriter struct {
	puts                   puts
	problems, groups, rows pageWriter
	equal                  grouper
	in                     domain.InstitutionID
	id                     string
	First                  []domain.Problem // the first 100, fewer if they are long: they must fit into an import
	Count                  int
	bytes                  int // of First
	buf                    bytes.Buffer
	enc                    *json.Encoder // into buf
	head                   ProblemRow
	row                    []byte
	keys                   []groupKey // of the row's problems
}

// NewProblemWriter starts writing.
func NewProblemWriter(put Putter, in domain.InstitutionID, id string) *ProblemWriter {
	w := &ProblemWriter{puts: puts{to: put}, in: in, id: id}
	pages := func(kind string) pageWriter {
		return pageWriter{puts: &w.puts, key: func(n int) string { return problemPageKey(in, id, kind, n) }}
	}
	w.problems, w.groups, w.rows = pages(""), pages(groupPages), pages(rowPages)
	w.enc = json.NewEncoder(&w.buf)
	return w
}

// Row stores the problems of a row, in the order of the file, and the row itself if
// it was not taken because of them.
func (w *ProblemWriter) Row(ctx context.Context, r Result) error {
	w.row, w.keys = w.row[:0], w.keys[:0]
	for i := range r.Problems {
		b, key, err := w.one(ctx, r.Problems[i:i+1])
		if err != nil {
			return err
		}
		w.keys = append(w.keys, key)
		if i > 0 {
			w.row = append(w.row, ',')
		}
		w.row = append(w.row, b...)
	}
	if len(r.Problems) == 0 || r.Outcome != domain.RowRejected && r.Outcome != domain.RowConflicted {
		return nil
	}
	w.head = ProblemRow{Line: r.Line, Number: r.Number, Outcome: r.Outcome, Cells: r.Cells}
	b, err := w.json(&w.head)
	if err != nil {
		return err
	}
	// The problems are JSON already, and the last member.
	w.row = append(append(slices.Insert(w.row, 0, append(bytes.TrimSuffix(b, []byte("null}")), '[')...), ']'), '}')
	return w.rows.add(ctx, w.row, r.Problems, w.keys)
}

// json returns a value as JSON, until the next one.
func (w *ProblemWriter) json(of any) ([]byte, error) {
	w.buf.Reset()
	err := w.enc.Encode(of)
	return bytes.TrimSuffix(w.buf.Bytes(), []byte("\n")), err
}

// Add stores one problem, in the order of the file.
func (w *ProblemWriter) Add(ctx context.Context, p domain.Problem) error {
	_, _, err := w.one(ctx, []domain.Problem{p})
	return err
}

// one stores one problem and returns it as JSON, until the next one, and its group.
func (w *ProblemWriter) one(ctx context.Context, p []domain.Problem) ([]byte, groupKey, error) {
	w.Count++
	b, err := w.json(&p[0])
	if err != nil {
		return nil, groupKey{}, err
	}
	if len(w.First) < firstProblems && w.bytes < firstBytes {
		w.First, w.bytes = append(w.First, p[0]), w.bytes+len(b)
	}
	key := w.equal.add(p[0], b)
	return b, key, w.problems.add(ctx, b, p, []groupKey{key})
}

// Close stores the last pages, the groups and the indexes.
func (w *ProblemWriter) Close(ctx context.Context) error {
	groups := w.equal.sorted()
	for i := range groups {
		b, err := w.json(&groups[i])
		if err != nil {
			return err
		}
		key, _ := keyNamed(groups[i].Group)
		if err := w.groups.add(ctx, b, []domain.Problem{groups[i].Problem}, []groupKey{key}); err != nil {
			return err
		}
	}
	lists := []struct {
		pages *pageWriter
		kind  string
	}{{&w.rows, rowPages}, {&w.groups, groupPages}, {&w.problems, ""}}
	for _, p := range lists {
		if err := p.pages.flush(ctx); err != nil {
			return err
		}
	}
	// An index names no page that is not there.
	if err := w.puts.wait(); err != nil {
		return err
	}
	for _, p := range lists {
		if err := putJSON(ctx, w.puts.to, problemIndexKey(w.in, w.id, p.kind), p.pages.index); err != nil {
			return err
		}
	}
	return nil
}

// Stop gives up what is not stored yet, and returns when nothing is under way. After
// Close it does nothing.
func (w *ProblemWriter) Stop() {
	if w.puts.group != nil {
		w.puts.stop()
		_ = w.puts.group.Wait() // what it says was said, or is not wanted
	}
}

// ProblemFilter chooses problems; "" means any.
type ProblemFilter struct {
	Outcome domain.Outcome
	Field   string // CODE or column name
	Group   string // as ProblemGroup names it
}

// aboutOf is what a problem is found by: its field or, where a column such as
// Contact stands for none, that column.
func aboutOf(p domain.Problem) string { return cmp.Or(p.Field, p.Column) }

func (f ProblemFilter) match(p domain.Problem) bool {
	return (f.Outcome == "" || p.Outcome == f.Outcome) && (f.Field == "" || aboutOf(p) == f.Field) && (f.Group == "" || groupOf(p) == f.Group)
}

// inPage reports whether a page may have what the filter chooses.
func (f ProblemFilter) inPage(ix pageIndex) bool {
	if f.Group != "" && !ix.Groups.mayHave(f.Group) {
		return false
	}
	f.Group = ""
	for k := range ix.By {
		o, field, _ := strings.Cut(k, "\n")
		if f.match(domain.Problem{Outcome: domain.Outcome(o), Field: field}) {
			return true
		}
	}
	return false
}

// Problems returns up to limit problems of an import that match, from the
// cursor on ("" for the start), and the next cursor ("" at the end). Before the
// import is finished there are none. A cursor that is not ours is kind Invalid.
func Problems(ctx context.Context, get Getter, in domain.InstitutionID, id string, f ProblemFilter, limit int, cursor string) ([]domain.Problem, string, error) {
	return problemPages(ctx, get, in, id, "", f, f.match, limit, cursor)
}

// ProblemRows returns rows with problems that match, in pages as Problems does.
func ProblemRows(ctx context.Context, get Getter, in domain.InstitutionID, id string, f ProblemFilter, limit int, cursor string) ([]ProblemRow, string, error) {
	return problemPages(ctx, get, in, id, rowPages, f, func(r ProblemRow) bool { return slices.ContainsFunc(r.Problems, f.match) }, limit, cursor)
}

func problemPages[T any](ctx context.Context, get Getter, in domain.InstitutionID, id, kind string, f ProblemFilter, match func(T) bool, limit int, cursor string) ([]T, string, error) {
	var index []pageIndex
	if _, err := getJSON(ctx, get, problemIndexKey(in, id, kind), &index); err != nil {
		return nil, "", err
	}
	return readPages(ctx, get, index, func(n int) string { return problemPageKey(in, id, kind, n) }, f, match, limit, cursor)
}

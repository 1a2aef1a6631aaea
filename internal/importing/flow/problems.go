package flow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

const (
	// problemsPerPage bounds what one answer of the API reads.
	problemsPerPage = 1000
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

// pageIndex says what a page of problems holds, so that a filter skips pages.
type pageIndex struct {
	Count int            `json:"count"`
	By    map[string]int `json:"by"` // "outcome\nfield" → number
}

// ProblemWriter stores an import's problems in pages with an index.
type ProblemWriter struct {
	put   Putter
	in    domain.InstitutionID
	id    string
	page  []domain.Problem
	index []pageIndex
	First []domain.Problem // the first 100, fewer if they are long: they must fit into an import
	Count int
	bytes int // of First
}

// NewProblemWriter starts writing.
func NewProblemWriter(put Putter, in domain.InstitutionID, id string) *ProblemWriter {
	return &ProblemWriter{put: put, in: in, id: id}
}

// Add stores one problem, in the order of the file.
func (w *ProblemWriter) Add(ctx context.Context, p domain.Problem) error {
	w.Count++
	if len(w.First) < firstProblems && w.bytes < firstBytes {
		b, err := json.Marshal(p)
		if err != nil {
			return err
		}
		w.First, w.bytes = append(w.First, p), w.bytes+len(b)
	}
	w.page = append(w.page, p)
	if len(w.page) < problemsPerPage {
		return nil
	}
	return w.flush(ctx)
}

func (w *ProblemWriter) flush(ctx context.Context) error {
	ix := pageIndex{Count: len(w.page), By: map[string]int{}}
	for _, p := range w.page {
		ix.By[string(p.Outcome)+"\n"+about(p)]++
	}
	b, err := json.Marshal(w.page)
	if err != nil {
		return err
	}
	if _, err := w.put.Put(ctx, problemPageKey(w.in, w.id, len(w.index)), bytes.NewReader(b), "application/json"); err != nil {
		return err
	}
	w.index = append(w.index, ix)
	w.page = w.page[:0]
	return nil
}

// Close stores the last page and the index.
func (w *ProblemWriter) Close(ctx context.Context) error {
	if len(w.page) > 0 {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	b, err := json.Marshal(w.index)
	if err != nil {
		return err
	}
	_, err = w.put.Put(ctx, problemIndexKey(w.in, w.id), bytes.NewReader(b), "application/json")
	return err
}

// ProblemFilter chooses problems; "" means any.
type ProblemFilter struct {
	Outcome domain.Outcome
	Field   string // CODE or column name
}

// about is what a problem is found by: its field or, where a column such as
// Contact stands for none, that column.
func about(p domain.Problem) string { return cmp.Or(p.Field, p.Column) }

func (f ProblemFilter) match(p domain.Problem) bool {
	return (f.Outcome == "" || p.Outcome == f.Outcome) && (f.Field == "" || about(p) == f.Field)
}

func (f ProblemFilter) inPage(ix pageIndex) bool {
	for k := range ix.By {
		o, field, _ := bytes.Cut([]byte(k), []byte("\n"))
		if f.match(domain.Problem{Outcome: domain.Outcome(o), Field: string(field)}) {
			return true
		}
	}
	return false
}

// Problems returns up to limit problems of an import that match, from the
// cursor on ("" for the start), and the next cursor ("" at the end). Before the
// import is finished there are none. A cursor that is not ours is kind Invalid.
func Problems(ctx context.Context, get Getter, in domain.InstitutionID, id string, f ProblemFilter, limit int, cursor string) ([]domain.Problem, string, error) {
	page, skip := 0, 0
	if cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		if err == nil {
			_, err = fmt.Sscanf(string(raw), "%d.%d", &page, &skip)
		}
		if err != nil || page < 0 || skip < 0 {
			return nil, "", fault.At("query.cursor", "cursorInvalid")
		}
	}
	b, err := get.Get(ctx, problemIndexKey(in, id))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	var index []pageIndex
	if err := json.Unmarshal(b, &index); err != nil {
		return nil, "", err
	}
	var out []domain.Problem
	for ; page < len(index); page, skip = page+1, 0 {
		if !f.inPage(index[page]) {
			continue
		}
		b, err := get.Get(ctx, problemPageKey(in, id, page))
		if err != nil {
			return nil, "", err
		}
		var ps []domain.Problem
		if err := json.Unmarshal(b, &ps); err != nil {
			return nil, "", err
		}
		for i := min(skip, len(ps)); i < len(ps); i++ {
			if !f.match(ps[i]) {
				continue
			}
			if len(out) == limit {
				return out, base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", page, i)), nil
			}
			out = append(out, ps[i])
		}
	}
	return out, "", nil
}

package flow

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

const (
	// itemsPerPage and pageBytes bound what one answer of the API reads.
	itemsPerPage = 1000
	pageBytes    = 2 << 20
)

// pageIndex says what a page holds, so that a filter skips pages.
type pageIndex struct {
	Count  int            `json:"count"`
	By     map[string]int `json:"by"`               // "outcome\nfield" → number
	Groups groupSet       `json:"groups,omitempty"` // of its problems; nil where that was not stored
}

// puts stores pages, some of them at once.
type puts struct {
	to    Putter
	group *errgroup.Group
	ctx   context.Context // ends with the first that fails
	stop  context.CancelFunc
}

// pagesAtOnce is how many pages are on their way, and held, at once.
const pagesAtOnce = 8

// begin stores a page, or fails if one before could not be stored.
func (p *puts) begin(ctx context.Context, key string, page []byte) error {
	if p.group == nil {
		ctx, p.stop = context.WithCancel(ctx)
		p.group, p.ctx = errgroup.WithContext(ctx)
		p.group.SetLimit(pagesAtOnce)
	}
	if err := context.Cause(p.ctx); err != nil {
		return err
	}
	p.group.Go(func() error {
		_, err := p.to.Put(p.ctx, key, bytes.NewReader(page), "application/json")
		return err
	})
	return nil
}

// wait returns when all pages are stored.
func (p *puts) wait() error {
	if p.group == nil {
		return nil
	}
	defer p.stop()
	return p.group.Wait()
}

// A pageWriter stores a list in pages.
type pageWriter struct {
	puts   *puts
	key    func(n int) string
	page   bytes.Buffer
	now    pageIndex
	index  []pageIndex
	by     []byte // of counts, made anew for each item
	counts map[string]*int
}

// add stores an item, as JSON, that filters find by these problems, of these groups.
func (w *pageWriter) add(ctx context.Context, item []byte, about []domain.Problem, groups []groupKey) error {
	if w.now.Count > 0 && (w.now.Count == itemsPerPage || w.page.Len()+len(item) > pageBytes) {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	if w.now.Count == 0 {
		w.counts, w.now.Groups = map[string]*int{}, make(groupSet, groupSetBytes)
		w.page.WriteByte('[')
	} else {
		w.page.WriteByte(',')
	}
	w.page.Write(item)
	w.now.Count++
	for _, key := range groups {
		w.now.Groups.add(key)
	}
	for i := range about {
		w.by = append(append(append(w.by[:0], about[i].Outcome...), '\n'), aboutOf(about[i])...)
		n := w.counts[string(w.by)] // without a copy of the key
		if n == nil {
			n = new(int)
			w.counts[string(w.by)] = n
		}
		*n++
	}
	return nil
}

// flush stores the page that was begun.
func (w *pageWriter) flush(ctx context.Context) error {
	if w.now.Count == 0 {
		return nil
	}
	w.page.WriteByte(']')
	if err := w.puts.begin(ctx, w.key(len(w.index)), bytes.Clone(w.page.Bytes())); err != nil {
		return err
	}
	w.now.By = make(map[string]int, len(w.counts))
	for by, n := range w.counts {
		w.now.By[by] = *n
	}
	w.index = append(w.index, w.now)
	w.page.Reset()
	w.now = pageIndex{}
	return nil
}

func putJSON(ctx context.Context, put Putter, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = put.Put(ctx, key, bytes.NewReader(b), "application/json")
	return err
}

// getJSON reads an object; one that is not there is none.
func getJSON(ctx context.Context, get Getter, key string, into any) (there bool, err error) {
	b, err := get.Get(ctx, key)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return false, nil
		}
		return false, err
	}
	return true, json.Unmarshal(b, into)
}

// cursorAt is the cursor of a place in a list, and placeOf the place of a cursor.
func cursorAt(page, skip int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", page, skip))
}

func placeOf(cursor string) (page, skip int, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "%d.%d", &page, &skip)
	}
	if err != nil || page < 0 || skip < 0 {
		return 0, 0, fault.At("query.cursor", "cursorInvalid")
	}
	return page, skip, nil
}

// readPages returns up to limit items that match, from the cursor on ("" for the
// start), and the next cursor ("" at the end).
func readPages[T any](ctx context.Context, get Getter, index []pageIndex, key func(n int) string, f ProblemFilter, match func(T) bool, limit int, cursor string) ([]T, string, error) {
	page, skip, err := placeOf(cursor)
	if err != nil {
		return nil, "", err
	}
	var out []T
	for ; page < len(index); page, skip = page+1, 0 {
		if !f.inPage(index[page]) {
			continue
		}
		b, err := get.Get(ctx, key(page))
		if err != nil {
			return nil, "", err
		}
		var items []T
		if err := json.Unmarshal(b, &items); err != nil {
			return nil, "", err
		}
		for i := min(skip, len(items)); i < len(items); i++ {
			if !match(items[i]) {
				continue
			}
			if len(out) == limit {
				return out, cursorAt(page, i), nil
			}
			out = append(out, items[i])
		}
	}
	return out, "", nil
}

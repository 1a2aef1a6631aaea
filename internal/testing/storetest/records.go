package storetest

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Records keeps small things of one kind by institution and id. What has ended
// is as if it had never been.
type Records[T domain.Record] interface {
	// Create keeps a new one; an id that is taken is kind Conflict "exists".
	Create(ctx context.Context, in domain.InstitutionID, id string, v T) error
	// Get returns one, or kind NotFound.
	Get(ctx context.Context, in domain.InstitutionID, id string) (T, error)
	// Change applies f to what is kept, or to a zero value if there is nothing,
	// and keeps the result if f returns nil. f may be called again when
	// somebody else writes meanwhile.
	Change(ctx context.Context, in domain.InstitutionID, id string, f func(*T) error) (T, error)
	// Delete removes one, or returns kind NotFound.
	Delete(ctx context.Context, in domain.InstitutionID, id string) error
	// List lists an institution's, the highest id first.
	List(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (vs []T, next string, err error)
	// Fallen yields those of all institutions that were due before the time,
	// the earliest first.
	Fallen(ctx context.Context, before time.Time) iter.Seq2[domain.Fallen[T], error]
}

// Note is a record for the suite.
type Note struct {
	Text      string
	Count     int
	EndAt, At time.Time
}

func (n Note) Ends() time.Time { return n.EndAt }
func (n Note) Due() time.Time  { return n.At }

// TestRecords checks a store of notes.
func TestRecords(t *testing.T, open func(t *testing.T, now func() time.Time) Records[Note]) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	t.Run("create, get, delete", func(t *testing.T) {
		s := open(t, clock)
		n := Note{Text: "é", Count: 2, At: now.Add(time.Hour)}
		if err := s.Create(t.Context(), "opera", "a", n); err != nil {
			t.Fatal(err)
		}
		refused(t, "again", s.Create(t.Context(), "opera", "a", n), fault.Conflict, "exists")
		got, err := s.Get(t.Context(), "opera", "a")
		if d := cmp.Diff(n, got); err != nil || d != "" {
			t.Errorf("%v %s", err, d)
		}
		_, err = s.Get(t.Context(), "museum", "a")
		refused(t, "another institution's", err, fault.NotFound, "notFound")
		refused(t, "another institution's", s.Delete(t.Context(), "museum", "a"), fault.NotFound, "notFound")
		if err := s.Delete(t.Context(), "opera", "a"); err != nil {
			t.Fatal(err)
		}
		refused(t, "again", s.Delete(t.Context(), "opera", "a"), fault.NotFound, "notFound")
	})
	t.Run("changes at once are all kept", func(t *testing.T) {
		s := open(t, clock)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := s.Change(t.Context(), "opera", "n", func(n *Note) error { n.Count++; return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got, err := s.Get(t.Context(), "opera", "n"); err != nil || got.Count != 8 {
			t.Error(got, err)
		}
		no := errors.New("no")
		if _, err := s.Change(t.Context(), "opera", "n", func(n *Note) error { n.Count = 0; return no }); !errors.Is(err, no) {
			t.Error(err)
		}
		if got, _ := s.Get(t.Context(), "opera", "n"); got.Count != 8 {
			t.Error("a change that was refused was kept")
		}
	})
	t.Run("what has ended is gone", func(t *testing.T) {
		now := now
		s := open(t, func() time.Time { return now })
		if err := s.Create(t.Context(), "opera", "a", Note{Count: 1, EndAt: now.Add(time.Minute), At: now.Add(-time.Hour)}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		_, err := s.Get(t.Context(), "opera", "a")
		refused(t, "an ended one", err, fault.NotFound, "notFound")
		if vs, _, err := s.List(t.Context(), "opera", 10, ""); err != nil || len(vs) > 0 {
			t.Error(vs, err)
		}
		if got, err := s.Change(t.Context(), "opera", "a", func(n *Note) error { n.Count++; return nil }); err != nil || got.Count != 1 {
			t.Error(got, err)
		}
		if err := s.Create(t.Context(), "opera", "a", Note{}); err == nil {
			t.Error("the id of one that was made anew is free")
		}
	})
	t.Run("lists go down by id, in pages", func(t *testing.T) {
		s := open(t, clock)
		for _, id := range []string{"b", "a", "d", "c"} {
			if err := s.Create(t.Context(), "opera", id, Note{Text: id}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Create(t.Context(), "museum", "e", Note{Text: "e"}); err != nil {
			t.Fatal(err)
		}
		var ids, cursor = "", ""
		for {
			vs, next, err := s.List(t.Context(), "opera", 3, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range vs {
				ids += v.Text
			}
			ids += "."
			if cursor = next; next == "" {
				break
			}
		}
		if ids != "dcb.a." {
			t.Error(ids)
		}
		_, _, err := s.List(t.Context(), "opera", 3, "x")
		refused(t, "a strange cursor", err, fault.Invalid, "cursorInvalid")
	})
	t.Run("what is due, the earliest first", func(t *testing.T) {
		s := open(t, clock)
		for id, at := range map[string]time.Duration{"late": -time.Minute, "early": -time.Hour, "later": time.Hour} {
			if err := s.Create(t.Context(), "opera", id, Note{At: now.Add(at)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Create(t.Context(), "museum", "never", Note{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Change(t.Context(), "museum", "then", func(n *Note) error { n.At = now.Add(-2 * time.Hour); return nil }); err != nil {
			t.Fatal(err)
		}
		var got []string
		for f, err := range s.Fallen(t.Context(), now) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(f.Institution)+" "+f.ID)
		}
		if d := cmp.Diff([]string{"museum then", "opera early", "opera late"}, got); d != "" {
			t.Error(d)
		}
		if _, err := s.Change(t.Context(), "opera", "early", func(n *Note) error { n.At = time.Time{}; return nil }); err != nil {
			t.Fatal(err)
		}
		for f, err := range s.Fallen(t.Context(), now) {
			if err != nil || f.ID == "early" {
				t.Error(f, err)
			}
		}
	})
}

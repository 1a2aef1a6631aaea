package finish_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/flow"
	"rollbook/internal/steps/finish"
)

// far are stores that answer after a while, by a clock that does not take time.
type far struct {
	finish.Jobs
	account.Files
	wait         func()
	asking, most atomic.Int64 // states and objects of results
	broken       string       // what cannot be read or stored
}

func (f *far) answer(key string) error {
	f.most.Store(max(f.most.Load(), f.asking.Add(1)))
	defer f.asking.Add(-1)
	f.wait()
	if f.broken != "" && strings.Contains(key, f.broken) {
		return fault.Wrap(fault.Busy, "busy", errors.New("broken"))
	}
	return nil
}

func (f *far) ChunkState(ctx context.Context, in domain.InstitutionID, id string, round, n int) (domain.ChunkState, error) {
	if err := f.answer(fmt.Sprintf("state %d", n)); err != nil {
		return domain.ChunkState{}, err
	}
	return f.Jobs.ChunkState(ctx, in, id, round, n)
}

func (f *far) Open(ctx context.Context, o domain.Object) (domain.File, error) {
	if err := f.answer(o.Key); err != nil {
		return nil, err
	}
	file, err := f.Files.Open(ctx, o)
	return &farFile{file, f, o.Key}, err
}

func (f *far) Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error) {
	if strings.Contains(key, "/problems/") {
		if err := f.answer(key); err != nil {
			return domain.Object{}, err
		}
	}
	return f.Files.Put(ctx, key, r, contentType)
}

type farFile struct {
	domain.File
	far *far
	key string
}

func (f *farFile) ReadAt(b []byte, at int64) (int, error) {
	if err := f.far.answer("bytes of " + f.key); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, at)
}

// results of so many chunks: changes, and rows with problems enough for pages.
func results(chunks, rows int) (out [][]flow.Result) {
	line := 2
	for range chunks {
		var rs []flow.Result
		for range rows {
			r := changed(line, domain.ContactNumber(fmt.Sprint(line)), "ROCK", "JAZZ")
			if line%2 == 0 {
				r = not(line, domain.RowRejected)
			}
			rs = append(rs, r)
			line++
		}
		out = append(out, rs)
	}
	return out
}

// stored is all that a finished import left, by names without what is drawn for each
// account.
func (d *desk) stored(t *testing.T) map[string]string {
	t.Helper()
	imp, err := d.jobs.Import(t.Context(), house, id)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, key := range d.files.Keys() {
		b, err := d.files.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(key, imp.Account) {
			out[strings.ReplaceAll(key, imp.Account, "account")] = string(b)
		}
	}
	return out
}

// The results of many chunks are fetched side by side, and their problems are stored
// so; what comes of it is what comes of one after the other.
func TestManyChunksAreMergedSideBySide(t *testing.T) {
	const chunks, rows = 64, 100
	all := results(chunks, rows)
	near := newDesk(t)
	near.chunks(t, columns, all...)
	want := near.run(t, run)
	stored := near.stored(t)
	if len(stored) < 10 || want.Counts.Rows != chunks*rows {
		t.Fatalf("%d objects, %+v", len(stored), want.Counts)
	}
	for _, c := range []struct {
		name string
		wait func(*rand.Rand) time.Duration
		most time.Duration
	}{
		// A state, an object and two looks at its bytes are four answers. With eight
		// pages of problems and of rows, one after the other takes 265.
		{"answers that all take a second", func(*rand.Rand) time.Duration { return time.Second }, (3*chunks/8 + 20) * time.Second},
		{"answers in any order", func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(2000)) * time.Millisecond }, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				d.chunks(t, columns, all...)
				random, mu := rand.New(rand.NewPCG(3, 4)), sync.Mutex{}
				f := &far{Jobs: d.Jobs, Files: d.Files, wait: func() {
					mu.Lock()
					wait := c.wait(random)
					mu.Unlock()
					time.Sleep(wait)
				}}
				d.Step.Jobs, d.Step.Files = f, f
				began := time.Now()
				got := d.run(t, run)
				took := time.Since(began)
				t.Logf("%d chunks in %s, at most %d requests at once", chunks, took, f.most.Load())
				if took > c.most {
					t.Errorf("it took %s, want at most %s", took, c.most)
				}
				if most := f.most.Load(); most < 6 || most > 2*8 {
					t.Errorf("%d requests at once", most)
				}
				if d := cmp.Diff(stored, d.stored(t)); d != "" {
					t.Error(d)
				}
				got.Account, got.FinishedAt, got.CreatedAt, got.ExpiresAt = want.Account, want.FinishedAt, want.CreatedAt, want.ExpiresAt
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// What cannot be read or stored fails the merge, and nothing of it goes on.
func TestAMergeThatFailsEnds(t *testing.T) {
	for name, broken := range map[string]string{"a state": "state 40", "an object": "/00041.", "its bytes": "bytes of ", "a page of problems": "/problems/"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				d.chunks(t, columns, results(64, 100)...)
				f := &far{Jobs: d.Jobs, Files: d.Files, wait: func() { time.Sleep(time.Second) }, broken: broken}
				d.Step.Jobs, d.Step.Files = f, f
				if err := d.Run(t.Context(), run); fault.KindOf(err) != fault.Busy {
					t.Errorf("it ended with %v", err)
				}
				if n := f.asking.Load(); n != 0 {
					t.Errorf("%d requests go on", n)
				}
				imp, err := d.jobs.Import(t.Context(), house, id)
				if err != nil || imp.Status != domain.Running {
					t.Errorf("%s, %v", imp.Status, err)
				}
				f.broken = "" // the next try
				if imp := d.run(t, run); imp.Status != domain.Done || imp.Counts.Rows != 64*100 {
					t.Errorf("%s %+v", imp.Status, imp.Counts)
				}
			})
		})
	}
}

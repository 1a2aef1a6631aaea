package dynamo

import (
	"context"
	"sync"
	"time"

	"rollbook/internal/aws/awsfault"
)

// Retry is the policy by which calls are tried again: as long as something of
// them gets done, and for Patience after nothing does. How often is not counted:
// under throttling a big call makes many attempts of which each gets on a
// little.
type Retry struct {
	// Patience is how long a call goes on without progress before its caller
	// hears of kind Busy. A call also ends when its context's deadline would pass
	// during the next wait, so that its caller can still answer.
	Patience time.Duration
	Now      func() time.Time
	Sleep    func(context.Context, time.Duration) error
	// Draw picks a wait from 0 up to the most that it is given.
	Draw func(most time.Duration) time.Duration
}

// The waits before an attempt: at random up to 25 ms, 50 ms, … 5 s, so that
// callers who were throttled together do not come back together.
const (
	firstWait = 25 * time.Millisecond
	mostWait  = 5 * time.Second
)

// tries is one call on its way.
type tries struct {
	Retry
	since time.Time // of the last progress
	waits int       // how long the next wait is, in doublings
}

func (r Retry) start() *tries { return &tries{Retry: r, since: r.Now()} }

// progressed says that something of the call was done. The waits shrink by half
// only: a table that takes a part of each batch is still a busy one.
func (t *tries) progressed() { t.since, t.waits = t.Now(), t.waits/2 }

// again waits and returns nil if there is to be another attempt after one that
// ended with err, or returns why there is none.
func (t *tries) again(ctx context.Context, err error) error {
	if !awsfault.Busy(err) || ctx.Err() != nil {
		return awsfault.Of(err)
	}
	wait := t.Draw(min(firstWait<<min(t.waits, 10), mostWait))
	t.waits++
	next := t.Now().Add(wait)
	if next.Sub(t.since) > t.Patience {
		return awsfault.Of(err)
	}
	if deadline, ok := ctx.Deadline(); ok && !next.Before(deadline) {
		return awsfault.Of(err)
	}
	return awsfault.Of(t.Sleep(ctx, wait))
}

// call makes one call until it succeeds, fails for good, or was tried long
// enough.
func (r Retry) call(ctx context.Context, f func() error) error {
	for t := r.start(); ; {
		err := f()
		if err == nil {
			return nil
		}
		if err := t.again(ctx, err); err != nil {
			return err
		}
	}
}

// A window bounds how many batches a connection has under way. It closes when
// the service throttles and opens slowly while it does not, so that many
// processes settle at what a table takes, of which none knows the others.
type window struct {
	mu     sync.Mutex
	most   float64
	size   float64
	inside int
	closed int // how often it has closed
	wait   []chan struct{}
}

func newWindow(most int) *window { return &window{most: float64(most), size: float64(most)} }

// enter waits for a place. Whoever has one keeps it while it waits to try again:
// so what is put off does not make room for more.
func (w *window) enter(ctx context.Context) error {
	w.mu.Lock()
	for w.inside >= int(w.size) {
		c := make(chan struct{})
		w.wait = append(w.wait, c)
		w.mu.Unlock()
		select {
		case <-c:
		case <-ctx.Done():
			return awsfault.Of(ctx.Err())
		}
		w.mu.Lock()
	}
	w.inside++
	w.mu.Unlock()
	return nil
}

// began returns what answered is to be told of an attempt that begins.
func (w *window) began() (attempt int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// answered opens or closes the window by what became of an attempt. Those that
// were under way together close it once.
func (w *window) answered(attempt int, throttled bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !throttled:
		w.size = min(w.most, w.size+1/w.size)
		w.wake()
	case attempt == w.closed:
		w.size = max(1, w.size/2)
		w.closed++
	}
}

// leave gives the place back.
func (w *window) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inside--
	w.wake()
}

// wake has all who wait look again.
func (w *window) wake() {
	for _, c := range w.wait {
		close(c)
	}
	w.wait = nil
}

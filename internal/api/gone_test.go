package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

// hungUp is the connection of somebody who is gone: what is written to it fails.
type hungUp struct {
	header   http.Header
	statuses []int
}

func (w *hungUp) Header() http.Header       { return w.header }
func (w *hungUp) WriteHeader(status int)    { w.statuses = append(w.statuses, status) }
func (w *hungUp) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// Nobody is told a second time, nor a panic logged, when whoever asked has gone.
func TestWhoeverAskedIsGone(t *testing.T) {
	for _, noticed := range []bool{false, true} {
		s := newStack(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if noticed {
			cancel()
		}
		r := httptest.NewRequestWithContext(ctx, "GET", "/api/settings", nil)
		r.Header.Set("Authorization", "Bearer "+tokenOf(operator))
		w := &hungUp{header: http.Header{}}
		s.handler.ServeHTTP(w, r)
		if len(w.statuses) != 1 || w.statuses[0] != http.StatusOK {
			t.Errorf("noticed %v: the statuses are %d", noticed, w.statuses)
		}
	}
}

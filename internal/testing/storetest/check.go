package storetest

import (
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// The institutions of the suites. The second one's key begins like the first's.
const (
	opera domain.InstitutionID = "opera"
	club  domain.InstitutionID = "opera-club"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// refused checks an error's kind and, if code is not "", its code.
func refused(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: no error, want %v %s", what, kind, code)
	}
	e, ok := fault.As(err)
	if !ok || e.Kind != kind || code != "" && string(e.Code) != code {
		t.Fatalf("%s: error %v, want %v %s", what, err, kind, code)
	}
}

// paged reads all pages of a list and checks that none is over the limit, that
// only the last is followed by no cursor, and that cursors of others are refused.
func paged[T any](t *testing.T, limit int, page func(limit int, cursor string) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	for cursor, n := "", 0; ; n++ {
		items, next, err := page(limit, cursor)
		must(t, err)
		if len(items) > limit || next != "" && len(items) != limit {
			t.Fatalf("page %d has %d items, limit %d, next %q", n, len(items), limit, next)
		}
		all = append(all, items...)
		if next == "" {
			break
		}
		if next == cursor || n > 1000 {
			t.Fatalf("page %d is followed by itself", n)
		}
		cursor = next
	}
	for _, garbage := range []string{"x", "!", "MTp4Og", "MTpudW1iZXI6", strings.Repeat("A", 5000), "eyJwayI6Im9wZXJhIn0"} {
		_, _, err := page(limit, garbage)
		refused(t, "cursor "+garbage[:1], err, fault.Invalid, "cursorInvalid")
	}
	return all
}

func collect(t *testing.T, cs iter.Seq2[domain.Contact, error]) []domain.Contact {
	t.Helper()
	var out []domain.Contact
	for c, err := range cs {
		must(t, err)
		out = append(out, c)
	}
	return out
}

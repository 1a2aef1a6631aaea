package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"rollbook/internal/domain"
)

// What the exact protocol costs, counted: units by the service's rule and
// requests, for 5,000 rows.
func TestWhatExactnessCosts(t *testing.T) {
	const n = 5000
	s := connected(t)
	seed(t, s, n)
	per := func(name string, unitsMost, requestsMost float64, call func() error) {
		t.Helper()
		c := &tally{requests: map[string]int{}}
		s.net.fail = c.count
		must(t, call())
		s.net.fail = nil
		requests := 0
		for _, k := range c.requests {
			requests += k
		}
		units, each := float64(c.units)/n, float64(requests)/n
		t.Logf("%-36s %.3f units and %.4f requests a row", name, units, each)
		if units > unitsMost || each > requestsMost {
			t.Errorf("%s: %.3f units and %.4f requests a row, want at most %.3f and %.4f", name, units, each, unitsMost, requestsMost)
		}
	}
	ticket := domain.Ticket{Slot: 3, Order: "t000001"}
	var ws []domain.Write
	var bs, again []domain.Burn
	pins := map[int]domain.ContactNumber{}
	var es []domain.HistoryEntry
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for i, w := range writes(n, "import-1") {
		w.Ticket, w.Strict = ticket, true
		ws = append(ws, w)
		again = append(again, domain.Burn{Number: w.Number, Ticket: ticket, Line: i + 2})
		bs = append(bs, domain.Burn{Number: w.Number, Ticket: domain.Ticket{Slot: 4, Order: "t000002"}, Line: i + 2})
		pins[i+2] = w.Number
		es = append(es, domain.HistoryEntry{Number: w.Number, At: at, Import: "import-1", Line: i + 2, Field: "criterion:GENRE", Before: "ROCK", After: "POP"})
	}
	done := func(out []domain.Written, err error) error {
		for i, w := range out {
			if !w.Done {
				return fmt.Errorf("row %d: %+v", i, w)
			}
		}
		return err
	}
	per("a changed row", 1, 0.04, func() error { return done(s.contacts.Write(t.Context(), opera, ws)) })
	per("a line found by its address, pinned", 0.04, 0.011, func() error {
		_, err := s.contacts.Pin(t.Context(), opera, "import-1", ticket, pins)
		return err
	})
	kinds := func(want domain.StampKind, out []domain.Burned, err error) error {
		for i, b := range out {
			if b.Own.Kind != want {
				return fmt.Errorf("burn %d: %+v", i, b)
			}
		}
		return err
	}
	per("a burn of a row in doubt", 1, 0.04, func() error {
		out, err := s.contacts.Burn(t.Context(), opera, bs)
		return kinds(domain.Burnt, out, err)
	})
	per("a burn that finds the row written", 1, 0.04, func() error {
		out, err := s.contacts.Burn(t.Context(), opera, again)
		return kinds(domain.Strict, out, err)
	})
	per("an entry of history", 0.07, 0.003, func() error { return s.contacts.PutHistory(t.Context(), opera, "import-1", 1, 0, es) })
	var ns []domain.ContactNumber
	for _, w := range ws {
		ns = append(ns, w.Number)
	}
	per("a change noted for those who ask", 0.005, 0.001, func() error { return s.contacts.NoteChanged(t.Context(), opera, ns) })
	per("a change told", 2, 0.03, func() error {
		told := 0
		for cursor := ""; ; {
			page, err := s.contacts.Changed(t.Context(), opera, time.Now().Add(-time.Minute), 200, cursor)
			if told += len(page.Items); err != nil || page.Next == "" {
				if err == nil && told != n {
					err = fmt.Errorf("%d were told", told)
				}
				return err
			}
			cursor = page.Next
		}
	})
	if es, err := s.contacts.History(t.Context(), opera, number(4999), 10); err != nil || len(es) != 1 {
		t.Errorf("%v, %v", es, err)
	}
}

package dynamo_test

import (
	"testing"
	"time"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local/emulator"
	"rollbook/internal/testing/storetest"
)

// An entry goes along with the change that it is about: both are kept or
// neither is.
func TestAuditGoesAlongWithTheChange(t *testing.T) {
	conf := settings(t)
	db := dynamo.Open(conf)
	audit := dynamo.NewAudit(db, emulator.Table(t, conf))
	catalogue := dynamo.NewCatalogue(db, emulator.Table(t, conf))
	notes := dynamo.NewRecords[storetest.Note](dynamo.NewJobs(db, emulator.Table(t, conf, emulator.Index{Name: dynamo.OpenIndex, Hash: "open", Range: "since"})), "notes")
	at := time.Now().UTC().Truncate(time.Second)
	entry := func(id string) *domain.Audited {
		return &domain.Audited{ID: id, At: at, Who: "u1 ada@aurora.example", Action: "act", Object: "/api/" + id, Outcome: "done", EndsAt: at.Add(time.Hour)}
	}
	target := domain.Target{ID: "t", Name: "All", Condition: []byte(`{"all":[]}`)}
	for i, change := range []struct {
		id string
		f  func(e *domain.Audited) (kept func() bool, err error)
	}{
		{"settings", func(e *domain.Audited) (func() bool, error) {
			ctx, kept := audit.Along(t.Context(), "opera", e)
			return kept, catalogue.PutSettings(ctx, "opera", domain.Settings{Name: "Opera"})
		}},
		{"target", func(e *domain.Audited) (func() bool, error) {
			ctx, kept := audit.Along(t.Context(), "opera", e)
			return kept, catalogue.PutTarget(ctx, "opera", target)
		}},
		{"record", func(e *domain.Audited) (func() bool, error) {
			ctx, kept := audit.Along(t.Context(), "opera", e)
			return kept, notes.Create(ctx, "opera", "n", storetest.Note{})
		}},
	} {
		kept, err := change.f(entry(change.id))
		if err != nil || !kept() {
			t.Fatalf("%s: kept %v, %v", change.id, kept(), err)
		}
		if got, _, err := audit.Entries(t.Context(), "opera", 10, ""); err != nil || len(got) != i+1 {
			t.Errorf("%s: %v %v", change.id, got, err)
		}
	}
	// The same target again is refused, and so is its entry.
	ctx, kept := audit.Along(t.Context(), "opera", entry("again"))
	if err := catalogue.PutTarget(ctx, "opera", target); err == nil || kept() {
		t.Errorf("kept %v, %v", kept(), err)
	}
	if err := audit.Append(t.Context(), "opera", *entry("zz")); err != nil {
		t.Fatal(err)
	}
	expired := entry("gone")
	expired.EndsAt = at.Add(-time.Hour)
	if err := audit.Append(t.Context(), "opera", *expired); err != nil {
		t.Fatal(err)
	}
	page, next, err := audit.Entries(t.Context(), "opera", 2, "")
	if err != nil || len(page) != 2 || page[0].ID != "zz" || next == "" {
		t.Fatalf("%v %q %v", page, next, err)
	}
	page, next, err = audit.Entries(t.Context(), "opera", 2, next)
	if err != nil || len(page) != 2 || page[0].ID != "settings" || page[1].ID != "record" || next != "" {
		t.Errorf("%v %q %v", page, next, err)
	}
	if other, _, err := audit.Entries(t.Context(), "museum", 10, ""); err != nil || len(other) != 0 {
		t.Errorf("%v %v", other, err)
	}
}

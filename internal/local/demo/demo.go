// Package demo makes institutions of any size to try Rollbook with. The same
// institution and number always give the same contact, so that a test may rely
// on one without keeping it. All people, addresses and telephone numbers are
// invented; mail domains and number ranges are those reserved for examples.
package demo

import (
	"context"
	"fmt"
	"iter"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// The demo institutions. They have the same codes and overlapping contact
// numbers, so that a leak between them shows.
const (
	Aurora   domain.InstitutionID = "aurora"   // English, comma
	Borealis domain.InstitutionID = "borealis" // French, semicolon
)

// since is when everything in a demo institution was made.
var since = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// ContactStore is where Seed stores contacts.
type ContactStore interface {
	Load(ctx context.Context, in domain.InstitutionID, cs iter.Seq[domain.Contact]) error
}

// CatalogueStore is where Seed stores definitions, settings and targets.
type CatalogueStore interface {
	PutSettings(ctx context.Context, in domain.InstitutionID, s domain.Settings) error
	PutField(ctx context.Context, in domain.InstitutionID, d domain.FieldDef) error
	MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error
	PutTarget(ctx context.Context, in domain.InstitutionID, t domain.Target) error
}

// Seed fills an institution with settings, catalogue, targets and the first n
// contacts. What is already there of catalogue and targets stays as it is.
func Seed(ctx context.Context, contacts ContactStore, catalogue CatalogueStore, in domain.InstitutionID, n int) error {
	cat := Catalogue(in)
	if err := catalogue.PutSettings(ctx, in, cat.Settings); err != nil {
		return fmt.Errorf("settings of %s: %w", in, err)
	}
	used := map[domain.Field][]string{}
	for _, d := range cat.Fields {
		used[d.Field()] = d.UsedValues
		if err := catalogue.PutField(ctx, in, d); err != nil && fault.KindOf(err) != fault.Conflict {
			return fmt.Errorf("field %s of %s: %w", d.Code, in, err)
		}
	}
	if err := catalogue.MarkUsed(ctx, in, used); err != nil {
		return fmt.Errorf("used values of %s: %w", in, err)
	}
	for _, t := range Targets(in) {
		if err := catalogue.PutTarget(ctx, in, t); err != nil && fault.KindOf(err) != fault.Conflict {
			return fmt.Errorf("target %s of %s: %w", t.ID, in, err)
		}
	}
	if err := contacts.Load(ctx, in, Contacts(in, n)); err != nil {
		return fmt.Errorf("contacts of %s: %w", in, err)
	}
	return nil
}

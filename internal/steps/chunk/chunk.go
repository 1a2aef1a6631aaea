// Package chunk is the step that applies one chunk of an import's rows: it
// reads the chunk object that plan wrote, has package account compare and write
// the rows, and notes how far the import is. A test runs the same code and
// writes no contact.
package chunk

import (
	"context"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

// Jobs is what the step needs of the imports.
type Jobs interface {
	account.Chunks
	BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	SetProgress(ctx context.Context, in domain.InstitutionID, id string, chunk int, c domain.Counts) error
}

// Contacts is what the step needs of the contacts.
type Contacts interface {
	compare.Store
	account.Histories
}

// Step processes chunks.
type Step struct {
	Contacts Contacts
	// Late is where a test reads contacts; nil for Contacts. It may miss what was
	// written a moment ago: the test then says what it would have said a moment ago,
	// and an update compares again.
	Late      compare.Reader
	Catalogue account.Catalogue
	Jobs      Jobs
	Files     account.Files
	Now       func() time.Time
}

func (s *Step) late() compare.Reader {
	if s.Late == nil {
		return s.Contacts
	}
	return s.Late
}

// Run processes one chunk. Running it again, after any interruption or beside
// another copy of itself, ends with the same results.
func (s *Step) Run(ctx context.Context, in flow.Chunk) error {
	if err := in.Check(); err != nil {
		return err
	}
	imp, err := s.Jobs.BriefImport(ctx, in.Institution, in.Import)
	if err != nil {
		return err
	}
	if in.Over(&imp) {
		// A straggler: its round was settled without it.
		return nil
	}
	plan, err := flow.LoadPlan(ctx, s.Files, in.Institution, imp.RunID())
	if err != nil {
		return err
	}
	if in.Chunk < 0 || in.Chunk >= len(plan.Chunks) {
		return fault.New(fault.Internal, "noSuchChunk", in.Chunk)
	}
	engine := &compare.Engine{Institution: in.Institution, Import: in.Import, OnConflict: imp.OnConflict, Now: s.Now}
	if at := plan.Detected.TemplateMadeAt; at != nil {
		engine.MadeAt = *at
	}
	l := &account.Ledger{Files: s.Files, Catalogue: s.Catalogue, Chunks: s.Jobs, Engine: engine,
		Between: func(ctx context.Context, c domain.Counts) (bool, error) {
			if err := s.Jobs.SetProgress(ctx, in.Institution, imp.RunID(), in.Chunk, c); err != nil {
				return false, err
			}
			now, err := s.Jobs.BriefImport(ctx, in.Institution, in.Import)
			if err == nil && in.Over(&now) {
				// The machine was stopped and the import settled: all that is
				// left to write here is burnt.
				err = fault.New(fault.Conflict, "alreadyFinal", nil)
			}
			return now.Cancel, err
		}}
	switch imp.Action {
	case domain.Update:
		if imp.Ticket.None() {
			return fault.New(fault.Internal, "noTicket")
		}
		engine.Mode, engine.Store, engine.Ticket, l.Histories = compare.Update, s.Contacts, imp.Ticket, s.Contacts
	default:
		engine.Mode, engine.Store = compare.Test, compare.ReadOnly(s.late())
	}
	return l.Chunk(ctx, &imp, plan, in.Chunk)
}

// Package account accounts for one chunk of an import, so that the account is
// true whatever dies or comes twice. Each row is read, which changes nothing
// (reader); a batch of rows is compared and applied (package compare); then
// what became of each row is recorded, in the order of the file, as one results
// object.
//
// Step chunk calls Ledger.Chunk; step finish calls Ledger.Settle for what no
// try has brought to its end. Both may run at once and again: the chunk's state
// names the one results object that counts (it is sealed), and whoever comes
// later ends by it. Histories are written from sealed results only (Keep), so
// all who write them write the same.
package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

// Files is what it needs of the files bucket.
type Files interface {
	Open(ctx context.Context, o domain.Object) (domain.File, error)
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
}

// Catalogue is what it needs of the catalogue.
type Catalogue interface {
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
	MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error
}

// batch is how many rows go to the engine at once: enough to fill its requests,
// and between two batches progress is told and a cancel is seen.
const batch = 1000

// Ledger accounts for chunks of one import.
type Ledger struct {
	Files     Files
	Catalogue Catalogue
	Chunks    Chunks
	Histories Histories // nil for a test, which changes nothing
	Engine    *compare.Engine
	// Between is called before the first batch and after each one with the
	// account so far. Once it says stop, the rows left are unprocessed.
	Between func(ctx context.Context, c domain.Counts) (stop bool, err error)
}

// object makes the results of chunk n. Rows of a chunk object that is missing or
// damaged are unprocessed.
func (l *Ledger) object(ctx context.Context, imp *domain.Import, plan *flow.Plan, n int) ([]byte, error) {
	cat, err := l.Catalogue.Catalogue(ctx, imp.Institution)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	results, err := flow.NewResultWriter(&buf)
	if err != nil {
		return nil, err
	}
	p := newPass(l, imp, plan, cat, results)
	if err := p.run(ctx, n); err != nil {
		return nil, err
	}
	p.record.sum.At = l.Engine.Now().UTC()
	if err := results.Close(p.record.sum); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// duplicates reads which rows of chunk n share their contact with others.
func (l *Ledger) duplicates(ctx context.Context, imp *domain.Import, plan *flow.Plan, n int) (flow.Duplicates, error) {
	if !plan.Chunks[n].Duplicates {
		return nil, nil
	}
	b, err := l.Files.Get(ctx, flow.DuplicatesKey(imp.Institution, domain.RunID(imp.ID, plan.Read), n))
	if err != nil {
		return nil, fmt.Errorf("read duplicates: %w", err)
	}
	var dups flow.Duplicates
	if json.Unmarshal(b, &dups) != nil {
		return nil, flow.ErrCut
	}
	return dups, nil
}

// rows yields the rows of chunk n.
func (l *Ledger) rows(ctx context.Context, imp *domain.Import, n int, yield func(flow.Row) error) error {
	f, err := l.Files.Open(ctx, domain.Object{Key: flow.ChunkKey(imp.Institution, imp.RunID(), n)})
	if err != nil {
		return err
	}
	return flow.ReadRows(io.NewSectionReader(f, 0, f.Size()), yield)
}

// lost reports whether an error means that an object between steps is missing or
// damaged, so that reading it again would say the same.
func lost(err error) bool {
	return errors.Is(err, flow.ErrCut) || err != nil && fault.KindOf(err) == fault.NotFound
}

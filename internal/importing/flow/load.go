package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// LoadPlan reads what plan left for a round of an import, by domain.RunID; kind
// NotFound if it left nothing.
func LoadPlan(ctx context.Context, get Getter, in domain.InstitutionID, run string) (*Plan, error) {
	b, err := get.Get(ctx, PlanKey(in, run))
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	p := new(Plan)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	return p, Run{Version: p.Version}.Check()
}

// PlannedRound is a round of an import with what its plan left.
type PlannedRound struct {
	Round int
	*Plan
}

// LoadRounds reads the plan of a round and those of the rounds that it goes on from,
// oldest first; none if the round has no plan. A round that was closed without an
// account counts for none of them, though a copy of its plan may be written late.
func LoadRounds(ctx context.Context, get Getter, in domain.InstitutionID, imp string, last int) ([]PlannedRound, error) {
	p, err := LoadPlan(ctx, get, in, domain.RunID(imp, last))
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []PlannedRound
	for _, round := range p.After {
		before, err := LoadPlan(ctx, get, in, domain.RunID(imp, round))
		if err != nil {
			return nil, err
		}
		out = append(out, PlannedRound{round, before})
	}
	return append(out, PlannedRound{last, p}), nil
}

// OpenResults reads the results object with the key.
func OpenResults(ctx context.Context, files Opener, key string, yield func(Result) error) (Summary, error) {
	f, err := files.Open(ctx, domain.Object{Key: key})
	if err != nil {
		return Summary{}, err
	}
	return ReadResults(io.NewSectionReader(f, 0, f.Size()), yield)
}

// Opener opens an object, or fails with kind NotFound.
type Opener interface {
	Open(ctx context.Context, o domain.Object) (domain.File, error)
}

// PutRows stores a chunk object.
func PutRows(ctx context.Context, put Putter, key string, rows []Row) error {
	var buf bytes.Buffer
	w, err := NewRowWriter(&buf)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, err = put.Put(ctx, key, &buf, "application/zstd")
	return err
}

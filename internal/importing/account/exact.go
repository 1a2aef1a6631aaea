package account

import (
	"context"

	"rollbook/internal/domain"
)

// Chunks keeps how far the chunks of an import's rounds are. Reads are
// consistent. What is kept lives as long as the import.
type Chunks interface {
	// BeginTry counts a try and returns its number, from 1 on. Once the chunk is
	// sealed it fails with kind Conflict and code "sealed", and counts nothing.
	// A try whose answer was lost may be counted twice: that only costs burns.
	BeginTry(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (int, error)
	// ChunkState returns the zero state for a chunk of which no try began.
	ChunkState(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (domain.ChunkState, error)
	// Seal makes a results object the one that counts, if the state is as asked
	// for, and returns the state as it is then: a refusal is no error. A seal
	// whose answer was lost may be sent again.
	Seal(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, s domain.Seal) (domain.ChunkState, error)
	// NoteHistory notes that a sealed chunk's history is written.
	NoteHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) error
}

// Histories keeps what imports changed in contacts.
type Histories interface {
	// PutHistory keeps what a sealed chunk changed, unless it is kept already:
	// content comes from the sealed results alone, so whoever writes, writes the
	// same.
	PutHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, es []domain.HistoryEntry) error
	// NoteChanged tells those who ask for changes that contacts were made,
	// changed or removed, after they were. Telling it again does no harm.
	NoteChanged(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) error
	// TakeOutErased takes the entries of contacts that were deleted meanwhile
	// out of the histories of a round's chunks. It is called after the last
	// PutHistory of the round and before its account is closed.
	TakeOutErased(ctx context.Context, in domain.InstitutionID, imp string, round, chunks int) error
}

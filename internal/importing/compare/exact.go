package compare

import (
	"context"

	"rollbook/internal/domain"
)

// Decider is what keeps a row's fate decided once, in its contact. Reads are
// consistent: what an answered call did is seen by every later one.
type Decider interface {
	// Pin notes which contacts an import's lines without numbers are about, and
	// answers what is noted for each by now: the first one that was noted or
	// given, by whomever. Claimed returns the same.
	// A line that the round has closed (by a burn) is left out.
	Pin(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket, lines map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error)
	// Burn decides that rows are never written, and answers in the same order
	// what is decided: a row that was written stays so, and the answer is that
	// stamp. A burn touches no value and no version of a contact. A burn that
	// was answered is answered the same for ever, or with Later.
	Burn(ctx context.Context, in domain.InstitutionID, bs []domain.Burn) ([]domain.Burned, error)
}

package domain

// MostCorrections is how many a recipe may have.
const MostCorrections = 10_000

// A Correction changes cells of a file as it is read. It is one of: Column, From
// and To, for every row whose cell is From, blanks around it aside; Line, Column
// and To; Line and LeaveOut; Conflicts, of every row; Line and Conflict. The last two
// may have the Column whose conflicts they are about, else they are about all.
type Correction struct {
	Column   string  `json:"column,omitempty"` // by its name in the file
	From     *string `json:"from,omitempty"`
	To       *string `json:"to,omitempty"`
	Line     int     `json:"line,omitempty"`
	LeaveOut bool    `json:"leaveOut,omitempty"`
	// Conflicts and Conflict settle what an earlier test showed as conflicts.
	Conflicts Side `json:"conflicts,omitempty"`
	Conflict  Side `json:"conflict,omitempty"`
	// Since is the first of Corrections.Tests whose conflicts it settles, "" for the
	// first of them all.
	Since string `json:"since,omitempty"`
}

// Of returns the side by which the correction settles conflicts, "" for none.
func (c Correction) Of() Side {
	if c.Conflicts != "" {
		return c.Conflicts
	}
	return c.Conflict
}

// Side says whose value counts where a row conflicts.
type Side string

// The sides. Mine compares with the value that the test showed as stored, so that
// one changed since then conflicts again; Theirs leaves what is stored.
const (
	Mine   Side = "mine"
	Theirs Side = "theirs"
)

// Corrections say where those of a recipe are kept, which may be many.
type Corrections struct {
	Key   string `json:"key"` // of the object: a JSON list of Correction, in their order
	Count int    `json:"count"`
	// Tests are the accounts (Import.AccountID) of those whose conflicts they settle,
	// the oldest first: what a later one showed of a cell counts.
	Tests []string `json:"tests,omitempty"`
}

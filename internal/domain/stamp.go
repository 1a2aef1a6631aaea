package domain

// A row's fate is decided in its contact, once: the first of two conditional
// writes wins, the row's own one or a burn, which says that this import never
// writes there. Both leave a stamp, and both are refused where the stamp is. So
// a late request, a second copy of a step and a retry all find the decision.

// Order numbers the rounds of imports of one institution: 7 characters of base
// 36, so that texts compare as the numbers do. "" is none.
type Order string

// Slots is how many imports of one institution may be under way at once. Each
// holds a slot until its account is closed.
const Slots = 64

// Ticket is what a round of an import writes by: the slot that it holds and its
// order. The zero Ticket is none.
type Ticket struct {
	Slot  int   `json:"slot"`
	Order Order `json:"order"`
}

// None reports whether it is no ticket.
func (t Ticket) None() bool { return t.Order == "" }

// StampKind is what a stamp decides.
type StampKind byte

// The kinds of stamps.
const (
	Strict StampKind = 's' // written; the values before are the row's [old]
	Found  StampKind = 'n' // written; Before holds the values before
	Maker  StampKind = 'c' // created
	Burnt  StampKind = 'x' // not written, and never will be
)

// Stamp is the decision of one round of an import about one contact.
type Stamp struct {
	Order Order
	Line  int
	Kind  StampKind
	// Before is what the changed fields had, for kind Found. A deletion of the
	// contact erases it.
	Before map[Field]Value
}

// Remains is what is kept under a number where no contact is: of one that was
// deleted, or of one that an import burnt before there was any (a hold, which
// does not keep the number from being used).
type Remains struct {
	Deleted bool
	By      string // the import whose undo deleted it, "" for a person
	Origin  Origin
	Stamps  map[int]Stamp // without values
}

// Own returns the stamp of that very round, if it has one among the stamps.
func (t Ticket) Own(stamps map[int]Stamp) (Stamp, bool) {
	s, ok := stamps[t.Slot]
	return s, ok && !t.None() && s.Order == t.Order
}

// Later reports whether a later round holds the ticket's slot by now: then the
// ticket's import is over, and nothing is written by it any more.
func (t Ticket) Later(stamps map[int]Stamp) bool {
	s, ok := stamps[t.Slot]
	return ok && !t.None() && s.Order > t.Order
}

// Burn asks that a round of an import never writes a contact.
type Burn struct {
	// Number is "" for a row without one that may create its contact: then the
	// line is first kept from being given another number, and the one that it
	// has, if any, is burnt.
	Number ContactNumber
	Import string
	Line   int
	Ticket Ticket
}

// Burned is the answer to a Burn.
type Burned struct {
	Number ContactNumber
	// Own is what the round has decided here, by this call or before; of kind
	// Burnt: it was not written and never will be. The zero Stamp where nothing
	// can be written: the contact was deleted, or the line never had a number.
	Own Stamp
	// Later says that a later round holds the slot: this import is over.
	Later bool
	// Err is as for Written.
	Err error
}

// ChunkState is how far a chunk of an import's round is.
type ChunkState struct {
	Tries   int    // that began
	Sealed  string // the key of the results object that counts, "" for none yet
	By      int    // the try that sealed it, 0 for finish
	History bool   // its history is written
}

// Seal asks that a results object be the one that counts.
type Seal struct {
	Key string
	By  int
	// Tries is how many tries may have begun, -1 for any number.
	Tries int
	// Instead is the object that counts now, but is lost; "" if none may.
	Instead string
}

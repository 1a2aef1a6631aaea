package domain

import "time"

// Record is something small that an institution has by an id. The zero time
// means never.
type Record interface {
	// Ends is when it is forgotten.
	Ends() time.Time
	// Due is when something has to be done about it.
	Due() time.Time
}

// Roles are what a user may be, by the groups of the user pool. Each may do what
// the ones before it may.
var Roles = []string{"viewer", "operator", "admin"}

// User is what is known of somebody who signed in.
type User struct {
	ID           string // in the pool
	Email        string // as it was at the last sign-in
	Groups       []string
	LastSignedIn time.Time
	// Language is what the user chose for messages and mails, "" for no choice.
	Language string
	// NotBefore makes all tokens worthless that go back to an earlier sign-in.
	NotBefore time.Time
	// Ended are the sign-ins that were signed out of, and until when that is
	// remembered.
	Ended map[string]time.Time
	// Disabled says that an administrator refused the user.
	Disabled bool
}

// Ends is never: who was refused stays so.
func (User) Ends() time.Time { return time.Time{} }

// Due is never.
func (User) Due() time.Time { return time.Time{} }

// Usable tells whether a token of the user is good that goes back to the
// sign-in.
func (u User) Usable(session string, signedIn time.Time) bool {
	_, ended := u.Ended[session]
	return !ended && !signedIn.Before(u.NotBefore)
}

// Fallen is a record that has fallen due.
type Fallen[T Record] struct {
	Institution InstitutionID
	ID          string
	Record      T
}

// RestoreDays is how long a deletion can be taken back.
const RestoreDays = 7

// Removed is a contact that was deleted and can still be brought back. It ends a
// day after it is due, so that it goes even if nobody erases it.
type Removed struct {
	Contact   Contact
	RemovedAt time.Time
	RemovedBy Who
}

// Due is when the contact is to be erased: RestoreDays after its deletion.
func (r Removed) Due() time.Time { return r.RemovedAt.AddDate(0, 0, RestoreDays) }

// Ends is a day after Due.
func (r Removed) Ends() time.Time { return r.Due().AddDate(0, 0, 1) }

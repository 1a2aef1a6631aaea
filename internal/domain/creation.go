package domain

import (
	"strings"
	"time"

	"rollbook/internal/domain/text"
)

// Origin is the import and the line that made a contact.
type Origin struct {
	Import string // "" if no import did
	Line   int
}

// Pinned is whom a line without a number is about.
type Pinned struct {
	Number ContactNumber
	// Found says that the contact was there and is the line's for good; else the
	// number was given to the line to create its contact under.
	Found bool
}

// Creation asks for a new contact.
type Creation struct {
	// Number is "" for the next free number of the institution: one above the
	// highest of its width. Numbers of deleted contacts are never used again.
	Number ContactNumber
	// Digits is the width of the next free number, 0 for DefaultDigits; shorter
	// numbers get leading zeros.
	Digits int
	Fields map[Field]Value
	// Identity is "" or what makes it one person, "email:jo@example.org": at
	// most one contact is created for it, however many imports race. Contacts
	// that were not made by a Creation do not count: look them up before.
	Identity string
	// Applied is the contact's Origin: import and line, no Before. The pair
	// makes the call repeatable.
	Applied    Applied
	Provenance Provenance // for criteria and authorisations among Fields
	// Ticket is what the import writes by, as for Write. The contact is stamped
	// as made; a hold gives way to it and its stamps are kept.
	Ticket Ticket
}

// EmailIdentity begins an Identity that is an e-mail address.
const EmailIdentity = "email:"

// IdentityEmail returns the address of an identity that is one, else "".
func IdentityEmail(identity string) string {
	email, ok := strings.CutPrefix(identity, EmailIdentity)
	if !ok {
		return ""
	}
	return email
}

// ValueIdentity is the Identity of whoever has the value in a field.
func ValueIdentity(f Field, v Value) string { return string(f) + "=" + string(v) }

// HasIdentity reports whether the contact is who an identity says; Checked that one
// can see it in the contact.
func HasIdentity(c Contact, identity string) (has, checked bool) {
	if email := IdentityEmail(identity); email != "" {
		return text.NormaliseEmail(c.Email()) == text.NormaliseEmail(email), true
	}
	f, v, ok := strings.Cut(identity, "=")
	if room, _ := Field(f).Split(); !ok || room != CriterionRoom {
		return true, false
	}
	return c.Get(Field(f)) == Value(v), true
}

// Made is the answer to one Creation. Exactly one of Done, Live, Gone, Own,
// Later and Err is set.
type Made struct {
	// Number is that of the contact made, or of the one that stands in the way.
	Number ContactNumber
	// Done says that this call made it or an earlier one with the same import
	// and line did, whatever became of it since.
	Done bool
	// Live is somebody else's contact, which has the number or was created for
	// the identity.
	Live *Contact
	// Gone says that the number belonged to a contact that was deleted.
	Gone bool
	// Own is this round's stamp that refused the creation, of kind Burnt.
	Own *Stamp
	// Later and Doubt are as for Written.
	Later, Doubt bool
	// Err is as for Written.
	Err error
}

// HistoryEntry is one change of one field.
type HistoryEntry struct {
	Number        ContactNumber
	At            time.Time
	Import        string // the import's id, if an import did it
	Line          int
	By            Who // if a person or machine did it
	Field         Field
	Before, After Value
}

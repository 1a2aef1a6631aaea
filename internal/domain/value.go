package domain

import "strings"

// Value is the canonical text of what a contact has in a field:
//
//	""                empty, the same as absent
//	choice            the value's code
//	multichoice       codes joined by "|", in catalogue order, each once
//	yesno             "true" or "false"
//	date              yyyy-mm-dd
//	number            digits, perhaps with - before them and a point in them, without zeros that say nothing
//	authorisation     "true" or "false"
//	text, contact     NFC text without control characters
//
// Two values of a field are the same state exactly if their canonical texts are
// the same, save that a stored multichoice may have an older catalogue's order:
// compare with SameAs.
type Value string

// Empty is the value of a field that has none.
const Empty Value = ""

// True and False are the values of yes/no criteria and authorisations.
const (
	True  Value = "true"
	False Value = "false"
)

// Codes returns the codes of a multichoice value, nil if it is empty.
func (v Value) Codes() []string {
	if v == "" {
		return nil
	}
	return strings.Split(string(v), "|")
}

// SameAs tells whether two values of a field of the kind are the same state.
func (v Value) SameAs(w Value, kind Kind) bool {
	if v == w {
		return true
	}
	if kind != MultiChoice || len(v) != len(w) {
		return false
	}
	left := map[string]int{}
	for _, c := range v.Codes() {
		left[c]++
	}
	for _, c := range w.Codes() {
		if left[c]--; left[c] < 0 {
			return false
		}
	}
	return true
}

// Field names what a contact may have a value in, with its room before the
// colon: "criterion:GENRE", "authorisation:EMAIL", "contact:language". It is
// the form that condition trees use.
type Field string

// The rooms of a Field.
const (
	CriterionRoom     = "criterion"
	AuthorisationRoom = "authorisation"
	ContactRoom       = "contact"
)

// Split returns the field's room and its code or name.
func (f Field) Split() (room, code string) {
	room, code, _ = strings.Cut(string(f), ":")
	return room, code
}

// Code returns the part after the room.
func (f Field) Code() string { _, c := f.Split(); return c }

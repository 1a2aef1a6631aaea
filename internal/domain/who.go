package domain

import "strings"

// Who names the person or machine that did something: an id that never changes
// (a user's in the pool, "key:" and a key's), and after a blank the e-mail
// address or name that went with it then.
type Who string

// Inbox is who drops files into the drop folder. Its name is the principal of the
// account that did, where that is known.
const Inbox Who = "inbox"

// WhoIs returns the name of the one with the id, who has the e-mail address or
// name today.
func WhoIs(id, name string) Who {
	if name == "" || strings.ContainsRune(id, ' ') {
		return Who(strings.ReplaceAll(id, " ", "_"))
	}
	return Who(id + " " + name)
}

// ID returns what never changes.
func (w Who) ID() string {
	id, _, _ := strings.Cut(string(w), " ")
	return id
}

// Name returns what people call them: the e-mail address or name, or the id if
// there was none.
func (w Who) Name() string {
	id, name, _ := strings.Cut(string(w), " ")
	if name == "" {
		return id
	}
	return name
}

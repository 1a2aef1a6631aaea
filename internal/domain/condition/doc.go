// Package condition holds the condition trees of dynamic targets: it reads them
// from JSON against an institution's catalogue and matches contacts.
//
// A condition is {"all":[…]}, {"any":[…]}, {"not":…} or a leaf
// {"field":…, "op":…, "value":…}. An empty all is everyone, an empty any is
// nobody. What a leaf's op may be, and its value, depends on the kind of the
// field, whose operators package field defines; docs/files.md lists them. The
// contact's birth date is asked for as a date.
//
//	an operator that takes    has a value
//	nothing                   none: isEmpty, isNotEmpty
//	one, part                 a code, a boolean, a text, a date yyyy-mm-dd, a number
//	list                      a list of these: any of them
//	set                       a list of codes or one code: exactly these
//	range                     a list of two, both included
//	days                      a number of days, counted back from today in UTC
//
// isNot is the contrary of is, and isNotEmpty of isEmpty: a contact without a
// value matches isNot. An empty value is in no list (save "empty"), contains
// and starts with nothing, and is neither before nor after a date, nor less nor
// more than a number. Texts are compared in NFC and without regard to case and
// invisible characters; accents count. Codes are codes, not labels; retired ones
// are allowed, since contacts may still have them.
package condition

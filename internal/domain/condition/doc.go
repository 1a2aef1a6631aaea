// Package condition holds the condition trees of dynamic targets: it reads them
// from JSON against an institution's catalogue and matches contacts.
//
// A condition is {"all":[…]}, {"any":[…]}, {"not":…} or a leaf
// {"field":…, "op":…, "value":…}. An empty all is everyone, an empty any is
// nobody. What a leaf's op may be, and its value, depends on the field:
//
//	field              op                                        value
//	choice             is, isNot                                 a code
//	                   in                                        a list of codes: any of them
//	multichoice        is, isNot                                 a code or a list of codes: exactly these
//	                   contains                                  a code
//	                   in                                        a list of codes: at least one of them
//	yesno              is, isNot                                 true or false
//	                   in                                        a list of these
//	authorisation      is, isNot                                 true, false or "empty"
//	                   in                                        a list of these
//	text, contact:…    is, isNot, contains, startsWith           a text
//	                   in                                        a list of texts: any of them
//	contact:birthDate  is, isNot, before, after                  a date yyyy-mm-dd
//	                   in                                        a list of dates
//	contact:number     is, isNot                                 a contact number, with or without #
//	                   in                                        a list of contact numbers
//	                   startsWith                                the first digits
//	every but number   isEmpty, isNotEmpty                       none
//
// isNot is the contrary of is, and isNotEmpty of isEmpty: a contact without a
// value matches isNot. An empty value is in no list (save "empty"), contains
// and starts with nothing, and is neither before nor after a date. Texts are
// compared in NFC and without regard to case; accents count. Codes are codes,
// not labels; retired ones are allowed, since contacts may still have them.
package condition

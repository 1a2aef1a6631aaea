// Package domain holds Rollbook's words, as docs/glossary.md explains them:
// institution, contact, criterion, authorisation, value, import and what
// becomes of its rows. Everything else is built on it; it knows no file, no
// store and no request, and imports only the packages below it that are about
// texts and reasons.
//
// What an institution knows of a contact is a Value in a Field. A Field names
// its room and code ("criterion:GENRE"), a FieldDef in the Catalogue says what
// values it takes, and a Value is one canonical text, so that two values are
// the same state exactly if their texts are (but see Value.SameAs). How people
// write values is package field's.
//
// An Import is one file and what is done with it: an Action on a DataType, read
// and applied by its Recipe. Each row ends in exactly one Outcome, and Counts
// adds them up. What is wrong with a file, a row or a cell is a FileProblem or
// a Problem around a reason.Reason; what is worth a look is a Warning.
//
// So that each row is decided once, whatever dies or comes twice, an import
// writes by a Ticket, and its decision stays in the contact as a Stamp. Write,
// Creation and Burn ask a store for such decisions; Written, Made and Burned
// are its answers. Package storetest says what a store must do.
//
// Small things that an institution has by an id (User, Key, Webhook, Mapping
// and so on) are Records: a store keeps them until they end and finds those
// that fall due.
package domain

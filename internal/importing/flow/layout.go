package flow

import "rollbook/internal/domain"

// Layout says where the columns of a file are that mean something. A place is an
// index into Plan.Columns, -1 where the file has no such column.
type Layout struct {
	Key    int // names the contact; files of contacts may be without
	Email  int // says again what the contact's address is
	Undo   int // names the import whose creation of the contact is taken back
	Fields []FieldColumns
}

// FieldColumns are the places of a field that has a [new] column.
type FieldColumns struct {
	Field    domain.Field
	New, Old int
}

// NewLayout finds the columns; Fields are in the order of the file.
func NewLayout(columns []Column) Layout {
	l := Layout{Key: -1, Email: -1, Undo: -1}
	old := map[domain.Field]int{}
	for i, c := range columns {
		switch c.Role {
		case KeyRole:
			l.Key = i
		case InfoRole:
			if c.Field == domain.ContactEmail {
				l.Email = i
			}
		case UndoRole:
			l.Undo = i
		case OldRole:
			old[c.Field] = i
		}
	}
	for i, c := range columns {
		if c.Role != NewRole {
			continue
		}
		at, ok := old[c.Field]
		if !ok {
			at = -1
		}
		l.Fields = append(l.Fields, FieldColumns{Field: c.Field, New: i, Old: at})
	}
	return l
}

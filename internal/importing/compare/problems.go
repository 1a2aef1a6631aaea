package compare

import (
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// problem is one about the row as a whole, told by its contact cell.
func (x *item) problem(code, message, suggestion string) domain.Problem {
	return domain.Problem{Line: x.Line, Column: x.KeyColumn, Value: strings.TrimSpace(x.Key), Code: code, Message: message, Suggestion: suggestion}
}

const unknownText = "There is no contact with this number in your institution."

func (x *item) unknown() domain.Problem { return x.problem("unknownContact", unknownText, "") }

func (x *item) unknownWithOld() domain.Problem {
	return x.problem("unknownContact", "There is no such contact, though [old] says what it had. A new contact has nothing in [old].", "")
}

func (x *item) leadingZeros(n domain.ContactNumber) domain.Problem {
	return x.problem("leadingZeros", unknownText+" Did you mean #"+string(n)+"?", "#"+string(n))
}

func (x *item) contactDeleted() domain.Problem {
	return x.problem("contactDeleted", "This contact was deleted. A deleted contact is not created again.", "Remove the line.")
}

func (x *item) nobodyNamed() domain.Problem {
	return x.problem("nobodyNamed", "This row would create a contact with neither an e-mail address nor a last name.", "Fill in one of them.")
}

func (x *item) tooLarge() domain.Problem {
	return x.problem("contactTooLarge", "This contact would become too large to store.", "Shorten a text, or remove values.")
}

const numberTheOne = "Write the number of the one that is meant into the column Contact."

func (x *item) severalContacts(ns []domain.ContactNumber) domain.Problem {
	names := make([]string, 0, 5)
	for _, n := range ns[:min(len(ns), 5)] {
		names = append(names, "#"+string(n))
	}
	p := x.problem("severalContacts", "Several contacts have this e-mail address: "+strings.Join(names, ", ")+".", numberTheOne)
	p.Column, p.Value = x.Person.EmailColumn, x.Person.Email
	return p
}

func (x *item) sharedAddress(n domain.ContactNumber) domain.Problem {
	p := x.problem("differentLines", "The contact #"+string(n)+" has this e-mail address, and other lines have it too.", numberTheOne)
	p.OtherLines = x.Person.Shared
	return p
}

// sameContact is about a row whose contact another line of the same file is
// about, or has changed already.
func (x *item) sameContact(line int) domain.Problem {
	p := x.problem("differentLines", "Another line of this file is about the same contact.", "Keep one line for each contact.")
	p.OtherLines = []int{line}
	return p
}

func (x *item) numberGiven(line int) domain.Problem {
	p := x.problem("differentLines", "While the import ran, this number was given to the new contact of a line without one.",
		"Give this row another number: with this one it would change that contact.")
	p.OtherLines = []int{line}
	return p
}

func (x *item) otherContactsEmail() domain.Problem {
	return domain.Problem{Column: x.InfoColumn, Value: x.InfoEmail, Code: "otherContactsEmail",
		Message:    "The e-mail address in this row is that of another contact: a part of the columns was probably sorted without the rest.",
		Suggestion: "Sort whole rows only, or start again from the template."}
}

func (x *item) notWritten() domain.Problem {
	return domain.Problem{Line: x.Line, Outcome: domain.Unprocessed, Code: "notWritten",
		Message: "This row could not be written, through no fault of the file.", Suggestion: "Import the error file again."}
}

// touched is the result of a row that would take back a contact which is not as
// it was made.
func (x *item) touched() Result {
	return Result{Outcome: domain.RowConflicted, Problems: []domain.Problem{{
		Line: x.Line, Column: x.KeyColumn, Value: x.Key, Outcome: domain.RowConflicted, Code: "changedSince",
		Message:    "This contact was changed since it was created, so it stays.",
		Suggestion: "Delete it on the screen if it is not wanted."}}}
}

// notDone is the problem of a row that was not tried.
func notDone(line int, cancelled bool) domain.Problem {
	p := domain.Problem{Line: line, Outcome: domain.Unprocessed, Code: "notProcessed",
		Message: "This row was not processed, through no fault of the file.", Suggestion: "Import the error file again."}
	if cancelled {
		p.Code, p.Message = "cancelled", "The import was cancelled before this row."
	}
	return p
}

func conflict(r *Row, c *Cell, live, want domain.Value) domain.Problem {
	old, is, wish := domain.Shown(c.OldText), field.Format(live, c.Def), field.Format(want, c.Def)
	if c.Known {
		old = field.Format(c.Old, c.Def)
	}
	p := domain.Problem{
		Line: r.Line, Column: c.Column, Field: c.Def.Name(), Value: c.Text, Outcome: domain.RowConflicted,
		Code: "conflict", Old: &old, Live: &is, New: &wish,
		Message: "Somebody changed this since the export: it was " + show(old) + ", is now " + show(is) +
			", and the file wants " + show(wish) + ". Nothing of this row was written.",
		Suggestion: "Look at the contact, then correct [old] to what is there now, or empty [new].",
	}
	if !c.Known {
		p.Message = "The [old] cell is no value of this field, so it cannot be compared: it says " + show(old) +
			", the contact has " + show(is) + ", and the file wants " + show(wish) + ". Nothing of this row was written."
	}
	return p
}

func show(v string) string {
	if v == "" {
		return "empty"
	}
	return "“" + v + "”"
}

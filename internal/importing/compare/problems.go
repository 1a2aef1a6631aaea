package compare

import (
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
)

// problem is one about the row as a whole, told by its contact cell.
func (x *item) problem(key string, values ...any) domain.Problem {
	return domain.Problem{Line: x.Line, Column: x.KeyColumn, Value: strings.TrimSpace(x.Key), Reason: reason.New(key, values...)}
}

func (x *item) unknown() domain.Problem { return x.problem("unknownContact") }

func (x *item) unknownWithOld() domain.Problem { return x.problem("unknownContact.old") }

func (x *item) leadingZeros(n domain.ContactNumber) domain.Problem {
	return x.problem("leadingZeros", "#"+string(n))
}

func (x *item) contactDeleted() domain.Problem { return x.problem("contactDeleted") }

func (x *item) nobodyNamed() domain.Problem { return x.problem("nobodyNamed") }

func (x *item) tooLarge() domain.Problem { return x.problem("contactTooLarge") }

func (x *item) severalContacts(ns []domain.ContactNumber) domain.Problem {
	p := x.problem("severalContacts", few(ns))
	p.Column, p.Value = x.Person.EmailColumn, x.Person.Email
	return p
}

func (x *item) severalNamed(ns []domain.ContactNumber) domain.Problem {
	return x.problem("severalNamed", few(ns))
}

// few are the first of the contacts, as many as a sentence names.
func few(ns []domain.ContactNumber) []string {
	var names []string
	for _, n := range ns[:min(len(ns), 5)] {
		names = append(names, "#"+string(n))
	}
	return names
}

func (x *item) sharedAddress(n domain.ContactNumber) domain.Problem {
	p := x.problem("differentLines.shared", "#"+string(n))
	p.OtherLines = x.Person.Shared
	return p
}

// sameContact is about a row whose contact another line of the same file is
// about, or has changed already.
func (x *item) sameContact(line int) domain.Problem {
	p := x.problem("differentLines.sameContact")
	p.OtherLines = []int{line}
	return p
}

func (x *item) numberGiven(line int) domain.Problem {
	p := x.problem("differentLines.numberGiven")
	p.OtherLines = []int{line}
	return p
}

func (x *item) otherContactsEmail() domain.Problem {
	return domain.Problem{Column: x.InfoColumn, Value: x.InfoEmail, Reason: reason.New("otherContactsEmail")}
}

func (x *item) notWritten() domain.Problem {
	return domain.Problem{Line: x.Line, Outcome: domain.Unprocessed, Reason: reason.New("notWritten")}
}

// touched is the result of a row that would take back a contact which is not as
// it was made.
func (x *item) touched() Result {
	return Result{Outcome: domain.RowConflicted, Problems: []domain.Problem{{
		Line: x.Line, Column: x.KeyColumn, Value: x.Key, Outcome: domain.RowConflicted, Reason: reason.New("changedSince")}}}
}

// notDone is the problem of a row that was not tried.
func notDone(line int, cancelled bool) domain.Problem {
	p := domain.Problem{Line: line, Outcome: domain.Unprocessed, Reason: reason.New("notProcessed")}
	if cancelled {
		p.Reason = reason.New("cancelled.row")
	}
	return p
}

func conflict(r *Row, c *Cell, live, want domain.Value) domain.Problem {
	old, is, wish := domain.Shown(c.OldText), field.Format(live, c.Def), field.Format(want, c.Def)
	if c.Known {
		old = field.Format(c.Old, c.Def)
	}
	why := reason.New("conflict", old, is, wish)
	if !c.Known {
		why = reason.New("conflict.unreadable", old, is, wish)
	}
	return domain.Problem{Line: r.Line, Column: c.Column, Field: c.Def.Name(), Value: c.Text, Outcome: domain.RowConflicted,
		Reason: why, Old: &old, Live: &is, New: &wish}
}

// refusal is about an authorisation that the contact refused, with when, through
// whom and what proves it.
func refusal(r *Row, c *Cell, p domain.Provenance) domain.Problem {
	var at, by, proof any // absent where nobody knows
	if !p.At.IsZero() {
		at = p.At.UTC().Format(time.DateOnly)
	}
	if p.By != "" {
		by = p.By.Name()
	}
	if p.Proof != "" {
		proof = p.Proof
	}
	live, wish := string(domain.False), string(domain.True)
	return domain.Problem{Line: r.Line, Column: c.Column, Field: c.Def.Name(), Value: c.Text, Outcome: domain.RowConflicted,
		Reason: reason.New("refused", at, by, proof), Live: &live, New: &wish}
}

// exists is about a row that may only create its contact, which is there.
func exists(r *Row, n domain.ContactNumber) domain.Problem {
	return domain.Problem{Line: r.Line, Column: r.KeyColumn, Value: strings.TrimSpace(r.Key), Outcome: domain.RowRejected,
		Reason: reason.New("contactExists", "#"+string(n)), Contact: n}
}

func (x *item) notCreated() domain.Problem { return x.problem("contactNotThere") }

package account

import (
	"fmt"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
)

// maxProblems is how many problems of one row are told: a spreadsheet's cell must
// hold them all.
const maxProblems = 50

// maxSuggestion is the longest suggestion, in bytes: a list of hundreds of codes
// helps nobody.
const maxSuggestion = 1000

// rejected is the result of a row that is rejected for the problems.
func rejected(r flow.Row, ps ...domain.Problem) *compare.Result {
	for i := range ps {
		ps[i].Line, ps[i].Outcome = r.Line, domain.RowRejected
	}
	return &compare.Result{Outcome: domain.RowRejected, Problems: ps}
}

func (fc *fieldColumn) problem(cell string, p *field.Problem) *domain.Problem {
	return &domain.Problem{Column: fc.name, Field: fc.def.Name(), Value: cell, Code: p.Code, Message: p.Message, Suggestion: p.Suggestion}
}

func (fc *fieldColumn) gone(cell string) *domain.Problem {
	return &domain.Problem{Column: fc.name, Field: fc.name, Value: cell, Code: "fieldGone",
		Message: "This field is no longer in the catalogue.", Suggestion: "Leave the cell empty."}
}

func (r *reader) samePerson(key string, others []int) domain.Problem {
	return domain.Problem{Column: r.keyName, Value: key, Code: "samePerson", OtherLines: others,
		Message:    "This row would create the same person as others (" + lines(others) + "): the e-mail address, or name and birth date, are the same.",
		Suggestion: "Keep one line for each person, or import with “allow the same person twice”."}
}

func (r *reader) differentLines(key string, others []int) domain.Problem {
	return domain.Problem{Column: r.keyName, Value: key, Code: "differentLines", OtherLines: others,
		Message:    "This contact stands on other lines too (" + lines(others) + "), and they do not ask for the same.",
		Suggestion: "Keep one line for each contact."}
}

func chunkLost(ref flow.ChunkRef) string {
	return fmt.Sprintf("Some rows of lines %d to %d could not be read again and were not processed. Take them from your own file.", ref.FirstLine, ref.LastLine)
}

func lines(ns []int) string {
	var b strings.Builder
	for i, n := range ns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "line %d", n)
	}
	return b.String()
}

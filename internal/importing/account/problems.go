package account

import (
	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
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
	return &domain.Problem{Column: fc.name, Field: fc.def.Name(), Value: cell, Reason: *p}
}

func (fc *fieldColumn) gone(cell string) *domain.Problem {
	return &domain.Problem{Column: fc.name, Field: fc.name, Value: cell, Reason: reason.New("fieldGone")}
}

func (r *reader) samePerson(key string, others []int) domain.Problem {
	return domain.Problem{Column: r.keyName, Value: key, Reason: reason.New("samePerson", others), OtherLines: others}
}

func (r *reader) differentLines(key string, others []int) domain.Problem {
	return domain.Problem{Column: r.keyName, Value: key, Reason: reason.New("differentLines", others), OtherLines: others}
}

func chunkLost(ref flow.ChunkRef) domain.Warning {
	return domain.Warning{Reason: reason.New("chunkLost", ref.FirstLine, ref.LastLine)}
}

package account

import (
	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/importing/flow"
)

// recorder counts rows and writes what became of them to a results object.
type recorder struct {
	results *flow.ResultWriter
	sum     flow.Summary
	kinds   map[domain.Field]domain.Kind // of the fields that the catalogue still has
}

func newRecorder(results *flow.ResultWriter, fields []fieldColumn) recorder {
	r := recorder{results: results, kinds: map[domain.Field]domain.Kind{},
		sum: flow.Summary{Fields: flow.FieldChanges{}, NotCompared: map[domain.Field]int{}}}
	for _, fc := range fields {
		if fc.known {
			r.kinds[fc.Field] = fc.def.Kind
		}
	}
	return r
}

// row records one row. A row that is unchanged is only counted, and one that is
// unprocessed warns of nothing: it is still to be done.
func (r *recorder) row(x *item) error {
	r.sum.Counts.Add(x.result.Outcome)
	if x.result.Outcome != domain.Unprocessed {
		for _, w := range append(x.read.warnings, x.result.Warnings...) {
			r.sum.AddNote(w, x.row.Line)
		}
	}
	// Who is created had nothing that could be overwritten.
	if x.result.Outcome != domain.Unprocessed && x.result.Outcome != domain.Created {
		for _, f := range x.read.notCompared {
			r.sum.NotCompared[f]++
		}
	}
	out := flow.Result{Line: x.row.Line, Number: x.result.Number, Outcome: x.result.Outcome,
		Changes: x.result.Changes, Problems: x.result.Problems, Removed: x.result.Removed}
	switch x.result.Outcome {
	case domain.Unchanged:
		return nil
	case domain.RowRejected, domain.RowConflicted, domain.Unprocessed:
		out.Cells = x.row.Cells
	}
	for i := range out.Problems {
		shorten(&out.Problems[i])
		if out.Outcome == domain.RowConflicted {
			out.Problems[i].Contact = out.Number
		}
	}
	for _, c := range out.Changes {
		if kind, ok := r.kinds[c.Field]; ok {
			r.sum.Fields.Add(c.Field, field.Group(c.Before, kind), field.Group(c.After, kind), 1)
		}
	}
	return r.results.Write(out)
}

// shorten keeps a problem small whatever the file has.
func shorten(p *domain.Problem) {
	p.Value = domain.Shown(p.Value)
	if len(p.Fix()) > maxSuggestion {
		p.Reason = p.WithFix("")
	}
}

// lost counts the rows of a chunk that could not be read as unprocessed.
func (r *recorder) lost(ref flow.ChunkRef) {
	for range ref.Rows - r.sum.Counts.Rows {
		r.sum.Counts.Add(domain.Unprocessed)
	}
	r.sum.AddNote(chunkLost(ref), ref.FirstLine)
}

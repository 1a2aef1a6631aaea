package plan

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/importing/flow"
)

// matchBy returns the criterion by which an import finds contacts, "" for none.
func matchBy(imp *domain.Import, cat *domain.Catalogue) (domain.Field, error) {
	if imp.MatchBy == "" || imp.DataType != domain.Contacts || imp.OfKind == domain.UndoOf {
		return "", nil
	}
	f := domain.Field(domain.CriterionRoom + ":" + imp.MatchBy)
	d, ok := cat.Lookup(f)
	// What has values to choose from names nobody.
	if k := field.Of(d.Kind); !ok || !k.Free || !k.Criterion {
		return "", fault.New(fault.Invalid, "matchBy", imp.MatchBy)
	}
	return f, nil
}

// holders find contacts by what they have in a criterion: 16 bytes for each that has
// something. A hash that two values share leads to a contact that has another one,
// which the compare of the row's cell sees.
type holders struct {
	index *field.Index
	at    int // the column
	seed  maphash.Seed
	held  []holder // ordered
	names lines    // by which numbers are 8 bytes
}

type holder struct{ value, number uint64 }

// holders reads who has what in the criterion, nil without one.
func (s *Step) holders(ctx context.Context, imp *domain.Import, f domain.Field, cat *domain.Catalogue, l flow.Layout) (*holders, error) {
	if f == "" {
		return nil, nil
	}
	d, _ := cat.Lookup(f)
	h := &holders{index: field.NewIndex(d), seed: maphash.MakeSeed()}
	for _, c := range l.Fields {
		if c.Field == f {
			h.at = c.New
		}
	}
	for c, err := range s.Contacts.Values(ctx, imp.Institution, domain.Part{Fields: []domain.Field{f}}) {
		if err != nil {
			return nil, err
		}
		if v := c.Get(f); v != domain.Empty {
			h.held = append(h.held, holder{maphash.String(h.seed, string(v)), h.names.code(c.Number)})
		}
	}
	slices.SortFunc(h.held, func(a, b holder) int { return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.number, b.number)) })
	return h, nil
}

// find adds to a row the number of the contact that it names, blank for nobody. It
// returns the problem of a row that may be about several.
func (h *holders) find(r *row, cols []flow.Column) *domain.Problem {
	cell := r.Cells[h.at]
	r.Cells = append(slices.Clip(r.Cells), "")
	e, _, problem := h.index.ParseNew(cell)
	if problem != nil || e.Keep || e.Value == domain.Empty {
		return nil // the cell is judged later, with the others
	}
	value := maphash.String(h.seed, string(e.Value))
	i, ok := slices.BinarySearchFunc(h.held, value, func(x holder, v uint64) int { return cmp.Compare(x.value, v) })
	if !ok {
		r.named = e.Value
		return nil
	}
	var numbers []string
	for ; i < len(h.held) && h.held[i].value == value && len(numbers) < 5; i++ {
		numbers = append(numbers, "#"+string(h.names.number(h.held[i].number)))
	}
	if len(numbers) > 1 {
		return &domain.Problem{Line: r.Line, Outcome: domain.RowRejected, Column: cols[h.at].Name, Field: h.index.Code, Value: domain.Shown(cell),
			Reason: reason.New("severalHave", numbers, h.index.Code)}
	}
	r.Cells[len(r.Cells)-1] = numbers[0]
	return nil
}

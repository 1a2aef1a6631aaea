package finish

import (
	"cmp"
	"encoding/json"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
)

const (
	// listed bounds how many transitions of a field are reported one by one, and
	// reportBytes what the reports of all fields may take in the stored import.
	listed      = 50
	reportBytes = 200 << 10
)

// fields reports the changes by field, in the order of the file's columns, with
// fewer single transitions where there would be too many in all.
func (m *merged) fields() ([]domain.FieldReport, error) {
	for most := listed; ; most /= 2 {
		out := m.fieldsUpTo(most)
		b, err := json.Marshal(out)
		if err != nil || len(b) <= reportBytes || most == 0 {
			return out, err
		}
	}
}

func (m *merged) fieldsUpTo(listed int) []domain.FieldReport {
	var out []domain.FieldReport
	for _, c := range m.cols.fields {
		out = append(out, domain.FieldReport{Field: c.def.Name(), Label: c.def.Label, Kind: c.def.Kind,
			Changes: transitions(m.sum.Fields[c.field], listed), NotCompared: m.sum.NotCompared[c.field]})
	}
	return out
}

// transitions lists the most frequent ones, and how many the others are together.
func transitions(counts map[string]map[string]int, listed int) []domain.Transition {
	out := []domain.Transition{}
	for from, tos := range counts {
		for to, n := range tos {
			out = append(out, domain.Transition{From: from, To: to, Count: n})
		}
	}
	slices.SortFunc(out, func(a, b domain.Transition) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	if len(out) <= listed {
		return out
	}
	rest := 0
	for _, t := range out[listed:] {
		rest += t.Count
	}
	return append(out[:listed], domain.Transition{From: "(other)", To: "(other)", Count: rest})
}

// namedFields is how many fields the warnings of one code name.
const namedFields = 20

// warnings are the notes of all rows, one of each code.
func (m *merged) warnings() []domain.Warning {
	var out []domain.Warning
	others, cells := 0, 0
	for _, c := range m.cols.fields {
		n := m.sum.NotCompared[c.field]
		switch {
		case n == 0:
		case len(out) == namedFields:
			others, cells = others+1, cells+n
		default:
			out = append(out, domain.Warning{Reason: reason.New("cellsNotCompared", n, c.def.Name())})
		}
	}
	if others > 0 {
		out = append(out, domain.Warning{Reason: reason.New("cellsNotCompared.more", cells, others)})
	}
	if w, ok := m.consents(); ok {
		out = append(out, w)
	}
	for _, n := range m.sum.Notes {
		w := n.First
		if w.Code == "changedSinceTemplate" {
			w.Reason, w.Lines = w.With("n", n.Count), n.Lines
		} else if n.Count > 1 {
			w.Times, w.Lines = n.Count, n.Lines
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b domain.Warning) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Code, b.Code)) })
	return out
}

// consents says how many authorisations become true, and how many of these had been
// refused.
func (m *merged) consents() (domain.Warning, bool) {
	n := 0
	refused := 0
	for _, c := range m.cols.fields {
		if c.def.Kind != domain.Authorisation {
			continue
		}
		for from, tos := range m.sum.Fields[c.field] {
			n += tos[string(domain.True)]
			if from == string(domain.False) {
				refused += tos[string(domain.True)]
			}
		}
	}
	return domain.Warning{Reason: reason.New("consents", n, refused)}, n > 0
}

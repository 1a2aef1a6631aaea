package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/column"
)

// groups are whose or which address a column may be of, those that come first
// where nothing else decides.
var groups = []string{"", "participant", "mailing", "home", "other", "work", "buyer"}

var (
	ofPersons   = []column.Target{"email", "title", "firstName", "lastName", "language", "birthDate", "phone", column.Name, column.Given}
	ofAddresses = []column.Target{"street", "postcode", "city", "country", column.StreetLine, column.StreetPart}
)

// A contact has one address, one telephone and one name: of the columns that were
// recognised for the same, settle leaves those out that come after another by
// what is usual, and returns them. A buyer is another person than a participant;
// parts of an address are taken from one address only, the one that is filled
// most; a mobile telephone comes before others; parts of a name come before the
// whole, and a salutation before a title. Columns that nothing tells apart are left as they are.
func (r *resolver) settle(header []string, headers []domain.Header, meant []column.Meaning, values [][]string) (spare []int) {
	leave := func(i int) {
		h := &headers[i]
		if h.Column != "" {
			h.Suggestions = append(h.Suggestions, h.Column)
		}
		h.Column, h.By = "", domain.ByLeftOut
		spare = append(spare, i)
	}
	recognised := func(i int) bool { return headers[i].By == domain.BySynonym && meant[i].Target != "" }
	buyer := func(i int) bool { return meant[i].Group == "buyer" }
	one := func(of []column.Target, good func(i int) bool) bool {
		return slices.ContainsFunc(indices(headers), func(i int) bool {
			return headers[i].Column != "" && slices.Contains(of, meant[i].Target) && good(i) && len(values[i]) > 0
		})
	}
	if one(ofPersons, func(i int) bool { return !buyer(i) }) {
		for i := range headers {
			if recognised(i) && buyer(i) && len(values[i]) > 0 {
				leave(i)
			}
		}
	}
	filled := map[string]int{}
	for i := range headers {
		if slices.Contains(ofAddresses, meant[i].Target) && headers[i].Column != "" && headers[i].By != domain.ByLeftOut {
			filled[meant[i].Group] += len(values[i])
		}
	}
	best := slices.MaxFunc(groups, func(a, b string) int {
		return cmp.Or(cmp.Compare(filled[a], filled[b]), cmp.Compare(slices.Index(groups, b), slices.Index(groups, a)))
	})
	for i := range headers {
		there := func(k int) bool {
			return headers[k].Column != "" && meant[k].Target == meant[i].Target && meant[k].Group == best && len(values[k]) > 0
		}
		if recognised(i) && slices.Contains(ofAddresses, meant[i].Target) && meant[i].Group != best && len(values[i]) > 0 && filled[best] > 0 &&
			(best != "" && meant[i].Group != "" || slices.ContainsFunc(indices(headers), there)) {
			leave(i)
		}
	}
	title, _ := domain.ContactDef(domain.ContactTitle)
	titled := func(i int) bool { return strings.EqualFold(headers[i].Column, title.Label) && len(values[i]) > 0 }
	for i := range headers {
		known := headers[i].By == domain.ByName || headers[i].By == domain.BySynonym
		if known && titled(i) && column.LateTitle(header[i]) &&
			slices.ContainsFunc(indices(headers), func(k int) bool { return titled(k) && !column.LateTitle(header[k]) }) {
			leave(i)
		}
	}
	named := func(i int) bool {
		return headers[i].By == domain.BySynonym && meant[i].Target != "" || headers[i].By == domain.ByName && meant[i].Target == "phone"
	}
	var later []int // columns after another one for the same
	for i := range headers {
		if named(i) && len(values[i]) > 0 && slices.ContainsFunc(indices(headers), func(k int) bool { return r.comesBefore(headers, meant, values, k, i) }) {
			later = append(later, i)
		}
	}
	// A telephone or an address that comes later is taken where the first is blank,
	// unless the user has chosen one.
	chosen := func(i int) bool {
		return slices.ContainsFunc(headers, func(h domain.Header) bool {
			return strings.EqualFold(h.Column, headers[i].Column) && (h.By == domain.ByGiven || h.By == domain.ByMemory)
		})
	}
	second := map[int]string{}
	for _, i := range later {
		if p, ok := person.InsteadOf(own(meant[i].Target)); ok && !chosen(i) {
			second[i] = p.Name
		}
	}
	for _, i := range later {
		if second[i] == "" {
			leave(i)
		}
	}
	for i, name := range second {
		headers[i].Column, headers[i].By = name, domain.BySynonym
	}
	first, _ := domain.ContactDef(domain.ContactFirstName)
	last, _ := domain.ContactDef(domain.ContactLastName)
	for i := range headers {
		whole := headers[i].By == domain.ByNone && (meant[i].Target == column.Name || meant[i].Target == column.Given)
		if whole && len(values[i]) > 0 && taken(headers, first.Label) && taken(headers, last.Label) {
			leave(i)
		}
	}
	// Address books have the kind of each value beside it, and addresses once more on
	// several lines.
	for i := range headers {
		of, ok := column.Beside(header[i])
		if headers[i].By != domain.ByNone || !ok || len(values[i]) == 0 {
			continue
		}
		for k := range headers {
			if k != i && strings.HasPrefix(text.Normalise(header[k]), text.Normalise(of)) && (headers[k].Column != "" || slices.Contains(spare, k) && len(headers[k].Suggestions) > 0) {
				headers[i].Suggestions = append(headers[i].Suggestions, cmp.Or(headers[k].Column, strings.Join(headers[k].Suggestions, "")))
				leave(i)
				break
			}
		}
	}
	slices.Sort(spare)
	return spare
}

// comesBefore reports whether column k is for the same as column i and comes before it.
func (r *resolver) comesBefore(headers []domain.Header, meant []column.Meaning, values [][]string, k, i int) bool {
	if k == i || !strings.EqualFold(headers[k].Column, headers[i].Column) || len(values[k]) == 0 {
		return false
	}
	if headers[k].By == domain.ByGiven || headers[k].By == domain.ByMemory {
		return true
	}
	place := func(m column.Meaning) int { return slices.Index(groups, m.Group) }
	a, b := meant[k], meant[i]
	switch {
	case a.Rank == b.Rank && a.Group == b.Group:
		return false
	case headers[k].By == domain.ByName && b.Target != "phone":
		return true
	}
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(place(a), place(b))) < 0
}

func taken(headers []domain.Header, column string) bool {
	return slices.ContainsFunc(headers, func(h domain.Header) bool { return strings.EqualFold(h.Column, column) })
}

func indices[T any](of []T) []int {
	out := make([]int, len(of))
	for i := range out {
		out[i] = i
	}
	return out
}

// alsoThere warns of the columns that settle left out, with how many of their cells
// have something.
func alsoThere(headers []domain.Header, spare []int, cells int) []domain.Warning {
	if cells == 0 {
		return nil
	}
	var all []string
	for _, i := range spare {
		if len(headers[i].Suggestions) > 0 {
			all = append(all, headers[i].Name+" ("+headers[i].Suggestions[0]+")")
		} else {
			all = append(all, headers[i].Name)
		}
	}
	names, more := some(all)
	return []domain.Warning{{Reason: reason.New("columnsSpare", names, more, cells)}}
}

// numbered returns the names of columns, with a number behind one that stands
// there again: Titre, Titre (2). One without a name is called by its place.
func numbered(header []string) []string {
	out := slices.Clone(header)
	times := map[string]int{}
	for i, name := range header {
		key := text.Normalise(name)
		if name == "" {
			out[i] = column.WithoutName(i + 1)
		} else if times[key]++; times[key] > 1 && !bracketed.MatchString(name) {
			out[i] = fmt.Sprintf("%s (%d)", name, times[key])
		}
	}
	return out
}

package plan

import (
	"regexp"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/column"
	"rollbook/internal/importing/flow"
)

var bracketed = regexp.MustCompile(`(?i)^\[\s*(old|new|info|error|undo)\s*\]\s*(.*)$`)

// resolver finds out what a header's names mean in an institution's catalogue.
type resolver struct {
	cat    *domain.Catalogue
	want   domain.DataType
	byCode map[string]domain.FieldDef
	// byLabel has every definition that a folded label may mean.
	byLabel map[string][]domain.FieldDef
	// contact has the contact's own fields by their column's name.
	contact map[string]domain.FieldDef
	// given has what the recipe says of columns, by their name.
	given map[string]string
	// matchBy is the criterion by which contacts are found, "" for none.
	matchBy domain.Field
	// year is that of the import.
	year int
	// before has what was said of an earlier file with the same headers.
	before map[string]string
}

func newResolver(cat *domain.Catalogue, want domain.DataType, given map[string]string) *resolver {
	r := &resolver{cat: cat, want: want, byCode: map[string]domain.FieldDef{}, byLabel: map[string][]domain.FieldDef{}, contact: map[string]domain.FieldDef{}, given: normalised(given)}
	for _, d := range cat.Of(domain.Contacts) {
		r.contact[text.Normalise(d.Label)] = d
	}
	for _, d := range cat.Fields {
		r.byCode[text.Normalise(d.Code)] = d
		labels := []string{text.Normalise(d.Label)}
		for _, l := range d.Labels {
			if l = text.Normalise(l); !slices.Contains(labels, l) {
				labels = append(labels, l)
			}
		}
		for _, l := range labels {
			r.byLabel[l] = append(r.byLabel[l], d)
		}
	}
	return r
}

// normalised has what is said of columns by their names as they are compared.
func normalised(columns map[string]string) map[string]string {
	out := make(map[string]string, len(columns))
	for name, ours := range columns {
		out[text.Normalise(name)] = strings.TrimSpace(ours)
	}
	return out
}

// known tells whether a header's name looks like one of ours, whatever the
// catalogue: by it the separator is chosen.
func (r *resolver) known(name string) bool {
	name = strings.TrimSpace(name)
	_, own := r.contact[text.Normalise(name)]
	if strings.EqualFold(name, flow.KeyColumn) || bracketed.MatchString(name) || own && r.want == domain.Contacts {
		return true
	}
	if _, given := r.given[text.Normalise(name)]; given {
		return true
	}
	m, ok := column.Meant(name)
	return ok && (r.want == domain.Contacts || m.Target == column.Number)
}

// field finds what the name behind a role means. A code wins over a label, and
// of two fields with one label the one of the wanted type of data.
func (r *resolver) field(name string) (domain.FieldDef, error) {
	key := text.Normalise(name)
	// The field's full name is never in doubt.
	if room, code, ok := strings.Cut(key, ":"); ok {
		d, known := r.byCode[strings.TrimSpace(code)]
		if room == domain.ContactRoom {
			d, known = r.contact[strings.TrimSpace(code)]
		}
		if known && strings.HasPrefix(string(d.Field()), room+":") {
			return d, nil
		}
	}
	// An authorisation may have the code EMAIL: written like that it is meant,
	// written like the column Email that one is.
	if d, ok := r.byCode[key]; ok && d.Code == strings.TrimSpace(name) {
		return d, nil
	}
	if d, ok := r.contact[key]; ok && r.want == domain.Contacts {
		return d, nil
	}
	if d, ok := r.byCode[key]; ok {
		return d, nil
	}
	ds := r.byLabel[key]
	if len(ds) > 1 {
		ds = slices.DeleteFunc(slices.Clone(ds), func(d domain.FieldDef) bool { return d.DataType() != r.want })
	}
	switch len(ds) {
	case 1:
		return ds[0], nil
	case 0:
		return domain.FieldDef{}, nil
	}
	codes := make([]string, len(ds))
	for i, d := range ds {
		codes[i] = d.Code
	}
	return domain.FieldDef{}, fault.New(fault.Invalid, "ambiguousColumn", name, codes)
}

// means tells whether a header's name is one of a column, of whatever type of data.
func (r *resolver) means(name string) bool {
	m := bracketed.FindStringSubmatch(name)
	if m == nil {
		_, part := person.PartOf(name)
		return strings.EqualFold(name, flow.KeyColumn) || r.contact[text.Normalise(name)].Code != "" || r.want == domain.Contacts && (part || person.Whole(name) != "")
	}
	if role := strings.ToLower(m[1]); role != string(flow.OldRole) && role != string(flow.NewRole) {
		return true
	}
	d, err := r.field(m[2])
	return err != nil || d.Code != ""
}

package plan

import (
	"regexp"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
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
}

func newResolver(cat *domain.Catalogue, want domain.DataType, given map[string]string) *resolver {
	r := &resolver{cat: cat, want: want, byCode: map[string]domain.FieldDef{}, byLabel: map[string][]domain.FieldDef{}, contact: map[string]domain.FieldDef{}, given: map[string]string{}}
	for name, ours := range given {
		r.given[text.Normalise(name)] = strings.TrimSpace(ours)
	}
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

// columns resolves a header by the names that its columns have with us. Its errors
// reject the file; they call the columns as the file does.
func (r *resolver) columns(header, ours []string, line int) ([]flow.Column, []domain.Warning, error) {
	cols := make([]flow.Column, len(header))
	first := map[string]int{} // role and field → column, to find duplicates
	var key, news, others, own int
	for i, name := range ours {
		cols[i] = flow.Column{Name: header[i]}
		if name != header[i] {
			cols[i].Ours = name
		}
		c := &cols[i]
		m := bracketed.FindStringSubmatch(name)
		switch {
		case strings.EqualFold(name, flow.KeyColumn):
			c.Role = flow.KeyRole
			key++
		case m == nil:
			d, ok := r.contact[text.Normalise(name)]
			if !ok {
				return cols, nil, r.unknown(header, ours, i, line)
			}
			if r.want != domain.Contacts {
				return cols, nil, fault.New(fault.Invalid, "wrongDataType.contacts", line, i+1, header[i], r.want)
			}
			c.Role, c.Field = flow.NewRole, d.Field()
			news++
			own++
		case strings.EqualFold(m[1], "undo"):
			if !strings.EqualFold(name, flow.UndoColumn) || r.want != domain.Contacts {
				return cols, nil, r.unknown(header, ours, i, line)
			}
			c.Role = flow.UndoRole
			news++
			own++
		case strings.EqualFold(m[1], "info"):
			c.Role = flow.InfoRole
			if strings.EqualFold(m[2], "email") {
				c.Field = domain.ContactEmail
			}
		case strings.EqualFold(m[1], "error"):
			c.Role = flow.ErrorRole
		default:
			c.Role = flow.Role(strings.ToLower(m[1]))
			d, err := r.field(m[2])
			if err != nil {
				return cols, nil, err
			}
			if d.Code == "" {
				return cols, nil, r.unknown(header, ours, i, line)
			}
			c.Field = d.Field()
			fits := d.DataType() == r.want || r.want == domain.Contacts
			switch {
			case d.DataType() == domain.Contacts:
				own++
			case !fits:
				others++
			}
			if fits && c.Role == flow.NewRole {
				news++
			}
		}
		if c.Role == flow.ErrorRole || c.Role == flow.InfoRole && c.Field == "" {
			continue
		}
		id := string(c.Role) + " " + string(c.Field)
		if j, ok := first[id]; ok {
			return cols, nil, fault.New(fault.Invalid, "duplicateColumn", line, j+1, header[j], i+1, header[i])
		}
		first[id] = i
	}
	switch {
	case others > 0 && news == 0:
		other := domain.Criteria
		if r.want == domain.Criteria {
			other = domain.Authorisations
		}
		return cols, nil, fault.New(fault.Invalid, "wrongDataType", other, r.want)
	case others > 0:
		for i, c := range cols {
			if d, ok := r.cat.Lookup(c.Field); ok && d.DataType() != r.want {
				return cols, nil, fault.New(fault.Invalid, "wrongDataType.column", line, i+1, header[i], d.DataType(), r.want)
			}
		}
	case r.want == domain.Contacts && own == 0 && news > 0:
		// Here criteria are for contacts that arrive with their names.
		return cols, nil, fault.New(fault.Invalid, "wrongDataType.noContacts", line)
	case key == 0 && r.want == domain.Contacts && !slices.ContainsFunc(cols, func(c flow.Column) bool {
		return c.Role == flow.NewRole && (c.Field == domain.ContactEmail || c.Field == domain.ContactLastName)
	}):
		return cols, nil, fault.New(fault.Invalid, "noKeyColumn.contacts", line, flow.KeyColumn)
	case key == 0 && r.want != domain.Contacts:
		return cols, nil, fault.New(fault.Invalid, "noKeyColumn", line, flow.KeyColumn)
	case news == 0:
		return cols, nil, fault.New(fault.Invalid, "nothingToDo.noColumn", line)
	}
	return cols, r.notCompared(cols), nil
}

// namedFields is how many fields a warning names.
const namedFields = 20

// notCompared warns of [new] columns without their [old] one.
func (r *resolver) notCompared(cols []flow.Column) []domain.Warning {
	var missing []string
	for _, c := range cols {
		if c.Role == flow.NewRole && !slices.ContainsFunc(cols, func(o flow.Column) bool { return o.Role == flow.OldRole && o.Field == c.Field }) {
			d, _ := r.cat.Lookup(c.Field)
			missing = append(missing, d.Name())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var more any
	if n := len(missing) - namedFields; n > 0 {
		missing, more = missing[:namedFields], n
	}
	return []domain.Warning{{Reason: reason.New("notCompared", missing, more)}}
}

// unknown says which column is not one of ours, and which was probably meant.
func (r *resolver) unknown(header, ours []string, i, line int) error {
	name := header[i]
	if name == "" {
		return fault.New(fault.Invalid, "unknownColumn.unnamed", line, i+1)
	}
	if strings.HasPrefix(name, "ï»¿") {
		return fault.New(fault.Invalid, "encodingMixedUp.file", line)
	}
	var names []string
	role := ""
	if m := bracketed.FindStringSubmatch(name); m != nil {
		role = "[" + strings.ToLower(m[1]) + "] "
		name = m[2]
		for _, d := range r.cat.Of(r.want) {
			names = append(names, d.Code, d.Label)
		}
	} else {
		names = []string{flow.KeyColumn, "[info] Email", "[info] Last name", "[info] First name"}
		for _, d := range r.cat.Of(r.want) {
			if d.Kind == domain.ContactText {
				names = append(names, d.Label)
				continue
			}
			names = append(names, "[old] "+d.Code, "[new] "+d.Code, d.Code)
		}
	}
	shown := role + domain.Shown(name)
	likely, ok := field.Nearest(name, names)
	if ok && role == "" && r.byCode[text.Normalise(likely)].Code != "" {
		role = "[new] "
	}
	var others, known []string
	for k, n := range ours[i+1:] {
		if n != "" && !r.means(n) {
			others = append(others, header[i+1+k])
		}
	}
	var more any
	if n := len(others) - namedFields; n > 0 {
		others, more = others[:namedFields], n
	}
	if r.want == domain.Contacts {
		known = append(known, flow.KeyColumn)
		for _, c := range domain.ContactFields {
			known = append(known, c.Column)
		}
	}
	if ok {
		return fault.New(fault.Invalid, "unknownColumn", line, i+1, shown, role+likely, others, more, known)
	}
	return fault.New(fault.Invalid, "unknownColumn.remove", line, i+1, shown, others, more, known)
}

// means tells whether a header's name is one of a column, of whatever type of data.
func (r *resolver) means(name string) bool {
	m := bracketed.FindStringSubmatch(name)
	if m == nil {
		return strings.EqualFold(name, flow.KeyColumn) || r.contact[text.Normalise(name)].Code != ""
	}
	if role := strings.ToLower(m[1]); role != string(flow.OldRole) && role != string(flow.NewRole) {
		return true
	}
	d, err := r.field(m[2])
	return err != nil || d.Code != ""
}

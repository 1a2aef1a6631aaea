package plan

import (
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/column"
	"rollbook/internal/importing/flow"
)

// A header is the columns of a file, as they are resolved one by one.
type header struct {
	*resolver
	names []string // as the file has them; errors call the columns so
	ours  []string // what the columns are called with us
	at    []int    // where they stand in the file
	line  int
	cols  []flow.Column
}

// columns resolves a header by the names that its columns have with us, and the
// places that they have in the file. Its errors reject the file.
func (r *resolver) columns(names, ours []string, at []int, line int) ([]flow.Column, []domain.Warning, error) {
	h := &header{resolver: r, names: names, ours: ours, at: at, line: line, cols: make([]flow.Column, len(names))}
	first := map[string]int{} // role and field → column
	for i, name := range names {
		h.cols[i].Name = name
		if ours[i] != name {
			h.cols[i].Ours = ours[i]
		}
		if err := h.resolve(i); err != nil {
			return h.cols, nil, err
		}
		c := h.cols[i]
		if c.Role == flow.ErrorRole || c.Role == flow.InfoRole && c.Field == "" {
			continue // there may be as many of these as one likes
		}
		id := string(c.Role) + " " + string(c.Field)
		if j, ok := first[id]; ok {
			return h.cols, nil, fault.New(fault.Invalid, "duplicateColumn", line, at[j]+1, names[j], at[i]+1, name)
		}
		first[id] = i
	}
	if err := h.check(); err != nil {
		return h.cols, nil, err
	}
	cols := h.cols
	for i := range cols {
		if person.Whole(ours[i]) == "" {
			continue
		}
		first, _ := domain.ContactDef(domain.ContactFirstName)
		cols = append(cols, flow.Column{Name: names[i], Ours: first.Label, Role: flow.NewRole, Field: domain.ContactFirstName})
		if j := slices.IndexFunc(cols, func(c flow.Column) bool { return c.Role == flow.NewRole && c.Field == domain.ContactFirstName }); j < len(cols)-1 {
			return h.cols, nil, fault.New(fault.Invalid, "duplicateColumn", line, at[i]+1, names[i], at[j]+1, names[j])
		}
		break
	}
	if r.matchBy != "" {
		i := slices.IndexFunc(cols, func(c flow.Column) bool { return c.Role == flow.NewRole && c.Field == r.matchBy })
		cols = append(cols, flow.Column{Name: names[i], Role: flow.KeyRole, Found: true})
	}
	return cols, r.notCompared(cols), nil
}

// resolve finds out the role and the field of column i.
func (h *header) resolve(i int) error {
	c, name := &h.cols[i], h.ours[i]
	m := bracketed.FindStringSubmatch(name)
	if m == nil {
		return h.resolveBare(i)
	}
	c.Role = flow.Role(strings.ToLower(m[1]))
	switch c.Role {
	case flow.UndoRole:
		if !strings.EqualFold(name, flow.UndoColumn) || h.want != domain.Contacts {
			return h.unknown(i)
		}
	case flow.InfoRole:
		if strings.EqualFold(m[2], "email") {
			c.Field = domain.ContactEmail
		}
	case flow.OldRole, flow.NewRole:
		d, err := h.field(m[2])
		if err != nil {
			return err
		}
		if d.Code == "" {
			return h.unknown(i)
		}
		if d.Kind == domain.ContactText && h.want != domain.Contacts {
			return h.ofContacts(i)
		}
		c.Field = d.Field()
	}
	return nil
}

// resolveBare is resolve for a name without a role in brackets: the key, or one of
// the contact's own columns.
func (h *header) resolveBare(i int) error {
	c, name := &h.cols[i], h.ours[i]
	if strings.EqualFold(name, flow.KeyColumn) {
		c.Role = flow.KeyRole
		return nil
	}
	whole := person.Whole(name) != ""
	if whole {
		last, _ := domain.ContactDef(domain.ContactLastName)
		name, c.Ours = last.Label, last.Label
	}
	d, ok := h.contact[text.Normalise(name)]
	if !ok {
		return h.unknown(i)
	}
	if h.want != domain.Contacts {
		return h.ofContacts(i)
	}
	c.Role, c.Field = flow.NewRole, d.Field()
	return nil
}

// ofContacts says that column i belongs into a file of contacts.
func (h *header) ofContacts(i int) error {
	return fault.New(fault.Invalid, "wrongDataType.contacts", h.line, h.at[i]+1, h.names[i], h.want)
}

// check judges the columns as a whole: whether they are of the wanted type of
// data, name the contacts and ask for anything.
func (h *header) check() error {
	news, own := false, false // columns that ask for something, and the contact's own
	foreign := -1             // the first column of another type of data
	for i, c := range h.cols {
		ours := c.Role == flow.UndoRole || c.Field != "" && h.typeOf(c) == domain.Contacts
		switch {
		case c.Role == flow.InfoRole:
		case c.Field != "" && h.want != domain.Contacts && h.typeOf(c) != h.want:
			if foreign < 0 {
				foreign = i
			}
		default:
			own = own || ours
			news = news || c.Role == flow.NewRole || c.Role == flow.UndoRole
		}
	}
	by := h.matchBy != "" && h.has(flow.NewRole, h.matchBy)
	switch {
	case h.matchBy != "" && !by:
		return fault.New(fault.Invalid, "matchBy.noColumn", h.line, h.matchBy.Code())
	case by && h.has(flow.KeyRole, ""):
		return fault.New(fault.Invalid, "matchBy.number", h.line, h.matchBy.Code(), flow.KeyColumn)
	case foreign >= 0 && !news:
		return fault.New(fault.Invalid, "wrongDataType", h.typeOf(h.cols[foreign]), h.want)
	case foreign >= 0:
		return fault.New(fault.Invalid, "wrongDataType.column", h.line, h.at[foreign]+1, h.names[foreign], h.typeOf(h.cols[foreign]), h.want)
	case h.want == domain.Contacts && news && !own && !by:
		// Here criteria are for contacts that arrive with their names.
		return fault.New(fault.Invalid, "wrongDataType.noContacts", h.line)
	case by, h.has(flow.KeyRole, ""):
	case h.want != domain.Contacts:
		return fault.New(fault.Invalid, "noKeyColumn", h.line, flow.KeyColumn)
	case !h.has(flow.NewRole, domain.ContactEmail) && !h.has(flow.NewRole, domain.ContactLastName):
		return fault.New(fault.Invalid, "noKeyColumn.contacts", h.line, flow.KeyColumn)
	}
	if !news {
		return fault.New(fault.Invalid, "nothingToDo.noColumn", h.line)
	}
	return nil
}

func (h *header) typeOf(c flow.Column) domain.DataType {
	d, _ := h.cat.Lookup(c.Field)
	return d.DataType()
}

func (h *header) has(role flow.Role, f domain.Field) bool { return has(h.cols, role, f) }

// has reports whether one of the columns has the role and the field.
func has(cols []flow.Column, role flow.Role, f domain.Field) bool {
	return slices.ContainsFunc(cols, func(c flow.Column) bool { return c.Role == role && c.Field == f })
}

// namedFields is how many fields a warning names.
const namedFields = 20

// some returns the first of the names, and how many more there are, nil for none.
func some(names []string) ([]string, any) {
	if n := len(names) - namedFields; n > 0 {
		return names[:namedFields], n
	}
	return names, nil
}

// notCompared warns of [new] columns without their [old] one.
func (r *resolver) notCompared(cols []flow.Column) []domain.Warning {
	var missing []string
	for _, c := range cols {
		if c.Role == flow.NewRole && c.Field != r.matchBy && !has(cols, flow.OldRole, c.Field) {
			d, _ := r.cat.Lookup(c.Field)
			missing = append(missing, d.Name())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	names, more := some(missing)
	return []domain.Warning{{Reason: reason.New("notCompared", names, more)}}
}

// unknown says that column i is not one of ours, which was probably meant, and
// which others are not ours either.
func (h *header) unknown(i int) error {
	name := h.names[i]
	if column.Unnamed(name) {
		return fault.New(fault.Invalid, "unknownColumn.unnamed", h.line, h.at[i]+1)
	}
	if strings.HasPrefix(name, "ï»¿") {
		return fault.New(fault.Invalid, "encodingMixedUp.file", h.line)
	}
	if strings.EqualFold(name, flow.KeyColumn) {
		return fault.New(fault.Invalid, "unknownColumn.noNumber", h.line, h.at[i]+1, name)
	}
	var all []string
	for k, n := range h.ours[i+1:] {
		if !column.Unnamed(h.names[i+1+k]) && !h.means(n) {
			all = append(all, h.names[i+1+k])
		}
	}
	others, more := some(all)
	var known []string
	if h.want == domain.Contacts {
		known = append(known, flow.KeyColumn)
		for _, c := range domain.ContactFields {
			known = append(known, c.Column)
		}
	}
	shown := domain.Shown(name)
	if near, ok := h.nearest(name); ok {
		return fault.New(fault.Invalid, "unknownColumn", h.line, h.at[i]+1, shown, near, others, more, known)
	}
	return fault.New(fault.Invalid, "unknownColumn.remove", h.line, h.at[i]+1, shown, others, more, known)
}

// nearest returns the column of ours that a name is clearly meant to be.
func (r *resolver) nearest(name string) (string, bool) {
	if m := bracketed.FindStringSubmatch(name); m != nil {
		var fields []field.Spelling
		for _, d := range r.cat.Of(r.want) {
			fields = append(fields, field.Spelling{As: d.Code, Of: d.Name()}, field.Spelling{As: d.Label, Of: d.Name()})
		}
		near, ok := field.NearestOf(m[2], fields)
		return "[" + strings.ToLower(m[1]) + "] " + near, ok
	}
	columns := []field.Spelling{}
	for _, c := range []string{flow.KeyColumn, "[info] Email", "[info] Last name", "[info] First name"} {
		columns = append(columns, field.Spelling{As: c, Of: c})
	}
	for _, d := range r.cat.Of(r.want) {
		if d.Kind == domain.ContactText {
			columns = append(columns, field.Spelling{As: d.Label, Of: d.Label})
			continue
		}
		old, new := "[old] "+d.Code, "[new] "+d.Code
		columns = append(columns, field.Spelling{As: old, Of: old}, field.Spelling{As: new, Of: new}, field.Spelling{As: d.Code, Of: new})
	}
	return field.NearestOf(name, columns)
}

package plan

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/column"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

const (
	// lookedAt is how many rows are looked at before the columns are told apart.
	lookedAt  = 200
	lookBytes = 4 << 20
	// samples is how many values of a column are shown, and samplesBytes how much
	// of them an import holds.
	samples      = 5
	samplesBytes = 48 << 10
)

// ahead is a sheet whose first rows were looked at before they are read.
type ahead struct {
	*sheet.Reader
	rows []sheet.Row
	err  error // what came after the rows, if they are all
	// mended is how many of the rows are mended already.
	mended int
	// marked counts cells with the marks that Unmark takes off.
	marked tally
}

// plain takes off the guards and marks of a row's cells.
func (a *ahead) plain(row *sheet.Row) {
	for i, c := range row.Cells {
		bare := sheet.Unguard(c)
		if bare == c {
			var marked bool
			if bare, marked = sheet.Unmark(c); marked {
				a.marked.add(row.Line)
			}
		}
		row.Cells[i] = bare
	}
}

// lookAhead reads the first rows.
func lookAhead(r *sheet.Reader) *ahead {
	a := &ahead{Reader: r}
	for size := 0; len(a.rows) < lookedAt && size < lookBytes && a.err == nil; {
		row, err := r.Read()
		if err != nil {
			a.err = err
			break
		}
		a.plain(&row)
		for _, c := range row.Cells {
			size += len(c)
		}
		a.rows = append(a.rows, row)
	}
	return a
}

// open reads the header and the first rows of an import's file. A header none of
// whose columns is known is one if it was known of an earlier file, or if it looks
// otherwise than the rows below it.
func (s *Step) open(ctx context.Context, imp *domain.Import, f domain.File, names *resolver) (*sheet.Reader, *ahead, error) {
	options := sheet.Options{KnownColumn: names.known, Encoding: imp.Encoding, Limits: s.Limits}
	r, err := sheet.Open(f, f.Size(), options)
	if err == nil {
		rows := lookAhead(r)
		if options.Width = rows.unnamed(); options.Width == 0 {
			return r, rows, nil
		}
		if r, err = sheet.Open(f, f.Size(), options); err == nil {
			rows = lookAhead(r)
		}
		return r, rows, err
	}
	x, ok := fault.As(err)
	if !ok || x.Code != sheet.CodeNoHeader || x.Params["case"] != nil {
		return nil, nil, err
	}
	options.KnownColumn = nil
	r, wrong := sheet.Open(f, f.Size(), options)
	if wrong != nil {
		return nil, nil, err
	}
	rows := lookAhead(r)
	was, wrong := s.remembered(ctx, imp, r.Header())
	if wrong != nil {
		return nil, nil, wrong
	}
	if len(was.Columns) == 0 && !rows.under(r.Header()) {
		return nil, nil, err
	}
	return r, rows, nil
}

// unnamed is how many columns the file has with those at the right of the header that
// have no name and values in some rows; 0 where it has none of these. The header of a
// workbook does not say how wide it is, so most rows must.
func (a *ahead) unnamed() int {
	wide, most := 0, 0
	for _, r := range a.rows {
		if r.Fault != nil && r.Fault.Code == sheet.CodeWrongCellCount && r.Fault.Params["case"] == nil && len(r.Cells) > len(a.Header()) {
			wide, most = wide+1, max(most, len(r.Cells))
		}
	}
	if wide == 0 || a.Detected().Format == "xlsx" && 2*wide <= len(a.rows) || a.Detected().Format != "xlsx" && most > a.HeaderCells() {
		return 0
	}
	return most
}

// under reports whether the rows stand under a header: its cells are words, and in
// some column most cells are not.
func (a *ahead) under(header []string) bool {
	word := func(s string) bool {
		return !strings.ContainsRune(s, '@') && !strings.ContainsFunc(s, unicode.IsDigit)
	}
	if len(header) < 2 || !slices.ContainsFunc(header, func(n string) bool { return n != "" }) || slices.ContainsFunc(header, func(n string) bool { return !word(n) }) {
		return false
	}
	for i := range header {
		values := a.values(i)
		others := slices.DeleteFunc(slices.Clone(values), word)
		if len(others)*2 > len(values) {
			return true
		}
	}
	return false
}

// Read returns the next row, without guards of formulas.
func (a *ahead) Read() (sheet.Row, error) {
	if len(a.rows) > 0 {
		row := a.rows[0]
		a.rows = a.rows[1:]
		return row, nil
	}
	if a.err != nil {
		return sheet.Row{}, a.err
	}
	row, err := a.Reader.Read()
	a.plain(&row)
	return row, err
}

// values returns the values of a column in the rows looked at, blank ones left out.
func (a *ahead) values(i int) []string {
	var out []string
	for _, r := range a.rows {
		if r.Fault == nil && !field.Blank(r.Cells[i]) {
			out = append(out, r.Cells[i])
		}
	}
	return out
}

// matched is what the columns of a file were taken for.
type matched struct {
	headers []domain.Header
	// blank are columns that nobody knows and that are left out because they have
	// no value; one that has a value after all rejects the file.
	blank []int
	// spare are columns that are left out for another one that is for the same.
	spare []int
	// elsewhere are columns whose numbers are another system's.
	elsewhere []int
}

// match finds out what each column is for: by the recipe, by its name, or by what
// people and other programs call it, if its values do not speak against that.
func (r *resolver) match(header []string, rows *ahead) matched {
	m := matched{headers: make([]domain.Header, len(header))}
	values := make([][]string, len(header))
	meant := make([]column.Meaning, len(header))
	shown := numbered(header)
	for i, name := range header {
		values[i] = rows.values(i)
		h := &m.headers[i]
		*h = domain.Header{Name: shown[i], By: domain.ByNone, Samples: []string{}, Suggestions: []string{}}
		ours, given := said(r.given, shown[i], name)
		before, known := said(r.before, shown[i], name)
		switch {
		case given && ours == "":
			h.By = domain.ByLeftOut
		case given:
			h.Column, h.By = ours, domain.ByGiven
		case known && r.stillFits(before, values[i]):
			h.Column, h.By = before, domain.ByMemory
		case r.noNumber(header, name, values[i]):
			meant[i] = column.Meaning{Target: column.Name}
		case r.means(name):
			h.Column, h.By = name, domain.ByName
			meant[i], _ = column.Meant(name)
		case bracketed.MatchString(name):
		default:
			if s, ok := r.meant(header, name, values[i]); ok {
				meant[i] = s
			} else if d, err := r.field(name); !ok && err == nil && d.Code != "" && d.Kind != domain.ContactText && (d.DataType() == r.want || r.want == domain.Contacts) {
				h.Column, h.By = "[new] "+d.Code, domain.BySynonym
			}
		}
	}
	r.bySynonym(m.headers, meant, func(i int) bool { return len(values[i]) > 0 })
	m.spare = r.settle(header, m.headers, meant, values)
	houseNumbers(m.headers, values)
	size := 0
	for i := range m.headers {
		h := &m.headers[i]
		if len(values[i]) == 0 && (h.By == domain.ByNone && !bracketed.MatchString(h.Name) || (h.By == domain.BySynonym || h.By == domain.ByName && meant[i].Target != "") && repeated(m.headers, i)) {
			h.Column, h.By = "", domain.ByLeftOut
			m.blank = append(m.blank, i)
		}
		if h.By == domain.ByNone {
			h.Suggestions = r.suggestions(m.headers, h.Name, r.before[text.Normalise(h.Name)], meant[i].Target, values[i])
		}
		leftOut := h.By == domain.ByLeftOut || h.By == domain.ByMemory && h.Column == ""
		for _, v := range values[i] {
			v = text.Shown(v)
			if !leftOut && len(h.Samples) < samples && size < samplesBytes && !slices.Contains(h.Samples, v) {
				h.Samples = append(h.Samples, v)
				size += len(v)
			}
		}
	}
	return m
}

// said looks up what is said of a column: by its number where its name is there
// several times, else by its name.
func said(columns map[string]string, shown, name string) (ours string, ok bool) {
	if ours, ok = columns[text.Normalise(shown)]; !ok && name != "" {
		ours, ok = columns[text.Normalise(name)]
	}
	return ours, ok
}

// stillFits reports whether a column can be taken for what an earlier mapping says:
// that is still there, and the values do not speak against it.
func (r *resolver) stillFits(ours string, values []string) bool {
	if ours == "" {
		return true
	}
	if d, ok := r.contact[text.Normalise(ours)]; ok {
		return column.Fits(column.Target(d.Code), values)
	}
	if p, ok := person.PartOf(ours); ok && p.Place == person.Instead {
		return column.Fits(column.Target(p.Field.Code()), values)
	}
	return r.means(ours)
}

// learn is what the file teaches about files with its headers: what the recipe
// says of them, and what was known already.
func (r *resolver) learn(header []string, headers []domain.Header, was domain.Learnt, reading domain.Reading) domain.Learnt {
	l := domain.Learnt{Mapping: was.Mapping, At: was.At, Columns: map[string]string{}, Reading: reading}
	if was.Mapping == "" {
		l.Reading = domain.Reading{}
	}
	for i, h := range headers {
		if _, given := said(r.given, h.Name, header[i]); given || h.By == domain.ByMemory {
			l.Columns[h.Name] = h.Column
		}
	}
	if len(l.Columns) == 0 && l.Reading == (domain.Reading{}) {
		return domain.Learnt{}
	}
	return l
}

// repeated reports whether another column was taken for the same as column i, by
// other than its name if this one was by that.
func repeated(headers []domain.Header, i int) bool {
	for k, h := range headers {
		if k != i && (headers[i].By != domain.ByName || h.By != domain.ByName) && strings.EqualFold(h.Column, headers[i].Column) {
			return true
		}
	}
	return false
}

// own is the contact's own field that is meant, if one is.
func own(t column.Target) domain.Field { return domain.Field(domain.ContactRoom + ":" + string(t)) }

// meant is what a column's name means, if its values do not speak against that. A
// birthday of two digits is the day where the year has a column of its own.
func (r *resolver) meant(header []string, name string, values []string) (column.Meaning, bool) {
	m, ok := column.Meant(name)
	if ok && m.Target == "birthDate" && len(values) > 0 && column.Fits(column.BirthDay, values) &&
		slices.ContainsFunc(header, func(n string) bool { x, _ := column.Meant(n); return x.Target == column.BirthYear }) {
		m.Target = column.BirthDay
	}
	return m, ok && column.Fits(m.Target, values)
}

// noNumber reports whether a column has the name of the contact number and something
// else in it, as the name of a person: other programs call that so too.
func (r *resolver) noNumber(header []string, name string, values []string) bool {
	return r.want == domain.Contacts && strings.EqualFold(name, flow.KeyColumn) && len(values) > 0 &&
		!slices.ContainsFunc(header, bracketed.MatchString) &&
		!slices.ContainsFunc(values, func(v string) bool { return strings.ContainsFunc(v, unicode.IsDigit) })
}

// bySynonym takes columns for what their names mean to people, first those that have
// values. A bare name is a last name beside a first name, and Nome and Nombre are
// first names beside a last name; alone they are full names, and the user is asked.
func (r *resolver) bySynonym(headers []domain.Header, meant []column.Meaning, filled func(int) bool) {
	ours := func(t column.Target) string {
		switch {
		case t == column.Number:
			return flow.KeyColumn
		case r.want != domain.Contacts:
			return ""
		}
		if d, ok := domain.ContactDef(own(t)); ok {
			return d.Label
		}
		p, _ := person.PartCoded(string(t))
		return p.Name
	}
	for _, withValues := range []bool{true, false} {
		take := func(i int, t column.Target) {
			if name := ours(t); name != "" && (withValues || !taken(headers, name)) {
				headers[i].Column, headers[i].By = name, domain.BySynonym
			}
		}
		for i, m := range meant {
			if t := m.Target; t != "" && t != column.Name && t != column.Given && headers[i].By == domain.ByNone && filled(i) == withValues {
				take(i, t)
			}
		}
		// A buyer's name is another person's than a bare one.
		has := func(f domain.Field) bool {
			d, _ := domain.ContactDef(f)
			return slices.ContainsFunc(indices(headers), func(i int) bool { return strings.EqualFold(headers[i].Column, d.Label) && meant[i].Group != "buyer" })
		}
		for i, m := range meant {
			switch t := m.Target; {
			case headers[i].By != domain.ByNone || filled(i) != withValues:
			case t == column.Given && has(domain.ContactLastName) && !has(domain.ContactFirstName):
				take(i, "firstName")
			case t == column.Name && has(domain.ContactFirstName) && !has(domain.ContactLastName):
				take(i, "lastName")
			}
		}
	}
}

// houseNumbers takes a second line of the street for the number of the house where it
// has numbers alone and the first line has none.
func houseNumbers(headers []domain.Header, values [][]string) {
	street, _ := domain.ContactDef(domain.ContactStreet)
	line, _ := person.PartCoded(string(column.StreetLine))
	part, _ := person.PartCoded(string(column.StreetPart))
	first := slices.IndexFunc(headers, func(h domain.Header) bool { return strings.EqualFold(h.Column, street.Label) })
	if first < 0 || slices.ContainsFunc(values[first], func(v string) bool { return strings.ContainsFunc(v, unicode.IsDigit) }) {
		return
	}
	for i := range headers {
		h := &headers[i]
		if h.By == domain.BySynonym && h.Column == line.Name && len(values[i]) > 0 && !slices.ContainsFunc(values[i], func(v string) bool { return !houseNumber.MatchString(v) }) {
			h.Column = part.Name
			return
		}
	}
}

var houseNumber = regexp.MustCompile(`^\s*\d{1,5}\s?\pL?([-/]\s?\d{1,5}\s?\pL?)?\s*$`)

// suggestions are columns of ours that one of the file's may be and no other is: what
// it was before, by what its name may mean, by the form of its values, by the nearest
// name. Where another one has the telephone or the address, it may be the second.
func (r *resolver) suggestions(headers []domain.Header, name, before string, meant column.Target, values []string) []string {
	out := []string{}
	add := func(s string) {
		if d, ok := r.contact[text.Normalise(s)]; ok && taken(headers, s) {
			second, _ := person.InsteadOf(d.Field())
			s = second.Name
		}
		if s != "" && !slices.Contains(out, s) && !taken(headers, s) && len(out) < samples {
			out = append(out, s)
		}
	}
	if before != "" && r.means(before) {
		add(before)
	}
	if r.want == domain.Contacts {
		if meant == column.Name || meant == column.Given {
			whole := wholeNames(values)
			if whole == person.FirstLast && column.LastFirst(name) {
				whole = person.LastFirst
			}
			add(whole)
		}
		targets := []column.Target{meant}
		if meant == column.Name || meant == column.Given {
			targets = []column.Target{"lastName", "firstName"}
		}
		for _, t := range append(targets, column.Shape(values, r.year)...) {
			if d, ok := domain.ContactDef(own(t)); ok {
				add(d.Label)
			}
		}
	}
	var columns []field.Spelling
	for _, d := range r.cat.Of(r.want) {
		ours := "[new] " + d.Code
		if d.Kind == domain.ContactText {
			ours = d.Label
		}
		columns = append(columns, field.Spelling{As: d.Code, Of: ours}, field.Spelling{As: d.Label, Of: ours})
	}
	if near, ok := field.NearestOf(name, columns); ok && r.mayHold(near, values) {
		add(near)
	}
	return out
}

// mayHold reports whether the values of a column may be those of a column of ours that
// is true or false.
func (r *resolver) mayHold(ours string, values []string) bool {
	m := bracketed.FindStringSubmatch(ours)
	if m == nil {
		return true
	}
	d, err := r.field(m[2])
	if err != nil || d.Kind != domain.YesNo && d.Kind != domain.Authorisation {
		return true
	}
	good := 0
	for _, v := range values {
		if _, _, p := field.ParseNew(v, d); p == nil {
			good++
		}
	}
	return 2*good >= len(values)
}

// wholeNames tells by most of the values whether a column has full names, and in which
// order; "" if it has not.
func wholeNames(values []string) string {
	several, lastFirst := 0, 0
	for _, v := range values {
		switch words := strings.Fields(v); {
		case len(words) < 2:
		case strings.Contains(v, ","), capitalised(words[0]) && !capitalised(words[len(words)-1]):
			lastFirst++
			several++
		default:
			several++
		}
	}
	switch {
	case 2*several <= len(values):
		return ""
	case 2*lastFirst > several:
		return person.LastFirst
	}
	return person.FirstLast
}

func capitalised(word string) bool {
	return len([]rune(word)) > 1 && strings.ToUpper(word) == word && strings.ToLower(word) != word
}

// recognised says of which columns it was not their name that told what they are,
// and which were left out.
func recognised(headers []domain.Header, spare []int, at time.Time) []domain.Warning {
	var known, before, left []string
	for i, h := range headers {
		switch {
		case slices.Contains(spare, i):
		case h.By == domain.BySynonym:
			known = append(known, h.Name+" → "+h.Column)
		case h.By == domain.ByMemory && h.Column != "":
			before = append(before, h.Name+" → "+h.Column)
		case column.Unnamed(h.Name): // and without values
		case h.By == domain.ByMemory, h.By == domain.ByLeftOut:
			left = append(left, h.Name)
		}
	}
	var out []domain.Warning
	for _, w := range []struct {
		code  string
		names []string
		more  []any
	}{{"columnsRecognised", known, nil}, {"columnsRemembered", before, []any{at.Format(time.DateOnly)}}, {"columnsLeftOut", left, nil}} {
		if len(w.names) == 0 {
			continue
		}
		names, others := some(w.names)
		out = append(out, domain.Warning{Reason: reason.New(w.code, append([]any{names, others}, w.more...)...)})
	}
	return out
}

// kept returns the places of the columns that are not left out, nor joined into
// another one.
func kept(headers []domain.Header, joined []*joint) []int {
	var out []int
	for i, h := range headers {
		part := slices.ContainsFunc(joined, func(j *joint) bool { return j.at != i && slices.Contains(j.from, i) })
		if h.By != domain.ByLeftOut && (h.By != domain.ByMemory || h.Column != "") && !part {
			out = append(out, i)
		}
	}
	return out
}

// notBlank rejects a file in which a column that nobody knows has a value after
// all, behind the rows that were looked at.
func notBlank(h domain.Header, at, header, line int) error {
	if column.Unnamed(h.Name) {
		return fault.New(fault.Invalid, "unknownColumn.unnamed", header, at+1)
	}
	return fault.New(fault.Invalid, "unknownColumn.value", line, domain.Shown(h.Name))
}

// remembered fills in what was said of an earlier file with these headers. An
// update knows what its test knew, whatever was said since. A file whose columns
// all have roles needs nobody's help.
func (s *Step) remembered(ctx context.Context, imp *domain.Import, header []string) (domain.Learnt, error) {
	switch {
	case imp.OfKind == domain.UpdateOf:
		return imp.Learnt, nil
	case imp.OfKind == domain.UndoOf, !slices.ContainsFunc(header, func(name string) bool {
		return !bracketed.MatchString(name) && !strings.EqualFold(name, flow.KeyColumn)
	}):
		return domain.Learnt{}, nil
	}
	l := domain.Learnt{Mapping: column.Key(string(imp.DataType), header)}
	m, err := s.Mappings.Get(ctx, imp.Institution, l.Mapping)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return l, nil
	}
	l.Columns, l.Reading, l.At = m.Columns, m.Reading, m.UsedAt
	return l, err
}

// rereads fills into an import's recipe what was said of how an earlier file with its
// headers is read, and says so. One whose recipe was chosen on the same bytes is
// read by that alone. A criterion that is there no more is forgotten.
func rereads(imp *domain.Import, was domain.Learnt, cat *domain.Catalogue) []domain.Warning {
	if imp.OfKind != "" {
		return nil
	}
	had := was.Reading
	if _, err := matchBy(&domain.Import{DataType: imp.DataType, Recipe: domain.Recipe{MatchBy: had.MatchBy}}, cat); err != nil {
		had.MatchBy = ""
	}
	added := imp.Remember(had)
	if added == (domain.Reading{}) {
		return nil
	}
	or := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return []domain.Warning{{Reason: reason.New("readingRemembered", was.At.Format(time.DateOnly), or(added.DateOrder), or(added.DecimalSign), or(added.Country), or(added.MatchBy))}}
}

package person

import (
	"slices"
	"strconv"
	"strings"

	"rollbook/internal/domain"
)

// A Part is a column whose cells are a part of a field that another column has, or
// stand for it where that is blank: lists have a house's number, or a second
// telephone, in columns of their own.
type Part struct {
	Code  string // what tables of names call it
	Name  string // of the column of ours
	Field domain.Field
	Place Place
}

// Place is where a part goes.
type Place string

// The places.
const (
	Instead Place = "instead" // where the other is blank
	Before  Place = "before"  // before it
	Beside  Place = "beside"  // before or behind it, as in the file
	Behind  Place = "behind"  // behind it
	Line    Place = "line"    // behind it, as a second line
	Date    Place = "date"    // the year, the month or the day of it
)

// The codes of the parts of a date.
const (
	birthYear  = "birthYear"
	birthMonth = "birthMonth"
	birthDay   = "birthDay"
)

// Parts are the parts that there are.
var Parts = []Part{
	{"secondEmail", "Email 2", domain.ContactEmail, Instead},
	{"secondPhone", "Phone 2", domain.ContactPhone, Instead},
	{"namePrefix", "Last name prefix", domain.ContactLastName, Before},
	{"secondName", "Last name 2", domain.ContactLastName, Behind},
	{"streetPart", "Street part", domain.ContactStreet, Beside},
	{"streetLine", "Street 2", domain.ContactStreet, Line},
	{birthYear, "Birth year", domain.ContactBirthDate, Date},
	{birthMonth, "Birth month", domain.ContactBirthDate, Date},
	{birthDay, "Birth day", domain.ContactBirthDate, Date},
}

// PartOf returns the part that a column of ours is for.
func PartOf(column string) (Part, bool) {
	return part(func(p Part) bool { return strings.EqualFold(p.Name, strings.TrimSpace(column)) })
}

// PartCoded returns the part that tables of names call so.
func PartCoded(code string) (Part, bool) {
	return part(func(p Part) bool { return p.Code == code })
}

// InsteadOf returns the part that stands for a field where that is blank.
func InsteadOf(f domain.Field) (Part, bool) {
	return part(func(p Part) bool { return p.Field == f && p.Place == Instead })
}

func part(is func(Part) bool) (Part, bool) {
	i := slices.IndexFunc(Parts, is)
	if i < 0 {
		return Part{}, false
	}
	return Parts[i], true
}

// A Piece is a cell of a part, or of the column that has the field itself, whose
// Part is nil.
type Piece struct {
	Part *Part
	Text string
}

// Join makes one text of the pieces of a field, in the order of the file. Used is
// whether more than one of them made it, or one of another column.
func Join(pieces []Piece) (text string, used bool) {
	date := map[string]string{}
	var front, middle, back, lines []string
	own := false
	for _, p := range pieces {
		s := strings.TrimSpace(p.Text)
		switch {
		case s == "":
		case p.Part == nil:
			own = true
			middle = append(middle, s)
		case p.Part.Place == Before:
			front = append(front, s)
		case p.Part.Place == Beside:
			middle = append(middle, s)
		case p.Part.Place == Behind:
			back = append(back, s)
		case p.Part.Place == Line, p.Part.Place == Instead:
			lines = append(lines, s)
		default:
			date[p.Part.Code] = s
		}
	}
	switch {
	case len(date) > 0:
		if own {
			return strings.Join(middle, " "), false
		}
		return written(date), true
	case slices.ContainsFunc(pieces, func(p Piece) bool { return p.Part != nil && p.Part.Place == Instead }):
		if own || len(lines) == 0 {
			return strings.Join(middle, " "), false
		}
		return lines[0], true
	}
	text = strings.Join(append(append(front, middle...), back...), " ")
	if text != "" {
		lines = append([]string{text}, lines...)
	}
	return strings.Join(lines, ", "), len(front)+len(back) > 0 || len(middle) > 1 || len(lines) > 1 || !own && text != ""
}

// written is a date of three parts, as far as they are there.
func written(date map[string]string) string {
	year, month, day := date[birthYear], date[birthMonth], date[birthDay]
	if _, err := strconv.Atoi(month); err != nil {
		return strings.Join(strings.Fields(day+" "+month+" "+year), " ")
	}
	out := year
	for _, s := range []string{month, day} {
		if len(s) == 1 {
			s = "0" + s
		}
		if s != "" {
			out += "-" + s
		}
	}
	return out
}

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
	Name  string // of the column of ours
	Field domain.Field
	place place
}

// place is where a part goes.
type place int

const (
	instead place = iota // where the other is blank
	before               // before it
	beside               // before or behind it, as in the file
	behind               // behind it
	line                 // behind it, as a second line
	ofYear
	ofMonth
	ofDay
)

// Parts are the parts that there are.
var Parts = []Part{
	{"Email 2", domain.ContactEmail, instead},
	{"Phone 2", domain.ContactPhone, instead},
	{"Last name prefix", domain.ContactLastName, before},
	{"Last name 2", domain.ContactLastName, behind},
	{"Street part", domain.ContactStreet, beside},
	{"Street 2", domain.ContactStreet, line},
	{"Birth year", domain.ContactBirthDate, ofYear},
	{"Birth month", domain.ContactBirthDate, ofMonth},
	{"Birth day", domain.ContactBirthDate, ofDay},
}

// PartOf returns the part that a column of ours is for.
func PartOf(column string) (Part, bool) {
	i := slices.IndexFunc(Parts, func(p Part) bool { return strings.EqualFold(p.Name, strings.TrimSpace(column)) })
	if i < 0 {
		return Part{}, false
	}
	return Parts[i], true
}

// Instead reports whether the part stands for its field where that is blank.
func (p Part) Instead() bool { return p.place == instead }

// A Piece is a cell of a part, or of the column that has the field itself, whose
// Part is nil.
type Piece struct {
	Part *Part
	Text string
}

// Join makes one text of the pieces of a field, in the order of the file. Used is
// whether more than one of them made it, or one of another column.
func Join(pieces []Piece) (text string, used bool) {
	var date [3]string
	var front, middle, back, lines []string
	own := false
	for _, p := range pieces {
		s := strings.TrimSpace(p.Text)
		switch {
		case s == "":
		case p.Part == nil:
			own = true
			middle = append(middle, s)
		case p.Part.place == before:
			front = append(front, s)
		case p.Part.place == beside:
			middle = append(middle, s)
		case p.Part.place == behind:
			back = append(back, s)
		case p.Part.place == line, p.Part.place == instead:
			lines = append(lines, s)
		default:
			date[p.Part.place-ofYear] = s
		}
	}
	switch {
	case date != [3]string{}:
		if own {
			return strings.Join(middle, " "), false
		}
		return written(date), true
	case slices.ContainsFunc(pieces, func(p Piece) bool { return p.Part != nil && p.Part.place == instead }):
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
func written(date [3]string) string {
	year, month, day := date[0], date[1], date[2]
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

package person

import (
	"regexp"
	"time"

	"rollbook/internal/domain/day"
	"rollbook/internal/domain/field"
)

const (
	firstYear = 1900
	oldest    = 110 // years, above which a date is likely to be a placeholder
	// ahead is by how much the calendar of some place is ahead of UTC.
	ahead = 14 * time.Hour
)

var (
	// noBirthDate is what address books write where there is none.
	noBirthDate = regexp.MustCompile(`^0[/.-]0[/.-]00(00)?$`)
	// noYear is what they write for a day without a year; some put one in which
	// nobody who lives was born.
	noYear = regexp.MustCompile(`^(?:--(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|1604-\d\d-\d\d)$`)
)

// birthDate reads a day, in the forms of all dates, on which somebody may have
// been born.
func birthDate(text string, o day.Order, now time.Time) (string, *field.Warning, *field.Problem) {
	d, p := field.ReadDay(text, o, func(d day.Day, r day.Finding) bool {
		return !d.Time().After(now.Add(ahead)) && (r != day.RunTogether || d.Year >= firstYear)
	})
	if p != nil {
		if p.Code == field.AmericanDate {
			if _, _, no := inRange(text, d, now); no != nil {
				p = no // nor is the day that is meant one
			}
		}
		return "", nil, p
	}
	return inRange(text, d, now)
}

// inRange takes a day on which somebody may have been born.
func inRange(text string, d day.Day, now time.Time) (string, *field.Warning, *field.Problem) {
	now = now.UTC()
	switch at := d.Time(); {
	case d.Year < firstYear:
		return "", nil, no("earlyDate", text, firstYear)
	case at.After(now.Add(ahead)):
		return "", nil, no("futureDate", text)
	case at.Before(now.AddDate(-oldest, 0, 0)):
		return d.String(), look("veryOld", text, oldest), nil
	}
	return d.String(), nil, nil
}

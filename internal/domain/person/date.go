package person

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/domain/field"
)

const (
	firstYear = 1900
	oldest    = 110 // years, above which a date is likely to be a placeholder
	// ahead is by how much the calendar of some place is ahead of UTC.
	ahead = 14 * time.Hour
)

const dateFormats = "Write it as 1985-04-12 or 12.04.1985."

// A midnight is what spreadsheets and databases put behind a day.
const clock = `(?:(?: |T|, )(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:Z| ?[+-]\d{2}:?\d{2})?)?$`

var (
	yearFirst = regexp.MustCompile(`^(\d{4})(-|/|\.) ?(\d{1,2})(-|/|\.) ?(\d{1,2})\.?` + clock)
	yearLast  = regexp.MustCompile(`^(\d{1,2})(-|/|\.) ?(\d{1,2})(-|/|\.) ?(\d{2}|\d{4})\.?` + clock)
	serial    = regexp.MustCompile(`^\d{1,5}(?:[.,]\d{1,10})?$`)
)

// birthDate reads a day: yyyy-mm-dd, dd.mm.yyyy or dd/mm/yyyy, and the same
// with another of these signs, with or without zeros, with a midnight behind
// it. With / and - some people write the month first, so that a date which may
// be both is refused.
func birthDate(text string, now time.Time) (string, *field.Warning, *field.Problem) {
	s := plain(text)
	if m := yearFirst.FindStringSubmatch(s); m != nil && m[2] == m[4] {
		if p := midnight(text, m[6]); p != nil {
			return "", nil, p
		}
		return inRange(text, atoi(m[1]), atoi(m[3]), atoi(m[5]), now)
	}
	if m := yearLast.FindStringSubmatch(s); m != nil && m[2] == m[4] {
		if p := midnight(text, m[6]); p != nil {
			return "", nil, p
		}
		a, b := atoi(m[1]), atoi(m[3])
		if len(m[5]) == 2 {
			return "", nil, shortYear(text, a, b, atoi(m[5]), m[2] == ".", now)
		}
		y := atoi(m[5])
		isDay, isAmerican := real(y, b, a), real(y, a, b)
		switch {
		case !isDay && isAmerican:
			if _, _, p := inRange(text, y, a, b, now); p != nil {
				return "", nil, p
			}
			return "", nil, &field.Problem{Code: AmericanDate, Suggestion: iso(y, a, b),
				Message: fmt.Sprintf("%s has the month before the day. Write the day first, or %s.", field.Quote(text), iso(y, a, b))}
		case isDay && isAmerican && a != b && m[2] != ".":
			return "", nil, &field.Problem{Code: AmbiguousDate,
				Message: fmt.Sprintf("%s may be %s (%s) or %s (%s). Write the one that is meant as yyyy-mm-dd.", field.Quote(text),
					iso(y, b, a), inWords(y, b, a), iso(y, a, b), inWords(y, a, b))}
		}
		return inRange(text, y, b, a, now)
	}
	return "", nil, noDate(text, s, now)
}

// midnight refuses a time of day: a day that became one in another time zone is
// another day.
func midnight(text, at string) *field.Problem {
	if strings.Trim(at, "0:.") == "" {
		return nil
	}
	return &field.Problem{Code: BadDate,
		Message: fmt.Sprintf("%s has a time of day. %s", field.Quote(text), dateFormats)}
}

// noDate says what a text is that has no format of a date.
func noDate(text, s string, now time.Time) *field.Problem {
	p := &field.Problem{Code: BadDate, Message: fmt.Sprintf("%s is no date in a format that is taken. %s", field.Quote(text), dateFormats)}
	if n, err := strconv.Atoi(s); err == nil {
		switch {
		case len(s) == 4 && n >= 1000 && n <= now.Year():
			p.Message = fmt.Sprintf("%s is a year only. %s", field.Quote(text), dateFormats)
			return p
		case len(s) == 8:
			y, m, d := n/10000, n/100%100, n%100
			if day, _, no := inRange(text, y, m, d, now); no == nil {
				p.Suggestion = day
				p.Message = fmt.Sprintf("%s has nothing between year, month and day. Did you mean %s?", field.Quote(text), p.Suggestion)
				return p
			}
		}
	}
	if !serial.MatchString(s) {
		return p
	}
	whole, _, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	p.Code = field.SpreadsheetNumber
	p.Message = fmt.Sprintf("%s is a number. Format the column as a date or text.", field.Quote(text))
	// Spreadsheets count days from 1899-12-30; their first two months are wrong.
	day := time.Date(1899, 12, 30+atoi(whole), 0, 0, 0, 0, time.UTC)
	if atoi(whole) > 60 && !day.After(now.Add(ahead)) {
		p.Suggestion = day.Format(time.DateOnly)
		p.Message = fmt.Sprintf("The spreadsheet changed this date to the number %s, which stands for %s. Format the column as a date or text.", field.Quote(text), p.Suggestion)
	}
	return p
}

// shortYear refuses a year of two digits. If only one century and one order can
// be meant, the day is suggested.
func shortYear(text string, a, b, yy int, dayFirst bool, now time.Time) *field.Problem {
	p := &field.Problem{Code: ShortYear, Message: field.Quote(text) + " has a year of two digits. Write all four."}
	var days []string
	add := func(y, m, d int) {
		if real(y, m, d) && !time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).After(now.Add(ahead)) {
			days = append(days, iso(y, m, d))
		}
	}
	for _, y := range []int{1900 + yy, 2000 + yy} {
		add(y, b, a)
		if !dayFirst && a != b {
			add(y, a, b)
		}
	}
	if len(days) == 1 {
		p.Suggestion = days[0]
		p.Message += fmt.Sprintf(" Did you mean %s?", days[0])
	}
	return p
}

// inRange takes a day that the calendar has and on which somebody may have been
// born.
func inRange(text string, y, m, d int, now time.Time) (string, *field.Warning, *field.Problem) {
	if !real(y, m, d) {
		p := &field.Problem{Code: BadDate, Message: field.Quote(text) + " is no day of the calendar."}
		if m >= 1 && m <= 12 && d > 28 {
			p.Message += fmt.Sprintf(" %s %d has %d days.", time.Month(m), y, time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day())
		}
		return "", nil, p
	}
	day := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	now = now.UTC()
	switch {
	case y < firstYear:
		return "", nil, &field.Problem{Code: EarlyDate, Message: fmt.Sprintf("%s is before %d, and a birth date is not.", field.Quote(text), firstYear)}
	case day.After(now.Add(ahead)):
		return "", nil, &field.Problem{Code: FutureDate, Message: field.Quote(text) + " is in the future, and a birth date is not."}
	case day.Before(now.AddDate(-oldest, 0, 0)):
		return iso(y, m, d), &field.Warning{Code: VeryOld,
			Message: fmt.Sprintf("%s is more than %d years ago. Is it a placeholder? It is taken as written.", field.Quote(text), oldest)}, nil
	}
	return iso(y, m, d), nil, nil
}

// real tells whether the calendar has the day.
func real(y, m, d int) bool {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return y >= 1 && t.Year() == y && int(t.Month()) == m && t.Day() == d
}

func iso(y, m, d int) string { return fmt.Sprintf("%04d-%02d-%02d", y, m, d) }

func inWords(y, m, d int) string { return fmt.Sprintf("%d %s %d", d, time.Month(m), y) }

// atoi reads digits that a pattern has found.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

package field

import (
	"encoding/json"
	"fmt"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
)

// dateKind is a day of the calendar; its value is yyyy-mm-dd.
var dateKind = &Kind{
	Name: domain.Date, Criterion: true, Group: "(date)", Check: CheckDate,
	JSON: "a string yyyy-mm-dd",
	Cell: "a day as `1985-04-12` or `12.04.1985`, or with the month's name or abbreviation in five languages (`12 avr. 1985`, `April 12, 1985`), with four digits for the year. `05/04/1985` may be two days and is refused with both",
	Operators: []Operator{
		{"is", TakesOne, among}, {"isNot", TakesOne, not(among)}, {"in", TakesList, among},
		{"before", TakesOne, before}, {"after", TakesOne, after}, {"between", TakesRange, betweenDays}, {"withinLast", TakesDays, withinLast},
		{"isEmpty", TakesNothing, isEmpty}, {"isNotEmpty", TakesNothing, not(isEmpty)},
	},
	parseNew: parseDate,
	parseOld: func(text string, _ *Index) (domain.Value, bool) {
		if emptyWord(key(text)) {
			return domain.Empty, true
		}
		d, p := readDate(text)
		if p != nil && p.Code == SpreadsheetNumber && p.Suggestion != "" {
			return domain.Value(p.Suggestion), true
		}
		return domain.Value(d.String()), p == nil
	},
	format: func(v domain.Value) string { return string(v) },
	fromJSON: func(v any, _ *Index) (domain.Value, *Problem) {
		s, ok := v.(string)
		if s == "" && ok {
			return domain.Empty, nil
		}
		if d, is := day.ISO(s); !ok || !is || d.Year < firstYear {
			return domain.Empty, notISO()
		}
		return domain.Value(s), nil
	},
	toJSON:   textOrNull,
	options:  func(*Index, string) []string { return nil },
	element:  oneDay,
	show:     asText,
	compared: asIs,
	less:     func(a, b string) bool { return a < b }, // as the days follow each other
}

// firstYear is the first that is written with four digits. A lower one most
// often is one with two.
const firstYear = 1000

func notISO() *Problem {
	return &Problem{Code: WrongType, Message: "This must be a date such as 1980-12-31."}
}

// oneDay reads a day that a condition names.
func oneDay(raw json.RawMessage, _ *Operator, _ *Index) (string, *Problem) {
	s, ok := jsonString(raw)
	if !ok {
		return "", mustBeString()
	}
	if _, ok := day.ISO(s); !ok {
		return "", notISO()
	}
	return s, nil
}

func betweenDays(v domain.Value, o *Operand) bool {
	return v != domain.Empty && o.values[0] <= string(v) && string(v) <= o.values[1]
}

// withinLast reports whether the day is today or one of so many days before.
func withinLast(v domain.Value, o *Operand) bool {
	return v != domain.Empty && o.today.AddDate(0, 0, -o.days).Format(time.DateOnly) <= string(v) && string(v) <= o.today.Format(time.DateOnly)
}

func parseDate(text string, _ *Index) (Edit, *Warning, *Problem) {
	k := key(text)
	if emptyWord(k) {
		return Edit{}, nil, nil
	}
	if suspicious(k) {
		return Edit{}, nil, maybeEmpty(text, "Write Empty to clear the value, or a date.")
	}
	d, p := readDate(text)
	if p != nil {
		return Edit{}, nil, p
	}
	return Edit{Value: domain.Value(d.String())}, nil, nil
}

func readDate(text string) (day.Day, *Problem) {
	d, p := ReadDay(text, func(d day.Day, r day.Finding) bool {
		// Of two centuries the one that spreadsheets take.
		return r != day.ShortYear || d.Year >= 1930 && d.Year < 2030
	})
	if p == nil && d.Year < firstYear {
		p = &Problem{Code: BadDate, Message: fmt.Sprintf("%s has a year before %d. Write all four digits.", quote(text), firstYear)}
	}
	return d, p
}

const dateFormats = "Write it as 1985-04-12 or 12.04.1985."

// ReadDay reads a day in the forms of package day, or says why it is not taken.
// A day that is likely meant is suggested if it may be one of the field's.
func ReadDay(text string, may func(day.Day, day.Finding) bool) (day.Day, *Problem) {
	r := day.Read(text)
	p := &Problem{Code: BadDate}
	suggest := func(d day.Day) bool {
		if d.Exists() && may(d, r.Finding) {
			p.Suggestion = d.String()
		}
		return p.Suggestion != ""
	}
	switch r.Finding {
	case day.Found:
		return r.Day, nil
	case day.NoSuchDay:
		p.Message = quote(text) + " is no day of the calendar."
		if n := r.Day.DaysInMonth(); n > 0 && r.Day.Day > 28 {
			p.Message += fmt.Sprintf(" %s %d has %d days.", time.Month(r.Day.Month), r.Day.Year, n)
		}
	case day.WrongWeekday:
		p.Message = fmt.Sprintf("%s is a %s. Which of the two is meant?", r.Day, r.Day.Time().Weekday())
	case day.TimeOfDay:
		p.Message = quote(text) + " has a time of day. " + dateFormats
	case day.MonthFirst:
		p.Code, p.Suggestion = AmericanDate, r.Day.String()
		p.Message = fmt.Sprintf("%s has the month before the day. Write the day first, or %s.", quote(text), r.Day)
		return r.Day, p
	case day.Ambiguous:
		p.Code = AmbiguousDate
		p.Message = fmt.Sprintf("%s may be %s (%s) or %s (%s). Write the one that is meant as yyyy-mm-dd.", quote(text), r.Day, inWords(r.Day), r.Other, inWords(r.Other))
	case day.ShortYear:
		p.Code = ShortYear
		p.Message = quote(text) + " has a year of two digits. Write all four."
		var days []day.Day
		for _, d := range r.Days {
			if may(d, r.Finding) {
				days = append(days, d)
			}
		}
		if len(days) == 1 && suggest(days[0]) {
			p.Message += fmt.Sprintf(" Did you mean %s?", p.Suggestion)
		}
	case day.YearOnly:
		p.Message = quote(text) + " is a year only. " + dateFormats
	case day.RunTogether:
		if suggest(r.Day) {
			p.Message = fmt.Sprintf("%s has nothing between year, month and day. Did you mean %s?", quote(text), p.Suggestion)
			return r.Day, p
		}
		p.Message = quote(text) + " is no date in a format that is taken. " + dateFormats
	case day.Serial:
		p.Code = SpreadsheetNumber
		p.Message = quote(text) + " is a number. Format the column as a date or text."
		if suggest(r.Day) {
			p.Message = fmt.Sprintf("The spreadsheet changed this date to the number %s, which stands for %s. Format the column as a date or text.", quote(text), p.Suggestion)
		}
	default:
		p.Message = quote(text) + " is no date in a format that is taken. " + dateFormats
	}
	return day.Day{}, p
}

func inWords(d day.Day) string { return fmt.Sprintf("%d %s %d", d.Day, time.Month(d.Month), d.Year) }

package field

import (
	"encoding/json"
	"strconv"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
)

// dateKind is a day of the calendar; its value is yyyy-mm-dd.
var dateKind = &Kind{
	Name: domain.Date, Criterion: true, Group: "(date)", Check: CheckDate,
	JSON: "a string yyyy-mm-dd",
	Cell: "a day as `1985-04-12` or `12.04.1985`, or with the month's name or abbreviation in five languages (`12 avr. 1985`, `April 12, 1985`), with four digits for the year. `05/04/1985` is read as the other days of its column tell, else as is usual in the institution's country; where neither tells it is refused with both days",
	Operators: []Operator{
		{"is", TakesOne, among}, {"isNot", TakesOne, not(among)}, {"in", TakesList, among},
		{"before", TakesOne, before}, {"after", TakesOne, after}, {"between", TakesRange, betweenDays}, {"withinLast", TakesDays, withinLast},
		{"isEmpty", TakesNothing, isEmpty}, {"isNotEmpty", TakesNothing, not(isEmpty)},
	},
	parseNew: parseDate,
	parseOld: func(text string, x *Index) (domain.Value, bool) {
		if emptyWord(key(text)) {
			return domain.Empty, true
		}
		d, p := readDate(text, x.Order)
		if p != nil && p.Code == SpreadsheetNumber && p.Fix() != "" {
			return domain.Value(p.Fix()), true
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
			return domain.Empty, no("wrongType.date")
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

// oneDay reads a day that a condition names.
func oneDay(raw json.RawMessage, _ *Operator, _ *Index) (string, *Problem) {
	s, ok := jsonString(raw)
	if !ok {
		return "", no("wrongType.string")
	}
	if _, ok := day.ISO(s); !ok {
		return "", no("wrongType.date")
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

func parseDate(text string, x *Index) (Edit, *Warning, *Problem) {
	k := key(text)
	if emptyWord(k) {
		return Edit{}, nil, nil
	}
	if suspicious(k) {
		return Edit{}, nil, no("maybeEmpty.date", text, "Empty")
	}
	d, p := readDate(text, x.Order)
	if p != nil {
		return Edit{}, nil, p
	}
	return Edit{Value: domain.Value(d.String())}, nil, nil
}

func readDate(text string, o day.Order) (day.Day, *Problem) {
	d, p := ReadDay(text, o, func(d day.Day, r day.Finding) bool {
		// Of two centuries the one that spreadsheets take.
		return r != day.ShortYear || d.Year >= 1930 && d.Year < 2030
	})
	if p == nil && d.Year < firstYear {
		p = no("badDate.early", text, firstYear)
	}
	return d, p
}

// ReadDay reads a day in the forms of package day, or says why it is not taken.
// A day that is likely meant is suggested if it may be one of the field's.
func ReadDay(text string, o day.Order, may func(day.Day, day.Finding) bool) (day.Day, *Problem) {
	r := day.ReadIn(text, o)
	likely := func(d day.Day) string {
		if d.Exists() && may(d, r.Finding) {
			return d.String()
		}
		return ""
	}
	switch r.Finding {
	case day.Found:
		return r.Day, nil
	case day.NoSuchDay:
		if n := r.Day.DaysInMonth(); n > 0 && r.Day.Day > 28 {
			return day.Day{}, no("badDate.month", text, r.Day.Month, r.Day.Year, n)
		}
		return day.Day{}, no("badDate.calendar", text)
	case day.WrongWeekday:
		return day.Day{}, no("badDate.weekday", r.Day, strconv.Itoa(int(r.Day.Time().Weekday())))
	case day.TimeOfDay:
		return day.Day{}, no("badDate.time", text)
	case day.MonthFirst:
		return r.Day, no("americanDate", text, r.Day)
	case day.Ambiguous:
		return day.Day{}, no("ambiguousDate", text, r.Day, r.Day, r.Other, r.Other)
	case day.ShortYear:
		var days []day.Day
		for _, d := range r.Days {
			if may(d, r.Finding) {
				days = append(days, d)
			}
		}
		suggestion := ""
		if len(days) == 1 {
			suggestion = likely(days[0])
		}
		return day.Day{}, no("shortYear", text, suggestion)
	case day.YearOnly:
		return day.Day{}, no("badDate.year", text)
	case day.RunTogether:
		if d := likely(r.Day); d != "" {
			return r.Day, no("badDate.digits", text, d)
		}
	case day.Serial:
		if d := likely(r.Day); d != "" {
			return day.Day{}, no("spreadsheetNumber.date", text, d)
		}
		return day.Day{}, no("spreadsheetNumber.serial", text)
	}
	return day.Day{}, no("badDate", text)
}

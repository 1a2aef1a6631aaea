// Package day reads days of the calendar as people and spreadsheets write them
// in English, French, German, Italian and Spanish. It finds out what a text may
// mean; what is then taken, and with which words it is refused, is for those
// who ask: package person for birth dates, package field for criteria.
//
// Read looks at one text by itself and says so where it may be two days. A
// column says more than a cell: Witnessed tells what each of its texts says of
// the order of day and month, OrderOf what is usual in a country, and ReadIn
// reads by an order that is known.
//
// Nothing here knows what day it is today, and no day is ever guessed: a
// Reading names all that may be meant.
package day

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/domain/text"
)

// A Day is a day of the calendar, if Exists.
type Day struct{ Year, Month, Day int }

// String returns the day as yyyy-mm-dd.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Time returns the day's midnight in UTC.
func (d Day) Time() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// Exists reports whether the calendar has the day.
func (d Day) Exists() bool {
	t := d.Time()
	return d.Year >= 1 && t.Year() == d.Year && int(t.Month()) == d.Month && t.Day() == d.Day
}

// DaysInMonth returns how many days the day's month has, 0 if there is no such
// month.
func (d Day) DaysInMonth() int {
	if d.Month < 1 || d.Month > 12 {
		return 0
	}
	return time.Date(d.Year, time.Month(d.Month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// ISO reads exactly yyyy-mm-dd, as programs write it.
func ISO(s string) (Day, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return Day{t.Year(), int(t.Month()), t.Day()}, err == nil && t.Year() >= 1
}

// A Finding is what Read found in a text.
type Finding int

// The findings.
const (
	NotADate     Finding = iota // none of the forms
	Found                       // Day is meant
	NoSuchDay                   // Day is written, and the calendar does not have it
	TimeOfDay                   // there is a time of day, which in another time zone may be another day
	MonthFirst                  // the month stands before the day: Day is meant
	Ambiguous                   // the day first it is Day, the month first Other
	ShortYear                   // the year has two digits: Days are what may be meant, in two centuries
	YearOnly                    // a year without a day
	RunTogether                 // 19850412: Day is meant
	Serial                      // the number that a spreadsheet keeps for a day: Day, which is zero for the first two months, where they differ
	WrongWeekday                // the day of the week is not that of Day
)

// A Reading is a finding with the days that it is about.
type Reading struct {
	Finding
	Day, Other Day
	Days       []Day
}

var (
	// A midnight is what spreadsheets and databases put behind a day.
	clock     = regexp.MustCompile(`(?: |t|, )(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:z| ?[+-]\d{2}:?\d{2})?$`)
	yearFirst = regexp.MustCompile(`^(\d{4})(-|/|\.) ?(\d{1,2})(-|/|\.) ?(\d{1,2})\.?$`)
	yearLast  = regexp.MustCompile(`^(\d{1,2})(-|/|\.) ?(\d{1,2})(-|/|\.) ?(\d{2}|\d{4})\.?$`)
	serial    = regexp.MustCompile(`^\d{1,5}(?:[.,]\d{1,10})?$`)
)

// longest is the longest text that may be a day, in bytes: a day of the week and
// a month in words leave room.
const longest = 80

// An Order says how people write a day in numbers, where / or - stand between
// them.
type Order string

// The orders.
const (
	Open       Order = "" // nobody said: a text that may be two days is Ambiguous
	DayFirst   Order = "dmy"
	MonthLeads Order = "mdy"
	YearFirst  Order = "ymd"
)

// OrderOf returns the order that is usual in a country (ISO 3166-1 alpha-2), Open
// where there are several or the year comes first.
func OrderOf(country string) Order {
	switch strings.ToUpper(country) {
	case "US", "PH", "PR", "GU", "AS", "VI", "MP", "FM", "MH", "PW":
		return MonthLeads
	case "", "CA", "CN", "JP", "KR", "KP", "TW", "MN", "HU", "LT", "SE", "ZA":
		return Open
	}
	return DayFirst
}

// A Witness is what a text says of the order of the column that it stands in.
type Witness int

// What a text may say.
const (
	Silent    Witness = iota
	SaysDay           // only with the day first it is a day
	SaysMonth         // only with the month first
	SaysBoth          // it may be two days
)

// Witnessed returns what a text says of the order of day and month.
func Witnessed(s string) Witness {
	// Most cells are told apart by their first letters.
	if i := strings.IndexAny(s, "/-"); i < 1 || i > 8 {
		return Silent
	}
	m := yearLast.FindStringSubmatch(text.Bare(s))
	if m == nil || m[2] != m[4] || m[2] == "." {
		return Silent
	}
	a, b := atoi(m[1]), atoi(m[3])
	switch {
	case a == b || a < 1 || b < 1 || a > 31 || b > 31 || a > 12 && b > 12:
		return Silent
	case a > 12:
		return SaysDay
	case b > 12:
		return SaysMonth
	}
	return SaysBoth
}

// Read finds out what day a text means: yyyy-mm-dd, dd.mm.yyyy or dd/mm/yyyy, and
// the same with another of these signs, with or without zeros; the month by its
// name or its usual abbreviation in five languages, with the day of the week
// before it or not; all with a midnight behind it. With / and - some people write
// the month first, so that a date which may be both is Ambiguous; with full stops
// the day always is first.
func Read(s string) Reading { return ReadIn(s, Open) }

// ReadIn is Read of a text in a column whose order is known.
func ReadIn(s string, o Order) Reading {
	if len(s) > longest {
		return Reading{}
	}
	s = text.Bare(s)
	if m := clock.FindStringSubmatchIndex(s); m != nil {
		if r := read(s[:m[0]], o); r.Finding == NotADate || strings.Trim(s[m[2]:m[3]], "0:.") == "" {
			return r
		}
		return Reading{Finding: TimeOfDay}
	}
	return read(s, o)
}

func read(s string, o Order) Reading {
	if m := yearFirst.FindStringSubmatch(s); m != nil && m[2] == m[4] {
		return found(Day{atoi(m[1]), atoi(m[3]), atoi(m[5])})
	}
	if m := yearLast.FindStringSubmatch(s); m != nil && m[2] == m[4] {
		a, b, y := atoi(m[1]), atoi(m[3]), atoi(m[5])
		if len(m[5]) == 2 {
			return shortYear(a, b, y, m[2] == "." || o == DayFirst, m[2] != "." && o == MonthLeads)
		}
		byDay, byMonth := Day{y, b, a}, Day{y, a, b}
		switch {
		case o == MonthLeads && m[2] != ".":
			return found(byMonth)
		case !byDay.Exists() && byMonth.Exists():
			return Reading{Finding: MonthFirst, Day: byMonth}
		case o != DayFirst && byDay.Exists() && byMonth.Exists() && a != b && m[2] != ".":
			return Reading{Finding: Ambiguous, Day: byDay, Other: byMonth}
		}
		return found(byDay)
	}
	if r := named(s); r.Finding != NotADate {
		return r
	}
	if n, err := strconv.Atoi(s); err == nil {
		switch d := (Day{n / 10000, n / 100 % 100, n % 100}); {
		case len(s) == 4 && n >= 1000 && n < 2200:
			return Reading{Finding: YearOnly, Day: Day{Year: n}}
		case len(s) == 8 && d.Exists():
			return Reading{Finding: RunTogether, Day: d}
		}
	}
	if serial.MatchString(s) {
		whole, _, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
		r := Reading{Finding: Serial}
		// Spreadsheets count days from 1899-12-30; their first two months are wrong.
		if n := atoi(whole); n > 60 {
			t := time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC)
			r.Day = Day{t.Year(), int(t.Month()), t.Day()}
		}
		return r
	}
	return Reading{}
}

func found(d Day) Reading {
	if !d.Exists() {
		return Reading{Finding: NoSuchDay, Day: d}
	}
	return Reading{Finding: Found, Day: d}
}

// shortYear collects what a date with a year of two digits may be.
func shortYear(a, b, yy int, dayFirst, monthFirst bool) Reading {
	r := Reading{Finding: ShortYear}
	add := func(d Day) {
		if d.Exists() && !slices.Contains(r.Days, d) {
			r.Days = append(r.Days, d)
		}
	}
	for _, y := range []int{1900 + yy, 2000 + yy} {
		if !monthFirst {
			add(Day{y, b, a})
		}
		if !dayFirst {
			add(Day{y, a, b})
		}
	}
	return r
}

// token is a run of letters or digits.
var token = regexp.MustCompile(`\pL+|\d+|[^\pL\d]+`)

// named reads a date whose month has a name: 12 April 1985, April 12, 1985,
// 1er avr. 1985, 12-avr.-85, 12 de abril de 1985, Freitag, 12. April 1985. With a
// name the order is never in doubt.
func named(s string) Reading {
	var numbers []string
	month, place, weekday := 0, 0, -1
	for i, w := range token.FindAllString(s, -1) {
		switch m, d := Month(w), weekdays[w]; {
		case w[0] >= '0' && w[0] <= '9':
			numbers = append(numbers, w)
		case strings.Trim(w, " -/.,º°") == "":
		case w == "de" || w == "del" || w == "of", ordinals[w] && len(numbers) > 0:
		case m != 0 && month == 0:
			month, place = m, len(numbers)
		case d != 0 && i == 0:
			weekday = d - 1
		default:
			return Reading{}
		}
	}
	if month == 0 || len(numbers) != 2 || place == 2 {
		return Reading{}
	}
	d, y := numbers[0], numbers[1]
	if len(d) == 4 && place == 1 {
		d, y = y, d // 1985-Apr-12
	}
	if len(d) > 2 || len(y) != 2 && len(y) != 4 {
		return Reading{}
	}
	if len(y) == 2 {
		return shortYear(atoi(d), month, atoi(y), true, false)
	}
	r := found(Day{atoi(y), month, atoi(d)})
	if r.Finding == Found && weekday >= 0 && int(r.Day.Time().Weekday()) != weekday {
		r.Finding = WrongWeekday
	}
	return r
}

// Month returns the number of the month that a word names, without accents and in
// small letters: by its name or an abbreviation in five languages; 0 for none.
func Month(word string) int { return months[word] }

var months = byPlace(
	"jan january janv janvier januar janner jaenner gen gennaio ene enero",
	"feb february fev fevr fevrier februar febbraio febrero",
	"mar march mars mrz marz maerz marzo",
	"apr april avr avril aprile abr abril",
	"may mai mag maggio mayo",
	"jun june juin juni giu giugno junio",
	"jul july juil juillet juli lug luglio julio",
	"aug august aou aout ago agosto",
	"sep sept september septembre set sett settembre septiembre setiembre",
	"oct october octobre okt oktober ott ottobre octubre",
	"nov november novembre noviembre",
	"dec december decembre dez dezember dic dicembre diciembre",
)

var weekdays = byPlace(
	"sunday dimanche sonntag domenica domingo",
	"monday lundi montag lunedi lunes",
	"tuesday mardi dienstag martedi martes",
	"wednesday mercredi mittwoch mercoledi miercoles",
	"thursday jeudi donnerstag giovedi jueves",
	"friday vendredi freitag venerdi viernes",
	"saturday samedi samstag sonnabend sabato sabado",
)

var ordinals = map[string]bool{"er": true, "st": true, "nd": true, "rd": true, "th": true, "o": true, "º": true}

// byPlace numbers the words by the line on which they stand, from 1.
func byPlace(lines ...string) map[string]int {
	m := map[string]int{}
	for i, names := range lines {
		for name := range strings.FieldsSeq(names) {
			m[name] = i + 1
		}
	}
	return m
}

// atoi reads digits that a pattern has found.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

package day_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollbook/internal/domain/day"
)

func TestRead(t *testing.T) {
	d := func(y, m, d int) day.Day { return day.Day{Year: y, Month: m, Day: d} }
	is := func(at day.Day) day.Reading { return day.Reading{Finding: day.Found, Day: at} }
	april := d(1985, 4, 12)
	for text, want := range map[string]day.Reading{
		"1985-04-12": is(april), "12.04.1985": is(april), "12. 4. 1985": is(april), "1985/4/12": is(april),
		"12.04.1985 00:00": is(april), "1985-04-12T00:00:00Z": is(april), "13/04/1985": is(d(1985, 4, 13)),
		"１２.０４.１９８５": is(april), "\u200e12.04.1985": is(april),

		"12 April 1985": is(april), "12. April 1985": is(april), "12.April 1985": is(april), "April 12, 1985": is(april),
		"Apr. 12 1985": is(april), "12th of April 1985": is(april), "12-Apr-1985": is(april), "1985-Apr-12": is(april),
		"12 avril 1985": is(april), "12 avr. 1985": is(april), "1er août 1985": is(d(1985, 8, 1)), "12-avr.-1985": is(april),
		"3 févr. 1985": is(d(1985, 2, 3)), "2. März 1985": is(d(1985, 3, 2)), "2. Mrz. 1985": is(d(1985, 3, 2)), "2 Maerz 1985": is(d(1985, 3, 2)),
		"1. Jänner 1985": is(d(1985, 1, 1)), "12 aprile 1985": is(april), "1º maggio 1985": is(d(1985, 5, 1)), "3 gen 1985": is(d(1985, 1, 3)),
		"12 de abril de 1985": is(april), "12 abr. 1985": is(april), "4 de setiembre del 1985": is(d(1985, 9, 4)), "3 sett. 1985": is(d(1985, 9, 3)),
		"Freitag, 12. April 1985": is(april), "Friday, April 12, 1985": is(april), "vendredi 12 avril 1985": is(april), "venerdì 12 aprile 1985": is(april), "viernes, 12 de abril de 1985": is(april),
		"12 AVRIL 1985 00:00": is(april),

		"Montag, 12. April 1985": {Finding: day.WrongWeekday, Day: april},
		"31 avril 1985":          {Finding: day.NoSuchDay, Day: d(1985, 4, 31)},
		"12-avr.-85":             {Finding: day.ShortYear, Days: []day.Day{d(1985, 4, 12), d(2085, 4, 12)}},
		"12.04.85":               {Finding: day.ShortYear, Days: []day.Day{d(1985, 4, 12), d(2085, 4, 12)}},
		"05/04/85":               {Finding: day.ShortYear, Days: []day.Day{d(1985, 4, 5), d(1985, 5, 4), d(2085, 4, 5), d(2085, 5, 4)}},
		"05/04/1985":             {Finding: day.Ambiguous, Day: d(1985, 4, 5), Other: d(1985, 5, 4)},
		"04/13/1985":             {Finding: day.MonthFirst, Day: d(1985, 4, 13)},
		"05.04.1985":             is(d(1985, 4, 5)),
		"12.04.1985 22:00":       {Finding: day.TimeOfDay},
		"12 April 1985 22:00":    {Finding: day.TimeOfDay},
		"1985":                   {Finding: day.YearOnly, Day: day.Day{Year: 1985}},
		"19850412":               {Finding: day.RunTogether, Day: april},
		"31149":                  {Finding: day.Serial, Day: april},
		"31149,5":                {Finding: day.Serial, Day: april},
		"3":                      {Finding: day.Serial},

		"": {}, "April": {}, "12 April": {}, "April 1985": {}, "12 April 198": {}, "12 April 19855": {}, "112 April 1985": {}, "12 Aprill 1985": {}, "12 1985 April": {},
		"12 April Mai 1985": {}, "12/04.1985": {}, "April 12 th 1985 13": {}, "th 12 April 1985": {}, "12 April 1985 ad": {}, "1,5": {Finding: day.Serial}, strings.Repeat("1", 90): {},
	} {
		if diff := cmp.Diff(want, day.Read(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Every day is found in every form that names it clearly, and nothing else.
func TestEveryDayIsFound(t *testing.T) {
	forms := []func(d day.Day) string{
		day.Day.String,
		func(d day.Day) string { return fmt.Sprintf("%d.%d.%d", d.Day, d.Month, d.Year) },
		func(d day.Day) string { return d.Time().Format("January 2, 2006") },
		func(d day.Day) string { return d.Time().Format("Monday 2 Jan 2006 00:00:00") },
		func(d day.Day) string {
			return fmt.Sprintf("%d %s %d", d.Day, strings.Fields("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.")[d.Month-1], d.Year)
		},
		func(d day.Day) string {
			return fmt.Sprintf("%d de %s de %d", d.Day, strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")[d.Month-1], d.Year)
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(1000, 1, 1+rapid.IntRange(0, 3287181).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		d := day.Day{Year: at.Year(), Month: int(at.Month()), Day: at.Day()}
		text := rapid.SampledFrom(forms).Draw(t, "form")(d)
		if r := day.Read(text); r.Finding != day.Found || r.Day != d {
			t.Fatalf("%q is read as %+v", text, r)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"12 April 1985", "1985-04-12T00:00:00Z", "05/04/85", "31149", "1º de mayo de 1985", "\xff", "00.00.0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := day.Read(s)
		switch r.Finding {
		case day.Found, day.MonthFirst, day.RunTogether, day.WrongWeekday:
			if !r.Day.Exists() {
				t.Fatalf("%q is read as %+v", s, r)
			}
		}
	})
}

func TestReadIn(t *testing.T) {
	for _, c := range []struct {
		text  string
		order day.Order
		want  day.Reading
	}{
		{"05/04/1985", day.DayFirst, day.Reading{Finding: day.Found, Day: day.Day{Year: 1985, Month: 4, Day: 5}}},
		{"05/04/1985", day.MonthLeads, day.Reading{Finding: day.Found, Day: day.Day{Year: 1985, Month: 5, Day: 4}}},
		{"5-4-1985", day.MonthLeads, day.Reading{Finding: day.Found, Day: day.Day{Year: 1985, Month: 5, Day: 4}}},
		{"05.04.1985", day.MonthLeads, day.Reading{Finding: day.Found, Day: day.Day{Year: 1985, Month: 4, Day: 5}}}, // full stops are never American
		{"13/04/1985", day.MonthLeads, day.Reading{Finding: day.NoSuchDay, Day: day.Day{Year: 1985, Month: 13, Day: 4}}},
		{"04/13/1985", day.MonthLeads, day.Reading{Finding: day.Found, Day: day.Day{Year: 1985, Month: 4, Day: 13}}},
		{"04/13/1985", day.DayFirst, day.Reading{Finding: day.MonthFirst, Day: day.Day{Year: 1985, Month: 4, Day: 13}}},
		{"05/04/1985 00:00:00", day.MonthLeads, day.Reading{Finding: day.Found, Day: day.Day{Year: 1985, Month: 5, Day: 4}}},
		{"02/31/1985", day.MonthLeads, day.Reading{Finding: day.NoSuchDay, Day: day.Day{Year: 1985, Month: 2, Day: 31}}},
		{"05/04/85", day.MonthLeads, day.Reading{Finding: day.ShortYear, Days: []day.Day{{Year: 1985, Month: 5, Day: 4}, {Year: 2085, Month: 5, Day: 4}}[:1:1]}},
	} {
		got := day.ReadIn(c.text, c.order)
		if c.want.Finding == day.ShortYear {
			if got.Finding != day.ShortYear || len(got.Days) != 2 || got.Days[0] != c.want.Days[0] {
				t.Errorf("%q %s: %+v", c.text, c.order, got)
			}
			continue
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q %s: %+v, want %+v", c.text, c.order, got, c.want)
		}
	}
}

func TestWitnessed(t *testing.T) {
	for text, want := range map[string]day.Witness{
		"25/12/1985": day.SaysDay, "12/25/1985": day.SaysMonth, "04/05/1985": day.SaysBoth, "4-5-85": day.SaysBoth, "12/31/85": day.SaysMonth,
		"05/05/1985": day.Silent, "1985-12-25": day.Silent, "25.12.1985": day.Silent, "": day.Silent, "x/y": day.Silent, "45/12/1985": day.Silent, "12 April 1985": day.Silent,
	} {
		if got := day.Witnessed(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

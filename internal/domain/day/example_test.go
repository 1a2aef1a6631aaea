package day_test

import (
	"fmt"

	"rollbook/internal/domain/day"
)

// A text is read by itself: where it may be two days, both are named.
func ExampleRead() {
	for _, cell := range []string{"31.3.2026", "1er avril 2026", "29 février 2026", "03/04/1985"} {
		switch r := day.Read(cell); r.Finding {
		case day.Found:
			fmt.Println(cell, "is", r.Day)
		case day.Ambiguous:
			fmt.Println(cell, "is", r.Day, "or", r.Other)
		case day.NoSuchDay:
			fmt.Println(cell, "is no day of the calendar")
		default:
			fmt.Println(cell, "is something else")
		}
	}
	// Output:
	// 31.3.2026 is 2026-03-31
	// 1er avril 2026 is 2026-04-01
	// 29 février 2026 is no day of the calendar
	// 03/04/1985 is 1985-04-03 or 1985-03-04
}

// A column says more than a cell: one text that can only be a day with the month
// first says how the others are meant.
func ExampleReadIn() {
	column := []string{"03/04/1985", "12/31/1990"}
	order := day.OrderOf("GB")
	for _, cell := range column {
		if day.Witnessed(cell) == day.SaysMonth {
			order = day.MonthLeads
		}
	}
	for _, cell := range column {
		fmt.Println(day.ReadIn(cell, order).Day)
	}
	// Output:
	// 1985-03-04
	// 1990-12-31
}

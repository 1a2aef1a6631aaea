package field

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"rollbook/internal/domain"
)

// day is what a text may mean as a date; 0 is a part that it does not have,
// and a year is counted from 1 (100 for 00) to 100 within its century.
type day struct{ d, m, y int }

// months are the names that spreadsheets write and read, without accents.
var months = func() map[string]int {
	m := map[string]int{}
	for i, names := range []string{
		"jan january janv janvier januar jan janner gen gennaio ene enero",
		"feb february fev fevr fevrier februar febbraio febrero",
		"mar march mars mrz marz maerz marzo",
		"apr april avr avril aprile abr abril",
		"may mai mag maggio mayo",
		"jun june juin juni giu giugno junio",
		"jul july juil juillet juli lug luglio julio",
		"aug august aou aout ago agosto",
		"sep sept september septembre set settembre septiembre setiembre",
		"oct october octobre okt oktober ott ottobre octubre",
		"nov november novembre noviembre",
		"dec december decembre dez dezember dic dicembre diciembre",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = i + 1
		}
	}
	return m
}()

// days returns what dates a text may be. Typed says that it is what somebody
// types, not what a spreadsheet shows: then a number that may be a day or a
// month is no year.
func days(text string, typed bool) []day {
	if len(text) > 60 {
		return nil
	}
	text = bare(text)
	if i := strings.IndexAny(text, "t "); i >= 8 && strings.Contains(text[i:], ":") && text[0] <= '9' {
		text = text[:i] // 2026-03-01 00:00:00
	}
	var nums []string
	month, named := 0, false
	for text != "" {
		class := func(r rune) bool { return unicode.IsLetter(r) }
		if digits(text[:1]) {
			class = func(r rune) bool { return r >= '0' && r <= '9' }
		} else if r := []rune(text)[0]; !class(r) {
			if !strings.ContainsRune("-/., ", r) {
				return nil
			}
			text = strings.TrimLeft(text, "-/., ")
			continue
		}
		rest := strings.TrimLeftFunc(text, class)
		token := text[:len(text)-len(rest)]
		text = rest
		switch {
		case digits(token):
			nums = append(nums, token)
		case token == "de": // 1 de marzo
		case named || months[token] == 0:
			return nil
		default:
			month, named = months[token], true
		}
	}
	var out []day
	add := func(d, m, y string) {
		v, ok := day{m: month}, true
		if d != "" {
			v.d, ok = part(d, 1, 31, ok)
		}
		if m != "" {
			v.m, ok = part(m, 1, 12, ok)
		}
		if y != "" {
			var four bool
			if v.y, four = part(y, 1900, 2199, ok); !four {
				v.y, ok = part(y, 0, 99, ok)
			}
			v.y = (v.y+99)%100 + 1
		}
		if ok {
			out = append(out, v)
		}
	}
	year := func(s string, longest int) bool { // may the number be a year where a day or month could stand?
		n, err := strconv.Atoi(s)
		return !typed || err != nil || n > longest || n == 0
	}
	switch {
	case named && len(nums) == 1:
		add(nums[0], "", "")
		if year(nums[0], 31) {
			add("", "", nums[0])
		}
	case named && len(nums) == 2:
		add(nums[0], "", nums[1])
		add(nums[1], "", nums[0])
	case len(nums) == 2 && !named:
		add(nums[0], nums[1], "")
		add(nums[1], nums[0], "")
		if year(nums[1], 12) {
			add("", nums[0], nums[1])
		}
		if year(nums[0], 31) {
			add("", nums[1], nums[0])
		}
	case len(nums) == 3 && !named:
		add(nums[0], nums[1], nums[2])
		add(nums[1], nums[0], nums[2])
		add(nums[2], nums[1], nums[0])
	case len(nums) == 1 && !named && !typed && len(nums[0]) == 5:
		// the day's number, when the cell is formatted as a number
		if n, err := strconv.Atoi(nums[0]); err == nil && n >= 36526 && n < 73051 { // this century
			t := time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC)
			out = append(out, day{t.Day(), int(t.Month()), t.Year()%100 + 1})
		}
	}
	return out
}

// part reads one number of a date.
func part(s string, from, to int, ok bool) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, ok && err == nil && n >= from && n <= to
}

// sameDates returns the values whose code or label a spreadsheet shows as the
// date that the word is.
func sameDates(word string, d domain.FieldDef) []domain.Choice {
	shown := days(word, false)
	if shown == nil {
		return nil
	}
	var out []domain.Choice
	for _, c := range d.Values {
		if becomes(c.Code, shown) || becomes(c.Label, shown) {
			out = append(out, c)
		}
	}
	return out
}

func becomes(name string, shown []day) bool {
	for _, n := range days(name, true) {
		for _, s := range shown {
			if n.m != s.m || n.y != 0 && n.y != s.y {
				continue
			}
			if n.d == s.d || n.d == 0 && s.d == 1 {
				return true
			}
		}
	}
	return false
}

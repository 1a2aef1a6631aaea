package field

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"rollbook/internal/domain/day"
)

// numbers returns what numbers a text may be, as spreadsheets write them in
// five languages: digits, perhaps grouped by threes, decimals after a point or
// comma, and an exponent. 1.234 may be two numbers.
func numbers(s string) []*big.Rat { return numbersBy(s, AnySign) }

// maxNumber is the longest text that may be a number, in bytes.
const maxNumber = 60

// numbersBy is numbers where the sign before decimals is known: what else stands
// in the number parts thousands.
func numbersBy(s string, by Sign) []*big.Rat {
	if s == "" || len(s) > maxNumber {
		return nil
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '’' || unicode.Is(unicode.Zs, r):
			return '\''
		case hidden(r):
			return -1
		}
		return r
	}, s)
	if s == "" || s[0] < '0' || s[0] > '9' {
		return nil
	}
	mantissa, exp := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exp = s[:i], s[i+1:]
		n := strings.TrimLeft(exp, "+-")
		if len(exp)-len(n) > 1 || !digits(n) || len(n) > 2 {
			return nil // no spreadsheet's number has a code of more digits
		}
		exp = "e" + exp
	}
	var out []*big.Rat
	for _, group := range []string{"", "'", ".", ","} {
		for _, point := range []string{"", ".", ","} {
			if group == point && group != "" || by != AnySign && (group == signChars[by] || point != "" && point != signChars[by]) {
				continue
			}
			plain, ok := plainNumber(mantissa, group, point)
			if !ok {
				continue
			}
			if r, ok := new(big.Rat).SetString(plain + exp); ok && !containsRat(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// plainNumber rewrites a number that uses exactly these signs, "" for none.
func plainNumber(s, group, point string) (string, bool) {
	whole, frac := s, "0"
	if point != "" {
		var ok bool
		if whole, frac, ok = strings.Cut(s, point); !ok || !digits(frac) {
			return "", false
		}
	}
	if group != "" {
		parts := strings.Split(whole, group)
		if len(parts) < 2 || len(parts[0]) > 3 {
			return "", false
		}
		for _, p := range parts[1:] {
			if len(p) != 3 {
				return "", false
			}
		}
		whole = strings.Join(parts, "")
	}
	if !digits(whole) {
		return "", false
	}
	return whole + "." + frac, true
}

func containsRat(rs []*big.Rat, r *big.Rat) bool {
	for _, o := range rs {
		if o.Cmp(r) == 0 {
			return true
		}
	}
	return false
}

// numberIndex are the values whose code or label is a number.
type numberIndex struct {
	same  map[string][]int // places in Values by the number
	all   []numberAt
	mu    sync.Mutex
	short map[int]map[string][]int // the same, rounded to so many digits
}

type numberAt struct {
	number *big.Rat
	place  int
}

func (x *Index) makeNumbers() *numberIndex {
	n := &numberIndex{same: map[string][]int{}, short: map[int]map[string][]int{}}
	for i := range x.Values {
		c := &x.Values[i]
		for _, name := range append(labels(c), c.Code) {
			for _, r := range numbers(name) {
				n.same[r.RatString()] = append(n.same[r.RatString()], i)
				n.all = append(n.all, numberAt{r, i})
			}
		}
	}
	return n
}

// sameNumbers returns the places of the values whose code or label is the same
// number in another format.
func (x *Index) sameNumbers(word string) []int {
	if len(x.Values) == 0 {
		return nil
	}
	var out []int
	for _, r := range numbers(word) {
		out = append(out, x.numbers().same[r.RatString()]...)
	}
	return inOrder(out)
}

// inOrder sorts places and drops those that are there twice; nil if there is none.
func inOrder(places []int) []int {
	slices.Sort(places)
	return slices.Compact(places)
}

// roundedNumbers returns the places of the values whose code, as a number with an
// exponent, is rounded to the word: 1.23457E+15 for 1234567890123456.
func (x *Index) roundedNumbers(word string) []int {
	nums := numbers(word)
	if nums == nil || len(x.Values) == 0 || !strings.ContainsAny(word, "eE") {
		return nil
	}
	n := 0
	for _, r := range word {
		if r == 'e' || r == 'E' {
			break
		}
		if r >= '0' && r <= '9' {
			n++
		}
	}
	var out []int
	short := x.numbers().rounded(n)
	for _, o := range nums {
		out = append(out, short[rounded(o, n)]...)
	}
	return inOrder(out)
}

func rounded(r *big.Rat, digits int) string {
	return new(big.Float).SetPrec(300).SetRat(r).Text('e', digits-1)
}

func (n *numberIndex) rounded(digits int) map[string][]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.short[digits]
	if m == nil {
		m = map[string][]int{}
		for _, a := range n.all {
			as := rounded(a.number, digits)
			m[as] = append(m[as], a.place)
		}
		n.short[digits] = m
	}
	return m
}

// sameNumber warns if a code of digits was taken, but another one is the same
// number: a spreadsheet makes 1 of 01.
func (x *Index) sameNumber(word, code string) *Warning {
	if code == "" || !digits(word) {
		return nil
	}
	var others []string
	for _, c := range x.choices(x.sameNumbers(word)) {
		if c.Code != code && digits(c.Code) {
			others = append(others, c.Code)
		}
	}
	if others == nil {
		return nil
	}
	return look("sameNumber", word, code, x.Code, others)
}

// dayPart is what a text may mean as a date; 0 is a part that it does not have,
// and a year is counted from 1 (100 for 00) to 100 within its century.
type dayPart struct{ d, m, y int }

// days returns what dates a text may be. Typed says that it is what somebody
// types, not what a spreadsheet shows: then a number that may be a day or a
// month is no year.
func days(text string, typed bool) []dayPart {
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
		case named || day.Month(token) == 0:
			return nil
		default:
			month, named = day.Month(token), true
		}
	}
	var out []dayPart
	add := func(d, m, y string) {
		v, ok := dayPart{m: month}, true
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
			out = append(out, dayPart{t.Day(), int(t.Month()), t.Year()%100 + 1})
		}
	}
	return out
}

// part reads one number of a date.
func part(s string, from, to int, ok bool) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, ok && err == nil && n >= from && n <= to
}

func (x *Index) makeDates() map[dayPart][]int {
	m := map[dayPart][]int{}
	for i := range x.Values {
		c := &x.Values[i]
		for _, name := range append(labels(c), c.Code) {
			for _, n := range days(name, true) {
				m[n] = append(m[n], i)
			}
		}
	}
	return m
}

// sameDates returns the places of the values whose code or label a spreadsheet
// shows as the date that the word is. It adds the year to a day without one, and
// the first day to a month.
func (x *Index) sameDates(word string) []int {
	if len(x.Values) == 0 {
		return nil
	}
	var out []int
	for _, s := range days(x.fold(word).bare, false) {
		m := x.dates()
		out = append(append(out, m[s]...), m[dayPart{s.d, s.m, 0}]...)
		if s.d == 1 {
			out = append(append(out, m[dayPart{0, s.m, s.y}]...), m[dayPart{0, s.m, 0}]...)
		}
	}
	return inOrder(out)
}

package sheet

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Display is how a workbook shows a number or a day otherwise than it stores it.
// [Row.Cells] have what is stored.
type Display struct {
	Column int
	// Stored is the cell as [Row.Cells] had it.
	Stored string
	// Shown is what people see, as near as the format tells; "" where it leaves all
	// of it to each spreadsheet.
	Shown string
	// Told says that they see exactly Shown, in whatever language.
	Told bool
	// Part says that a number is shown rounded or multiplied, as 50 % for 0.5, or a
	// day without its day, month or year: what is meant is in doubt.
	Part bool
	// Number says that a number is stored, else it is a day or a time.
	Number bool
}

// display returns how the format shows a number, false if as it is stored.
func (st *style) display(raw string, from int, stored string) (Display, bool) {
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return Display{}, false
	}
	d := Display{Stored: stored, Number: !st.date && !st.clock}
	switch {
	case st.code == "":
		// Of General only the sign before decimals differs from what is stored.
		d.Shown, d.Told = stored, true
		return d, strings.Contains(stored, ".")
	case d.Number:
		d.Shown, d.Told, d.Part = showNumber(st.code, f)
	default:
		d.Shown, d.Told, d.Part = st.showMoment(f, from)
	}
	return d, d.Shown != stored || d.Part
}

// sectionFor picks the part of a format that a number is shown by: for positive
// numbers, negative ones and zero. Signed says that it writes the sign itself.
func sectionFor(code string, f float64) (part string, signed bool) {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && !quoted:
			i++
		case c == ';' && !quoted:
			parts = append(parts, code[start:i])
			start = i + 1
		}
	}
	parts = append(parts, code[start:])
	switch {
	case f < 0 && len(parts) > 1:
		return parts[1], true
	case f == 0 && len(parts) > 2:
		return parts[2], true
	}
	return parts[0], false
}

// A piece of a format: a place for a digit, one of its signs, or a text.
type piece struct {
	kind byte // 0, # or ? for a place, . , % for the signs, " for a text, else a letter of dates
	text string
	n    int // how often the letter of a date stands there
}

// pieces takes a format apart, false for what is not understood: conditions,
// exponents, fractions, texts of fill.
func pieces(code string) (out []piece, ok bool) {
	for i := 0; i < len(code); {
		_, size := utf8.DecodeRuneInString(code[i:])
		c := code[i]
		switch {
		case c == '"':
			n := strings.IndexByte(code[i+1:], '"')
			if n < 0 {
				return nil, false
			}
			out = append(out, piece{kind: '"', text: code[i+1 : i+1+n]})
			i += n + 2
		case c == '\\' && i+1 < len(code):
			_, size = utf8.DecodeRuneInString(code[i+1:])
			out = append(out, piece{kind: '"', text: code[i+1 : i+1+size]})
			i += 1 + size
		case c == '_' && i+1 < len(code):
			_, size = utf8.DecodeRuneInString(code[i+1:]) // as wide as the next one
			i += 1 + size
		case c == '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return nil, false
			}
			switch in := code[i+1 : i+n]; {
			case strings.HasPrefix(in, "$"):
				sign, _, _ := strings.Cut(in[1:], "-")
				out = append(out, piece{kind: '"', text: sign})
			case in == "" || strings.ContainsAny(in, "<>=hHmMsS") && !strings.EqualFold(in, "white") && !strings.EqualFold(in, "magenta"):
				return nil, false
			}
			i += n + 1
		case strings.IndexByte("0#?.,%/", c) >= 0:
			out = append(out, piece{kind: c})
			i++
		case strings.IndexByte("yYmMdDhHsS", c) >= 0:
			n := 1
			for i+n < len(code) && code[i+n]|0x20 == c|0x20 {
				n++
			}
			out = append(out, piece{kind: c | 0x20, n: n})
			i += n
		case len(code)-i >= 5 && strings.EqualFold(code[i:i+5], "AM/PM"):
			out = append(out, piece{kind: 'a'})
			i += 5
		case c == '*' || c == '@' || c < utf8.RuneSelf && (c|0x20 >= 'a' && c|0x20 <= 'z'):
			return nil, false
		default:
			out = append(out, piece{kind: '"', text: code[i : i+size]})
			i += size
		}
	}
	return out, true
}

// showNumber writes a number by a format. Part says that it is not the whole number
// that one sees.
func showNumber(code string, f float64) (shown string, told, part bool) {
	code, signed := sectionFor(code, f)
	ps, ok := pieces(code)
	if !ok || code == "" {
		return "", false, false
	}
	point, last := -1, -1 // of the pieces
	percents, thousands, grouped := 0, 0, false
	var whole, frac []int // places before and behind the point
	for i, p := range ps {
		switch p.kind {
		case '0', '#', '?':
			if point < 0 {
				whole = append(whole, i)
			} else {
				frac = append(frac, i)
			}
			grouped, thousands = grouped || thousands > 0 && point < 0, 0
			last = i
		case ',':
			if last >= 0 {
				thousands++ // those behind the last place divide
			}
		case '.':
			if point >= 0 {
				return "", false, false
			}
			point = i
			thousands = 0
		case '%':
			percents++
		case '"':
		default: // also the / of fractions
			return "", false, false
		}
	}
	if last < 0 {
		return "", false, false // a text instead of the number
	}
	value := math.Abs(f) * math.Pow(100, float64(percents)) / math.Pow(1000, float64(thousands))
	// Fifteen digits are what spreadsheets keep.
	value, _ = strconv.ParseFloat(strconv.FormatFloat(value, 'e', 14, 64), 64)
	if value >= 1e15 {
		return "", false, false
	}
	text := strconv.FormatFloat(value, 'f', len(frac), 64)
	digits, decimals, _ := strings.Cut(text, ".")
	again, _ := strconv.ParseFloat(text, 64)
	part = percents > 0 || thousands > 0 || again != value
	if digits == "0" {
		digits = ""
	}
	if len(whole) == 0 && digits != "" {
		return "", false, false
	}
	for len(decimals) > 0 && decimals[len(decimals)-1] == '0' && ps[frac[len(decimals)-1]].kind != '0' {
		decimals = decimals[:len(decimals)-1]
	}
	var b strings.Builder
	if f < 0 && !signed && strings.Trim(text, "0.") != "" {
		b.WriteByte('-')
	}
	// digit writes what stands at so many places before the point.
	digit := func(right int, zero bool) {
		switch {
		case right < len(digits):
			b.WriteByte(digits[len(digits)-1-right])
		case zero:
			b.WriteByte('0')
		default:
			return
		}
		if grouped && right > 0 && right%3 == 0 {
			b.WriteByte(',')
		}
	}
	right, behind := len(whole), 0
	for i, p := range ps {
		switch {
		case p.kind == '"':
			b.WriteString(p.text)
		case p.kind == '%':
			b.WriteByte('%')
		case p.kind == '.' && (len(decimals) > 0 || len(frac) == 0):
			b.WriteByte('.')
		case p.kind == '.' || p.kind == ',':
		case point < 0 || i < point:
			if right == len(whole) {
				for more := len(digits) - 1; more >= right; more-- {
					digit(more, false) // digits beyond the places stand at the first
				}
			}
			right--
			digit(right, p.kind == '0')
		default:
			if behind < len(decimals) {
				b.WriteByte(decimals[behind])
			}
			behind++
		}
	}
	return strings.TrimSpace(b.String()), true, part
}

var english = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

// showMoment writes a day or a time by the format. Names of months and days are in
// the language of each spreadsheet, here in English.
func (st *style) showMoment(f float64, from int) (shown string, told, part bool) {
	code, _ := sectionFor(st.code, f)
	ps, ok := pieces(code)
	if !ok || st.local || f < 0 || f >= 2958466 {
		return "", false, false
	}
	day := math.Floor(f)
	sec := int(math.Round((f - day) * 86400))
	if sec == 86400 {
		day, sec = day+1, 0
	}
	at := time.Date(1899, 12, 30+int(day)+from, 0, 0, sec, 0, time.UTC)
	if day+float64(from) < 60 {
		at = at.AddDate(0, 0, 1)
	}
	half, has := false, map[byte]bool{}
	for _, p := range ps {
		half = half || p.kind == 'a'
	}
	told = true
	var b strings.Builder
	clock := false // an m behind hours, or before seconds, is of minutes
	for i, p := range ps {
		kind := p.kind
		if kind == 'm' && (clock || seconds(ps[i+1:])) {
			kind = 'n'
		}
		clock = kind == 'h' || clock && kind == '"'
		has[kind] = true
		number := func(n int) {
			if p.n > 1 && n < 10 {
				b.WriteByte('0')
			}
			b.WriteString(strconv.Itoa(n))
		}
		switch kind {
		case '"':
			b.WriteString(p.text)
		case '.', ',', '/':
			b.WriteByte(kind)
		case 'y':
			if p.n <= 2 {
				b.WriteString(at.Format("06"))
			} else {
				b.WriteString(at.Format("2006"))
			}
		case 'm':
			if p.n < 3 {
				number(int(at.Month()))
				break
			}
			told = false
			b.WriteString(named(english[at.Month()-1], p.n))
		case 'd':
			if p.n < 3 {
				number(at.Day())
				break
			}
			told = false
			b.WriteString(named(at.Weekday().String(), p.n))
		case 'h':
			if h := at.Hour(); half {
				number((h+11)%12 + 1)
			} else {
				number(h)
			}
		case 'n':
			number(at.Minute())
		case 's':
			number(at.Second())
		case 'a':
			b.WriteString(at.Format("PM"))
		default:
			return "", false, false
		}
	}
	part = st.date && !(has['y'] && has['m'] && has['d'])
	return strings.TrimSpace(b.String()), told, part
}

// seconds reports whether the next letter of a time is of seconds.
func seconds(ps []piece) bool {
	for _, p := range ps {
		if p.kind != '"' {
			return p.kind == 's'
		}
	}
	return false
}

// named shortens a name to as much of it as so many letters of a format show.
func named(name string, n int) string {
	if n == 3 {
		return name[:3]
	}
	return name
}

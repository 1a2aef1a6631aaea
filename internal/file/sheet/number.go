package sheet

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A style is what a number format does to a number, as far as it changes which
// value people see.
type style struct {
	date, clock bool // shows a day, a time of day
	elapsed     bool // [h]: hours beyond a day
	digits      int  // zeros are put before up to so many digits

	code  string // the format itself, "" for General
	local bool   // it looks otherwise in each country
}

// readStyles finds the number format of each cell style.
func (w *workbook) readStyles(p parts, name string) error {
	custom := map[int]style{}
	inCells := false
	return p.each(name, func(x *markup) {
		switch x.name {
		case "numFmt":
			id, _ := x.attr("numFmtId")
			code, _ := x.attr("formatCode")
			if n, err := strconv.Atoi(id); err == nil && len(custom) < 10_000 {
				custom[n] = styleOf(code)
			}
		case "cellXfs":
			inCells = true
		case "cellStyleXfs", "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if !inCells || len(w.styles) > 100_000 {
				return
			}
			id, _ := x.attr("numFmtId")
			n, _ := strconv.Atoi(id)
			st, ok := custom[n]
			if !ok {
				st = builtIn(n)
			}
			w.styles = append(w.styles, st)
		}
	})
}

// builtIn are the formats that have a number only (ECMA-376, 18.8.30).
func builtIn(id int) style {
	if code, ok := builtInCodes[id]; ok {
		return styleOf(code)
	}
	switch {
	case id == 14, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return style{date: true, code: "date", local: true}
	case id >= 32 && id <= 35, id == 55, id == 56:
		return style{clock: true, code: "time", local: true}
	case id == 22:
		return style{date: true, clock: true, code: "date", local: true}
	}
	return style{}
}

var builtInCodes = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
	37: "#,##0;(#,##0)", 38: "#,##0;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
}

// styleOf reads a format such as dd/mm/yyyy, [h]:mm or 00000.
func styleOf(code string) style {
	whole := code
	if strings.EqualFold(code, "general") || code == "@" {
		return style{}
	}
	code, _, _ = strings.Cut(code, ";") // positive numbers
	if code != "" && strings.Trim(code, "0") == "" && len(code) > 1 {
		return style{digits: len(code), code: whole}
	}
	st := style{code: whole}
	months := false
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			if n := strings.IndexByte(code[i+1:], '"'); n >= 0 {
				i += n + 1
			}
		case '\\', '_', '*':
			i++ // the next one is shown as it is
		case '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return st
			}
			switch strings.ToLower(code[i+1 : i+n]) {
			case "h", "hh", "m", "mm", "s", "ss":
				st.clock, st.elapsed = true, true
			}
			i += n
		case 'g', 'G':
			if len(code)-i >= 7 && strings.EqualFold(code[i:i+7], "general") {
				i += 6
			}
		case 'E', 'e':
			if i > 0 && (code[i-1] == '0' || code[i-1] == '#') {
				return style{code: whole} // 0.00E+00
			}
			st.date = true
		case 'y', 'Y', 'd', 'D':
			st.date = true
		case 'h', 'H', 's', 'S':
			st.clock = true
		case 'm', 'M':
			months = true
		}
	}
	if months && !st.clock {
		st.date = true
	}
	return st
}

// format writes the stored number as it was typed: 15 digits, which is what
// spreadsheets keep; dates and times as in ISO 8601. from is the day on which
// the workbook's calendar begins.
func (st style) format(raw string, from int) string {
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return raw
	}
	if st.date || st.clock {
		if s, ok := st.moment(f, from); ok {
			return s
		}
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	if math.Abs(f) >= 1e15 {
		// Digits are lost, and shall be seen to be.
		return strconv.FormatFloat(f, 'E', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if st.digits > 0 && f >= 0 && f == math.Trunc(f) {
		for len(s) < st.digits && len(s) < 32 {
			s = "0" + s
		}
	}
	return s
}

func (st style) moment(f float64, from int) (string, bool) {
	if f < 0 || f >= 2958466 {
		return "", false
	}
	day := math.Floor(f)
	sec := int(math.Round((f - day) * 86400))
	if sec == 86400 {
		day, sec = day+1, 0
	}
	if !st.date {
		hours := sec / 3600
		if st.elapsed {
			hours += int(day) * 24
		} else if day > 0 {
			return st.full(int(day), sec, from), true
		}
		return two(hours) + ":" + two(sec/60%60) + ":" + two(sec%60), true
	}
	if !st.clock {
		sec = 0
	}
	return st.full(int(day), sec, from), true
}

// full writes a date, and the time if there is one.
func (st style) full(day, sec, from int) string {
	var date string
	switch day += from; {
	case day == 60:
		date = "1900-02-29" // there was none, but spreadsheets count it
	default:
		if day < 60 {
			day++
		}
		date = time.Date(1899, 12, 30+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	if sec == 0 {
		return date
	}
	return date + "T" + two(sec/3600) + ":" + two(sec/60%60) + ":" + two(sec%60)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

package reason

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/domain/text"
)

// English stands in for every language that is none of ours.
const English = "en"

// Languages are those that everything is written in.
var Languages = []string{English, "fr", "de", "it", "es"}

func langOf(lang string) string {
	if slices.Contains(Languages, lang) {
		return lang
	}
	return English
}

// Number writes a whole number as the language does.
func Number(lang string, n int) string {
	separator, least := ",", 4
	switch langOf(lang) {
	case "fr":
		separator = "\u202f"
	case "de", "it":
		separator = "."
	case "es":
		separator, least = ".", 5
	}
	s := strconv.Itoa(n)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) < least {
		return s
	}
	b := s[:len(s)-len(digits)]
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b += separator
		}
		b += string(d)
	}
	return b
}

// one reports whether the language puts what there is n of in the singular.
func one(lang string, n int) bool { return n == 1 || n == 0 && lang == "fr" }

var months = map[string][12]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	"it": {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
	"es": {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
}

// Months returns the names of the twelve months.
func Months(lang string) [12]string { return months[langOf(lang)] }

// Date writes a day as the language does, in UTC.
func Date(lang string, t time.Time) string {
	lang = langOf(lang)
	y, m, d := t.UTC().Date()
	day, month := strconv.Itoa(d), months[lang][m-1]
	switch {
	case lang == "de":
		day += "."
	case lang == "fr" && d == 1:
		day = "1er"
	case lang == "it" && d == 1:
		day = "1º"
	case lang == "es":
		return fmt.Sprintf("%s de %s de %d", day, month, y)
	}
	return fmt.Sprintf("%s %s %d", day, month, y)
}

func dateOf(lang, iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return Date(lang, t)
}

// Bytes writes a size in the largest unit that it has one of, to three digits.
func Bytes(lang string, n int64) string {
	lang = langOf(lang)
	units := map[string][]string{"fr": {"octet", "ko", "Mo", "Go"}, "de": {"Byte", "kB", "MB", "GB"}}[lang]
	if units == nil {
		units = []string{"byte", "kB", "MB", "GB"}
	}
	i, of := 0, 1.0
	for i < len(units)-1 && float64(n) >= of*1000 {
		i, of = i+1, of*1000
	}
	s := fmt.Sprintf("%.3g", float64(n)/of)
	if lang != English {
		s = strings.ReplaceAll(s, ".", ",")
	}
	if i == 0 && !one(lang, int(n)) && lang != "de" && lang != "it" {
		return s + " " + units[i] + "s"
	}
	return s + " " + units[i]
}

var quotes = map[string][2]string{
	"en": {`"`, `"`}, "fr": {"«\u00a0", "\u00a0»"}, "de": {"„", "“"}, "it": {"«", "»"}, "es": {"«", "»"},
}

// Quote shows what somebody wrote in the language's quotation marks, cut at
// text.MaxShown characters, on one line.
func Quote(lang, s string) string {
	q := quotes[langOf(lang)]
	return q[0] + text.Shown(s) + q[1]
}

// Colon is what parts a name from what is said of it.
func Colon(lang string) string {
	if langOf(lang) == "fr" {
		return "\u00a0:"
	}
	return ":"
}

// Times says how often something came up, in brackets.
func Times(lang string, n int) string {
	return strings.ReplaceAll(Word(lang, "times"), "#", Number(lang, n))
}

var conjunctions = map[string][2]string{"en": {"and", "or"}, "fr": {"et", "ou"}, "de": {"und", "oder"}, "it": {"e", "o"}, "es": {"y", "o"}}

func join(lang string, words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	and := conjunctions[lang][0]
	n := len(words) - 1
	if last == "or" {
		and = conjunctions[lang][1]
	}
	if lang == "es" {
		and = euphonic(and, words[n])
	}
	var b strings.Builder
	b.Grow(256)
	for i, w := range words[:n] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(w)
	}
	b.WriteString(" " + and + " ")
	b.WriteString(words[n])
	return b.String()
}

// euphonic makes y e before an i, and o u before an o, as Spanish does.
func euphonic(and, next string) string {
	next = strings.ToLower(strings.TrimLeft(next, "«"))
	switch {
	case and == "y" && (strings.HasPrefix(next, "i") || strings.HasPrefix(next, "hi") && !strings.HasPrefix(next, "hie")):
		return "e"
	case and == "o" && (strings.HasPrefix(next, "o") || strings.HasPrefix(next, "ho") || strings.HasPrefix(next, "8")):
		return "u"
	}
	return and
}

// asString takes the named string types of the domain.
func asString(v any) (string, bool) {
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return r.String(), true
	}
	return "", false
}

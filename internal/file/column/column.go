// Package column knows what people and other programs call the columns of a
// list of contacts: a table of names in five languages and of well-known
// exports (synonyms.txt, qualifiers.txt), and what the values of such a column
// look like.
//
// Meant says what a name means, Fits whether values may be that, Shape what
// values are whatever their name. A name alone decides nothing that the values
// speak against; package plan asks both and decides, for it sees the whole
// header. Key tells two files with the same columns, whatever their order, so
// that what was said of one is remembered for the next.
package column

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"rollbook/internal/domain/text"
)

// A Target is what a column may be for: contact (the number), the code of one of
// the contact's own fields, or Name and Given, which depend on their neighbours.
type Target string

// The targets that are no field.
const (
	Number Target = "contact"
	Name   Target = "name"  // a last name beside a first name, alone a full name
	Given  Target = "given" // a first name beside a last name, alone a full name
	// Parts of a field, that others have in columns of their own.
	StreetLine Target = "streetLine" // a second line of the street
	StreetPart Target = "streetPart" // as the number of the house
	NamePrefix Target = "namePrefix" // of a last name: van den
	SecondName Target = "secondName" // a second last name
	BirthYear  Target = "birthYear"
	BirthMonth Target = "birthMonth"
	BirthDay   Target = "birthDay"
)

// A Meaning is what the name of a column says.
type Meaning struct {
	Target Target
	// Rank orders several columns of a target, the lowest first: mobile
	// telephones before others, the first of numbered ones.
	Rank int
	// Group says whose or which address it belongs to, "" for nothing said.
	Group string
}

//go:embed synonyms.txt
var synonymsFile string

//go:embed qualifiers.txt
var qualifiersFile string

var ranks = map[string]int{"mobile": 0, "home": 1, "main": 2, "work": 3}

// Both tables are made when the first column is looked up: a function that reads our
// own files alone starts without.
var synonyms = sync.OnceValue(func() map[string]Meaning {
	m := map[string]Meaning{}
	eachName(synonymsFile, func(of, name string) {
		target, rank, _ := strings.Cut(of, ":")
		m[squash(name)] = Meaning{Target: Target(target), Rank: 10 * ranks[rank]}
	})
	for _, t := range []Target{"email", "title", "firstName", "lastName", "language", "birthDate", "street", "postcode", "city", "country"} {
		if _, ok := m[squash(string(t))]; !ok {
			m[squash(string(t))] = Meaning{Target: t}
		}
	}
	m["phone"] = Meaning{Target: "phone", Rank: 10 * ranks["main"]}
	return m
})

// qualifiers are the groups by their words, the longest words first.
var qualifiers = sync.OnceValue(func() (out []struct{ group, words string }) {
	eachName(qualifiersFile, func(group, words string) {
		if group == "any" {
			group = ""
		}
		out = append(out, struct{ group, words string }{group, text.Normalise(words)})
	})
	slices.SortStableFunc(out, func(a, b struct{ group, words string }) int { return len(b.words) - len(a.words) })
	return out
})

func eachName(file string, f func(of, name string)) {
	for line := range strings.Lines(file) {
		of, names, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for name := range strings.SplitSeq(names, ";") {
			f(of, strings.TrimSpace(name))
		}
	}
}

// squash keeps of a name what names are compared by: letters and digits without
// case and accents.
func squash(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.,:;/'’`´*?!()[]#°º\"&+", r) {
			return -1
		}
		return r
	}, text.Normalise(name))
}

// person is whose column it is, of those that tell several persons apart.
func person(name string) string {
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" ()[]", r) }), " ")
	for _, q := range qualifiers() {
		if q.group == "participant" || q.group == "buyer" {
			if strings.HasPrefix(name, q.words+" ") || strings.HasSuffix(name, " "+q.words) {
				return q.group
			}
		}
	}
	return ""
}

// WithoutName is what a column is called that has no name, by its place from 1. It is
// no word of a language: a recipe names it so.
func WithoutName(place int) string { return "(" + strconv.Itoa(place) + ")" }

// Unnamed reports whether a column is called so.
func Unnamed(name string) bool { return unnamed.MatchString(name) }

var unnamed = regexp.MustCompile(`^\(\d+\)$`)

var made = regexp.MustCompile(`^\[\s*(?:info\s*\]\s*made |error\s*\])`)

// Key names a set of columns, of files of one kind: two files have the same if
// their columns have the same names, in whatever order and case. When a template
// was made and what an error file adds make no difference.
func Key(kind string, names []string) string {
	set := make([]string, 0, len(names))
	for _, n := range names {
		if n = text.Normalise(n); !made.MatchString(n) {
			set = append(set, n)
		}
	}
	slices.Sort(set)
	sum := sha256.Sum256([]byte(kind + "\x00" + strings.Join(set, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// dashes are written as hyphens in some languages of a program, and not in others.
var dashes = strings.NewReplacer("\u2013", "-", "\u2014", "-")

var (
	tail     = regexp.MustCompile(`\s*(\([^()]*\)|\[[^\[\]]*\]|[*:?]|#\d+)\s*$`)
	numbered = regexp.MustCompile(`^(.*?\pL)\.?[ _-]?(\d)$`)
)

// Meant returns what the name of a column means, whatever the values.
func Meant(name string) (Meaning, bool) {
	name = dashes.Replace(name)
	if m, ok := synonyms()[squash(name)]; ok {
		m.Group = person(text.Normalise(name))
		return m, true
	}
	if rest := tail.ReplaceAllString(name, ""); rest != name && rest != "" {
		if m, ok := synonyms()[squash(rest)]; ok && !strings.Contains(name, "(") {
			return m, true
		}
	}
	n := text.Normalise(name)
	if m := numbered.FindStringSubmatch(n); m != nil && m[2] != "0" {
		if out, ok := Meant(m[1]); ok && out.Target != Name && out.Target != Given {
			if out.Target == "street" && m[2] != "1" {
				out.Target = StreetLine
			}
			out.Rank += int(m[2][0] - '0')
			return out, true
		}
	}
	for _, q := range qualifiers() {
		if m, ok := qualified(n, q.group, q.words); ok {
			return m, true
		}
	}
	if rest := tail.ReplaceAllString(name, ""); rest != name && rest != "" {
		return Meant(rest)
	}
	return Meaning{}, false
}

// qualified is Meant of a name with words before or after it that say whose or which
// it is, be they in brackets.
func qualified(name, group, words string) (Meaning, bool) {
	if !strings.Contains(name, words) {
		return Meaning{}, false
	}
	for _, rest := range []string{strings.TrimPrefix(name, words), strings.TrimSuffix(name, words), strings.TrimSuffix(name, "("+words+")")} {
		if rest == name || squash(rest) == "" || !parted(name, words) {
			continue
		}
		m, ok := Meant(strings.Trim(rest, " -_:.,"))
		if whole := m.Target == Name || m.Target == Given; !ok || whole && group != "participant" && group != "buyer" {
			continue
		}
		if m.Group == "" {
			m.Group = group
		}
		return m, true
	}
	return Meaning{}, false
}

// parted reports whether words stand in a name by themselves: "Home" does in "Home
// City", and not in "Homepage".
func parted(name, words string) bool {
	edge := func(r rune) bool { return !unicode.IsLetter(r) }
	rest, ok := strings.CutPrefix(name, words)
	if ok && strings.IndexFunc(rest, edge) == 0 {
		return true
	}
	rest, ok = strings.CutSuffix(strings.TrimSuffix(name, ")"), words)
	return ok && strings.LastIndexFunc(rest, edge) == len(rest)-1
}

var (
	isNumber   = regexp.MustCompile(`^#?\d{1,20}$`)
	isDate     = regexp.MustCompile(`\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}\b|^0/0/00$`)
	isClock    = regexp.MustCompile(`\d{1,2}:\d{2}`)
	isPhone    = regexp.MustCompile(`^[p:+\d\s()./'-]{5,}(\s*(ext|poste|int)\.?\s*\d+)?$`)
	fourDigits = regexp.MustCompile(`\d{4}`)
	isYear     = regexp.MustCompile(`^(18|19|20)\d\d$`)
	isDay      = regexp.MustCompile(`^(0?[1-9]|[12]\d|3[01])$`)
	letter     = regexp.MustCompile(`\pL`)
	digit      = regexp.MustCompile(`\d`)
)

// Fits reports whether the values of a column may be those of the target: most of
// them have the form. Blank values, and none, say nothing.
func Fits(t Target, values []string) bool {
	filled, good, longest := 0, 0, 0
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		filled++
		if looks(t, v) {
			good++
		}
		longest = max(longest, len(v))
	}
	if t == "title" && longest > 40 {
		return false
	}
	return good*2 >= filled
}

func looks(t Target, v string) bool {
	switch t {
	case Number:
		return isNumber.MatchString(v)
	case "email":
		return strings.Contains(v, "@")
	case "phone":
		return isPhone.MatchString(v) && digit.MatchString(v)
	case "birthDate":
		return isDate.MatchString(v) && !isClock.MatchString(v) || v == "0/0/00"
	case "postcode":
		return digit.MatchString(v) && len(v) <= 12
	case "street":
		return letter.MatchString(v) && !strings.Contains(v, "@")
	case "city", "firstName", "lastName", Name, Given:
		return letter.MatchString(v) && !strings.Contains(v, "@") && !isTruth[text.Normalise(v)]
	case "country", "language":
		return letter.MatchString(v) && !strings.ContainsAny(v, "@0123456789") && !isTruth[text.Normalise(v)]
	case "title":
		return letter.MatchString(v) && !strings.Contains(v, "@")
	case BirthYear:
		return isYear.MatchString(v)
	case BirthMonth:
		return len(v) <= 12 && !isYear.MatchString(v)
	case BirthDay:
		return isDay.MatchString(v)
	case StreetLine, StreetPart, NamePrefix, SecondName:
		return !strings.Contains(v, "@")
	}
	return true
}

var isTruth = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "oui": true, "non": true, "ja": true, "nein": true,
	"si": true, "vrai": true, "faux": true, "wahr": true, "falsch": true, "vero": true, "falso": true, "verdadero": true, "x": true}

// LastFirst reports whether a name of a column of full names has the last name first.
func LastFirst(name string) bool {
	return slices.Contains(lastFirst, squash(dashes.Replace(name)))
}

var lastFirst = []string{"nomprenom", "nometprenom", "nomsetprenoms", "cognomenome", "cognomeenome", "nachnamevorname", "namevorname", "nachnameundvorname", "apellidosnombre", "apellidosynombre", "lastnamefirstname", "surnamefirstname", "lastfirst", "achternaamvoornaam"}

// beside is a column that only says of which kind another one's values are, or writes
// out what stands in several others.
var beside = regexp.MustCompile(`(?i)^(.+\S)\s+-\s+(label|type|formatted)$`)

// Beside returns of which columns such a one is: those whose names begin so.
func Beside(name string) (of string, ok bool) {
	m := beside.FindStringSubmatch(dashes.Replace(name))
	if m == nil {
		return "", false
	}
	return m[1] + " - ", true
}

// LateTitle reports whether a name is one of titles that people have beside a
// salutation, as of a job or an academic one.
func LateTitle(name string) bool {
	return slices.Contains([]string{"title", "titel", "titre", "titolo", "titulo"}, squash(name))
}

// Shape returns the targets that the values of a column have the unmistakable
// form of, so that they can be offered whatever the column is called. Days of which
// all are of the ten years up to the given one are rather those of orders.
func Shape(values []string, year int) []Target {
	blank := true
	for _, v := range values {
		blank = blank && strings.TrimSpace(v) == ""
	}
	if blank {
		return nil
	}
	days := !slices.ContainsFunc(values, func(v string) bool {
		return strings.TrimSpace(v) != "" && !isWholeDay.MatchString(strings.TrimSpace(v))
	})
	for _, s := range shapes {
		all := s.target != "phone" || !days
		for _, v := range values {
			v = strings.TrimSpace(v)
			all = all && (v == "" || s.form.MatchString(v))
		}
		if all && (s.target != "birthDate" || slices.ContainsFunc(values, func(v string) bool { return early(v, year) })) {
			return []Target{s.target}
		}
	}
	return nil
}

// early reports whether a day may be of a year more than ten before the given one.
func early(v string, year int) bool {
	y, err := strconv.Atoi(fourDigits.FindString(v))
	return strings.TrimSpace(v) != "" && (err != nil || y < year-10)
}

var isWholeDay = regexp.MustCompile(`^(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{1,2}-\d{1,2})$`)

// shapes are forms that hardly anything else has: days without a clock, and
// telephone numbers with a + or a 0 before them, which numbers and amounts lack.
var shapes = []struct {
	target Target
	form   *regexp.Regexp
}{
	{"email", regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)},
	{"birthDate", isWholeDay},
	{"phone", regexp.MustCompile(`^(\+|0|\(0)[\d\s()/.-]{7,19}\d$`)},
}

package plan

import (
	"cmp"
	"slices"
	"strconv"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// lines remembers which contact stands on which line, in 24 bytes a row: ten
// million rows are 240 MB.
type lines struct {
	seen []seen
	// long are numbers of 20 digits, which do not fit the code.
	long      map[domain.ContactNumber]uint64
	longNames []domain.ContactNumber
}

type seen struct {
	number uint64 // code of the contact number
	hash   uint64 // of all that the line asks for
	line   int
}

// The codes of numbers of up to 19 digits count them in order of length, then
// value: "0" is 0, "9" is 9, "00" is 10 … the last one is 11,111,111,111,111,111,109.
// Above stand the places of the numbers of 20 digits.
const firstLong uint64 = 11_111_111_111_111_111_110

func (l *lines) code(n domain.ContactNumber) uint64 {
	if len(n) == 20 {
		if l.long == nil {
			l.long = map[domain.ContactNumber]uint64{}
		}
		c, ok := l.long[n]
		if !ok {
			c = firstLong + uint64(len(l.longNames))
			l.long[n] = c
			l.longNames = append(l.longNames, n)
		}
		return c
	}
	var value, offset uint64
	for i := range len(n) {
		value = value*10 + uint64(n[i]-'0')
		if i > 0 {
			offset = offset*10 + 10
		}
	}
	return offset + value
}

// number is the reverse of code.
func (l *lines) number(code uint64) domain.ContactNumber {
	if code >= firstLong {
		return l.longNames[code-firstLong]
	}
	digits, size := 1, uint64(10)
	for code >= size {
		code -= size
		digits++
		size *= 10
		if digits == 19 {
			break // the next power of ten does not fit
		}
	}
	s := strconv.FormatUint(code, 10)
	for len(s) < digits {
		s = "0" + s
	}
	return domain.ContactNumber(s)
}

func (l *lines) add(n domain.ContactNumber, hash uint64, line int) {
	l.seen = append(l.seen, seen{l.code(n), hash, line})
}

// addPerson notes a row without a number by something that makes it one person.
// Of ten million persons two share a code with a chance of three in a million.
func (l *lines) addPerson(code, hash uint64, line int) {
	l.seen = append(l.seen, seen{code, hash, line})
}

// duplicate is one line of a contact that stands on several.
type duplicate struct {
	line int
	flow.Duplicate
}

// named is how many other lines a message names.
const named = 20

// duplicates returns the lines whose contact stands on several, ordered by line.
// Afterwards seen is ordered by number.
func (l *lines) duplicates() []duplicate {
	slices.SortFunc(l.seen, func(a, b seen) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.line, b.line))
	})
	var out []duplicate
	for i := 0; i < len(l.seen); {
		j := i + 1
		differ := false
		for ; j < len(l.seen) && l.seen[j].number == l.seen[i].number; j++ {
			differ = differ || l.seen[j].hash != l.seen[i].hash
		}
		var first []int // the group's first lines, shared by all that are not among them
		for k := i; k < min(i+named, j); k++ {
			first = append(first, l.seen[k].line)
		}
		for k := i; j-i > 1 && k < j; k++ {
			d := duplicate{line: l.seen[k].line, Duplicate: flow.Duplicate{Others: first, Differ: differ, First: k == i && !differ}}
			if k < i+named {
				d.Others = nil
				for m := i; m < min(i+named+1, j); m++ {
					if m != k {
						d.Others = append(d.Others, l.seen[m].line)
					}
				}
			}
			out = append(out, d)
		}
		i = j
	}
	slices.SortFunc(out, func(a, b duplicate) int { return cmp.Compare(a.line, b.line) })
	return out
}

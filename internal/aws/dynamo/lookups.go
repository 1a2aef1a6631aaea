package dynamo

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"rollbook/internal/domain"
	"rollbook/internal/domain/text"
)

// lookupTable keeps the keys by which contacts are found: one item for a
// contact's e-mail address, one for its name. Whoever reads one compares it with
// the contact, which may have another address or name by now.
type lookupTable struct{ table }

// A lookup is one key of the emails table, by which a contact is found.
type lookup struct{ pk, sk string }

func (l lookup) item() item { return keys(l.pk, l.sk) }

// name is what a search by name compares with: last name, blank, first name.
func name(c domain.Contact) string {
	last := text.Normalise(string(c.Get(domain.ContactLastName)))
	if last == "" {
		return ""
	}
	return strings.TrimSpace(last + " " + text.Normalise(string(c.Get(domain.ContactFirstName))))
}

func (s *secret) emailKey(email string) string {
	return string(s.in) + "#email#" + s.hidden("email", text.NormaliseEmail(email))
}

// nameParts is over how many partitions the names with one first letter are spread,
// by the whole name: a partition takes 1,000 writes a second, and a sorted list begins
// with the same letter for long. One letter is the shortest start that can be searched.
const nameParts = 8

// letterKey is where names with that first letter lie together, or with a part behind
// it some of them.
func (s *secret) letterKey(name string) string {
	_, n := utf8.DecodeRuneInString(name)
	return string(s.in) + "#name#" + s.starts(name[:n])
}

func partKey(letter string, part int) string { return letter + "." + strconv.Itoa(part) }

// nameStarts are where the look-ups of names lie that begin so.
func (s *secret) nameStarts(start string) []lookup { return s.inParts(start, 0, nameParts) }

// namePlaces are where the look-ups of a whole name lie, and perhaps others.
func (s *secret) namePlaces(name string) []lookup {
	part := s.namePart(name)
	return s.inParts(name, part, part+1)
}

// inParts are the places of a start in the parts from one to before another.
func (s *secret) inParts(start string, from, to int) []lookup {
	letter, sk := s.letterKey(start), s.starts(start)
	var out []lookup
	for part := from; part < to; part++ {
		out = append(out, lookup{partKey(letter, part), sk})
	}
	if s.gathered {
		out = append(out, lookup{letter, sk})
	}
	return out
}

func (s *secret) namePart(name string) int {
	sum := s.sum("part", name)
	return int(sum[0]) % nameParts
}

// nameKey is the look-up of a contact that is called so.
func (s *secret) nameKey(name string, n domain.ContactNumber) lookup {
	return lookup{partKey(s.letterKey(name), s.namePart(name)), s.nameSort(name, n)}
}

func (s *secret) nameSort(name string, n domain.ContactNumber) string {
	return s.starts(name) + "." + s.hidden("name", name)[:22] + "\t" + string(n)
}

// lookups returns the keys by which the contact is found.
func (s *secret) lookups(c domain.Contact) []lookup {
	var out []lookup
	if text.NormaliseEmail(c.Email()) != "" {
		out = append(out, lookup{s.emailKey(c.Email()), string(c.Number)})
	}
	if n := name(c); n != "" {
		out = append(out, s.nameKey(n, c.Number))
	}
	return out
}

// earlierLookups returns the keys by which the contact may have been found before.
func (s *secret) earlierLookups(c domain.Contact) []lookup {
	out := s.plainLookups(c)
	if n := name(c); s.gathered && n != "" {
		out = append(out, lookup{s.letterKey(n), s.nameSort(n, c.Number)})
	}
	return out
}

// numberOf returns the contact number at the end of a look-up's sort key.
func numberOf(sk string) domain.ContactNumber {
	return domain.ContactNumber(sk[strings.LastIndexByte(sk, '\t')+1:])
}

// Look-ups of before had address and name as they are in their keys.

// maxPlain is where names of these were cut.
const maxPlain = 400

func cutName(s string) string {
	if len(s) <= maxPlain {
		return s
	}
	s = s[:maxPlain]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

func (s *secret) plainEmailKey(email string) string {
	return string(s.in) + "#e#" + text.NormaliseEmail(email)
}

func (s *secret) plainNameStart(start string) lookup {
	_, n := utf8.DecodeRuneInString(start)
	return lookup{string(s.in) + "#n#" + start[:n], cutName(start)}
}

// plainLookups returns the keys by which the contact was found before, nil where
// there are none any more.
func (s *secret) plainLookups(c domain.Contact) []lookup {
	if !s.plain {
		return nil
	}
	var out []lookup
	if text.NormaliseEmail(c.Email()) != "" {
		out = append(out, lookup{s.plainEmailKey(c.Email()), string(c.Number)})
	}
	if n := name(c); n != "" {
		l := s.plainNameStart(n)
		out = append(out, lookup{l.pk, l.sk + "\t" + string(c.Number)})
	}
	return out
}

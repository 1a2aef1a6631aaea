package dynamo

import (
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

// maxName cuts names in sort keys, which hold 1,024 bytes at most; what is found
// is compared with the whole name.
const maxName = 400

// name is what a search by name compares with: last name, blank, first name.
func name(c domain.Contact) string {
	last := text.Normalise(string(c.Get(domain.ContactLastName)))
	if last == "" {
		return ""
	}
	return strings.TrimSpace(last + " " + text.Normalise(string(c.Get(domain.ContactFirstName))))
}

func cutName(s string) string {
	if len(s) <= maxName {
		return s
	}
	s = s[:maxName]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

func emailKey(in domain.InstitutionID, email string) string {
	return string(in) + "#e#" + text.NormaliseEmail(email)
}

// nameKey spreads names by their first letter: one letter is the shortest start
// that can be searched, and a search must know its partition.
func nameKey(in domain.InstitutionID, name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return string(in) + "#n#" + string(r)
}

func nameSort(name string, n domain.ContactNumber) string {
	return cutName(name) + "\t" + string(n)
}

// lookups returns the keys by which the contact is found.
func lookups(in domain.InstitutionID, c domain.Contact) []lookup {
	var out []lookup
	if text.NormaliseEmail(c.Email()) != "" {
		out = append(out, lookup{emailKey(in, c.Email()), string(c.Number)})
	}
	if n := name(c); n != "" {
		out = append(out, lookup{nameKey(in, n), nameSort(n, c.Number)})
	}
	return out
}

// numberOf returns the contact number at the end of a look-up's sort key.
func numberOf(sk string) domain.ContactNumber {
	return domain.ContactNumber(sk[strings.LastIndexByte(sk, '\t')+1:])
}

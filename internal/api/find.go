package api

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/text"
)

// A request looks through so many contacts, for so long, for those that have the
// words somewhere. API Gateway waits for 29 s.
const (
	looked  = 20000
	looking = 10 * time.Second
	// Who has somebody found is not kept waiting for others for so long.
	lookingOn = time.Second
)

// anywhere begins the cursors of the second part of a search.
const anywhere = "any."

// findContacts returns first whom the look-ups find, which is at once however many
// contacts there are, and then those who have the words anywhere.
func (s *server) findContacts(ctx context.Context, c Claims, at, q string, limit int, cursor string) (*listed[contact], error) {
	q = strings.TrimSpace(q)
	if !utf8.ValidString(q) || strings.ContainsFunc(q, func(r rune) bool { return r < ' ' }) {
		return nil, fault.At(at, "invalid.search")
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	direct := q
	if n, p := field.ParseNumber(q); p == nil {
		direct = string(n)
	}
	return list(limit, func(limit int) ([]domain.Contact, string, error) {
		var found []domain.Contact
		from, second := strings.CutPrefix(cursor, anywhere)
		if !second {
			from = ""
			var next string
			var err error
			found, next, err = s.Contacts.Find(ctx, c.Institution, direct, limit, cursor)
			if err != nil || next != "" || q == "" {
				return found, next, err
			}
		}
		if len(found) > 0 && strings.Contains(q, "@") {
			// Whoever has the address was meant; thousands of others need not be
			// looked at for a part of theirs.
			return found, "", nil
		}
		if len(found) == limit {
			return found, anywhere, nil
		}
		match, already, until := matching(q), foundDirectly(direct), s.Now().Add(looking)
		if len(found) > 0 {
			until = s.Now().Add(lookingOn)
		}
		more, next, err := s.Contacts.Search(ctx, c.Institution, func(c domain.Contact) bool {
			return !already(c) && match(c)
		}, limit-len(found), func(seen int) bool { return seen >= looked || s.Now().After(until) }, from)
		if err != nil {
			return nil, "", err
		}
		if next != "" {
			next = anywhere + next
		}
		return append(found, more...), next, nil
	}, func(c domain.Contact) contact { return showContact(c, cat) })
}

// foundDirectly returns whether the look-ups find a contact by the words.
func foundDirectly(q string) func(domain.Contact) bool {
	email, start := text.NormaliseEmail(q), text.Normalise(q)
	return func(c domain.Contact) bool {
		switch {
		case domain.ContactNumber(q).Valid():
			return string(c.Number) == q
		case strings.Contains(q, "@"):
			return text.NormaliseEmail(c.Email()) == email
		}
		last := text.Normalise(string(c.Get(domain.ContactLastName)))
		return last != "" && start != "" && strings.HasPrefix(strings.TrimSpace(last+" "+text.Normalise(string(c.Get(domain.ContactFirstName)))), start)
	}
}

// Fewer digits than leastPhone are no part of a telephone number that anybody
// looks for.
const leastPhone = 4

var (
	phoneForm = regexp.MustCompile(`^[+\d][\d\s()./-]*$`)
	noDigit   = regexp.MustCompile(`\D`)
)

// matching returns whether a contact has every one of the words somewhere in its
// number, name, e-mail address or town, or all of them as a part of its telephone
// number.
func matching(q string) func(domain.Contact) bool {
	type word struct{ plain, folded, email string }
	var words []word
	for w := range strings.FieldsSeq(q) {
		if w = strings.TrimPrefix(w, "#"); w != "" {
			words = append(words, word{w, text.Normalise(w), text.NormaliseEmail(w)})
		}
	}
	phone := ""
	if phoneForm.MatchString(q) {
		phone = strings.TrimLeft(noDigit.ReplaceAllString(q, ""), "0")
	}
	return func(c domain.Contact) bool {
		if len(phone) >= leastPhone && strings.Contains(string(c.Get(domain.ContactPhone)), phone) {
			return true
		}
		if len(words) == 0 {
			return false
		}
		own := text.Normalise(strings.Join([]string{string(c.Get(domain.ContactFirstName)), string(c.Get(domain.ContactLastName)),
			string(c.Get(domain.ContactFirstName)), string(c.Get(domain.ContactCity)), string(c.Get(domain.ContactPostcode))}, " "))
		email := text.NormaliseEmail(c.Email())
		for _, w := range words {
			if !(w.folded != "" && strings.Contains(own, w.folded) || strings.Contains(email, w.email) || strings.Contains(string(c.Number), w.plain)) {
				return false
			}
		}
		return true
	}
}

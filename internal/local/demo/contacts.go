package demo

import (
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"rollbook/internal/domain"
)

// firstNumber is the contact number of the first contact, with its zeros.
const firstNumber = 12345

func seed(in domain.InstitutionID) uint64 {
	h := fnv.New64a()
	h.Write([]byte(in))
	return h.Sum64()
}

// Contacts yields the institution's first n contacts. A bigger n begins with
// the same contacts. Numbers have seven digits, mostly with leading zeros, and
// some have six or eight; e-mail addresses are unique but for a few households,
// and a few contacts have none; about one in sixteen is an organisation. A
// contact is below 1 KB.
func Contacts(in domain.InstitutionID, n int) iter.Seq[domain.Contact] {
	return func(yield func(domain.Contact) bool) {
		for i := range n {
			if !yield(Contact(in, i)) {
				return
			}
		}
	}
}

// Number returns the number of the institution's contact i, counted from 0.
// Two numbers never differ by leading zeros only.
func Number(i int) domain.ContactNumber {
	switch i % 40 {
	case 17:
		return domain.ContactNumber(fmt.Sprintf("%06d", firstNumber+i))
	case 29:
		return domain.ContactNumber(fmt.Sprintf("%08d", firstNumber+i))
	}
	return domain.ContactNumber(fmt.Sprintf("%07d", firstNumber+i))
}

// die is the chance of one contact.
type die struct{ *rand.Rand }

func (d die) in(n, of int) bool { return d.IntN(of) < n }

func pick[T any](d die, of []T) T { return of[d.IntN(len(of))] }

// some picks with small weights for the late ones, as people's tastes are.
func (d die) some(codes []string) string {
	a, b := d.IntN(len(codes)), d.IntN(len(codes))
	return codes[min(a, b)]
}

func (d die) yes(in100 int) domain.Value {
	if d.in(in100, 100) {
		return domain.True
	}
	return domain.False
}

var shares = map[domain.InstitutionID][5]int{ // of en, fr, de, it, es in 100
	Aurora:   {60, 12, 10, 9, 9},
	Borealis: {8, 58, 18, 10, 6},
}

// Contact returns the institution's contact i, counted from 0.
func Contact(in domain.InstitutionID, i int) domain.Contact {
	s := seed(in)
	d := die{rand.New(rand.NewPCG(s, uint64(i)))}
	like := in
	if _, ok := shares[in]; !ok {
		like = Aurora
	}
	share := shares[like]
	lang, at := 0, d.IntN(100)
	for lang < 4 && at >= share[lang] {
		at -= share[lang]
		lang++
	}

	c := domain.Contact{Number: Number(i), Fields: map[domain.Field]domain.Value{}, Provenance: map[domain.Field]domain.Provenance{}}
	set := func(f domain.Field, v string) {
		if v != "" {
			c.Fields[f] = domain.Value(v)
		}
	}
	people, titles := peoples[lang], settings(in).Titles
	var mailbox string
	if d.in(1, 16) {
		name := fmt.Sprintf(pick(d, people.organisations), pick(d, people.last))
		set(domain.ContactLastName, name)
		set(domain.ContactTitle, titles[len(titles)-1])
		mailbox = pick(d, []string{"info", "office", "contact"}) + "." + plain(name)
	} else {
		first, last := pick(d, people.first), pick(d, people.last)
		if d.in(1, 20) {
			last += "-" + pick(d, people.last)
		}
		set(domain.ContactFirstName, first)
		set(domain.ContactLastName, last)
		if !d.in(1, 10) {
			set(domain.ContactTitle, pick(d, titles[:len(titles)-1]))
		}
		if d.in(7, 10) {
			born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d.IntN(80*365))
			set(domain.ContactBirthDate, born.Format(time.DateOnly))
		}
		mailbox = plain(first) + "." + plain(last)
	}
	switch {
	case d.in(7, 100): // no address
	case i >= firstShared && d.in(2, 100): // a household's
		set(domain.ContactEmail, fmt.Sprintf("household%d@%s", i/firstShared, pick(die{rand.New(rand.NewPCG(s, uint64(i/firstShared)))}, domains)))
	default:
		set(domain.ContactEmail, fmt.Sprintf("%s.%d@%s", mailbox, i, pick(d, domains)))
	}
	if !d.in(1, 25) {
		set(domain.ContactLanguage, languages[lang])
	}
	if d.in(6, 10) {
		set(domain.ContactPhone, fmt.Sprintf(pick(d, phones), d.IntN(100)))
	}
	if d.in(17, 20) {
		town := pick(d, people.towns)
		set(domain.ContactStreet, fmt.Sprintf(pick(d, people.streets), 1+d.IntN(120)))
		set(domain.ContactPostcode, town[0])
		set(domain.ContactCity, town[1])
		set(domain.ContactCountry, town[2])
	}

	for _, f := range fields {
		def := domain.FieldDef{Code: f.code, Kind: f.kind}
		v := f.value(d, lang)
		if v == domain.Empty {
			continue
		}
		c.Fields[def.Field()] = v
		if f.kind == domain.Authorisation {
			p := domain.Provenance{At: since.AddDate(0, 0, -d.IntN(1500)), By: "demo"}
			if d.in(1, 5) {
				p.Proof = pick(d, proofs[like])
			}
			c.Provenance[def.Field()] = p
		}
	}
	return c
}

// firstShared is how many neighbours may share a household's address.
const firstShared = 50

// value returns what a contact of the language has in the field.
func (f field) value(d die, lang int) domain.Value {
	switch f.code {
	case "EMAIL":
		if d.in(35, 100) {
			return domain.Empty
		}
		return d.yes(75)
	case "PARTNERS":
		if d.in(60, 100) {
			return domain.Empty
		}
		return d.yes(15)
	case "PHONE", "POST":
		if d.in(45, 100) {
			return domain.Empty
		}
		return d.yes(55)
	case "SUBSCRIBER":
		if d.in(20, 100) {
			return domain.Empty
		}
		return d.yes(30)
	case "WHEELCHAIR":
		if d.in(90, 100) {
			return domain.Empty
		}
		return d.yes(40)
	case "NEWSLETTER_LANGUAGE":
		if d.in(40, 100) {
			return domain.Empty
		}
		if d.in(9, 10) {
			return domain.Value(strings.ToUpper(languages[lang]))
		}
		return "EN"
	case "NICKNAME":
		if d.in(93, 100) {
			return domain.Empty
		}
		return domain.Value(pick(d, nicknames[lang]))
	case "NOTE":
		if d.in(88, 100) {
			return domain.Empty
		}
		if d.in(1, 4) {
			return domain.Value(pick(d, awkward))
		}
		return domain.Value(fmt.Sprintf(pick(d, notes[lang]), 2015+d.IntN(11)))
	}
	switch f.kind {
	case domain.Date:
		if d.in(40, 100) {
			return domain.Empty
		}
		return domain.Value(since.AddDate(0, 0, -d.IntN(700)).Format(time.DateOnly))
	case domain.Number:
		if d.in(30, 100) {
			return domain.Empty
		}
		amount := fmt.Sprintf("%d.%02d", d.IntN(900), 5*d.IntN(20))
		return domain.Value(strings.TrimSuffix(strings.TrimRight(amount, "0"), "."))
	}
	codes := make([]string, 0, len(f.values))
	for _, v := range f.values {
		// Few still have a retired value.
		if !v.unused && (!v.retired || d.in(1, 10)) {
			codes = append(codes, v.code)
		}
	}
	switch f.kind {
	case domain.SingleChoice:
		if d.in(30, 100) {
			return domain.Empty
		}
		return domain.Value(d.some(codes))
	case domain.MultiChoice:
		if d.in(15, 100) {
			return domain.Empty
		}
		var chosen []string
		for _, c := range codes {
			if d.in(18, 100) && len(chosen) < 5 {
				chosen = append(chosen, c)
			}
		}
		return domain.Value(strings.Join(chosen, "|"))
	}
	return domain.Empty
}

// plain returns the name as the local part of an address has it.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == '-' || r == ' ':
			return '-'
		}
		return -1
	}, folds.Replace(strings.ToLower(name)))
}

var folds = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ä", "ae", "ã", "a", "å", "a", "æ", "ae", "ç", "c",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n",
	"ò", "o", "ó", "o", "ô", "o", "ö", "oe", "ø", "o", "œ", "oe", "ù", "u", "ú", "u", "û", "u", "ü", "ue",
	"ÿ", "y", "ß", "ss", "ł", "l", "š", "s", "ž", "z")

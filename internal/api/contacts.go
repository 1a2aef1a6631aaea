package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/phone"
)

// Person is what a contact has of its own.
type Person struct {
	Email     string `json:"email,omitempty" example:"ana@example.com"`
	Title     string `json:"title,omitempty" doc:"One of the institution's titles, if it has a list."`
	FirstName string `json:"firstName,omitempty" example:"Ana"`
	LastName  string `json:"lastName,omitempty" example:"Rossi" doc:"Or an organisation's name."`
	Language  string `json:"language,omitempty" example:"it" doc:"A code such as it; its name is taken as well."`
	BirthDate string `json:"birthDate,omitempty" example:"1980-12-31"`
	Phone     string `json:"phone,omitempty" example:"+442079460123" doc:"In E.164; other forms are taken if they are clear in the institution's country."`
	Street    string `json:"street,omitempty"`
	Postcode  string `json:"postcode,omitempty"`
	City      string `json:"city,omitempty"`
	Country   string `json:"country,omitempty" example:"GB" doc:"A code; its name is taken as well."`
}

// each yields the person's fields by name.
func (p *Person) each(yield func(f domain.Field, v *string)) {
	for _, x := range []struct {
		f domain.Field
		v *string
	}{
		{domain.ContactEmail, &p.Email}, {domain.ContactTitle, &p.Title}, {domain.ContactFirstName, &p.FirstName},
		{domain.ContactLastName, &p.LastName}, {domain.ContactLanguage, &p.Language}, {domain.ContactBirthDate, &p.BirthDate},
		{domain.ContactPhone, &p.Phone}, {domain.ContactStreet, &p.Street}, {domain.ContactPostcode, &p.Postcode},
		{domain.ContactCity, &p.City}, {domain.ContactCountry, &p.Country},
	} {
		yield(x.f, x.v)
	}
}

// contact is a person or organisation with all its values.
type contact struct {
	Number domain.ContactNumber `json:"number" example:"0012345"`
	Person
	Criteria       map[string]any        `json:"criteria" doc:"By code; an absent criterion is empty."`
	Authorisations map[string]any        `json:"authorisations" doc:"By code, all of them: true, false or \"empty\"."`
	Provenance     map[string]provenance `json:"provenance" doc:"By code: where the value came from."`
}

type provenance struct {
	At     *time.Time `json:"at,omitempty"`
	Import string     `json:"import,omitempty" doc:"The id of the import that set it."`
	By     string     `json:"by,omitempty" doc:"Who set it: the e-mail address at the time, or the key's name."`
	ByID   string     `json:"byId,omitempty" doc:"The user's id in the pool, which never changes, or key: and the key's."`
	Proof  string     `json:"proof,omitempty" doc:"What proves an authorisation."`
}

// contactBody is a contact as it is written. What a GET shows can be sent back.
type contactBody struct {
	Number string `json:"number,omitempty" doc:"If it is there, that of the address."`
	Person
	Criteria       map[string]value `json:"criteria,omitempty" doc:"By code. An absent criterion is emptied."`
	Authorisations map[string]value `json:"authorisations,omitempty" doc:"By code. An absent authorisation is emptied."`
	Provenance     any              `json:"provenance,omitempty" doc:"Ignored: it follows from who changes what."`
	Proof          string           `json:"proof,omitempty" doc:"Remembered with the values that this request changes: what proves an authorisation."`
}

// NumberPath names a contact.
type NumberPath struct {
	Number string `path:"number" maxLength:"200" example:"0012345" doc:"1 to 20 digits; leading zeros count."`
}

type contactInput struct {
	NumberPath
	Conditional
	IfNoneMatch string `header:"If-None-Match" maxLength:"1" enum:"*" doc:"An asterisk to create only: if there is such a contact already, the answer is 412 changedSince."`
	Body        contactBody
}

type contactAnswer struct {
	Status int
	ETag   string `header:"ETag" doc:"Changes with every value of the contact."`
	Body   contact
}

// searchBody is a search whose words are in no URL.
type searchBody struct {
	Q      string `json:"q,omitempty" maxLength:"254" example:"rossi" doc:"A contact number, an e-mail address, the start of a last name, or any part of number, name, e-mail address, town or telephone."`
	Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"200" doc:"How many items at most; fewer come if they are large. 50 unless set."`
	Cursor string `json:"cursor,omitempty" maxLength:"2000" doc:"nextCursor of the page before."`
}

type searchInput struct {
	Q            string    `query:"q" maxLength:"254" example:"rossi" doc:"A contact number, an e-mail address, the start of a last name, or any part of number, name, e-mail address, town or telephone."`
	UpdatedSince time.Time `query:"updatedSince" example:"2026-11-01T00:00:00Z" doc:"Only contacts that were made, changed, deleted or brought back since then; not together with q."`
	Paging
}

func showContact(c domain.Contact, cat *domain.Catalogue) contact {
	out := contact{Number: c.Number, Criteria: map[string]any{}, Authorisations: map[string]any{}, Provenance: map[string]provenance{}}
	out.each(func(f domain.Field, v *string) { *v = string(c.Get(f)) })
	for _, d := range cat.Fields {
		v := c.Get(d.Field())
		switch {
		case d.Kind == domain.Authorisation:
			out.Authorisations[d.Code] = field.ToJSON(v, d)
		case v != domain.Empty:
			out.Criteria[d.Code] = field.ToJSON(v, d)
		}
		if p, ok := c.Provenance[d.Field()]; ok && v != domain.Empty {
			out.Provenance[d.Code] = provenance{timeOf(p.At), p.Import, p.By.Name(), p.By.ID(), p.Proof}
		}
	}
	return out
}

type numberAnswer struct {
	Body struct {
		Number domain.ContactNumber `json:"number" example:"0012345"`
	}
}

// values is what a contact's tag is made of: all its values, and nothing of how
// the catalogue shows them.
func values(c domain.Contact) any { return c.Fields }

func (s *server) contactRoutes() {
	const all, one = "/api/contacts", "/api/contacts/{number}"
	route(s, Viewer, huma.Operation{
		OperationID: "findContacts", Method: http.MethodGet, Path: all, Tags: []string{tagContacts},
		Summary: "Find contacts", Description: "First whom the exact number, the exact e-mail address or the start of the last name finds, and, unless that was an e-mail address, those who have every word of q as a part of number, name, e-mail address, postcode or town, or all of it as a part of the telephone number; any case, accents do not count. A page may hold fewer items than there are: go on while there is a nextCursor. Without q, all by number.\n\n" + updatedSinceDoc,
		Errors: []int{http.StatusUnprocessableEntity},
	}, s.listContacts)
	route(s, Viewer, huma.Operation{
		OperationID: "searchContacts", Method: http.MethodPost, Path: all + "/search", Tags: []string{tagContacts},
		Summary: "Find contacts, with what is looked for in the body", Description: "As GET /api/contacts, but no name or address is in a URL, which logs and histories keep.",
	}, func(ctx context.Context, c Claims, in *struct{ Body searchBody }) (*listed[contact], error) {
		limit := in.Body.Limit
		if limit == 0 {
			limit = 50
		}
		return paged(ctx, s, c, in.Body.Q, limit, in.Body.Cursor, func(limit int) (*listed[contact], error) {
			return s.findContacts(ctx, c, "body.q", in.Body.Q, limit, in.Body.Cursor)
		})
	})
	route(s, Operator, huma.Operation{
		OperationID: "nextNumber", Method: http.MethodPost, Path: all + "/next-number", Tags: []string{tagContacts},
		Summary: "Get a number for a new contact", Description: "Nobody has it or had it, and it is given once. PUT the contact under it with If-None-Match: *.",
	}, func(ctx context.Context, c Claims, _ *struct{}) (*numberAnswer, error) {
		cat, err := s.catalogue(ctx, c.Institution)
		if err != nil {
			return nil, err
		}
		n, err := s.Contacts.NextNumber(ctx, c.Institution, cat.Settings.Digits())
		a := &numberAnswer{}
		a.Body.Number = n
		return a, err
	})
	route(s, Viewer, huma.Operation{
		OperationID: "getContact", Method: http.MethodGet, Path: one, Tags: []string{tagContacts},
		Summary: "Get a contact with the provenance of its values", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *NumberPath) (*contactAnswer, error) {
		cat, err := s.catalogue(ctx, c.Institution)
		if err != nil {
			return nil, err
		}
		got, err := s.contact(ctx, c, in.Number)
		if err != nil {
			return nil, err
		}
		if err := (look{s, c, cat.Settings, 1}).at(ctx, 1); err != nil {
			return nil, err
		}
		return &contactAnswer{http.StatusOK, tag(values(got)), showContact(got, cat)}, nil
	})
	route(s, Viewer, huma.Operation{
		OperationID: "getHistory", Method: http.MethodGet, Path: one + "/history", Tags: []string{tagContacts},
		Summary: "The last 20 changes of a contact", Description: "Newest first. What a contact was created with is no change.",
		Errors: []int{http.StatusNotFound},
	}, s.history)
	route(s, Operator, huma.Operation{
		OperationID: "putContact", Method: http.MethodPut, Path: one, Tags: []string{tagContacts},
		Summary: "Create or replace a contact", Description: "Every value is replaced; what is absent becomes empty.",
		Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}, MaxBodyBytes: 256 << 10,
	}, s.putContact)
	creates(s.operation(http.MethodPut, one))
	route(s, Operator, huma.Operation{
		OperationID: "deleteContact", Method: http.MethodDelete, Path: one, Tags: []string{tagContacts},
		Summary: "Delete a contact", Description: "It is hidden at once and erased after seven days. Until then it can be restored.", Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.deleteContact)
	route(s, Operator, huma.Operation{
		OperationID: "restoreContact", Method: http.MethodPost, Path: one + "/restore", Tags: []string{tagContacts},
		Summary: "Bring a deleted contact back", Description: "With all its values, their provenance and its history, within seven days.", Errors: []int{http.StatusNotFound},
	}, s.restoreContact)
	route(s, Operator, huma.Operation{
		OperationID: "listDeletedContacts", Method: http.MethodGet, Path: all + "/deleted", Tags: []string{tagContacts},
		Summary: "List deleted contacts that can be restored", Description: "The highest number first.",
	}, s.deletedContacts)
}

// changed is one change of one value.
type changed struct {
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty" doc:"The e-mail address at the time, or the key's name."`
	ByID   string    `json:"byId,omitempty" doc:"The user's id in the pool, which never changes, or key: and the key's."`
	Import string    `json:"import,omitempty" doc:"The id of the import that did it."`
	File   string    `json:"fileName,omitempty" doc:"Of that import, while it is kept."`
	Line   int       `json:"line,omitempty" doc:"Of that import's file."`
	Field  string    `json:"field" example:"criterion:GENRE"`
	From   string    `json:"from" doc:"As files show it; \"\" is empty."`
	To     string    `json:"to"`
}

type historyAnswer struct {
	Body struct {
		Items []changed `json:"items"`
	}
}

// shownChanges is how many changes of a contact are shown.
const shownChanges = 20

func (s *server) history(ctx context.Context, c Claims, in *NumberPath) (*historyAnswer, error) {
	l, err := s.look(ctx, c, "", shownChanges, "")
	if err != nil {
		return nil, err
	}
	got, err := s.contact(ctx, c, in.Number)
	if err != nil {
		return nil, err
	}
	if err := l.at(ctx, 1); err != nil {
		return nil, err
	}
	es, err := s.Contacts.History(ctx, c.Institution, got.Number, shownChanges)
	if err != nil {
		return nil, err
	}
	out := &historyAnswer{}
	out.Body.Items = make([]changed, 0, len(es))
	files := map[string]string{}
	for _, e := range es {
		if _, known := files[e.Import]; !known && e.Import != "" {
			i, err := s.Jobs.BriefImport(ctx, c.Institution, e.Import)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, err
			}
			files[e.Import] = i.FileName
		}
		out.Body.Items = append(out.Body.Items, changed{e.At, e.By.Name(), e.By.ID(), e.Import, files[e.Import], e.Line, string(e.Field), string(e.Before), string(e.After)})
	}
	return out, nil
}

func (s *server) contact(ctx context.Context, c Claims, number string) (domain.Contact, error) {
	n := domain.ContactNumber(number)
	if !n.Valid() {
		return domain.Contact{}, fault.Missing()
	}
	return s.Contacts.Get(ctx, c.Institution, n)
}

func (s *server) putContact(ctx context.Context, c Claims, in *contactInput) (*contactAnswer, error) {
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		var old domain.Contact
		if n := domain.ContactNumber(in.Number); n.Valid() {
			old, err = s.Contacts.Get(ctx, c.Institution, n)
		} else {
			err = fault.Missing()
		}
		exists := err == nil
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		next, proof, f := in.read(cat, old, s.Now)
		if err := f.err(); err != nil {
			return nil, err
		}
		if err := in.check(exists, values(old)); err != nil {
			return nil, err
		}
		if exists && in.IfNoneMatch != "" {
			return nil, newProblem(http.StatusPreconditionFailed)
		}
		used := map[domain.Field][]string{}
		for _, d := range cat.Fields {
			if v := next.Get(d.Field()); v != domain.Empty {
				used[d.Field()] = field.Codes(v, d.Kind)
			}
		}
		// Before the values are written, so that none of them can be removed
		// from the catalogue in between.
		if len(used) > 0 {
			err := s.Catalogue.MarkUsed(ctx, c.Institution, used)
			if err != nil && fault.KindOf(err) == fault.NotFound {
				return nil, fault.New(fault.Conflict, "catalogueChanged")
			}
			if err != nil {
				return nil, err
			}
		}
		created, err := s.Contacts.Put(ctx, c.Institution, next, domain.Provenance{At: s.Now(), By: c.who(), Proof: proof})
		if err != nil {
			if fault.KindOf(err) == fault.Conflict && try < races {
				continue
			}
			return nil, err
		}
		stored, err := s.Contacts.Get(ctx, c.Institution, next.Number)
		if err != nil {
			return nil, err
		}
		status := http.StatusOK
		if created {
			status = http.StatusCreated
		}
		return &contactAnswer{status, tag(values(stored)), showContact(stored, cat)}, nil
	}
}

// withoutValue is what is wrong with a text, without the text. The suggestion
// for one of a list is no person's.
func withoutValue(p field.Problem) field.Problem {
	out := p.Anonymous()
	if p.Code == person.UnknownTitle || p.Code == person.UnknownLanguage || p.Code == person.UnknownCountry {
		out = out.WithFix(p.Fix())
	}
	return out
}

// read checks everything that is sent. What the contact has already is taken as
// it is, although it might not be today.
func (in *contactInput) read(cat *domain.Catalogue, old domain.Contact, now func() time.Time) (domain.Contact, string, faults) {
	var f faults
	c := domain.Contact{Number: domain.ContactNumber(in.Number), Fields: map[domain.Field]domain.Value{}, Version: old.Version}
	if !c.Number.Valid() {
		f.add("path.number", "invalid.number")
	}
	if in.Body.Number != "" && in.Body.Number != in.Number {
		f.add("body.number", "invalid.otherNumber")
	}
	check := person.Checker{Settings: cat.Settings, Now: now, Phone: phone.Parse}
	in.Body.each(func(of domain.Field, text *string) {
		v := domain.Value(*text)
		if v != old.Get(of) {
			var p *field.Problem
			if _, err := time.Parse(time.DateOnly, *text); of == domain.ContactBirthDate && *text != "" && err != nil {
				// A program has no excuse for a form that a person may use.
				f.add("body.birthDate", "badDate.json")
			} else if v, _, p = check.Check(of, *text); p != nil {
				// An answer may be logged on its way.
				f.because("body."+of.Code(), withoutValue(*p))
			}
		}
		if v != domain.Empty {
			c.Fields[of] = v
		}
	})
	for _, room := range []struct {
		name, room string
		values     map[string]value
	}{
		{"criteria", domain.CriterionRoom, in.Body.Criteria},
		{"authorisations", domain.AuthorisationRoom, in.Body.Authorisations},
	} {
		for _, code := range slices.Sorted(maps.Keys(room.values)) {
			at := "body." + room.name + "." + code
			d, ok := cat.Lookup(domain.Field(room.room + ":" + code))
			if !ok {
				f.add(at, "invalid.noSuchCode", room.name)
				continue
			}
			v, p := field.FromJSON(json.RawMessage(room.values[code]), d)
			if p != nil {
				f.because(at, *p)
				continue
			}
			if code, is := field.NewlyRetired(v, old.Get(d.Field()), d); is {
				f.add(at, "retiredValue.code", code)
			}
			if v != domain.Empty {
				c.Fields[d.Field()] = v
			}
		}
	}
	return c, f.text("body.proof", in.Body.Proof, 0, domain.MaxText), f
}

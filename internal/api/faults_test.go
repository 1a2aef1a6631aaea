package api_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/testing/memory"
)

// rebuild makes the handler anew, after a change of the configuration.
func (s *stack) rebuild() { s.handler = api.New(s.config) }

// store is an alias so that the method Catalogue is not hidden by a field.
type store = memory.Catalogue

// racingCatalogue lets somebody else write just before, some times.
type racingCatalogue struct {
	*store
	times int
}

func (c *racingCatalogue) PutField(ctx context.Context, in domain.InstitutionID, d domain.FieldDef) error {
	if c.times > 0 {
		c.times--
		return fault.New(fault.Conflict, "changed")
	}
	return c.store.PutField(ctx, in, d)
}

func (c *racingCatalogue) PutTarget(ctx context.Context, in domain.InstitutionID, t domain.Target) error {
	if c.times > 0 {
		c.times--
		return fault.New(fault.Conflict, "changed")
	}
	return c.store.PutTarget(ctx, in, t)
}

// broken fails every read with an error.
type broken struct {
	*memory.Contacts
	err error
}

func (b broken) Get(context.Context, domain.InstitutionID, domain.ContactNumber) (domain.Contact, error) {
	return domain.Contact{}, b.err
}

func (b broken) Values(context.Context, domain.InstitutionID, domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) { yield(domain.Contact{}, b.err) }
}

func TestOurFaultsSayNothing(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
		retry  string
	}{
		"unknown":  {errors.New("secret cause"), 500, "internal", ""},
		"internal": {&fault.Error{Reason: reason.Reason{Code: "secretCode", Params: reason.Params{"name": "secret text"}}}, 500, "internal", ""},
		"busy":     {fault.Wrap(fault.Busy, "contended", errors.New("secret cause")), 503, "busy", "5"},
		"timeout":  {context.DeadlineExceeded, 503, "busy", "5"},
		"panic":    {nil, 500, "internal", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			s.config.Contacts = broken{s.contacts, c.err}
			if c.err == nil {
				s.config.Contacts = nil
			}
			s.rebuild()
			for _, o := range []operation{{"GET", "/api/contacts/0012345", nil, "", 0}, {"POST", "/api/targets/preview", object{"condition": everybody}, "", 0}} {
				a := s.call(viewer, o.method, o.path, o.body)
				a.problem(c.status, c.code)
				if strings.Contains(string(a.body), "secret") || a.header.Get("Retry-After") != c.retry {
					t.Errorf("%v %s", a.header, a.body)
				}
			}
			// The cause is for the log.
			if !strings.Contains(s.log.String(), "ERROR") || c.err != nil && strings.Contains(c.err.Error(), "secret") && !strings.Contains(s.log.String(), "secret") {
				t.Errorf("log: %s", s.log.String())
			}
		})
	}
}

func TestBadBodies(t *testing.T) {
	s := newStack(t)
	names := s.things()
	deep := strings.Repeat(`{"not":`, 6000) + `{"all":[]}` + strings.Repeat("}", 6000)
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"empty":             {"", 400, "badRequest"},
		"not JSON":          {"hello marker", 400, "badRequest"},
		"cut":               {`{"name":"marker`, 400, "badRequest"},
		"two values":        {`{} {"marker":1}`, 400, "badRequest"},
		"invalid UTF-8":     {"{\"name\":\"marker\xff\"}", 400, "badRequest"},
		"a NUL":             {"\x00", 400, "badRequest"},
		"UTF-16":            {"\xff\xfe{\x00}\x00", 400, "badRequest"},
		"a list":            {`["marker"]`, 422, "invalid"},
		"a string":          {`"marker"`, 422, "invalid"},
		"null":              {`null`, 422, "invalid"},
		"a number":          {`1e999`, 400, "badRequest"},
		"nested too deep":   {strings.Repeat("[", 20000), 400, "badRequest"},
		"deep and wrong":    {`{"condition":` + deep + `,"name":5}`, 422, "invalid"},
		"unknown property":  {`{"marker":1}`, 422, "invalid"},
		"hostile property":  {`{"` + strings.Repeat("marker", 1000) + `":1,"\u0000\r\nX":2}`, 422, "invalid"},
		"all types wrong":   {`{"name":{"marker":1},"condition":"marker","label":["marker"],"kind":7,"values":"marker","dataType":"marker","action":"marker","targetId":9,"email":{"marker":1},"lastName":true,"criteria":[1],"fileName":3}`, 422, "invalid"},
		"far too big":       {`{"name":"` + strings.Repeat("marker", 800_000) + `"}`, 413, "tooLarge"},
		"thousand unknowns": {`{` + strings.Repeat(`"marker":1,`, 3000) + `"x":1}`, 422, "invalid"},
	} {
		for _, o := range operations {
			if o.body == nil {
				continue
			}
			t.Run(name+" "+o.method+" "+o.path, func(t *testing.T) {
				s.t = t
				a := s.call(admin, o.method, names.Replace(o.path), c.body).want(c.status)
				var p problem
				a.into(&p)
				if p.Code != c.code {
					// The condition has a code of its own.
					t.Errorf("code %s: %s", p.Code, a.body)
				}
				if len(a.body) > 30_000 {
					t.Errorf("%d bytes of answer", len(a.body))
				}
				for _, e := range p.Errors {
					if strings.Contains(e.Message, "marker") || strings.ContainsAny(e.Location, "\r\n\x00") || len(e.Location) > 300 {
						t.Errorf("%+v", e)
					}
				}
			})
		}
	}
	for _, o := range operations {
		if o.body == nil {
			continue
		}
		for _, kind := range []string{"text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "/;+", "application/cbor"} {
			if a := s.call(admin, o.method, names.Replace(o.path), `{"marker":1}`, "Content-Type: "+kind); a.status != 415 || strings.Contains(string(a.body), "marker") {
				t.Errorf("%s %s as %s: %d %s", o.method, o.path, kind, a.status, a.body)
			}
		}
		for _, kind := range []string{"application/json; charset=utf-8", "Application/JSON"} {
			if a := s.call(admin, o.method, names.Replace(o.path), put(names, o.body), "Content-Type: "+kind); a.status >= 500 || a.status == 415 {
				t.Errorf("%s %s as %s: %d", o.method, o.path, kind, a.status)
			}
		}
	}
}

func TestIdempotencyKeyIsChecked(t *testing.T) {
	s := newStack(t)
	for _, key := range []string{strings.Repeat("k", 201), "k\x01", "ké"} {
		s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}, "Idempotency-Key: "+key).
			problem(422, "invalid", "header.Idempotency-Key")
	}
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}, "Idempotency-Key: "+strings.Repeat("~ ", 100)).want(201)
}

// racingContacts lets somebody else write just before, some times.
type racingContacts struct {
	*memory.Contacts
	times int
}

func (c *racingContacts) Put(ctx context.Context, in domain.InstitutionID, n domain.Contact, p domain.Provenance) (bool, error) {
	if c.times > 0 {
		c.times--
		return false, fault.New(fault.Conflict, "changed")
	}
	return c.Contacts.Put(ctx, in, n, p)
}

// hiddenContacts are made just after they were looked for, some times.
type hiddenContacts struct {
	*memory.Contacts
	times int
}

func (c *hiddenContacts) Get(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (domain.Contact, error) {
	if c.times > 0 {
		c.times--
		return domain.Contact{}, fault.Missing()
	}
	return c.Contacts.Get(ctx, in, n)
}

// slowContacts has as many contacts as asked, each of which takes its time.
type slowContacts struct {
	*memory.Contacts
	tick func()
	n    int
}

func (c slowContacts) Values(context.Context, domain.InstitutionID, domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		for range c.n {
			if c.tick(); !yield(domain.Contact{}, nil) {
				return
			}
		}
	}
}

// hangingContacts never come.
type hangingContacts struct{ *memory.Contacts }

func (hangingContacts) Values(ctx context.Context, _ domain.InstitutionID, _ domain.Part) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		<-ctx.Done()
		yield(domain.Contact{}, ctx.Err())
	}
}

// goingCatalogue loses the criterion GOING after it was read, and before it is
// marked as used.
type goingCatalogue struct{ *store }

func (c *goingCatalogue) MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error {
	if err := c.store.DeleteField(ctx, in, "criterion:GOING"); err != nil {
		return err
	}
	return c.store.MarkUsed(ctx, in, used)
}

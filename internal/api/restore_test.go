package api_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A deletion can be taken back, with everything that the contact had.
func TestADeletionCanBeTakenBack(t *testing.T) {
	s := newStack(t)
	const one = "/api/contacts/98765"
	s.call(operator, "PUT", one, object{"lastName": "One", "email": "one@example.org", "criteria": object{"NICKNAME": "N"}, "authorisations": object{"EMAIL": true}, "proof": "Form 1"}).want(201)
	before := s.call(viewer, "GET", one, nil).want(200)
	history := s.call(viewer, "GET", one+"/history", nil).want(200)
	s.call(operator, "POST", one+"/restore", nil).problem(404, "notFound")
	s.call(operator, "DELETE", one, nil).want(204)
	s.call(viewer, "GET", one, nil).problem(404, "notFound")
	s.call(viewer, "GET", one+"/history", nil).problem(404, "notFound")
	if found := s.call(viewer, "GET", "/api/contacts?q=one@example.org", nil).object()["items"].([]any); len(found) != 0 {
		t.Error(found)
	}
	s.call(operator, "PUT", one, object{"lastName": "Two"}).problem(409, "gone")
	s.call(stranger, "POST", one+"/restore", nil).problem(404, "notFound")
	s.call(viewer, "POST", one+"/restore", nil).problem(403, "forbidden")

	s.now = s.now.AddDate(0, 0, 6)
	s.call(operator, "POST", one+"/restore", nil).want(200)
	after := s.call(viewer, "GET", one, nil).want(200)
	if d := cmp.Diff(string(before.body), string(after.body)); d != "" || before.header.Get("ETag") != after.header.Get("ETag") {
		t.Error(d)
	}
	if d := cmp.Diff(string(history.body), string(s.call(viewer, "GET", one+"/history", nil).want(200).body)); d != "" {
		t.Error(d)
	}
	if found := s.call(viewer, "GET", "/api/contacts?q=one@example.org", nil).object()["items"].([]any); len(found) != 1 {
		t.Error(found)
	}
	s.call(operator, "POST", one+"/restore", nil).problem(404, "notFound")
	s.call(operator, "DELETE", one, nil).want(204)
	s.now = s.now.AddDate(0, 0, 8)
	s.call(operator, "POST", one+"/restore", nil).problem(404, "notFound")
}

// What can be restored is listed, with who deleted it and until when.
func TestDeletedContactsAreListed(t *testing.T) {
	s := newStack(t)
	type page struct {
		Items []map[string]any `json:"items"`
		Next  string           `json:"nextCursor"`
	}
	deleted := func(query string) (p page) {
		t.Helper()
		s.call(operator, "GET", "/api/contacts/deleted"+query, nil).want(200).into(&p)
		return p
	}
	if p := deleted(""); len(p.Items) != 0 {
		t.Fatal(p)
	}
	for _, number := range []string{"98765", "98766"} {
		s.call(operator, "PUT", "/api/contacts/"+number, object{"title": "", "firstName": "Ada", "lastName": "No " + number, "email": "no" + number + "@example.org"}).want(201)
		s.call(admin, "DELETE", "/api/contacts/"+number, nil).want(204)
	}
	want := map[string]any{"number": "98766", "email": "no98766@example.org", "firstName": "Ada", "lastName": "No 98766", "deletedBy": admin.Email,
		"deletedAt": "2026-03-01T09:00:00Z", "erasedAt": "2026-03-08T09:00:00Z"}
	p := deleted("?limit=1")
	if len(p.Items) != 1 || p.Next == "" {
		t.Fatal(p)
	}
	delete(p.Items[0], "deletedById")
	if d := cmp.Diff(want, p.Items[0]); d != "" {
		t.Error(d)
	}
	if p = deleted("?limit=1&cursor=" + p.Next); len(p.Items) != 1 || p.Items[0]["number"] != "98765" {
		t.Error(p)
	}
	s.call(operator, "POST", "/api/contacts/98766/restore", nil).want(200)
	if p := deleted(""); len(p.Items) != 1 || p.Items[0]["number"] != "98765" {
		t.Error(p)
	}
	s.call(viewer, "GET", "/api/contacts/deleted", nil).problem(403, "forbidden")
	var other page
	s.call(stranger, "GET", "/api/contacts/deleted", nil).want(200).into(&other)
	if len(other.Items) != 0 {
		t.Error(other)
	}
}

func TestEraseNow(t *testing.T) {
	s := newStack(t)
	const one = "/api/contacts/98765"
	s.call(operator, "PUT", one, object{"lastName": "One"}).want(201)
	s.call(operator, "DELETE", one+"?erase=now", nil).problem(403, "forbidden")
	s.call(operator, "DELETE", one+"?erase=later", nil).problem(422, "invalid", "query.erase")
	s.call(viewer, "GET", one, nil).want(200)
	s.call(operator, "DELETE", one, nil).want(204)
	s.call(admin, "DELETE", one+"?erase=now", nil).want(204)
	s.call(operator, "POST", one+"/restore", nil).problem(404, "notFound")
	s.call(admin, "DELETE", one+"?erase=now", nil).problem(404, "notFound")

	const two = "/api/contacts/98766"
	s.call(operator, "PUT", two, object{"lastName": "Two"}).want(201)
	s.call(admin, "DELETE", two+"?erase=now", nil).want(204)
	s.call(operator, "POST", two+"/restore", nil).problem(404, "notFound")
	if es, err := s.contacts.History(t.Context(), admin.Institution, "98766", 10); err != nil || len(es) != 0 {
		t.Error(es, err)
	}
}

// A call that broke off after the contact came back can be repeated.
func TestRestoreAgain(t *testing.T) {
	s := newStack(t)
	const one = "/api/contacts/98765"
	s.call(operator, "PUT", one, object{"lastName": "One"}).want(201)
	s.call(operator, "DELETE", one, nil).want(204)
	kept, err := s.removed.Get(t.Context(), admin.Institution, "98765")
	if err != nil {
		t.Fatal(err)
	}
	s.call(operator, "POST", one+"/restore", nil).want(200)
	if err := s.removed.Create(t.Context(), admin.Institution, "98765", kept); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Minute)
	s.call(operator, "POST", one+"/restore", nil).want(200)
}

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

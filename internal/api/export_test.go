package api_test

import (
	"fmt"
	"net/url"
	"testing"

	"rollbook/internal/domain"
)

// Whoever may not export sees a page of a list and no more of it, finds people, and
// fetches no file.
func TestAViewerDoesNotTakeTheContactsOut(t *testing.T) {
	s := newStack(t)
	s.doneImport(domain.Update)
	tpl := s.readyTemplate()
	type listing struct {
		Items      []struct{ Number string }
		NextCursor string
	}
	var first listing
	s.call(viewer, "GET", "/api/contacts?limit=200", nil).want(200).into(&first)
	if len(first.Items) != 50 || first.NextCursor == "" {
		t.Fatalf("%d contacts, then %q", len(first.Items), first.NextCursor)
	}
	next := url.QueryEscape(first.NextCursor)
	s.call(viewer, "GET", "/api/contacts?cursor="+next, nil).problem(403, "exportNeeded")
	s.call(viewer, "POST", "/api/contacts/search", object{"cursor": first.NextCursor}).problem(403, "exportNeeded")
	for _, q := range []string{" ", "a", " ex ", "@"} {
		s.call(viewer, "GET", "/api/contacts?limit=1&q="+url.QueryEscape(q)+"&cursor="+next, nil).problem(403, "exportNeeded")
	}
	var found listing
	s.call(viewer, "POST", "/api/contacts/search", object{"q": "example", "limit": 1}).want(200).into(&found)
	s.call(viewer, "POST", "/api/contacts/search", object{"q": "example", "limit": 1, "cursor": found.NextCursor}).want(200)
	for _, list := range []string{"problems", "problems/rows", "problems/groups", "changes"} {
		s.call(viewer, "GET", "/api/imports/done-update/"+list+"?cursor=MQ", nil).problem(403, "exportNeeded")
	}
	s.call(viewer, "POST", "/api/imports/done-update/changes/search", object{"cursor": "MQ"}).problem(403, "exportNeeded")
	key := s.call(admin, "POST", "/api/keys", object{"name": "reader", "role": "viewer"}).want(201).object()["key"].(string)
	files := []string{"/api/templates/" + tpl.ID + "/file"}
	for _, name := range []string{"original", "errors", "changes", "undo"} {
		files = append(files, "/api/imports/done-update/files/"+name)
	}
	for _, file := range files {
		s.call(viewer, "GET", file, nil).problem(403, "exportNeeded")
		s.call(viewer, "GET", file+"?redirect=false", nil).problem(403, "exportNeeded")
		s.call(nobody, "GET", file, nil, "Authorization: Bearer "+key).problem(403, "exportNeeded")
		s.call(operator, "GET", file, nil).want(302)
	}
	if s.call(viewer, "GET", "/api/me", nil).object()["exports"] != false || s.call(operator, "GET", "/api/me", nil).object()["exports"] != true {
		t.Error("/api/me does not say who may export")
	}
	refusals := 0
	var audit struct{ Items []struct{ Outcome string } }
	s.call(admin, "GET", "/api/audit?limit=200", nil).want(200).into(&audit)
	for _, e := range audit.Items {
		if e.Outcome == "exportNeeded" {
			refusals++
		}
	}
	if refusals < 2*len(files) {
		t.Errorf("%d refusals are remembered", refusals)
	}
}

// The settings say who may export, in both directions.
func TestExportRole(t *testing.T) {
	s := newStack(t)
	s.doneImport(domain.Update)
	set := func(role string) {
		t.Helper()
		all := s.call(admin, "GET", "/api/settings", nil).want(200).object()
		all["exportRole"] = role
		if got := s.call(admin, "PUT", "/api/settings", all).want(200).object()["exportRole"]; got != role {
			t.Fatal(got)
		}
	}
	const file = "/api/imports/done-update/files/original"
	set("viewer")
	s.call(viewer, "GET", file, nil).want(302)
	s.call(viewer, "GET", "/api/contacts?limit=200", nil).want(200)
	set("admin")
	s.call(operator, "GET", file, nil).problem(403, "exportNeeded")
	s.call(admin, "GET", file, nil).want(302)
	set("operator")
	s.call(operator, "GET", file, nil).want(302)
	s.call(operator, "PUT", "/api/settings", object{"name": "Own", "language": "en", "separator": ",", "country": "GB", "exportRole": "viewer"}).problem(403, "forbidden")
	s.call(admin, "PUT", "/api/settings", object{"name": "Own", "language": "en", "separator": ",", "country": "GB", "exportRole": "everybody"}).problem(422, "invalid", "body.exportRole")
}

// One by one, or by many searches, nobody comes further than the limit of a day.
func TestContactsShownAreCounted(t *testing.T) {
	s := newStack(t)
	s.limit(nil, object{"contactsADay": 60})
	for i := range 10 {
		s.call(operator, "PUT", fmt.Sprintf("/api/contacts/9%04d", i), object{"lastName": "Own"}).want(201)
	}
	s.call(viewer, "GET", "/api/contacts", nil).want(200) // 50
	for i := range 10 {
		s.call(viewer, "GET", fmt.Sprintf("/api/contacts/9%04d", i), nil).want(200)
	}
	s.call(viewer, "GET", "/api/contacts/90001", nil).past("tooManyContactsSeen")
	s.call(viewer, "GET", "/api/contacts/90001/history", nil).past("tooManyContactsSeen")
	s.call(viewer, "GET", "/api/contacts?q=own", nil).past("tooManyContactsSeen")
	s.call(viewer, "POST", "/api/contacts/search", object{"q": "own"}).past("tooManyContactsSeen")
	s.call(viewer, "POST", "/api/targets/preview", object{"condition": everybody}).past("tooManyContactsSeen")
	s.call(viewer, "GET", "/api/contacts?q=nobodyatall", nil).want(200)
	if u := s.usage(viewer)["user"]["contactsADay"]; u.Used != 60 || u.Limit != 60 {
		t.Errorf("%+v", u)
	}
	s.call(operator, "GET", "/api/contacts/90001", nil).want(200)
	if u := s.usage(operator)["user"]["contactsADay"]; u.Used != 0 {
		t.Errorf("those who may export are counted: %+v", u)
	}
}

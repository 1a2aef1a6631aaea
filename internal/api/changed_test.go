package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// changes is an answer of GET /api/contacts?updatedSince=….
type changes struct {
	Items []struct {
		Number, LastName string
		Criteria         map[string]any
		Authorisations   map[string]any
		UpdatedAt        time.Time
		Deleted          bool
	}
	NextCursor       string
	NextUpdatedSince time.Time
}

func since(t time.Time) string {
	return "/api/contacts?updatedSince=" + url.QueryEscape(t.Format(time.RFC3339))
}

// A copy that asks again and again is told of everything: who was made, changed,
// deleted and brought back.
func TestUpdatedSince(t *testing.T) {
	s := newStack(t)
	s.call(admin, "PUT", "/api/criteria/OWN", object{"label": "Own", "kind": "yesno"}).want(201)
	began := s.now
	tick := func() { s.now = s.now.Add(time.Minute) }
	tick()
	s.call(operator, "PUT", "/api/contacts/98765", object{"lastName": "Own", "criteria": object{"OWN": true}}).want(201)
	tick()
	s.call(operator, "PUT", "/api/contacts/98766", object{"lastName": "Other"}).want(201)
	tick()
	s.call(operator, "DELETE", "/api/contacts/98766", nil).want(204)
	s.call(stranger, "PUT", "/api/contacts/55555", object{"lastName": "Strange"}).want(201)
	var got changes
	s.call(operator, "GET", since(began)+"&limit=1", nil).want(200).into(&got)
	if len(got.Items) != 1 || got.NextCursor == "" || !got.NextUpdatedSince.IsZero() {
		t.Fatalf("%+v", got)
	}
	if i := got.Items[0]; i.Number != "98765" || i.Criteria["OWN"] != true || i.Authorisations == nil || i.Deleted || !i.UpdatedAt.Equal(began.Add(time.Minute)) {
		t.Errorf("%+v", i)
	}
	var rest changes
	s.call(operator, "GET", since(began)+"&cursor="+url.QueryEscape(got.NextCursor), nil).want(200).into(&rest)
	if len(rest.Items) != 1 || rest.Items[0].Number != "98766" || !rest.Items[0].Deleted || rest.Items[0].LastName != "" || rest.NextCursor != "" {
		t.Fatalf("%+v", rest)
	}
	if want := s.now.Add(-domain.ChangeMargin); !rest.NextUpdatedSince.Equal(want) {
		t.Errorf("next %v, want %v", rest.NextUpdatedSince, want)
	}
	s.now = s.now.Add(time.Hour)
	from := s.now
	s.call(operator, "POST", "/api/contacts/98766/restore", nil).want(200)
	var later changes
	s.call(operator, "GET", since(from), nil).want(200).into(&later)
	if len(later.Items) != 1 || later.Items[0].Number != "98766" || later.Items[0].Deleted || later.Items[0].LastName != "Other" {
		t.Fatalf("%+v", later)
	}
	// A time with another offset is the same time, and long ago means everybody.
	var all changes
	s.call(operator, "GET", "/api/contacts?limit=200&updatedSince=1970-01-01T01:00:00%2B01:00", nil).want(200).into(&all)
	if len(all.Items) != seeded+2 || all.NextUpdatedSince.IsZero() {
		t.Errorf("%d contacts, next %v", len(all.Items), all.NextUpdatedSince)
	}
	s.call(operator, "GET", since(began)+"&q=own", nil).problem(422, "invalid", "query.q")
	s.call(operator, "GET", "/api/contacts?updatedSince=yesterday", nil).want(422)
	s.call(operator, "GET", since(began)+"&cursor=MQ", nil).problem(422, "cursorInvalid", "query.cursor")

	// Who takes a copy is remembered, once for each time.
	var audit struct {
		Items []struct {
			Outcome string
			Details map[string]string
		}
	}
	s.call(admin, "GET", "/api/audit?action=findContacts&limit=200", nil).want(200).into(&audit)
	if len(audit.Items) != 3 || audit.Items[2].Details["updatedSince"] != began.Format(time.RFC3339) {
		t.Errorf("%+v", audit.Items)
	}
}

// Whoever may not export has the first page of it, counted.
func TestUpdatedSinceIsAnExport(t *testing.T) {
	s := newStack(t)
	s.limit(nil, object{"contactsADay": 60})
	var got changes
	s.call(viewer, "GET", since(time.Unix(0, 0))+"&limit=200", nil).want(200).into(&got)
	if len(got.Items) != 50 || got.NextCursor == "" {
		t.Fatalf("%d contacts, then %q", len(got.Items), got.NextCursor)
	}
	s.call(viewer, "GET", since(time.Unix(0, 0))+"&cursor="+url.QueryEscape(got.NextCursor), nil).problem(403, "exportNeeded")
	s.call(viewer, "GET", since(time.Unix(0, 0)), nil).want(200) // to 100: who is below the limit may go past it once
	s.call(viewer, "GET", since(time.Unix(0, 0)), nil).past("tooManyContactsSeen")
}

// A template may be about what changed, and have all that is known of contacts.
func TestATemplateOfWhatChanged(t *testing.T) {
	s := newStack(t)
	target := demo.Targets(demo.Aurora)[0].ID
	body := object{"dataType": "contacts", "targetId": target, "include": []any{"criteria", "authorisations"}, "updatedSince": "2026-02-01T00:00:00+01:00"}
	made := s.call(operator, "POST", "/api/templates", body).want(202).object()["id"].(string)
	got := s.call(operator, "GET", "/api/templates/"+made, nil).want(200).object()
	if got["updatedSince"] != "2026-01-31T23:00:00Z" || strings.Join(texts(got["include"]), " ") != "criteria authorisations" {
		t.Errorf("%v", got)
	}
	body["fields"] = []any{"email", "GENRE"}
	s.call(operator, "POST", "/api/templates", body).want(202)
	body["include"] = []any{"authorisations"}
	s.call(operator, "POST", "/api/templates", body).problem(422, "invalid", "body.fields[1]")
	s.call(operator, "POST", "/api/templates", object{"dataType": "criteria", "targetId": target, "include": []any{"authorisations"}}).problem(422, "invalid", "body.include[0]")
	s.call(operator, "POST", "/api/templates", object{"dataType": "contacts", "targetId": target, "include": []any{"criteria", "criteria"}}).problem(422, "invalid", "body.include[1]")
	s.call(operator, "POST", "/api/templates", object{"dataType": "contacts", "targetId": target, "include": []any{object{}}}).problem(422, "invalid", "body.include[0]")
	s.call(operator, "POST", "/api/templates", object{"dataType": "contacts", "targetId": target, "updatedSince": "yesterday"}).want(422)
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, x := range list {
		out = append(out, x.(string))
	}
	return out
}

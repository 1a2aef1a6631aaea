package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
	"rollbook/internal/domain"
)

// A contact is found by any part of what people know of it, the one that is meant
// exactly first, in pages of any size.
func TestContactsAreFoundByAnyPart(t *testing.T) {
	s := newStack(t)
	for _, x := range []struct {
		in     domain.InstitutionID
		number string
		fields map[domain.Field]domain.Value
	}{
		{"aurora", "000077001", map[domain.Field]domain.Value{"contact:firstName": "Zoë", "contact:lastName": "Quastenberg", "contact:email": "zoe.q@xylo.example", "contact:city": "Überlingen", "contact:phone": "+41791237788"}},
		{"aurora", "77001", map[domain.Field]domain.Value{"contact:firstName": "Quastian", "contact:lastName": "Yvergnaux", "contact:city": "Xertigny", "contact:postcode": "88220"}},
		{"aurora", "000077002", map[domain.Field]domain.Value{"contact:lastName": "Zum Quastenhof", "contact:email": "info@quasten.example"}},
		{"borealis", "000077003", map[domain.Field]domain.Value{"contact:lastName": "Quastenberg"}},
	} {
		c := domain.Contact{Number: domain.ContactNumber(x.number), Fields: x.fields}
		if _, err := s.contacts.Put(t.Context(), x.in, c, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	for q, want := range map[string]string{
		"77001":                "77001 000077001",
		"#77001":               "77001 000077001",
		"77002":                "000077002",
		"quast":                "000077001 000077002 77001", // the start of a last name first
		"ASTENB":               "000077001",
		"zoe quastenberg":      "000077001",
		"Quastenberg Zoe":      "000077001",
		"yvergnaux xertigny":   "77001",
		"88220":                "77001",
		"uberl":                "000077001",
		"@quasten":             "000077002",
		"XYLO":                 "000077001",
		"info@quasten.example": "000077002",
		"079 123 77 88":        "000077001",
		"+41 79 123":           "000077001",
		"7788":                 "000077001",
		"quastenberg bern":     "",
	} {
		for _, limit := range []int{1, 2, 50} {
			t.Run(fmt.Sprintf("%s/%d", q, limit), func(t *testing.T) {
				s.t = t
				var got []string
				for _, i := range s.pages(fmt.Sprintf("/api/contacts?limit=%d&q=%s", limit, url.QueryEscape(q))) {
					got = append(got, i.Number)
				}
				if d := cmp.Diff(want, strings.Join(got, " ")); d != "" {
					t.Error(d)
				}
			})
		}
	}
	s.t = t
	s.call(operator, "GET", "/api/contacts?q=x&cursor=any.x", nil).problem(422, "cursorInvalid", "query.cursor")
}

// Who has somebody found at once gets them soon, however many others there are to be
// looked through; the next page goes on.
func TestWhoIsFoundIsNotKeptWaiting(t *testing.T) {
	s := newStack(t)
	for n := range 20 {
		if _, err := s.contacts.Put(t.Context(), "aurora", domain.Contact{Number: domain.ContactNumber(fmt.Sprint(77001 + n)), Fields: map[domain.Field]domain.Value{"contact:city": "Xertigny"}}, domain.Provenance{}); err != nil {
			t.Fatal(err)
		}
	}
	now := s.now
	s.config.Now = func() time.Time { now = now.Add(400 * time.Millisecond); return now } // a look at a contact takes so long
	s.handler = api.New(s.config)
	ask := func(path string) (found []any, next any, took time.Duration) {
		began := now
		got := s.call(viewer, "GET", path, nil).want(200).object()
		return got["items"].([]any), got["nextCursor"], now.Sub(began)
	}
	found, next, took := ask("/api/contacts?q=77020")
	if len(found) != 1 || next == nil || took > 5*time.Second {
		t.Errorf("%d found within %s, the next page is %v", len(found), took, next)
	}
	if found, next, _ := ask(fmt.Sprintf("/api/contacts?q=77020&cursor=%s", next)); len(found) != 0 || next == nil {
		t.Errorf("%d found again, %v", len(found), next)
	}
}

// The history names the file that a change came from, as long as it is kept.
func TestHistoryNamesTheFile(t *testing.T) {
	s := newStack(t)
	of := s.doneImport(domain.Update)
	s.call(operator, "PUT", "/api/contacts/424242", object{"lastName": "A"}).want(201)
	s.call(operator, "PUT", "/api/contacts/424242", object{"lastName": "B"}).want(200)
	stored, err := s.contacts.Get(t.Context(), "aurora", "424242")
	if err != nil {
		t.Fatal(err)
	}
	for n, imp := range []string{of.ID, "expired"} {
		stored.Fields = map[domain.Field]domain.Value{"contact:lastName": domain.Value([]string{"C", "D"}[n])}
		if _, err := s.contacts.Put(t.Context(), "aurora", stored, domain.Provenance{At: s.now, Import: imp}); err != nil {
			t.Fatal(err)
		}
		if stored, err = s.contacts.Get(t.Context(), "aurora", "424242"); err != nil {
			t.Fatal(err)
		}
	}
	files := map[any]any{}
	for _, i := range s.call(viewer, "GET", "/api/contacts/424242/history", nil).want(200).object()["items"].([]any) {
		files[i.(object)["to"]] = i.(object)["fileName"]
	}
	if d := cmp.Diff(map[any]any{"A": nil, "B": nil, "C": "criteria.csv", "D": nil}, files); d != "" {
		t.Error(d)
	}
}

// A new contact never replaces one that is there.
func TestANewContactReplacesNobody(t *testing.T) {
	s := newStack(t)
	s.call(operator, "PUT", "/api/contacts/515151", object{"lastName": "First"}, "If-None-Match: *").want(201)
	s.call(operator, "PUT", "/api/contacts/515151", object{"lastName": "Second"}, "If-None-Match: *").problem(412, "changedSince")
	if got := s.call(viewer, "GET", "/api/contacts/515151", nil).object()["lastName"]; got != "First" {
		t.Errorf("%v", got)
	}
	s.call(operator, "PUT", "/api/contacts/515151", object{"lastName": "Third"}).want(200)
}

package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
)

// Each filter of the list takes what it says, and nothing else, page after page.
func TestImportsAreFiltered(t *testing.T) {
	s := newStack(t)
	start := s.now
	for n, x := range []struct {
		name, note, by string
		of             domain.DataType
		action         domain.Action
		kind           string
		status         domain.Status
	}{
		{"a.csv", "", "u2 olga@aurora.example", domain.Criteria, domain.Test, "", domain.Done},
		{"b.csv", "Für die Gala", "u2 olga@aurora.example", domain.Criteria, domain.Update, "update", domain.Done},
		{"c.csv", "", "key:7 Box office", domain.Contacts, domain.Update, "", domain.Rejected},
		{"d.csv", "", "u3 otto@aurora.example", domain.Criteria, domain.Update, "undo", domain.Done},
		{"e.csv", "", "u3 otto@aurora.example", domain.Authorisations, domain.Test, "undo", domain.Running},
	} {
		i := domain.Import{ID: fmt.Sprintf("i%d", n), Institution: "aurora", DataType: x.of, Action: x.action, OfKind: x.kind, FileName: x.name, Note: x.note,
			Status: x.status, CreatedBy: domain.Who(x.by), CreatedAt: start.Add(time.Duration(n) * time.Hour), ExpiresAt: start.AddDate(0, 1, 0)}
		if _, _, err := s.jobs.CreateImport(t.Context(), i, domain.Once{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"":                                     "e d c b a",
		"status=done":                          "d b a",
		"dataType=criteria":                    "d b a",
		"action=update":                        "c b",
		"action=undo":                          "d",
		"action=test":                          "e a",
		"createdBy=OLGA@aurora.example":        "b a",
		"createdBy=key:7":                      "c",
		"createdBy=box+office":                 "c",
		"createdBy=olga":                       "",
		"since=2026-03-01T11:00:00Z":           "e d c",
		"since=2026-03-01T12:00:00%2B01:00":    "e d c",
		"q=gala":                               "b",
		"q=B.CSV":                              "b",
		"status=done&dataType=criteria&q=.csv": "d b a",
		"status=done&createdBy=u3":             "d",
	} {
		for _, limit := range []int{1, 2, 50} {
			t.Run(fmt.Sprintf("%s/%d", query, limit), func(t *testing.T) {
				s.t = t
				var got []string
				for _, i := range s.pages(fmt.Sprintf("/api/imports?limit=%d&%s", limit, query)) {
					got = append(got, strings.TrimSuffix(i.FileName, ".csv"))
				}
				if d := cmp.Diff(want, strings.Join(got, " ")); d != "" {
					t.Error(d)
				}
			})
		}
	}
	s.t = t
	s.call(viewer, "GET", "/api/imports?status=finished", nil).problem(422, "invalid", "query.status")
	s.call(viewer, "GET", "/api/imports?since=yesterday", nil).problem(422, "invalid", "query.since")
}

// A note is written when the file is announced or later, goes with the bytes to
// their update, and is nobody's to overwrite unseen.
func TestNotes(t *testing.T) {
	s := newStack(t)
	made := s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "note": "  Box office  "}).want(201).object()
	if got := s.call(viewer, "GET", "/api/imports/"+made["id"].(string), nil).object()["note"]; got != "Box office" {
		t.Errorf("%q", got)
	}
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "note": strings.Repeat("x", 251)}).problem(422, "invalid", "body.note")

	test := "/api/imports/" + s.doneImport(domain.Test).ID
	read := s.call(operator, "GET", test, nil).header.Get("ETag")
	wrote := s.call(operator, "PUT", test, object{"note": "Gala"}, "If-Match: "+read).want(200)
	s.call(operator, "PUT", test, object{"note": "Opera"}, "If-Match: "+read).problem(412, "changedSince")
	if got := s.call(operator, "GET", test, nil); got.object()["note"] != "Gala" || got.header.Get("ETag") != wrote.header.Get("ETag") {
		t.Errorf("%v", got.object()["note"])
	}
	for _, next := range []string{"update", "test"} {
		id := s.call(operator, "POST", test+"/"+next, nil).want(201).object()["id"].(string)
		if got := s.call(viewer, "GET", "/api/imports/"+id, nil).object()["note"]; got != "Gala" {
			t.Errorf("the %s has the note %v", next, got)
		}
	}
	s.call(operator, "PUT", test, object{"note": ""}).want(200)
	if got, is := s.call(viewer, "GET", test, nil).object()["note"]; is {
		t.Errorf("the note is %v", got)
	}
}

// listItem is what tests look at of what a list has.
type listItem struct{ Number, FileName string }

// pages returns the items of all pages of a list, from the first one on.
func (s *stack) pages(path string) []listItem {
	s.t.Helper()
	var all []listItem
	for cursor := ""; ; {
		var page struct {
			Items      []listItem
			NextCursor string
		}
		s.call(viewer, "GET", path+"&cursor="+url.QueryEscape(cursor), nil).want(200).into(&page)
		all = append(all, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}

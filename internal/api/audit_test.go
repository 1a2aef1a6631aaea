package api_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

type auditPage struct {
	Items []struct {
		At      time.Time
		Who     struct{ ID, Email string }
		Action  string
		Object  string
		Outcome string
		IP      string
		Details map[string]string
	}
	NextCursor string
}

// unremembered are the operations that are no GET and change nothing that counts.
var unremembered = []string{"/api/targets/preview", "/api/targets/{target}/count", "/api/contacts/search", "/api/contacts/next-number", "/api/imports/{test}/draft", "/api/imports/{update}/changes/search"}

// Every operation that changes something or hands out a file leaves an entry,
// and no other does.
func TestEveryChangeIsAudited(t *testing.T) {
	s := newStack(t)
	names := s.things()
	for _, o := range operations {
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			s.t = t
			s.now = s.now.Add(time.Second)
			s.call(admin, "GET", "/api/me", nil).want(200) // the sign-in is remembered before
			s.now = s.now.Add(time.Second)
			since := s.now.Format(time.RFC3339)
			path := names.Replace(o.path)
			a := s.call(admin, o.method, path, put(names, o.body)).want(o.status)
			es, _, err := s.audit.Entries(t.Context(), admin.Institution, 10, "")
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for n < len(es) && !es[n].At.Before(s.now) {
				n++
			}
			want := 0
			if (o.method != "GET" || strings.Contains(o.path, "/file") || o.path == "/api/audit") && !slices.Contains(unremembered, o.path) {
				want = 1
			}
			if n != want {
				t.Fatalf("%d entries since %s, want %d: %+v", n, since, want, es[:n])
			}
			if n == 0 {
				return
			}
			e, object := es[0], path
			if to := a.header.Get("Location"); a.status == 201 && to != "" && !strings.Contains(o.path, "{") || a.status == 202 && to != "" {
				object = to
			}
			if e.Who.ID() != admin.User || e.Who.Name() != admin.Email || e.Outcome != "done" || e.Object != object || e.IP == "" || e.Action == "" {
				t.Errorf("%+v, want object %s", e, object)
			}
		})
	}
}

func TestAudit(t *testing.T) {
	s := newStack(t)
	s.call(viewer, "PUT", "/api/contacts/1", object{}).problem(403, "forbidden")
	s.now = s.now.Add(time.Minute)
	s.call(operator, "PUT", "/api/contacts/98765", object{"lastName": "One"}).want(201)
	s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "email": "olga@aurora.example"}).want(201)
	s.call(operator, "GET", "/api/audit", nil).problem(403, "forbidden")
	read := func(query string) (p auditPage) {
		t.Helper()
		s.call(admin, "GET", "/api/audit"+query, nil).want(200).into(&p)
		return p
	}
	for query, want := range map[string]int{
		"?who=u3": 1, "?who=vera@aurora.example": 1, "?action=createImport": 1, "?object=/api/contacts/98765": 1,
		"?object=/api/contacts": 2, "?action=none": 0, "?since=" + s.now.Add(time.Hour).Format(time.RFC3339): 0,
		"?who=u2&since=" + s.now.Format(time.RFC3339): 3,
	} {
		if p := read(query); len(p.Items) != want {
			t.Errorf("%s: %+v", query, p)
		}
	}
	if e := read("?who=u3").Items[0]; e.Outcome != "forbidden" || e.Action != "putContact" || e.Object != "/api/contacts/1" || e.IP != "192.0.2.1" {
		t.Errorf("%+v", e)
	}
	if e := read("?action=createImport").Items[0]; e.Details["email"] != "olga@aurora.example" {
		t.Errorf("%+v", e)
	}
	var all []string
	for cursor := ""; ; {
		p := read("?limit=2&cursor=" + cursor)
		for _, e := range p.Items {
			if e.Action != "listAudit" {
				all = append(all, e.Action)
			}
		}
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	if len(all) != 3 {
		t.Error(all)
	}
	if p := s.call(stranger, "GET", "/api/audit?who=u2", nil).want(200).object(); len(p["items"].([]any)) != 0 {
		t.Error("another institution's entries are shown")
	}

	a := s.call(admin, "GET", "/api/audit?who=u2", nil, "Accept: text/csv").want(200)
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || len(rows) != 4 || rows[0][1] != "who" || rows[1][1] != "u2" {
		t.Errorf("%v %v %v", err, a.header, rows)
	}
	s.call(admin, "GET", "/api/audit?format=csv&since=yesterday", nil).problem(422, "invalid", "query.since")
	s.call(operator, "GET", "/api/audit?format=csv", nil).problem(403, "forbidden")
}

// An institution says how long it remembers.
func TestEntriesEnd(t *testing.T) {
	s := newStack(t)
	now := s.call(admin, "GET", "/api/settings", nil).want(200).object()
	now["auditDays"] = 90
	s.call(admin, "PUT", "/api/settings", now).want(200)
	s.now = s.now.Add(time.Second)
	s.call(operator, "PUT", "/api/contacts/98765", object{"lastName": "One"}).want(201)
	count := func() int {
		es, _, err := s.audit.Entries(t.Context(), admin.Institution, 100, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(es)
	}
	s.now = s.now.AddDate(0, 0, 89)
	if n := count(); n != 2 {
		t.Errorf("%d entries after 89 days", n)
	}
	s.now = s.now.AddDate(0, 0, 1)
	if n := count(); n != 1 { // the first is from before the setting
		t.Errorf("%d entries after 90 days", n)
	}
}

// What cannot be remembered has not succeeded.
func TestAnEntryIsNeverLostSilently(t *testing.T) {
	s := newStack(t)
	link := "/api/templates/" + s.readyTemplate().ID + "/file"
	s.call(admin, "GET", "/api/me", nil).want(200)
	s.audit.Err = fault.Wrap(fault.Busy, "busy", errors.New("throttled"))
	s.call(admin, "GET", link, nil).problem(503, "busy")
	s.call(admin, "PUT", "/api/criteria/NEW", object{"label": "New", "kind": "yesno"}).problem(503, "busy")
	// A refusal stays one, and the log says that it was not remembered.
	s.call(viewer, "GET", "/api/me", nil)
	s.log.Reset()
	s.audit.Err = nil
	s.call(viewer, "GET", "/api/me", nil).want(200)
	s.audit.Err = fault.Wrap(fault.Busy, "busy", errors.New("throttled"))
	s.call(viewer, "DELETE", "/api/criteria/NEW", nil).problem(403, "forbidden")
	if !strings.Contains(s.log.String(), "not audited") {
		t.Error(s.log.String())
	}
}

// A preview of an undo is told apart from an undo.
func TestPreviewOfAnUndoIsAudited(t *testing.T) {
	s := newStack(t)
	undo := "/api/imports/" + s.doneImport(domain.Update).ID + "/undo"
	for _, c := range []struct{ query, want string }{{"?test=true", "true"}, {"", ""}} {
		s.now = s.now.Add(time.Minute)
		s.call(operator, "POST", undo+c.query, nil).want(201)
		var p auditPage
		s.call(admin, "GET", "/api/audit?action=undoImport", nil).want(200).into(&p)
		if got := p.Items[0].Details["test"]; got != c.want {
			t.Errorf("%q: %q, want %q", c.query, got, c.want)
		}
	}
}

package endtoend_test

import (
	"net/http"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// Two institutions with the same contact numbers and codes never see each
// other: every route answers as if the other's thing did not exist.
func TestInstitutionsApart(t *testing.T) {
	a, b := as(t, "admin@aurora.example"), as(t, "admin@borealis.example")
	target := a.everyone("Only Aurora's")
	imp := a.run(domain.Criteria, domain.Test, []byte("Contact,[new] NICKNAME\n#"+string(demo.Number(1))+",x\n"))
	var tpl struct{ ID string }
	a.call(http.StatusAccepted, "POST", "/api/templates", map[string]any{"dataType": "criteria", "targetId": target}, &tpl)

	missing := b.do("GET", "/api/imports/0199f0aa-0000-7000-8000-000000000000", nil)
	if missing.status != http.StatusNotFound {
		t.Fatalf("%d %s", missing.status, missing.body)
	}
	for _, r := range []struct{ method, path string }{
		{"GET", "/api/imports/" + imp.ID}, {"GET", "/api/imports/" + imp.ID + "/problems"},
		{"POST", "/api/imports/" + imp.ID + "/update"}, {"POST", "/api/imports/" + imp.ID + "/undo"},
		{"POST", "/api/imports/" + imp.ID + "/cancel"}, {"GET", "/api/imports/" + imp.ID + "/files/original"},
		{"GET", "/api/templates/" + tpl.ID}, {"GET", "/api/templates/" + tpl.ID + "/file"},
		{"GET", "/api/targets/" + target}, {"DELETE", "/api/targets/" + target},
		{"GET", "/api/contacts/" + string(demo.Number(1500))},
	} {
		got := b.do(r.method, r.path, nil)
		if got.status != http.StatusNotFound || string(got.body) != string(missing.body) {
			t.Errorf("%s %s: %d %s, want the answer for what is missing", r.method, r.path, got.status, got.body)
		}
	}
	// The same number is another person.
	n := "/api/contacts/" + string(demo.Number(1))
	var of [2]struct{ Email, LastName string }
	a.call(http.StatusOK, "GET", n, nil, &of[0])
	b.call(http.StatusOK, "GET", n, nil, &of[1])
	if of[0] == of[1] {
		t.Errorf("both institutions show %+v", of[0])
	}
	// A file of the one, imported by the other.
	files := a.template(domain.Criteria, target, "apart@aurora.example")
	rows := table(t, files["criteria.csv"])
	col := column(t, rows, "[new] NICKNAME")
	theirs := map[string]bool{}
	for i := range borealisContacts {
		theirs["#"+string(demo.Number(i))] = true
	}
	foreign := rows[:1:1]
	for _, row := range rows[1:] {
		if row[col] = "x"; !theirs[row[0]] {
			foreign = append(foreign, row)
		}
	}
	got := b.run(domain.Criteria, domain.Update, written(t, foreign, ','))
	if got.Status != domain.Rejected || got.Problem.Code != "noneYours" {
		t.Errorf("%s %+v", got.Status, got.Problem)
	}
	for _, list := range []string{"imports", "templates", "targets"} {
		var page struct{ Items []struct{ ID string } }
		b.call(http.StatusOK, "GET", "/api/"+list+"?limit=200", nil, &page)
		for _, i := range page.Items {
			if i.ID == imp.ID || i.ID == tpl.ID || i.ID == target {
				t.Errorf("borealis lists aurora's %s", list)
			}
		}
	}
}

// Who may do what, through the real authorizer.
func TestTokens(t *testing.T) {
	anonymous := &client{t: t}
	for _, path := range []string{"/api/me", "/api/imports", "/api/contacts/1"} {
		if a := anonymous.do("GET", path, nil); a.status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", path, a.status)
		}
	}
	bad := &client{t, as(t, "viewer@aurora.example").token + "x"}
	if a := bad.do("GET", "/api/me", nil); a.status != http.StatusUnauthorized {
		t.Errorf("tampered token: %d", a.status)
	}
	viewer, operator := as(t, "viewer@aurora.example"), as(t, "operator@aurora.example")
	viewer.call(http.StatusForbidden, "POST", "/api/imports", map[string]any{"dataType": "criteria", "action": "test", "fileName": "a.csv"}, nil)
	operator.call(http.StatusForbidden, "DELETE", "/api/criteria/GENRE", nil, nil)
	viewer.call(http.StatusOK, "GET", "/api/criteria", nil, nil)
	for _, path := range []string{"/", "/openapi.json", "/docs"} {
		if a := anonymous.do("GET", path, nil); a.status != http.StatusOK {
			t.Errorf("%s: %d", path, a.status)
		}
	}

	// The link in a mail: a browser without a token goes to the screen, a
	// program without one is told so, a forged token is refused.
	link := "/api/templates/0199f0aa-0000-7000-8000-000000000000/file"
	if a := anonymous.do("GET", link, nil, "Accept", "text/html,application/xhtml+xml"); a.status != http.StatusFound || a.header.Get("Location") != stack.URL+"/#/templates/0199f0aa-0000-7000-8000-000000000000" {
		t.Errorf("browser: %d %s", a.status, a.header.Get("Location"))
	}
	if a := anonymous.do("GET", link, nil); a.status != http.StatusUnauthorized {
		t.Errorf("program: %d", a.status)
	}
	if a := bad.do("GET", link, nil); a.status != http.StatusUnauthorized {
		t.Errorf("forged: %d", a.status)
	}
	viewer.call(http.StatusNotFound, "GET", link, nil, nil)
}

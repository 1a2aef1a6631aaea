package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// limit sets aurora's limits.
func (s *stack) limit(institution, user object) {
	s.t.Helper()
	now := s.call(admin, "GET", "/api/settings", nil).want(200).object()
	now["limits"], now["userLimits"] = institution, user
	s.call(admin, "PUT", "/api/settings", now).want(200)
}

// past checks the answer past a limit.
func (a answer) past(code string) {
	a.t.Helper()
	a.problem(429, code)
	if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 {
		a.t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
}

func (s *stack) usage(who api.Claims) (u map[string]map[string]struct{ Used, Limit int }) {
	s.t.Helper()
	s.call(who, "GET", "/api/usage", nil).want(200).into(&u)
	return u
}

func TestDeletionsAreLimited(t *testing.T) {
	s := newStack(t)
	s.limit(object{"deletionsAnHour": 3}, object{"deletionsAnHour": 2})
	remove := func(who api.Claims, i int) answer {
		return s.call(who, "DELETE", "/api/contacts/"+string(demo.Number(i)), nil)
	}
	remove(operator, 1).want(204)
	remove(operator, 2).want(204)
	remove(operator, 3).past("tooManyDeletions")
	s.call(operator, "GET", "/api/contacts/"+string(demo.Number(3)), nil).want(200)
	remove(admin, 3).want(204)
	remove(admin, 4).past("tooManyDeletions") // of the institution
	if u := s.usage(operator); u["user"]["deletionsAnHour"].Used != 2 || u["user"]["deletionsAnHour"].Limit != 2 || u["institution"]["deletionsAnHour"].Used != 3 {
		t.Errorf("%+v", u)
	}
	var page auditPage
	s.call(admin, "GET", "/api/audit?action=deleteContact&who=u2", nil).want(200).into(&page)
	outcomes := map[string]int{}
	for _, e := range page.Items {
		outcomes[e.Outcome]++
	}
	if outcomes["tooManyDeletions"] != 1 || outcomes["done"] != 2 {
		t.Errorf("%+v", page.Items)
	}
	s.now = s.now.Add(time.Hour)
	remove(operator, 4).want(204)
}

// Mail goes to users and to domains of the institution, and not without end.
func TestMailIsNotForStrangers(t *testing.T) {
	s := newStack(t)
	order := func(email string) answer {
		return s.call(operator, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "email": email})
	}
	template := func(email string) answer {
		return s.call(operator, "POST", "/api/templates", object{"dataType": "criteria", "targetId": s.anyTarget(), "email": email})
	}
	for _, email := range []string{"stranger@gmail.com", "x@sub.aurora.example", "x@aurora.example.evil.example", "bo@borealis.example"} {
		p := order(email).problem(422, "addressNotAllowed", "body.email")
		if strings.Contains(p.Detail, email) {
			t.Error(p.Detail)
		}
		template(email).problem(422, "addressNotAllowed", "body.email")
	}
	guest := api.Claims{Institution: demo.Aurora, User: "u7", Email: "Guest@agency.example", Groups: []string{"viewer"}}
	order(guest.Email).problem(422, "addressNotAllowed", "body.email")
	s.call(guest, "GET", "/api/me", nil).want(200)
	order("guest@agency.example").want(201)
	template("any@AURORA.example").want(202)
	s.call(admin, "POST", "/api/users/u7/disable", nil).want(200)
	order("guest@agency.example").problem(422, "addressNotAllowed", "body.email")

	s.limit(object{"mailsADay": 3}, object{})
	order("a@aurora.example").want(201)
	order("a@aurora.example").past("tooManyMails")
	order("").want(201)
	s.now = s.now.Add(24 * time.Hour)
	order("a@aurora.example").want(201)
	for _, d := range []string{"nodot", "@aurora.example", "*.example", ""} {
		s.call(admin, "PUT", "/api/settings", object{"name": "A", "language": "en", "separator": ",", "country": "GB", "mailDomains": []string{d}}).
			problem(422, "invalid", "body.mailDomains[0]")
	}
}

func TestImportsAreLimited(t *testing.T) {
	s := newStack(t)
	order := func(who api.Claims) answer {
		return s.call(who, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"})
	}
	s.limit(object{"importsAtOnce": 3}, object{"importsAtOnce": 2})
	id := order(operator).want(201).object()["id"].(string)
	order(operator).want(201)
	order(operator).past("tooManyImports")
	order(admin).want(201)
	order(admin).past("tooManyImports")
	s.call(operator, "POST", "/api/imports/"+id+"/cancel", nil).want(200)
	order(operator).want(201)

	s.limit(object{"rowsADay": 1000}, object{})
	big := domain.Import{ID: "zz-big", Institution: demo.Aurora, Status: domain.Done, Rows: 1000, CreatedAt: s.now, CreatedBy: domain.Inbox, ExpiresAt: s.now.Add(time.Hour * 240)}
	if _, _, err := s.jobs.CreateImport(t.Context(), big, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	order(operator).past("tooManyRowsToday")
	if u := s.usage(operator); u["institution"]["rowsADay"].Used != 1000 || u["user"]["rowsADay"].Used != 0 || u["user"]["importsAtOnce"].Used != 2 {
		t.Errorf("%+v", u)
	}
	s.now = s.now.Add(25 * time.Hour)
	order(operator).want(201)
}

// What follows an import is one as well, and its rows are known before it runs.
func TestFollowingImportsAreLimited(t *testing.T) {
	s := newStack(t)
	test, update := "/api/imports/"+s.doneImport(domain.Test).ID, "/api/imports/"+s.doneImport(domain.Update).ID
	// 6 of 8 rows are used: the file's 3 are too many, the undo's 1 is not.
	s.limit(object{"rowsADay": 8}, object{})
	s.call(operator, "POST", test+"/test", nil).past("tooManyRowsToday")
	s.call(operator, "POST", test+"/update", nil).past("tooManyRowsToday")
	s.call(operator, "POST", update+"/undo?test=true", nil).want(201)
	s.limit(object{"rowsADay": 6}, object{})
	s.call(operator, "POST", update+"/undo", nil).past("tooManyRowsToday")
	s.limit(object{"importsAtOnce": 1}, object{})
	for _, path := range []string{test + "/test", test + "/update", update + "/undo"} {
		s.call(operator, "POST", path, nil).past("tooManyImports")
	}
	if started := len(s.machine.Started()); started != 1 {
		t.Errorf("%d executions", started)
	}
	s.limit(object{"rowsADay": 9, "importsAtOnce": 5}, object{})
	s.call(operator, "POST", test+"/update", nil).want(201)
}

// A preview that is being counted counts until it ends, or could not last.
func TestPreviewsAreLimited(t *testing.T) {
	s := newStack(t)
	s.limit(object{}, object{"previewsAtOnce": 1})
	preview := func() answer {
		return s.call(viewer, "POST", "/api/targets/preview", object{"condition": everybody})
	}
	for range 3 {
		preview().want(200)
	}
	// One that broke off has left its place taken.
	_, err := s.config.Usage.Change(t.Context(), demo.Aurora, "previewsAtOnce#u3", func(u *domain.Usage) error {
		u.Leases, u.EndsAt = map[string]time.Time{"broken": s.now.Add(time.Minute)}, s.now.Add(time.Hour)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	preview().past("tooManyPreviews")
	s.now = s.now.Add(time.Minute)
	preview().want(200)
}

func TestKeys(t *testing.T) {
	s := newStack(t)
	with := func(key, method, path string, body any) answer {
		return s.call(nobody, method, path, body, "Authorization: Bearer "+key)
	}
	var made struct{ ID, Key string }
	s.call(admin, "POST", "/api/keys", object{"name": "CRM", "role": "operator"}).want(201).into(&made)
	if !strings.HasPrefix(made.Key, "rbk_aurora_"+made.ID+"_") || len(made.Key) < 60 {
		t.Errorf("%+v", made)
	}
	me := with(made.Key, "GET", "/api/me", nil).want(200).object()
	if me["user"] != "key:"+made.ID || fmt.Sprint(me["groups"]) != "[operator]" {
		t.Error(me)
	}
	with(made.Key, "PUT", "/api/contacts/98765", object{"lastName": "One"}).want(201)
	with(made.Key, "GET", "/api/keys", nil).problem(403, "forbidden")
	var history struct{ Items []struct{ By, ByID string } }
	s.call(viewer, "GET", "/api/contacts/98765/history", nil).want(200).into(&history)
	if history.Items[0].By != "CRM" || history.Items[0].ByID != "key:"+made.ID {
		t.Errorf("%+v", history)
	}
	for _, wrong := range []string{made.Key + "x", made.Key[:len(made.Key)-1], strings.Replace(made.Key, "aurora", "borealis", 1), "rbk_aurora_" + made.ID + "_", "rbk_aurora", "rbk_aurora_none_x", "rbk__x_y", "rbk_AURORA_x_y"} {
		with(wrong, "GET", "/api/me", nil).problem(401, "unauthorised")
	}
	for _, path := range []string{"/api/keys", "/api/keys/" + made.ID} {
		if a := s.call(admin, "GET", path, nil).want(200); strings.Contains(string(a.body), made.Key[len(made.Key)-20:]) || strings.Contains(strings.ToLower(string(a.body)), `hash"`) {
			t.Errorf("%s shows %s", path, a.body)
		}
	}
	s.call(stranger, "DELETE", "/api/keys/"+made.ID, nil).problem(404, "notFound")
	s.call(admin, "DELETE", "/api/keys/"+made.ID, nil).want(204)
	with(made.Key, "GET", "/api/me", nil).problem(401, "unauthorised")

	s.call(admin, "POST", "/api/keys", object{"name": "x", "role": "admin"}).problem(422, "invalid", "body.role")
	s.call(admin, "POST", "/api/keys", object{"name": "x", "role": "viewer", "expiresAt": s.now}).problem(422, "invalid", "body.expiresAt")
	s.call(admin, "POST", "/api/keys", object{"name": "Short", "role": "viewer", "expiresAt": s.now.Add(time.Hour)}).want(201).into(&made)
	with(made.Key, "GET", "/api/me", nil).want(200)
	with(made.Key, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}).problem(403, "forbidden")
	s.now = s.now.Add(time.Hour)
	with(made.Key, "GET", "/api/me", nil).problem(401, "unauthorised")
}

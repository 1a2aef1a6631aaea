package api_test

import (
	"testing"
	"time"

	"rollbook/internal/api"
	"rollbook/internal/domain/reason"
	"rollbook/internal/local/demo"
)

func session(id string, at time.Time) api.Claims {
	return api.Claims{Institution: demo.Aurora, User: "u9", Email: "nora@aurora.example", Groups: []string{"operator"}, Session: id, SignedIn: at}
}

// A sign-out makes the tokens of that sign-in worthless, and no others.
func TestSignOutEndsTheSession(t *testing.T) {
	s := newStack(t)
	here, there := session("here", s.now), session("there", s.now)
	s.call(here, "GET", "/api/me", nil).want(200)
	s.call(here, "POST", "/api/me/sign-out", nil).want(204)
	s.call(here, "GET", "/api/me", nil).problem(401, "unauthorised")
	s.call(here, "GET", "/api/templates/x/file", nil).problem(401, "unauthorised")
	s.call(there, "GET", "/api/me", nil).want(200)
	// A token that names no sign-in ends them all.
	s.now = s.now.Add(time.Second)
	s.call(session("", s.now), "POST", "/api/me/sign-out", nil).want(204)
	s.call(there, "GET", "/api/me", nil).problem(401, "unauthorised")
	s.now = s.now.Add(time.Second)
	s.call(session("later", s.now), "GET", "/api/me", nil).want(200)
}

// A dismissal acts at once, on tokens that are out as well.
func TestADismissedUserIsRefused(t *testing.T) {
	s := newStack(t)
	nora := session("one", s.now)
	s.call(nora, "GET", "/api/me", nil).want(200)
	var users struct {
		Items []struct {
			ID, Email    string
			Groups       []string
			LastSignedIn time.Time
			Disabled     bool
		}
	}
	s.call(admin, "GET", "/api/users", nil).want(200).into(&users)
	if len(users.Items) != 2 || users.Items[0].ID != "u9" || users.Items[0].Email != nora.Email || !users.Items[0].LastSignedIn.Equal(s.now) {
		t.Errorf("%+v", users)
	}
	s.call(operator, "POST", "/api/users/u9/disable", nil).problem(403, "forbidden")
	s.call(stranger, "POST", "/api/users/u9/disable", nil).problem(404, "notFound")
	s.call(admin, "POST", "/api/users/u1/disable", nil).problem(409, "yourself")
	s.now = s.now.Add(time.Minute)
	s.call(admin, "POST", "/api/users/u9/disable", nil).want(200)
	s.call(nora, "GET", "/api/me", nil).problem(401, "unauthorised")
	s.call(session("new", s.now), "GET", "/api/me", nil).problem(401, "unauthorised")
	s.call(admin, "POST", "/api/users/u9/enable", nil).want(200)
	s.call(nora, "GET", "/api/me", nil).problem(401, "unauthorised")
	s.call(session("new", s.now), "GET", "/api/me", nil).want(200)
}

// An administrator invites people to the institution, and to no other one.
func TestInvitations(t *testing.T) {
	s := newStack(t)
	invite := func(who api.Claims, email, role string) answer {
		t.Helper()
		return s.call(who, "POST", "/api/users", object{"email": email, "role": role})
	}
	made := invite(admin, "new@aurora.example", "operator").want(201)
	got := made.object()
	id := got["id"].(string)
	if got["email"] != "new@aurora.example" || got["role"] != "operator" || got["lastSignedIn"] != nil || got["disabled"] != false || made.header.Get("Location") != "/api/users/"+id {
		t.Errorf("%v", got)
	}
	if u, _ := s.directory.User(id); u.Institution != demo.Aurora || u.Role != "operator" {
		t.Errorf("%+v", u)
	}
	if again := s.call(admin, "GET", "/api/users/"+id, nil).want(200); again.header.Get("ETag") != made.header.Get("ETag") || again.object()["email"] != "new@aurora.example" {
		t.Errorf("%v", again.object())
	}
	// Again with another role, and then nobody else's.
	s.now = s.now.Add(time.Second)
	if again := invite(admin, "new@aurora.example", "viewer").want(201).object(); again["id"] != id || again["role"] != "viewer" {
		t.Errorf("%v", again)
	}
	if len(s.directory.Mails) != 2 {
		t.Errorf("mails to %v", s.directory.Mails)
	}
	invite(admin, operator.Email, "admin").problem(409, "userExists")
	s.call(admin, "PUT", "/api/settings", object{"name": "Own", "language": "en", "separator": ",", "country": "GB", "mailDomains": []any{"borealis.example", "aurora.example"}}).want(200)
	invite(admin, stranger.Email, "viewer").problem(409, "userExists")
	invite(admin, "who@elsewhere.example", "viewer").problem(422, "addressNotAllowed", "body.email")
	invite(admin, "no address", "viewer").problem(422, "invalid", "body.email")
	invite(admin, "other@aurora.example", "owner").problem(422, "invalid", "body.role")
	invite(operator, "other@aurora.example", "viewer").problem(403, "forbidden")
	s.call(stranger, "GET", "/api/users/"+id, nil).problem(404, "notFound")
	if len(s.directory.Mails) != 2 {
		t.Errorf("mails to %v", s.directory.Mails)
	}
	// Invitations are mails, and count.
	s.call(admin, "PUT", "/api/settings", object{"name": "Own", "language": "en", "separator": ",", "country": "GB", "mailDomains": []any{"aurora.example"}, "limits": object{"mailsADay": 5}}).want(200)
	invite(admin, "third@aurora.example", "viewer").want(201)
	invite(admin, "fourth@aurora.example", "viewer").want(429)
	// Who did it is remembered, with whom.
	var page struct {
		Items []struct {
			Object  string
			Outcome string
			Details map[string]string
		}
	}
	s.call(admin, "GET", "/api/audit?action=inviteUser&object=/api/users/"+id, nil).want(200).into(&page)
	if len(page.Items) != 2 || page.Items[1].Details["email"] != "new@aurora.example" || page.Items[1].Details["role"] != "operator" || page.Items[1].Outcome != "done" {
		t.Errorf("%+v", page.Items)
	}
	// Whoever signs in is the one who was invited.
	s.call(api.Claims{Institution: demo.Aurora, User: id, Email: "new@aurora.example", Groups: []string{"viewer"}, SignedIn: s.now}, "GET", "/api/me", nil).want(200)
	if got := s.call(admin, "GET", "/api/users/"+id, nil).want(200).object(); got["lastSignedIn"] == nil {
		t.Errorf("%v", got)
	}
}

// A role that is changed holds at once: what the tokens of before say is worth
// nothing.
func TestARoleIsChanged(t *testing.T) {
	s := newStack(t)
	nora := session("one", s.now)
	s.call(nora, "GET", "/api/me", nil).want(200)
	before := s.call(admin, "GET", "/api/users/u9", nil).want(200)
	s.call(operator, "PUT", "/api/users/u9", object{"role": "admin"}).problem(403, "forbidden")
	s.call(stranger, "PUT", "/api/users/u9", object{"role": "viewer"}).problem(404, "notFound")
	s.call(admin, "PUT", "/api/users/u1", object{"role": "viewer"}).problem(409, "yourself")
	s.call(admin, "PUT", "/api/users/none", object{"role": "viewer"}).problem(404, "notFound")
	s.call(admin, "PUT", "/api/users/u9", object{"role": "viewer"}, `If-Match: "old"`).problem(412, "changedSince")
	s.call(nora, "GET", "/api/me", nil).want(200)
	s.now = s.now.Add(time.Minute)
	if got := s.call(admin, "PUT", "/api/users/u9", object{"role": "viewer"}, "If-Match: "+before.header.Get("ETag")).want(200).object(); got["role"] != "viewer" {
		t.Errorf("%v", got)
	}
	if u, _ := s.directory.User("u9"); u.Role != "viewer" {
		t.Errorf("%+v", u)
	}
	s.call(nora, "GET", "/api/me", nil).problem(401, "unauthorised")
	later := session("two", s.now)
	later.Groups = []string{"viewer"}
	s.call(later, "GET", "/api/me", nil).want(200)
	// A sign-in changes no tag; whom another sign-in keeps has the role of there.
	federated := api.Claims{Institution: demo.Aurora, User: "u7", Email: "sam@aurora.example", Groups: []string{"eu-west-1_pool_SAML", "viewer"}, SignedIn: s.now}
	s.call(federated, "GET", "/api/me", nil).want(200)
	s.call(admin, "PUT", "/api/users/u7", object{"role": "admin"}).problem(409, "userElsewhere")
	s.call(federated, "GET", "/api/me", nil).want(200)
	s.call(admin, "POST", "/api/users/u7/disable", nil).want(200)
	s.call(federated, "GET", "/api/me", nil).problem(401, "unauthorised")
	// A dismissal reaches the pool.
	s.call(admin, "POST", "/api/users/u9/disable", nil).want(200)
	if u, _ := s.directory.User("u9"); !u.Disabled {
		t.Errorf("%+v", u)
	}
	s.call(admin, "POST", "/api/users/u9/enable", nil).want(200)
	if u, _ := s.directory.User("u9"); u.Disabled {
		t.Errorf("%+v", u)
	}
}

// The language that somebody chooses goes with them, and before what their token
// and institution say; only a request that asks for another gets it.
func TestTheChosenLanguage(t *testing.T) {
	s := newStack(t)
	ana := api.Claims{Institution: demo.Borealis, User: "ana", Email: "ana@borealis.example", Groups: []string{"operator"}, SignedIn: s.now} // of a French institution
	jan := api.Claims{Institution: demo.Borealis, User: "jan", Email: "jan@borealis.example", Groups: []string{"operator"}, SignedIn: s.now}
	said := func(who api.Claims, headers ...string) string {
		t.Helper()
		return s.call(who, "GET", "/api/contacts/0", nil, headers...).problem(404, "notFound").Detail
	}
	sentence := func(lang string) string { return reason.New("notFound").Message(lang) }
	me := func(who api.Claims) (string, bool) {
		t.Helper()
		got := s.call(who, "GET", "/api/me", nil).want(200).object()
		return got["language"].(string), got["chosen"].(bool)
	}
	if lang, chosen := me(ana); lang != "fr" || chosen {
		t.Errorf("before: %s, chosen %t", lang, chosen)
	}
	put := s.call(jan, "PUT", "/api/me", object{"language": "de"}).want(200)
	if got := put.object(); got["language"] != "de" || got["chosen"] != true {
		t.Errorf("%v", got)
	}
	if lang, chosen := me(jan); lang != "de" || !chosen {
		t.Errorf("after: %s, chosen %t", lang, chosen)
	}
	for what, c := range map[string][2]string{
		"who chose":                     {said(jan), sentence("de")},
		"who chose, asking for another": {said(jan, "Accept-Language: it"), sentence("it")},
		"a colleague":                   {said(ana), sentence("fr")},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %q, want %q", what, c[0], c[1])
		}
	}
	// The import that somebody orders speaks as they chose, whatever the request
	// asked for.
	for who, lang := range map[string]string{"ana": "fr", "jan": "de"} {
		c := map[string]api.Claims{"ana": ana, "jan": jan}[who]
		id := s.call(c, "POST", "/api/imports", object{"dataType": "criteria", "action": "test"}, "Accept-Language: es").want(201).object()["id"].(string)
		i, err := s.jobs.Import(t.Context(), demo.Borealis, id)
		if err != nil || i.Language != lang {
			t.Errorf("%s's import speaks %s, want %s (%v)", who, i.Language, lang, err)
		}
		tpl := s.call(c, "POST", "/api/templates", object{"dataType": "criteria", "targetId": demo.Targets(demo.Borealis)[0].ID}, "Accept-Language: es").want(202).object()["id"].(string)
		made, err := s.jobs.Template(t.Context(), demo.Borealis, tpl)
		if err != nil || made.Language != lang {
			t.Errorf("%s's template speaks %s, want %s (%v)", who, made.Language, lang, err)
		}
	}
	s.call(jan, "PUT", "/api/me", object{"language": "xx"}).want(422)
	s.call(jan, "PUT", "/api/me", object{"language": "it"}, `If-Match: "old"`).problem(412, "changedSince")
	s.call(jan, "PUT", "/api/me", object{"language": "it"}, "If-Match: "+put.header.Get("ETag")).want(200)
	// Signing in again, with the address changed, keeps the choice.
	jan.Email, jan.SignedIn = "jan2@borealis.example", s.now.Add(1)
	if lang, _ := me(jan); lang != "it" {
		t.Errorf("after signing in again: %s", lang)
	}
}

func TestAKeyChoosesNoLanguage(t *testing.T) {
	s := newStack(t)
	key := s.call(admin, "POST", "/api/keys", object{"name": "CRM", "role": "operator"}).want(201).object()["key"].(string)
	s.call(nobody, "PUT", "/api/me", object{"language": "de"}, "Authorization: Bearer "+key).problem(403, "forbidden")
}

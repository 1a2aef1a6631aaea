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

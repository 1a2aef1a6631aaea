package api_test

import (
	"testing"
	"time"

	"rollbook/internal/api"
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

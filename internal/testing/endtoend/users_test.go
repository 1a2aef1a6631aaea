package endtoend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Somebody is invited, signs in with the password of the mail, gets another
// role, and is dismissed: each holds for the tokens that are out.
func TestAUserFromInvitationToDismissal(t *testing.T) {
	admin, email := as(t, "admin@aurora.example"), "nora@aurora.example"
	var settings map[string]any
	admin.call(http.StatusOK, "GET", "/api/settings", nil, &settings)
	settings["mailDomains"] = []string{"aurora.example", "example.com", "example.org"}
	admin.call(http.StatusOK, "PUT", "/api/settings", settings, nil)
	var user struct {
		ID, Role     string
		LastSignedIn *time.Time
	}
	admin.call(http.StatusCreated, "POST", "/api/users", map[string]any{"email": email, "role": "viewer"}, &user)
	if user.Role != "viewer" || user.LastSignedIn != nil {
		t.Errorf("%+v", user)
	}

	var password string
	sent := mails(t, email)
	for _, m := range sent {
		if _, after, found := strings.Cut(m.HTML, "<code>"); found {
			password, _, _ = strings.Cut(after, "</code>")
		}
	}
	if password == "" {
		t.Fatalf("no mail with a password among %+v", sent)
	}
	var config struct{ ClientID string }
	if err := json.Unmarshal(admin.do("GET", "/config.json", nil).body, &config); err != nil {
		t.Fatal(err)
	}
	pool := cognito.NewFromConfig(stack.Config())
	signIn := func(password string) *cognito.InitiateAuthOutput {
		t.Helper()
		out, err := pool.InitiateAuth(t.Context(), &cognito.InitiateAuthInput{ClientId: &config.ClientID, AuthFlow: types.AuthFlowTypeUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": email, "PASSWORD": password}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := signIn(password)
	const own = "Noras-own-password-1"
	set, err := pool.RespondToAuthChallenge(t.Context(), &cognito.RespondToAuthChallengeInput{ClientId: &config.ClientID, ChallengeName: first.ChallengeName, Session: first.Session,
		ChallengeResponses: map[string]string{"USERNAME": email, "NEW_PASSWORD": own}})
	if err != nil {
		t.Fatal(err)
	}
	nora := &client{t, aws.ToString(set.AuthenticationResult.IdToken)}
	var me struct {
		Groups      []string
		Institution struct{ ID string }
	}
	nora.call(http.StatusOK, "GET", "/api/me", nil, &me)
	if fmt.Sprint(me.Groups) != "[viewer]" || me.Institution.ID != "aurora" {
		t.Errorf("%+v", me)
	}
	nora.call(http.StatusForbidden, "POST", "/api/imports", map[string]any{"dataType": "criteria", "action": "test"}, nil)

	path := "/api/users/" + user.ID
	as(t, "admin@borealis.example").call(http.StatusNotFound, "PUT", path, map[string]any{"role": "admin"}, nil)
	admin.call(http.StatusOK, "PUT", path, map[string]any{"role": "operator"}, nil)
	nora.call(http.StatusUnauthorized, "GET", "/api/me", nil, nil)
	// A sign-in counts by its second.
	for nora.do("GET", "/api/me", nil).status == http.StatusUnauthorized {
		time.Sleep(200 * time.Millisecond)
		nora.token = aws.ToString(signIn(own).AuthenticationResult.IdToken)
	}
	nora.call(http.StatusCreated, "POST", "/api/imports", map[string]any{"dataType": "criteria", "action": "test"}, nil)

	admin.call(http.StatusOK, "POST", path+"/disable", nil, nil)
	nora.call(http.StatusUnauthorized, "GET", "/api/me", nil, nil)
	if _, err := pool.InitiateAuth(t.Context(), &cognito.InitiateAuthInput{ClientId: &config.ClientID, AuthFlow: types.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": email, "PASSWORD": own}}); err == nil {
		t.Error("the sign-in page lets a dismissed user in")
	}
	var audit struct {
		Items []struct{ Action, Object string }
	}
	admin.call(http.StatusOK, "GET", "/api/audit?object="+path, nil, &audit)
	var actions []string
	for _, e := range audit.Items {
		actions = append(actions, e.Action)
	}
	if fmt.Sprint(actions) != "[disableUser putUser inviteUser]" {
		t.Errorf("the record has %v", actions)
	}
}

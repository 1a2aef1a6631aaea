package cognito_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"rollbook/internal/aws/cognito"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/emulator"
)

// pool is a user pool as the template makes it.
type pool struct {
	*testing.T
	*cognito.Directory
	client *cognitoidentityprovider.Client
	id     string
	url    string
}

func newPool(t *testing.T) *pool {
	t.Helper()
	conf := emulator.ForTest(t)
	client := cognitoidentityprovider.NewFromConfig(conf)
	made, err := client.CreateUserPool(t.Context(), &cognitoidentityprovider.CreateUserPoolInput{PoolName: aws.String("test"),
		UsernameAttributes: []types.UsernameAttributeType{types.UsernameAttributeTypeEmail},
		Schema:             []types.SchemaAttributeType{{Name: aws.String("institution"), AttributeDataType: types.AttributeDataTypeString, Mutable: aws.Bool(true)}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range append(slices.Clone(domain.Roles), "choir") {
		if _, err := client.CreateGroup(t.Context(), &cognitoidentityprovider.CreateGroupInput{UserPoolId: made.UserPool.Id, GroupName: &role}); err != nil {
			t.Fatal(err)
		}
	}
	return &pool{t, cognito.New(client, *made.UserPool.Id), client, *made.UserPool.Id, aws.ToString(conf.BaseEndpoint)}
}

func (p *pool) groups(id string) string {
	p.Helper()
	out, err := p.client.AdminListGroupsForUser(p.Context(), &cognitoidentityprovider.AdminListGroupsForUserInput{UserPoolId: &p.id, Username: &id})
	if err != nil {
		p.Fatal(err)
	}
	var names []string
	for _, g := range out.Groups {
		names = append(names, *g.GroupName)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (p *pool) get(name string) *cognitoidentityprovider.AdminGetUserOutput {
	p.Helper()
	u, err := p.client.AdminGetUser(p.Context(), &cognitoidentityprovider.AdminGetUserInput{UserPoolId: &p.id, Username: &name})
	if err != nil {
		p.Fatal(err)
	}
	return u
}

func (p *pool) code(err error, want string) {
	p.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Conflict || string(f.Reason.Code) != want {
		p.Errorf("%v, not a conflict %s", err, want)
	}
}

// mails counts those that went to the address.
func (p *pool) mails(email string) int {
	p.Helper()
	a, err := http.Get(p.url + "/_ministack/ses/messages")
	if err != nil {
		p.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		p.Fatal(err)
	}
	return strings.Count(string(b), `["`+email+`"]`) + strings.Count(string(b), `[ "`+email+`" ]`)
}

func TestInvite(t *testing.T) {
	p := newPool(t)
	email := fmt.Sprintf("new-%d@aurora.example", time.Now().UnixNano())
	id, err := p.Invite(t.Context(), "aurora", email, "operator")
	if err != nil {
		t.Fatal(err)
	}
	u := p.get(email)
	has := map[string]string{}
	for _, a := range u.UserAttributes {
		has[*a.Name] = *a.Value
	}
	if has["sub"] != id || has["email"] != email || has["email_verified"] != "true" || has["custom:institution"] != "aurora" || p.groups(id) != "operator" {
		t.Errorf("%v, groups %s, id %s", has, p.groups(id), id)
	}
	if n := p.mails(email); n != 1 {
		t.Errorf("%d mails", n)
	}
	// Again, with another role: another mail to the same user.
	again, err := p.Invite(t.Context(), "aurora", email, "viewer")
	if err != nil || again != id || p.groups(id) != "viewer" {
		t.Errorf("%s %v, groups %s", again, err, p.groups(id))
	}
	if n := p.mails(email); n != 2 {
		t.Errorf("%d mails after the second invitation", n)
	}
	// Not by another institution, and not who has signed in.
	_, err = p.Invite(t.Context(), "borealis", email, "admin")
	p.code(err, "userExists")
	if p.groups(id) != "viewer" {
		t.Errorf("another institution gave the groups %s", p.groups(id))
	}
	if _, err := p.client.AdminSetUserPassword(t.Context(), &cognitoidentityprovider.AdminSetUserPasswordInput{UserPoolId: &p.id, Username: &email, Password: aws.String("Rollbook-test-1"), Permanent: true}); err != nil {
		t.Fatal(err)
	}
	_, err = p.Invite(t.Context(), "aurora", email, "admin")
	p.code(err, "userExists")
	if p.groups(id) != "viewer" {
		t.Errorf("groups %s", p.groups(id))
	}
}

func TestRolesAndDismissal(t *testing.T) {
	p := newPool(t)
	email := "one@aurora.example"
	id, err := p.Invite(t.Context(), "aurora", email, "viewer")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []string{"operator", "choir"} {
		if _, err := p.client.AdminAddUserToGroup(t.Context(), &cognitoidentityprovider.AdminAddUserToGroupInput{UserPoolId: &p.id, Username: &id, GroupName: &g}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := p.SetRole(t.Context(), id, "admin"); err != nil || p.groups(id) != "admin choir" {
			t.Errorf("%v, groups %s", err, p.groups(id))
		}
	}
	for _, enabled := range []bool{false, false, true} {
		if err := p.SetEnabled(t.Context(), id, enabled); err != nil || p.get(email).Enabled != enabled {
			t.Errorf("enabled %t, not %t: %v", p.get(email).Enabled, enabled, err)
		}
	}
	p.code(p.SetRole(t.Context(), "8a1f3c2e-0000-4000-8000-000000000000", "viewer"), "userElsewhere")
	p.code(p.SetEnabled(t.Context(), "8a1f3c2e-0000-4000-8000-000000000000", false), "userElsewhere")
}

package local

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// password of every user of a local stack, which only this machine reaches.
const password = "Rollbook-local-1"

// demoUsers are two institutions, each with one user a group.
func demoUsers() []User {
	var users []User
	for _, institution := range []string{"aurora", "borealis"} {
		for _, group := range []string{"admin", "operator", "viewer"} {
			users = append(users, User{
				Institution: institution,
				Email:       group + "@" + institution + ".example",
				Password:    password,
				Groups:      []string{group},
			})
		}
	}
	return users
}

func createUsers(ctx context.Context, conf aws.Config, pool string, users []User) error {
	client := cognito.NewFromConfig(conf)
	for _, u := range users {
		if _, err := client.AdminCreateUser(ctx, &cognito.AdminCreateUserInput{
			UserPoolId:    &pool,
			Username:      &u.Email,
			MessageAction: types.MessageActionTypeSuppress,
			UserAttributes: []types.AttributeType{
				{Name: aws.String("email"), Value: &u.Email},
				{Name: aws.String("email_verified"), Value: aws.String("true")},
				{Name: aws.String("custom:institution"), Value: &u.Institution},
			},
		}); err != nil {
			return err
		}
		if _, err := client.AdminSetUserPassword(ctx, &cognito.AdminSetUserPasswordInput{
			UserPoolId: &pool, Username: &u.Email, Password: &u.Password, Permanent: true,
		}); err != nil {
			return err
		}
		for _, g := range u.Groups {
			if _, err := client.AdminAddUserToGroup(ctx, &cognito.AdminAddUserToGroupInput{
				UserPoolId: &pool, Username: &u.Email, GroupName: &g,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// token signs a user in and returns the id token: it carries the institution
// and the groups.
func token(ctx context.Context, dir string, s *Stack, email string) (string, error) {
	var d deployed
	if err := readJSON(filepath.Join(stateDir(dir), "deployed.json"), &d); err != nil {
		return "", err
	}
	for _, u := range s.Users {
		if u.Email != email {
			continue
		}
		out, err := cognito.NewFromConfig(s.Config()).InitiateAuth(ctx, &cognito.InitiateAuthInput{
			ClientId:       &d.ClientID,
			AuthFlow:       types.AuthFlowTypeUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": u.Email, "PASSWORD": u.Password},
		})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.AuthenticationResult.IdToken), nil
	}
	return "", fmt.Errorf("the stack has no user %s", email)
}

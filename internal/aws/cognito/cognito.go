// Package cognito makes and changes users of the user pool, by their ids:
// invites them, gives them one role, lets them in or not. Each call may be
// repeated; one that breaks off half-way leaves a user with too few rights, not
// too many. Users of a federated sign-in are not the pool's, and changing them
// is a fault that says so.
package cognito

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// institution is the attribute that says whose user somebody is. Only an
// administrator of the pool can write it.
const institution = "custom:institution"

// Directory is one user pool.
type Directory struct {
	client *cognitoidentityprovider.Client
	pool   string
}

// New returns the user pool with the id.
func New(client *cognitoidentityprovider.Client, pool string) *Directory {
	return &Directory{client, pool}
}

// Invite makes a user of the institution, to whom the pool mails a password for
// the first sign-in, gives the user the role, and returns the user's id. Who was
// invited before by the same institution and has not signed in yet gets another
// mail, and the role. Any other user of the address is kind Conflict
// "userExists".
func (d *Directory) Invite(ctx context.Context, in domain.InstitutionID, email, role string) (id string, err error) {
	ask := &cognitoidentityprovider.AdminCreateUserInput{UserPoolId: &d.pool, Username: &email,
		DesiredDeliveryMediums: []types.DeliveryMediumType{types.DeliveryMediumTypeEmail},
		UserAttributes: []types.AttributeType{
			{Name: aws.String("email"), Value: &email},
			{Name: aws.String("email_verified"), Value: aws.String("true")},
			{Name: aws.String(institution), Value: aws.String(string(in))},
		}}
	made, err := d.client.AdminCreateUser(ctx, ask)
	if errors.As(err, new(*types.UsernameExistsException)) {
		there, err := d.client.AdminGetUser(ctx, &cognitoidentityprovider.AdminGetUserInput{UserPoolId: &d.pool, Username: &email})
		if err != nil {
			return "", awsfault.Of(err)
		}
		if there.UserStatus != types.UserStatusTypeForceChangePassword || attribute(there.UserAttributes, institution) != string(in) {
			return "", fault.New(fault.Conflict, "userExists")
		}
		ask.MessageAction, ask.UserAttributes = types.MessageActionTypeResend, nil
		if _, err := d.client.AdminCreateUser(ctx, ask); err != nil {
			return "", mailed(err)
		}
		id = attribute(there.UserAttributes, "sub")
	} else if err != nil {
		return "", mailed(err)
	} else {
		id = attribute(made.User.Attributes, "sub")
	}
	return id, d.setGroup(ctx, id, role)
}

// mailed tells a user who could not be mailed from other faults.
func mailed(err error) error {
	if errors.As(err, new(*types.CodeDeliveryFailureException)) {
		return fault.Wrap(fault.Busy, "busy.mail", awsfault.Of(err))
	}
	return awsfault.Of(err)
}

func attribute(as []types.AttributeType, name string) string {
	for _, a := range as {
		if aws.ToString(a.Name) == name {
			return aws.ToString(a.Value)
		}
	}
	return ""
}

// SetRole leaves the user the role and no other one, and ends all sign-ins that
// go back to before. A user of a federated sign-in, whose role is decided there,
// is kind Conflict "userElsewhere".
func (d *Directory) SetRole(ctx context.Context, id, role string) error {
	if err := d.setGroup(ctx, id, role); err != nil {
		return err
	}
	return d.signOut(ctx, id)
}

// setGroup takes the other roles away first: what breaks off leaves too few
// rights, not too many.
func (d *Directory) setGroup(ctx context.Context, id, role string) error {
	has, err := d.client.AdminListGroupsForUser(ctx, &cognitoidentityprovider.AdminListGroupsForUserInput{UserPoolId: &d.pool, Username: &id})
	if err != nil {
		return known(err)
	}
	there := false
	for _, g := range has.Groups {
		name := aws.ToString(g.GroupName)
		there = there || name == role
		if name == role || !slices.Contains(domain.Roles, name) {
			continue
		}
		if _, err := d.client.AdminRemoveUserFromGroup(ctx, &cognitoidentityprovider.AdminRemoveUserFromGroupInput{UserPoolId: &d.pool, Username: &id, GroupName: &name}); err != nil {
			return known(err)
		}
	}
	if there {
		return nil
	}
	_, err = d.client.AdminAddUserToGroup(ctx, &cognitoidentityprovider.AdminAddUserToGroupInput{UserPoolId: &d.pool, Username: &id, GroupName: &role})
	return known(err)
}

// SetEnabled says whether the user may sign in, and if not ends all sign-ins. A
// user of a federated sign-in is kind Conflict "userElsewhere".
func (d *Directory) SetEnabled(ctx context.Context, id string, enabled bool) error {
	if enabled {
		_, err := d.client.AdminEnableUser(ctx, &cognitoidentityprovider.AdminEnableUserInput{UserPoolId: &d.pool, Username: &id})
		return known(err)
	}
	if _, err := d.client.AdminDisableUser(ctx, &cognitoidentityprovider.AdminDisableUserInput{UserPoolId: &d.pool, Username: &id}); err != nil {
		return known(err)
	}
	return d.signOut(ctx, id)
}

func (d *Directory) signOut(ctx context.Context, id string) error {
	_, err := d.client.AdminUserGlobalSignOut(ctx, &cognitoidentityprovider.AdminUserGlobalSignOutInput{UserPoolId: &d.pool, Username: &id})
	return known(err)
}

// known: the pool finds its own users by the id, and no others.
func known(err error) error {
	if errors.As(err, new(*types.UserNotFoundException)) {
		return fault.New(fault.Conflict, "userElsewhere")
	}
	return awsfault.Of(err)
}

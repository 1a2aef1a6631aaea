package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Records is what the API needs of a store of small things of one kind. What is
// not there is kind NotFound; Create refuses an id that is taken.
type Records[T any] interface {
	Create(ctx context.Context, in domain.InstitutionID, id string, v T) error
	Get(ctx context.Context, in domain.InstitutionID, id string) (T, error)
	// Change applies f to what is kept, or to a zero value, and keeps the result.
	Change(ctx context.Context, in domain.InstitutionID, id string, f func(*T) error) (T, error)
	Delete(ctx context.Context, in domain.InstitutionID, id string) error
	// List lists the highest id first.
	List(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (vs []T, next string, err error)
}

// Directory is the user pool, where the API invites users and sets their roles.
type Directory interface {
	// Invite makes a user with the role, to whom the pool sends a mail, and
	// returns the user's id. Who was invited before by the same institution and
	// has not signed in yet is invited again. Any other user of the address is
	// kind Conflict "userExists".
	Invite(ctx context.Context, in domain.InstitutionID, email, role string) (id string, err error)
	// SetRole leaves the user the role and no other one. SetEnabled says whether
	// the user may sign in. Both end the user's sign-ins; a user whom another
	// sign-in keeps is kind Conflict "userElsewhere".
	SetRole(ctx context.Context, id, role string) error
	SetEnabled(ctx context.Context, id string, enabled bool) error
}

// sessionLife is longer than any token of a sign-in is good for.
const sessionLife = 24 * time.Hour

// known checks the token against what happened since it was issued: a sign-out,
// a dismissal. It remembers who signed in, and returns the claims with the
// language that the user chose.
func (s *server) known(ctx context.Context, c Claims) (_ Claims, err error) {
	within := ctx
	u, err := s.Users.Get(ctx, c.Institution, c.User)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return c, err
	}
	if u.Disabled || !u.Usable(c.Session, c.SignedIn) {
		return c, newProblem(http.StatusUnauthorized)
	}
	c.Language = cmp.Or(u.Language, c.Language)
	c.Chosen = u.Language != ""
	if u.ID == c.User && u.Email == c.Email && slices.Equal(u.Groups, c.Groups) && !c.SignedIn.After(u.LastSignedIn) {
		return c, nil
	}
	if c.SignedIn.After(u.LastSignedIn) {
		e := s.entry(ctx, c, "signIn")
		e.Object = ""
		var kept func() bool
		within, kept = s.Audit.Along(ctx, c.Institution, e)
		defer func() {
			if err == nil && !kept() {
				err = s.Audit.Append(ctx, c.Institution, *e)
			}
		}()
	}
	_, err = s.Users.Change(within, c.Institution, c.User, func(u *domain.User) error {
		u.ID, u.Email, u.Groups = c.User, c.Email, c.Groups
		if c.SignedIn.After(u.LastSignedIn) {
			u.LastSignedIn = c.SignedIn
		}
		return nil
	})
	return c, err
}

// isKey tells whether a machine asks by its key.
func isKey(c Claims) bool { return strings.HasPrefix(c.User, "key:") }

// userView is somebody who signed in, or was invited.
type userView struct {
	ID           string     `json:"id" doc:"In the user pool; it never changes."`
	Email        string     `json:"email" doc:"As it was at the last sign-in."`
	Role         string     `json:"role,omitempty" enum:"admin,operator,viewer" doc:"The one of the groups that may do most; absent if none of them may do anything."`
	Groups       []string   `json:"groups" doc:"Those of the user pool, as they were at the last sign-in or set here."`
	LastSignedIn *time.Time `json:"lastSignedIn,omitempty" doc:"Absent for who was invited and has not signed in yet."`
	Disabled     bool       `json:"disabled" doc:"Refused here, whatever the user pool says."`
}

func showUser(u domain.User) userView {
	return userView{u.ID, u.Email, roleOf(u), append([]string{}, u.Groups...), timeOf(u.LastSignedIn), u.Disabled}
}

func roleOf(u domain.User) (role string) {
	for _, r := range domain.Roles {
		if slices.Contains(u.Groups, r) {
			role = r
		}
	}
	return role
}

// userTag is of what somebody decided: a sign-in does not change it.
func userTag(u domain.User) string {
	u.LastSignedIn = time.Time{}
	return tag(showUser(u))
}

func answerUser(u domain.User) *userAnswer { return &userAnswer{userTag(u), showUser(u)} }

type userAnswer struct {
	ETag string `header:"ETag"`
	Body userView
}

type newUserAnswer struct {
	Location string `header:"Location" doc:"Of what was made."`
	ETag     string `header:"ETag"`
	Body     userView
}

type invitation struct {
	Body struct {
		Email string `json:"email" minLength:"3" maxLength:"254" example:"nora@aurora.example"`
		Role  string `json:"role" enum:"admin,operator,viewer"`
	}
}

type userChange struct {
	IDPath
	Conditional
	Body struct {
		Role string `json:"role" enum:"admin,operator,viewer"`
	}
}

func (s *server) userRoutes() {
	route(s, Viewer, huma.Operation{
		OperationID: "signOut", Method: http.MethodPost, Path: "/api/me/sign-out", Tags: []string{tagMe},
		Summary: "End this sign-in", Description: "The tokens of this sign-in are worth nothing from now on.", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, c Claims, _ *struct{}) (*struct{}, error) {
		if isKey(c) {
			return nil, fault.New(fault.Forbidden, "forbidden.key")
		}
		now := s.Now().UTC()
		_, err := s.Users.Change(ctx, c.Institution, c.User, func(u *domain.User) error {
			if c.Session == "" {
				u.NotBefore = now
				return nil
			}
			ended := map[string]time.Time{c.Session: now.Add(sessionLife)}
			for session, until := range u.Ended {
				if now.Before(until) {
					ended[session] = until
				}
			}
			u.Ended = ended
			return nil
		})
		return nil, err
	})
	route(s, Admin, huma.Operation{
		OperationID: "listUsers", Method: http.MethodGet, Path: "/api/users", Tags: []string{tagMe},
		Summary: "List the users who signed in or were invited",
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[userView], error) {
		return list(in.Limit, func(limit int) ([]domain.User, string, error) {
			return s.Users.List(ctx, c.Institution, limit, in.Cursor)
		}, showUser)
	})
	route(s, Admin, huma.Operation{
		OperationID: "inviteUser", Method: http.MethodPost, Path: "/api/users", Tags: []string{tagMe},
		Summary: "Invite a user", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
		Description: "The user pool mails a password for the first sign-in. The address must be of a domain that the settings list in `mailDomains`. Who has not signed in yet can be invited again.",
	}, s.inviteUser)
	route(s, Admin, huma.Operation{
		OperationID: "getUser", Method: http.MethodGet, Path: "/api/users/{id}", Tags: []string{tagMe},
		Summary: "Get a user", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *IDPath) (*userAnswer, error) {
		u, err := get(ctx, s.Users, c, in.ID)
		return answerUser(u), err
	})
	route(s, Admin, huma.Operation{
		OperationID: "putUser", Method: http.MethodPut, Path: "/api/users/{id}", Tags: []string{tagMe},
		Summary: "Set a user's role", Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed},
		Description: "All tokens that the user has are worth nothing from now on: the next sign-in has the role.",
	}, s.putUser)
	for name, summary := range map[string]string{
		"disable": "Refuse a user, and all tokens the user has, from now on",
		"enable":  "Let a user in again who was refused",
	} {
		route(s, Admin, huma.Operation{
			OperationID: name + "User", Method: http.MethodPost, Path: "/api/users/{id}/" + name, Tags: []string{tagMe},
			Summary: summary, Errors: []int{http.StatusNotFound, http.StatusConflict},
		}, func(ctx context.Context, c Claims, in *IDPath) (*userAnswer, error) {
			return s.setUser(ctx, c, in.ID, name == "disable")
		})
	}
}

func (s *server) inviteUser(ctx context.Context, c Claims, in *invitation) (*newUserAnswer, error) {
	var f faults
	email := f.email("body.email", in.Body.Email)
	if err := f.err(); err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	if err := s.mayMail(s.Audit.Alone(ctx), c, cat.Settings, email); err != nil {
		return nil, err
	}
	id, err := s.Directory.Invite(ctx, c.Institution, email, in.Body.Role)
	if err != nil {
		return nil, err
	}
	location := "/api/users/" + id
	note(ctx, func(e *domain.Audited) {
		e.Object, e.Details = location, map[string]string{"email": email, "role": in.Body.Role}
	})
	u, err := s.Users.Change(ctx, c.Institution, id, func(u *domain.User) error {
		u.ID, u.Email, u.Groups = id, email, []string{in.Body.Role}
		return nil
	})
	return &newUserAnswer{location, userTag(u), showUser(u)}, err
}

func (s *server) putUser(ctx context.Context, c Claims, in *userChange) (*userAnswer, error) {
	u, err := s.otherUser(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.checkTag(userTag(u)); err != nil {
		return nil, err
	}
	role := in.Body.Role
	if err := s.Directory.SetRole(ctx, in.ID, role); err != nil {
		return nil, err
	}
	note(ctx, func(e *domain.Audited) { e.Details = map[string]string{"role": role} })
	u, err = s.changeUser(ctx, c, in.ID, func(u *domain.User) {
		u.Groups = append(slices.DeleteFunc(slices.Clone(u.Groups), func(g string) bool { return slices.Contains(domain.Roles, g) }), role)
		u.NotBefore = s.Now().UTC()
	})
	return answerUser(u), err
}

func (s *server) setUser(ctx context.Context, c Claims, id string, disabled bool) (*userAnswer, error) {
	if _, err := s.otherUser(ctx, c, id); err != nil {
		return nil, err
	}
	u, err := s.changeUser(ctx, c, id, func(u *domain.User) {
		if disabled {
			u.NotBefore = s.Now().UTC()
		}
		u.Disabled = disabled
	})
	if err != nil {
		return nil, err
	}
	// Whom another sign-in keeps signs in there, and is refused here.
	if err := s.Directory.SetEnabled(ctx, id, !disabled); err != nil && problemOf(err).Code != "userElsewhere" {
		return nil, err
	}
	return answerUser(u), nil
}

// otherUser returns a user of the institution who is not the one who asks.
func (s *server) otherUser(ctx context.Context, c Claims, id string) (domain.User, error) {
	if id == c.User {
		return domain.User{}, fault.New(fault.Conflict, "yourself")
	}
	return get(ctx, s.Users, c, id)
}

func (s *server) changeUser(ctx context.Context, c Claims, id string, f func(*domain.User)) (domain.User, error) {
	return s.Users.Change(ctx, c.Institution, id, func(u *domain.User) error {
		if u.ID == "" {
			return fault.Missing()
		}
		f(u)
		return nil
	})
}

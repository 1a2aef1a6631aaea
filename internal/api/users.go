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

// userView is somebody who signed in.
type userView struct {
	ID           string     `json:"id" doc:"In the user pool; it never changes."`
	Email        string     `json:"email" doc:"As it was at the last sign-in."`
	Groups       []string   `json:"groups"`
	LastSignedIn *time.Time `json:"lastSignedIn,omitempty"`
	Disabled     bool       `json:"disabled" doc:"Refused here, whatever the user pool says."`
}

func showUser(u domain.User) userView {
	return userView{u.ID, u.Email, append([]string{}, u.Groups...), timeOf(u.LastSignedIn), u.Disabled}
}

type userAnswer struct{ Body userView }

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
		Summary: "List the users who signed in",
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[userView], error) {
		return list(in.Limit, func(limit int) ([]domain.User, string, error) {
			return s.Users.List(ctx, c.Institution, limit, in.Cursor)
		}, showUser)
	})
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

func (s *server) setUser(ctx context.Context, c Claims, id string, disabled bool) (*userAnswer, error) {
	switch {
	case !safeID(id):
		return nil, fault.Missing()
	case id == c.User:
		return nil, fault.New(fault.Conflict, "yourself")
	}
	if _, err := s.Users.Get(ctx, c.Institution, id); err != nil {
		return nil, err
	}
	u, err := s.Users.Change(ctx, c.Institution, id, func(u *domain.User) error {
		if u.ID == "" {
			return fault.Missing()
		}
		if disabled {
			u.NotBefore = s.Now().UTC()
		}
		u.Disabled = disabled
		return nil
	})
	return &userAnswer{showUser(u)}, err
}

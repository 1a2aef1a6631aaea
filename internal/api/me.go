package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// me says who is signed in.
type me struct {
	User        string      `json:"user" doc:"The id in the user pool, which never changes."`
	Email       string      `json:"email" example:"ana@aurora.example"`
	Institution institution `json:"institution"`
	Groups      []string    `json:"groups" example:"[\"operator\"]"`
	Language    string      `json:"language" example:"en" doc:"Of mails and messages: what was chosen here, else the user pool's locale, else the institution's."`
	Chosen      bool        `json:"chosen" doc:"The language was chosen here."`
	Exports     bool        `json:"exports" doc:"The user may fetch files and page through contacts, see exportRole of the settings."`
	Version     string      `json:"version" example:"1.0.0" doc:"The version of Rollbook that answers."`
}

type institution struct {
	ID   domain.InstitutionID `json:"id" example:"aurora"`
	Name string               `json:"name" example:"Aurora Theatre"`
}

type meAnswer struct {
	ETag string `header:"ETag"`
	Body me
}

type mePut struct {
	Conditional
	Body struct {
		Language string `json:"language" enum:"en,fr,de,it,es"`
	}
}

func (s *server) meRoutes() {
	route(s, Viewer, huma.Operation{
		OperationID: "getMe", Method: http.MethodGet, Path: "/api/me", Tags: []string{tagMe},
		Summary: "User, institution, groups, language",
	}, func(ctx context.Context, c Claims, _ *struct{}) (*meAnswer, error) {
		shown, err := s.showMe(ctx, c)
		return &meAnswer{tag(shown), shown}, err
	})
	route(s, Viewer, huma.Operation{
		OperationID: "putMe", Method: http.MethodPut, Path: "/api/me", Tags: []string{tagMe},
		Summary: "Choose the language of messages and mails", Errors: []int{http.StatusPreconditionFailed},
		Description: "Of the user, wherever they sign in: answers of the API that ask for no other by `Accept-Language`, and the mails and files of what they order from now on.",
	}, func(ctx context.Context, c Claims, in *mePut) (*meAnswer, error) {
		if isKey(c) {
			return nil, fault.New(fault.Forbidden, "forbidden.key")
		}
		before, err := s.showMe(ctx, c)
		if err != nil {
			return nil, err
		}
		if err := in.check(true, before); err != nil {
			return nil, err
		}
		if _, err := s.Users.Change(ctx, c.Institution, c.User, func(u *domain.User) error {
			u.Language = in.Body.Language
			return nil
		}); err != nil {
			return nil, err
		}
		c.Language, c.Chosen = in.Body.Language, true
		shown, err := s.showMe(ctx, c)
		return &meAnswer{tag(shown), shown}, err
	})
}

func (s *server) showMe(ctx context.Context, c Claims) (me, error) {
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return me{}, err
	}
	return me{
		User: c.User, Email: c.Email, Institution: institution{c.Institution, cat.Settings.Name},
		Groups: append([]string{}, c.Groups...), Language: languageOf(c, cat.Settings), Chosen: c.Chosen, Exports: c.exports(cat.Settings), Version: Version,
	}, nil
}

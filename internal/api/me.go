package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
)

// me says who is signed in.
type me struct {
	User        string      `json:"user" doc:"The id in the user pool, which never changes."`
	Email       string      `json:"email" example:"ana@aurora.example"`
	Institution institution `json:"institution"`
	Groups      []string    `json:"groups" example:"[\"operator\"]"`
	Language    string      `json:"language" example:"en" doc:"Of mails and messages: en, fr, de, it or es."`
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

func (s *server) meRoutes() {
	route(s, Viewer, huma.Operation{
		OperationID: "getMe", Method: http.MethodGet, Path: "/api/me", Tags: []string{tagMe},
		Summary: "User, institution, groups, language",
	}, func(ctx context.Context, c Claims, _ *struct{}) (*meAnswer, error) {
		cat, err := s.catalogue(ctx, c.Institution)
		if err != nil {
			return nil, err
		}
		shown := me{
			User: c.User, Email: c.Email, Institution: institution{c.Institution, cat.Settings.Name},
			Groups: append([]string{}, c.Groups...), Language: languageOf(c, cat.Settings), Version: Version,
		}
		return &meAnswer{tag(shown), shown}, nil
	})
}

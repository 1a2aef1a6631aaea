package api

import (
	"context"
	"slices"
	"strings"

	"rollbook/internal/domain"
)

// The groups of the user pool. Each may do what the ones after it may.
const (
	Admin    = "admin"    // catalogue, targets, settings
	Operator = "operator" // templates, imports, contacts
	Viewer   = "viewer"   // reads
)

var ranks = []string{Viewer, Operator, Admin}

// Languages are those that Rollbook speaks.
var Languages = []string{"en", "fr", "de", "it", "es"}

// Claims say who asks, as a verified token does.
type Claims struct {
	Institution domain.InstitutionID
	User        string // the user's name in the pool
	Email       string
	Language    string // one of Languages, or "" for the institution's
	Groups      []string
}

// ClaimsOf reads the claims of a user pool's id token, in the form in which an
// HTTP API's authorizer hands them on: every value is a string, a list is
// "[admin operator]".
func ClaimsOf(m map[string]string) Claims {
	c := Claims{
		Institution: domain.InstitutionID(m["custom:institution"]),
		User:        m["cognito:username"],
		Email:       m["email"],
		Groups: strings.FieldsFunc(m["cognito:groups"], func(r rune) bool {
			return strings.ContainsRune(`[], "`, r)
		}),
	}
	if c.User == "" {
		c.User = m["sub"]
	}
	lang, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(m["locale"], "_", "-")), "-")
	if slices.Contains(Languages, lang) {
		c.Language = lang
	}
	return c
}

type claimsKey struct{}

// WithClaims puts verified claims into a request's context. Without any, no
// route below /api/ answers.
func WithClaims(ctx context.Context, c Claims) context.Context {
	return context.WithValue(ctx, claimsKey{}, c)
}

func claimsIn(ctx context.Context) (Claims, bool) {
	c, ok := ctx.Value(claimsKey{}).(Claims)
	return c, ok
}

// may tells whether the claims allow what the group may do.
func (c Claims) may(group string) bool {
	return slices.ContainsFunc(c.Groups, func(g string) bool {
		return slices.Index(ranks, g) >= slices.Index(ranks, group)
	})
}

// name is how the user is named to colleagues.
func (c Claims) name() string {
	if c.Email != "" {
		return c.Email
	}
	return c.User
}

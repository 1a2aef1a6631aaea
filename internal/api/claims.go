package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"rollbook/internal/domain"
)

// The groups of the user pool. Each may do what the ones after it may.
const (
	Admin    = "admin"    // catalogue, targets, settings
	Operator = "operator" // templates, imports, contacts
	Viewer   = "viewer"   // reads
)

// Claims say who asks, as a verified token does.
type Claims struct {
	Institution domain.InstitutionID
	User        string // the user's id in the pool, which never changes
	Email       string // verified by the pool, or by the institution's own sign-in
	Name        string // of a key, which has no address
	Language    string // one of domain.Languages, or "" for the institution's
	Chosen      bool   // the language is what the user chose here
	Groups      []string
	Session     string    // the sign-in that the token goes back to
	SignedIn    time.Time // when that was
}

// Federation is the sign-in by an institution's own provider (SAML or OIDC),
// which has a client of the user pool to itself. The zero value is none.
type Federation struct {
	Provider    string               `json:"provider"` // as the sign-in page and the users' names have it
	ClientID    string               `json:"client"`
	Institution domain.InstitutionID `json:"institution"` // of everybody who signs in there
	// Admin, Operator and Viewer are what the provider's attribute says of who is to
	// be in the group. What is empty is said of nobody.
	Admin    string `json:"admin"`
	Operator string `json:"operator"`
	Viewer   string `json:"viewer"`
}

// groups returns the group of somebody of whom the attribute is said: one text, or
// the texts of a JSON list, as the user pool writes the lists of OIDC. Each counts
// as a whole, so that a group of the provider whose name has another's in it is not
// taken for it.
func (f Federation) groups(attribute string) []string {
	said := []string{attribute}
	if strings.HasPrefix(attribute, "[") {
		var list []string
		if json.Unmarshal([]byte(attribute), &list) == nil {
			said = list
		}
	}
	for _, g := range []struct{ value, group string }{{f.Admin, Admin}, {f.Operator, Operator}, {f.Viewer, Viewer}} {
		if g.value != "" && slices.Contains(said, g.value) {
			return []string{g.group}
		}
	}
	return nil
}

// ClaimsOf reads the claims of a user pool's verified id token. A group counts
// only as a whole entry of the list of groups. Of a token of the federation's
// client, institution and group are what the federation says, whatever else the
// token has; its e-mail address is verified by the provider.
func ClaimsOf(m map[string]any, f Federation) Claims {
	text := func(name string) string { s, _ := m[name].(string); return s }
	c := Claims{Institution: domain.InstitutionID(text("custom:institution")), User: text("sub"), Session: text("origin_jti")}
	if verified, ok := m["email_verified"]; !ok || verified == true || verified == "true" {
		c.Email = text("email")
	}
	if aud := text("aud"); aud != "" && aud == f.ClientID {
		c.Institution = ""
		if strings.HasPrefix(text("cognito:username"), f.Provider+"_") {
			c.Institution, c.Email, c.Groups = f.Institution, text("email"), f.groups(text("custom:role"))
		}
	} else {
		groups, _ := m["cognito:groups"].([]any)
		for _, g := range groups {
			if g, ok := g.(string); ok {
				c.Groups = append(c.Groups, g)
			}
		}
	}
	for _, name := range []string{"auth_time", "iat"} {
		if at, ok := m[name].(float64); ok {
			c.SignedIn = time.Unix(int64(at), 0).UTC()
			break
		}
	}
	lang, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(text("locale"), "_", "-")), "-")
	if slices.Contains(domain.Languages, lang) {
		c.Language = lang
	}
	return c
}

type claimsKey struct{}

func withClaims(ctx context.Context, c Claims) context.Context {
	return context.WithValue(ctx, claimsKey{}, c)
}

func claimsIn(ctx context.Context) Claims {
	c, _ := ctx.Value(claimsKey{}).(Claims)
	return c
}

// caller returns who sends the request, by its bearer token.
func (s *server) caller(r *http.Request) (Claims, error) {
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if bearer = strings.TrimSpace(bearer); !strings.EqualFold(scheme, "Bearer") || bearer == "" {
		return Claims{}, newProblem(http.StatusUnauthorized)
	}
	if strings.HasPrefix(bearer, keyMark+"_") {
		return s.byKey(r.Context(), bearer)
	}
	c, err := s.Verify(r.Context(), bearer)
	if busy(r.Context(), err) {
		return Claims{}, newProblem(http.StatusServiceUnavailable)
	}
	if err != nil || c.User == "" {
		return Claims{}, newProblem(http.StatusUnauthorized)
	}
	if !c.Institution.Valid() {
		return c, nil // and reaches nothing
	}
	domain.Bind(r.Context(), c.Institution)
	return s.known(r.Context(), c)
}

// may tells whether the claims allow what the group may do.
func (c Claims) may(group string) bool {
	return slices.ContainsFunc(c.Groups, func(g string) bool {
		return slices.Index(domain.Roles, g) >= slices.Index(domain.Roles, group)
	})
}

// who is how the caller is remembered.
func (c Claims) who() domain.Who { return domain.WhoIs(c.User, cmp.Or(c.Email, c.Name)) }

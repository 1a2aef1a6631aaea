package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// A key is rbk_<institution>_<id>_<secret>: it says where to look, and can be
// found by those who search for secrets that leaked.
const keyMark = "rbk"

// byKey returns whom a key lets in.
func (s *server) byKey(ctx context.Context, bearer string) (Claims, error) {
	wrong := newProblem(http.StatusUnauthorized)
	parts := strings.SplitN(bearer, "_", 4)
	if len(parts) != 4 {
		return Claims{}, wrong
	}
	in, id, secret := domain.InstitutionID(parts[1]), parts[2], parts[3]
	if !in.Valid() || !safeID(id) {
		return Claims{}, wrong
	}
	k, err := s.Keys.Get(ctx, in, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Claims{}, err
	}
	hash := sha256.Sum256([]byte(secret))
	if err != nil || subtle.ConstantTimeCompare(hash[:], k.Hash) != 1 {
		return Claims{}, wrong
	}
	domain.Bind(ctx, in)
	return Claims{Institution: in, User: "key:" + k.ID, Name: k.Name, Groups: []string{k.Role}}, nil
}

type keyBody struct {
	Name      string    `json:"name" minLength:"1" example:"CRM synchronisation"`
	Role      string    `json:"role" enum:"operator,viewer" doc:"What the key may do: what the group of this name may."`
	ExpiresAt time.Time `json:"expiresAt,omitempty" doc:"When it is worth nothing any more; absent for never."`
}

type keyView struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Role        string     `json:"role" enum:"operator,viewer"`
	CreatedAt   time.Time  `json:"createdAt"`
	CreatedBy   string     `json:"createdBy"`
	CreatedByID string     `json:"createdById"`
	ExpiresAt   *time.Time `json:"expiresAt,omitempty"`
}

func showKey(k domain.Key) keyView {
	return keyView{k.ID, k.Name, k.Role, k.CreatedAt, k.CreatedBy.Name(), k.CreatedBy.ID(), timeOf(k.ExpiresAt)}
}

type keyAnswer struct {
	ETag string `header:"ETag"`
	Body keyView
}

type newKeyAnswer struct {
	Location string `header:"Location" doc:"Of what was made."`
	Body     struct {
		ID  string `json:"id"`
		Key string `json:"key" doc:"The bearer token. It is shown this once and kept as a hash only."`
	}
}

type thingDelete struct {
	IDPath
	Conditional
}

func (s *server) keyRoutes() {
	const all, one = "/api/keys", "/api/keys/{id}"
	route(s, Admin, huma.Operation{
		OperationID: "listKeys", Method: http.MethodGet, Path: all, Tags: []string{tagMachines},
		Summary: "List the keys of machines",
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[keyView], error) {
		return list(in.Limit, func(limit int) ([]domain.Key, string, error) {
			return s.Keys.List(ctx, c.Institution, limit, in.Cursor)
		}, showKey)
	})
	route(s, Admin, huma.Operation{
		OperationID: "createKey", Method: http.MethodPost, Path: all, Tags: []string{tagMachines},
		Summary: "Make a key for a machine", DefaultStatus: http.StatusCreated,
		Description: "Send it as the bearer token. A key is of the institution, not of who made it: delete it when nobody needs it.",
	}, s.createKey)
	route(s, Admin, huma.Operation{
		OperationID: "getKey", Method: http.MethodGet, Path: one, Tags: []string{tagMachines},
		Summary: "Get a key, without its secret", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *IDPath) (*keyAnswer, error) {
		k, err := get(ctx, s.Keys, c, in.ID)
		return &keyAnswer{tag(showKey(k)), showKey(k)}, err
	})
	route(s, Admin, huma.Operation{
		OperationID: "deleteKey", Method: http.MethodDelete, Path: one, Tags: []string{tagMachines},
		Summary: "Delete a key", Description: "It is worth nothing from now on.", Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *thingDelete) (*struct{}, error) {
		k, err := get(ctx, s.Keys, c, in.ID)
		if err == nil {
			err = in.check(true, showKey(k))
		}
		if err != nil {
			return nil, err
		}
		return nil, s.Keys.Delete(ctx, c.Institution, in.ID)
	})
}

// get returns a record by an id that a request has.
func get[T any](ctx context.Context, of Records[T], c Claims, id string) (v T, err error) {
	if !safeID(id) {
		return v, fault.Missing()
	}
	return of.Get(ctx, c.Institution, id)
}

func random(bytes int) []byte {
	b := make([]byte, bytes)
	rand.Read(b)
	return b
}

func (s *server) createKey(ctx context.Context, c Claims, in *struct{ Body keyBody }) (*newKeyAnswer, error) {
	var f faults
	name := f.text("body.name", in.Body.Name, 1, domain.MaxName)
	if at := in.Body.ExpiresAt; !at.IsZero() && !at.After(s.Now()) {
		f.add("body.expiresAt", "invalid.over")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	secret := base64.RawURLEncoding.EncodeToString(random(32))
	hash := sha256.Sum256([]byte(secret))
	k := domain.Key{ID: hex.EncodeToString(random(8)), Name: name, Role: in.Body.Role, Hash: hash[:], CreatedAt: s.Now().UTC(), CreatedBy: c.who(), ExpiresAt: in.Body.ExpiresAt.UTC()}
	noted(ctx, "/api/keys/"+k.ID, "")
	if err := s.Keys.Create(ctx, c.Institution, k.ID, k); err != nil {
		return nil, err
	}
	out := &newKeyAnswer{Location: "/api/keys/" + k.ID}
	out.Body.ID, out.Body.Key = k.ID, strings.Join([]string{keyMark, string(c.Institution), k.ID, secret}, "_")
	return out, nil
}

package api_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rollbook/internal/api"
	"rollbook/internal/api/token"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// signer is a user pool: it signs tokens, and the API verifies them as it does
// those of a real one.
type signer struct {
	key, other *rsa.PrivateKey
	keys       *httptest.Server
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	p := &signer{}
	for _, k := range []**rsa.PrivateKey{&p.key, &p.other} {
		var err error
		if *k, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	p.keys = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{"kid": "k", "kty": "RSA", "use": "sig", "alg": "RS256",
			"n": base64.RawURLEncoding.EncodeToString(p.key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(p.key.E)).Bytes())}}})
	}))
	t.Cleanup(p.keys.Close)
	return p
}

// stack is one whose tokens are the pool's.
func (p *signer) stack(t *testing.T) *stack {
	t.Helper()
	s := newStack(t)
	pool := &token.Verifier{Issuer: "https://pool.example", ClientIDs: []string{"client"}, KeysURL: p.keys.URL, Client: p.keys.Client(), Now: func() time.Time { return s.now }}
	plain := s.config.Verify
	s.config.Verify = func(ctx context.Context, bearer string) (api.Claims, error) {
		if strings.HasPrefix(bearer, "good-") { // what the test itself prepares
			return plain(ctx, bearer)
		}
		claims, err := pool.Verify(ctx, bearer)
		if err != nil {
			return api.Claims{}, err
		}
		return api.ClaimsOf(claims, api.Federation{}), nil
	}
	s.handler = api.New(s.config)
	return s
}

// claims are those of a good token of somebody.
func (s *stack) claims(c api.Claims) jwt.MapClaims {
	return jwt.MapClaims{"iss": "https://pool.example", "aud": "client", "token_use": "id", "sub": c.User, "email": c.Email, "email_verified": true,
		"custom:institution": string(c.Institution), "cognito:groups": c.Groups, "origin_jti": "sign-in-of-" + c.User,
		"auth_time": s.now.Add(-time.Minute).Unix(), "iat": s.now.Add(-time.Minute).Unix(), "exp": s.now.Add(9 * time.Minute).Unix()}
}

func (p *signer) sign(t *testing.T, method jwt.SigningMethod, key any, c jwt.MapClaims) string {
	t.Helper()
	j := jwt.NewWithClaims(method, c)
	j.Header["kid"] = "k"
	text, err := j.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ofNobodyElse are the operations by which another institution makes or asks for a
// thing of its own, though its name is one of ours, and what it is answered.
var ofNobodyElse = map[string]int{"putCriterion": 201, "putAuthorisation": 201, "putContact": 201,
	// What the body names is ours: no such target, no address of theirs.
	"createTemplate": 422, "inviteUser": 422}

// forPeople are the operations that no key reaches.
var forPeople = []string{"signOut", "putMe"}

// The rows of the matrix come from the description: a route without an expectation
// fails. Who asks are a viewer, an operator and an administrator, keys of both
// roles, and another institution's administrator; each with a stack of its own, so
// that every status is exact.
func TestRoleMatrix(t *testing.T) {
	d, pool := readDocument(t), newSigner(t)
	order := []string{"viewer", "operator", "admin"}
	request := map[string]operation{}
	// Those who are refused change nothing, so they share a stack.
	refusing := pool.stack(t)
	refusingNames, refusingKeys := refusing.things(), map[string]string{}
	for _, role := range order[:2] {
		refusingKeys[role] = refusing.call(admin, "POST", "/api/keys", object{"name": "Matrix", "role": role}).want(201).object()["key"].(string)
	}
	for _, o := range operations {
		id := d.Paths[describedPath(o.path)][strings.ToLower(o.method)].OperationID
		if _, ok := request[id]; !ok {
			request[id] = o
		}
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			o, ok := request[op.OperationID]
			if !ok {
				t.Errorf("%s %s: no right request, and so no expected status", method, path)
				continue
			}
			least := o.group
			if exported(o) { // the settings say who may
				least = "viewer"
			}
			if op.Group != least || !slices.Contains(order, op.Group) {
				t.Errorf("%s is described as for %q, and is meant for %q", op.OperationID, op.Group, least)
			}
			t.Run(op.OperationID, func(t *testing.T) {
				reaches := func(role string) bool { return slices.Index(order, role) >= slices.Index(order, o.group) }
				expect := map[string]int{}
				for _, role := range order {
					expect[role] = o.status
					if !reaches(role) {
						expect[role] = http.StatusForbidden
					}
				}
				for _, role := range order[:2] {
					expect[role+"'s key"] = expect[role]
					if slices.Contains(forPeople, op.OperationID) {
						expect[role+"'s key"] = http.StatusForbidden
					}
				}
				expect["stranger"] = o.status
				if strings.Contains(o.path, "{") {
					expect["stranger"] = http.StatusNotFound
				}
				if status, ok := ofNobodyElse[op.OperationID]; ok {
					expect["stranger"] = status
				}
				for who, status := range expect {
					s, names := refusing, refusingNames
					if status < 400 {
						s = pool.stack(t)
						names = s.things()
						if op.OperationID == "restoreContact" {
							s.call(operator, "DELETE", names.Replace("/api/contacts/{contact}"), nil).want(204)
						}
					}
					s.t = t
					var bearer string
					switch role, isKey := strings.CutSuffix(who, "'s key"); {
					case isKey && s == refusing:
						bearer = refusingKeys[role]
					case isKey:
						bearer = s.call(admin, "POST", "/api/keys", object{"name": "Matrix", "role": role}).want(201).object()["key"].(string)
					default:
						bearer = pool.sign(t, jwt.SigningMethodRS256, pool.key, s.claims(map[string]api.Claims{"viewer": viewer, "operator": operator, "admin": admin, "stranger": stranger}[role]))
					}
					a := s.call(nobody, o.method, names.Replace(o.path), put(names, o.body), "Authorization: Bearer "+bearer)
					if a.status != status {
						t.Errorf("%s: %d, want %d: %s", who, a.status, status, a.body)
					}
					if _, ok := op.Responses[strconv.Itoa(a.status)]; !ok {
						t.Errorf("%s: %d is not described", who, a.status)
					}
				}
			})
		}
	}
}

// No token or key that is forged, foreign, expired or taken back opens any route.
func TestNoRouteTakesABadToken(t *testing.T) {
	d, pool := readDocument(t), newSigner(t)
	s := pool.stack(t)
	names := s.things()
	with := func(who api.Claims, name string, v any) jwt.MapClaims {
		c := s.claims(who)
		c[name] = v
		return c
	}
	rs := func(c jwt.MapClaims) string { return pool.sign(t, jwt.SigningMethodRS256, pool.key, c) }
	key := func(body object) (id, key string) {
		made := s.call(admin, "POST", "/api/keys", body).want(201).object()
		return made["id"].(string), made["key"].(string)
	}
	_, good := key(object{"name": "Good", "role": "operator"})
	removed, revoked := key(object{"name": "Revoked", "role": "operator"})
	s.call(admin, "DELETE", "/api/keys/"+removed, nil).want(204)
	_, old := key(object{"name": "Old", "role": "operator", "expiresAt": s.now.Add(time.Minute).Format(time.RFC3339)})
	s.now = s.now.Add(2 * time.Minute)
	ended := admin
	ended.User = "u8"
	signedOut := rs(s.claims(ended))
	s.call(nobody, "POST", "/api/me/sign-out", nil, "Authorization: Bearer "+signedOut).want(204)
	leaver := api.Claims{Institution: demo.Aurora, User: "u5", Email: "leo@aurora.example", Groups: []string{"admin"}}
	s.call(admin, "POST", "/api/users/u5/disable", nil).want(200)
	signature := strings.LastIndexByte(good, '_')
	bad := map[string]string{
		"none":                         "",
		"no token":                     "Bearer hello",
		"another scheme":               "Basic " + good,
		"forged":                       "Bearer " + pool.sign(t, jwt.SigningMethodRS256, pool.other, s.claims(admin)),
		"unsigned":                     "Bearer " + pool.sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, s.claims(admin)),
		"public key as a secret":       "Bearer " + pool.sign(t, jwt.SigningMethodHS256, pool.key.N.Bytes(), s.claims(admin)),
		"of another pool":              "Bearer " + rs(with(admin, "iss", "https://other.example")),
		"for another client":           "Bearer " + rs(with(admin, "aud", "other")),
		"an access token":              "Bearer " + rs(with(admin, "token_use", "access")),
		"expired":                      "Bearer " + rs(with(admin, "exp", s.now.Add(-time.Minute).Unix())),
		"of nobody":                    "Bearer " + rs(with(admin, "sub", "")),
		"of a sign-in that ended":      "Bearer " + signedOut,
		"of somebody who left":         "Bearer " + rs(s.claims(leaver)),
		"a key that was taken back":    "Bearer " + revoked,
		"a key that expired":           "Bearer " + old,
		"a key with another secret":    "Bearer " + good[:signature+1] + strings.Repeat("A", len(good)-signature-1),
		"a key of aurora for borealis": "Bearer " + strings.Replace(good, "_"+string(demo.Aurora)+"_", "_"+string(demo.Borealis)+"_", 1),
		"a key's beginning":            "Bearer " + good[:signature],
	}
	before := s.everything()
	for path, methods := range d.Paths {
		for method, op := range methods {
			i := slices.IndexFunc(operations, func(o operation) bool {
				return describedPath(o.path) == path && strings.EqualFold(o.method, method)
			})
			if i < 0 {
				t.Errorf("%s %s: no right request", method, path)
				continue
			}
			o := operations[i]
			for name, header := range bad {
				a := s.call(nobody, o.method, names.Replace(o.path), put(names, o.body), "Authorization: "+header)
				var p problem
				if a.into(&p); a.status != http.StatusUnauthorized || p.Code != "unauthorised" || a.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s with a token that is %s: %d %s", op.OperationID, name, a.status, a.body)
				}
			}
		}
	}
	if after := s.everything(); after != before {
		t.Errorf("something changed: %s into %s", before, after)
	}
	// The requests were right: a good one opens.
	s.call(nobody, "GET", "/api/contacts", nil, "Authorization: Bearer "+rs(s.claims(viewer))).want(200)
	s.call(nobody, "GET", "/api/contacts", nil, "Authorization: Bearer "+good).want(200)
}

// everything is what there is of a few things, as text.
func (s *stack) everything() string {
	var b strings.Builder
	for _, path := range []string{"/api/settings", "/api/criteria", "/api/authorisations", "/api/targets", "/api/templates", "/api/imports", "/api/keys", "/api/webhooks", "/api/contacts?limit=200", "/api/contacts/deleted"} {
		b.Write(s.call(admin, "GET", path, nil).want(200).body)
	}
	cs, _, err := s.contacts.Find(s.t.Context(), demo.Aurora, "", 1000, "")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range cs {
		b.WriteString(string(c.Number) + string(c.Get(domain.ContactLastName)))
	}
	return b.String()
}

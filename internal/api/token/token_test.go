package token_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api/token"
	"rollbook/internal/domain/fault"
)

// pool is a user pool that signs tokens and serves its keys.
type pool struct {
	*httptest.Server
	keys    map[string]*rsa.PrivateKey
	fetches int
	broken  bool
}

func newPool(t *testing.T, names ...string) *pool {
	t.Helper()
	p := &pool{keys: map[string]*rsa.PrivateKey{}}
	for _, n := range names {
		p.add(t, n)
	}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches++
		if p.broken {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		set := map[string][]map[string]string{"keys": {{"kid": "other", "kty": "EC", "crv": "P-256"}}}
		for kid, k := range p.keys {
			set["keys"] = append(set["keys"], map[string]string{"kid": kid, "kty": "RSA", "use": "sig", "alg": "RS256",
				"n": base64.RawURLEncoding.EncodeToString(k.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes())})
		}
		json.NewEncoder(w).Encode(set)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *pool) add(t *testing.T, kid string) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.keys[kid] = k
}

func (p *pool) sign(t *testing.T, kid string, claims jwt.MapClaims) string {
	t.Helper()
	j := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	j.Header["kid"] = kid
	s, err := j.SignedString(p.keys[kid])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func good() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "https://pool.example", "aud": "client", "token_use": "id", "sub": "s1", "email": "ana@aurora.example",
		"custom:institution": "aurora", "cognito:groups": []string{"admin", "operator"}, "email_verified": true,
		"iat": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

func with(name string, v any) jwt.MapClaims {
	c := good()
	c[name] = v
	if v == nil {
		delete(c, name)
	}
	return c
}

func (p *pool) verifier(at *time.Time) *token.Verifier {
	return &token.Verifier{Issuer: "https://pool.example", ClientIDs: []string{"client", "federated"}, KeysURL: p.URL, Client: p.Client(), Now: func() time.Time { return *at }}
}

func TestVerifyReturnsClaims(t *testing.T) {
	p, at := newPool(t, "k1"), now
	got, err := p.verifier(&at).Verify(t.Context(), p.sign(t, "k1", good()))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"sub": "s1", "email": "ana@aurora.example", "custom:institution": "aurora", "cognito:groups": []any{"admin", "operator"}, "email_verified": true, "token_use": "id"}
	for name, w := range want {
		if d := cmp.Diff(w, got[name]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	p, at := newPool(t, "k1", "k2"), now
	v := p.verifier(&at)
	valid := p.sign(t, "k1", good())
	parts := strings.Split(valid, ".")
	none := jwt.NewWithClaims(jwt.SigningMethodNone, good())
	none.Header["kid"] = "k1"
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	// The public key taken for a shared secret.
	hmac := jwt.NewWithClaims(jwt.SigningMethodHS256, good())
	hmac.Header["kid"] = "k1"
	shared, err := hmac.SignedString(p.keys["k1"].N.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	ps := jwt.NewWithClaims(jwt.SigningMethodPS256, good())
	ps.Header["kid"] = "k1"
	pss, err := ps.SignedString(p.keys["k1"])
	if err != nil {
		t.Fatal(err)
	}
	wrongKey := jwt.NewWithClaims(jwt.SigningMethodRS256, good())
	wrongKey.Header["kid"] = "k2"
	swapped, err := wrongKey.SignedString(p.keys["k1"])
	if err != nil {
		t.Fatal(err)
	}
	tampered, _ := json.Marshal(with("custom:institution", "borealis"))
	for name, bearer := range map[string]string{
		"nothing":               "",
		"no token":              "hello",
		"of another issuer":     p.sign(t, "k1", with("iss", "https://other.example")),
		"for another client":    p.sign(t, "k1", with("aud", "other")),
		"without audience":      p.sign(t, "k1", with("aud", nil)),
		"an access token":       p.sign(t, "k1", with("token_use", "access")),
		"of no use":             p.sign(t, "k1", with("token_use", nil)),
		"expired":               p.sign(t, "k1", with("exp", now.Add(-time.Minute).Unix())),
		"without end":           p.sign(t, "k1", with("exp", nil)),
		"of the future":         p.sign(t, "k1", with("iat", now.Add(time.Hour).Unix())),
		"not signed":            unsigned,
		"signed by shared text": shared,
		"signed otherwise":      pss,
		"signed by another key": swapped,
		"changed":               parts[0] + "." + base64.RawURLEncoding.EncodeToString(tampered) + "." + parts[2],
		"cut":                   valid[:len(valid)-10],
	} {
		if got, err := v.Verify(t.Context(), bearer); err == nil || fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: claims %v, error %v", name, got, err)
		}
	}
}

func TestKeysAreKeptAndRotate(t *testing.T) {
	p, at := newPool(t, "k1"), now
	v := p.verifier(&at)
	verify := func(kid string) error {
		c := good()
		c["iat"], c["exp"] = at.Unix(), at.Add(time.Minute).Unix()
		_, err := v.Verify(t.Context(), p.sign(t, kid, c))
		return err
	}
	fetched := func(want int) {
		t.Helper()
		if p.fetches != want {
			t.Fatalf("keys were fetched %d times, want %d", p.fetches, want)
		}
	}
	for range 3 {
		if err := verify("k1"); err != nil {
			t.Fatal(err)
		}
	}
	fetched(1)

	// A new key is found, but unknown ones cannot make us ask all the time.
	p.add(t, "k2")
	at = at.Add(2 * time.Minute)
	if err := verify("k2"); err != nil {
		t.Fatal(err)
	}
	fetched(2)
	p.add(t, "k3")
	if err := verify("k3"); fault.KindOf(err) != fault.Forbidden || err == nil {
		t.Fatal(err)
	}
	fetched(2)

	// While the pool does not answer, known keys go on.
	p.broken = true
	at = at.Add(2 * time.Hour)
	if err := verify("k1"); err != nil {
		t.Fatal(err)
	}
	if err := verify("k3"); fault.KindOf(err) != fault.Busy {
		t.Fatal(err)
	}

	// A key that was withdrawn is no longer taken.
	p.broken = false
	delete(p.keys, "k2")
	at = at.Add(2 * time.Hour)
	if err := verify("k1"); err != nil {
		t.Fatal(err)
	}
	p.add(t, "k2")
	if err := verify("k2"); err == nil {
		t.Fatal("a withdrawn key is taken")
	}
}

func TestKeysAreChecked(t *testing.T) {
	for name, set := range map[string]string{
		"no JSON": "hello", "empty": `{"keys":[]}`, "short key": `{"keys":[{"kid":"k1","kty":"RSA","n":"AQAB","e":"AQAB"}]}`,
		"bad text": `{"keys":[{"kid":"k1","kty":"RSA","n":"***","e":"AQAB"}]}`,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(set)) }))
		v := token.Verifier{Issuer: "i", ClientIDs: []string{"c"}, KeysURL: srv.URL}
		p := newPool(t, "k1")
		if _, err := v.Verify(context.Background(), p.sign(t, "k1", good())); fault.KindOf(err) != fault.Busy {
			t.Errorf("%s: %v", name, err)
		}
		srv.Close()
	}
}

// A token is for one of the clients; of none, there is no token.
func TestEachOfTheClients(t *testing.T) {
	p := newPool(t, "k1")
	at := now
	v := p.verifier(&at)
	for _, c := range []struct {
		clients []string
		aud     string
		ok      bool
	}{
		{[]string{"client", "federated"}, "federated", true},
		{[]string{"client", "federated"}, "client", true},
		{[]string{"client", "federated"}, "another", false},
		{[]string{"client"}, "federated", false},
		{nil, "client", false},
		{[]string{"client"}, "", false},
	} {
		v.ClientIDs = c.clients
		if _, err := v.Verify(context.Background(), p.sign(t, "k1", with("aud", c.aud))); (err == nil) != c.ok {
			t.Errorf("%v, a token for %q: %v", c.clients, c.aud, err)
		}
	}
}

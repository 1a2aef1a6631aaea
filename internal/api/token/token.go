// Package token verifies the id tokens of a user pool: signature, issuer,
// client and times. The pool's keys are fetched when first needed, kept, and
// fetched again for a token whose key is not among them, so that a pool may
// change its keys while the function runs. What the claims mean is the API's.
package token

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rollbook/internal/domain/fault"
)

const (
	fresh    = time.Hour   // keys are fetched anew after this
	patience = time.Minute // an unknown key's name is asked for no more often than this
	leeway   = 30 * time.Second
	maxKeys  = 64 << 10 // bytes of a key set
	minBits  = 2048
)

// Verifier checks tokens. Its zero values that matter are Issuer, ClientIDs and
// KeysURL; Client and Now have defaults. It is safe for concurrent use.
type Verifier struct {
	Issuer    string
	ClientIDs []string // a token of any of them is good
	KeysURL   string   // of the pool's JSON Web Key Set
	Client    *http.Client
	Now       func() time.Time

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	fetched time.Time
	asked   time.Time // when a key's name was not known
}

// Verify returns the claims of an id token that the pool issued to one of
// the clients and that has not expired, as JSON has them. An error of kind Busy means that the keys could not be fetched; any
// other one that the token is worth nothing.
func (v *Verifier) Verify(ctx context.Context, bearer string) (map[string]any, error) {
	var keyErr error
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithIssuer(v.Issuer), jwt.WithAudience(v.ClientIDs...),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(v.now),
	)
	claims := jwt.MapClaims{}
	_, err := parser.ParseWithClaims(bearer, claims, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		var key *rsa.PublicKey
		key, keyErr = v.key(ctx, kid)
		return key, keyErr
	})
	switch {
	case keyErr != nil:
		return nil, keyErr
	case err != nil:
		return nil, fault.Wrap(fault.Forbidden, "tokenInvalid", err)
	case len(v.ClientIDs) == 0: // the parser would then take a token for anybody
		return nil, fault.Wrap(fault.Forbidden, "tokenInvalid", errors.New("no client"))
	case claims["token_use"] != "id":
		return nil, fault.Wrap(fault.Forbidden, "tokenInvalid", errors.New("not an id token"))
	}
	return claims, nil
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// key returns the key of the name. Keys are kept, and fetched anew when they
// are old or when the name is not among them, as after a rotation.
func (v *Verifier) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	key, ok := v.keys[kid]
	stale := now.Sub(v.fetched) >= fresh
	if ok && !stale {
		return key, nil
	}
	if stale || now.Sub(v.asked) >= patience {
		v.asked = now
		keys, err := v.fetch(ctx)
		if err != nil {
			if ok {
				return key, nil // an old key is better than none
			}
			return nil, fault.Wrap(fault.Busy, "keysUnavailable", err)
		}
		v.keys, v.fetched = keys, now
	}
	if key, ok = v.keys[kid]; !ok {
		return nil, fault.Wrap(fault.Forbidden, "tokenInvalid", errors.New("unknown key"))
	}
	return key, nil
}

func (v *Verifier) fetch(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.KeysURL, nil)
	if err != nil {
		return nil, err
	}
	client := v.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("key set: status %d", resp.StatusCode)
	}
	var set struct {
		Keys []struct{ Kid, Kty, Use, Alg, N, E string }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxKeys)).Decode(&set); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if k.Kty != "RSA" || k.Use != "" && k.Use != "sig" || k.Alg != "" && k.Alg != "RS256" {
			continue
		}
		n, err1 := base64.RawURLEncoding.DecodeString(k.N)
		e, err2 := base64.RawURLEncoding.DecodeString(k.E)
		exponent := new(big.Int).SetBytes(e)
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}
		if err1 != nil || err2 != nil || key.N.BitLen() < minBits || !exponent.IsInt64() || key.E < 3 || key.E > 1<<31-1 {
			continue
		}
		keys[k.Kid] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("key set: no usable key")
	}
	return keys, nil
}

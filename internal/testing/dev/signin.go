package dev

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/testing/memory"
)

const clientID = "dev-screen"

// User may sign in.
type User struct {
	Email, Institution string
	Groups             []string
	Client             string // of the pool, by which the user signed in
}

// Password is everybody's.
const Password = "Rollbook-dev-1"

// Users are two institutions, each with an admin, an operator and a viewer, and
// the admin of a third that is not set up.
func Users() []User {
	out := []User{{Email: "admin@cygnus.example", Institution: "cygnus", Groups: []string{"admin"}}}
	for _, in := range []string{"aurora", "borealis"} {
		for _, g := range []string{"admin", "operator", "viewer"} {
			out = append(out, User{Email: g + "@" + in + ".example", Institution: in, Groups: []string{g}})
		}
	}
	return out
}

// Directory returns the pool of the users, where more can be invited.
func (s *SignIn) Directory() *memory.Directory { return s.directory }

// users are those who may sign in, with the roles that they have now.
func (s *SignIn) users() []User {
	var out []User
	for _, u := range s.directory.Users() {
		if !u.Disabled {
			out = append(out, User{Email: u.Email, Institution: string(u.Institution), Groups: []string{u.Role}})
		}
	}
	return out
}

// idOf is the id of the user with the address.
func idOf(email string) string {
	return "sub-" + strings.NewReplacer("@", "-", ".", "-").Replace(email)
}

// SignIn is a sign-in page with authorization code and PKCE, refresh and
// sign-out, as the user pool's hosted page has them.
type SignIn struct {
	screen    string
	federated api.Federation // whose people are those of the pool
	secret    []byte
	directory *memory.Directory
	mu        sync.Mutex
	codes     map[string]asked
	ended     map[string]bool // refresh tokens and id tokens that are no longer good
	issued    []string
}

type asked struct {
	user      User
	challenge string
	redirect  string
}

func newSignIn(screen string, f api.Federation) *SignIn {
	s := &SignIn{screen: screen, federated: f, secret: make([]byte, 32), codes: map[string]asked{}, ended: map[string]bool{}, directory: &memory.Directory{NewID: idOf, Known: map[string]memory.DirectoryUser{}}}
	for _, u := range Users() {
		s.directory.Known[idOf(u.Email)] = memory.DirectoryUser{Institution: domain.InstitutionID(u.Institution), Email: u.Email, Role: u.Groups[0]}
	}
	rand.Read(s.secret)
	return s
}

// EndSessions makes every token that was issued so far invalid.
func (s *SignIn) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.issued {
		s.ended[t] = true
	}
}

var page = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Sign in</title><link rel="icon" href="data:,">
<h1>Sign in</h1>
{{if .Wrong}}<p role="alert">Wrong e-mail address or password.</p>{{end}}
<form method="post">
<p><label for="username">E-mail</label> <input id="username" name="username" type="email" list="users" autocomplete="username" required>
<datalist id="users">{{range .Users}}<option>{{.Email}}</option>{{end}}</datalist></p>
<p><label for="password">Password</label> <input id="password" name="password" type="password" autocomplete="current-password" required></p>
<p><button type="submit">Sign in</button></p>
</form></html>`))

// ServeHTTP answers /oauth2/authorize, /oauth2/token, /oauth2/revoke and /logout.
func (s *SignIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/oauth2/authorize":
		s.authorize(w, r)
	case "/oauth2/token":
		s.token(w, r)
	case "/oauth2/revoke":
		w.Header().Set("Access-Control-Allow-Origin", s.screen)
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Headers", "content-type")
			return
		}
		s.mu.Lock()
		s.ended[r.FormValue("token")] = true
		s.mu.Unlock()
	case "/logout":
		to := r.URL.Query().Get("logout_uri")
		if !s.client(r.URL.Query().Get("client_id")) || to != s.screen+"/" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

func (s *SignIn) client(id string) bool {
	return id != "" && (id == clientID || id == s.federated.ClientID)
}

func (s *SignIn) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || !s.client(q.Get("client_id")) || q.Get("redirect_uri") != s.screen+"/" ||
		(q.Get("identity_provider") != "") != (q.Get("client_id") == s.federated.ClientID) ||
		q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	wrong := false
	if r.Method == http.MethodPost {
		for _, u := range s.users() {
			if u.Email != r.FormValue("username") || r.FormValue("password") != Password {
				continue
			}
			code := random()
			u.Client = q.Get("client_id")
			s.mu.Lock()
			s.codes[code] = asked{u, q.Get("code_challenge"), q.Get("redirect_uri")}
			s.mu.Unlock()
			http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
			return
		}
		wrong = true
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.Execute(w, map[string]any{"Users": s.users(), "Wrong": wrong})
}

func (s *SignIn) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", s.screen)
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Headers", "content-type")
		return
	}
	user, at, ok := s.grant(r)
	if !ok || r.FormValue("client_id") != user.Client {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	answer := map[string]any{"id_token": s.sign(user, at, "id"), "token_type": "Bearer", "expires_in": 3600}
	// A refresh token is good once, as with rotation.
	answer["refresh_token"] = s.sign(user, at, "refresh")
	s.mu.Lock()
	s.ended[r.FormValue("refresh_token")] = true
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

// grant returns who signed in and when.
func (s *SignIn) grant(r *http.Request) (User, time.Time, bool) {
	switch r.FormValue("grant_type") {
	case "authorization_code":
		s.mu.Lock()
		defer s.mu.Unlock()
		a, ok := s.codes[r.FormValue("code")]
		delete(s.codes, r.FormValue("code"))
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		return a.user, time.Now(), ok && a.redirect == r.FormValue("redirect_uri") && base64.RawURLEncoding.EncodeToString(sum[:]) == a.challenge
	case "refresh_token":
		return s.read(r.FormValue("refresh_token"), "refresh")
	}
	return User{}, time.Time{}, false
}

type payload struct {
	Sub, Use, ID string
	User         User
	At           time.Time
	Exp          int64
}

// sign returns a token in the form of a JWT, which only this server reads, for a
// sign-in at the time.
func (s *SignIn) sign(u User, at time.Time, use string) string {
	b, err := json.Marshal(map[string]any{"sub": u.Email, "at": at, "use": use, "id": random(), "aud": u.Client, "user": u, "cognito:groups": u.Groups, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		panic(err) // plain strings
	}
	body := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(b)
	t := body + "." + s.mac(body)
	s.mu.Lock()
	s.issued = append(s.issued, t)
	s.mu.Unlock()
	return t
}

// Token is an id token of the user with the address.
func (s *SignIn) Token(email string) (string, error) {
	for _, u := range s.users() {
		if u.Email == email {
			u.Client = clientID
			return s.sign(u, time.Now(), "id"), nil
		}
	}
	return "", fmt.Errorf("no user %s", email)
}

func (s *SignIn) mac(body string) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (s *SignIn) read(token, use string) (User, time.Time, bool) {
	body, mac, _ := cutLast(token, ".")
	s.mu.Lock()
	ended := s.ended[token]
	s.mu.Unlock()
	if ended || !hmac.Equal([]byte(mac), []byte(s.mac(body))) {
		return User{}, time.Time{}, false
	}
	_, middle, _ := strings.Cut(body, ".")
	b, err := base64.RawURLEncoding.DecodeString(middle)
	var p payload
	if err != nil || json.Unmarshal(b, &p) != nil || p.Use != use || time.Now().Unix() > p.Exp {
		return User{}, time.Time{}, false
	}
	return p.User, p.At, true
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func (s *SignIn) claims(u User, at time.Time) api.Claims {
	if f := s.federated; f.ClientID != "" && u.Client == f.ClientID {
		role := map[string]string{api.Admin: f.Admin, api.Operator: f.Operator, api.Viewer: f.Viewer}[u.Groups[0]]
		return api.ClaimsOf(map[string]any{"aud": u.Client, "sub": "elsewhere-" + idOf(u.Email), "email": u.Email, "cognito:username": f.Provider + "_" + u.Email,
			"custom:role": role, "auth_time": float64(at.Unix())}, f)
	}
	return api.Claims{User: idOf(u.Email), SignedIn: at, Email: u.Email, Institution: domain.InstitutionID(u.Institution), Groups: u.Groups}
}

func (s *SignIn) verify(_ context.Context, bearer string) (api.Claims, error) {
	u, at, ok := s.read(bearer, "id")
	if !ok {
		return api.Claims{}, fault.New(fault.Forbidden, "unauthorised")
	}
	return s.claims(u, at), nil
}

func random() string {
	b := make([]byte, 18)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

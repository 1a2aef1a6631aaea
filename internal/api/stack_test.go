package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/memory"
)

// stack is the API over stores in memory, with a clock that stands still.
type stack struct {
	t          *testing.T
	now        time.Time
	contacts   *memory.Contacts
	catalogue  *memory.Catalogue
	jobs       *memory.Jobs
	uploads    *memory.Blobs
	files      *memory.Blobs
	machine    *memory.Machine
	users      *memory.Records[domain.User]
	directory  *memory.Directory
	audit      *memory.Audit
	mappings   *memory.Records[domain.Mapping]
	removed    *memory.Records[domain.Removed]
	templates  *templates
	webhooks   *memory.Records[domain.Webhook]
	deliveries *memory.Records[domain.Delivery]
	log        bytes.Buffer
	config     api.Config
	handler    http.Handler
	ids        atomic.Int64
}

// templates keeps what was asked to be prepared.
type templates struct {
	mu  sync.Mutex
	ids []string
	err error
}

func (p *templates) Prepare(_ context.Context, _ domain.InstitutionID, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.ids = append(p.ids, id)
	return nil
}

const seeded = 60

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return s.now }
	s.contacts, s.catalogue = memory.NewContacts(now), memory.NewCatalogue()
	s.uploads, s.files = memory.NewBlobs("uploads", now), memory.NewBlobs("files", now)
	s.machine, s.templates = &memory.Machine{}, &templates{}
	s.jobs = memory.NewJobs(now)
	s.audit = memory.NewAudit(now)
	s.removed = memory.NewRecords[domain.Removed](now)
	s.mappings = memory.NewRecords[domain.Mapping](now)
	s.users = memory.NewRecords[domain.User](now)
	s.webhooks = memory.NewRecords[domain.Webhook](now)
	s.deliveries = memory.NewRecords[domain.Delivery](now)
	s.uploads.URL, s.files.URL = "https://uploads.example", "https://files.example"
	for _, in := range []domain.InstitutionID{demo.Aurora, demo.Borealis} {
		if err := demo.Seed(t.Context(), s.contacts, s.catalogue, in, seeded); err != nil {
			t.Fatal(err)
		}
	}
	s.directory = &memory.Directory{Known: map[string]memory.DirectoryUser{
		"u2": {Institution: demo.Aurora, Email: operator.Email, Role: "operator"}, "u4": {Institution: demo.Borealis, Email: stranger.Email, Role: "admin"},
		"u5": {Institution: demo.Aurora, Email: "leo@aurora.example", Role: "viewer"}, "u9": {Institution: demo.Aurora, Email: "nora@aurora.example", Role: "operator"},
	}}
	s.config = api.Config{
		Contacts: s.contacts, Catalogue: s.catalogue, Jobs: s.jobs, Uploads: s.uploads, Files: s.files,
		Machine: s.machine, Templates: s.templates, Users: s.users, Directory: s.directory, Audit: s.audit,
		Usage: memory.NewRecords[domain.Usage](now), Keys: memory.NewRecords[domain.Key](now),
		Webhooks: s.webhooks, Deliveries: s.deliveries,
		Removed: s.removed, Mappings: s.mappings, Drafts: memory.NewRecords[domain.Draft](now),
		Verify: verify,
		Now:    now,
		NewID: func() string {
			return fmt.Sprintf("019c0000-0000-7000-8000-%012d", s.ids.Add(1))
		},
		ScreenURL: "https://screen.example", SignInURL: "https://signin.example/oauth2", UserPoolID: "pool", ClientID: "client",
		UploadsOrigin: "https://uploads.example",
		Assets: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "screen")
		}),
		Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	}
	s.handler = api.New(s.config)
	return s
}

var (
	nobody   = api.Claims{}
	admin    = api.Claims{Institution: demo.Aurora, User: "u1", Email: "ada@aurora.example", Groups: []string{"admin"}}
	operator = api.Claims{Institution: demo.Aurora, User: "u2", Email: "olga@aurora.example", Groups: []string{"operator"}, Language: "it"}
	viewer   = api.Claims{Institution: demo.Aurora, User: "u3", Email: "vera@aurora.example", Groups: []string{"viewer"}}
	stranger = api.Claims{Institution: demo.Borealis, User: "u4", Email: "bo@borealis.example", Groups: []string{"admin"}}
)

// tokenOf is a token that verify takes.
func tokenOf(who api.Claims) string {
	b, err := json.Marshal(who)
	if err != nil {
		panic(err) // plain data
	}
	return "good-" + base64.RawURLEncoding.EncodeToString(b)
}

func verify(_ context.Context, token string) (api.Claims, error) {
	var c api.Claims
	text, ok := strings.CutPrefix(token, "good-")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || json.Unmarshal(b, &c) != nil {
		return c, &fault.Error{Kind: fault.Forbidden, Reason: reason.Reason{Code: "secretCode", Params: reason.Params{"name": "secret text"}}}
	}
	return c, nil
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// call asks as the user. The body is JSON of v; a string or []byte goes as it
// is, nil is none. Headers are "Name: value".
func (s *stack) call(who api.Claims, method, path string, v any, headers ...string) answer {
	s.t.Helper()
	var body io.Reader
	switch v := v.(type) {
	case nil:
	case string:
		body = strings.NewReader(v)
	case []byte:
		body = bytes.NewReader(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			s.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	r := httptest.NewRequest(method, path, body)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if who.Groups != nil {
		r.Header.Set("Authorization", "Bearer "+tokenOf(who))
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return answer{s.t, w.Code, w.Result().Header, w.Body.Bytes()}
}

// want checks the status and that it is a problem exactly if it should be.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if problem := a.header.Get("Content-Type") == "application/problem+json"; problem != (status >= 400) {
		a.t.Fatalf("status %d with content type %q", a.status, a.header.Get("Content-Type"))
	}
	return a
}

// into reads the body.
func (a answer) into(v any) answer {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	return a
}

// object returns the body as a map.
func (a answer) object() map[string]any {
	a.t.Helper()
	m := map[string]any{}
	a.into(&m)
	return m
}

// problem checks that the answer is a problem with the code and the locations.
func (a answer) problem(status int, code string, locations ...string) problem {
	a.t.Helper()
	var p problem
	a.want(status).into(&p)
	if p.Status != status || p.Code != code || p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Detail == "" {
		a.t.Fatalf("want code %s: %s", code, a.body)
	}
	var at []string
	for _, e := range p.Errors {
		at = append(at, e.Location)
		if e.Message == "" {
			a.t.Errorf("no message: %s", a.body)
		}
	}
	if strings.Join(at, " ") != strings.Join(locations, " ") {
		a.t.Fatalf("at fault are %v, want %v: %s", at, locations, a.body)
	}
	return p
}

type problem struct {
	Type, Title, Code, Detail, ID string
	Status                        int
	Errors                        []struct{ Location, Message, Code string }
}

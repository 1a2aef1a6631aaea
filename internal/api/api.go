// Package api is Rollbook's HTTP API: an http.Handler that answers everything
// below /api/, its description at /openapi.json and /docs, and hands the rest
// to the screen's assets.
//
// Who asks comes only from the request's bearer token, of a user or a key,
// which every route below /api/ checks itself; what belongs to another
// institution is answered as if it were not there. Every answer that is not a
// success is application/problem+json with a stable code, its parameters, and a
// sentence in the caller's language (problem.go).
//
// Routes are declared in one file for each thing (contacts.go, imports.go and
// so on) with the types of their bodies, from which the description is made:
// what a request may hold is said once. A POST may be repeated with an
// Idempotency-Key; a PUT or DELETE with If-Match changes only what the caller
// has seen.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Contacts is what the API needs of the contacts.
type Contacts interface {
	Get(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (domain.Contact, error)
	Put(ctx context.Context, in domain.InstitutionID, c domain.Contact, p domain.Provenance) (created bool, err error)
	Delete(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error
	// Hide takes a contact away that is as it was read, Restore puts it back,
	// and Forget removes the history that is left.
	Hide(ctx context.Context, in domain.InstitutionID, read domain.Contact) error
	Restore(ctx context.Context, in domain.InstitutionID, c domain.Contact) error
	Forget(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error
	History(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber, limit int) ([]domain.HistoryEntry, error)
	// NextNumber returns a number of the width that nobody has, had or is given.
	NextNumber(ctx context.Context, in domain.InstitutionID, digits int) (domain.ContactNumber, error)
	// GetMany returns those of the contacts that there are.
	GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error)
	// Changed pages through the contacts that changed since a time, by the time at
	// which that was noted, each as it is now.
	Changed(ctx context.Context, in domain.InstitutionID, since time.Time, limit int, cursor string) (domain.Changes, error)
	Find(ctx context.Context, in domain.InstitutionID, q string, limit int, cursor string) (cs []domain.Contact, next string, err error)
	// Search goes through all contacts by number, page after page, and ends a page when
	// it has looked at enough.
	Search(ctx context.Context, in domain.InstitutionID, match func(domain.Contact) bool, limit int, enough func(seen int) bool, cursor string) (cs []domain.Contact, next string, err error)
	All(ctx context.Context, in domain.InstitutionID) iter.Seq2[domain.Contact, error]
	// Values is All with numbers and fields alone.
	Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error]
}

// Catalogue is what the API needs of definitions, settings and targets.
type Catalogue interface {
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
	PutSettings(ctx context.Context, in domain.InstitutionID, s domain.Settings) error
	PutField(ctx context.Context, in domain.InstitutionID, d domain.FieldDef) error
	DeleteField(ctx context.Context, in domain.InstitutionID, f domain.Field) error
	MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error
	PutTarget(ctx context.Context, in domain.InstitutionID, t domain.Target) error
	Target(ctx context.Context, in domain.InstitutionID, id string) (domain.Target, error)
	Targets(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (ts []domain.Target, next string, err error)
	DeleteTarget(ctx context.Context, in domain.InstitutionID, id string) error
}

// Jobs is what the API needs of imports and templates.
type Jobs interface {
	CreateImport(ctx context.Context, imp domain.Import, once domain.Once, replaces string) (made domain.Import, created bool, err error)
	Import(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	// BriefImport is Import without the report, which may be long; so are those that
	// Imports lists, until Reports has read theirs.
	BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error)
	Imports(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (is []domain.Import, next string, err error)
	Reports(ctx context.Context, in domain.InstitutionID, is []domain.Import) error
	Progress(ctx context.Context, in domain.InstitutionID, id string) (domain.Counts, error)
	CreateTemplate(ctx context.Context, t domain.Template, once domain.Once) (made domain.Template, created bool, err error)
	Template(ctx context.Context, in domain.InstitutionID, id string) (domain.Template, error)
	ChangeTemplate(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Template) error) (domain.Template, error)
	Templates(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (ts []domain.Template, next string, err error)
	Returned(ctx context.Context, in domain.InstitutionID, email string) (bool, error)
}

// Uploads is what the API needs of the bucket that files come to.
type Uploads interface {
	Head(ctx context.Context, key string) (o domain.Object, modified time.Time, err error)
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
	Open(ctx context.Context, o domain.Object) (domain.File, error)
	SignGet(ctx context.Context, o domain.Object, fileName string, for_ time.Duration) (string, error)
	SignPost(ctx context.Context, key string, maxBytes int64, for_ time.Duration) (url string, fields map[string]string, err error)
}

// Files is what the API needs of the bucket of templates and results.
type Files interface {
	Open(ctx context.Context, o domain.Object) (domain.File, error)
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
	Head(ctx context.Context, key string) (o domain.Object, modified time.Time, err error)
	SignGet(ctx context.Context, o domain.Object, fileName string, for_ time.Duration) (string, error)
}

// Machine starts the state machine. Starting an id again is no error and
// changes nothing.
type Machine interface {
	Start(ctx context.Context, id string, input []byte) error
	// Execution is the ARN of the execution with the id.
	Execution(id string) string
}

// Templates makes the file of a template that is stored, some time after
// Prepare returned.
type Templates interface {
	Prepare(ctx context.Context, in domain.InstitutionID, id string) error
}

// Config is what the API works with. All of it is needed but for Assets,
// PreviewFor and Log.
type Config struct {
	Contacts  Contacts
	Catalogue Catalogue
	Jobs      Jobs
	Users     Records[domain.User]
	Directory Directory
	Audit     Audit
	Usage     Records[domain.Usage]
	Keys      Records[domain.Key]
	Mappings  Records[domain.Mapping]
	Drafts    Records[domain.Draft]
	// Webhooks are told how jobs end; making a delivery sends it some time later.
	Webhooks   Records[domain.Webhook]
	Deliveries Records[domain.Delivery]
	// LoopbackWebhooks allows webhooks on this machine.
	LoopbackWebhooks bool
	Removed          Records[domain.Removed]
	Uploads          Uploads
	Files            Files
	Machine          Machine
	Templates        Templates
	// Verify checks a bearer token. Its error is never shown: one of kind Busy
	// means that it could not be checked, any other that it is worth nothing.
	Verify func(ctx context.Context, bearer string) (Claims, error)
	Now    func() time.Time
	NewID  func() string // UUID version 7, so that ids sort by time
	// ScreenURL is the address of the Import screen without a final slash.
	ScreenURL string
	// SignInURL is the address of the user pool's sign-in pages, UserPoolID and
	// ClientID are the pool's; the screen reads them from /config.json.
	SignInURL, UserPoolID, ClientID string
	// Federation is the other way to sign in.
	Federation Federation
	// UploadsOrigin is the origin that SignPost's addresses have.
	UploadsOrigin string
	// Assets answers what is not the API's: the Import screen.
	Assets http.Handler
	// PreviewFor bounds the time a preview of a target takes; 0 is 20 seconds.
	PreviewFor time.Duration
	Log        *slog.Logger
}

type server struct {
	Config
	mux  *http.ServeMux
	huma huma.API
}

// New returns the handler.
func New(c Config) http.Handler {
	s := &server{Config: c, mux: http.NewServeMux()}
	if s.PreviewFor == 0 {
		s.PreviewFor = 20 * time.Second
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.huma = humago.New(s.mux, describe(s.ScreenURL))
	s.meRoutes()
	s.userRoutes()
	s.auditRoutes()
	s.usageRoutes()
	s.keyRoutes()
	s.webhookRoutes()
	s.settingsRoutes()
	s.criterionRoutes()
	s.authorisationRoutes()
	s.targetRoutes()
	s.templateRoutes()
	s.importRoutes()
	s.mappingRoutes()
	s.contactRoutes()
	s.openRoutes()
	return s
}

// ServeHTTP answers one request. It never panics.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			s.Log.ErrorContext(r.Context(), "panic", "cause", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			writeProblem(w, newProblem(http.StatusInternalServerError))
		}
	}()
	r = r.WithContext(withAccepted(r.Context(), r.Header.Get("Accept-Language")))
	// Media types have no case (RFC 9110, section 8.3.1), but huma's have.
	r.Header.Set("Content-Type", strings.ToLower(r.Header.Get("Content-Type")))
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	below := func(p string) bool { return r.URL.Path == p || strings.HasPrefix(r.URL.Path, p+"/") }
	switch {
	case below("/api"):
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		r = having(remembered(r))
		r = r.WithContext(withLanguage(r.Context()))
		s.dispatch(&unchanged{ResponseWriter: w, ctx: r.Context()}, r)
	case below("/docs"), r.URL.Path == "/openapi.json", r.URL.Path == "/config.json":
		h.Set("Content-Security-Policy", s.policy())
		h.Set("Cache-Control", "no-cache")
		s.dispatch(w, r)
	default:
		h.Set("Content-Security-Policy", s.policy())
		if s.Assets == nil {
			writeProblem(w, newProblem(http.StatusNotFound).in(accepted(r.Context())))
			return
		}
		s.Assets.ServeHTTP(w, r)
	}
}

// dispatch answers by the mux, with problems in place of the mux's own texts.
func (s *server) dispatch(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	seen := &statusOnly{header: http.Header{}}
	h.ServeHTTP(seen, r)
	if seen.status != http.StatusMethodNotAllowed {
		writeProblem(w, newProblem(http.StatusNotFound).in(accepted(r.Context())))
		return
	}
	p := newProblem(http.StatusMethodNotAllowed).in(accepted(r.Context()))
	p.headers = http.Header{"Allow": seen.header["Allow"]}
	// The mux also names the methods of patterns that the address fits by chance:
	// search is no contact's number.
	if item, ok := s.huma.OpenAPI().Paths[r.URL.Path]; ok {
		p.headers.Set("Allow", strings.Join(methods(item), ", "))
	}
	writeProblem(w, p)
}

// methods are those that an address takes, in the order of the mux.
func methods(of *huma.PathItem) (out []string) {
	for _, m := range []struct {
		name string
		op   *huma.Operation
	}{{"DELETE", of.Delete}, {"GET", of.Get}, {"HEAD", of.Get}, {"PATCH", of.Patch}, {"POST", of.Post}, {"PUT", of.Put}} {
		if m.op != nil {
			out = append(out, m.name)
		}
	}
	return out
}

// statusOnly drops the body.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header         { return w.header }
func (w *statusOnly) WriteHeader(status int)      { w.status = status }
func (w *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// policy says what the screen and the docs may load and where they may send.
func (s *server) policy() string {
	connect := "'self'"
	for _, u := range []string{s.UploadsOrigin, s.SignInURL} {
		if o, err := url.Parse(u); err == nil && o.Host != "" {
			connect += " " + o.Scheme + "://" + o.Host
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; connect-src " +
		connect + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// route registers an operation that only callers of the group reach.
func route[I, O any](s *server, group string, op huma.Operation, h func(context.Context, Claims, *I) (*O, error)) {
	op.Security = []map[string][]string{{bearer: {}}}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Description = strings.TrimSpace(op.Description + "\n\nNeeds the group " + group + ".")
	op.Extensions = map[string]any{groupExtension: group}
	if _, body := reflect.TypeFor[I]().FieldByName("Body"); body {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = 64 << 10
	}
	if _, tagged := reflect.TypeFor[O]().FieldByName("ETag"); tagged && op.Method == http.MethodGet {
		reread(&op)
	}
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		c, err := s.caller(r)
		if err == nil {
			err = allowed(c, group)
		}
		if err == nil {
			err = strict(s.operation(op.Method, op.Path), r)
		}
		if err != nil {
			s.refused(r.Context(), c, &op, err)
			writeProblem(w, problemOf(err).in(s.lang(r.Context(), c)))
			return
		}
		if op.OperationID == "listAudit" && wantsCSV(r) {
			s.auditCSV(ctx, c)
			return
		}
		next(huma.WithContext(ctx, withClaims(ctx.Context(), c)))
	})
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c := claimsIn(ctx)
		out, err := auditing(ctx, s, c, &op, func(ctx context.Context) (*O, error) { return h(ctx, c, in) })
		if err != nil {
			return nil, s.answer(ctx, op, err)
		}
		return out, nil
	})
}

// answer turns an error into a problem and notes what is ours.
func (s *server) answer(ctx context.Context, op huma.Operation, err error) error {
	p := problemOf(err)
	if p.Status >= 500 && ctx.Err() != nil {
		p = newProblem(http.StatusServiceUnavailable)
	}
	if p.Status >= 500 {
		s.Log.ErrorContext(ctx, "request failed", "operation", op.OperationID, "status", p.Status, "cause", err.Error())
	}
	return p.in(s.lang(ctx, claimsIn(ctx)))
}

// allowed tells whether the claims reach what the group may do.
func allowed(c Claims, group string) error {
	switch {
	case !c.Institution.Valid():
		return fault.New(fault.Forbidden, "institutionMissing")
	case !c.may(group):
		return fault.New(fault.Forbidden, "forbidden.group", group)
	}
	return nil
}

// catalogue returns the institution's catalogue. An institution without
// settings does not exist: then the token is of no use here.
func (s *server) catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error) {
	cat, err := s.Catalogue.Catalogue(ctx, in)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.Forbidden, "institutionMissing.notSetUp")
	}
	return cat, err
}

// languageOf is that of mails and messages for the user.
func languageOf(c Claims, s domain.Settings) string {
	switch {
	case c.Language != "":
		return c.Language
	case s.Language != "":
		return s.Language
	}
	return domain.Languages[0]
}

// jsonFormat reads and writes bodies. Its errors say where, never what.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if !utf8.Valid(data) {
			return badBody("The body must be valid UTF-8.")
		}
		d := json.NewDecoder(bytes.NewReader(data))
		if err := d.Decode(v); err != nil {
			if _, generic := v.(*any); generic {
				return badBody(fmt.Sprintf("This is not JSON, from byte %d on.", d.InputOffset()))
			}
			return badBody("A value has another type than is taken here.")
		}
		if _, err := d.Token(); err != io.EOF {
			return badBody("Something follows the JSON value.")
		}
		return nil
	},
}

// badBody says in a sentence what is wrong with a body.
type badBody string

func (b badBody) Error() string { return string(b) }

// Paging is what lists take. Parts of inputs are exported because huma looks
// into no others.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most; fewer come if they are large."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"nextCursor of the page before."`
}

// page is one page of a list.
type page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"nextCursor" doc:"Pass it as cursor for the next page; empty on the last one."`
}

type listed[T any] struct{ Body page[T] }

// polled is a page of a list that is asked for again and again.
type polled[T any] struct {
	ETag string `header:"ETag"`
	Body page[T]
}

func poll[T any](l *listed[T], err error) (*polled[T], error) {
	if err != nil {
		return nil, err
	}
	return &polled[T]{tag(l.Body), l.Body}, nil
}

// maxPage is the most that a page has in bytes: a Lambda function answers 6 MB,
// and in its answer every quotation mark of ours is escaped.
const maxPage = 3 << 20

// list answers one page: as many items as are asked for, or fewer if they are
// too large together.
func list[S, T any](limit int, get func(limit int) (of []S, next string, err error), show func(S) T) (*listed[T], error) {
	for {
		of, next, err := get(limit)
		if err != nil {
			return nil, err
		}
		out := &listed[T]{page[T]{Items: make([]T, 0, len(of)), NextCursor: next}}
		for _, v := range of {
			out.Body.Items = append(out.Body.Items, show(v))
		}
		b, err := json.Marshal(out.Body)
		if err != nil || len(b) <= maxPage || len(of) <= 1 {
			return out, err
		}
		limit = len(of) / 2
	}
}

// Once is what a POST takes so that it can be repeated.
type Once struct {
	Key string `header:"Idempotency-Key" maxLength:"200" pattern:"^[ -~]*$" patternDescription:"printable ASCII" doc:"A name of your own for this request. Sent again within 24 hours, it answers what the first one did and does nothing."`
}

// safeID tells whether an id can be one of ours, before a store sees it.
func safeID(id string) bool {
	if len(id) == 0 || len(id) > 80 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// timeOf is for answers in which a time may be absent.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
